/** `ring_hash` over real connections: who is connected, and where calls go when backends come and go. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChannelOptions, type Endpoint, parseAddress } from "../../../lib/client/index.js";
import { StatusCode } from "../../../lib/rpc/index.js";
import { checkAtEnd, turn, until } from "../../server/support.js";
import { closeAtEnd, failureOf, type ProbeClient } from "../support.js";
import { Backend, countsOf, namedCaller, startBackends, startDeafServer, untilReady } from "./support.js";

closeAtEnd();
checkAtEnd();

const policy = { ring_hash_experimental: { requestHashHeader: "user" } };

// Ports differ from run to run, these names do not.
const named = (backends: readonly Backend[]): Endpoint[] =>
  backends.map(({ address }, i) => ({ addresses: [parseAddress(address)], hashKey: `server-${i}` }));

const hashing = (list: readonly Endpoint[], options: ChannelOptions = {}) =>
  namedCaller(list as Endpoint[], { policy, backoff: { initialMs: 20, maxMs: 20 }, ...options });

const call = (client: ProbeClient, user: string) =>
  client.one({}, { metadata: { user }, waitForReady: true });

/** A header value whose calls go to this backend; connects some of the others on the way. */
async function userOf(backends: readonly Backend[], client: ProbeClient, index: number): Promise<string> {
  for (let i = 0; i < 200; i++) {
    const before = backends[index]!.calls;
    await call(client, `user-${i}`);
    if (backends[index]!.calls > before) return `user-${i}`;
  }
  return assert.fail("no value leads there");
}

test("IdleToReady: a call connects the endpoint that it wants, and no other", async () => {
  const backends = await startBackends(3);
  const { channel, client } = hashing(named(backends));
  await call(client, "somebody");
  assert.equal(channel.state, "READY");
  await turn();
  assert.equal(
    backends.reduce((sum, { connections }) => sum + connections, 0),
    1,
  );
});

test("ContinuesConnectingWithoutPicks: a connection is made although its call is gone", async () => {
  const [backend] = (await startBackends(1)) as [Backend];
  const { channel, client } = hashing(named([backend]));
  const controller = new AbortController();
  const failure = failureOf(client.one({}, { metadata: { user: "x" }, signal: controller.signal }));
  await until(() => channel.inspect().subchannels[0]?.state === "CONNECTING", "it connects");
  controller.abort();
  assert.equal((await failure).code, StatusCode.CANCELLED);
  await until(() => channel.state === "READY", "it is connected");
  assert.equal(backend.calls, 0);
});

test("HeaderHashing, OneEndpoint, ThreeSubConnsAffinity: the next of the ring takes over, and gives back", async () => {
  const backends = await startBackends(3);
  const caller = hashing(named(backends));
  const { client } = caller;
  const user = await userOf(backends, client, 1);
  const counts = async (): Promise<number[]> => {
    const before = backends.map(({ calls }) => calls);
    for (let i = 0; i < 5; i++) await call(client, user);
    return backends.map(({ calls }, i) => calls - before[i]!);
  };
  assert.deepEqual(await counts(), [0, 5, 0]);
  const states = () => caller.channel.inspect().policy?.children?.map(({ state }) => state === "READY") ?? [];
  const ready = states().filter(Boolean).length;
  await backends[1]!.stop();
  await until(() => states().filter(Boolean).length < ready || ready === 1, "it is lost");
  await turn();
  const others = await counts();
  assert.equal(others[1], 0);
  assert.deepEqual([...others].sort(), [0, 0, 5], "all go to one other");
  await backends[1]!.restart();
  await until(() => {
    void call(client, user).catch(() => undefined);
    return backends[1]!.calls > 20;
  }, "it is back");
});

test("TransientFailureCheckNextOne: a call whose endpoint is dead goes to the next one, although it does not wait", async () => {
  const backends = await startBackends(2);
  const probing = hashing(named(backends));
  const user = await userOf(backends, probing.client, 0);
  await probing.channel.close();
  await backends[0]!.stop();
  const { client } = hashing(named(backends));
  const before = backends[1]!.calls;
  await client.one({}, { metadata: { user } });
  assert.equal(backends[1]!.calls, before + 1);
});

test("ReattemptWhenAllEndpointsUnreachable: calls fail while nobody is there, and without calls it recovers", async () => {
  const backends = await startBackends(3);
  await Promise.all(backends.map((backend) => backend.stop()));
  const { channel, client } = hashing(named(backends));
  const error = await failureOf(client.one({}, { metadata: { user: "x" } }));
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  await backends[1]!.restart();
  await until(() => channel.state === "READY", "it recovers by itself");
});

test("ReconnectToMoveOutOfTransientFailure: a single endpoint that restarts is connected without calls", async () => {
  const [backend] = (await startBackends(1)) as [Backend];
  const { channel, client } = hashing(named([backend]));
  await call(client, "x");
  await backend.stop();
  await until(() => channel.state === "IDLE", "it is lost");
  await failureOf(client.one({}, { metadata: { user: "x" } }));
  await until(() => channel.state === "TRANSIENT_FAILURE", "it is gone");
  await backend.restart();
  await until(() => channel.state === "READY", "it is back");
});

test("TransientFailureSkipToAvailableReady: with two dead of three, all calls find the third", async () => {
  const backends = await startBackends(3);
  const caller = hashing(named(backends));
  for (let i = 0; i < 30; i++) await call(caller.client, `user-${i}`);
  await untilReady(caller, 3);
  await Promise.all([backends[0]!.stop(), backends[1]!.stop()]);
  await untilReady(caller, 1);
  const counts = await countsOf(backends, caller.client, 10);
  assert.deepEqual(counts, [0, 0, 10]);
});

test("HashOnHeaderThatIsNotPresent, RequestHashKeyRandom: without the header calls spread over all", async () => {
  const backends = await startBackends(3);
  const caller = hashing(named(backends), { random: Math.random });
  for (let i = 0; i < 300; i++) await caller.client.one({});
  assert.ok(
    backends.every(({ calls }) => calls > 20),
    backends.map(({ calls }) => calls).join(),
  );
});

test("EndpointWeights: an endpoint of twice the weight has about twice the header values", async () => {
  const backends = await startBackends(2);
  const weighted = named(backends).map((endpoint, i) => ({ ...endpoint, weight: i + 1 }));
  const { client } = hashing(weighted);
  for (let i = 0; i < 600; i++) await call(client, `user-${i}`);
  const share = backends[1]!.calls / 600;
  assert.ok(Math.abs(share - 2 / 3) < 0.08, String(share));
});

test("FallBackWithinEndpoint, ReorderAddressessWithinEndpoint: the endpoint's place is its first address's", async () => {
  const backends = await startBackends(2);
  const addresses = backends.map(({ address }) => parseAddress(address));
  await backends[0]!.stop();
  const caller = hashing([{ addresses, hashKey: "pair" }]);
  await call(caller.client, "x");
  assert.equal(backends[1]!.calls, 1);
  caller.names.set([{ addresses: [...addresses].reverse(), hashKey: "pair" }]);
  await call(caller.client, "x");
  assert.equal(backends[1]!.connections, 1, "it is not connected anew");
});

test("SwitchToLowerPriorityAndThenBack: below priority, two dead endpoints are enough to turn elsewhere", async () => {
  const backends = await startBackends(3);
  const child = { config: [{ ring_hash_experimental: { requestHashHeader: "user" } }] };
  const list = named(backends).map((endpoint, i) => ({ ...endpoint, path: [i < 2 ? "p0" : "p1"] }));
  const caller = hashing(list, {
    policy: { priority_experimental: { children: { p0: child, p1: child }, priorities: ["p0", "p1"] } },
  });
  for (let i = 0; i < 20; i++) await call(caller.client, `user-${i}`);
  assert.equal(backends[2]!.calls, 0);
  await Promise.all([backends[0]!.stop(), backends[1]!.stop()]);
  await until(() => {
    void call(caller.client, "x").catch(() => undefined);
    return backends[2]!.calls > 0;
  }, "the other takes over");
  await Promise.all([backends[0]!.restart(), backends[1]!.restart()]);
  const before = backends[0]!.calls + backends[1]!.calls;
  await until(() => {
    void call(caller.client, "x").catch(() => undefined);
    return backends[0]!.calls + backends[1]!.calls > before + 5;
  }, "and gives back");
  await until(() => caller.channel.inspect().calls === 0, "all are answered");
});

test("an endpoint that never answers holds up only its own calls", async () => {
  const backends = await startBackends(1);
  const deaf = await startDeafServer();
  const list = [...named(backends), { addresses: [parseAddress(deaf)], hashKey: "deaf" }];
  const { client } = hashing(list);
  let waiting = 0;
  for (let i = 0; i < 30; i++) {
    await client.one({}, { metadata: { user: `user-${i}` }, deadlineMs: 30 }).catch(() => {
      waiting += 1;
    });
  }
  assert.ok(waiting > 0 && waiting < 30, String(waiting));
  assert.equal(backends[0]!.calls, 30 - waiting);
});
