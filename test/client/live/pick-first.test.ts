/** `pick_first` over real connections: which backend takes the calls when backends and lists come and go. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusCode } from "../../../lib/rpc/index.js";
import { checkAtEnd, until } from "../../server/support.js";
import { ManualClock } from "../doubles.js";
import { closeAtEnd, failureOf } from "../support.js";
import { Backend, countsOf, namedCaller, startBackends, statesOf } from "./support.js";

closeAtEnd();
checkAtEnd();

test("PickFirst_OneBackend, PickFirst_MultipleBackends: all calls go to the first address", async () => {
  for (const count of [1, 3]) {
    const backends = await startBackends(count);
    const { client } = namedCaller(backends);
    assert.deepEqual(await countsOf(backends, client, 10), [10, 0, 0].slice(0, count));
    assert.deepEqual(
      backends.map(({ connections }) => connections),
      [1, 0, 0].slice(0, count),
    );
  }
});

test("PickFirst_OneServerDown: when the first dies the calls move to the next address", async () => {
  const backends = await startBackends(2);
  const { channel, client } = namedCaller(backends);
  await client.one({});
  await backends[0]!.stop();
  await until(() => channel.state !== "READY", "it is lost");
  assert.deepEqual(await countsOf(backends, client, 10), [0, 10]);
});

test("PickFirst_AllServersDown: without any backend a call fails at once", async () => {
  const backends = await startBackends(2);
  const { channel, client } = namedCaller(backends);
  await client.one({});
  await Promise.all(backends.map((backend) => backend.stop()));
  await until(() => channel.state !== "READY", "it is lost");
  const error = await failureOf(client.one({}, { deadlineMs: 5000 }));
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.match(error.text, new RegExp(backends[1]!.address.replaceAll(".", "\\.")), "it names the backend");
  assert.equal(channel.state, "TRANSIENT_FAILURE");
});

test("PickFirst_AddressesRemoved: calls move only if the address in use is gone", async () => {
  const backends = await startBackends(3);
  const [a, b, c] = backends.map(({ address }) => address) as [string, string, string];
  const { client, names } = namedCaller([a, b, c]);
  await client.one({});
  names.set([b, c]);
  assert.deepEqual(await countsOf(backends, client, 5), [0, 5, 0]);
  names.set([a, b, c]);
  assert.deepEqual(await countsOf(backends, client, 5), [0, 5, 0], "it is still there");
  names.set([a]);
  assert.deepEqual(await countsOf(backends, client, 5), [5, 0, 0]);
  await until(() => backends[1]!.open === 0, "the connection of the one that was left is closed");
});

test("PickFirst_NewAddressWhileBlocking: a call that waits for ready outlives an empty list", async () => {
  const backend = await Backend.start();
  const { channel, client, names } = namedCaller([]);
  const refused = await failureOf(client.one({}));
  assert.equal(refused.code, StatusCode.UNAVAILABLE);
  assert.match(refused.text, /produced zero addresses/);
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  const waiting = client.one({ number: 1 }, { waitForReady: true });
  await until(() => channel.inspect().waiting === 1, "it waits");
  names.set([backend.address]);
  await waiting;
});

test("PickFirst_StickyTransientFailure: who accepts and closes leaves the channel in failure, and is tried again", async () => {
  const rude = await Backend.start();
  const clock = new ManualClock();
  const caller = namedCaller([rude], { clock });
  const states = statesOf(caller);
  // Cut before SETTINGS can be read.
  rude.rude = true;
  for (let attempt = 1; attempt <= 3; attempt++) {
    caller.channel.connect();
    await until(() => rude.connections === attempt, `attempt ${attempt}`);
    await until(() => caller.channel.inspect().subchannels[0]?.state === "TRANSIENT_FAILURE", "it failed");
    clock.advance(5000);
  }
  assert.deepEqual(states, ["IDLE", "CONNECTING", "TRANSIENT_FAILURE"]);
  rude.rude = false;
  const waiting = caller.client.one({}, { waitForReady: true, deadlineMs: Number.POSITIVE_INFINITY });
  while (caller.channel.state !== "READY") {
    clock.advance(1000);
    await new Promise(setImmediate);
  }
  await waiting;
});

test("PickFirst_ResolverError_NoPreviousUpdate: calls fail with the resolver's error", async () => {
  const { client, names } = namedCaller();
  names.fail(new Error("the registry is down"));
  const error = await failureOf(client.one({}));
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.match(error.text, /the registry is down/);
});

test("PickFirst_ResolverError_WithPreviousUpdate_Ready: the error changes nothing for calls", async () => {
  const backend = await Backend.start();
  const { channel, client, names } = namedCaller([backend]);
  await client.one({});
  names.fail(new Error("the registry is down"));
  await until(() => channel.inspect().lastError !== undefined, "it is told");
  await client.one({});
  assert.equal(channel.state, "READY");
});

test("PickFirst_ResolverError_WithPreviousUpdate_TransientFailure: calls fail with the newer error", async () => {
  const backend = await Backend.start();
  await backend.stop();
  const { client, names } = namedCaller([backend]);
  assert.match((await failureOf(client.one({}))).text, /ECONNREFUSED/);
  names.fail(new Error("the registry is down"));
  assert.match((await failureOf(client.one({}))).text, /the registry is down/);
});

test("PickFirst_ResolverError_ZeroAddresses_WithPreviousUpdate: an empty list closes the connection", async () => {
  const backend = await Backend.start();
  const { client, names } = namedCaller([backend]);
  await client.one({});
  names.set([]);
  const error = await failureOf(client.one({}));
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.match(error.text, /produced zero addresses/);
  await until(() => backend.open === 0, "the connection is closed");
});

test("Leaf_StopConnectedServer: after a loss the pass begins again with the first address", async () => {
  const backends = await startBackends(2);
  const [first, second] = backends as [Backend, Backend];
  const { channel, client } = namedCaller(backends, { backoff: { initialMs: 20, maxMs: 20 } });
  const lose = async (backend: Backend): Promise<void> => {
    await backend.stop();
    await until(() => channel.state !== "READY", "it is lost");
  };
  await client.one({});
  // _FirstServerRestart
  await lose(first);
  assert.equal(channel.state, "IDLE");
  await first.restart();
  assert.deepEqual(await countsOf(backends, client, 2), [2, 0]);
  // _FirstServerToSecond
  await lose(first);
  assert.deepEqual(await countsOf(backends, client, 2), [0, 2]);
  // _SecondServerRestart
  await lose(second);
  await second.restart();
  assert.deepEqual(await countsOf(backends, client, 2), [0, 2]);
  // _SecondServerToFirst
  await lose(second);
  await first.restart();
  assert.deepEqual(await countsOf(backends, client, 2), [2, 0]);
});
