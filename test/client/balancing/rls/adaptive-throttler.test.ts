import assert from "node:assert/strict";
import { test } from "node:test";
import { AdaptiveThrottler } from "../../../../lib/client/balancing/rls/adaptive-throttler.js";
import { MovingWindow } from "../../../../lib/client/balancing/rls/moving-window.js";
import { cycle, ManualClock } from "../../doubles.js";

/** Registers responses, 9 failed, 6 accepted, 4 failed, and asks after each whether the next is held back. */
function answers(ratio: number, padding: number): string {
  const throttler = new AdaptiveThrottler(new ManualClock(), cycle(0.5), {
    windowMs: 1,
    bins: 1,
    ratio,
    padding,
  });
  let text = "";
  for (const response of `${"T".repeat(9)}${"A".repeat(6)}${"T".repeat(4)}`) {
    throttler.registerResponse(response === "T");
    text += throttler.shouldThrottle() ? "y" : "n";
  }
  return text;
}

const repeat = (...runs: readonly (readonly [string, number])[]) =>
  runs.map(([letter, count]) => letter.repeat(count)).join("");

test("ThrottlerVectors: ratio 1.1, padding 8", () => {
  assert.equal(answers(1.1, 8), repeat(["n", 8], ["y", 5], ["n", 3], ["y", 3]));
});

test("ThrottlerVectors: ratio 1.1, padding 7", () => {
  assert.equal(answers(1.1, 7), repeat(["n", 7], ["y", 12]));
});

test("ThrottlerVectors: ratio 1.4, padding 8", () => {
  assert.equal(answers(1.4, 8), repeat(["n", 8], ["y", 2], ["n", 9]));
});

test("WindowVectors: sums over the bins of a window", () => {
  const cases = [
    { bins: 3, ticks: [0, 1, 2], values: [1, 2, 3], sums: [1, 3, 6] },
    { bins: 3, ticks: [1, 0, 2], values: [1, 2, 3], sums: [1, 3, 6] },
    { bins: 3, ticks: [8, 0, 9], values: [1, 2, 3], sums: [1, 1, 4] },
    { bins: 1, ticks: [0, 1, 2], values: [1, 2, 3], sums: [1, 2, 3] },
  ];
  for (const { bins, ticks, values, sums } of cases) {
    const window = new MovingWindow(bins * 10, bins);
    const start = 1_700_000_000_000;
    const seen = ticks.map((tick, i) => {
      window.add(start + tick * 10, values[i]!);
      return window.sum(start + tick * 10);
    });
    assert.deepEqual(seen, sums, `bins ${bins}, ticks ${ticks}`);
  }
});

test("what is older than the window counts no more, however long nobody asked", () => {
  const window = new MovingWindow(300, 3);
  window.add(1_000_000, 5);
  assert.equal(window.sum(1_000_299), 5);
  assert.equal(window.sum(1_000_300), 0);
  window.add(1_000_300, 2);
  assert.equal(window.sum(900_000_000), 0);
});

test("a throttler forgets after its window, and holds nothing back of a server that answers", () => {
  const clock = new ManualClock();
  const throttler = new AdaptiveThrottler(clock, cycle(0.5));
  for (let i = 0; i < 100; i++) throttler.registerResponse(true);
  assert.equal(throttler.shouldThrottle(), true);
  clock.advance(30_000);
  assert.equal(throttler.shouldThrottle(), false);
  for (let i = 0; i < 100; i++) throttler.registerResponse(false);
  assert.equal(throttler.shouldThrottle(), false);
});

test("a clock that is set back makes a throttler begin anew", () => {
  const clock = new ManualClock();
  const throttler = new AdaptiveThrottler(
    { now: () => clock.now() - setBackMs, setTimeout: () => undefined, clearTimeout: () => undefined },
    () => 0.01,
  );
  let setBackMs = 0;
  for (let i = 0; i < 100; i++) throttler.registerResponse(true);
  assert.equal(throttler.shouldThrottle(), true);
  setBackMs = 10_000;
  assert.equal(throttler.shouldThrottle(), true, "a little does no harm");
  setBackMs = 3_600_000;
  assert.equal(throttler.shouldThrottle(), false);
});
