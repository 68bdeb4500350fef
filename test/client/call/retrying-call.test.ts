import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReplayedCallOptions } from "../../../lib/client/call/replayed-call.js";
import { RetryThrottle } from "../../../lib/client/call/retry-throttle.js";
import { RetryingCall } from "../../../lib/client/call/retrying-call.js";
import type { RetryPolicy } from "../../../lib/client/service-config/service-config.js";
import { Metadata, StatusCode } from "../../../lib/rpc/index.js";
import { cycle } from "../doubles.js";
import {
  bytes,
  CallRecord,
  callOptions,
  type Ending,
  FakeAttempts,
  noop,
  retryPolicy,
  turn,
} from "./fake-attempts.js";

const { OK, UNAVAILABLE, INTERNAL, CANCELLED } = StatusCode;

interface Setting extends Partial<Omit<ReplayedCallOptions, "retry">> {
  readonly retry?: Partial<RetryPolicy> | undefined;
}

function open(setting: Setting = {}, attempts = new FakeAttempts()) {
  const record = new CallRecord();
  const retry = "retry" in setting ? setting.retry && { ...retryPolicy, ...setting.retry } : retryPolicy;
  const options = callOptions({ ...setting, retry });
  const call = new RetryingCall(attempts, record, options);
  return { attempts, record, options, clock: options.clock, call };
}

const limits = { enabled: true, maxAttempts: 5, maxBytesPerCall: 1024 * 1024, maxBytes: 16 * 1024 * 1024 };
const pushback = (value: string | readonly string[]): Ending => ({
  trailers: { "grpc-retry-pushback-ms": value },
});

test("RetryUnary: what is retried ends well, what is not fails, and attempts run out", () => {
  let served = -1;
  const results: [StatusCode, number][] = [];
  for (let rpc = 0; rpc < 7; rpc++) {
    const { attempts, record, clock, call } = open();
    call.send(bytes("request"), noop);
    call.halfClose();
    while (!record.over) {
      served += 1;
      assert.deepEqual(attempts.last.sent, ["request"]);
      assert.equal(attempts.last.halfClosed, true);
      if ([0, 2, 5].includes(served)) attempts.last.answer().reply("response").end(OK);
      else attempts.last.end([6, 8, 11].includes(served) ? INTERNAL : UNAVAILABLE);
      clock.advance(10);
    }
    results.push([record.code!, served]);
  }
  assert.deepEqual(results, [
    ...([
      [OK, 0],
      [OK, 2],
      [OK, 5],
      [INTERNAL, 6],
    ] as const),
    ...([
      [INTERNAL, 8],
      [INTERNAL, 11],
      [UNAVAILABLE, 15],
    ] as const),
  ]);
});

test("RetryStreaming: a code that is not listed is not retried", () => {
  const { attempts, record, clock } = open();
  attempts.last.end(INTERNAL, { details: "broken" });
  clock.advance(1000);
  assert.equal(record.statuses[0]?.details, "broken");
  assert.equal(attempts.started.length, 1);
});

test("RetryStreaming: one retry, after the wait of the policy", () => {
  const { attempts, record, clock } = open();
  attempts.last.end(UNAVAILABLE);
  clock.advance(9.9);
  assert.equal(attempts.started.length, 1);
  clock.advance(0.1);
  assert.equal(attempts.started.length, 2);
  attempts.last.answer().reply("hello").end(OK);
  assert.deepEqual([record.messages, record.code], [["hello"], OK]);
});

test("RetryStreaming: attempts are numbered, and end when there were as many as allowed", () => {
  const { attempts, record, clock } = open();
  for (let i = 0; i < 4; i++) {
    assert.equal(record.over, false);
    attempts.last.end(UNAVAILABLE, { details: `attempt ${i}` });
    clock.advance(10);
  }
  assert.deepEqual(attempts.previous, [0, 1, 2, 3]);
  assert.equal(record.statuses[0]?.details, "attempt 3");
  assert.equal(record.statuses.length, 1);
  assert.equal(clock.pending, 0);
});

test("RetryStreaming: several requests are sent again", () => {
  const { attempts, clock, call } = open();
  call.send(bytes("1"), noop);
  call.send(bytes("2"), noop);
  attempts.last.end(UNAVAILABLE);
  clock.advance(10);
  assert.deepEqual(attempts.last.sent, ["1", "2"]);
});

test("RetryStreaming: requests of later attempts are sent again too", () => {
  const { attempts, record, clock, call } = open();
  call.send(bytes("1"), noop);
  attempts.last.end(UNAVAILABLE);
  clock.advance(10);
  call.send(bytes("2"), noop);
  attempts.last.end(UNAVAILABLE);
  call.send(bytes("3"), noop);
  clock.advance(10);
  call.send(bytes("4"), noop);
  assert.deepEqual(attempts.last.sent, ["1", "2", "3", "4"]);
  attempts.last.answer().end(OK);
  assert.equal(record.code, OK);
});

test("RetryStreaming: no retry after a message was received", () => {
  const { attempts, record, clock } = open();
  attempts.last.answer().reply("1").end(UNAVAILABLE);
  clock.advance(1000);
  assert.deepEqual([record.code, attempts.started.length], [UNAVAILABLE, 1]);
});

test("RetryStreaming: headers are those of the attempt that answers", () => {
  const { attempts, record, clock } = open();
  attempts.last.end(UNAVAILABLE);
  clock.advance(10);
  const headers = new Metadata();
  headers.set("who", "second");
  attempts.last.answer(headers);
  assert.deepEqual(record.headers?.get("who"), ["second"]);
});

test("RetryStreaming: no retry after headers were received", () => {
  const { attempts, record, clock } = open();
  attempts.last.answer();
  attempts.last.end(UNAVAILABLE);
  clock.advance(1000);
  assert.deepEqual([record.code, attempts.started.length], [UNAVAILABLE, 1]);
});

test("RetryStreaming: the end of requests is replayed", () => {
  const { attempts, clock, call } = open();
  call.send(bytes("1"), noop);
  call.halfClose();
  call.halfClose();
  attempts.last.end(UNAVAILABLE);
  clock.advance(10);
  assert.deepEqual([attempts.last.sent, attempts.last.halfClosed], [["1"], true]);
});

for (const [name, value] of [
  ["negative", "-1"],
  ["non-numeric", "xxx"],
  ["fractional", "1.5"],
  ["empty", ""],
  ["too large", "2147483648"],
  ["repeated", ["5", "5"]],
  ["joined", "5, 5"],
] as const) {
  test(`RetryStreaming: ${name} pushback forbids a retry, and counts as a failure`, () => {
    const throttle = new RetryThrottle({ maxTokens: 10, tokenRatio: 1 });
    const { attempts, record, clock } = open({ throttle });
    attempts.last.end(UNAVAILABLE, pushback(value));
    clock.advance(1000);
    assert.deepEqual([record.code, attempts.started.length], [UNAVAILABLE, 1]);
    assert.equal(throttle.tokens, 9);
  });
}

test("pushback that forbids a retry counts as a failure whatever the code", () => {
  const throttle = new RetryThrottle({ maxTokens: 10, tokenRatio: 1 });
  open({ throttle }).attempts.last.end(INTERNAL, pushback("-1"));
  assert.equal(throttle.tokens, 9);
});

test("RetryStreaming: pushback of 1 s delays the retry", () => {
  const { attempts, clock } = open();
  attempts.last.end(UNAVAILABLE, pushback("1000"));
  clock.advance(999);
  assert.equal(attempts.started.length, 1);
  clock.advance(1);
  assert.equal(attempts.started.length, 2);
});

test("pushback does not make a code retryable", () => {
  const { attempts, record } = open();
  attempts.last.end(INTERNAL, pushback("10"));
  assert.equal(record.code, INTERNAL);
});

test("pushback of 0 retries at once", () => {
  const { attempts } = open();
  attempts.last.end(UNAVAILABLE, pushback("0"));
  assert.equal(attempts.started.length, 2);
});

test("RetryStreaming: a call that has sent more than may be kept is not retried", () => {
  const { attempts, record, clock, call, options } = open({ limits: { ...limits, maxBytesPerCall: 3 } });
  call.send(bytes("123"), noop);
  assert.equal(options.budget.free, 16 * 1024 * 1024 - 3);
  call.send(bytes("4"), noop);
  assert.equal(options.budget.free, 16 * 1024 * 1024);
  assert.deepEqual(attempts.last.sent, ["123", "4"]);
  attempts.last.end(UNAVAILABLE);
  clock.advance(1000);
  assert.deepEqual([record.code, attempts.started.length], [UNAVAILABLE, 1]);
});

test("waits grow from the first to the longest, and start anew after pushback", () => {
  const { attempts, clock } = open({
    retry: { maxAttempts: 9, initialBackoffMs: 100, maxBackoffMs: 350, backoffMultiplier: 2 },
    limits: { ...limits, maxAttempts: 9 },
  });
  const waits: (number | undefined)[] = [];
  for (const ending of [{}, {}, {}, {}, pushback("7"), {}, {}]) {
    attempts.last.end(UNAVAILABLE, ending);
    waits.push(clock.nextInMs);
    clock.advance(clock.nextInMs!);
  }
  assert.deepEqual(waits, [100, 200, 350, 350, 7, 100, 200]);
});

test("the first wait is capped too", () => {
  const { attempts, clock } = open({ retry: { initialBackoffMs: 500, maxBackoffMs: 200 } });
  attempts.last.end(UNAVAILABLE);
  assert.equal(clock.nextInMs, 200);
});

test("waits are up to a fifth shorter or longer", () => {
  const { attempts, clock } = open({
    retry: { initialBackoffMs: 100, maxBackoffMs: 100 },
    random: cycle(0, 0.75, 1 - 2 ** -53),
  });
  const waits: number[] = [];
  for (let i = 0; i < 3; i++) {
    attempts.last.end(UNAVAILABLE);
    waits.push(Math.round(clock.nextInMs! * 1000) / 1000);
    clock.advance(clock.nextInMs!);
  }
  assert.deepEqual(waits, [80, 110, 120]);
});

for (const [name, cap, configured, attempts] of [
  ["below the config", 2, 3, 2],
  ["above the config", 8, 4, 4],
  ["by default 5", 5, 9, 5],
  ["of one", 1, 4, 1],
] as const) {
  test(`MaxCallAttempts: a cap ${name} allows ${attempts} attempts`, () => {
    const call = open({ retry: { maxAttempts: configured }, limits: { ...limits, maxAttempts: cap } });
    while (!call.record.over) {
      call.attempts.last.end(UNAVAILABLE);
      call.clock.advance(10);
    }
    assert.equal(call.attempts.started.length, attempts);
  });
}

test("NoRetry: switched off, nothing is retried but what never reached the server", () => {
  const { attempts, record, clock } = open({ limits: { ...limits, enabled: false } });
  attempts.last.end(UNAVAILABLE, { progress: "refused" });
  assert.equal(attempts.started.length, 2);
  attempts.last.end(UNAVAILABLE);
  clock.advance(1000);
  assert.deepEqual([record.code, attempts.started.length], [UNAVAILABLE, 2]);
});

test("RetryStats: transparent retries do not count as attempts", () => {
  const { attempts, record, clock } = open();
  attempts.last.end(UNAVAILABLE, { progress: "refused" });
  attempts.last.end(UNAVAILABLE);
  clock.advance(10);
  attempts.last.answer().end(OK);
  assert.deepEqual(attempts.previous, [0, 0, 1]);
  assert.equal(record.code, OK);
});

test("what the server refused is tried again once, at once, then it is a failure as any other", () => {
  const { attempts, record, clock, call } = open({ retry: undefined });
  call.send(bytes("request"), noop);
  call.halfClose();
  attempts.last.end(UNAVAILABLE, { progress: "refused" });
  assert.equal(attempts.started.length, 2);
  assert.deepEqual([attempts.last.sent, attempts.last.halfClosed], [["request"], true]);
  attempts.last.end(UNAVAILABLE, { progress: "refused" });
  clock.advance(1000);
  assert.deepEqual([record.code, attempts.started.length], [UNAVAILABLE, 2]);
});

test("the second refusal goes through the policy, and takes a token; the first does not", () => {
  const throttle = new RetryThrottle({ maxTokens: 10, tokenRatio: 1 });
  const { attempts, clock } = open({ throttle });
  attempts.last.end(UNAVAILABLE, { progress: "refused" });
  assert.equal(throttle.tokens, 10);
  attempts.last.end(UNAVAILABLE, { progress: "refused" });
  assert.equal(throttle.tokens, 9);
  clock.advance(10);
  assert.deepEqual(attempts.previous, [0, 0, 1]);
});

test("what never left is tried again until the deadline", () => {
  const clock = callOptions().clock;
  const { attempts, record } = open({ retry: undefined, clock, deadline: clock.now() + 20 });
  while (!record.over) {
    attempts.last.end(UNAVAILABLE, { progress: "unsent" });
    if (!record.over) clock.advance(1);
  }
  assert.equal(attempts.started.length, 21);
  assert.ok(attempts.previous.every((count) => count === 0));
});

test("RetryTransparentWhenCommitted: no transparent retry after commit", () => {
  const overflown = open({ limits: { ...limits, maxBytesPerCall: 2 } });
  overflown.call.send(bytes("123"), noop);
  overflown.attempts.last.end(UNAVAILABLE, { progress: "refused" });
  assert.deepEqual([overflown.record.code, overflown.attempts.started.length], [UNAVAILABLE, 1]);

  const answered = open();
  answered.attempts.last.answer();
  answered.attempts.last.end(UNAVAILABLE, { progress: "refused" });
  assert.deepEqual([answered.record.code, answered.attempts.started.length], [UNAVAILABLE, 1]);
});

test("RetryTransparentWhenCommitted: nor after the call was cancelled", async () => {
  const { attempts, record, call } = open({}, new FakeAttempts(noop));
  call.cancel(CANCELLED, "enough");
  attempts.last.end(CANCELLED, { progress: "unsent" });
  await turn();
  assert.deepEqual([record.code, record.statuses.length, attempts.started.length], [CANCELLED, 1, 1]);
});

test("a DROP is final", () => {
  const throttle = new RetryThrottle({ maxTokens: 10, tokenRatio: 1 });
  const { attempts, record, clock } = open({ throttle }, new FakeAttempts(noop));
  attempts.last.end(UNAVAILABLE, { dropped: true, progress: "unsent" });
  clock.advance(1000);
  assert.deepEqual([record.code, attempts.started.length, throttle.tokens], [UNAVAILABLE, 1, 10]);
});

test("a pick that fails goes through the policy", () => {
  const { attempts, record, clock } = open({}, new FakeAttempts(noop));
  attempts.last.end(UNAVAILABLE);
  clock.advance(10);
  assert.deepEqual([record.over, attempts.started.length], [false, 2]);
});

test("no retry is planned past the deadline: the call fails with what it failed of", () => {
  const { clock } = callOptions();
  const { attempts, record } = open({ clock, deadline: clock.now() + 10 });
  attempts.last.end(UNAVAILABLE);
  assert.equal(record.code, UNAVAILABLE);
  assert.equal(clock.pending, 0);
});

test("cancelled while it waits for its next attempt, a call leaves nothing behind", async () => {
  const { attempts, record, clock, call, options } = open();
  call.send(bytes("1"), noop);
  attempts.last.end(UNAVAILABLE);
  let released = false;
  call.send(bytes("2"), () => {
    released = true;
  });
  call.cancel(CANCELLED, "enough");
  assert.equal(released, true);
  await turn();
  assert.deepEqual([record.code, record.statuses[0]?.details], [CANCELLED, "enough"]);
  assert.equal(clock.pending, 0);
  assert.equal(options.budget.free, 16 * 1024 * 1024);
  clock.advance(1000);
  assert.equal(attempts.started.length, 1);
});

test("cancelled with an attempt under way, a call cancels it and tells its status once", async () => {
  const { attempts, record, call } = open();
  call.cancel(CANCELLED, "enough");
  call.cancel(CANCELLED, "again");
  assert.deepEqual(attempts.last.cancelled, { code: CANCELLED, details: "enough" });
  attempts.last.answer().reply("late");
  await turn();
  assert.deepEqual([record.headers, record.messages, record.statuses.length], [undefined, [], 1]);
});

test("an attempt without an answer in time is given up, and another one made", async () => {
  const { attempts, record, clock } = open({ retry: { perAttemptRecvTimeoutMs: 50 } });
  clock.advance(50);
  assert.equal(attempts.last.cancelled?.code, CANCELLED);
  await turn();
  assert.equal(record.over, false);
  clock.advance(10);
  assert.deepEqual(attempts.previous, [0, 1]);
  attempts.last.answer();
  clock.advance(1000);
  attempts.last.reply("late, but in time to begin").end(OK);
  assert.equal(record.code, OK);
  assert.equal(clock.pending, 0);
});

test("an attempt is given time from when it has a stream", () => {
  const { attempts, clock } = open({ retry: { perAttemptRecvTimeoutMs: 50 } }, new FakeAttempts(noop));
  clock.advance(1000);
  assert.equal(attempts.last.cancelled, undefined);
  attempts.last.open();
  assert.equal(clock.nextInMs, 50);
});

test("the last attempt that is given up ends the call, and takes a token as all do", async () => {
  const throttle = new RetryThrottle({ maxTokens: 10, tokenRatio: 1 });
  const { record, clock } = open({ throttle, retry: { perAttemptRecvTimeoutMs: 50, maxAttempts: 2 } });
  clock.advance(50);
  await turn();
  clock.advance(60);
  await turn();
  assert.equal(record.code, CANCELLED);
  assert.match(record.statuses[0]!.details, /no answer within 50 ms/);
  assert.equal(throttle.tokens, 8);
});

test("without a policy a call has no timer, and keeps nothing once it is answered", () => {
  const { attempts, clock, call, options } = open({ retry: undefined });
  call.send(bytes("request"), noop);
  call.halfClose();
  assert.equal(clock.pending, 0);
  assert.equal(options.budget.free, 16 * 1024 * 1024);
  attempts.last.answer().end(OK);
});

test("the peer is that of the attempt that counts", () => {
  const { attempts, clock, call } = open();
  assert.equal(call.peer, "10.0.0.1:80");
  attempts.last.end(UNAVAILABLE);
  clock.advance(10);
  assert.equal(call.peer, "10.0.0.2:80");
});
