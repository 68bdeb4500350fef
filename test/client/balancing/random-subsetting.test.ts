import assert from "node:assert/strict";
import { test } from "node:test";
import type { LoadBalancer } from "../../../lib/client/balancing/policy.js";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import {
  type RandomSubsettingConfig,
  randomSubsettingPolicy,
  smallestHashes,
} from "../../../lib/client/balancing/random-subsetting.js";
import { roundRobinPolicy } from "../../../lib/client/balancing/round-robin.js";
import { formatAddress } from "../../../lib/client/naming/endpoint.js";
import { ConfigReader } from "../../../lib/client/service-config/config-reader.js";
import { StatusError } from "../../../lib/rpc/index.js";
import { cycle, endpoints, FakeHelper, type StubBalancer, seeded, stubPolicy, update } from "../doubles.js";

const policies = new PolicyRegistry([roundRobinPolicy]);
const parse = (json: object) => randomSubsettingPolicy.parseConfig(ConfigReader.of(json, ""), policies);
const noSeed = { high: 0, low: 0 };
const fleet = (size: number) => Array.from({ length: size }, (_, i) => `10.0.${i >> 8}.${i & 255}:1`);

function subsetOf(size: number, options: { readonly random?: () => number } = {}) {
  const stub = stubPolicy("stub");
  const helper = new FakeHelper({ random: seeded(7), ...options });
  const balancer: LoadBalancer<RandomSubsettingConfig> = randomSubsettingPolicy.createBalancer(helper);
  const config = { subsetSize: size, policy: { factory: stub, config: {} } };
  const give = (addresses: readonly string[]) => balancer.update(update(endpoints(...addresses), config));
  const child = (): StubBalancer => stub.made[0]!;
  const seen = () =>
    child()
      .updates.at(-1)!
      .endpoints.map(({ addresses }) => formatAddress(addresses[0]!));
  return { helper, balancer, config, give, child, seen };
}

test("ParseConfig: size and child are required, and must be right", () => {
  const childPolicy = [{ round_robin: {} }];
  assert.equal(parse({ subsetSize: 3, childPolicy }).subsetSize, 3);
  assert.equal(parse({ subset_size: "3", child_policy: childPolicy }).policy.factory, roundRobinPolicy);
  assert.throws(() => parse({ childPolicy }), /subsetSize: must be a whole number from 1 on/);
  assert.throws(() => parse({ subsetSize: 0, childPolicy }), /subsetSize/);
  assert.throws(() => parse({ subsetSize: -1, childPolicy }), /subsetSize/);
  assert.throws(() => parse({ subsetSize: 1.5, childPolicy }), /subsetSize/);
  assert.throws(() => parse({ subsetSize: 3 }), /childPolicy/);
  assert.throws(() => parse({ subsetSize: 3, childPolicy: [{ unknown: {} }] }), /childPolicy/);
});

test("CalculateSubset_Simple: of few all are taken, in their order; of many the wanted number", () => {
  const names = ["a", "b", "c"];
  assert.deepEqual(smallestHashes(names, 4, noSeed), [0, 1, 2]);
  assert.deepEqual(smallestHashes(names, 3, noSeed), [0, 1, 2]);
  assert.equal(smallestHashes(names, 2, noSeed).length, 2);
  assert.deepEqual(smallestHashes([], 2, noSeed), []);
});

test("EndpointsRetainHashValues: the smallest hashes are those of the golden vector", () => {
  const names = Array.from({ length: 10 }, (_, i) => `endpoint-${i}`);
  assert.deepEqual(smallestHashes(names, 5, noSeed), [1, 3, 5, 2, 8]);
  // Whatever the list, an endpoint has its hash: those that stay are in the same order.
  const fewer = names.filter((name) => name !== "endpoint-3");
  assert.deepEqual(
    smallestHashes(fewer, 5, noSeed)
      .map((position) => fewer[position])
      .slice(0, 4),
    ["endpoint-1", "endpoint-5", "endpoint-2", "endpoint-8"],
  );
});

test("CalculateSubset_IgnoresEndpointsWithoutAddresses: they take no place", () => {
  const { balancer, config, child } = subsetOf(2);
  const list = [{ addresses: [] }, ...endpoints("10.0.0.1:1"), { addresses: [] }, ...endpoints("10.0.0.2:1")];
  balancer.update(update(list, config));
  assert.deepEqual(child().updates[0]!.endpoints, endpoints("10.0.0.1:1", "10.0.0.2:1"));
});

test("SubsettingBalancer_DeterministicSubset: one client keeps its subset, whatever the order of the list", () => {
  const { give, seen } = subsetOf(5);
  const all = fleet(50);
  give(all);
  const first = seen();
  assert.equal(first.length, 5);
  give([...all].reverse());
  assert.deepEqual(seen(), first);
  // One of them goes: the other four stay.
  give(all.filter((name) => name !== first[0]));
  assert.deepEqual(seen().slice(0, 4), first.slice(1));
});

test("other clients have other subsets, and all servers are somebody's", () => {
  const chosen = new Map<string, number>();
  const all = fleet(20);
  const random = seeded(42);
  for (let client = 0; client < 400; client++) {
    const { give, seen } = subsetOf(5, { random });
    give(all);
    for (const name of seen()) chosen.set(name, (chosen.get(name) ?? 0) + 1);
  }
  for (const name of all) {
    const share = chosen.get(name)! / 400;
    assert.ok(Math.abs(share - 0.25) < 0.1, `${name}: ${share}`);
  }
});

test("the seed has all of its 64 bits", () => {
  const { give, seen } = subsetOf(5, { random: cycle(0.999_999_999_9) });
  give(fleet(50));
  const high = seen();
  const { give: giveZero, seen: seenZero } = subsetOf(5, { random: cycle(0) });
  giveZero(fleet(50));
  assert.notDeepEqual(high, seenZero());
});

test("the child is spoken to as if it were alone", () => {
  const { helper, balancer, config, give, child } = subsetOf(5);
  give(fleet(50));
  child().accepts = false;
  assert.equal(give(fleet(50)), false, "the child's refusal is passed on");
  child().publish("READY");
  assert.deepEqual(helper.states, ["READY"]);
  balancer.resolverError(StatusError.unavailable("no such name"));
  balancer.exitIdle();
  balancer.resetBackoff();
  assert.deepEqual([child().errors.length, child().exits, child().backoffResets], [1, 1, 1]);
  assert.deepEqual(balancer.describe().detail, { endpoints: 50, chosen: 5 });

  const other = stubPolicy("other");
  balancer.update(update(endpoints("10.0.0.1:1"), { ...config, policy: { factory: other, config: {} } }));
  assert.equal(child().closed, false, "another child policy takes over gracefully");
  other.made[0]!.publish("READY");
  assert.equal(child().closed, true);
  balancer.close();
  assert.equal(other.made[0]!.closed, true);
});

test("with a real child, only the subset is connected, and calls go round it", () => {
  const helper = new FakeHelper({ random: seeded(1), policies: [roundRobinPolicy] });
  const balancer = randomSubsettingPolicy.createBalancer(helper);
  const config = randomSubsettingPolicy.parseConfig(
    ConfigReader.of({ subsetSize: 3, childPolicy: [{ round_robin: {} }] }, ""),
    helper.context.policies,
  );
  balancer.update(update(endpoints(...fleet(30)), config));
  assert.equal(helper.alive.length, 3);
  for (const subchannel of helper.alive) subchannel.succeed();
  assert.deepEqual(Object.values(helper.pickCounts(9)), [3, 3, 3]);
});
