import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { test } from "node:test";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { GrpcApplication, Module } from "../../lib/app/index.js";
import { LoggingInterceptor } from "../../lib/interceptors/index.js";
import { type CallContext, StartupError, StatusCode, silentLogger } from "../../lib/rpc/index.js";
import { type Listener, type TlsOptions, tcp } from "../../lib/server/index.js";
import { PROBE_PROTO, ProbeClient, type ProbeHandlers, probeController } from "./probe.js";
import { checkAtEnd, deferred, recordingLogger, until } from "./support.js";

checkAtEnd();

const file = (name: string): string => `test/certs/${name}`;
const pem = (name: string): Buffer => readFileSync(file(name));
const tls: TlsOptions = { cert: file("server.crt"), key: file("server.key") };
const mutual: TlsOptions = { ...tls, ca: file("ca.crt"), clientCertificate: "require" };
const anonymous = credentials.createSsl(pem("ca.crt"));
const as = (name: string): ChannelCredentials =>
  credentials.createSsl(pem("ca.crt"), pem(`${name}.key`), pem(`${name}.crt`));

/** Says who the peer is. */
const identify: ProbeHandlers = {
  one: (_request, { peer }: CallContext) => ({
    text: `${peer.tls?.authorized} ${peer.tls?.certificate?.subject.CN}`,
  }),
};

async function listen(tlsOptions: readonly TlsOptions[], handlers = identify, logger = silentLogger) {
  class Root {}
  const listeners: Listener[] = tlsOptions.map((options) => tcp({ port: 0, tls: options }));
  Module({ protos: [PROBE_PROTO], controllers: [probeController(handlers)], listeners })(Root);
  const app = await GrpcApplication.create(Root, {
    logger: silentLogger,
    signals: [],
    drainLimitMs: 0,
    interceptors: [new LoggingInterceptor({ logger })],
  });
  await app.listen();
  return app;
}

async function call(port: number | undefined, channel: ChannelCredentials) {
  const client = new ProbeClient(`localhost:${port}`, {}, channel);
  const { status, messages } = await client.one({}, undefined, 5000);
  client.close();
  return { code: status.code, text: messages[0]?.["text"] };
}

test("a TLS listener serves clients without a certificate; who shows one stays unknown", async () => {
  const app = await listen([tls]);
  const port = app.listeners[0]?.port;
  assert.deepEqual(await call(port, anonymous), { code: StatusCode.OK, text: "false undefined" });
  assert.deepEqual(await call(port, as("client")), { code: StatusCode.OK, text: "false undefined" });
  assert.equal((await call(port, credentials.createInsecure())).code, StatusCode.UNAVAILABLE);
  await app.close();
});

test("mTLS lets in whom its authority signed, and nobody else", async () => {
  const app = await listen([mutual]);
  const port = app.listeners[0]?.port;
  assert.deepEqual(await call(port, as("client")), { code: StatusCode.OK, text: "true grebe-test-client" });
  assert.equal((await call(port, anonymous)).code, StatusCode.UNAVAILABLE);
  assert.equal((await call(port, as("stranger"))).code, StatusCode.UNAVAILABLE);
  await app.close();
});

test("a certificate that is only asked for lets everybody in, and tells who is known", async () => {
  const app = await listen([{ ...mutual, clientCertificate: "request" }]);
  const port = app.listeners[0]?.port;
  assert.deepEqual(await call(port, as("client")), { code: StatusCode.OK, text: "true grebe-test-client" });
  assert.deepEqual(await call(port, anonymous), { code: StatusCode.OK, text: "false undefined" });
  assert.deepEqual(await call(port, as("stranger")), { code: StatusCode.OK, text: "false undefined" });
  await app.close();
});

test("who a peer was is still known when its connection is gone", async () => {
  const gone = deferred<unknown>();
  const logger = recordingLogger();
  let started = false;
  const app = await listen(
    [mutual],
    {
      one: (_request, context: CallContext) => {
        started = true;
        context.signal.addEventListener("abort", () => {
          setImmediate(() => gone.resolve(context.peer.tls?.certificate?.subject.CN));
        });
        return new Promise(() => undefined);
      },
    },
    logger,
  );
  const session = connectHttp2(`https://localhost:${app.listeners[0]?.port}`, {
    ca: pem("ca.crt"),
    cert: pem("client.crt"),
    key: pem("client.key"),
  });
  session.on("error", () => undefined);
  const stream = session.request({
    ":method": "POST",
    ":path": "/grebe.test.Probe/One",
    "content-type": "application/grpc",
  });
  stream.on("error", () => undefined);
  stream.end(Buffer.alloc(5));
  await until(() => started, "the handler runs");
  session.destroy();
  assert.equal(await gone.promise, "grebe-test-client");
  assert.equal(logger.lines[0]?.fields["status"], "CANCELLED");
  await app.close();
});

test("certificate and key may be PEM text or bytes as well as files", async () => {
  const app = await listen([{ cert: pem("server.crt"), key: pem("server.key").toString() }]);
  assert.equal((await call(app.listeners[0]?.port, anonymous)).code, StatusCode.OK);
  await app.close();
});

for (const [what, options, words] of [
  [
    "a file that does not exist",
    { ...tls, cert: file("none.crt") },
    /tls\.cert cannot be read: .*none\.crt.*Give the path/,
  ],
  ["a file that is no PEM", { ...tls, cert: "package.json" }, /tls\.cert "package\.json" is not in PEM/],
  ["a key in the place of the certificate", { ...tls, cert: file("server.key") }, /holds no certificate/],
  ["an expired certificate", { cert: file("expired.crt"), key: file("expired.key") }, /expired on .*Renew/],
  [
    "a key of another certificate",
    { ...tls, key: file("client.key") },
    /cannot be used.*belongs to the certificate/,
  ],
  ["an authority that does not exist", { ...mutual, ca: file("none.crt") }, /tls\.ca cannot be read/],
  [
    "an authority that holds no certificate",
    { ...mutual, ca: file("server.key") },
    /tls\.ca .*holds no certificate/,
  ],
] as [string, TlsOptions, RegExp][]) {
  test(`${what} is BAD_TLS, in words`, async () => {
    await assert.rejects(listen([options]), (error) => {
      assert.ok(error instanceof StartupError, String(error));
      assert.deepEqual(
        error.problems.map(({ code }) => code),
        ["BAD_TLS"],
      );
      assert.match(error.message, words);
      return true;
    });
  });
}
