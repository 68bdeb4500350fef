/** Deadlines and cancellation: of one call, and over several hops. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NEVER } from "rxjs";
import { currentCall } from "../../lib/ambient.js";
import { type CallContext, remainingMs, StatusCode, StatusError } from "../../lib/rpc/index.js";
import { type Probe, startProbe } from "../server/probe.js";
import { checkAtEnd, deferred, until } from "../server/support.js";
import { ManualClock } from "./doubles.js";
import {
  callerOf,
  closeAtEnd,
  failureOf,
  type ProbeClient,
  reply,
  responseHeaders,
  startHttp2,
} from "./support.js";

type Handler = (request: never, call: CallContext) => unknown;

interface Hop {
  readonly probe: Probe;
  readonly client: ProbeClient;
  handle: Handler;
}

async function startHop(): Promise<Hop> {
  const run: Handler = (request, call) => hop.handle(request, call);
  const probe = await startProbe({ one: run, many: run, collect: run, chat: run });
  const hop: Hop = { probe, client: callerOf(probe.address).client, handle: () => ({}) };
  return hop;
}

/** Runs jobs below no call. */
const jobs: (() => void)[] = [];
const outside = (job: () => void): void => void jobs.push(job);
const worker = setInterval(() => jobs.shift()?.(), 1);
after(() => clearInterval(worker));

let a: Hop;
let b: Hop;
let c: Hop;
before(async () => {
  [a, b, c] = await Promise.all([startHop(), startHop(), startHop()]);
});
closeAtEnd();
after(() => Promise.all([a, b, c].map(({ probe }) => probe.stop())));
checkAtEnd();

test("a deadline over three hops: what is left shrinks at each, and all work stops", async () => {
  const left: number[] = [];
  const stopped = deferred();
  const note = (call: CallContext): void => {
    left.push(
      Number(
        /^(\d+)m$/.exec(
          String(call.metadata.get("grpc-timeout")[0] ?? `${Math.ceil(remainingMs(call.deadline))}m`),
        )![1],
      ),
    );
  };
  const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
  a.handle = async (_request, call) => {
    note(call);
    await pause();
    return b.client.one({});
  };
  b.handle = async (_request, call) => {
    note(call);
    await pause();
    return c.client.one({});
  };
  c.handle = (_request, call) => {
    note(call);
    call.signal.addEventListener("abort", () => stopped.resolve());
    return NEVER;
  };
  const startedAt = performance.now();
  const error = await failureOf(a.client.one({}, { deadlineMs: 500 }));
  const tookMs = performance.now() - startedAt;
  assert.equal(error.code, StatusCode.DEADLINE_EXCEEDED);
  assert.ok(tookMs >= 495 && tookMs < 800, `${tookMs}`);
  await stopped.promise;
  assert.equal(left.length, 3);
  assert.ok(
    left[0]! <= 500 && left[0]! > left[1]! && left[1]! > left[2]! && left[2]! > 300,
    left.join(" > "),
  );
});

test("a cancel at the first hop reaches the last within 50 ms", async () => {
  const reached = deferred();
  let stoppedAt = 0;
  a.handle = async () => b.client.one({});
  b.handle = async () => c.client.one({});
  c.handle = (_request, call) => {
    reached.resolve();
    call.signal.addEventListener("abort", () => {
      stoppedAt = performance.now();
    });
    return NEVER;
  };
  const abort = new AbortController();
  const failure = failureOf(a.client.one({}, { signal: abort.signal }));
  await reached.promise;
  const cancelledAt = performance.now();
  abort.abort();
  assert.equal((await failure).code, StatusCode.CANCELLED);
  await until(() => stoppedAt > 0, "the last hop has stopped");
  assert.ok(stoppedAt - cancelledAt < 50, `${stoppedAt - cancelledAt} ms`);
});

test("the smaller budget wins, whoever has it", async () => {
  const left: number[] = [];
  c.handle = (_request, call) => {
    left.push(remainingMs(call.deadline));
    return {};
  };
  a.handle = async () => {
    await c.client.one({}, { deadlineMs: 200 });
    await c.client.one({}, { deadlineMs: 20_000 });
    await c.client.one({}, { deadlineMs: 20_000, inherit: false });
    return {};
  };
  await a.client.one({}, { deadlineMs: 1000 });
  assert.ok(left[0]! <= 200, `${left[0]}`);
  assert.ok(left[1]! > 200 && left[1]! <= 1000, `${left[1]}`);
  assert.ok(left[2]! > 10_000, `${left[2]}`);
});

test("trace context flows on; other headers do not, unless they are chosen", async () => {
  const seen: Record<string, unknown>[] = [];
  c.handle = (_request, call) => {
    const { metadata } = call;
    seen.push({
      trace: metadata.get("traceparent"),
      user: metadata.get("x-user"),
      own: metadata.get("x-own"),
    });
    return {};
  };
  a.handle = async () => {
    await c.client.one({}, { metadata: { "x-own": "1" } });
    await c.client.one({}, { inherit: { metadata: ["x-user"] } });
    await c.client.one({}, { metadata: { traceparent: "mine" } });
    await c.client.one({}, { inherit: false });
    return {};
  };
  await a.client.one({}, { metadata: { traceparent: "above", "x-user": "ada" } });
  assert.deepEqual(seen, [
    { trace: ["above"], user: [], own: ["1"] },
    { trace: [], user: ["ada"], own: [] },
    { trace: ["mine"], user: [], own: [] },
    { trace: [], user: [], own: [] },
  ]);
});

test("the caller can be handed in, where calls are not ambient", async () => {
  c.handle = (_request, call) => ({ number: Math.round(remainingMs(call.deadline)) });
  a.handle = (_request, call) => {
    assert.equal(currentCall(), call);
    return new Promise((resolve, reject) => {
      // Work that was started elsewhere has no ambient call, or another one.
      outside(() => c.client.one({}, { caller: call }).then(resolve, reject));
    });
  };
  const { number } = await a.client.one({}, { deadlineMs: 700 });
  assert.ok(number > 0 && number <= 700, String(number));
});

test("the work of a call that ends well is not cancelled, and nothing listens to it any more", async () => {
  let aborted = 0;
  c.handle = (_request, call) => {
    call.signal.addEventListener("abort", () => (aborted += 1));
    return {};
  };
  a.handle = async () => {
    for (let i = 0; i < 50; i++) await c.client.one({});
    return {};
  };
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on("warning", note);
  await a.client.one({});
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", note);
  assert.deepEqual(warnings, [], "no listener is left behind per call");
  assert.equal(aborted, 0);
});

test("no call can hang: unary calls have a deadline unless they say otherwise", async () => {
  let deadline = 0;
  c.handle = (_request, call) => {
    deadline = call.deadline;
    return {};
  };
  await c.client.one({});
  assert.ok(deadline - Date.now() <= 60_000 && deadline - Date.now() > 50_000);
  await c.client.one({}, { deadlineMs: Number.POSITIVE_INFINITY });
  assert.equal(deadline, Number.POSITIVE_INFINITY);
  const { client } = callerOf(c.probe.address, {}, { deadlineMs: 3000 });
  await client.collect([]);
  assert.ok(deadline - Date.now() <= 3000);
});

test("interop 2.3: headers, then RST_STREAM(NO_ERROR) while the request is still unsent, ends the call", async () => {
  const { address } = await startHttp2((stream) => {
    stream.respond(responseHeaders);
    stream.close(0);
  });
  const { client } = callerOf(address);
  for (const size of [10, 100_000, 271_828]) {
    const error = await failureOf(client.one({ payload: Buffer.alloc(size) }, { deadlineMs: 2000 }));
    assert.ok(
      error.code === StatusCode.INTERNAL || error.code === StatusCode.DEADLINE_EXCEEDED,
      String(error),
    );
  }
});

test("a deadline of weeks is sent as what a 32-bit server can count, and no timer overflows", async () => {
  const timeouts: unknown[] = [];
  const { address } = await startHttp2((stream, headers) => {
    timeouts.push(headers["grpc-timeout"]);
    reply(stream, Buffer.from([0, 0, 0, 0, 0]));
  });
  const { client } = callerOf(address);
  for (const deadlineMs of [0.5, 90_000_000, 30 * 24 * 3_600_000])
    await client.one({}, { deadlineMs }).catch(() => 0);
  await client.one({}, { deadlineMs: Number.POSITIVE_INFINITY });
  assert.equal(timeouts.at(-1), undefined);
  assert.equal(timeouts.at(-2), "2147483S");
  assert.match(String(timeouts.at(-3)), /^(?:90000000|8999\d{4})m$/);
});

test("a deadline that is over before the call is sent: nothing is sent", async () => {
  let calls = 0;
  c.handle = () => {
    calls += 1;
    return {};
  };
  for (const deadlineMs of [0, -5]) {
    assert.equal((await failureOf(c.client.one({}, { deadlineMs }))).code, StatusCode.DEADLINE_EXCEEDED);
  }
  await assert.rejects(
    c.client.many({}, { deadlineMs: Number.NaN })[Symbol.asyncIterator]().next(),
    RangeError,
  );
  await assert.rejects(c.client.one({}, { deadlineMs: Number.NaN }), RangeError);
  assert.ok(calls <= 1);
});

test("a call that waits for a connection says in its deadline's error why there was none", async () => {
  const clock = new ManualClock();
  const { channel, client } = callerOf("127.0.0.1:1", { clock });
  const failure = failureOf(client.one({}, { waitForReady: true, deadlineMs: 5000 }));
  await until(() => channel.state === "TRANSIENT_FAILURE", "the connection has failed");
  clock.advance(5000);
  const error = await failure;
  assert.equal(error.code, StatusCode.DEADLINE_EXCEEDED);
  assert.match(error.text, /ECONNREFUSED/);
  assert.ok(error instanceof StatusError);
});
