import assert from "node:assert/strict";
import { test } from "node:test";
import { HedgedCall } from "../../../lib/client/call/hedged-call.js";
import type { ReplayedCallOptions } from "../../../lib/client/call/replayed-call.js";
import { RetryThrottle } from "../../../lib/client/call/retry-throttle.js";
import type { HedgingPolicy } from "../../../lib/client/service-config/service-config.js";
import { Metadata, StatusCode } from "../../../lib/rpc/index.js";
import {
  bytes,
  CallRecord,
  callOptions,
  type Ending,
  FakeAttempts,
  hedgingPolicy,
  noop,
  turn,
} from "./fake-attempts.js";

const { OK, UNAVAILABLE, INTERNAL, CANCELLED } = StatusCode;

function open(
  policy: Partial<HedgingPolicy> = {},
  options: Partial<ReplayedCallOptions> = {},
  attempts = new FakeAttempts(),
) {
  const record = new CallRecord();
  const complete = callOptions(options);
  const call = new HedgedCall(attempts, record, complete, { ...hedgingPolicy, ...policy });
  return { attempts, record, options: complete, clock: complete.clock, call };
}

const limits = { enabled: true, maxAttempts: 5, maxBytesPerCall: 1024, maxBytes: 2048 };
const pushback = (value: string): Ending => ({ trailers: { "grpc-retry-pushback-ms": value } });

test("an attempt at once, then one each hedging delay until there are as many as allowed", () => {
  const { attempts, clock } = open();
  assert.equal(attempts.started.length, 1);
  clock.advance(99);
  assert.equal(attempts.started.length, 1);
  clock.advance(1);
  assert.equal(attempts.started.length, 2);
  clock.advance(100);
  assert.deepEqual(attempts.previous, [0, 1, 2]);
  assert.equal(clock.pending, 0);
});

test("without a delay all attempts are made at once", () => {
  const { attempts, clock } = open({ hedgingDelayMs: 0 });
  assert.deepEqual(attempts.previous, [0, 1, 2]);
  assert.equal(clock.pending, 0);
});

test("there are no more attempts than the channel allows", () => {
  const { attempts } = open({ hedgingDelayMs: 0, maxAttempts: 9 });
  assert.equal(attempts.started.length, 5);
});

test("the first to answer wins, and the others are cancelled", async () => {
  const { attempts, record, clock, call } = open();
  clock.advance(100);
  const [first, second] = attempts.started;
  const headers = new Metadata();
  headers.set("who", "second");
  second!.answer(headers);
  assert.equal(first!.cancelled?.code, CANCELLED);
  assert.equal(clock.pending, 0);
  assert.equal(call.peer, "10.0.0.2:80");
  first!.answer().reply("late");
  await turn();
  second!.reply("hello").end(OK);
  assert.deepEqual([record.headers?.get("who"), record.messages, record.code], [["second"], ["hello"], OK]);
  assert.equal(record.statuses.length, 1);
});

test("OK without a message is a success too", () => {
  const { attempts, record, clock } = open();
  clock.advance(100);
  attempts.last.end(OK);
  assert.equal(record.code, OK);
  assert.equal(attempts.started[0]!.cancelled?.code, CANCELLED);
  assert.equal(clock.pending, 0);
});

test("a status that is not fatal brings the next attempt at once, and later ones at the delay", () => {
  const { attempts, clock } = open();
  clock.advance(40);
  attempts.last.end(UNAVAILABLE);
  assert.equal(attempts.started.length, 2);
  clock.advance(99);
  assert.equal(attempts.started.length, 2);
  clock.advance(1);
  assert.equal(attempts.started.length, 3);
});

test("a fatal status ends all attempts, and the call", async () => {
  const { attempts, record, clock } = open();
  clock.advance(100);
  attempts.last.end(INTERNAL, { details: "broken" });
  assert.deepEqual([record.code, record.statuses[0]?.details], [INTERNAL, "broken"]);
  assert.equal(attempts.started[0]!.cancelled?.code, CANCELLED);
  assert.equal(clock.pending, 0);
  await turn();
  assert.equal(record.statuses.length, 1);
});

test("once an attempt has answered, its failure is the call's", () => {
  const { attempts, record } = open();
  attempts.last.answer();
  attempts.last.end(UNAVAILABLE);
  assert.deepEqual([record.code, attempts.started.length], [UNAVAILABLE, 1]);
});

test("when all attempts have failed, the last status is the call's", () => {
  const { attempts, record, clock } = open();
  clock.advance(200);
  const [first, second, third] = attempts.started;
  second!.end(UNAVAILABLE, { details: "second" });
  third!.end(UNAVAILABLE, { details: "third" });
  assert.equal(record.over, false);
  first!.end(UNAVAILABLE, { details: "first" });
  assert.equal(record.statuses[0]?.details, "first");
});

test("pushback sets the time of the next attempt, and those behind it keep the delay", () => {
  const { attempts, clock } = open();
  clock.advance(50);
  attempts.last.end(UNAVAILABLE, pushback("200"));
  assert.equal(attempts.started.length, 1);
  clock.advance(199);
  assert.equal(attempts.started.length, 1);
  clock.advance(1);
  assert.equal(attempts.started.length, 2);
  clock.advance(100);
  assert.equal(attempts.started.length, 3);
});

for (const value of ["-1", "soon"]) {
  test(`pushback "${value}" forbids further attempts; those that are under way go on`, () => {
    const throttle = new RetryThrottle({ maxTokens: 10, tokenRatio: 1 });
    const { attempts, record, clock } = open({}, { throttle });
    clock.advance(100);
    attempts.last.end(UNAVAILABLE, pushback(value));
    clock.advance(1000);
    assert.deepEqual([record.over, attempts.started.length], [false, 2]);
    assert.equal(throttle.tokens, 9);
    attempts.started[0]!.answer().reply("hello").end(OK);
    assert.deepEqual([record.messages, record.code], [["hello"], OK]);
  });
}

test("hedges are throttled, the first attempt is not", () => {
  const throttle = new RetryThrottle({ maxTokens: 4, tokenRatio: 1 });
  throttle.onFailure();
  throttle.onFailure();
  const { attempts, record, clock } = open({}, { throttle });
  clock.advance(1000);
  assert.equal(attempts.started.length, 1);
  attempts.last.end(UNAVAILABLE);
  assert.equal(record.code, UNAVAILABLE);
  assert.equal(throttle.tokens, 1);
});

test("a call whose last attempt is throttled ends", () => {
  const throttle = new RetryThrottle({ maxTokens: 4, tokenRatio: 1 });
  const { attempts, record, clock } = open({}, { throttle });
  attempts.last.end(UNAVAILABLE, pushback("50"));
  throttle.onFailure();
  assert.equal(record.over, false);
  clock.advance(50);
  assert.deepEqual([record.code, attempts.started.length, clock.pending], [UNAVAILABLE, 1, 0]);
});

test("each failure takes a token, a success of the call gives some", () => {
  const throttle = new RetryThrottle({ maxTokens: 10, tokenRatio: 0.5 });
  const { attempts } = open({ hedgingDelayMs: 0 }, { throttle });
  attempts.started[0]!.end(UNAVAILABLE);
  attempts.started[1]!.end(UNAVAILABLE);
  attempts.started[2]!.answer().end(OK);
  assert.equal(throttle.tokens, 8.5);
});

test("no hedge is planned past the deadline", () => {
  const { clock } = callOptions();
  const { attempts, record } = open({}, { clock, deadline: clock.now() + 100 });
  assert.equal(clock.pending, 0);
  attempts.last.end(UNAVAILABLE);
  // One that follows at once is in time.
  assert.equal(attempts.started.length, 2);
  attempts.last.end(UNAVAILABLE, pushback("100"));
  assert.equal(record.code, UNAVAILABLE);
});

test("a DROP is final", () => {
  const { attempts, record, clock } = open({ hedgingDelayMs: 0 });
  attempts.started[1]!.end(UNAVAILABLE, { dropped: true });
  assert.equal(record.code, UNAVAILABLE);
  assert.ok(attempts.started.every(({ cancelled }, index) => index === 1 || cancelled !== undefined));
  assert.equal(clock.pending, 0);
});

test("what never reached a server is tried again, and is no other attempt", () => {
  const { attempts, record, clock } = open();
  attempts.last.end(UNAVAILABLE, { progress: "refused" });
  assert.deepEqual(attempts.previous, [0, 0]);
  clock.advance(100);
  assert.deepEqual(attempts.previous, [0, 0, 1]);
  attempts.last.end(UNAVAILABLE, { progress: "unsent" });
  attempts.last.end(UNAVAILABLE, { progress: "unsent" });
  assert.deepEqual(attempts.previous, [0, 0, 1, 1]);
  clock.advance(1);
  assert.deepEqual(attempts.previous, [0, 0, 1, 1, 1]);
  attempts.last.end(UNAVAILABLE, { progress: "refused" });
  assert.deepEqual(attempts.previous, [0, 0, 1, 1, 1, 2]);
  attempts.last.answer().end(OK);
  assert.equal(record.code, OK);
  assert.equal(clock.pending, 0);
});

test("messages go to all attempts, and to later ones again", () => {
  const { attempts, clock, call } = open();
  call.send(bytes("1"), noop);
  clock.advance(100);
  call.send(bytes("2"), noop);
  call.halfClose();
  clock.advance(100);
  assert.deepEqual(
    attempts.started.map(({ sent, halfClosed }) => [sent, halfClosed]),
    Array.from({ length: 3 }, () => [["1", "2"], true]),
  );
});

test("once an attempt is chosen, messages go to it alone", async () => {
  const { attempts, call, options } = open({ hedgingDelayMs: 0 });
  call.send(bytes("1"), noop);
  assert.equal(options.budget.free, 16 * 1024 * 1024 - 1);
  attempts.started[1]!.answer();
  assert.equal(options.budget.free, 16 * 1024 * 1024);
  await turn();
  call.send(bytes("2"), noop);
  assert.deepEqual(
    attempts.started.map(({ sent }) => sent),
    [["1"], ["1", "2"], ["1"]],
  );
});

test("a callback is called once, by the oldest attempt that carries its message", () => {
  const { attempts, clock, call } = open();
  let written = 0;
  call.send(bytes("1"), () => {
    written += 1;
  });
  clock.advance(100);
  attempts.last.write();
  assert.equal(written, 0);
  attempts.started[0]!.write();
  assert.equal(written, 1);
});

test("nothing is read before an attempt is chosen, and then only from it", () => {
  const { attempts, call } = open({ hedgingDelayMs: 0 });
  call.startRead();
  call.startRead();
  assert.deepEqual(
    attempts.started.map(({ reads }) => reads),
    [0, 0, 0],
  );
  attempts.started[2]!.answer();
  call.startRead();
  assert.deepEqual(
    attempts.started.map(({ reads }) => reads),
    [0, 0, 3],
  );
});

test("more than may be kept leaves the oldest attempt alone", async () => {
  const { attempts, record, clock, call } = open({}, { limits: { ...limits, maxBytesPerCall: 2 } });
  call.startRead();
  call.send(bytes("12"), noop);
  clock.advance(100);
  call.send(bytes("3"), noop);
  await turn();
  const [first, second] = attempts.started;
  assert.deepEqual([first!.cancelled, second!.cancelled?.code], [undefined, CANCELLED]);
  assert.deepEqual([first!.sent, first!.reads, clock.pending], [["12", "3"], 1, 0]);
  first!.end(UNAVAILABLE);
  assert.deepEqual([record.code, attempts.started.length], [UNAVAILABLE, 2]);
});

test("more than may be kept before there is any stream leaves one attempt, which gets it all", () => {
  const { attempts, clock, call } = open(
    { hedgingDelayMs: 0 },
    { limits: { ...limits, maxBytesPerCall: 2 } },
    new FakeAttempts(noop),
  );
  call.startRead();
  for (const text of ["1", "2", "3", "4"]) call.send(bytes(text), noop);
  assert.deepEqual(
    attempts.started.map(({ cancelled }) => cancelled?.code),
    [undefined, CANCELLED, CANCELLED],
  );
  const [first] = attempts.started;
  first!.open();
  assert.deepEqual([first!.sent, first!.reads, clock.pending], [["1", "2", "3", "4"], 1, 0]);
});

test("more than may be kept while no attempt is under way leaves the next one alone", () => {
  const { attempts, record, clock, call } = open({}, { limits: { ...limits, maxBytesPerCall: 2 } });
  call.send(bytes("12"), noop);
  attempts.last.end(UNAVAILABLE, pushback("50"));
  call.send(bytes("3"), noop);
  clock.advance(50);
  assert.deepEqual([attempts.started.length, attempts.last.sent, clock.pending], [2, ["12", "3"], 0]);
  attempts.last.end(UNAVAILABLE);
  assert.deepEqual([record.code, attempts.started.length], [UNAVAILABLE, 2]);
});

test("cancel ends all attempts and waits", async () => {
  const { attempts, record, clock, call, options } = open();
  call.send(bytes("1"), noop);
  clock.advance(100);
  call.cancel(CANCELLED, "enough");
  assert.deepEqual(
    attempts.started.map(({ cancelled }) => cancelled?.details),
    ["enough", "enough"],
  );
  await turn();
  assert.deepEqual([record.statuses.length, record.statuses[0]?.details], [1, "enough"]);
  assert.deepEqual([clock.pending, options.budget.free], [0, 16 * 1024 * 1024]);
});

test("cancelled from within a replay, a call leaves no attempt behind", () => {
  const attempts = new FakeAttempts((attempt) => {
    attempt.send = (frame, written) => {
      attempt.sent.push(frame.toString());
      written();
    };
  });
  const { call, clock } = open({ hedgingDelayMs: 10 }, {}, attempts);
  call.send(bytes("1"), () => call.cancel(CANCELLED, "enough"));
  call.send(bytes("2"), noop);
  attempts.last.open();
  assert.deepEqual(attempts.last.sent, ["1"]);
  assert.equal(attempts.last.cancelled?.code, CANCELLED);
  clock.advance(100);
  assert.equal(attempts.started.length, 1);
});
