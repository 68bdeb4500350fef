import assert from "node:assert/strict";
import { test } from "node:test";
import { HealthCheckedSubchannel } from "../../../lib/client/connection/health-check.js";
import type { SubchannelStatus } from "../../../lib/client/connection/subchannel.js";
import { StatusCode, StatusError } from "../../../lib/rpc/index.js";
import { recordingLogger } from "../../server/support.js";
import { address, type FakeStream, FakeSubchannel, ManualClock } from "../doubles.js";

const service = "atlas.v1.Atlas";

function setUp() {
  const inner = new FakeSubchannel(address("10.0.0.1:80"));
  const clock = new ManualClock();
  const logger = recordingLogger();
  const subchannel = new HealthCheckedSubchannel(inner, { service, clock, random: () => 0.5, logger });
  const told: SubchannelStatus[] = [];
  const words = (): string[] => told.splice(0).map(({ state, error }) => error?.text ?? state);
  const watch = (): (() => void) => subchannel.watchHealth((status) => told.push(status));
  /** Streams that are neither ended nor cancelled by now are the test's to count. */
  const stream = (): FakeStream => inner.streams.at(-1)!;
  const answer = (status: string | number): void => stream().observer.next({ status });
  const fail = (code: StatusCode, text = "broken"): void =>
    stream().observer.end(new StatusError(code, text));
  return { inner, clock, logger, subchannel, words, watch, stream, answer, fail };
}

const failed = (status: string): string => `connection active but health check failed. status=${status}`;

test("HealthCheckWatchStateChange: SERVING is READY, anything else TRANSIENT_FAILURE", () => {
  const { inner, words, watch, stream, answer } = setUp();
  inner.succeed();
  watch();
  assert.deepEqual(words(), ["CONNECTING"]);
  assert.equal(stream().method.path, "/grpc.health.v1.Health/Watch");
  assert.deepEqual(stream().request, { service });
  answer("NOT_SERVING");
  assert.deepEqual(words(), [failed("NOT_SERVING")]);
  answer("SERVING");
  assert.deepEqual(words(), ["READY"]);
  answer("SERVICE_UNKNOWN");
  assert.deepEqual(words(), [failed("SERVICE_UNKNOWN")]);
  answer("SERVING");
  assert.deepEqual(words(), ["READY"]);
  answer("UNKNOWN");
  assert.deepEqual(words(), [failed("UNKNOWN")]);
  // A value of a later version of the protocol.
  answer(9);
  assert.deepEqual(words(), [failed("9")]);
  // The same again is no news, and the connection is left alone.
  answer(9);
  assert.deepEqual(words(), []);
  assert.equal(inner.status.state, "READY");
  assert.equal(inner.streams.length, 1);
});

test("HealthServerNotRegistered: UNIMPLEMENTED is READY, is not asked again, and is logged once", () => {
  const { inner, clock, logger, words, watch, fail } = setUp();
  inner.succeed();
  watch();
  fail(StatusCode.UNIMPLEMENTED, "unknown service");
  assert.deepEqual(words(), ["CONNECTING", "READY"]);
  clock.advance(1_000_000);
  assert.equal(inner.streams.length, 1);
  // The next connection may lead to a newer server; the log has been told.
  inner.become("IDLE");
  inner.succeed();
  fail(StatusCode.UNIMPLEMENTED);
  assert.deepEqual(words(), ["CONNECTING", "READY"]);
  assert.equal(logger.lines.filter(({ level }) => level === "error").length, 1);
});

test("HealthCheckWithGoAway, HealthCheckWithConnClose: the watch ends with the connection, and starts anew with the next", () => {
  const { inner, clock, words, watch, stream, answer } = setUp();
  inner.succeed();
  watch();
  answer("SERVING");
  const first = stream();
  inner.become("IDLE");
  assert.equal(first.cancelled, true);
  assert.equal(clock.pending, 0);
  words();
  // What still comes from the old connection is no news.
  first.observer.next({ status: "NOT_SERVING" });
  first.observer.end(StatusError.unavailable("lost"));
  assert.deepEqual(words(), []);
  inner.succeed();
  assert.equal(inner.streams.length, 2);
  assert.deepEqual(words(), ["CONNECTING"]);
  answer("SERVING");
  assert.deepEqual(words(), ["READY"]);
});

test("HealthCheckWithConnClose: a back-off ends with its connection", () => {
  const { inner, clock, watch, fail } = setUp();
  inner.succeed();
  watch();
  fail(StatusCode.UNAVAILABLE);
  assert.equal(clock.pending, 1);
  inner.become("IDLE");
  assert.equal(clock.pending, 0);
});

test("HealthCheckWithAddrConnDrain, HealthCheckWithClientConnClose: the watch ends when the subchannel is released", () => {
  const { inner, clock, words, watch, stream, subchannel, answer } = setUp();
  inner.succeed();
  watch();
  answer("SERVING");
  words();
  subchannel.release();
  assert.equal(stream().cancelled, true);
  assert.equal(inner.released, true);
  answer("NOT_SERVING");
  assert.deepEqual(words(), []);
  assert.equal(clock.pending, 0);
});

test("HealthCheckWithoutSetConnectivityStateCalled: a connection that is lost before the first status ends the watch", () => {
  const { inner, words, watch, stream } = setUp();
  inner.succeed();
  watch();
  inner.become("IDLE");
  assert.equal(stream().cancelled, true);
  assert.deepEqual(words(), ["CONNECTING"]);
});

test("HealthCheckWithoutSetConnectivityStateCalledAddrConnShutDown: so does a release", () => {
  const { inner, words, watch, stream, subchannel } = setUp();
  inner.succeed();
  watch();
  subchannel.release();
  assert.equal(stream().cancelled, true);
  assert.deepEqual(words(), ["CONNECTING"]);
});

test("HealthCheckDisable: without anybody who watches health there is no stream", () => {
  const { inner, subchannel } = setUp();
  const states: string[] = [];
  subchannel.watch(({ state }) => states.push(state));
  subchannel.connect();
  inner.succeed();
  assert.deepEqual(states, ["CONNECTING", "READY"]);
  assert.equal(inner.streams.length, 0);
});

test("UnregisterHealthListener: the stream ends with the last listener; a new one starts another", () => {
  const { inner, words, watch, stream, answer } = setUp();
  inner.succeed();
  const stopFirst = watch();
  answer("SERVING");
  assert.deepEqual(words(), ["CONNECTING", "READY"]);
  const stopSecond = watch();
  // It is told at once what is known.
  assert.deepEqual(words(), ["READY"]);
  assert.equal(inner.streams.length, 1);
  stopFirst();
  stopFirst();
  assert.equal(stream().cancelled, false);
  answer("NOT_SERVING");
  assert.deepEqual(words(), [failed("NOT_SERVING")]);
  stopSecond();
  assert.equal(stream().cancelled, true);
  answer("SERVING");
  assert.deepEqual(words(), []);
  inner.become("IDLE");
  inner.succeed();
  assert.equal(inner.streams.length, 1);
  watch();
  assert.equal(inner.streams.length, 2);
});

test("a watch that begins before the connection is told when there is one", () => {
  const { inner, words, watch, answer } = setUp();
  watch();
  assert.deepEqual(words(), []);
  inner.succeed();
  answer("SERVING");
  assert.deepEqual(words(), ["CONNECTING", "READY"]);
});

test("a stream that fails without an answer is opened again with back-off; an answer resets it", () => {
  const { inner, clock, words, watch, answer, fail } = setUp();
  inner.succeed();
  watch();
  words();
  const rpcError = "connection active but received health check RPC error: INTERNAL: broken";
  for (const waitMs of [1000, 1600, 2560]) {
    const before = inner.streams.length;
    fail(StatusCode.INTERNAL);
    assert.deepEqual(words(), [rpcError]);
    assert.equal(clock.nextInMs, waitMs);
    clock.advance(waitMs - 1);
    assert.equal(inner.streams.length, before);
    clock.advance(1);
    assert.equal(inner.streams.length, before + 1);
    assert.deepEqual(words(), ["CONNECTING"]);
  }
  answer("SERVING");
  // After an answer there is no wait at all.
  const before = inner.streams.length;
  fail(StatusCode.INTERNAL);
  assert.deepEqual(words(), ["READY", rpcError, "CONNECTING"]);
  assert.equal(inner.streams.length, before + 1);
  assert.equal(clock.pending, 0);
  fail(StatusCode.INTERNAL);
  assert.equal(clock.nextInMs, 1000);
});

test("a server that ends the watch without an error is asked again as well", () => {
  const { inner, clock, words, watch, stream } = setUp();
  inner.succeed();
  watch();
  words();
  stream().observer.end(undefined);
  assert.deepEqual(words(), [
    "connection active but received health check RPC error: the server ended the watch",
  ]);
  assert.equal(clock.nextInMs, 1000);
});

test("whoever stops watching from within a notification is told nothing more, and leaves nothing behind", () => {
  for (const stopAt of ["CONNECTING", "READY", "TRANSIENT_FAILURE"]) {
    const { inner, clock, subchannel } = setUp();
    inner.succeed();
    const told: string[] = [];
    let stop: (() => void) | undefined;
    stop = subchannel.watchHealth(({ state }) => {
      told.push(state);
      if (state === stopAt) stop?.();
    });
    if (stopAt === "CONNECTING") stop();
    for (const stream of inner.streams) {
      stream.observer.next({ status: "SERVING" });
      stream.observer.end(StatusError.internal("broken"));
    }
    assert.equal(told.at(-1), stopAt);
    assert.ok(inner.streams.length <= 1);
    assert.equal(clock.pending, 0);
  }
});

test("one listener that lets the connection go does not make others hear of the past", () => {
  const { inner, words, watch, subchannel, answer } = setUp();
  inner.succeed();
  subchannel.watchHealth(({ state }) => {
    if (state === "TRANSIENT_FAILURE") inner.become("IDLE");
  });
  watch();
  words();
  answer("NOT_SERVING");
  assert.deepEqual(words(), []);
});
