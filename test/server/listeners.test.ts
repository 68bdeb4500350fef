import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { GrpcApplication, Module } from "../../lib/app/index.js";
import { type CallContext, StartupError, type StartupProblem, silentLogger } from "../../lib/rpc/index.js";
import { type Listener, tcp, unix } from "../../lib/server/index.js";
import { PROBE_PROTO, ProbeClient, type ProbeHandlers, probeController } from "./probe.js";
import { checkAtEnd } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "grebe-listeners-"));
after(() => rmSync(folder, { recursive: true }));
checkAtEnd();

const echo: ProbeHandlers = {
  one: (_request, call: CallContext) => ({ text: call.peer.address }),
};

function create(listeners: readonly Listener[], handlers = echo): Promise<GrpcApplication> {
  class Root {}
  Module({ protos: [PROBE_PROTO], controllers: [probeController(handlers)] })(Root);
  return GrpcApplication.create(Root, { listeners, logger: silentLogger, signals: [], drainLimitMs: 0 });
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
  const { linkSync } = await import("node:fs");
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
