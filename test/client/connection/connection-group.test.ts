/** Several connections to one address behave as one subchannel. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionGroup } from "../../../lib/client/connection/connection-group.js";
import { address, FakeSubchannel } from "../doubles.js";

function startGroup(count = 3) {
  const members = Array.from({ length: count }, () => new FakeSubchannel(address("10.0.0.1:80")));
  const group = new ConnectionGroup(members);
  const states: string[] = [];
  group.watch(({ state }) => states.push(state));
  return { group, members, states };
}

test("connecting connects all; the first that is up makes the group READY", () => {
  const { group, members, states } = startGroup();
  group.connect();
  assert.deepEqual(
    members.map(({ connects }) => connects),
    [1, 1, 1],
  );
  members[1]!.become("READY");
  members[0]!.become("READY");
  assert.deepEqual(states, ["CONNECTING", "READY"]);
});

test("it has failed when each has, with the last error, also if waits end in between", () => {
  const { group, members, states } = startGroup();
  group.connect();
  members[0]!.become("TRANSIENT_FAILURE");
  members[0]!.become("IDLE");
  members[1]!.become("TRANSIENT_FAILURE");
  assert.deepEqual(states, ["CONNECTING"], "it never seems idle in the middle of an attempt");
  members[2]!.become("TRANSIENT_FAILURE", "the last one refused");
  assert.deepEqual(states, ["CONNECTING", "TRANSIENT_FAILURE"]);
  assert.match(group.status.error!.text, /the last one refused/);
  members[1]!.become("IDLE");
  assert.deepEqual(states.at(-1), "IDLE");
  group.connect();
  assert.deepEqual(
    members.map(({ connects }) => connects),
    [2, 2, 1],
    "the one in back-off waits on",
  );
  members[0]!.become("TRANSIENT_FAILURE");
  members[1]!.become("TRANSIENT_FAILURE");
  assert.equal(group.status.state, "TRANSIENT_FAILURE");
});

test("while one is there, a lost one is mended unasked, and the group stays READY", () => {
  const { group, members, states } = startGroup(2);
  group.connect();
  for (const member of members) member.become("READY");
  members[0]!.become("IDLE");
  assert.equal(members[0]!.connects, 2);
  members[0]!.become("TRANSIENT_FAILURE");
  members[0]!.become("IDLE");
  assert.equal(members[0]!.connects, 3);
  assert.deepEqual(states, ["CONNECTING", "READY"]);
});

test("one whose wait was over before there was any is connected as soon as there is one", () => {
  const { group, members, states } = startGroup(2);
  group.connect();
  members[0]!.become("TRANSIENT_FAILURE");
  members[0]!.become("IDLE");
  assert.equal(members[0]!.connects, 1);
  members[1]!.become("READY");
  assert.equal(members[0]!.connects, 2);
  assert.deepEqual(states, ["CONNECTING", "READY"]);
});

test("it is IDLE when the last one is lost, and waits to be asked", () => {
  const { group, members, states } = startGroup(2);
  group.connect();
  members[0]!.become("READY");
  members[1]!.become("TRANSIENT_FAILURE");
  members[0]!.become("IDLE");
  assert.deepEqual(states, ["CONNECTING", "READY", "IDLE"]);
  members[1]!.become("IDLE");
  assert.deepEqual(
    members.map(({ connects }) => connects),
    [1, 1],
  );
});

test("releasing releases all, and nobody is told of anything any more", () => {
  const { group, members, states } = startGroup();
  group.connect();
  group.release();
  assert.ok(members.every(({ released }) => released));
  assert.deepEqual(states, ["CONNECTING"]);
  assert.equal(group.status.state, "SHUTDOWN");
  group.connect();
  assert.equal(group.connection, undefined);
});
