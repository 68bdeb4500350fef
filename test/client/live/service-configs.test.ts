/** Service configs of resolvers, and policies that change with them, under calls. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ChannelOptions,
  type MethodConfigJson,
  parseAddress,
  type ServiceConfigJson,
} from "../../../lib/client/index.js";
import { StatusCode } from "../../../lib/rpc/index.js";
import { checkAtEnd, recordingLogger, turn, until } from "../../server/support.js";
import { ManualClock } from "../doubles.js";
import { callerOf, closeAtEnd, failureOf } from "../support.js";
import {
  addressesOf,
  Backend,
  countsOf,
  keepSilent,
  namedCaller,
  startBackends,
  startDeafServer,
  succeed,
  untilReady,
} from "./support.js";

closeAtEnd();
checkAtEnd();

const PROBE = "grebe.test.Probe";
const forever = { deadlineMs: Number.POSITIVE_INFINITY };

const listOf = (backends: readonly Backend[]) =>
  addressesOf(backends).map((address) => {
    const [host, port] = address.split(":") as [string, string];
    return { addresses: [{ host, port: Number(port) }] };
  });

const methods = (...methodConfig: MethodConfigJson[]): { readonly serviceConfig: ServiceConfigJson } => ({
  serviceConfig: { methodConfig },
});

test("TestResolverUpdate_InvalidServiceConfigAsFirstUpdate: calls that wait for ready wait for a good one", async () => {
  const backend = await Backend.start();
  const clock = new ManualClock();
  const { channel, client, names } = namedCaller(undefined, { clock });
  const waiting = client.one({}, { ...forever, waitForReady: true });
  const failing = failureOf(client.one({}, forever));
  names.set({ endpoints: listOf([backend]), serviceConfig: "{" });
  const error = await failing;
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.match(error.text, /error parsing service config/);
  assert.equal(error.path, `/${PROBE}/One`);
  assert.deepEqual([channel.state, channel.inspect().waiting], ["TRANSIENT_FAILURE", 1]);
  const overdue = failureOf(client.one({}, { deadlineMs: 100, waitForReady: true }));
  clock.advance(100);
  assert.match((await overdue).text, /the deadline is over; the last failure: error parsing service config/);
  names.set({ endpoints: listOf([backend]), serviceConfig: "{}" });
  await waiting;
});

test("a bad config leaves the channel's own in force, if that is what it had", async () => {
  const backends = await startBackends(2);
  const { client, names } = namedCaller([backends[0]!], methods({ name: [{}], maxRequestMessageBytes: 10 }));
  await client.one({});
  names.set({ endpoints: listOf([backends[1]!]), serviceConfig: { methodConfig: 7 } });
  await client.one({}, { waitForReady: true });
  assert.equal(backends[1]!.calls, 1, "with the new addresses");
  const error = await failureOf(client.one({ text: "longer than ten bytes" }));
  assert.equal(error.code, StatusCode.RESOURCE_EXHAUSTED);
});

test("a config that cannot even be looked at is a bad one", async () => {
  const backend = await Backend.start();
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const logger = recordingLogger();
  const bad = [circular, { large: 1n }, [], 7, "null", { loadBalancingConfig: [{ fussy: {} }] }];
  const policies: ChannelOptions["policies"] = [
    {
      name: "fussy",
      parseConfig: () => {
        throw new TypeError("not with me");
      },
      createBalancer: () => assert.fail("never"),
    },
  ];
  const { client, names } = namedCaller([backend], { logger, policies });
  await client.one({});
  for (const serviceConfig of bad) {
    names.set({ endpoints: listOf([backend]), serviceConfig });
    await turn();
    await client.one({});
  }
  assert.equal(logger.lines.filter(({ level }) => level === "warn").length, bad.length);
});

test("a resolver's config without a word of methods replaces the channel's; without a config that holds again", async () => {
  const backend = await Backend.start();
  const { client, names } = namedCaller([backend], methods({ name: [{}], maxRequestMessageBytes: 10 }));
  const fits = async (): Promise<boolean> =>
    client.one({ text: "longer than ten bytes" }).then(
      () => true,
      () => false,
    );
  assert.equal(await fits(), false);
  names.set({ endpoints: listOf([backend]), serviceConfig: "{}" });
  assert.equal(await fits(), true);
  names.set({ endpoints: listOf([backend]) });
  assert.equal(await fits(), false);
});

test("method names: exact before service before default; the first match, nothing merged", async () => {
  const backend = await Backend.start();
  const { client } = callerOf(
    backend.address,
    methods(
      { name: [{}], maxRequestMessageBytes: 1 },
      { name: [{ service: PROBE }], maxRequestMessageBytes: 30 },
      { name: [{ service: PROBE, method: "Collect" }], timeout: "5s" },
    ),
  );
  const text = "x".repeat(40);
  assert.equal((await failureOf(client.one({ text }))).code, StatusCode.RESOURCE_EXHAUSTED);
  await client.one({ text: "x".repeat(20) });
  await client.collect([{ text }]);
  assert.match(String(backend.requests.at(-1)!["grpc-timeout"]), /^(?:5000|49\d\d)m$/);
});

test("timeout: the earlier of the config's and the call's; it also ends a call that waits for a connection", async () => {
  const backend = await Backend.start(keepSilent);
  const clock = new ManualClock();
  const { client } = callerOf(backend.address, { clock, ...methods({ name: [{}], timeout: "0.25s" }) });
  const first = failureOf(client.one({}, { deadlineMs: 100 }));
  const second = failureOf(client.one({}));
  const stream = failureOf(client.many({}));
  await until(() => backend.calls === 3, "they are there");
  assert.deepEqual(
    backend.requests.map((headers) => headers["grpc-timeout"]),
    ["100m", "250m", "250m"],
  );
  clock.advance(100);
  assert.equal((await first).code, StatusCode.DEADLINE_EXCEEDED);
  clock.advance(150);
  assert.equal((await second).code, StatusCode.DEADLINE_EXCEEDED);
  assert.equal((await stream).code, StatusCode.DEADLINE_EXCEEDED);

  const dead = await Backend.start();
  await dead.stop();
  const waiting = namedCaller([dead], {
    clock,
    ...methods({ name: [{}], timeout: "0.25s", waitForReady: true }),
  });
  const failure = failureOf(waiting.client.one({}, forever));
  await until(() => waiting.channel.state === "TRANSIENT_FAILURE", "nobody is there");
  clock.advance(250);
  const error = await failure;
  assert.equal(error.code, StatusCode.DEADLINE_EXCEEDED);
  assert.match(error.text, /the last failure: .*ECONNREFUSED/);
});

test("TestWaitForReady: a call outlives failures of any kind, a drop it does not; the call's own word counts", async () => {
  const backend = await Backend.start();
  await backend.stop();
  const caller = namedCaller(undefined, methods({ name: [{ service: PROBE }], waitForReady: true }));
  const { channel, client, names } = caller;
  const waiting = client.one({});
  names.fail(new Error("the registry is down"));
  const impatient = failureOf(client.one({}, { waitForReady: false }));
  assert.match((await impatient).text, /the registry is down/);
  names.set([]);
  await until(() => /zero addresses/.test(channel.waitingFor?.text ?? ""), "the list is empty");
  names.set([backend.address]);
  await until(() => /ECONNREFUSED/.test(channel.waitingFor?.text ?? ""), "nobody is there");
  assert.equal(channel.inspect().waiting, 1);
  await backend.restart();
  channel.resetBackoff();
  await waiting;

  const { client: dropped } = callerOf("static:///127.0.0.1:1", {
    policy: { dropping: {} },
    policies: [
      {
        name: "dropping",
        parseConfig: () => ({}),
        createBalancer: (helper) => ({
          update: () => {
            const { status } = { status: { code: StatusCode.UNAVAILABLE, text: "dropped" } };
            helper.updateState("READY", { pick: () => ({ kind: "drop", status: status as never }) });
            return true;
          },
          resolverError: () => undefined,
          exitIdle: () => undefined,
          resetBackoff: () => undefined,
          close: () => undefined,
          describe: () => ({ policy: "dropping", state: "READY" }),
        }),
      },
    ],
  });
  assert.equal((await failureOf(dropped.one({}, { waitForReady: true }))).text, "dropped");
});

test("size limits: the smaller of the config's and the channel's, both ways, in every mode", async () => {
  const backend = await Backend.start();
  const limit = { name: [{}], maxRequestMessageBytes: 20 };
  for (const [own, wanted] of [
    [10, 10],
    [50, 20],
    [undefined, 20],
  ] as const) {
    const { client } = callerOf(backend.address, {
      ...methods(limit),
      ...(own !== undefined && { maxSendBytes: own }),
    });
    const request = { text: "x".repeat(30) };
    for (const call of [client.one(request), client.many(request)]) {
      const error = await failureOf(call);
      assert.equal(error.code, StatusCode.RESOURCE_EXHAUSTED);
      assert.match(error.text, new RegExp(`limit of ${wanted}`));
    }
    for (const call of [client.collect([request]), client.chat([request])]) {
      assert.equal((await failureOf(call)).code, StatusCode.RESOURCE_EXHAUSTED);
    }
  }
});

test("TestBalancerSwitch_Basic: from pick_first to round_robin and back, with the config of the resolver", async () => {
  const backends = await startBackends(3);
  const caller = namedCaller();
  const { client, names } = caller;
  const configured = (name: string) => ({
    endpoints: listOf(backends),
    serviceConfig: { loadBalancingConfig: [{ [name]: {} }] },
  });
  names.set(configured("pick_first"));
  assert.deepEqual(await countsOf(backends, client, 6), [6, 0, 0]);
  names.set(configured("round_robin"));
  await untilReady(caller, 3);
  assert.deepEqual(await countsOf(backends, client, 6), [2, 2, 2]);
  names.set(configured("pick_first"));
  await until(() => caller.channel.inspect().policy?.policy === "pick_first", "it is switched");
  await untilReady(caller, 1);
  assert.deepEqual(await countsOf(backends, client, 6), [6, 0, 0]);
  await until(() => backends[1]!.open + backends[2]!.open === 0, "the others are closed");
});

test("TestBalancerSwitch_Graceful: the old policy serves until the new one is READY; no call waits or fails", async () => {
  const backends = await startBackends(2);
  const [old, next] = backends as [Backend, Backend];
  const { client, channel, names } = namedCaller();
  names.set({ endpoints: listOf([old]), serviceConfig: { loadBalancingConfig: [{ pick_first: {} }] } });
  await client.one({});
  const roundRobin = { loadBalancingConfig: [{ unheard_of: {} }, { round_robin: {} }] };
  // The new one has a list that leads nowhere yet.
  names.set({
    endpoints: [{ addresses: [parseAddress(await startDeafServer())] }],
    serviceConfig: roundRobin,
  });
  for (let i = 0; i < 20; i++) await client.one({}, { deadlineMs: 2000 });
  assert.equal(channel.inspect().policy?.policy, "pick_first");
  names.set({ endpoints: listOf([next]), serviceConfig: roundRobin });
  await until(() => channel.inspect().policy?.policy === "round_robin", "it is switched");
  assert.deepEqual(await countsOf(backends, client, 5), [0, 5]);
  await until(() => old.open === 0, "the old connection is closed");
});

test("TestBalancerSwitch_Graceful: streams on the old policy's connections go on to their end", async () => {
  const backends = await startBackends(2);
  const [old, next] = backends as [Backend, Backend];
  const held: Parameters<typeof succeed>[0][] = [];
  old.answer = (stream) => void held.push(stream.resume());
  const { channel, client, names } = namedCaller();
  names.set({ endpoints: listOf([old]), serviceConfig: { loadBalancingConfig: [{ pick_first: {} }] } });
  const call = client.one({});
  await until(() => held.length === 1, "it is there");
  names.set({ endpoints: listOf([next]), serviceConfig: { loadBalancingConfig: [{ round_robin: {} }] } });
  await until(() => channel.inspect().policy?.policy === "round_robin", "it is switched");
  await client.one({});
  assert.equal(next.calls, 1);
  succeed(held[0]!, {});
  await call;
  await until(() => old.open === 0, "and then its connection");
});
