/** Where resolver, service config, policy and calls meet: one channel, over real servers. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type ChannelOptions, createChannel, roundRobin, StaticResolver } from "../../lib/client/index.js";
import type { CallContext } from "../../lib/rpc/index.js";
import { StatusCode, StatusError } from "../../lib/rpc/index.js";
import { type Probe, startProbe } from "../server/probe.js";
import { checkAtEnd, recordingLogger, until } from "../server/support.js";
import { endpoints, ManualClock } from "./doubles.js";
import { type Caller, callerOf, closeAtEnd, failureOf, reply, startHttp2 } from "./support.js";

interface Backend {
  readonly probe: Probe;
  readonly address: string;
}

let handle: (request: never, call: CallContext) => unknown = () => ({});
async function startBackend(name: string): Promise<Backend> {
  const probe = await startProbe({
    one: async (request: never, call: CallContext) => ({
      ...((await handle(request, call)) as object),
      text: name,
    }),
  });
  return { probe, address: probe.address };
}

let a: Backend;
let b: Backend;
before(async () => {
  [a, b] = await Promise.all([startBackend("a"), startBackend("b")]);
});
closeAtEnd();
after(() => Promise.all([a.probe.stop(), b.probe.stop()]));
checkAtEnd();

function named(options: ChannelOptions = {}): Caller & { readonly resolver: StaticResolver } {
  const resolver = new StaticResolver([]);
  const caller = callerOf("manual:///service", {
    ...options,
    resolvers: [{ scheme: "manual", resolver, options: { minIntervalMs: 0 } }],
  });
  return { ...caller, resolver };
}

const who = async ({ client }: Pick<Caller, "client">): Promise<string> => (await client.one({})).text;
const method = (config: object) => ({
  methodConfig: [{ name: [{ service: "grebe.test.Probe" }], ...config }],
});

test("TestServersSwap: a changed list moves the traffic, and a call under way on the old server ends well", async () => {
  const caller = named();
  caller.resolver.set(endpoints(a.address));
  assert.equal(await who(caller), "a");
  let finish: (value: object) => void = () => undefined;
  handle = () => new Promise<object>((resolve) => (finish = resolve));
  const underWay = caller.client.one({});
  await until(() => finish.length === 1, "the call has reached a");
  caller.resolver.set(endpoints(b.address));
  handle = () => ({});
  await until(
    () =>
      caller.channel
        .inspect()
        .subchannels.some(({ address, state }) => address === b.address && state === "READY"),
    "b is there",
  );
  assert.equal(await who(caller), "b");
  finish({});
  assert.equal((await underWay).text, "a");
});

test("TestResolverUpdate_InvalidServiceConfigAsFirstUpdate: calls fail and say what is wrong with the config", async () => {
  const caller = named();
  caller.resolver.set({ endpoints: endpoints(a.address), serviceConfig: '{"methodConfig": 7}' });
  const error = await failureOf(caller.client.one({}));
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.match(error.text, /error parsing service config: .*methodConfig/);
  const waiting = caller.client.one({}, { waitForReady: true });
  caller.resolver.set(endpoints(a.address));
  assert.equal((await waiting).text, "a", "who waits for ready gets a good one");
});

test("TestResolverUpdate_InvalidServiceConfigAfterGoodUpdate: the last good config stays, with the new addresses", async () => {
  const logger = recordingLogger();
  const caller = named({ logger });
  caller.resolver.set({
    endpoints: endpoints(a.address),
    serviceConfig: method({ maxRequestMessageBytes: 10 }),
  });
  assert.equal(await who(caller), "a");
  caller.resolver.set({
    endpoints: endpoints(b.address),
    serviceConfig: { loadBalancingConfig: [{ unheard_of: {} }] },
  });
  await until(
    () =>
      caller.channel
        .inspect()
        .subchannels.some(({ address, state }) => address === b.address && state === "READY"),
    "b is there",
  );
  assert.equal(await who(caller), "b");
  const error = await failureOf(caller.client.one({ text: "longer than ten bytes" }));
  assert.equal(error.code, StatusCode.RESOURCE_EXHAUSTED);
  assert.equal(logger.lines.filter(({ level }) => level === "warn").length, 1);
});

test("a config of the resolver can be ignored; the channel's own applies without one", async () => {
  const ignoring = named({
    ignoreResolvedConfig: true,
    serviceConfig: method({ maxRequestMessageBytes: 10 }) as never,
  });
  ignoring.resolver.set({ endpoints: endpoints(a.address), serviceConfig: "no JSON at all" });
  assert.equal(await who(ignoring), "a");
  assert.equal(
    (await failureOf(ignoring.client.one({ text: "longer than ten bytes" }))).code,
    StatusCode.RESOURCE_EXHAUSTED,
  );
});

test("TestParseTimeOut, live: the smaller of the config's time-out and the call's deadline counts", async () => {
  handle = (_request, call) => ({ number: Math.round(call.deadline - Date.now()) });
  const caller = named({ serviceConfig: method({ timeout: "0.5s" }) as never });
  caller.resolver.set(endpoints(a.address));
  const left = async (deadlineMs: number) => (await caller.client.one({}, { deadlineMs })).number;
  const [own, configured] = [await left(200), await left(60_000)];
  handle = () => ({});
  assert.ok(own <= 200 && own > 0, String(own));
  assert.ok(configured <= 500 && configured > 200, String(configured));
});

test("TestParseMsgSize, live: responses too", async () => {
  handle = () => ({ payload: Buffer.alloc(200) });
  const caller = named({ serviceConfig: method({ maxResponseMessageBytes: 100 }) as never });
  caller.resolver.set(endpoints(a.address));
  const error = await failureOf(caller.client.one({}));
  handle = () => ({});
  assert.equal(error.code, StatusCode.RESOURCE_EXHAUSTED);
  assert.match(error.text, /100 bytes/);
});

test("TestWaitForReady: by the call, or by the config where the call says nothing", async () => {
  const dead = "127.0.0.1:1";
  const caller = named({ serviceConfig: method({ waitForReady: true }) as never });
  caller.resolver.set(endpoints(dead));
  const failFast = failureOf(caller.client.one({}, { waitForReady: false }));
  const waiting = caller.client.one({});
  assert.equal((await failFast).code, StatusCode.UNAVAILABLE);
  caller.resolver.set(endpoints(a.address));
  assert.equal((await waiting).text, "a");
});

test("StateTransitions_ResolverBuildFailure, _WithRPC_ResolverUpdateContainsNoAddresses: calls fail with what the resolver said", async () => {
  const failing = named();
  failing.resolver.fail(StatusError.unavailable("the registry is down"));
  assert.match((await failureOf(failing.client.one({}))).text, /the registry is down/);
  failing.resolver.set(endpoints(a.address));
  await until(() => failing.channel.state !== "TRANSIENT_FAILURE", "it has recovered");
  assert.equal(await who(failing), "a");
  const empty = named();
  empty.resolver.set([]);
  const error = await failureOf(empty.client.one({}, { deadlineMs: 2000 }));
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.match(error.text, /zero addresses/);
});

test("A54: a resolver's NOT_FOUND does not look as if a server had said it", async () => {
  const caller = named();
  caller.resolver.fail(StatusError.notFound("no such service"));
  const error = await failureOf(caller.client.one({}));
  assert.equal(error.code, StatusCode.INTERNAL);
  assert.match(error.text, /NOT_FOUND.*no such service/);
});

test("a resolver that fails after a good list changes nothing for calls", async () => {
  const caller = named();
  caller.resolver.set(endpoints(a.address));
  assert.equal(await who(caller), "a");
  caller.resolver.fail(StatusError.unavailable("gone"));
  for (let i = 0; i < 5; i++) assert.equal(await who(caller), "a");
});

test("TestBalancerSwitch_Graceful: a change of policy fails no call", async () => {
  const caller = named();
  caller.resolver.set(endpoints(a.address, b.address));
  assert.equal(await who(caller), "a");
  let over = false;
  let calls = 0;
  const seen = new Set<string>();
  const load = (async () => {
    while (!over) {
      seen.add(await who(caller));
      calls += 1;
    }
  })();
  const spread = {
    endpoints: endpoints(a.address, b.address),
    serviceConfig: { loadBalancingConfig: [roundRobin()] },
  };
  caller.resolver.set(spread);
  await until(() => seen.size === 2, "round_robin is in force");
  caller.resolver.set({
    endpoints: endpoints(b.address, a.address),
    serviceConfig: { loadBalancingConfig: [{ pick_first: {} }] },
  });
  await until(() => caller.channel.inspect().policy?.policy === "pick_first", "pick_first is in force");
  const before = calls;
  await until(() => calls > before + 20, "calls go on");
  over = true;
  await load;
  assert.equal(await who(caller), "b");
});

test("RoundRobin_Basic, _OneServerDown, _AllServersDown, over real connections", async () => {
  const servers = await Promise.all([startBackend("x"), startBackend("y"), startBackend("z")]);
  const caller = named({ policy: roundRobin() });
  caller.resolver.set(endpoints(...servers.map(({ address }) => address)));
  await who(caller);
  await until(
    () => caller.channel.inspect().subchannels.every(({ state }) => state === "READY"),
    "all are up",
  );
  const picks: string[] = [];
  for (let i = 0; i < 9; i++) picks.push(await who(caller));
  assert.deepEqual(picks.slice(0, 3).sort(), ["x", "y", "z"]);
  assert.deepEqual(picks.slice(3, 6), picks.slice(0, 3));
  await servers[0]!.probe.stop();
  await until(
    () => caller.channel.inspect().subchannels.filter(({ state }) => state === "READY").length === 2,
    "one is down",
  );
  const rest: string[] = [];
  for (let i = 0; i < 4; i++) rest.push(await who(caller));
  assert.deepEqual([...new Set(rest)].sort(), ["y", "z"]);
  await Promise.all([servers[1]!.probe.stop(), servers[2]!.probe.stop()]);
  await until(() => caller.channel.state === "TRANSIENT_FAILURE", "all are down");
  assert.equal((await failureOf(caller.client.one({}))).code, StatusCode.UNAVAILABLE);
});

test("retries: a call that fails on one server is answered by another, and says how often it was tried", async () => {
  let tries: unknown[] = [];
  const flaky = await startHttp2((stream, headers) => {
    tries.push(headers["grpc-previous-rpc-attempts"]);
    if (tries.length < 3) {
      stream.respond(
        { ":status": 200, "content-type": "application/grpc", "grpc-status": "14" },
        { endStream: true },
      );
    } else reply(stream, Buffer.from([0, 0, 0, 0, 0]));
  });
  const retryPolicy = {
    maxAttempts: 4,
    initialBackoff: "0.001s",
    maxBackoff: "0.01s",
    backoffMultiplier: 2,
    retryableStatusCodes: ["UNAVAILABLE"],
  };
  const { client } = callerOf(flaky.address, { serviceConfig: method({ retryPolicy }) as never });
  await client.one({});
  assert.deepEqual(tries, [undefined, "1", "2"]);
  tries = [];
  const { client: without } = callerOf(flaky.address, {
    serviceConfig: method({ retryPolicy }) as never,
    retry: { enabled: false },
  });
  assert.equal((await failureOf(without.one({}))).code, StatusCode.UNAVAILABLE);
  assert.equal(tries.length, 1);
});

test("a stream that the server refuses is sent again once, without any policy", async () => {
  let refusals = 0;
  const { address } = await startHttp2((stream) => {
    if (refusals++ % 3 !== 2) stream.close(7);
    else reply(stream, Buffer.from([0, 0, 0, 0, 0]));
  });
  const { client } = callerOf(address);
  const first = await failureOf(client.one({}));
  assert.equal(first.code, StatusCode.UNAVAILABLE);
  assert.equal(refusals, 2);
  await client.one({});
  assert.equal(refusals, 3);
});

test("what is wrong with a target or with options is told at once, in words", () => {
  const cases: [string, object, RegExp][] = [
    ["consul:///x", {}, /consul/],
    ["static:///127.0.0.1:1", { polcy: roundRobin() }, /no option "polcy".*Did you mean "policy"/],
    ["static:///127.0.0.1:1", { policy: { round_robbin: {} } }, /round_robbin.*Did you mean "round_robin"/],
    ["static:///127.0.0.1:1", { serviceConfig: "{" }, /serviceConfig: is no JSON/],
    [
      "static:///127.0.0.1:1",
      { serviceConfig: { methodConfg: [] } },
      /methodConfg.*Did you mean "methodConfig"/,
    ],
    ["static:///127.0.0.1:1", { connections: 0 }, /connections must be a whole number from 1/],
    ["static:///127.0.0.1:1", { keepalive: { timeMs: 10 } }, /timeMs must be a whole number from 1000/],
    ["", {}, /target|empty/i],
  ];
  for (const [target, options, message] of cases)
    assert.throws(() => createChannel(target, options), message, target);
});

test("inspect() is plain data: JSON and back", async () => {
  const caller = named({ policy: roundRobin(), clock: new ManualClock() });
  caller.resolver.set(endpoints(a.address, b.address));
  await caller.client.one({}, { deadlineMs: Number.POSITIVE_INFINITY });
  const inspection = caller.channel.inspect();
  assert.deepEqual(JSON.parse(JSON.stringify(inspection)), inspection);
  assert.equal(inspection.policy?.policy, "round_robin");
  assert.equal(inspection.policy?.children?.length, 2);
  assert.equal(
    inspection.subchannels.reduce((sum, { picks }) => sum + picks, 0),
    1,
  );
});
