/** `round_robin` and `least_request` over real connections. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "../../../lib/client/index.js";
import { StatusCode } from "../../../lib/rpc/index.js";
import { checkAtEnd, turn, until } from "../../server/support.js";
import { cycle, endpoints, seeded } from "../doubles.js";
import { closeAtEnd, failureOf, responseHeaders } from "../support.js";
import { addressesOf, type Backend, countsOf, namedCaller, startBackends, untilReady } from "./support.js";

closeAtEnd();
checkAtEnd();

const roundRobin = { policy: { round_robin: {} } };
const leastRequest = { policy: { least_request_experimental: { choiceCount: 2 } } };

test("RoundRobin_Basic: calls go round the backends exactly", async () => {
  const backends = await startBackends(3);
  const caller = namedCaller(backends, { ...roundRobin, random: seeded(3) });
  await caller.client.one({});
  await untilReady(caller, 3);
  const order: number[] = [];
  for (let i = 0; i < 9; i++) order.push((await countsOf(backends, caller.client, 1)).indexOf(1));
  assert.deepEqual(order.slice(0, 3).sort(), [0, 1, 2]);
  assert.deepEqual(order, [...order.slice(0, 3), ...order.slice(0, 3), ...order.slice(0, 3)]);
});

test("RoundRobin_AddressesRemoved: an empty list fails calls, and says so", async () => {
  const backends = await startBackends(2);
  const caller = namedCaller(backends, roundRobin);
  await caller.client.one({});
  await untilReady(caller, 2);
  caller.names.set([]);
  const error = await failureOf(caller.client.one({}));
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.match(error.text, /zero addresses|no children/);
  assert.equal(caller.channel.state, "TRANSIENT_FAILURE");
  await until(() => backends.every(({ open }) => open === 0), "the connections are closed");
});

test("RoundRobin_NewAddressWhileBlocking: a call that waits for ready completes when backends return", async () => {
  const backends = await startBackends(2);
  const { channel, client, names } = namedCaller(backends, roundRobin);
  await client.one({});
  names.set([]);
  const waiting = client.one({}, { waitForReady: true });
  await until(() => channel.inspect().waiting === 1, "it waits");
  names.set(addressesOf(backends));
  await waiting;
});

test("RoundRobin_OneServerDown, RoundRobin_AllServersDown: the others go on; without any, calls fail; all come back", async () => {
  const backends = await startBackends(3);
  const caller = namedCaller(backends, { ...roundRobin, backoff: { initialMs: 20, maxMs: 20 } });
  const { channel, client } = caller;
  await client.one({});
  await untilReady(caller, 3);
  await backends[1]!.stop();
  await untilReady(caller, 2);
  assert.deepEqual(await countsOf(backends, client, 10), [5, 0, 5]);
  await Promise.all([backends[0]!.stop(), backends[2]!.stop()]);
  await until(() => channel.state === "TRANSIENT_FAILURE", "it notices");
  assert.equal((await failureOf(client.one({}))).code, StatusCode.UNAVAILABLE);
  const waiting = client.one({}, { waitForReady: true });
  await Promise.all(backends.map((backend) => backend.restart()));
  await waiting;
  await untilReady(caller, 3);
  assert.deepEqual(await countsOf(backends, client, 9), [3, 3, 3]);
});

test("one backend more or less leaves the other connections alone", async () => {
  const backends = await startBackends(3);
  const caller = namedCaller(backends.slice(0, 2), roundRobin);
  await caller.client.one({});
  await untilReady(caller, 2);
  caller.names.set(addressesOf(backends));
  await untilReady(caller, 3);
  caller.names.set(addressesOf(backends.slice(1)));
  await untilReady(caller, 2);
  assert.deepEqual(await countsOf(backends, caller.client, 4), [0, 2, 2]);
  assert.deepEqual(
    backends.map(({ connections }) => connections),
    [1, 1, 1],
  );
});

/** Opens a stream that stays open, and tells which backend has it. */
function opener(backends: readonly Backend[], client: ReturnType<typeof namedCaller>["client"]) {
  let aborts = new AbortController();
  for (const backend of backends) {
    backend.answer = (stream) => {
      stream.resume();
      stream.respond(responseHeaders);
    };
  }
  const open = async (): Promise<number> => {
    const before = backends.map(({ calls }) => calls);
    client.many({}, { signal: aborts.signal }).subscribe({ error: () => undefined });
    let index = -1;
    await until(() => {
      index = backends.findIndex(({ calls }, i) => calls > before[i]!);
      return index >= 0;
    }, "a backend has it");
    return index;
  };
  const end = (): void => {
    aborts.abort();
    aborts = new AbortController();
  };
  return { open, end };
}

test("LeastRequestE2E: streams land as the algorithm predicts, ties at the first sample", async () => {
  const backends = await startBackends(3);
  const chance = { next: () => 0 };
  const caller = namedCaller(backends, { ...leastRequest, random: () => chance.next() });
  caller.channel.connect();
  await untilReady(caller, 3);
  const { open, end } = opener(backends, caller.client);
  const at = (index: number): number => (index + 0.5) / 3;
  const sample = async (first: number, second: number): Promise<number> => {
    chance.next = cycle(at(first), at(second));
    return await open();
  };
  // Samples choose among the ready ones, in an order of theirs: find out who is who.
  const who = [await sample(0, 0), await sample(1, 1), await sample(2, 2)];
  assert.deepEqual([...who].sort(), [0, 1, 2]);
  // Counts are now 1 1 1.
  assert.equal(await sample(0, 1), who[0], "a tie: the first");
  assert.equal(await sample(0, 1), who[1], "2 1 1: the less busy");
  assert.equal(await sample(1, 0), who[1], "2 2 1: a tie");
  assert.equal(await sample(1, 2), who[2], "2 3 1");
  assert.equal(await sample(1, 1), who[1], "with replacement, 2 3 2");
  end();
  await until(() => caller.channel.inspect().calls === 0, "all have ended");
  await turn();
  assert.equal(await sample(1, 0), who[1], "and count no more: a tie");
  end();
});

test("LeastRequestPersistsCounts: a backend that is added takes new streams until it has as many", async () => {
  const backends = await startBackends(3);
  const caller = namedCaller(backends.slice(0, 2), {
    policy: { least_request_experimental: { choiceCount: 10 } },
    random: seeded(7),
  });
  caller.channel.connect();
  await untilReady(caller, 2);
  const { open, end } = opener(backends, caller.client);
  const taken = [0, 0, 0];
  for (let i = 0; i < 20; i++) taken[await open()]! += 1;
  assert.ok(Math.abs(taken[0]! - taken[1]!) <= 2, taken.join());
  caller.names.set(addressesOf(backends));
  await untilReady(caller, 3);
  const newer = [0, 0, 0];
  for (let i = 0; i < 8; i++) newer[await open()]! += 1;
  assert.ok(newer[2]! >= 7, newer.join());
  end();
});

test("ConcurrentRPCs: a hundred at once, and nothing counts behind them", async () => {
  const backends = await startBackends(3);
  const caller = namedCaller(backends, { ...leastRequest, random: seeded(5) });
  caller.channel.connect();
  await untilReady(caller, 3);
  await Promise.all(Array.from({ length: 100 }, () => caller.client.one({})));
  const counts = backends.map(({ calls }) => calls);
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    100,
  );
  assert.ok(
    counts.every((count) => count >= 20),
    counts.join(),
  );
});

test("Endpoints_MultipleAddresses: an endpoint falls back to its second address", async () => {
  const backends = await startBackends(3);
  const [a, b, c] = backends.map(({ address }) => endpoints(address)[0]!.addresses[0]!) as [
    Endpoint["addresses"][0],
    Endpoint["addresses"][0],
    Endpoint["addresses"][0],
  ];
  const caller = namedCaller([{ addresses: [a, b] }, { addresses: [c] }], {
    ...leastRequest,
    random: seeded(9),
  });
  caller.channel.connect();
  await untilReady(caller, 2);
  const before = await countsOf(backends, caller.client, 40);
  assert.ok(before[0]! > 0 && before[1] === 0 && before[2]! > 0, before.join());
  await backends[0]!.stop();
  await until(
    () => caller.channel.inspect().subchannels.filter(({ state }) => state === "READY").length === 2,
    "b",
  );
  const after = await countsOf(backends, caller.client, 40);
  assert.ok(after[0] === 0 && after[1]! > 0 && after[2]! > 0, after.join());
});

test("Endpoints_ResolverError: without a list, calls fail with what the resolver said", async () => {
  const { client, names } = namedCaller(undefined, leastRequest);
  names.fail(new Error("test resolver error"));
  const error = await failureOf(client.one({}));
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.match(error.text, /test resolver error/);
});
