/** From other policies to `grpclb`, and back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GracefulSwitch } from "../../../../lib/client/balancing/graceful-switch.js";
import { grpclbPolicy } from "../../../../lib/client/balancing/grpclb/grpclb.js";
import { pickFirstPolicy } from "../../../../lib/client/balancing/pick-first.js";
import { PolicyRegistry } from "../../../../lib/client/balancing/policy-registry.js";
import { roundRobinPolicy } from "../../../../lib/client/balancing/round-robin.js";
import { GRPCLB_BALANCERS } from "../../../../lib/client/naming/resolver.js";
import { endpoints } from "../../doubles.js";
import { BALANCER, GrpclbHelper } from "./support.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";
const C = "3.3.3.3:3";

const policies = new PolicyRegistry([pickFirstPolicy, roundRobinPolicy, grpclbPolicy]);

function switching() {
  const helper = new GrpclbHelper();
  const graceful = new GracefulSwitch(helper);
  return {
    helper,
    graceful,
    choose(name: string) {
      const list = { endpoints: endpoints(B, C), attributes: { [GRPCLB_BALANCERS]: endpoints(BALANCER) } };
      graceful.update(policies.choose([{ [name]: {} }], "loadBalancingConfig"), list);
    },
    /** The balancer answers, and its backend can be reached. */
    serve() {
      helper.stream.welcome();
      helper.stream.backends(A);
      helper.at(A).become("READY");
    },
  };
}

test("TestBalancerSwitch_grpclbToPickFirst: the balancer's backend serves until the other is READY, then all of it ends", () => {
  const { helper, choose, serve } = switching();
  choose("grpclb");
  serve();
  assert.deepEqual(helper.sequence(2), [A, A]);
  choose("pick_first");
  assert.deepEqual(helper.sequence(2), [A, A]);
  assert.equal(helper.control.closed, false);
  helper.at(B).become("READY");
  assert.deepEqual(helper.sequence(2), [B, B]);
  assert.equal(helper.control.closed, true);
  assert.equal(helper.stream.cancelled, true);
  assert.deepEqual(
    helper.alive.map(({ name }) => name),
    [B],
  );
  assert.equal(helper.clock.pending, 0);
});

for (const [title, name] of [
  ["pickFirstToGRPCLB", "pick_first"],
  ["RoundRobinToGRPCLB", "round_robin"],
] as const) {
  test(`TestBalancerSwitch_${title}: ${name} serves until the balancer's backend is READY; balancers are no backends`, () => {
    const { helper, choose, serve } = switching();
    choose(name);
    helper.connectAll();
    const before = [...new Set(helper.sequence(4))].sort();
    assert.deepEqual(before, name === "pick_first" ? [B] : [B, C]);
    choose("grpclb");
    assert.deepEqual([...new Set(helper.sequence(4))].sort(), before);
    serve();
    assert.deepEqual(helper.sequence(2), [A, A]);
    assert.deepEqual(
      helper.alive.map((each) => each.name),
      [A],
    );
    // And back.
    choose(name);
    helper.connectAll();
    assert.deepEqual([...new Set(helper.sequence(4))].sort(), before);
    assert.equal(helper.control.closed, true);
  });
}

test("TestBalancerSwitch_Basic: without grpclb in the config, the balancers of the resolver are ignored", () => {
  const { helper, choose } = switching();
  choose("round_robin");
  helper.connectAll();
  assert.equal(helper.controls.length, 0);
  assert.deepEqual(helper.alive.map(({ name }) => name).sort(), [B, C]);
});
