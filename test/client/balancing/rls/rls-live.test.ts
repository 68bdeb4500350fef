/** Route lookup on real connections: a lookup server, backends, and what calls see of them. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { credentials } from "@grpc/grpc-js";
import { GrpcMethod, GrpcService, Module } from "../../../../lib/app/index.js";
import {
  type ChannelOptions,
  type PolicyConfig,
  type RlsOptions,
  rls,
  roundRobin,
  StaticResolver,
  staticResolver,
} from "../../../../lib/client/index.js";
import { type CallContext, Metadata, StatusCode } from "../../../../lib/rpc/index.js";
import {
  type RouteLookupRequest,
  type RouteLookupResponseInit,
  RouteLookupService,
} from "../../../../lib/schema/index.js";
import { type Listener, tcp } from "../../../../lib/server/index.js";
import { createTestingApp } from "../../../../lib/testing/index.js";
import { startProbe } from "../../../server/probe.js";
import { checkAtEnd, until } from "../../../server/support.js";
import { callerOf, closeAtEnd, failureOf } from "../../support.js";

closeAtEnd();
const stops: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
checkAtEnd();

type Answer = (
  request: RouteLookupRequest,
  call: CallContext,
) => RouteLookupResponseInit | Promise<RouteLookupResponseInit>;

interface LookupServer {
  readonly address: string;
  readonly requests: RouteLookupRequest[];
  stop(): Promise<unknown>;
}

async function startLookups(answer: Answer, listeners?: readonly Listener[]): Promise<LookupServer> {
  const requests: RouteLookupRequest[] = [];
  class Lookups {
    routeLookup(request: RouteLookupRequest, call: CallContext): ReturnType<Answer> {
      requests.push(request);
      return answer(request, call);
    }
  }
  GrpcMethod()(Lookups.prototype, "routeLookup");
  GrpcService(RouteLookupService)(Lookups);
  class LookupModule {}
  Module({ controllers: [Lookups] })(LookupModule);
  const app = await createTestingApp(LookupModule, { ...(listeners && { listeners }) }).start();
  let stopped: Promise<unknown> | undefined;
  const stop = (): Promise<unknown> => {
    stopped ??= app.close();
    return stopped;
  };
  stops.push(stop);
  return { address: app.app.listeners.at(-1)!.address, requests, stop };
}

/** Answers with its name and the route's header data. */
async function startBackend(text: string, listeners?: readonly Listener[]): Promise<string> {
  const one = (_request: unknown, { metadata }: CallContext) => ({
    text: [text, ...metadata.get("x-google-rls-data")].join(" "),
  });
  const { app, stop } = await startProbe({ one }, { ...(listeners && { listeners }) });
  stops.push(stop);
  return app.listeners.at(-1)!.address;
}

/** Routes by the header `user`, to names of `names`. */
function caller(
  names: Readonly<Record<string, StaticResolver>>,
  options: Partial<RlsOptions> = {},
  more: ChannelOptions = {},
) {
  const policy: PolicyConfig = rls({
    keyBuilders: [{ names: [{ service: "grebe.test.Probe" }], headers: { user: "user" } }],
    lookupService: "static:///lookup",
    ...options,
  });
  const own = { own: new StaticResolver(["127.0.0.1:1"]) };
  const { client, channel } = callerOf("static:///own", {
    policy,
    resolvers: [staticResolver({ ...own, ...names })],
    ...more,
  });
  const ask = async (user: string) => (await client.one({}, { metadata: { user }, deadlineMs: 5000 })).text;
  return { ask, channel };
}

const byUser: Answer = ({ keyMap }): RouteLookupResponseInit => ({
  targets: [keyMap.user!.startsWith("a") ? "static:///blue" : "static:///green"],
  headerData: `for ${keyMap.user}`,
});

test("calls go by header to the right backends, from the cache while the lookup server is gone, and on when it is back", async () => {
  const names = {
    blue: new StaticResolver([await startBackend("blue")]),
    green: new StaticResolver([await startBackend("green")]),
    lookup: new StaticResolver(),
  };
  const first = await startLookups(byUser);
  names.lookup.set([first.address]);
  const { ask, channel } = caller(names, { maxAgeMs: 60_000 }, { backoff: { initialMs: 20, maxMs: 20 } });
  assert.equal(await ask("ada"), "blue for ada");
  assert.equal(await ask("bob"), "green for bob");
  assert.equal(await ask("ada"), "blue for ada");
  assert.deepEqual(
    first.requests.map(({ keyMap, reason, targetType }) => [keyMap.user, reason, targetType]),
    [
      ["ada", "REASON_MISS", "grpc"],
      ["bob", "REASON_MISS", "grpc"],
    ],
  );
  await first.stop();
  assert.equal(await ask("ada"), "blue for ada");
  const { code, text } = await failureOf(ask("alan"));
  assert.equal(code, StatusCode.UNAVAILABLE);
  assert.match(text, /most recent error from RLS server/);
  assert.equal(channel.state, "READY", "the channel's state is that of its backends");
  // Its back-off is over when the server can be reached again, not a second after its failure.
  const second = await startLookups(byUser);
  names.lookup.set([second.address]);
  await until(() => lookupState(channel.inspect().policy?.detail) === "READY", "it is reached again");
  assert.equal(await ask("alan"), "blue for alan");
});

function lookupState(detail: object | undefined): unknown {
  return (detail as { readonly lookupState?: unknown } | undefined)?.lookupState;
}

test("LookupDeadlineExceeded: a lookup server that is silent is waited for no longer than its time", async () => {
  const lookups = await startLookups((_request, { signal }) => {
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const names = {
    lookup: new StaticResolver([lookups.address]),
    blue: new StaticResolver([await startBackend("blue")]),
  };
  const { ask } = caller(names, { lookupServiceTimeoutMs: 50 });
  assert.match((await failureOf(ask("ada"))).text, /DEADLINE_EXCEEDED/);
  const withDefault = caller(names, { lookupServiceTimeoutMs: 50, defaultTarget: "static:///blue" });
  assert.equal(await withDefault.ask("ada"), "blue");
});

test("ConfigUpdate_ControlChannelWithCreds, ControlChannelCredsSuccess: TLS of the channel, and its authority, hold for lookups", async () => {
  const tls = { cert: "test/certs/server.crt", key: "test/certs/server.key" };
  const lookups = await startLookups(byUser, [tcp({ port: 0, tls })]);
  const backend = await startBackend("blue", [tcp({ port: 0, tls })]);
  const names = { lookup: new StaticResolver([lookups.address]), blue: new StaticResolver([backend]) };
  const ca = "test/certs/ca.crt";
  const { ask } = caller(names, {}, { tls: { ca }, authority: "localhost" });
  assert.equal(await ask("ada"), "blue for ada");
  assert.equal(lookups.requests.length, 1);
});

test("ControlChannelCredsSuccess: lookups carry what proves who calls", async () => {
  const tls = { cert: "test/certs/server.crt", key: "test/certs/server.key" };
  const proofs: unknown[] = [];
  const lookups = await startLookups(
    (request, call) => {
      proofs.push(...call.metadata.get("authorization"));
      return byUser(request, call);
    },
    [tcp({ port: 0, tls })],
  );
  const backend = await startBackend("blue", [tcp({ port: 0, tls })]);
  const names = { lookup: new StaticResolver([lookups.address]), blue: new StaticResolver([backend]) };
  const callCredentials = credentials.createFromMetadataGenerator(({ service_url }, callback) => {
    const metadata = new Metadata();
    metadata.set("authorization", `for ${service_url}`);
    callback(null, metadata);
  });
  const options = { tls: { ca: "test/certs/ca.crt" }, authority: "localhost", callCredentials };
  assert.equal(await caller(names, {}, options).ask("ada"), "blue for ada");
  assert.deepEqual(proofs, ["for https://localhost/grpc.lookup.v1.RouteLookupService"]);
});

test("ControlChannelUnsupportedCredsBundle: what cannot be used is told when the channel is made", () => {
  const callCredentials = credentials.createFromMetadataGenerator((_options, callback) => callback(null));
  assert.throws(() => caller({}, {}, { callCredentials }), /callCredentials need tls/);
  assert.throws(
    () => caller({}, {}, { tls: true, callCredentials: {} as never }),
    /must have the method generateMetadata/,
  );
});

test("ControlChannelCredsFailure: a lookup server that is not what the channel's authority says is not asked", async () => {
  const tls = { cert: "test/certs/server.crt", key: "test/certs/server.key" };
  const lookups = await startLookups(byUser, [tcp({ port: 0, tls })]);
  const names = { lookup: new StaticResolver([lookups.address]) };
  const ca = "test/certs/ca.crt";
  for (const options of [
    { tls: { ca }, authority: "other.example" },
    { tls: { ca: "test/certs/stranger-ca.crt" }, authority: "localhost" },
    {},
  ]) {
    const { code, text } = await failureOf(caller(names, {}, options).ask("ada"));
    assert.equal(code, StatusCode.UNAVAILABLE);
    assert.match(text, /most recent error from RLS server: UNAVAILABLE/);
  }
  assert.equal(lookups.requests.length, 0);
});

test("ConfigUpdate_ControlChannelServiceConfig: lookups go by the config that is given, else by that of their resolver", async () => {
  const servers = [await startLookups(byUser), await startLookups(byUser)];
  const endpoints = servers.map(({ address }) => {
    const [host, port] = address.split(":");
    return { addresses: [{ host: host!, port: Number(port) }] };
  });
  const blue = new StaticResolver([await startBackend("blue")]);
  const serviceConfig = { loadBalancingConfig: [roundRobin()] };
  const counts = async (lookup: StaticResolver, options: Partial<RlsOptions>) => {
    for (const { requests } of servers) requests.length = 0;
    const { ask } = caller({ lookup, blue }, options);
    for (let i = 0; i < 10; i++) await ask(`a${i}`);
    return servers.map(({ requests }) => requests.length).sort((a, b) => a - b);
  };
  const plain = new StaticResolver({ endpoints });
  const resolved = new StaticResolver({ endpoints, serviceConfig });
  assert.deepEqual(await counts(plain, {}), [0, 10]);
  for (const [resolver, options] of [
    [plain, { lookupServiceConfig: serviceConfig }],
    [resolved, {}],
  ] as const) {
    const [least] = await counts(resolver, options);
    // The first lookups may find only one of them connected.
    assert.ok(least! >= 3, `${least} of 10`);
  }
  assert.deepEqual(await counts(resolved, { lookupServiceConfig: {} }), [0, 10]);
});
