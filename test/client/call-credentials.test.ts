/** Headers that prove who calls, over real connections. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { credentials as grpcCredentials } from "@grpc/grpc-js";
import {
  type CallCredentials,
  createChannel,
  roundRobin,
  StaticResolver,
  staticResolver,
} from "../../lib/client/index.js";
import { type CallContext, Metadata, StatusCode, StatusError } from "../../lib/rpc/index.js";
import { tcp } from "../../lib/server/index.js";
import { startProbe } from "../server/probe.js";
import { checkAtEnd, deferred, until } from "../server/support.js";
import { callerOf, closeAtEnd, closeLater, failureOf } from "./support.js";

closeAtEnd();
checkAtEnd();

const tls = { ca: "test/certs/ca.crt" };
type Options = Parameters<CallCredentials["generateMetadata"]>[0];

/** Bearer tokens that count. */
function counted(asked: Options[] = []): CallCredentials {
  return {
    generateMetadata: async (options) => {
      asked.push(options);
      const metadata = new Metadata();
      metadata.set("authorization", `Bearer ${asked.length}`);
      return metadata;
    },
  };
}

const rejecting = (error: unknown): CallCredentials => ({ generateMetadata: () => Promise.reject(error) });

/** Answers with the headers `authorization` and `user`. */
async function startServer(answer?: (call: CallContext) => void) {
  const listeners = [tcp({ port: 0, tls: { cert: "test/certs/server.crt", key: "test/certs/server.key" } })];
  const seen: string[] = [];
  const note = (call: CallContext): object => {
    const text = [...call.metadata.get("authorization"), ...call.metadata.get("user")].join(", ");
    seen.push(text);
    answer?.(call);
    return { text };
  };
  const server = await startProbe(
    { one: (_request, call) => note(call), chat: (_requests, call) => [note(call), note(call)] },
    { listeners },
  );
  closeLater(() => server.stop());
  return { address: server.app.listeners.at(-1)!.address, seen, stop: () => server.stop() };
}

test("every call of every mode carries them, beside headers of its own; they are told what is called", async () => {
  const { address } = await startServer();
  const asked: Options[] = [];
  const options = { tls, authority: "localhost:7", callCredentials: counted(asked) };
  const { client } = callerOf(address, options);
  assert.equal((await client.one({}, { metadata: { user: "ada" } })).text, "Bearer 1, ada");
  assert.equal((await client.one({})).text, "Bearer 2");
  const texts: string[] = [];
  for await (const { text } of client.chat([{}])) texts.push(text);
  assert.deepEqual(texts, ["Bearer 3", "Bearer 3"]);
  const service_url = "https://localhost/grebe.test.Probe";
  assert.deepEqual(asked, [
    { service_url, method_name: "/grebe.test.Probe/One" },
    { service_url, method_name: "/grebe.test.Probe/One" },
    { service_url, method_name: "/grebe.test.Probe/Chat" },
  ]);
});

test("grpc-js's own call credentials are such", async () => {
  const { address } = await startServer();
  const callCredentials = grpcCredentials
    .createFromMetadataGenerator(({ service_url }, callback) => {
      const metadata = new Metadata();
      metadata.set("authorization", `for ${service_url}`);
      callback(null, metadata);
    })
    .compose(
      grpcCredentials.createFromMetadataGenerator((_options, callback) => {
        const metadata = new Metadata();
        metadata.set("user", "ada");
        callback(null, metadata);
      }),
    );
  const { client } = callerOf(address, { tls, authority: "localhost", callCredentials });
  assert.equal((await client.one({})).text, "for https://localhost/grebe.test.Probe, ada");
});

test("each attempt has its own", async () => {
  let failures = 1;
  const { address, seen } = await startServer(() => {
    if (failures-- > 0) throw StatusError.unavailable("once");
  });
  const retryPolicy = {
    maxAttempts: 2,
    initialBackoff: "0.001s",
    maxBackoff: "0.001s",
    backoffMultiplier: 1,
    retryableStatusCodes: ["UNAVAILABLE"],
  } as const;
  const serviceConfig = { methodConfig: [{ name: [{}], retryPolicy }] };
  const { client } = callerOf(address, {
    tls,
    authority: "localhost",
    callCredentials: counted(),
    serviceConfig,
  });
  assert.equal((await client.one({})).text, "Bearer 2");
  assert.deepEqual(seen, ["Bearer 1", "Bearer 2"]);
});

test("without them no call is sent: their StatusError ends it, as far as A54 lets it, anything else is UNAUTHENTICATED", async () => {
  const { address, seen } = await startServer();
  const outcomes: [CallCredentials, StatusCode, RegExp][] = [
    [rejecting(StatusError.permissionDenied("no key")), StatusCode.PERMISSION_DENIED, /^no key$/],
    [rejecting(StatusError.notFound("no key")), StatusCode.INTERNAL, /gave NOT_FOUND.*no key/],
    [
      rejecting(new Error("no key")),
      StatusCode.UNAUTHENTICATED,
      /^the call credentials have failed: no key$/,
    ],
    [rejecting(undefined), StatusCode.UNAUTHENTICATED, /have failed: undefined/],
    [{ generateMetadata: async () => ({}) as Metadata }, StatusCode.UNAUTHENTICATED, /no Metadata/],
    [
      {
        generateMetadata: () => {
          throw new Error("at once");
        },
      },
      StatusCode.UNAUTHENTICATED,
      /at once/,
    ],
  ];
  for (const [callCredentials, code, text] of outcomes) {
    const { client } = callerOf(address, { tls, authority: "localhost", callCredentials });
    const failure = await failureOf(client.one({}));
    assert.equal(failure.code, code);
    assert.match(failure.text, text);
  }
  assert.deepEqual(seen, []);
});

test("a header that may stand once is not sent twice", async () => {
  const { address, seen } = await startServer();
  const { client } = callerOf(address, { tls, authority: "localhost", callCredentials: counted() });
  const failure = await failureOf(client.one({}, { metadata: { authorization: "Basic x" } }));
  assert.equal(failure.code, StatusCode.INTERNAL);
  assert.match(failure.text, /the header authorization has 2 values/);
  assert.deepEqual(seen, []);
});

test("a call that ends while they are made is not sent", async () => {
  const { address, seen } = await startServer();
  const made = deferred<Metadata>();
  let asked = 0;
  const callCredentials: CallCredentials = {
    generateMetadata: () => {
      asked += 1;
      return made.promise;
    },
  };
  const { client } = callerOf(address, { tls, authority: "localhost", callCredentials });
  const abort = new AbortController();
  const cancelled = failureOf(client.one({}, { signal: abort.signal }));
  const late = failureOf(client.one({}, { deadlineMs: 500 }));
  await until(() => asked === 2, "both are under way");
  abort.abort();
  assert.equal((await cancelled).code, StatusCode.CANCELLED);
  assert.equal((await late).code, StatusCode.DEADLINE_EXCEEDED);
  made.resolve(new Metadata());
  callCredentials.generateMetadata = counted().generateMetadata;
  assert.equal((await client.one({})).text, "Bearer 1");
  assert.deepEqual(seen, ["Bearer 1"]);
});

test("a connection that is lost while they are made is no failure: another one is picked", async () => {
  const servers = [await startServer(), await startServer()] as const;
  const gates: (() => void)[] = [];
  const callCredentials: CallCredentials = {
    generateMetadata: () => new Promise((resolve) => gates.push(() => resolve(new Metadata()))),
  };
  const name = new StaticResolver([servers[0].address]);
  const { client, channel } = callerOf("static:///both", {
    tls,
    callCredentials,
    authority: "localhost",
    policy: roundRobin(),
    resolvers: [staticResolver({ both: name })],
  });
  const call = client.one({});
  await until(() => gates.length === 1, "the first server is picked");
  name.set([servers[1].address]);
  await servers[0].stop();
  await until(() => channel.state === "READY", "the second server is there");
  gates[0]!();
  await until(() => gates.length === 2, "the call is picked for anew");
  gates[1]!();
  await call;
  assert.deepEqual([servers[0].seen, servers[1].seen], [[], [""]]);
});

test("what proves who calls is not sent in the clear, and must be able to", () => {
  const callCredentials = counted();
  assert.throws(() => createChannel("static:///a:1", { callCredentials }), /callCredentials need tls/);
  assert.throws(
    () => createChannel("static:///a:1", { tls: true, callCredentials: "token" as never }),
    /callCredentials must have the method generateMetadata, got token/,
  );
});
