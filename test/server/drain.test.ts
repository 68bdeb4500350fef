import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { NEVER } from "rxjs";
import { GrpcApplication, Module } from "../../lib/app/index.js";
import { Flow } from "../../lib/flow/index.js";
import { type CallContext, StatusCode, silentLogger } from "../../lib/rpc/index.js";
import { tcp } from "../../lib/server/index.js";
import { type Item, outcomeOf, PROBE_PROTO, probeController, startProbe } from "./probe.js";
import { itemFrame, RawClient, rawOutcome } from "./raw-client.js";
import { checkAtEnd, deferred, recordingLogger, turn, until } from "./support.js";

checkAtEnd();

const isRefused = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const [host, port] = address.split(":");
    const socket = connect(Number(port), host);
    socket.on("error", () => resolve(true));
    socket.on("connect", () => {
      socket.destroy();
      resolve(false);
    });
  });

test("close lets open calls end, accepts no others, and reports", async () => {
  const release = deferred();
  let started = false;
  const probe = await startProbe(
    {
      one: async () => {
        started = true;
        await release.promise;
        return { number: 1 };
      },
    },
    { drainLimitMs: 5000 },
  );
  const pending = probe.client.one({});
  await until(() => started, "the handler runs");
  const closing = probe.close();
  await until(() => probe.app.listeners.length === 1, "the listener is still known");
  await turn();
  assert.equal(await isRefused(probe.address), true);
  release.resolve();
  const outcome = await pending;
  assert.equal(outcome.status.code, StatusCode.OK);
  assert.equal(outcome.messages[0]?.["number"], 1);
  const report = await closing;
  assert.equal(report.open, 1);
  assert.equal(report.ended, 1);
  assert.deepEqual(report.cut, []);
  assert.deepEqual(report.hookFailures, []);
  await probe.stop();
});

test("call.draining tells open streams, also one that asks late; it is quiet before", async () => {
  let call: CallContext | undefined;
  let told = 0;
  const probe = await startProbe(
    {
      chat: (_requests: Flow<Item>, context) => {
        call = context;
        return new Flow((subscriber) => {
          subscriber.next({ number: 1 });
          context.draining.addEventListener("abort", () => {
            told += 1;
            subscriber.next({ number: 2 });
            subscriber.complete();
          });
        });
      },
    },
    { drainLimitMs: 5000 },
  );
  const stream = probe.client.chat();
  const outcome = outcomeOf(stream);
  await once(stream, "data");
  assert.equal(call?.draining.aborted, false);
  const report = await probe.close();
  const { status, messages } = await outcome;
  assert.equal(status.code, StatusCode.OK);
  assert.deepEqual(
    messages.map((message) => message["number"]),
    [1, 2],
  );
  assert.equal(told, 1);
  assert.equal(call?.draining.aborted, true);
  assert.deepEqual(
    { open: report.open, ended: report.ended, cut: report.cut },
    { open: 1, ended: 1, cut: [] },
  );
  await probe.stop();
});

test("a call that asks for draining while the server drains finds it aborted", async () => {
  const ask = deferred();
  let found: boolean | undefined;
  let started = false;
  const probe = await startProbe(
    {
      one: async (_request, call) => {
        started = true;
        await ask.promise;
        found = call.draining.aborted;
        return {};
      },
    },
    { drainLimitMs: 5000 },
  );
  const pending = probe.client.one({});
  await until(() => started, "the handler runs");
  const closing = probe.close();
  for (let n = 0; n < 5; n++) await turn();
  ask.resolve();
  await pending;
  await closing;
  assert.equal(found, true);
  await probe.stop();
});

test("what is open after the limit is cut with UNAVAILABLE, its signal aborts, and the report and log name it", async () => {
  let signal: AbortSignal | undefined;
  const logger = recordingLogger();
  const probe = await startProbe(
    {
      many: (_request, call) => {
        signal = call.signal;
        return NEVER;
      },
    },
    { drainLimitMs: 30, logger },
  );
  const outcome = outcomeOf(probe.client.many({}));
  await until(() => signal !== undefined, "the handler runs");
  const report = await probe.close();
  assert.equal((await outcome).status.code, StatusCode.UNAVAILABLE);
  assert.equal(signal?.aborted, true);
  assert.equal(report.open, 1);
  assert.equal(report.ended, 0);
  assert.equal(report.cut.length, 1);
  assert.equal(report.cut[0]?.path, "/grebe.test.Probe/Many");
  assert.match(report.cut[0]?.peer ?? "", /^127\.0\.0\.1:\d+$/);
  assert.ok(report.cut[0]!.ageMs >= 25);
  assert.ok(
    logger.lines.some(({ level, message }) => level === "warn" && message.includes("/grebe.test.Probe/Many")),
  );
  await probe.stop();
});

test("a response that a slow reader has not taken yet is not cut off by a drain", async () => {
  const probe = await startProbe(
    { many: () => Array.from({ length: 40 }, (_, number) => ({ number, payload: Buffer.alloc(10_000) })) },
    { drainLimitMs: 5000 },
  );
  const client = new RawClient(probe.address);
  const stream = client.open("Many");
  stream.end(itemFrame({}));
  let bytes = 0;
  stream.once("data", (chunk: Buffer) => {
    bytes += chunk.length;
    stream.pause();
  });
  await until(() => bytes > 0, "the response begins");
  const closing = probe.close();
  for (let n = 0; n < 20; n++) await turn();
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const { status } = await rawOutcome(stream);
  assert.equal(status, StatusCode.OK);
  assert.ok(bytes > 400_000, `${bytes} bytes came`);
  const report = await closing;
  assert.equal(report.ended, 1);
  await client.close();
  await probe.stop();
});

test("idle connections and such that never spoke are closed, and close does not wait for them", async () => {
  const probe = await startProbe({ one: () => ({}) }, { drainLimitMs: 60_000 });
  const idle = new RawClient(probe.address);
  await idle.send("One", itemFrame({}));
  const [host, port] = probe.address.split(":");
  const silent = connect(Number(port), host);
  await once(silent, "connect");
  silent.on("error", () => undefined);
  const silentClosed = once(silent, "close");
  silent.resume();
  const idleClosed = idle.session.destroyed ? undefined : once(idle.session, "close");
  const report = await probe.close();
  assert.ok(report.durationMs < 5000);
  await silentClosed;
  await idleClosed;
  await probe.stop();
});

test("hooks run around the drain: before it while calls are served, the others behind the last call", async () => {
  const order: string[] = [];
  class Hooked {
    beforeApplicationShutdown(signal?: string): void {
      order.push(`before ${signal}`);
    }
    onModuleDestroy(): void {
      order.push("destroy");
    }
    onApplicationShutdown(signal?: string): void {
      order.push(`shutdown ${signal}`);
      throw new Error("hook");
    }
  }
  let started = false;
  const logger = recordingLogger();
  const probe = await startProbe(
    {
      one: async (_request, call) => {
        started = true;
        await new Promise((resolve) => call.draining.addEventListener("abort", resolve));
        order.push("call ends");
        return {};
      },
    },
    { drainLimitMs: 5000, logger },
    { providers: [Hooked] },
  );
  const pending = probe.client.one({});
  await until(() => started, "the handler runs");
  const report = await probe.app.close("SIGTEST");
  assert.equal((await pending).status.code, StatusCode.OK);
  assert.deepEqual(order, ["before SIGTEST", "call ends", "destroy", "shutdown SIGTEST"]);
  assert.equal(report.hookFailures.length, 1);
  assert.equal(report.hookFailures[0]?.hook, "onApplicationShutdown");
  assert.ok(
    logger.lines.some(({ level, message }) => level === "error" && message.includes("onApplicationShutdown")),
  );
  await probe.stop();
});

test("closing twice gives the same answer; a closed application does not listen again", async () => {
  const probe = await startProbe({});
  const [first, second] = [probe.app.close(), probe.app.close()];
  assert.equal(first, second);
  await first;
  assert.equal(probe.app.listeners.length, 0);
  await probe.stop();
  class Root {}
  Module({ protos: [PROBE_PROTO], controllers: [probeController({})], listeners: [tcp({ port: 0 })] })(Root);
  const app = await GrpcApplication.create(Root, { logger: silentLogger, signals: [] });
  await app.close();
  await assert.rejects(app.listen(), /closed/);
});

test("closing during the start waits for it and then closes", async () => {
  const order: string[] = [];
  class Slow {
    async onModuleInit(): Promise<void> {
      await turn();
      order.push("init");
    }
    onApplicationShutdown(): void {
      order.push("shutdown");
    }
  }
  class Root {}
  Module({
    protos: [PROBE_PROTO],
    controllers: [probeController({})],
    providers: [Slow],
    listeners: [tcp({ port: 0 })],
  })(Root);
  const app = await GrpcApplication.create(Root, { logger: silentLogger, signals: [] });
  const listening = app.listen();
  const report = await app.close();
  const [bound] = await listening;
  assert.deepEqual(order, ["init", "shutdown"]);
  assert.equal(report.open, 0);
  assert.equal(await isRefused(bound!.address), true);
});

test("when a listener cannot be opened, the others are closed and the stop hooks run", async () => {
  const order: string[] = [];
  const logger = recordingLogger();
  class Hooked {
    onModuleInit(): void {
      order.push("init");
    }
    onApplicationShutdown(): void {
      order.push("shutdown");
      throw new Error("hook");
    }
  }
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  const { port } = blocker.address() as { port: number };
  class Root {}
  Module({
    protos: [PROBE_PROTO],
    controllers: [probeController({})],
    providers: [Hooked],
    listeners: [tcp({ port: 0 }), tcp({ port })],
  })(Root);
  const app = await GrpcApplication.create(Root, { logger, signals: [] });
  await assert.rejects(app.listen(), /PORT_IN_USE/);
  assert.deepEqual(order, ["init", "shutdown"]);
  assert.deepEqual(app.listeners, []);
  const { hookFailures } = await app.close();
  assert.deepEqual(order, ["init", "shutdown"]);
  assert.equal(hookFailures.length, 1);
  assert.deepEqual(
    logger.lines.map(({ level, message }) => `${level} ${message}`),
    ["error Hooked (Root).onApplicationShutdown failed"],
  );
  await assert.rejects(app.listen(), /PORT_IN_USE/);
  blocker.close();
});

async function startChild(
  drainLimitMs: number,
): Promise<{ child: ChildProcess; address: string; output: () => string }> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("./signalled-app.js", import.meta.url)), String(drainLimitMs)],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  await until(() => output.includes("listening on ") || child.exitCode !== null, "the child listens");
  const address = /listening on (\S+)/.exec(output)?.[1];
  assert.ok(address, output);
  return { child, address, output: () => output };
}

test("a signal during the start is heard: what has started is stopped", async () => {
  const program = fileURLToPath(new URL("./slow-start-app.js", import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  await until(() => output.includes("nothing yet"), "the start is under way");
  const exited = once(child, "close");
  child.kill("SIGTERM");
  await until(() => output.includes("closing"), "the signal is heard");
  child.stdin.write("go on\n");
  const [code] = await exited;
  assert.equal(code, 0, output);
  assert.match(output, /shutdown SIGTERM/);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} drains all applications of a process, runs the hooks and ends it with 0`, async () => {
    const { child, address, output } = await startChild(10_000);
    const client = new RawClient(address);
    const stream = client.open("Many");
    stream.end(itemFrame({}));
    const outcome = rawOutcome(stream);
    await once(stream, "response");
    const exited = once(child, "close");
    child.kill(signal);
    assert.equal((await outcome).status, StatusCode.OK);
    const [code] = await exited;
    assert.equal(code, 0, output());
    assert.match(output(), new RegExp(`shutdown ${signal}`));
    await client.close();
  });

  test(`a second ${signal} ends the process at once`, async () => {
    const { child, address, output } = await startChild(60_000);
    const client = new RawClient(address);
    const stream = client.open("Chat");
    await once(stream, "response");
    const exited = once(child, "close");
    child.kill(signal);
    await until(() => output().includes("closing"), "the first signal is heard");
    // Those that come within 100 ms are taken for the first one.
    await until(() => {
      child.kill(signal);
      return child.exitCode !== null;
    }, "the second signal is heard");
    const [code] = await exited;
    assert.equal(code, signal === "SIGTERM" ? 143 : 130, output());
    assert.doesNotMatch(output(), /shutdown/);
    await client.close();
  });
}
