import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { concat, NEVER, of, throwError } from "rxjs";
import {
  ConcurrencyLimitInterceptor,
  LoggingInterceptor,
  TimeoutInterceptor,
} from "../../lib/interceptors/index.js";
import {
  type CallContext,
  type Clock,
  callKey,
  enableAmbientCalls,
  findCall,
  StatusCode,
  StatusError,
} from "../../lib/rpc/index.js";
import { type Item, modes, outcomeOf, type ProbeHandlers, startProbe } from "../server/probe.js";
import { itemFrame, RawClient } from "../server/raw-client.js";
import { checkAtEnd, recordingLogger, settled, turn, until } from "../server/support.js";

checkAtEnd();

/** Time that a test lets pass. */
function manualClock() {
  let now = 0;
  const timers = new Map<number, { at: number; callback: () => void }>();
  let nextId = 1;
  const clock: Clock = {
    now: () => now,
    setTimeout: (callback, delayMs) => {
      timers.set(nextId, { at: now + delayMs, callback });
      return nextId++;
    },
    clearTimeout: (id) => void timers.delete(id as number),
  };
  const pass = (ms: number): void => {
    now += ms;
    for (const [id, { at, callback }] of timers) {
      if (at > now) continue;
      timers.delete(id);
      callback();
    }
  };
  return { clock, pass, timers };
}

const all = (handler: (request: never, call: CallContext) => unknown): ProbeHandlers => ({
  one: handler,
  many: handler,
  collect: handler,
  chat: handler,
});

test("logging: one line per call with method, peer, status, messages and time", async () => {
  const logger = recordingLogger();
  let now = 0;
  const logging = new LoggingInterceptor({ logger, now: () => now++ });
  const probe = await startProbe(
    all(() => of({})),
    { interceptors: [logging] },
  );
  for (const mode of modes) {
    logger.lines.length = 0;
    await probe.client.inMode(mode);
    assert.equal(logger.lines.length, 1);
    const { level, fields, message } = logger.lines[0]!;
    assert.equal(level, "info");
    assert.match(String(fields["method"]), /^\/grebe\.test\.Probe\//);
    assert.match(String(fields["peer"]), /^127\.0\.0\.1:\d+$/);
    assert.deepEqual([fields["status"], fields["sent"], fields["ms"]], ["OK", 1, 1]);
    assert.match(message, /\/grebe\.test\.Probe\/\w+ OK 1 ms/);
  }
  await probe.stop();
});

test("logging: failures of the server are errors, those of the request are not", async () => {
  const logger = recordingLogger();
  for (const [thrown, level, status] of [
    [new Error("x"), "error", "UNKNOWN"],
    [StatusError.unavailable("x"), "error", "UNAVAILABLE"],
    [StatusError.notFound("x"), "info", "NOT_FOUND"],
  ] as const) {
    const probe = await startProbe(
      { one: () => throwError(() => thrown) },
      { interceptors: [new LoggingInterceptor({ logger })] },
    );
    logger.lines.length = 0;
    await probe.client.one({});
    assert.equal(logger.lines[0]?.level, level);
    assert.equal(logger.lines[0]?.fields["status"], status);
    await probe.stop();
  }
});

test("logging: calls that are cut short have a line too, with why", async () => {
  const logger = recordingLogger();
  const probe = await startProbe(
    { many: () => concat(of({}), NEVER) },
    { interceptors: [new LoggingInterceptor({ logger })] },
  );
  const cancelled = probe.client.many({});
  cancelled.on("error", () => undefined);
  cancelled.once("data", () => cancelled.cancel());
  await until(() => logger.lines.length === 1, "the line is written");
  assert.deepEqual([logger.lines[0]?.fields["status"], logger.lines[0]?.fields["sent"]], ["CANCELLED", 1]);
  const client = new RawClient(probe.address);
  const stream = client.open("Many", { "grpc-timeout": "20m" });
  stream.end(itemFrame({}));
  stream.resume();
  await until(() => logger.lines.length === 2, "the line is written");
  assert.equal(logger.lines[1]?.fields["status"], "DEADLINE_EXCEEDED");
  await client.close();
  await probe.stop();
});

test("logging: pino takes the lines as they are, and so does the console", async (context) => {
  const written: string[] = [];
  const logger = pino({ base: null, timestamp: false }, { write: (line: string) => void written.push(line) });
  const info = context.mock.method(console, "info", () => undefined);
  const probe = await startProbe(
    { one: () => ({}) },
    {
      interceptors: [
        new LoggingInterceptor({ logger, now: () => 0 }),
        new LoggingInterceptor({ now: () => 0 }),
      ],
    },
  );
  await probe.client.one({});
  await probe.stop();
  const { method, status, msg } = JSON.parse(written[0] ?? "{}");
  assert.deepEqual([method, status, msg], ["/grebe.test.Probe/One", "OK", "/grebe.test.Probe/One OK 0 ms"]);
  assert.equal(info.mock.callCount(), 1);
  assert.equal(info.mock.calls[0]?.arguments[0], "/grebe.test.Probe/One OK 0 ms");
});

test("timeout: a call that takes too long ends with DEADLINE_EXCEEDED, and everything below it stops", async () => {
  const { clock, pass, timers } = manualClock();
  let signal: AbortSignal | undefined;
  const probe = await startProbe(
    all((_request, call) => {
      signal = call.signal;
      return NEVER;
    }),
    { interceptors: [new TimeoutInterceptor({ timeoutMs: 500, clock })] },
  );
  for (const mode of modes) {
    signal = undefined;
    const pending = probe.client.inMode(mode);
    await until(() => signal !== undefined, "the handler runs");
    pass(499);
    await turn();
    assert.equal((signal as AbortSignal | undefined)?.aborted, false);
    pass(1);
    const { status } = await pending;
    assert.equal(status.code, StatusCode.DEADLINE_EXCEEDED);
    assert.match(status.details, /longer than 500 ms/);
    assert.equal((signal as AbortSignal | undefined)?.aborted, true);
    assert.equal(timers.size, 0);
  }
  await probe.stop();
});

test("timeout: a call in time leaves no timer, whatever its end", async () => {
  const { clock, timers } = manualClock();
  const probe = await startProbe(
    { one: () => ({}), many: () => throwError(() => StatusError.aborted("x")) },
    { interceptors: [new TimeoutInterceptor({ timeoutMs: 500, clock })] },
  );
  assert.equal((await probe.client.one({})).status.code, StatusCode.OK);
  assert.equal((await probe.client.inMode("many")).status.code, StatusCode.ABORTED);
  assert.equal(timers.size, 0);
  await probe.stop();
});

test("options that make no sense are refused where they are written", () => {
  assert.throws(() => new TimeoutInterceptor({ timeoutMs: 0 }), /timeoutMs/);
  assert.throws(() => new TimeoutInterceptor({ timeoutMs: 2 ** 31 }), /timeoutMs/);
  assert.throws(() => new ConcurrencyLimitInterceptor({ limit: 0 }), /limit/);
  assert.throws(() => new ConcurrencyLimitInterceptor({ limit: 1, queue: -1 }), /queue/);
});

test("concurrency limit: further calls wait in order; those past the queue are RESOURCE_EXHAUSTED", async () => {
  const running: { number: number; finish: () => void }[] = [];
  const probe = await startProbe(
    {
      one: (request: Item) =>
        new Promise((resolve) => {
          const number = request["number"] as number;
          running.push({ number, finish: () => resolve({ number }) });
        }),
    },
    { interceptors: [new ConcurrencyLimitInterceptor({ limit: 2, queue: 2 })] },
  );
  const pending = [1, 2, 3, 4].map((number) => probe.client.one({ number }));
  await until(() => running.length === 2, "two calls run");
  const refused = await probe.client.one({ number: 5 });
  assert.equal(refused.status.code, StatusCode.RESOURCE_EXHAUSTED);
  assert.deepEqual(
    running.map(({ number }) => number),
    [1, 2],
  );
  running[0]?.finish();
  await until(() => running.length === 3, "the third call runs");
  running[1]?.finish();
  await until(() => running.length === 4, "the fourth call runs");
  running[2]?.finish();
  running[3]?.finish();
  assert.deepEqual(
    (await Promise.all(pending)).map(({ messages }) => messages[0]?.["number"]),
    [1, 2, 3, 4],
  );
  await probe.stop();
});

test("concurrency limit: a call that is cancelled while it waits leaves the queue, and its handler never runs", async () => {
  const running: (() => void)[] = [];
  const numbers: unknown[] = [];
  const probe = await startProbe(
    {
      many: (request: Item) => {
        numbers.push(request["number"]);
        return new Promise((resolve) => running.push(() => resolve([{}])));
      },
    },
    { interceptors: [new ConcurrencyLimitInterceptor({ limit: 1, queue: 1 })] },
  );
  const first = outcomeOf(probe.client.many({ number: 1 }));
  await until(() => running.length === 1, "the first call runs");
  const waiting = probe.client.many({ number: 2 });
  const cancelled = outcomeOf(waiting);
  // It is in the queue when a third one is refused.
  await until(() => waiting.getPeer() !== "unknown", "the second call is under way");
  for (let n = 0; n < 20; n++) await turn();
  waiting.cancel();
  await cancelled;
  for (let n = 0; n < 20; n++) await turn();
  const third = outcomeOf(probe.client.many({ number: 3 }));
  for (let n = 0; n < 20; n++) await turn();
  running[0]?.();
  assert.equal((await first).status.code, StatusCode.OK);
  await until(() => running.length === 2, "the third call runs");
  running[1]?.();
  assert.equal((await third).status.code, StatusCode.OK);
  assert.deepEqual(numbers, [1, 3]);
  await probe.stop();
});

test("concurrency limit: failures and cancelled calls give their place back", async () => {
  let ended = 0;
  const probe = await startProbe(
    {
      one: () => {
        throw StatusError.aborted("x");
      },
      many: (_request, call) => {
        call.signal.addEventListener("abort", () => void ended++);
        return concat(of({}), NEVER);
      },
    },
    { interceptors: [new ConcurrencyLimitInterceptor({ limit: 1 })] },
  );
  for (let n = 1; n <= 3; n++) {
    assert.equal((await probe.client.one({})).status.code, StatusCode.ABORTED);
    const call = probe.client.many({});
    call.on("error", () => undefined);
    call.once("data", () => call.cancel());
    await until(() => ended === n, "the call is cancelled");
    await turn();
  }
  await probe.stop();
});

test("concurrency limit: a call that waited runs as itself, not as part of the one that made room", async () => {
  enableAmbientCalls();
  const name = callKey<number>("name");
  const running: (() => void)[] = [];
  const seen: [unknown, unknown][] = [];
  const probe = await startProbe(
    {
      one: (request: Item) => {
        seen.push([request["number"], findCall()?.get(name)]);
        return new Promise((resolve) => running.push(() => resolve({})));
      },
    },
    {
      interceptors: [
        {
          intercept: (call, next) => {
            call.set(name, seen.length + running.length);
            return next.handle();
          },
        },
        new ConcurrencyLimitInterceptor({ limit: 1, queue: 5 }),
        {
          intercept: (call, next) => {
            assert.equal(findCall(), call);
            return next.handle();
          },
        },
      ],
    },
  );
  const pending = [1, 2, 3].map((number) => probe.client.one({ number }));
  for (let n = 0; n < 3; n++) {
    await until(() => running.length === n + 1, "the next call runs");
    running[n]?.();
  }
  for (const { status } of await Promise.all(pending)) assert.equal(status.code, StatusCode.OK);
  await probe.stop();
});

test("concurrency limit: a long queue of calls that end at once is worked off, whatever its length", async () => {
  const LENGTH = 3000;
  let finishFirst = (): void => undefined;
  let waiting = 0;
  const probe = await startProbe(
    {
      one: (request: Item) => {
        if (request["number"] !== 0) return {};
        return new Promise((resolve) => {
          finishFirst = () => resolve({});
        });
      },
    },
    {
      interceptors: [
        {
          intercept: (_call, next) => {
            waiting += 1;
            return next.handle();
          },
        },
        new ConcurrencyLimitInterceptor({ limit: 1, queue: LENGTH }),
      ],
    },
  );
  const pending = Array.from({ length: LENGTH }, (_, number) => probe.client.one({ number }));
  // The rest waits at the client, since a connection has so many streams.
  await until(() => waiting === 1000, "the queue is full");
  finishFirst();
  for (const { status } of await Promise.all(pending)) assert.equal(status.code, StatusCode.OK);
  await probe.stop();
});

test("the ready-made interceptors let a reader hold the source back", async () => {
  let produced = 0;
  const { clock } = manualClock();
  const probe = await startProbe(
    {
      many: function* () {
        for (;;) yield { number: ++produced, payload: Buffer.alloc(20_000) };
      } as never,
    },
    {
      interceptors: [
        new LoggingInterceptor({ logger: recordingLogger() }),
        new TimeoutInterceptor({ timeoutMs: 500, clock }),
        new ConcurrencyLimitInterceptor({ limit: 1 }),
      ],
    },
  );
  const client = new RawClient(probe.address);
  const stream = client.open("Many");
  stream.end(itemFrame({}));
  stream.pause();
  await until(() => produced > 0, "the source runs");
  const held = await settled(() => produced);
  assert.ok(held <= 20, `${held} messages of 20 kB`);
  await client.close();
  await probe.stop();
});
