/** The instant by which a call must have ended: milliseconds since the epoch, `Infinity` for never. */
export type Deadline = number;

export const NO_DEADLINE: Deadline = Number.POSITIVE_INFINITY;

/** The time source of everything that measures or waits; a test hands in its own. */
export interface Clock {
  now(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** The longest delay that a timer takes, in milliseconds; it would fire at once for a longer one. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Milliseconds left, never below zero; `Infinity` if there is no deadline. */
export function remainingMs(deadline: Deadline, clock: Clock = systemClock): number {
  return Math.max(0, deadline - clock.now());
}
