import assert from "node:assert/strict";
import { test } from "node:test";
import { RetryThrottle } from "../../../lib/client/call/retry-throttle.js";
import { RetryingCall } from "../../../lib/client/call/retrying-call.js";
import { StatusCode } from "../../../lib/rpc/index.js";
import { bytes, CallRecord, callOptions, FakeAttempts, noop, retryPolicy } from "./fake-attempts.js";

test("RetryThrottling: results and tokens are those of the golden vector", () => {
  const throttle = new RetryThrottle({ maxTokens: 10, tokenRatio: 0.5 });
  const good = new Set([0, 3, 6, 10, 11, 12, 13, 14, 16, 18]);
  let served = -1;
  const results: string[] = [];
  const tokens: number[] = [];
  for (let rpc = 0; rpc < 12; rpc++) {
    const attempts = new FakeAttempts();
    const record = new CallRecord();
    const options = callOptions({ retry: retryPolicy, throttle });
    const call = new RetryingCall(attempts, record, options);
    call.send(bytes("request"), noop);
    call.halfClose();
    while (!record.over) {
      served += 1;
      if (good.has(served)) attempts.last.answer().reply("response").end(StatusCode.OK);
      else attempts.last.end(StatusCode.UNAVAILABLE);
      options.clock.advance(10);
    }
    results.push(`${record.code === StatusCode.OK ? "OK" : "UNAVAILABLE"} ${served}`);
    tokens.push(throttle.tokens);
  }
  assert.deepEqual(results, [
    ...["OK 0", "OK 3", "OK 6", "UNAVAILABLE 8", "UNAVAILABLE 9", "OK 10"],
    ...["OK 11", "OK 12", "OK 13", "OK 14", "OK 16", "UNAVAILABLE 17"],
  ]);
  assert.deepEqual(tokens, [10, 8.5, 7, 5, 4, 4.5, 5, 5.5, 6, 6.5, 6, 5]);
});

test("tokens stay between 0 and the maximum", () => {
  const throttle = new RetryThrottle({ maxTokens: 2, tokenRatio: 0.1 });
  throttle.onSuccess();
  assert.equal(throttle.tokens, 2);
  for (let i = 0; i < 5; i++) throttle.onFailure();
  assert.equal(throttle.tokens, 0);
});

test("retries are allowed while more than half of the tokens are left", () => {
  const throttle = new RetryThrottle({ maxTokens: 4, tokenRatio: 1 });
  throttle.onFailure();
  assert.equal(throttle.allows, true);
  throttle.onFailure();
  assert.equal(throttle.tokens, 2);
  assert.equal(throttle.allows, false);
  throttle.onSuccess();
  assert.equal(throttle.allows, true);
});

test("three decimals of the ratio count, exactly, and no more", () => {
  const throttle = new RetryThrottle({ maxTokens: 1000, tokenRatio: 0.5719 });
  for (let i = 0; i < 900; i++) throttle.onFailure();
  for (let i = 0; i < 1000; i++) throttle.onSuccess();
  assert.equal(throttle.tokens, 671);
  const exact = new RetryThrottle({ maxTokens: 10, tokenRatio: 0.57 });
  exact.onFailure();
  exact.onSuccess();
  assert.equal(exact.tokens, 9.57);
});

test("another config rescales the tokens", () => {
  const throttle = new RetryThrottle({ maxTokens: 10, tokenRatio: 1 });
  for (let i = 0; i < 4; i++) throttle.onFailure();
  throttle.configure({ maxTokens: 100, tokenRatio: 0.5 });
  assert.equal(throttle.tokens, 60);
  throttle.onSuccess();
  assert.equal(throttle.tokens, 60.5);
  throttle.configure({ maxTokens: 100, tokenRatio: 0.5 });
  assert.equal(throttle.tokens, 60.5);
});

test("calls that are not retried feed the bucket too, and drain it only by what could be retried", () => {
  const throttle = new RetryThrottle({ maxTokens: 10, tokenRatio: 0.5 });
  const run = (code: StatusCode, retry: typeof retryPolicy | undefined) => {
    const attempts = new FakeAttempts();
    new RetryingCall(attempts, new CallRecord(), callOptions({ retry, throttle }));
    attempts.last.end(code);
  };
  run(StatusCode.UNAVAILABLE, retryPolicy);
  assert.equal(throttle.tokens, 9);
  run(StatusCode.INTERNAL, retryPolicy);
  assert.equal(throttle.tokens, 9);
  run(StatusCode.UNAVAILABLE, undefined);
  assert.equal(throttle.tokens, 9);
  run(StatusCode.OK, undefined);
  assert.equal(throttle.tokens, 9.5);
});
