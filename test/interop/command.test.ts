/** `npm run interop:server`: the process, its flags and its words. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:http2";
import { createServer } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { status } from "@grpc/grpc-js";
import { checkAtEnd } from "../server/support.js";
import { InteropClient } from "./client.js";
import { createCommand } from "./command.js";

checkAtEnd();

const program = fileURLToPath(new URL("./main.js", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...flags: string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  return { child, ended: once(child, "close").then(([code]) => ({ code, stdout, stderr })) };
}

/** Starts a server that listens, uses it, and stops it. Gives all it said. */
async function whileListening(flags: string[], use: (port: number) => Promise<void>): Promise<Ended> {
  const { child, ended } = start("--port=0", ...flags);
  const [line] = await Promise.race([
    once(child.stdout!, "data"),
    ended.then(({ stderr }) => assert.fail(`the server ended: ${stderr}`)),
  ]);
  try {
    await use(Number(/:(\d+)/.exec(String(line))?.[1]));
  } finally {
    child.kill("SIGTERM");
  }
  return ended;
}

test("the server says one line when it listens, answers in plaintext and ends on SIGTERM", async () => {
  const { code, stdout } = await whileListening(["--use_tls=false"], async (port) => {
    const client = new InteropClient(`127.0.0.1:${port}`);
    assert.equal((await client.unary("EmptyCall", {})).status.code, status.OK);
    client.close();
  });
  assert.equal(code, 0);
  assert.match(stdout, /^interop server listens on 0\.0\.0\.0:\d+\n/);
});

test("with --use_tls=true it shows the given certificate", async () => {
  const flags = [
    "--use_tls=true",
    "--tls_cert_file=test/certs/server.crt",
    "--tls_key_file=test/certs/server.key",
  ];
  const { stdout } = await whileListening(flags, async (port) => {
    const client = new InteropClient(`localhost:${port}`, readFileSync("test/certs/ca.crt"));
    assert.equal((await client.unary("EmptyCall", {})).status.code, status.OK);
    client.close();
  });
  assert.match(stdout, /^interop server listens on 0\.0\.0\.0:\d+ with TLS\n/);
});

test("--max_concurrent_streams_limit is told to clients; an empty message is five bytes of zero", async () => {
  await whileListening(["--max_concurrent_streams_limit=2"], async (port) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const [settings] = await once(session, "remoteSettings");
    assert.equal(settings.maxConcurrentStreams, 2);
    const stream = session.request({
      ":method": "POST",
      ":path": "/grpc.testing.TestService/EmptyCall",
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.end(Buffer.alloc(5));
    const trailers = once(stream, "trailers");
    const frames: Buffer[] = await stream.toArray();
    assert.deepEqual(Buffer.concat(frames), Buffer.alloc(5));
    assert.equal((await trailers)[0]["grpc-status"], "0");
    session.close();
  });
});

test("--help lists the flags", async () => {
  const { code, stdout } = await start("--help").ended;
  assert.equal(code, 0);
  for (const flag of [
    "--port",
    "--use_tls",
    "--tls_cert_file",
    "--tls_key_file",
    "--max_concurrent_streams_limit",
  ]) {
    assert.ok(stdout.includes(flag), flag);
  }
});

const refusals: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["an unknown flag", ["--port=0", "--use_tsl=true"], /unknown option '--use_tsl=true'/],
  ["no port", [], /required option '--port <number>' not specified/],
  ["a port that is none", ["--port=65536"], /'65536' is invalid. It is a number from 0 to 65535/],
  ["a boolean that is none", ["--port=0", "--use_tls=yes"], /'yes' is invalid. It is true or false/],
  ["a limit of zero", ["--port=0", "--max_concurrent_streams_limit=0"], /'0' is invalid. It is at least 1/],
  ["TLS without a certificate", ["--port=0", "--use_tls=true"], /needs --tls_cert_file and --tls_key_file/],
  ["a certificate without TLS", ["--port=0", "--tls_cert_file=a"], /need --use_tls=true/],
  ["an argument too many", ["--port=0", "more"], /too many arguments/],
];

for (const [what, flags, words] of refusals) {
  test(`${what} is refused in words`, async () => {
    let said = "";
    const command = createCommand(() => assert.fail("the server was started"))
      .exitOverride()
      .configureOutput({ writeErr: (text) => (said += text) });
    await assert.rejects(command.parseAsync(flags, { from: "user" }), { exitCode: 1 });
    assert.match(said, words);
  });
}

test("a certificate that is not there is refused in words", async () => {
  const flags = ["--use_tls=true", "--tls_cert_file=nowhere.crt", "--tls_key_file=nowhere.key"];
  const { code, stdout, stderr } = await start("--port=0", ...flags).ended;
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /BAD_TLS .*nowhere\.crt/);
  assert.doesNotMatch(stderr, /^\s+at /m);
});

test("a busy port is refused in words", async () => {
  const blocker = createServer().listen(0, "0.0.0.0");
  await once(blocker, "listening");
  const { port } = blocker.address() as { port: number };
  const { code, stderr } = await start(`--port=${port}`).ended;
  assert.equal(code, 1);
  assert.match(stderr, /PORT_IN_USE/);
  blocker.close();
});
