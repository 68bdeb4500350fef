import assert from "node:assert/strict";
import { test } from "node:test";
import { roundRobinPolicy } from "../../../lib/client/balancing/round-robin.js";
import { StatusCode, StatusError } from "../../../lib/rpc/index.js";
import { endpoints, update } from "../doubles.js";
import { Bench } from "./policy-bench.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";
const C = "3.3.3.3:3";

const bench = () => new Bench(roundRobinPolicy, {});

function readyBench(...texts: readonly string[]): Bench {
  const channel = bench();
  channel.resolve(...texts);
  channel.succeedAll();
  return channel;
}

test("RoundRobin_Basic: n backends take exact turns", () => {
  const channel = readyBench(A, B, C);
  assert.equal(channel.state, "READY");
  const turns = Array.from({ length: 9 }, () => channel.pickAddress());
  assert.equal(new Set(turns.slice(0, 3)).size, 3);
  assert.deepEqual(turns.slice(3, 6), turns.slice(0, 3));
  assert.deepEqual(turns.slice(6, 9), turns.slice(0, 3));
});

test("RoundRobin_AddressesRemoved: an empty list fails calls, and says so", () => {
  const channel = readyBench(A, B);
  assert.equal(channel.resolve(), false);
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  assert.match(channel.pickError().text, /round_robin has no children to pick from.*zero addresses/);
  assert.deepEqual(channel.alive, [], "its connections are closed");
});

test("RoundRobin_NewAddressWhileBlocking: a call that waits for ready outlasts an empty list", () => {
  const channel = readyBench(A);
  channel.resolve();
  const [hasty, patient] = [channel.call(), channel.call({ waitForReady: true })];
  assert.equal(hasty.failure?.code, StatusCode.UNAVAILABLE);
  channel.resolve(B);
  channel.at(B).succeed();
  assert.equal(patient.address, B);
});

test("RoundRobin_OneServerDown: turns among those that are left, and it comes back", () => {
  const channel = readyBench(A, B, C);
  channel.at(B).become("IDLE");
  assert.deepEqual(channel.pickCounts(10), { [A]: 5, [C]: 5 });
  channel.at(B).become("TRANSIENT_FAILURE");
  channel.at(B).become("IDLE");
  assert.deepEqual(channel.pickCounts(10), { [A]: 5, [C]: 5 });
  assert.equal(channel.reresolutions, 2, "when it was lost, and when it could not be reached");
  channel.at(B).succeed();
  assert.deepEqual(channel.pickCounts(9), { [A]: 3, [B]: 3, [C]: 3 });
});

test("RoundRobin_AllServersDown: calls fail with UNAVAILABLE", () => {
  const channel = readyBench(A, B);
  for (const name of [A, B]) channel.at(name).become("IDLE");
  assert.equal(channel.state, "CONNECTING");
  const call = channel.call();
  for (const name of [A, B]) channel.at(name).become("TRANSIENT_FAILURE");
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  assert.equal(call.failure?.code, StatusCode.UNAVAILABLE);
  assert.match(call.failure!.text, /refused/);
  channel.at(A).become("IDLE");
  assert.equal(channel.state, "TRANSIENT_FAILURE", "A62: one that tries again still counts as failed");
  channel.at(A).succeed();
  assert.equal(channel.state, "READY");
});

test("RoundRobin_UpdateAddressAttributes: what policies read changes nothing, what connections read does", () => {
  const channel = readyBench(A);
  const before = channel.at(A);
  const [endpoint] = endpoints(A);
  channel.policy.update(update([{ ...endpoint!, weight: 2, metadata: { version: 2 } }], {}));
  assert.equal(channel.subchannels.length, 1);
  const named = { ...endpoint!.addresses[0]!, serverName: "other" };
  channel.policy.update(update([{ addresses: [named] }], {}));
  assert.ok(before.released);
  assert.equal(channel.alive[0]!.address.serverName, "other");
});

test("every connection is made at once, and unhealthy ones take no calls", () => {
  const channel = bench();
  channel.resolve(A, B);
  assert.deepEqual(channel.busy, [A, B]);
  channel.at(A).health = { state: "TRANSIENT_FAILURE", error: StatusError.unavailable("NOT_SERVING") };
  channel.succeedAll();
  assert.deepEqual(channel.pickCounts(4), { [B]: 4 });
  channel.at(A).becomeHealthy({ state: "READY" });
  assert.deepEqual(channel.pickCounts(4), { [A]: 2, [B]: 2 });
  channel.at(A).becomeHealthy({ state: "TRANSIENT_FAILURE", error: StatusError.unavailable("x") });
  assert.deepEqual(channel.pickCounts(4), { [B]: 4 });
  assert.equal(channel.at(A).released, false);
});

test("a resolver error is ignored as long as something works", () => {
  const channel = readyBench(A);
  channel.forget();
  channel.policy.resolverError(StatusError.unavailable("no such name"));
  assert.deepEqual(channel.published, []);
  channel.at(A).become("IDLE");
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.policy.resolverError(StatusError.unavailable("no such name"));
  assert.match(channel.pickError().text, /no such name/);
});

test("a change that no call would notice is not published", () => {
  const channel = bench();
  channel.resolve(A, B, C);
  channel.at(A).succeed();
  channel.forget();
  channel.at(B).become("TRANSIENT_FAILURE");
  channel.at(B).become("IDLE");
  assert.deepEqual(channel.published, []);
});

test("describe shows the endpoints; resetBackoff and close reach them", () => {
  const channel = readyBench(A, B);
  const { policy, state, children } = channel.policy.describe();
  assert.deepEqual([policy, state, children?.map(({ name }) => name)], ["round_robin", "READY", [A, B]]);
  channel.policy.resetBackoff();
  assert.equal(channel.at(A).backoffResets, 1);
  channel.policy.close();
  assert.deepEqual(channel.alive, []);
});
