import assert from "node:assert/strict";
import { test } from "node:test";
import { ReplayBudget } from "../../../lib/client/call/replay-budget.js";
import { RetryingCall } from "../../../lib/client/call/retrying-call.js";
import { StatusCode } from "../../../lib/rpc/index.js";
import { bytes, CallRecord, callOptions, FakeAttempts, noop, retryPolicy, turn } from "./fake-attempts.js";

const { OK, UNAVAILABLE, CANCELLED } = StatusCode;
const refused = { progress: "refused" } as const;
const limits = { enabled: true, maxAttempts: 5, maxBytesPerCall: 1024, maxBytes: 2048 };

test("what is sent before there is a stream is kept, and its callbacks wait", () => {
  const attempts = new FakeAttempts(noop);
  const call = new RetryingCall(attempts, new CallRecord(), callOptions());
  const written: number[] = [];
  call.send(bytes("1"), () => written.push(1));
  call.send(bytes("2"), () => written.push(2));
  call.halfClose();
  call.startRead();
  assert.deepEqual(written, []);
  attempts.last.open();
  assert.deepEqual(
    [attempts.last.sent, attempts.last.halfClosed, attempts.last.reads, written],
    [["1", "2"], true, 1, []],
  );
  attempts.last.write();
  assert.deepEqual(written, [1, 2]);
});

test("a callback is called once, by the first attempt that carries its message", () => {
  const attempts = new FakeAttempts();
  const options = callOptions({ retry: retryPolicy });
  const call = new RetryingCall(attempts, new CallRecord(), options);
  const written: number[] = [];
  call.send(bytes("1"), () => written.push(1));
  attempts.last.write();
  attempts.last.end(UNAVAILABLE);
  call.send(bytes("2"), () => written.push(2));
  options.clock.advance(10);
  assert.deepEqual(attempts.last.sent, ["1", "2"]);
  assert.deepEqual(written, [1]);
  attempts.last.write();
  assert.deepEqual(written, [1, 2]);
  attempts.last.end(UNAVAILABLE);
  options.clock.advance(10);
  attempts.last.write();
  assert.deepEqual(written, [1, 2]);
});

test("what callbacks send during a replay is sent in order", () => {
  const attempts = new FakeAttempts(noop);
  const call = new RetryingCall(attempts, new CallRecord(), callOptions());
  const { last } = attempts;
  // A connection that takes everything at once, and says so from within.
  last.send = (frame, written) => {
    last.sent.push(frame.toString());
    written();
  };
  call.send(bytes("1"), () => call.send(bytes("3"), () => call.send(bytes("4"), noop)));
  call.send(bytes("2"), noop);
  last.open();
  call.send(bytes("5"), noop);
  assert.deepEqual(last.sent, ["1", "2", "3", "4", "5"]);
});

test("a call that a callback cancels during a replay sends no more", async () => {
  const attempts = new FakeAttempts(noop);
  const record = new CallRecord();
  const call = new RetryingCall(attempts, record, callOptions());
  const { last } = attempts;
  last.send = (frame, written) => {
    last.sent.push(frame.toString());
    written();
  };
  call.send(bytes("1"), () => call.cancel(CANCELLED, "enough"));
  call.send(bytes("2"), noop);
  call.halfClose();
  last.open();
  assert.deepEqual([last.sent, last.halfClosed], [["1"], false]);
  assert.equal(last.cancelled?.code, CANCELLED);
  await turn();
  assert.equal(record.statuses.length, 1);
});

test("sent after the end, a message goes nowhere, and its callback is called", async () => {
  const attempts = new FakeAttempts();
  const call = new RetryingCall(attempts, new CallRecord(), callOptions());
  attempts.last.end(OK);
  const written: number[] = [];
  call.send(bytes("1"), () => written.push(1));
  assert.deepEqual(written, []);
  await turn();
  assert.deepEqual([attempts.last.sent, written], [[], [1]]);
});

test("reads are asked of each new attempt until one answers, then only of that", () => {
  const attempts = new FakeAttempts();
  const call = new RetryingCall(attempts, new CallRecord(), callOptions());
  call.startRead();
  call.startRead();
  assert.equal(attempts.last.reads, 2);
  attempts.last.end(UNAVAILABLE, refused);
  assert.equal(attempts.last.reads, 2);
  attempts.last.answer();
  call.startRead();
  assert.equal(attempts.last.reads, 3);
});

test("a call without a policy keeps its first message whatever its size, and 64 KiB of further ones", () => {
  const large = new FakeAttempts();
  const first = new RetryingCall(large, new CallRecord(), callOptions());
  first.send(Buffer.alloc(10_000_000, "x"), noop);
  large.last.end(UNAVAILABLE, refused);
  assert.equal(large.last.sent[0]?.length, 10_000_000);

  const attempts = new FakeAttempts();
  const record = new CallRecord();
  const call = new RetryingCall(attempts, record, callOptions());
  call.send(bytes("first"), noop);
  call.send(Buffer.alloc(64 * 1024), noop);
  call.send(bytes("too much"), noop);
  attempts.last.end(UNAVAILABLE, refused);
  assert.deepEqual([record.code, attempts.started.length], [UNAVAILABLE, 1]);
});

test("what is too much to keep is still sent when there is a stream at last", () => {
  const attempts = new FakeAttempts(noop);
  const options = callOptions({ retry: retryPolicy, limits: { ...limits, maxBytesPerCall: 2 } });
  const call = new RetryingCall(attempts, new CallRecord(), options);
  for (const text of ["1", "2", "3", "4"]) call.send(bytes(text), noop);
  assert.equal(options.budget.free, 16 * 1024 * 1024 - 2);
  attempts.last.open();
  assert.deepEqual(attempts.last.sent, ["1", "2", "3", "4"]);
  assert.equal(options.budget.free, 16 * 1024 * 1024);
});

test("a call that sends too much while it waits for a retry has that one retry", () => {
  const attempts = new FakeAttempts();
  const record = new CallRecord();
  const options = callOptions({ retry: retryPolicy, limits: { ...limits, maxBytesPerCall: 2 } });
  const call = new RetryingCall(attempts, record, options);
  call.send(bytes("12"), noop);
  attempts.last.end(UNAVAILABLE);
  call.send(bytes("3"), noop);
  options.clock.advance(10);
  assert.deepEqual(attempts.last.sent, ["12", "3"]);
  attempts.last.end(UNAVAILABLE);
  assert.deepEqual([record.code, attempts.started.length], [UNAVAILABLE, 2]);
});

test("calls share the channel's budget, and give back what they took", () => {
  const budget = new ReplayBudget(10);
  const options = callOptions({ retry: retryPolicy, budget });
  const [a, b] = [new FakeAttempts(), new FakeAttempts()];
  const [first, second] = [new CallRecord(), new CallRecord()];
  const callA = new RetryingCall(a, first, options);
  const callB = new RetryingCall(b, second, options);
  callA.send(Buffer.alloc(6), noop);
  callB.send(Buffer.alloc(6), noop);
  assert.equal(budget.free, 4);
  b.last.end(UNAVAILABLE);
  assert.equal(second.code, UNAVAILABLE);
  assert.equal(budget.free, 4);
  a.last.end(UNAVAILABLE);
  assert.equal(first.over, false);
  options.clock.advance(10);
  a.last.answer();
  assert.equal(budget.free, 10);
  callA.send(Buffer.alloc(6), noop);
  assert.equal(budget.free, 10);
  a.last.end(OK);
  assert.equal(budget.free, 10);
});
