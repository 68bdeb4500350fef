import assert from "node:assert/strict";
import { test } from "node:test";
import { queuePicker } from "../../../lib/client/balancing/picker.js";
import type { LoadBalancer } from "../../../lib/client/balancing/policy.js";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import { type PriorityConfig, priorityPolicy } from "../../../lib/client/balancing/priority.js";
import { ringHashPolicy } from "../../../lib/client/balancing/ring-hash.js";
import { roundRobinPolicy } from "../../../lib/client/balancing/round-robin.js";
import { xxh64 } from "../../../lib/client/balancing/xxh64.js";
import type { Endpoint } from "../../../lib/client/naming/endpoint.js";
import { ConfigReader } from "../../../lib/client/service-config/config-reader.js";
import { StatusError } from "../../../lib/rpc/index.js";
import { endpoints, FakeHelper, type StubBalancer, seeded, stubPolicy, update } from "../doubles.js";

const [A, B, C, D] = ["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1"] as const;
const FAILOVER_MS = 10_000;

function parse(json: object, policies: PolicyRegistry): PriorityConfig {
  return priorityPolicy.parseConfig(ConfigReader.of(json, ""), policies);
}

const at = (name: string, ...addresses: readonly string[]): Endpoint[] =>
  endpoints(...addresses).map((endpoint) => ({ ...endpoint, path: [name] }));

class Fixture {
  readonly stub = stubPolicy("stub");
  readonly helper: FakeHelper;
  readonly balancer: LoadBalancer<PriorityConfig>;

  constructor() {
    this.helper = new FakeHelper({
      random: seeded(1),
      policies: [roundRobinPolicy, ringHashPolicy, priorityPolicy, this.stub],
    });
    this.balancer = priorityPolicy.createBalancer(this.helper);
  }

  /** Children of one kind, by priority. */
  update(
    priorities: readonly string[],
    list: readonly Endpoint[] = [],
    config: object = { stub: {} },
  ): boolean {
    const children = Object.fromEntries(priorities.map((name) => [name, { config: [config] }]));
    return this.balancer.update(update(list, parse({ children, priorities }, this.helper.context.policies)));
  }

  /** Children that are alive, in the order in which they were made. */
  get alive(): readonly StubBalancer[] {
    return this.stub.made.filter(({ closed }) => !closed);
  }

  get made(): number {
    return this.stub.made.length;
  }

  /** The newest child. */
  get newest(): StubBalancer {
    return this.stub.made.at(-1)!;
  }
}

test("ParseConfig: every priority is a child, and only once", () => {
  const policies = new PolicyRegistry([roundRobinPolicy]);
  const config = [{ round_robin: {} }];
  const right = parse(
    { children: { a: { config, ignoreReresolutionRequests: true }, b: { config } }, priorities: ["b", "a"] },
    policies,
  );
  assert.deepEqual(right.priorities, ["b", "a"]);
  assert.equal(right.children.get("a")!.ignoreReresolutionRequests, true);
  assert.equal(right.children.get("b")!.ignoreReresolutionRequests, false);
  assert.equal(right.children.get("b")!.policy.factory, roundRobinPolicy);
  assert.deepEqual(parse({}, policies).priorities, []);
  assert.throws(
    () => parse({ children: { a: { config } }, priorities: ["a", "c"] }, policies),
    /priorities: .*"c"/,
  );
  assert.throws(() => parse({ priorities: ["a"] }, policies), /there are none/);
  assert.throws(() => parse({ children: { a: { config } }, priorities: ["a", "a"] }, policies), /duplicates/);
  assert.throws(() => parse({ children: { a: { config } }, priorities: [1] }, policies), /priorities/);
  assert.throws(() => parse({ children: { a: {} }, priorities: ["a"] }, policies), /children\.a\.config/);
  assert.throws(
    () => parse({ children: { a: { config: [{ no: {} }] } }, priorities: [] }, policies),
    /config/,
  );
});

test("the first priority starts alone; what it publishes is published", () => {
  const f = new Fixture();
  f.update(["p0", "p1"]);
  assert.equal(f.made, 1);
  assert.deepEqual(f.helper.states, ["CONNECTING"]);
  f.newest.publish("READY");
  assert.equal(f.helper.state, "READY");
  assert.equal(f.made, 1);
  assert.equal(f.helper.clock.pending, 0);
});

test("the next priority starts when one fails, and ends when that one is back", () => {
  const f = new Fixture();
  f.update(["p0", "p1", "p2"]);
  const [p0] = f.stub.made;
  p0!.publish("TRANSIENT_FAILURE");
  assert.equal(f.made, 2);
  assert.equal(f.helper.state, "CONNECTING");
  const p1 = f.newest;
  p1.publish("READY", queuePicker);
  assert.equal(f.helper.state, "READY");
  p0!.publish("CONNECTING");
  assert.equal(f.helper.published.at(-1)!.picker, queuePicker, "it goes on with the second");
  assert.equal(f.helper.clock.pending, 0, "no new time for one that has failed");
  p0!.publish("READY", "p0");
  assert.equal(f.helper.pickError().text, "p0");
  assert.equal(p1.closed, true);
  assert.deepEqual(f.alive, [p0]);
});

test("a child that connects for 10 s has had its time, but may still come", () => {
  const f = new Fixture();
  f.update(["p0", "p1"]);
  const [p0] = f.stub.made;
  f.helper.clock.advance(FAILOVER_MS - 1);
  assert.equal(f.made, 1);
  f.helper.clock.advance(1);
  assert.equal(f.made, 2);
  p0!.publish("CONNECTING");
  assert.equal(f.helper.clock.pending, 1, "only the second one's time runs");
  const p1 = f.newest;
  p1.publish("READY");
  assert.equal(f.helper.clock.pending, 0);
  p0!.publish("READY");
  assert.equal(p1.closed, true);
});

test("a child that was READY has its time again when it connects anew", () => {
  const f = new Fixture();
  f.update(["p0", "p1"]);
  const [p0] = f.stub.made;
  p0!.publish("READY");
  p0!.publish("CONNECTING");
  assert.equal(f.helper.state, "CONNECTING");
  assert.equal(f.made, 1);
  f.helper.clock.advance(FAILOVER_MS);
  assert.equal(f.made, 2);
});

test("IDLE is as good as READY: its first call connects it", () => {
  const f = new Fixture();
  f.update(["p0", "p1"]);
  f.newest.publish("IDLE");
  f.helper.clock.advance(FAILOVER_MS);
  assert.equal(f.made, 1);
  assert.equal(f.helper.state, "IDLE");
});

test("if all have failed, the last one speaks", () => {
  const f = new Fixture();
  f.update(["p0", "p1"]);
  const [p0] = f.stub.made;
  p0!.publish("TRANSIENT_FAILURE", "first");
  f.newest.publish("TRANSIENT_FAILURE", "last");
  assert.equal(f.helper.state, "TRANSIENT_FAILURE");
  assert.equal(f.helper.pickError().text, "last");
  p0!.publish("TRANSIENT_FAILURE", "first again");
  assert.equal(f.helper.pickError().text, "last");
});

test("a child that fails from within its start is passed over, with one publication", () => {
  const failing = stubPolicy("failing");
  const f = new Fixture();
  const policies = new PolicyRegistry([
    f.stub,
    {
      ...failing,
      createBalancer: (helper) => {
        helper.updateState("TRANSIENT_FAILURE", queuePicker);
        return failing.createBalancer(helper);
      },
    },
  ]);
  const children = {
    p0: { config: [{ failing: {} }] },
    p1: { config: [{ failing: {} }] },
    p2: { config: [{ stub: {} }] },
  };
  f.balancer.update(update([], parse({ children, priorities: ["p0", "p1", "p2"] }, policies)));
  assert.equal(failing.made.length, 2);
  assert.deepEqual(f.helper.states, ["CONNECTING"]);
  assert.equal(f.made, 1);
});

test("a new first priority takes over once it is READY; until then the old one serves", () => {
  const f = new Fixture();
  f.update(["p1"]);
  const [p1] = f.stub.made;
  p1!.publish("READY", "p1");
  f.update(["p0", "p1"]);
  assert.equal(f.made, 2);
  assert.equal(f.helper.pickError().text, "p1");
  f.newest.publish("READY", "p0");
  assert.equal(f.helper.pickError().text, "p0");
  assert.equal(p1!.closed, true);
});

test("a priority that leaves the config is closed, and the next takes over", () => {
  const f = new Fixture();
  f.update(["p0", "p1"]);
  const [p0] = f.stub.made;
  p0!.publish("READY");
  f.update(["p1"]);
  assert.equal(p0!.closed, true);
  assert.equal(f.made, 2);
  assert.equal(f.helper.state, "CONNECTING");
  f.update([]);
  assert.equal(f.helper.state, "TRANSIENT_FAILURE");
  assert.match(f.helper.pickError().text, /no children/);
  assert.equal(f.helper.clock.pending, 0);
});

test("only children that run get the list; one that starts later gets the newest", () => {
  const f = new Fixture();
  f.update(["p0", "p1"], [...at("p0", A), ...at("p1", B)]);
  f.update(["p0", "p1"], [...at("p0", A), ...at("p1", C)]);
  const [p0] = f.stub.made;
  assert.equal(p0!.updates.length, 2);
  p0!.publish("TRANSIENT_FAILURE");
  assert.deepEqual(
    f.newest.updates.map((received) => received.endpoints),
    [endpoints(C)],
  );
  p0!.accepts = false;
  assert.equal(f.update(["p0", "p1"], at("p0", A)), false);
});

test("a child's wish for a fresh list is passed on, unless it is to be ignored", () => {
  const f = new Fixture();
  const policies = f.helper.context.policies;
  const config = [{ stub: {} }];
  const children = { p0: { config, ignoreReresolutionRequests: true }, p1: { config } };
  f.balancer.update(update([], parse({ children, priorities: ["p0", "p1"] }, policies)));
  const [p0] = f.stub.made;
  p0!.helper.requestReresolution();
  assert.equal(f.helper.reresolutions, 0);
  p0!.publish("TRANSIENT_FAILURE");
  f.newest.helper.requestReresolution();
  assert.equal(f.helper.reresolutions, 1);
});

test("errors of the resolver reach children that run; without any, calls", () => {
  const f = new Fixture();
  f.balancer.resolverError(StatusError.unavailable("no such name"));
  assert.match(f.helper.pickError().text, /no such name/);
  f.update(["p0"]);
  f.balancer.resolverError(StatusError.unavailable("again"));
  assert.equal(f.newest.errors.length, 1);
  f.balancer.exitIdle();
  f.balancer.resetBackoff();
  assert.deepEqual([f.newest.exits, f.newest.backoffResets], [1, 1]);
});

test("after close no timer is left and nothing is published", () => {
  const f = new Fixture();
  f.update(["p0", "p1"]);
  const count = f.helper.published.length;
  f.balancer.close();
  assert.equal(f.helper.clock.pending, 0);
  f.stub.made[0]!.publish("READY");
  f.helper.clock.advance(FAILOVER_MS);
  assert.equal(f.helper.published.length, count);
  assert.equal(f.alive.length, 0);
});

test("AggregateClusterFallBackFromRingHash: two failures on the ring are enough for the next priority", async () => {
  const f = new Fixture();
  const list = [...at("p0", A, B, C), ...at("p1", D)];
  f.update(["p0", "p1"], list, { ring_hash: {} });
  assert.equal(f.helper.state, "IDLE");
  f.helper.pick({ requestHash: xxh64(`${A}_0`) });
  await new Promise<void>((resolve) => setImmediate(resolve));
  f.helper.at(A).become("TRANSIENT_FAILURE");
  assert.equal(f.helper.state, "CONNECTING");
  f.helper.at(B).become("TRANSIENT_FAILURE");
  assert.equal(f.helper.state, "IDLE", "the second ring waits for a call");
  f.helper.pick({ requestHash: 0n });
  await new Promise<void>((resolve) => setImmediate(resolve));
  f.helper.at(D).succeed();
  assert.equal(f.helper.pickAddress({ requestHash: 0n }), D);

  // SwitchToLowerPriorityAndThenBack: the first ring went on connecting by itself.
  assert.equal(f.helper.at(C).status.state, "CONNECTING");
  f.helper.at(C).succeed();
  assert.equal(f.helper.pickAddress({ requestHash: 0n }), C);
  assert.deepEqual(
    f.helper.alive.map(({ name }) => name),
    [A, B, C],
  );
});

test("SwitchToLowerPriorityAndThenBack: calls move to the fallback and return", () => {
  const f = new Fixture();
  const list = [...at("p0", A), ...at("p1", B)];
  f.update(["p0", "p1"], list, { round_robin: {} });
  f.helper.at(A).succeed();
  assert.equal(f.helper.pickAddress(), A);
  f.helper.at(A).become("IDLE");
  f.helper.at(A).become("TRANSIENT_FAILURE");
  f.helper.at(B).succeed();
  assert.equal(f.helper.pickAddress(), B);
  f.helper.at(A).become("IDLE");
  f.helper.at(A).succeed();
  assert.equal(f.helper.pickAddress(), A);
  assert.deepEqual(
    f.helper.alive.map(({ name }) => name),
    [A],
  );
  assert.deepEqual(f.balancer.describe().detail, { priorities: ["p0", "p1"], inUse: "p0" });
});
