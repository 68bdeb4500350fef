import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, linkSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { credentials } from "@grpc/grpc-js";
import { GrpcApplication, Module } from "../../lib/app/index.js";
import {
  type CallContext,
  StartupError,
  type StartupProblem,
  StatusCode,
  silentLogger,
} from "../../lib/rpc/index.js";
import { type Listener, type TlsOptions, tcp, unix } from "../../lib/server/index.js";
import { PROBE_PROTO, ProbeClient, type ProbeHandlers, probeController } from "./probe.js";
import { checkAtEnd } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "grebe-listeners-"));
const apps: GrpcApplication[] = [];
after(async () => {
  rmSync(folder, { recursive: true });
  // What a failed test left.
  for (const app of apps) await app.close();
});
checkAtEnd();

const echo: ProbeHandlers = {
  one: (_request, call: CallContext) => ({ text: call.peer.address }),
};

async function create(listeners: readonly Listener[], handlers = echo): Promise<GrpcApplication> {
  class Root {}
  Module({ protos: [PROBE_PROTO], controllers: [probeController(handlers)] })(Root);
  const options = { listeners, logger: silentLogger, signals: [], drainLimitMs: 0 };
  const app = await GrpcApplication.create(Root, options);
  apps.push(app);
  return app;
}

/** What a start with these listeners fails with; nothing may be left open. */
async function problemsOf(...listeners: Listener[]): Promise<readonly StartupProblem[]> {
  try {
    const app = await create(listeners);
    await app.listen();
    await app.close();
  } catch (error) {
    assert(error instanceof StartupError, String(error));
    return error.problems;
  }
  assert.fail("the application starts");
}

async function answerAt(address: string): Promise<unknown> {
  const client = new ProbeClient(address);
  const { status, messages } = await client.one({});
  client.close();
  assert.equal(status.code, 0, status.details);
  return messages[0]?.["text"];
}

test("an application answers on all of its listeners, and tells the ports that were free", async () => {
  const path = join(folder, "several.sock");
  const app = await create([tcp({ port: 0 }), tcp({ port: 0, host: "localhost" }), unix(path)]);
  assert.equal(app.listeners.length, 0);
  const bound = await app.listen();
  assert.deepEqual(bound, app.listeners as unknown);
  const [first, second, third] = app.listeners;
  assert.notEqual(first?.port, second?.port);
  assert.equal(first?.address, `127.0.0.1:${first?.port}`);
  assert.deepEqual([third?.address, third?.port], [`unix:${path}`, undefined]);
  assert.match(String(await answerAt(first!.address)), /^127\.0\.0\.1:\d+$/);
  assert.match(String(await answerAt(second!.address)), /^(127\.0\.0\.1|\[::1\]):\d+$/);
  assert.equal(await answerAt(third!.address), `unix:${path}`);
  await app.close();
  assert.equal(existsSync(path), false);
});

test("a socket file that a dead process left is replaced; its permissions are the listener's", async () => {
  const path = join(folder, "stale.sock");
  const dead = createServer().listen(path);
  await once(dead, "listening");
  // Closing removes the file; a process that dies does not.
  const copy = join(folder, "kept.sock");
  linkSync(path, copy);
  dead.close();
  const app = await create([unix(copy, { mode: 0o660 })]);
  await app.listen();
  assert.equal(statSync(copy).mode & 0o777, 0o660);
  await answerAt(`unix:${copy}`);
  await app.close();
});

test("a path that is taken by a file, by another server or has no folder is a mistake in words", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const busy = join(folder, "busy.sock");
  const other = createServer().listen(busy);
  await once(other, "listening");
  const lost = join(folder, "no/such/folder.sock");
  assert.deepEqual(await problemsOf(unix(file), unix(busy), unix(lost)), [
    {
      code: "BAD_ADDRESS",
      message: `listener unix:${file}: the path exists and is no socket. Choose another one.`,
    },
    {
      code: "PORT_IN_USE",
      message: `listener unix:${busy}: another process listens there. Stop it or choose another path.`,
    },
    {
      code: "BAD_ADDRESS",
      message: `listener unix:${lost}: the folder of the socket does not exist. Create it.`,
    },
  ]);
  assert.equal(existsSync(busy), true);
  other.close();
});

const cert = (name: string): string => `test/certs/${name}.crt`;
const key = (name: string): string => `test/certs/${name}.key`;
const serverTls: TlsOptions = { cert: cert("server"), key: key("server") };
const trust = readFileSync(cert("ca"));
test("what is wrong with certificates is told when the application is created, all of it", async () => {
  const garbage = join(folder, "garbage.crt");
  writeFileSync(garbage, "no certificate");
  const broken = join(folder, "broken.crt");
  writeFileSync(broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const at = (port: number, tls: object) => tcp({ port, tls: tls as TlsOptions });
  const failure = await create([
    at(1, { ...serverTls, cert: "no/such.crt" }),
    at(2, { ...serverTls, key: key("client") }),
    at(3, { cert: cert("expired"), key: key("expired") }),
    at(4, { ...serverTls, cert: garbage }),
    at(5, { ...serverTls, cert: broken }),
    at(6, { ...serverTls, ca: broken }),
    at(7, { ...serverTls, clientCertificate: "required" }),
    at(8, { ...serverTls, certs: "" }),
    at(9, { cert: cert("server") }),
    at(10, { ...serverTls, clientCertificate: "require" }),
  ]).catch((error) => error as StartupError);
  assert(failure instanceof StartupError);
  const expected: [string, RegExp][] = [
    [
      "BAD_TLS",
      /^listener 127\.0\.0\.1:1: tls\.cert cannot be read: ENOENT.*"?no\/such\.crt.* Give the path/,
    ],
    [
      "BAD_TLS",
      /^listener 127\.0\.0\.1:2: .*server\.crt.*client\.key.* cannot be used: .*mismatch.* Check that/,
    ],
    ["BAD_TLS", /^listener 127\.0\.0\.1:3: tls\.cert "test\/certs\/expired\.crt" expired on .* Renew it\.$/],
    ["BAD_TLS", /^listener 127\.0\.0\.1:4: tls\.cert ".*garbage\.crt" is not in PEM format\.$/],
    ["BAD_TLS", /^listener 127\.0\.0\.1:5: tls\.cert ".*broken\.crt" holds no certificate: /],
    ["BAD_TLS", /^listener 127\.0\.0\.1:6: tls\.ca ".*broken\.crt" holds no certificate: /],
    ["BAD_OPTION", /^listener 127\.0\.0\.1:7: tls\.clientCertificate must be .* got "required"\.$/],
    ["BAD_OPTION", /^listener 127\.0\.0\.1:8: tls has no option "certs"\. Did you mean "cert"\?$/],
    ["BAD_TLS", /^listener 127\.0\.0\.1:9: tls\.key is missing\. Give the path/],
    ["BAD_TLS", /^listener 127\.0\.0\.1:10: tls\.clientCertificate is "require" but no tls\.ca says /],
  ];
  assert.deepEqual(
    failure.problems.map(({ code }) => code),
    expected.map(([code]) => code),
  );
  for (const [n, [, text]] of expected.entries()) assert.match(failure.problems[n]!.message, text);
});

test("busy ports and foreign addresses are told together, and no other listener stays open", async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  const { port } = blocker.address() as { port: number };
  const path = join(folder, "none.sock");
  const problems = await problemsOf(
    tcp({ port: 0 }),
    tcp({ port }),
    unix(path),
    tcp({ port: 0, host: "203.0.113.1" }),
  );
  assert.deepEqual(problems, [
    {
      code: "PORT_IN_USE",
      message: `listener 127.0.0.1:${port}: another process listens there. Stop it, or choose another port (0 takes any free one).`,
    },
    {
      code: "BAD_ADDRESS",
      message: `listener 203.0.113.1:0: this machine has no such address. Use "127.0.0.1", "0.0.0.0" or "::".`,
    },
  ]);
  assert.equal(existsSync(path), false);
  blocker.close();
});

test("options that make no sense are told when the application is created", async () => {
  const failure = await create([
    tcp({ port: 70000 }),
    tcp({ port: Number.NaN }),
    tcp({ port: 1, maxReceiveBytes: -2 }),
    tcp({ port: 2, handshakeTimeoutMs: 2 ** 31 }),
    tcp({ port: 3, maxMessageBytes: 1 } as never),
    tcp({ port: 4 }),
    tcp({ port: 4 }),
    unix(""),
    { port: 5 } as never,
  ]).catch((error) => error as StartupError);
  assert(failure instanceof StartupError);
  assert.deepEqual(failure.problems, [
    {
      code: "BAD_ADDRESS",
      message:
        "listener 127.0.0.1:70000: the port must be a whole number up to 65535 (0 takes any free one), got 70000.",
    },
    {
      code: "BAD_ADDRESS",
      message:
        "listener 127.0.0.1:NaN: the port must be a whole number up to 65535 (0 takes any free one), got NaN.",
    },
    {
      code: "BAD_OPTION",
      message: "listener 127.0.0.1:1: maxReceiveBytes must be a whole number from 1 to 2147483647, got -2.",
    },
    {
      code: "BAD_OPTION",
      message:
        "listener 127.0.0.1:2: handshakeTimeoutMs must be a whole number from 1 to 2147483647, got 2147483648.",
    },
    {
      code: "BAD_OPTION",
      message: 'listener 127.0.0.1:3 has no option "maxMessageBytes". Did you mean "maxReceiveBytes"?',
    },
    {
      code: "PORT_IN_USE",
      message: "listener 127.0.0.1:4: the application has two listeners there. Keep one of them.",
    },
    { code: "BAD_ADDRESS", message: "listener unix:: a unix listener needs the path of its socket." },
    {
      code: "BAD_OPTION",
      message:
        "listeners has an entry that is no listener. Make listeners with tcp({ port }) and unix(path).",
    },
  ]);
});

for (const [kind, tls] of [
  ["plaintext", undefined],
  ["TLS", serverTls],
] as const) {
  test(`${kind}: silent and idle connections do not hold up closing`, async () => {
    const app = await create([tcp({ port: 0, ...(tls === undefined ? {} : { tls }) })]);
    const [bound] = await app.listen();
    const port = bound!.port!;
    const secured = { "grpc.ssl_target_name_override": "localhost" };
    const client =
      tls === undefined
        ? new ProbeClient(bound!.address)
        : new ProbeClient(bound!.address, secured, credentials.createSsl(trust));
    assert.equal((await client.one({})).status.code, StatusCode.OK);
    const sockets: Socket[] = [connect(port, "127.0.0.1")];
    await once(sockets[0]!, "connect");
    if (tls !== undefined) {
      const shaken = connectTls({ port, host: "127.0.0.1", ca: trust, ALPNProtocols: ["h2"] });
      await once(shaken, "secureConnect");
      // The last step of a handshake may be on its way yet, or not.
      const idle = connectTls({ port, host: "127.0.0.1", ca: trust, ALPNProtocols: ["h2"] });
      await once(idle, "data");
      sockets.push(shaken, idle);
    }
    for (const socket of sockets) socket.on("error", () => undefined).resume();
    const gone = Promise.all(sockets.map((socket) => once(socket, "close")));
    const { durationMs } = await app.close();
    assert(durationMs < 400, `closing took ${durationMs} ms`);
    await gone;
    client.close();
  });
}
