import assert from "node:assert/strict";
import { test } from "node:test";
import { AgeTimer } from "../../../../lib/client/balancing/rls/age-timer.js";
import { type Clock, MAX_TIMER_MS } from "../../../../lib/rpc/index.js";
import { ManualClock } from "../../doubles.js";

interface Fixture {
  readonly timer: AgeTimer<string>;
  /** What has reached its age since the last time it was asked for. */
  reached(): string[];
}

function create(clock: Clock): Fixture {
  let reached: string[] = [];
  const timer = new AgeTimer<string>(clock, (thing) => reached.push(thing));
  return {
    timer,
    reached: () => {
      const all = reached;
      reached = [];
      return all;
    },
  };
}

test("each thing reaches its age in its own time, and one timer waits for all of the same age", () => {
  const clock = new ManualClock();
  const { timer, reached } = create(clock);
  for (const thing of ["a", "b", "c"]) {
    timer.start(thing, 100);
    clock.advance(10);
  }
  assert.equal(clock.pending, 1);
  clock.advance(69);
  assert.deepEqual(reached(), []);
  clock.advance(1);
  assert.deepEqual(reached(), ["a"]);
  clock.advance(20);
  assert.deepEqual(reached(), ["b", "c"]);
  assert.equal(clock.pending, 0);
});

test("what begins anew, or is stopped, does not reach the age that it had before", () => {
  const clock = new ManualClock();
  const { timer, reached } = create(clock);
  timer.start("a", 100);
  timer.start("b", 100);
  timer.start("c", 100);
  clock.advance(60);
  timer.start("a", 100);
  timer.stop("b");
  clock.advance(40);
  assert.deepEqual(reached(), ["c"]);
  clock.advance(60);
  assert.deepEqual(reached(), ["a"]);
});

test("ages may differ: a shorter one is not held up by a longer one before it", () => {
  const clock = new ManualClock();
  const { timer, reached } = create(clock);
  timer.start("a", 1000);
  timer.start("b", 10);
  timer.start("c", 1000);
  assert.equal(clock.pending, 2);
  clock.advance(10);
  assert.deepEqual(reached(), ["b"]);
  timer.start("a", 20);
  clock.advance(20);
  assert.deepEqual(reached(), ["a"]);
  clock.advance(970);
  assert.deepEqual(reached(), ["c"]);
});

test("nothing is left of things that are stopped, nor after close", () => {
  const clock = new ManualClock();
  const { timer, reached } = create(clock);
  timer.start("a", 100);
  timer.start("b", 200);
  timer.stop("a");
  assert.equal(clock.pending, 1);
  timer.close();
  assert.equal(clock.pending, 0);
  clock.advance(1000);
  assert.deepEqual(reached(), []);
});

test("a thing may begin anew from within the call that tells of its age", () => {
  const clock = new ManualClock();
  let ages = 0;
  const timer: AgeTimer<string> = new AgeTimer(clock, (thing) => {
    ages += 1;
    if (ages < 3) timer.start(thing, 100);
  });
  timer.start("a", 100);
  clock.advance(300);
  assert.equal(ages, 3);
  assert.equal(clock.pending, 0);

  const other: AgeTimer<string> = new AgeTimer(clock, (thing) => {
    other.stop("b");
    if (thing === "a") other.start("c", 100);
    else ages += 1;
  });
  other.start("a", 100);
  other.start("b", 100);
  clock.advance(200);
  assert.equal(ages, 4, "c, and not b");
  assert.equal(clock.pending, 0);
});

test("timers may come early, or be too short for the age", () => {
  const clock = new ManualClock();
  const delays: number[] = [];
  const { timer, reached } = create({
    now: () => clock.now(),
    setTimeout: (callback, delayMs) => {
      delays.push(delayMs);
      return clock.setTimeout(callback, Math.max(1, delayMs - 1));
    },
    clearTimeout: (handle) => clock.clearTimeout(handle),
  });
  timer.start("a", 3 * MAX_TIMER_MS);
  clock.advance(3 * MAX_TIMER_MS - 1);
  assert.deepEqual(reached(), []);
  clock.advance(1);
  assert.deepEqual(reached(), ["a"]);
  assert.ok(delays.every((delayMs) => delayMs <= MAX_TIMER_MS));
});

test("a clock that is set back keeps nothing longer than twice its age", () => {
  const clock = new ManualClock();
  let setBackMs = 0;
  const { timer, reached } = create({
    now: () => clock.now() - setBackMs,
    setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
    clearTimeout: (handle) => clock.clearTimeout(handle),
  });
  timer.start("a", 100);
  timer.start("b", 100);
  setBackMs = 50;
  clock.advance(149);
  assert.deepEqual(reached(), []);
  clock.advance(1);
  assert.deepEqual(reached(), ["a", "b"]);
  timer.start("c", 100);
  setBackMs = 3_600_000;
  clock.advance(100);
  assert.deepEqual(reached(), ["c"]);
});
