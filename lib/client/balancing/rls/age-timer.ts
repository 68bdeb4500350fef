import { type Clock, MAX_TIMER_MS } from "../../../rpc/index.js";

/** Things that are to reach the same age, in the order in which they came. */
interface Lane<T> {
  /** When each is due, in milliseconds since the epoch. */
  readonly due: Map<T, number>;
  timer: unknown;
}

/**
 * Tells when things have reached an age, so that whoever uses them need not look at the clock. What came first is due
 * first: one timer waits for all that are to reach the same age, however many there are.
 */
export class AgeTimer<T> {
  readonly #clock: Clock;
  readonly #onAge: (thing: T) => void;
  readonly #lanes = new Map<number, Lane<T>>();

  constructor(clock: Clock, onAge: (thing: T) => void) {
    this.#clock = clock;
    this.#onAge = onAge;
  }

  /** Begins, or begins anew. */
  start(thing: T, ageMs: number): void {
    this.stop(thing);
    let lane = this.#lanes.get(ageMs);
    if (lane === undefined) {
      lane = { due: new Map(), timer: undefined };
      this.#lanes.set(ageMs, lane);
      this.#wait(lane, ageMs, ageMs);
    }
    lane.due.set(thing, this.#clock.now() + ageMs);
  }

  stop(thing: T): void {
    for (const [ageMs, { due, timer }] of this.#lanes) {
      if (!due.delete(thing) || due.size > 0) continue;
      this.#clock.clearTimeout(timer);
      this.#lanes.delete(ageMs);
    }
  }

  close(): void {
    for (const { timer } of this.#lanes.values()) this.#clock.clearTimeout(timer);
    this.#lanes.clear();
  }

  #wait(lane: Lane<T>, ageMs: number, delayMs: number): void {
    lane.timer = this.#clock.setTimeout(() => this.#onTimer(lane, ageMs), Math.min(delayMs, MAX_TIMER_MS));
  }

  #onTimer(lane: Lane<T>, ageMs: number): void {
    const now = this.#clock.now();
    for (const [thing, dueAt] of lane.due) {
      // Nothing is due later than that, unless the clock was set back.
      if (dueAt > now && dueAt <= now + ageMs) {
        this.#wait(lane, ageMs, dueAt - now);
        return;
      }
      lane.due.delete(thing);
      this.#onAge(thing);
    }
    // Whoever was told may have begun a new one.
    if (this.#lanes.get(ageMs) === lane) this.#lanes.delete(ageMs);
  }
}
