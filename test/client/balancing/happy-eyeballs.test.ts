import assert from "node:assert/strict";
import { test } from "node:test";
import { type PickFirstConfig, pickFirstPolicy } from "../../../lib/client/balancing/pick-first.js";
import { Bench } from "./policy-bench.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";
const C = "3.3.3.3:3";

function started(...texts: readonly string[]): Bench<PickFirstConfig> {
  const made = new Bench<PickFirstConfig>(pickFirstPolicy, {});
  made.resolve(...texts);
  return made;
}

test("Leaf_HappyEyeballs_TF_AfterEndOfList: only when all have failed, in whatever order", () => {
  const channel = started(A, B, C);
  channel.clock.advance(250);
  channel.clock.advance(250);
  assert.deepEqual(channel.busy, [A, B, C]);
  assert.equal(channel.clock.pending, 0, "the last address needs no timer");
  channel.at(C).become("TRANSIENT_FAILURE");
  channel.at(A).become("TRANSIENT_FAILURE");
  assert.deepEqual(channel.states, ["CONNECTING"]);
  channel.at(B).become("TRANSIENT_FAILURE", "B failed last");
  assert.deepEqual(channel.states, ["CONNECTING", "TRANSIENT_FAILURE"]);
  assert.equal(channel.pickError().text, "B failed last");
  assert.equal(channel.reresolutions, 1);
});

test("Leaf_HappyEyeballs_TriggerConnectionDelay: the second is tried while the first is pending", () => {
  const channel = started(A, B);
  channel.clock.advance(249);
  assert.deepEqual(channel.busy, [A]);
  channel.clock.advance(1);
  assert.deepEqual(channel.busy, [A, B]);
  channel.at(B).succeed();
  assert.equal(channel.pickAddress(), B);
  assert.deepEqual(
    channel.alive.map(({ name }) => name),
    [B],
  );
});

test("Leaf_HappyEyeballs_TF_ThenTimerFires: a failure starts the next at once, and its time anew", () => {
  const channel = started(A, B, C);
  channel.clock.advance(200);
  channel.at(A).become("TRANSIENT_FAILURE");
  assert.deepEqual(channel.busy, [A, B]);
  channel.clock.advance(249);
  assert.deepEqual(channel.busy, [A, B]);
  channel.clock.advance(1);
  assert.deepEqual(channel.busy, [A, B, C]);
  channel.at(B).succeed();
  assert.deepEqual(channel.states, ["CONNECTING", "READY"]);
  assert.equal(channel.pickAddress(), B);
});

test("Leaf_HappyEyeballs_Ignore_Inflight_Cancellations: losers are released, and not heard", () => {
  const channel = started(A, B);
  channel.clock.advance(250);
  const loser = channel.at(A);
  channel.at(B).succeed();
  assert.ok(loser.released);
  loser.become("TRANSIENT_FAILURE");
  assert.deepEqual(channel.states, ["CONNECTING", "READY"]);
  assert.equal(channel.reresolutions, 0);
});

test("a failure of an earlier attempt does not start the next one", () => {
  const channel = started(A, B, C);
  channel.clock.advance(250);
  channel.at(A).become("TRANSIENT_FAILURE");
  assert.deepEqual(channel.busy, [A, B]);
  channel.clock.advance(250);
  assert.deepEqual(channel.busy, [A, B, C]);
});

test("an address in its back-off is passed over, and counts as failed", () => {
  const channel = started(A, B);
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.at(B).become("TRANSIENT_FAILURE");
  assert.equal(channel.reresolutions, 1);
  channel.resolve(A, C, B);
  assert.deepEqual([...channel.busy].sort(), [A, B, C]);
  assert.equal(channel.clock.pending, 1, "C has its time before B");
  channel.at(C).become("TRANSIENT_FAILURE");
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  assert.equal(channel.reresolutions, 2, "B is in its back-off: the pass is over");
});

test("a later pass counts failures anew", () => {
  const channel = started(A, B);
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.at(B).succeed();
  channel.at(B).become("IDLE");
  channel.policy.exitIdle();
  channel.forget();
  channel.at(A).become("TRANSIENT_FAILURE");
  assert.deepEqual(channel.published, [], "B has not failed in this pass");
  channel.at(B).become("TRANSIENT_FAILURE");
  assert.deepEqual(channel.states, ["TRANSIENT_FAILURE"]);
});

test("a pass that begins while others try again waits for them, too", () => {
  const channel = started(A, B);
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.at(B).become("TRANSIENT_FAILURE");
  channel.at(A).become("IDLE");
  channel.resolve(A, B, C);
  assert.equal(channel.at(A).status.state, "CONNECTING");
  channel.clock.advance(250);
  assert.deepEqual(channel.busy, [A, B, C]);
  channel.at(C).become("TRANSIENT_FAILURE");
  assert.equal(channel.reresolutions, 1, "A has not failed in this pass");
  channel.at(A).become("TRANSIENT_FAILURE");
  assert.equal(channel.reresolutions, 2);
});

test("no timer outlasts the attempt that it was for", () => {
  const channel = started(A, B);
  channel.at(A).become("TRANSIENT_FAILURE");
  assert.equal(channel.clock.pending, 0);
});

test("a retry that succeeds at once, at the end of the pass, is the last", () => {
  const channel = started(A, B);
  channel.clock.advance(250);
  const [a, b] = [channel.at(A), channel.at(B)];
  a.become("TRANSIENT_FAILURE");
  a.become("IDLE");
  const connect = a.connect.bind(a);
  a.connect = () => {
    connect();
    a.become("READY");
  };
  b.become("IDLE");
  assert.deepEqual(channel.states, ["CONNECTING", "TRANSIENT_FAILURE", "READY"]);
  assert.equal(channel.reresolutions, 0);
  assert.ok(b.released);
});

test("what a released subchannel says late is ignored", () => {
  const channel = new Bench<PickFirstConfig>(pickFirstPolicy, {});
  const late: (() => void)[] = [];
  const create = channel.createSubchannel.bind(channel);
  channel.createSubchannel = (address) => {
    const made = create(address);
    const watch = made.watch.bind(made);
    made.watch = (listener) => {
      late.push(() => listener({ state: "READY" }));
      return watch(listener);
    };
    return made;
  };
  channel.resolve(A);
  channel.resolve(B);
  late[0]!();
  assert.deepEqual(channel.states, ["CONNECTING"]);
});

test("an identical list does not hold the pass up", () => {
  const channel = started(A, B);
  channel.clock.advance(200);
  channel.resolve(A, B);
  channel.clock.advance(50);
  assert.deepEqual(channel.busy, [A, B]);
});

test("attempts that fail at once, or succeed at once, end the pass well", () => {
  const instant = new Bench<PickFirstConfig>(pickFirstPolicy, {});
  const outcome = new Map<string, "READY" | "TRANSIENT_FAILURE">([
    [A, "TRANSIENT_FAILURE"],
    [B, "READY"],
  ]);
  const create = instant.createSubchannel.bind(instant);
  instant.createSubchannel = (address) => {
    create(address);
    const made = instant.subchannels.at(-1)!;
    const connect = made.connect.bind(made);
    made.connect = () => {
      connect();
      made.become(outcome.get(made.name)!);
    };
    return made;
  };
  instant.resolve(A, B);
  assert.deepEqual(instant.states, ["CONNECTING", "READY"]);
  assert.equal(instant.clock.pending, 0);
  outcome.set(B, "TRANSIENT_FAILURE");
  instant.at(B).become("IDLE");
  instant.policy.exitIdle();
  assert.equal(instant.state, "TRANSIENT_FAILURE");
  assert.equal(instant.clock.pending, 0);
});

test("a subchannel that is READY from the start is taken", () => {
  const channel = new Bench<PickFirstConfig>(pickFirstPolicy, {});
  const create = channel.createSubchannel.bind(channel);
  channel.createSubchannel = (address) => {
    create(address);
    const made = channel.subchannels.at(-1)!;
    made.status = { state: "READY" };
    return made;
  };
  channel.resolve(A, B);
  assert.deepEqual(channel.states, ["CONNECTING", "READY"]);
  assert.equal(channel.subchannels.length, 1);
});
