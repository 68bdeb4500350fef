import assert from "node:assert/strict";
import { test } from "node:test";
import { BalancerGroup, type BalancerGroupOptions } from "../../../lib/client/balancing/balancer-group.js";
import { pickFirstPolicy } from "../../../lib/client/balancing/pick-first.js";
import { queuePicker } from "../../../lib/client/balancing/picker.js";
import type { LoadBalancerFactory } from "../../../lib/client/balancing/policy.js";
import { roundRobinPolicy } from "../../../lib/client/balancing/round-robin.js";
import { aggregateStates, type ConnectivityState } from "../../../lib/client/connectivity.js";
import { StatusError } from "../../../lib/rpc/index.js";
import { endpoints, FakeHelper, stubPolicy } from "../doubles.js";

const RETENTION_MS = 60_000;

class Fixture {
  readonly helper = new FakeHelper();
  readonly changes: string[] = [];
  readonly group: BalancerGroup;

  constructor(options: Partial<BalancerGroupOptions> = {}) {
    this.group = new BalancerGroup(this.helper, {
      onChange: ({ id, state }) => this.changes.push(`${id} ${state}`),
      ...options,
    });
  }

  update(
    id: string,
    factory: LoadBalancerFactory,
    addresses: readonly string[] = [],
    config: unknown = {},
  ): boolean {
    return this.group.update(id, { factory, config }, { endpoints: endpoints(...addresses), attributes: {} });
  }

  state(id: string): ConnectivityState | undefined {
    return this.group.members.get(id)?.state;
  }
}

test("TestBalancerGroup_start_close: children connect to their own lists, and are released at the end", () => {
  const f = new Fixture();
  const { helper, group } = f;
  f.update("one", roundRobinPolicy, ["10.0.0.1:1", "10.0.0.2:1"]);
  f.update("two", roundRobinPolicy, ["10.0.0.3:1"]);
  assert.equal(helper.alive.length, 3);
  helper.at("10.0.0.1:1").succeed();
  assert.equal(f.state("one"), "READY");
  assert.equal(f.state("two"), "CONNECTING");
  helper.at("10.0.0.3:1").succeed();
  assert.deepEqual(f.changes.slice(-1), ["two READY"]);
  group.close();
  assert.equal(helper.alive.length, 0);
  assert.equal(group.members.size, 0);
});

test("TestBalancerGroup_start_close_deadlock: the group may be closed from within a child's publication", () => {
  const policy = stubPolicy("stub");
  const f = new Fixture({ onChange: () => f.group.close() });
  f.update("one", policy);
  f.update("two", policy);
  policy.made[0]!.publish("READY");
  assert.deepEqual(
    policy.made.map(({ closed }) => closed),
    [true, true],
  );
  assert.equal(f.group.members.size, 0);
});

test("a child may publish from within its construction, and the group be closed by that", () => {
  let made = 0;
  const policy: LoadBalancerFactory = {
    ...stubPolicy("hasty"),
    createBalancer: (helper) => {
      made += 1;
      const balancer = stubPolicy("hasty").createBalancer(helper);
      helper.updateState("READY", queuePicker);
      return balancer;
    },
  };
  const f = new Fixture({ onChange: () => f.group.close() });
  assert.equal(f.update("one", policy), true);
  assert.equal(made, 1);
  assert.equal(f.group.members.size, 0);
});

test("TestBalancerGroup_locality_caching: a child that comes back in time has kept its connections", () => {
  const f = new Fixture({ retentionMs: RETENTION_MS });
  const { helper, group } = f;
  f.update("one", roundRobinPolicy, ["10.0.0.1:1"]);
  helper.at("10.0.0.1:1").succeed();
  const member = group.members.get("one");
  group.remove("one");
  assert.equal(group.members.size, 0);
  assert.equal(helper.clock.pending, 1);
  helper.clock.advance(RETENTION_MS - 1);
  assert.equal(helper.alive.length, 1);
  f.update("one", roundRobinPolicy, ["10.0.0.1:1"]);
  assert.equal(group.members.get("one"), member);
  assert.equal(f.state("one"), "READY");
  assert.equal(helper.subchannels.length, 1);
  assert.equal(helper.clock.pending, 0);
  helper.clock.advance(RETENTION_MS);
  assert.equal(helper.alive.length, 1);
});

test("TestBalancerGroup_locality_caching: what a retained child publishes is known when it comes back", () => {
  const policy = stubPolicy("stub");
  const f = new Fixture({ retentionMs: RETENTION_MS });
  f.update("one", policy);
  policy.made[0]!.publish("READY");
  f.group.remove("one");
  policy.made[0]!.publish("TRANSIENT_FAILURE");
  assert.deepEqual(f.changes, ["one READY"], "nobody hears of it meanwhile");
  f.update("one", policy);
  assert.equal(f.state("one"), "TRANSIENT_FAILURE");
  assert.equal(policy.made.length, 1);
});

test("TestBalancerGroup_locality_caching_close_group: closing the group closes what it retains", () => {
  const f = new Fixture({ retentionMs: RETENTION_MS });
  const { helper, group } = f;
  f.update("one", roundRobinPolicy, ["10.0.0.1:1"]);
  group.remove("one");
  group.close();
  assert.equal(helper.alive.length, 0);
  assert.equal(helper.clock.pending, 0);
});

test("TestBalancerGroup_locality_caching_not_read_within_timeout: then it is closed, and made anew", () => {
  const f = new Fixture({ retentionMs: RETENTION_MS });
  const { helper, group } = f;
  f.update("one", roundRobinPolicy, ["10.0.0.1:1"]);
  group.remove("one");
  helper.clock.advance(RETENTION_MS);
  assert.equal(helper.alive.length, 0);
  f.update("one", roundRobinPolicy, ["10.0.0.1:1"]);
  assert.equal(helper.subchannels.length, 2);
});

test("TestBalancerGroup_locality_caching_read_with_different_builder: the retained one is closed at once", () => {
  const f = new Fixture({ retentionMs: RETENTION_MS });
  const { helper, group } = f;
  f.update("one", roundRobinPolicy, ["10.0.0.1:1"]);
  const [first] = helper.subchannels;
  group.remove("one");
  f.update("one", pickFirstPolicy, ["10.0.0.1:1"]);
  assert.equal(first!.released, true);
  assert.equal(helper.alive.length, 1);
  assert.equal(helper.clock.pending, 0);
  assert.equal(group.describe()[0]!.policy, "pick_first");
});

test("TestBalancerGroup_CloseStopsBalancerInCache: a retained child is closed with the group, once", () => {
  const policy = stubPolicy("stub");
  const f = new Fixture({ retentionMs: RETENTION_MS });
  f.update("one", policy);
  f.group.remove("one");
  assert.equal(policy.made[0]!.closed, false);
  f.group.close();
  assert.equal(policy.made[0]!.closed, true);
});

test("TestBalancerGroupBuildOptions: children have the context of the group", () => {
  const policy = stubPolicy("stub");
  const f = new Fixture();
  f.update("one", policy, [], { any: "config" });
  const [child] = policy.made;
  assert.equal(child!.helper.context, f.helper.context);
  assert.deepEqual(child!.updates[0]!.config, { any: "config" });
});

test("TestBalancerGroup_UpdateClientConnState_AfterClose: nothing is made any more", () => {
  const policy = stubPolicy("stub");
  const f = new Fixture();
  f.group.close();
  assert.equal(f.update("one", policy), true);
  assert.equal(policy.made.length, 0);
});

test("TestBalancerGroup_ResolverError_AfterClose: nobody is told any more", () => {
  const policy = stubPolicy("stub");
  const f = new Fixture();
  f.update("one", policy);
  f.group.resolverError(StatusError.unavailable("before"));
  f.group.close();
  f.group.resolverError(StatusError.unavailable("after"));
  f.group.exitIdle();
  f.group.resetBackoff();
  f.group.remove("one");
  assert.deepEqual(
    policy.made[0]!.errors.map(({ text }) => text),
    ["before"],
  );
  assert.equal(policy.made[0]!.exits, 0);
});

test("TestBalancerExitIdleOne: only the child that is named connects", () => {
  const policy = stubPolicy("stub");
  const f = new Fixture();
  f.update("one", policy);
  f.update("two", policy);
  f.group.exitIdle("two");
  f.group.exitIdle("nobody");
  assert.deepEqual(
    policy.made.map(({ exits }) => exits),
    [0, 1],
  );
});

test("TestBalancerExitIdleAll: every child connects", () => {
  const policy = stubPolicy("stub");
  const f = new Fixture();
  f.update("one", policy);
  f.update("two", policy);
  f.group.exitIdle();
  f.group.resetBackoff();
  assert.deepEqual(
    policy.made.map(({ exits, backoffResets }) => [exits, backoffResets]),
    [
      [1, 1],
      [1, 1],
    ],
  );
});

test("TestBalancerGracefulSwitch: another policy takes a child over once it is ready", () => {
  const [old, young] = [stubPolicy("old"), stubPolicy("young")];
  const f = new Fixture();
  f.update("one", old);
  old.made[0]!.publish("READY");
  f.update("one", young);
  young.made[0]!.publish("CONNECTING");
  assert.equal(f.state("one"), "READY");
  assert.equal(old.made[0]!.closed, false);
  young.made[0]!.publish("READY");
  assert.equal(old.made[0]!.closed, true);
  assert.deepEqual(f.changes, ["one READY", "one READY"]);
});

test("TestBalancerGroup_RemoveImmediately: a child is closed although the group retains others", () => {
  const policy = stubPolicy("stub");
  const f = new Fixture({ retentionMs: RETENTION_MS });
  for (const id of ["one", "two"]) f.update(id, policy);
  f.group.removeImmediately("one");
  f.group.remove("two");
  assert.deepEqual(
    policy.made.map(({ closed }) => closed),
    [true, false],
  );
  f.group.removeImmediately("two");
  assert.equal(policy.made[1]!.closed, true);
  assert.equal(f.helper.clock.pending, 0);
});

test("TestRecordTransition: READY before CONNECTING before IDLE before failure; of nobody, failure", () => {
  const of = (...states: readonly ConnectivityState[]) => aggregateStates(states);
  assert.equal(of("TRANSIENT_FAILURE", "IDLE", "CONNECTING", "READY"), "READY");
  assert.equal(of("TRANSIENT_FAILURE", "IDLE", "CONNECTING"), "CONNECTING");
  assert.equal(of("TRANSIENT_FAILURE", "IDLE"), "IDLE");
  assert.equal(of("TRANSIENT_FAILURE", "SHUTDOWN"), "TRANSIENT_FAILURE");
  assert.equal(of(), "TRANSIENT_FAILURE");
});

test("a child that has failed counts as failed until it is READY", () => {
  const policy = stubPolicy("stub");
  const f = new Fixture();
  f.update("one", policy);
  const settled = () => f.group.members.get("one")!.settledState;
  assert.equal(settled(), "CONNECTING");
  const seen = (
    ["IDLE", "CONNECTING", "TRANSIENT_FAILURE", "CONNECTING", "IDLE", "READY", "IDLE"] as const
  ).map((state) => {
    policy.made[0]!.publish(state);
    assert.equal(f.state("one"), state);
    return settled();
  });
  assert.deepEqual(seen, [
    ...["IDLE", "CONNECTING", "TRANSIENT_FAILURE", "TRANSIENT_FAILURE", "TRANSIENT_FAILURE"],
    ...["READY", "IDLE"],
  ]);
});

test("changes that are held are not told, only that there were some", () => {
  const policy = stubPolicy("stub");
  const f = new Fixture();
  f.update("one", policy);
  assert.equal(
    f.group.hold(() => undefined),
    false,
  );
  assert.equal(
    f.group.hold(() => policy.made[0]!.publish("READY")),
    true,
  );
  assert.deepEqual(f.changes, []);
  assert.throws(() =>
    f.group.hold(() => {
      throw new Error("no");
    }),
  );
  policy.made[0]!.publish("IDLE");
  assert.deepEqual(f.changes, ["one IDLE"], "an error ends the hold");
});

test("children ask for a fresh list through the group, those that were removed no more", () => {
  const policy = stubPolicy("stub");
  const plain = new Fixture();
  plain.update("one", policy);
  policy.made[0]!.helper.requestReresolution();
  assert.equal(plain.helper.reresolutions, 1);
  plain.group.remove("one");
  policy.made[0]!.helper.requestReresolution();
  assert.equal(plain.helper.reresolutions, 1);

  const asked: string[] = [];
  const own = new Fixture({ onReresolution: (id) => void asked.push(id) });
  own.update("two", policy);
  policy.made[1]!.helper.requestReresolution();
  assert.deepEqual([asked, own.helper.reresolutions], [["two"], 0]);
});
