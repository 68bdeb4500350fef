import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { concat, NEVER, type Observable, of, Subject, throwError } from "rxjs";
import { toFlow } from "../../lib/flow/index.js";
import {
  CircuitBreakerInterceptor,
  type CircuitBreakerOptions,
  DeadlineInterceptor,
  LoggingInterceptor,
  RetryBudgetInterceptor,
  type RetryBudgetOptions,
} from "../../lib/interceptors/index.js";
import { StatusCode, StatusError } from "../../lib/rpc/index.js";
import { createTestingApp } from "../../lib/testing/index.js";
import { probeModule } from "../app/clients/support.js";
import { ManualClock } from "../client/doubles.js";
import { Probe } from "../generated/probe.js";
import { checkAtEnd, recordingLogger, turn } from "../server/support.js";
import { FakeOutgoingCall, type Outcome, send } from "./outgoing.js";

checkAtEnd();

const ok = (): Observable<unknown> => of({});
const down = (): Observable<unknown> => throwError(() => StatusError.unavailable("down"));
const absent = (): Observable<unknown> => throwError(() => StatusError.notFound("none"));

test("deadline: the limit of the method, else of its service, else of all; an earlier one stays", () => {
  const clock = new ManualClock();
  const interceptor = new DeadlineInterceptor({
    defaultMs: 1000,
    methods: { "grebe.test.Probe/One": 100, "grebe.test.Probe": 500 },
    clock,
  });
  const left = (call: FakeOutgoingCall) => {
    assert.equal(send(interceptor, call, ok).end, "OK");
    return call.deadline - clock.now();
  };
  assert.equal(left(new FakeOutgoingCall("one")), 100);
  assert.equal(left(new FakeOutgoingCall("many")), 500);
  assert.equal(left(new FakeOutgoingCall("many", "t", { path: "/a.B/C", service: "a.B" })), 1000);
  const soon = new FakeOutgoingCall("one");
  soon.deadline = clock.now() + 7;
  assert.equal(left(soon), 7);
  assert.throws(() => new DeadlineInterceptor({ methods: { "a.B/C": 0 } }), /a\.B\/C must have a positive/);
});

test("logging: a line per outgoing call, with its target and what was received", () => {
  const logger = recordingLogger();
  let now = 0;
  const logging = new LoggingInterceptor({ logger, now: () => now++ });
  const call = new FakeOutgoingCall("many");
  call.peer = "10.0.0.1:50051";
  send(logging, call, () => of({}, {}));
  send(logging, call, down);
  send(logging, call, absent);
  send(logging, call, () => NEVER).leave();
  const fields = { method: "/grebe.test.Probe/Many", target: "static:///probe", peer: "10.0.0.1:50051" };
  assert.deepEqual(
    logger.lines.map(({ level, fields }) => [level, fields]),
    [
      ["info", { ...fields, status: "OK", received: 2, ms: 1 }],
      ["error", { ...fields, status: "UNAVAILABLE", received: 0, ms: 1 }],
      ["info", { ...fields, status: "NOT_FOUND", received: 0, ms: 1 }],
      ["info", { ...fields, status: "CANCELLED", received: 0, ms: 1 }],
    ],
  );
});

function budget(options: RetryBudgetOptions = {}) {
  const clock = new ManualClock();
  return { clock, retries: new RetryBudgetInterceptor({ clock, random: () => 0.5, ...options }) };
}

test("retry budget: tries again with a growing wait, and gives up after so many", () => {
  const { clock, retries } = budget({ initialBackoffMs: 50, maxBackoffMs: 80 });
  const mended = send(retries, new FakeOutgoingCall(), down, down, ok);
  assert.equal(mended.end, undefined);
  assert.equal(clock.nextInMs, 50);
  clock.advance(50);
  assert.equal(clock.nextInMs, 80);
  clock.advance(80);
  assert.deepEqual([mended.messages, mended.end], [[{}], "OK"]);
  const failed = send(retries, new FakeOutgoingCall(), down);
  clock.advance(1000);
  assert.match(String(failed.end), /UNAVAILABLE: down/);
  assert.equal(clock.pending, 0);
});

test("retry budget: retries stay a share of the calls, whoever makes them", () => {
  const { clock, retries } = budget({ ratio: 0.5, burst: 2, maxAttempts: 2 });
  let tries = 0;
  const counted = () => {
    tries += 1;
    return down();
  };
  for (let i = 0; i < 20; i++) {
    send(retries, new FakeOutgoingCall(), counted);
    clock.advance(100);
  }
  // 20 calls, the 2 retries that were saved up, and then one for every second call; the first found its jar full.
  assert.equal(tries, 20 + 2 + 9);
});

test("retry budget: other codes, request streams, begun responses and late deadlines are not tried again", () => {
  const { clock, retries } = budget();
  const late = new FakeOutgoingCall();
  late.deadline = clock.now() + 40;
  const aborted = new FakeOutgoingCall();
  aborted.abort.abort();
  for (const [call, answer] of [
    [new FakeOutgoingCall(), absent],
    [new FakeOutgoingCall("collect"), down],
    [new FakeOutgoingCall("many"), () => concat(of({}), down())],
    [late, down],
    [aborted, down],
  ] as const) {
    const outcome = send(retries, call, answer, ok);
    assert.ok(outcome.end instanceof StatusError, call.method.name);
  }
  assert.equal(clock.pending, 0);
});

test("retry budget: what a server may have begun is tried again only if the method allows it", () => {
  const reached = new FakeOutgoingCall();
  reached.peer = "10.0.0.1:1";
  assert.notEqual(send(budget().retries, reached, down, ok).end, undefined);
  const unsafe = budget({ unsafe: true });
  const idempotent = new FakeOutgoingCall("one", "t", { idempotency: "IDEMPOTENT" });
  idempotent.peer = "10.0.0.1:1";
  const { clock, retries } = budget();
  for (const [outcome, time] of [
    [send(unsafe.retries, reached, down, ok), unsafe.clock],
    [send(retries, idempotent, down, ok), clock],
  ] as const) {
    time.advance(100);
    assert.equal(outcome.end, "OK");
  }
});

test("retry budget: the delay that the server asks for is kept, and leaving ends the wait", () => {
  const { clock, retries } = budget();
  const details = [{ type: "google.rpc.RetryInfo", value: { retryDelay: { seconds: 2 } } }];
  const asking = () => throwError(() => StatusError.unavailable("later", { details }));
  const outcome = send(retries, new FakeOutgoingCall(), asking, ok);
  assert.equal(clock.nextInMs, 2000);
  outcome.leave();
  assert.equal(clock.pending, 0);
  for (const options of [{ ratio: 2 }, { burst: -1 }, { maxAttempts: 0 }, { initialBackoffMs: Number.NaN }]) {
    assert.throws(() => new RetryBudgetInterceptor(options), RangeError);
  }
});

test("retry budget: a call that failed on its way is made anew by a real client", async () => {
  let calls = 0;
  const root = probeModule(() => {
    calls += 1;
    if (calls < 3) throw StatusError.unavailable("not yet");
    return { number: calls };
  });
  const app = await createTestingApp(root).start();
  const retries = new RetryBudgetInterceptor({ unsafe: true, initialBackoffMs: 1, random: () => 0 });
  const client = app.client(Probe, { interceptors: [retries] });
  assert.equal((await client.one({})).number, 3);
  await app.close();
});

/** A breaker, and a time that goes on as the test says; cockatiel reads the system's. */
function breaker(options: CircuitBreakerOptions = {}) {
  mock.timers.reset();
  mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const logger = recordingLogger();
  const circuits = new CircuitBreakerInterceptor({ openMs: 5000, logger, ...options });
  return {
    logger,
    send: async (answer: () => Observable<unknown>, call = new FakeOutgoingCall()): Promise<Outcome> => {
      const outcome = send(circuits, call, answer);
      await turn();
      return outcome;
    },
    advance: (ms: number) => mock.timers.tick(ms),
  };
}

const isRefused = ({ end }: Outcome): boolean => end instanceof StatusError && / is open$/.test(end.text);

test("circuit breaker: opens after failures in a row, and lets one try when the time is over", async (context) => {
  context.after(() => mock.timers.reset());
  const { send, advance, logger } = breaker({ consecutiveFailures: 3 });
  for (const answer of [down, down, absent, down, down]) assert.equal(isRefused(await send(answer)), false);
  assert.equal(isRefused(await send(down)), false);
  assert.equal(isRefused(await send(ok)), true);
  advance(4999);
  assert.equal(isRefused(await send(ok)), true);
  advance(1);
  assert.equal(isRefused(await send(down)), false);
  assert.equal(isRefused(await send(ok)), true);
  advance(5000);
  assert.equal((await send(ok)).end, "OK");
  assert.equal((await send(ok)).end, "OK");
  assert.deepEqual(
    logger.lines.map(({ level, message }) => [level, message]),
    [
      ["warn", "circuit of /grebe.test.Probe/One open"],
      ["warn", "circuit of /grebe.test.Probe/One open"],
      ["info", "circuit of /grebe.test.Probe/One closed"],
    ],
  );
});

test("circuit breaker: says that it is open, for which call, and when to come back", async (context) => {
  context.after(() => mock.timers.reset());
  const { send, advance } = breaker({ consecutiveFailures: 1 });
  await send(down);
  advance(1500);
  const { end } = await send(ok);
  assert.ok(end instanceof StatusError);
  assert.equal(end.code, StatusCode.UNAVAILABLE);
  assert.equal(end.path, "/grebe.test.Probe/One");
  assert.equal(end.retryDelayMs, 3500);
  assert.deepEqual(end.details[0], {
    type: "google.rpc.ErrorInfo",
    value: {
      reason: "CIRCUIT_OPEN",
      domain: "grebe",
      metadata: { target: "static:///probe", method: "/grebe.test.Probe/One" },
    },
  });
});

test("circuit breaker: each method of each target has its own", async (context) => {
  context.after(() => mock.timers.reset());
  const { send } = breaker({ consecutiveFailures: 1 });
  await send(down);
  assert.equal(isRefused(await send(ok)), true);
  assert.equal(isRefused(await send(ok, new FakeOutgoingCall("many"))), false);
  assert.equal(isRefused(await send(ok, new FakeOutgoingCall("one", "static:///other"))), false);
});

test("circuit breaker: by the share of failures among enough calls", async (context) => {
  context.after(() => mock.timers.reset());
  const { send } = breaker({ failureRate: { share: 0.5, windowMs: 10_000, minCalls: 10 } });
  for (let i = 0; i < 5; i++) assert.equal(isRefused(await send(ok)), false);
  for (let i = 0; i < 6; i++) assert.equal(isRefused(await send(down)), false);
  assert.equal(isRefused(await send(ok)), true);
  const few = breaker({ failureRate: { share: 0.5, windowMs: 10_000, minCalls: 10 } });
  for (let i = 0; i < 9; i++) assert.equal(isRefused(await few.send(down)), false);
});

test("circuit breaker: calls that are left do not count; while one is on trial, others are refused", async (context) => {
  context.after(() => mock.timers.reset());
  const { send, advance } = breaker({ consecutiveFailures: 2 });
  await send(down);
  (await send(() => NEVER)).leave();
  await turn();
  assert.equal(isRefused(await send(down)), false);
  assert.equal(isRefused(await send(ok)), true);
  advance(5000);
  const trial = new Subject<unknown>();
  const many = () => new FakeOutgoingCall("one");
  const onTrial = await send(() => trial, many());
  assert.equal(isRefused(await send(ok)), true);
  // Who leaves in the middle of the trial has shown nothing.
  onTrial.leave();
  await turn();
  assert.equal(isRefused(await send(ok)), true);
  advance(5000);
  const again = await send(() => trial, many());
  trial.next({});
  trial.complete();
  await turn();
  assert.equal(again.end, "OK");
  assert.equal((await send(ok)).end, "OK");
});

test("circuit breaker: the first message of a stream is proof enough, and streams carry demand", async (context) => {
  context.after(() => mock.timers.reset());
  const { send, advance } = breaker({ consecutiveFailures: 1 });
  const many = () => new FakeOutgoingCall("many");
  await send(down, many());
  advance(5000);
  const endless = await send(() => concat(of({}), NEVER), many());
  assert.equal((await send(ok, many())).end, "OK");
  endless.leave();
  const taken: unknown[] = [];
  const circuits = new CircuitBreakerInterceptor();
  let pulled = 0;
  async function* numbers() {
    while (true) yield pulled++;
  }
  const next = { requests: toFlow([{}]), handle: () => toFlow(numbers()) };
  for await (const item of toFlow(circuits.intercept(many(), next) as Observable<unknown>)) {
    taken.push(item);
    if (taken.length === 3) break;
  }
  assert.deepEqual(taken, [0, 1, 2]);
  assert.ok(pulled < 50, `${pulled} were pulled`);
});

test("circuit breaker: options that make no sense", () => {
  assert.throws(() => new CircuitBreakerInterceptor({ openMs: 0 }), /openMs must be a positive number/);
  assert.throws(
    () => new CircuitBreakerInterceptor({ consecutiveFailures: 0 }),
    /consecutiveFailures must be/,
  );
  assert.throws(
    () => new CircuitBreakerInterceptor({ failureRate: { share: 2, windowMs: 1, minCalls: 1 } }),
    RangeError,
  );
});
