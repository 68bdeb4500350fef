import assert from "node:assert/strict";
import { test } from "node:test";
import { ChannelBalancer } from "../../lib/client/channel-balancer.js";
import { parseServiceConfig } from "../../lib/client/service-config/parse-service-config.js";
import { type StatusError, silentLogger } from "../../lib/rpc/index.js";
import { endpoints, FakeHelper, stubPolicy } from "./doubles.js";

function balancing() {
  const [first, second] = [stubPolicy("first"), stubPolicy("second")];
  const { context } = new FakeHelper({ policies: [first, second] });
  const statuses: (StatusError | undefined)[] = [];
  const balancer = new ChannelBalancer({
    context,
    logger: silentLogger,
    defaultConfig: parseServiceConfig({ loadBalancingConfig: [{ first: {} }] }, context.policies),
    ignoreResolvedConfig: false,
    createSubchannel: () => assert.fail("stubs make none"),
    requestReresolution: () => undefined,
    onState: () => undefined,
    onConfig: (_, status) => void statuses.push(status),
  });
  return { balancer, first, second, statuses };
}

const wanted = { loadBalancingConfig: [{ second: {} }] };
const failure = new Error("TXT _grpc_config.orders.test: ESERVFAIL");

test("TestResolverUpdate_InvalidServiceConfigAfterGoodUpdate: one that cannot be had leaves the last in force", () => {
  const { balancer, second, statuses } = balancing();
  assert.equal(balancer.resolved({ endpoints: endpoints("a:1"), serviceConfig: wanted }), true);
  assert.equal(balancer.resolved({ endpoints: endpoints("b:1"), serviceConfig: failure }), false);
  const [stub] = second.made;
  assert.deepEqual(
    stub!.updates.map(({ endpoints: list }) => list),
    [endpoints("a:1"), endpoints("b:1")],
  );
  assert.deepEqual(statuses, [undefined, undefined]);
  balancer.close();
});

test("TestResolverUpdate_InvalidServiceConfigAsFirstUpdate: one that cannot be had fails calls, and says why", () => {
  const { balancer, first, second, statuses } = balancing();
  assert.equal(balancer.resolved({ endpoints: endpoints("a:1"), serviceConfig: failure }), false);
  assert.match(statuses[0]!.text, /^error parsing service config: .*TXT _grpc_config.orders.test: ESERVFAIL/);
  assert.equal(first.made.length + second.made.length, 0);
  balancer.close();
});
