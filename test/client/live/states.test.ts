/** The states of a channel over real connections, and when it is idle. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NEVER } from "rxjs";
import { type ChannelOptions, createChannel } from "../../../lib/client/index.js";
import { StatusCode } from "../../../lib/rpc/index.js";
import { checkAtEnd, until } from "../../server/support.js";
import { ManualClock } from "../doubles.js";
import { closeAtEnd, failureOf, responseHeaders } from "../support.js";
import { Backend, emptyFrame, keepSilent, namedCaller, startBackends, statesOf, succeed } from "./support.js";

closeAtEnd();
checkAtEnd();

const forever = { deadlineMs: Number.POSITIVE_INFINITY };

test("StateTransitions_SingleAddress: CONNECTING and READY; or TRANSIENT_FAILURE, refused or cut before SETTINGS", async () => {
  const backend = await Backend.start();
  const good = namedCaller([backend]);
  const states = statesOf(good);
  good.channel.connect();
  await until(() => states.length === 3, "it connects");
  assert.deepEqual(states, ["IDLE", "CONNECTING", "READY"]);

  const rude = await Backend.start();
  rude.rude = true;
  const dead = await Backend.start();
  await dead.stop();
  for (const bad of [rude, dead]) {
    const caller = namedCaller([bad]);
    const seen = statesOf(caller);
    caller.channel.connect();
    await until(() => seen.length === 3, "it fails");
    assert.deepEqual(seen, ["IDLE", "CONNECTING", "TRANSIENT_FAILURE"]);
  }
});

test("StateTransitions_ReadyToConnecting: a loss is IDLE, and then CONNECTING with the next call", async () => {
  const backend = await Backend.start();
  const caller = namedCaller([backend]);
  const states = statesOf(caller);
  await caller.client.one({});
  backend.cut();
  await until(() => states.at(-1) === "IDLE", "it is lost");
  await caller.client.one({});
  assert.deepEqual(states, ["IDLE", "CONNECTING", "READY", "IDLE", "CONNECTING", "READY"]);
});

test("StateTransitions_TriesAllAddrsBeforeTransientFailure, _MultipleAddrsEntersReady", async () => {
  const [first, second] = (await startBackends(2)) as [Backend, Backend];
  await first.stop();
  const caller = namedCaller([first, second]);
  const states = statesOf(caller);
  await caller.client.one({});
  second.cut();
  await until(() => states.at(-1) === "IDLE", "it is lost");
  await caller.client.one({});
  assert.deepEqual(states, ["IDLE", "CONNECTING", "READY", "IDLE", "CONNECTING", "READY"]);
});

test("StateTransitions_WithConnect_NoResolverUpdate, _WithRPC_NoResolverUpdate: CONNECTING until something is known", async () => {
  const clock = new ManualClock();
  const connecting = namedCaller(undefined, { clock });
  connecting.channel.connect();
  const calling = namedCaller(undefined, { clock });
  const failure = failureOf(calling.client.one({}, { deadlineMs: 60_000 }));
  clock.advance(59_999);
  assert.deepEqual([connecting.channel.state, calling.channel.state], ["CONNECTING", "CONNECTING"]);
  clock.advance(1);
  assert.equal((await failure).code, StatusCode.DEADLINE_EXCEEDED);
});

test("TestResolverEmptyUpdateNotPanic: an empty list with a config is a failure like any other", async () => {
  const backend = await Backend.start();
  const { channel, client, names } = namedCaller();
  const first = failureOf(client.one({}));
  names.set({ endpoints: [], serviceConfig: '{"loadBalancingConfig":[{"round_robin":{}}]}' });
  assert.equal((await first).code, StatusCode.UNAVAILABLE);
  names.set([]);
  names.set([backend.address]);
  await client.one({}, { waitForReady: true });
  assert.equal(channel.state, "READY");
});

function idling(backend: Backend, options: ChannelOptions = {}) {
  const clock = new ManualClock();
  return { clock, ...namedCaller([backend], { clock, idleTimeoutMs: 60_000, ...options }) };
}

test("ChannelIdleness_Enabled_NoActivity: the connections are closed, and a call, or connect(), opens them again", async () => {
  const backend = await Backend.start();
  for (const policy of [{ pick_first: {} }, { round_robin: {} }]) {
    const { clock, channel, client } = idling(backend, { policy });
    await client.one({}, forever);
    clock.advance(60_000);
    assert.equal(channel.state, "IDLE");
    await until(() => backend.open === 0, "the connection is closed");
    await client.one({}, forever);
    assert.equal(channel.state, "READY");
    clock.advance(60_000);
    assert.equal(channel.state, "IDLE");
    channel.connect();
    await until(() => channel.state === "READY", "it connects");
    clock.advance(60_000);
    await until(() => backend.open === 0, "the connection is closed");
  }
});

test("ChannelIdleness_Disabled_NoActivity: with 0 it is never idle", async () => {
  const backend = await Backend.start();
  const { clock, channel, client } = idling(backend, { idleTimeoutMs: 0 });
  await client.one({}, forever);
  clock.advance(2 ** 31);
  assert.equal(channel.state, "READY");
  assert.equal(clock.pending, 0);
});

test("ChannelIdleness_Enabled_OngoingCall: an open stream, of either kind, keeps the channel awake", async () => {
  const backend = await Backend.start((stream) => {
    stream.resume();
    stream.respond(responseHeaders);
    stream.write(emptyFrame);
  });
  const { clock, channel, client } = idling(backend);
  for (const open of [() => client.many({}, forever), () => client.chat(NEVER, forever)]) {
    const iterator = open()[Symbol.asyncIterator]();
    await iterator.next();
    clock.advance(10 * 60_000);
    assert.equal(channel.state, "READY");
    await iterator.return?.();
    clock.advance(59_999);
    assert.equal(channel.state, "READY", "it counts from its end");
  }
  clock.advance(1);
  assert.equal(channel.state, "IDLE");
});

test("ChannelIdleness: a call that waits for a connection keeps the channel awake", async () => {
  const backend = await Backend.start(keepSilent);
  await backend.stop();
  const { clock, channel, client } = idling(backend);
  const waiting = client.one({}, { ...forever, waitForReady: true });
  await until(() => channel.state === "TRANSIENT_FAILURE", "nobody is there");
  clock.advance(10 * 60_000);
  assert.notEqual(channel.state, "IDLE");
  backend.answer = succeed;
  await backend.restart();
  channel.resetBackoff();
  await until(() => backend.calls === 1, "it is there");
  await waiting;
});

test("ChannelIdleness_RacyCloseWithCalls: calls at the moment of idleness are answered", async () => {
  const backend = await Backend.start();
  const { clock, client } = idling(backend, { idleTimeoutMs: 1 });
  for (let i = 0; i < 50; i++) {
    const call = client.one({}, forever);
    if (i % 2 === 0) clock.advance(1);
    await call;
    clock.advance(1);
  }
  assert.equal(backend.calls, 50);
});

test("connect() counts also if the policy connects only when it must", async () => {
  const backend = await Backend.start();
  const { channel } = namedCaller([backend], { policy: { ring_hash_experimental: {} } });
  channel.connect();
  await until(() => channel.state === "READY", "it connects");
});

test("a closed channel stays closed: no call, no connect(), no second close() does anything", async () => {
  const backend = await Backend.start();
  const { channel, client } = namedCaller([backend]);
  await client.one({});
  await Promise.all([channel.close(), channel.close()]);
  channel.connect();
  channel.resetBackoff();
  const error = await failureOf(client.one({}, { waitForReady: true }));
  assert.equal(error.code, StatusCode.CANCELLED);
  assert.equal(channel.state, "SHUTDOWN");
  const seen: string[] = [];
  let completed = false;
  channel.connectivity.subscribe({ next: (state) => seen.push(state), complete: () => (completed = true) });
  assert.deepEqual([seen, completed], [["SHUTDOWN"], true]);
  await until(() => backend.open === 0, "the connection is closed");
  const unused = createChannel("static:///127.0.0.1:1");
  await unused.close();
});
