import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { credentials } from "@grpc/grpc-js";
import { GrpcApplication, Module } from "../../lib/app/index.js";
import { Metadata, StatusCode, silentLogger } from "../../lib/rpc/index.js";
import { type ListenerLimits, tcp } from "../../lib/server/index.js";
import {
  type Item,
  outcomeOf,
  PROBE_PROTO,
  ProbeClient,
  type ProbeHandlers,
  probeController,
} from "./probe.js";
import { checkAtEnd, turn, until } from "./support.js";

checkAtEnd();

const ca = readFileSync("test/certs/ca.crt");
const tls = { cert: "test/certs/server.crt", key: "test/certs/server.key" };
const echo: ProbeHandlers = { one: (request: Item) => request };

/** A plaintext and a TLS listener with the same limits. */
async function listen(limits: ListenerLimits, handlers = echo) {
  class Root {}
  const listeners = [tcp({ port: 0, ...limits }), tcp({ port: 0, tls, ...limits })];
  Module({ protos: [PROBE_PROTO], controllers: [probeController(handlers)], listeners })(Root);
  const app = await GrpcApplication.create(Root, { logger: silentLogger, signals: [], drainLimitMs: 0 });
  await app.listen();
  return app;
}

for (const [index, transport] of ["plaintext", "TLS"].entries()) {
  const channel = index === 0 ? undefined : credentials.createSsl(ca);
  const clientOf = (app: GrpcApplication): ProbeClient =>
    new ProbeClient(`localhost:${app.listeners[index]!.port}`, {}, channel);

  test(`${transport}: messages over the limits are RESOURCE_EXHAUSTED, both ways; just below they pass`, async () => {
    const app = await listen({ maxReceiveBytes: 2000, maxSendBytes: 1000 });
    const client = clientOf(app);
    for (const [bytes, code, words] of [
      [900, StatusCode.OK, /^(OK)?$/],
      [
        1500,
        StatusCode.RESOURCE_EXHAUSTED,
        /response message of 15\d\d bytes is larger than the limit of 1000/,
      ],
      [2500, StatusCode.RESOURCE_EXHAUSTED, /larger than max/],
    ] as const) {
      const { status } = await client.one({ payload: Buffer.alloc(bytes) });
      assert.equal(status.code, code);
      assert.match(status.details, words);
    }
    client.close();
    await app.close();
  });

  test(`${transport}: a response stream ends with RESOURCE_EXHAUSTED behind the messages that fit`, async () => {
    const app = await listen(
      { maxSendBytes: 1000 },
      { many: () => [{}, {}, { payload: Buffer.alloc(2000) }, {}] },
    );
    const client = clientOf(app);
    const { status, messages } = await outcomeOf(client.many({}));
    assert.equal(status.code, StatusCode.RESOURCE_EXHAUSTED);
    assert.equal(messages.length, 2);
    client.close();
    await app.close();
  });

  test(`${transport}: request headers over the limit are refused, and the connection lives`, async () => {
    const app = await listen({ maxMetadataBytes: 4000 });
    const client = clientOf(app);
    const metadata = new Metadata();
    metadata.set("large", "x".repeat(5000));
    assert.equal((await client.one({}, metadata, 5000)).status.code, StatusCode.RESOURCE_EXHAUSTED);
    metadata.set("large", "x".repeat(2000));
    assert.equal((await client.one({}, metadata, 5000)).status.code, StatusCode.OK);
    client.close();
    await app.close();
  });

  test(`${transport}: calls beyond maxConcurrentStreams wait for a free place`, async () => {
    const running: (() => void)[] = [];
    const app = await listen(
      { maxConcurrentStreams: 2 },
      { one: () => new Promise<Item>((resolve) => running.push(() => resolve({}))) },
    );
    const client = clientOf(app);
    // The client learns the limit with the first answer.
    const first = client.one({});
    await until(() => running.length === 1, "the first call runs");
    running.shift()?.();
    await first;
    const others = Array.from({ length: 4 }, () => client.one({}));
    await until(() => running.length === 2, "two calls run");
    for (let n = 0; n < 20; n++) await turn();
    assert.equal(running.length, 2);
    for (let done = 0; done < 4; done++) {
      await until(() => running.length > 0, "another call runs");
      running.shift()?.();
    }
    for (const { status } of await Promise.all(others)) assert.equal(status.code, StatusCode.OK);
    client.close();
    await app.close();
  });

  test(`${transport}: a connection that says nothing, or too little, is closed after handshakeTimeoutMs`, async () => {
    const app = await listen({ handshakeTimeoutMs: 60 });
    for (const bytes of ["", "PRI * HT"]) {
      const socket = connect(app.listeners[index]!.port!, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.resume();
      await once(socket, "connect");
      socket.write(bytes);
      await once(socket, "close");
    }
    const client = clientOf(app);
    assert.equal((await client.one({})).status.code, StatusCode.OK);
    client.close();
    await app.close();
  });

  test(`${transport}: a connection that has spoken stays longer than handshakeTimeoutMs`, async () => {
    const app = await listen({ handshakeTimeoutMs: 30 });
    const client = clientOf(app);
    await client.one({});
    const later = performance.now() + 90;
    await until(() => performance.now() > later, "time has passed");
    assert.equal((await client.one({})).status.code, StatusCode.OK);
    client.close();
    await app.close();
  });
}

test("TLS: a connection that is silent behind its handshake is closed after handshakeTimeoutMs", async () => {
  const app = await listen({ handshakeTimeoutMs: 60 });
  const socket = connectTls({ port: app.listeners[1]!.port!, host: "localhost", ca, ALPNProtocols: ["h2"] });
  socket.on("error", () => undefined);
  socket.resume();
  await once(socket, "secureConnect");
  await once(socket, "close");
  await app.close();
});
