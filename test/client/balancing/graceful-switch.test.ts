import assert from "node:assert/strict";
import { test } from "node:test";
import { GracefulSwitch } from "../../../lib/client/balancing/graceful-switch.js";
import { pickFirstPolicy } from "../../../lib/client/balancing/pick-first.js";
import type { LoadBalancerFactory } from "../../../lib/client/balancing/policy.js";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import { roundRobinPolicy } from "../../../lib/client/balancing/round-robin.js";
import { StatusError } from "../../../lib/rpc/index.js";
import { endpoints, FakeHelper, type StubBalancer, stubPolicy } from "../doubles.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";

const list = { endpoints: endpoints(A), attributes: {} };

function switching() {
  const helper = new FakeHelper();
  const factories = new Map<string, ReturnType<typeof stubPolicy>>();
  const policies = new GracefulSwitch(helper);
  return {
    helper,
    policies,
    /** Chooses the policy of that name; gives the newest of its kind. */
    choose(name: string, config: unknown = {}): StubBalancer {
      const factory = factories.get(name) ?? stubPolicy(name);
      factories.set(name, factory);
      policies.update({ factory, config }, list);
      return factory.made.at(-1)!;
    },
    text: () => helper.pickError().text,
  };
}

test("TestSuccessfulFirstUpdate: the first policy serves at once", () => {
  const { helper, policies, choose, text } = switching();
  assert.equal(policies.state, "CONNECTING");
  const first = choose("first", { a: 1 });
  assert.deepEqual(first.updates, [{ ...list, config: { a: 1 } }]);
  first.publish("CONNECTING");
  first.publish("READY", "of first");
  assert.deepEqual(helper.states, ["CONNECTING", "READY"]);
  assert.equal(text(), "of first");
  assert.equal(policies.state, "READY");
});

test("TestTwoBalancersSameType: another config of the same policy is handed to it", () => {
  const { choose } = switching();
  const first = choose("same", { a: 1 });
  assert.equal(choose("same", { a: 2 }), first);
  assert.deepEqual(
    first.updates.map(({ config }) => config),
    [{ a: 1 }, { a: 2 }],
  );
});

test("TestCurrentNotReadyPendingUpdate: a policy that is not READY is replaced at the first word of the new one", () => {
  const { helper, choose, text } = switching();
  const old = choose("old");
  old.publish("CONNECTING");
  const next = choose("next");
  assert.equal(old.closed, false);
  next.publish("CONNECTING", "of next");
  assert.equal(old.closed, true);
  assert.equal(helper.state, "CONNECTING");
  assert.equal(text(), "of next");
});

test("TestCurrentLeavingReady: the old one serves until it is no longer READY", () => {
  const { helper, choose, text } = switching();
  const old = choose("old");
  old.publish("READY", "of old");
  const next = choose("next");
  next.publish("CONNECTING", "of next");
  assert.equal(text(), "of old");
  old.publish("READY", "newer of old");
  assert.equal(text(), "newer of old");
  old.publish("TRANSIENT_FAILURE", "old failed");
  assert.equal(old.closed, true);
  assert.equal(helper.state, "CONNECTING");
  assert.equal(text(), "of next");
});

test("TestCurrentLeavingReady: calls wait for a new one that has not said anything yet", () => {
  const { helper, choose } = switching();
  const old = choose("old");
  old.publish("READY");
  choose("next");
  old.publish("IDLE");
  assert.equal(old.closed, true);
  assert.equal(helper.state, "CONNECTING");
  assert.equal(helper.pick().kind, "queue");
});

for (const state of ["READY", "TRANSIENT_FAILURE", "IDLE"] as const) {
  test(`the new one takes over when it is ${state}`, () => {
    const { helper, choose, text } = switching();
    const old = choose("old");
    old.publish("READY");
    choose("next").publish(state, "of next");
    assert.equal(old.closed, true);
    assert.equal(helper.state, state);
    assert.equal(text(), "of next");
  });
}

test("TestBalancerSubconns: connections belong to their policy, and go with it", () => {
  const helper = new FakeHelper();
  const policies = new GracefulSwitch(helper);
  const update = { endpoints: endpoints(A, B), attributes: {} };
  policies.update({ factory: pickFirstPolicy, config: {} }, update);
  const [old] = helper.subchannels;
  old!.succeed();
  policies.update({ factory: roundRobinPolicy, config: {} }, update);
  assert.equal(helper.subchannels.length, 3);
  assert.equal(old!.released, false);
  assert.equal(helper.pickAddress(), A);
  helper.subchannels[2]!.succeed();
  assert.equal(old!.released, true);
  assert.equal(helper.state, "READY");
  assert.equal(helper.pickAddress(), B);
  assert.equal(helper.alive.length, 2);
});

test("TestBalancerClose: everything is closed, and nobody is heard any more", () => {
  const { helper, policies, choose } = switching();
  const old = choose("old");
  old.publish("READY");
  const next = choose("next");
  policies.close();
  assert.ok(old.closed && next.closed);
  for (const policy of [old, next]) {
    policy.publish("READY");
    policy.helper.requestReresolution();
    assert.equal(policy.helper.createSubchannel({ path: "/x" }).status.state, "SHUTDOWN");
  }
  choose("third");
  policies.resolverError(StatusError.unavailable("late"));
  policies.exitIdle();
  policies.resetBackoff();
  policies.close();
  assert.deepEqual(helper.states, ["READY"]);
  assert.equal(helper.reresolutions, 0);
  assert.deepEqual(helper.alive, []);
});

test("TestResolverError: goes to the newest; without a policy it fails calls", () => {
  const { helper, policies, choose, text } = switching();
  const error = StatusError.unavailable("no such name");
  policies.resolverError(error);
  assert.equal(helper.state, "TRANSIENT_FAILURE");
  assert.match(text(), /no such name/);
  const old = choose("old");
  old.publish("READY");
  policies.resolverError(error);
  const next = choose("next");
  policies.resolverError(error);
  assert.deepEqual([old.errors, next.errors], [[error], [error]]);
});

test("TestPendingReplacedByAnotherPending: a third policy replaces the second, which never served", () => {
  const { helper, choose, text } = switching();
  const old = choose("old");
  old.publish("READY", "of old");
  const second = choose("second");
  second.publish("CONNECTING");
  const third = choose("third");
  assert.equal(second.closed, true);
  second.publish("READY", "of second");
  assert.equal(text(), "of old");
  third.publish("READY", "of third");
  assert.equal(text(), "of third");
  assert.deepEqual(helper.states, ["READY", "READY"]);
});

test("back to the first policy, while the second is coming up, makes a new one of it", () => {
  const { choose } = switching();
  const old = choose("old");
  old.publish("READY");
  const second = choose("second");
  const again = choose("old");
  assert.ok(second.closed);
  assert.notEqual(again, old);
  again.publish("READY");
  assert.ok(old.closed);
});

test("TestUpdateSubConnStateRace: what comes late from a closed policy is ignored", () => {
  const { helper, choose } = switching();
  const old = choose("old");
  old.publish("READY");
  choose("next").publish("READY", "of next");
  old.publish("TRANSIENT_FAILURE");
  old.helper.requestReresolution();
  assert.deepEqual(helper.states, ["READY", "READY"]);
  assert.equal(helper.reresolutions, 0);
});

/** Publishes while it is built. */
function eager(name: string, ...states: readonly ("READY" | "TRANSIENT_FAILURE" | "CONNECTING")[]) {
  const stub = stubPolicy(name);
  const factory: LoadBalancerFactory = {
    ...stub,
    createBalancer: (helper) => {
      const balancer = stub.createBalancer(helper) as StubBalancer;
      for (const state of states) balancer.publish(state, `${name} ${state}`);
      return balancer;
    },
  };
  return { factory, made: stub.made };
}

test("TestInlineCallbackInBuild: a policy may publish from inside its constructor", () => {
  const { helper, policies, text } = switching();
  const [old, next] = [eager("old", "CONNECTING", "READY"), eager("next", "CONNECTING", "READY")];
  assert.equal(policies.update({ factory: old.factory, config: {} }, list), true);
  assert.equal(text(), "old READY");
  policies.update({ factory: next.factory, config: {} }, list);
  assert.equal(text(), "next READY");
  assert.ok(old.made[0]!.closed);
  assert.equal(next.made[0]!.updates.length, 1);
  assert.deepEqual(helper.states, ["CONNECTING", "READY", "READY"]);
});

test("a policy whose first words end the channel is closed once it is built", () => {
  const helper = new FakeHelper();
  const policies = new GracefulSwitch(helper);
  helper.updateState = () => policies.close();
  const { factory, made } = eager("short-lived", "READY");
  policies.update({ factory, config: {} }, list);
  assert.equal(made[0]!.closed, true);
  assert.equal(made[0]!.updates.length, 0);
});

test("TestExitIdle: goes to the newest; resetBackoff to both", () => {
  const { policies, choose } = switching();
  policies.exitIdle();
  const old = choose("old");
  old.publish("READY");
  policies.exitIdle();
  const next = choose("next");
  policies.exitIdle();
  policies.resetBackoff();
  assert.deepEqual([old.exits, next.exits], [1, 1]);
  assert.deepEqual([old.backoffResets, next.backoffResets], [1, 1]);
});

test("only the newest policy may ask for a fresh list", () => {
  const { helper, choose } = switching();
  const old = choose("old");
  old.publish("READY");
  old.helper.requestReresolution();
  assert.equal(helper.reresolutions, 1);
  const next = choose("next");
  old.helper.requestReresolution();
  assert.equal(helper.reresolutions, 1);
  next.helper.requestReresolution();
  assert.equal(helper.reresolutions, 2);
});

test("an update that the policy cannot use is refused", () => {
  const { policies, choose } = switching();
  const first = choose("first");
  first.accepts = false;
  assert.equal(policies.update({ factory: stubPolicy("first"), config: {} }, list), false);
});

test("TestBalancerSwitch_Basic: from pick_first to round_robin and back", () => {
  const helper = new FakeHelper();
  const policies = new GracefulSwitch(helper);
  const update = { endpoints: endpoints(A, B), attributes: {} };
  const succeedAll = () => {
    for (const each of helper.alive) if (each.status.state !== "READY") each.succeed();
  };
  for (let i = 0; i < 2; i++) {
    policies.update({ factory: pickFirstPolicy, config: {} }, update);
    succeedAll();
    assert.deepEqual(helper.pickCounts(4), { [A]: 4 });
    policies.update({ factory: roundRobinPolicy, config: {} }, update);
    succeedAll();
    assert.deepEqual(helper.pickCounts(4), { [A]: 2, [B]: 2 });
  }
});

test("TestBalancerSwitch_grpclbNotRegistered: an unknown entry is skipped, the next policy is used", () => {
  const registry = new PolicyRegistry([pickFirstPolicy, roundRobinPolicy]);
  const choice = registry.choose([{ grpclb: {} }, { round_robin: {} }], "loadBalancingConfig");
  const helper = new FakeHelper();
  const policies = new GracefulSwitch(helper);
  policies.update(choice, { endpoints: endpoints(A, B), attributes: {} });
  assert.equal(policies.describe().policy, "round_robin");
});

test("TestBalancerSwitch_OldBalancerCallsShutdownInClose: releasing inside close disturbs nothing", () => {
  const { helper, choose, text } = switching();
  const old = choose("old");
  old.publish("READY");
  const subchannel = old.helper.createSubchannel(endpoints(A)[0]!.addresses[0]!);
  const close = old.close.bind(old);
  old.close = () => {
    subchannel.release();
    old.publish("TRANSIENT_FAILURE", "late");
    close();
  };
  choose("next").publish("READY", "of next");
  assert.ok(old.closed);
  assert.equal(text(), "of next");
  assert.deepEqual(helper.alive, []);
});

test("TestBalancerSwitch_Graceful: calls succeed on the old policy until the new one is READY", () => {
  const helper = new FakeHelper();
  const policies = new GracefulSwitch(helper);
  policies.update({ factory: roundRobinPolicy, config: {} }, { endpoints: endpoints(A), attributes: {} });
  helper.at(A).succeed();
  policies.update({ factory: pickFirstPolicy, config: {} }, { endpoints: endpoints(B), attributes: {} });
  assert.deepEqual(helper.pickCounts(5), { [A]: 5 });
  helper.at(B).succeed();
  assert.deepEqual(helper.pickCounts(5), { [B]: 5 });
});

test("describe shows the policy that serves, and the one that will", () => {
  const { policies, choose } = switching();
  assert.deepEqual(policies.describe(), { policy: "none", state: "CONNECTING" });
  choose("old").publish("READY");
  assert.deepEqual(policies.describe(), { policy: "old", state: "IDLE" });
  choose("next");
  assert.deepEqual(policies.describe().detail, { replacedSoonBy: "next" });
});
