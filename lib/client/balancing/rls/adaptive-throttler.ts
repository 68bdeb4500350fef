import type { Clock, Random } from "../../../rpc/index.js";
import { MovingWindow } from "./moving-window.js";

export interface ThrottlerOptions {
  /** How long a response counts, in milliseconds. Default: 30,000. */
  readonly windowMs?: number;
  /** Default: 100. */
  readonly bins?: number;
  /** Requests are held back once there are so many times more of them than were accepted. Default: 2. */
  readonly ratio?: number;
  /** Keeps few requests from being held back. Default: 8. */
  readonly padding?: number;
}

/**
 * Spares a server that fails: the more requests it did not answer well lately, the more are held back here, by chance
 * (https://sre.google/sre-book/handling-overload/, client-side throttling).
 */
export class AdaptiveThrottler {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ratio: number;
  readonly #padding: number;
  readonly #windowMs: number;
  readonly #bins: number;
  #accepts: MovingWindow;
  #throttles: MovingWindow;
  #latest = Number.NEGATIVE_INFINITY;

  constructor(
    clock: Clock,
    random: Random,
    { windowMs = 30_000, bins = 100, ratio = 2, padding = 8 }: ThrottlerOptions = {},
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#ratio = ratio;
    this.#padding = padding;
    this.#windowMs = windowMs;
    this.#bins = bins;
    this.#accepts = new MovingWindow(windowMs, bins);
    this.#throttles = new MovingWindow(windowMs, bins);
  }

  /** Whether the next request is to be held back. One that is counts as if the server had refused it. */
  shouldThrottle(): boolean {
    const now = this.#now();
    const accepts = this.#accepts.sum(now);
    const requests = accepts + this.#throttles.sum(now);
    const chance = (requests - this.#ratio * accepts) / (requests + this.#padding);
    if (chance <= this.#random()) return false;
    this.#throttles.add(now, 1);
    return true;
  }

  /** How a request ended that was not held back: `throttled` if the server did not answer it well. */
  registerResponse(throttled: boolean): void {
    (throttled ? this.#throttles : this.#accepts).add(this.#now(), 1);
  }

  /** Windows go forward only: with a clock that was set back, what they hold would count until it has caught up. */
  #now(): number {
    const now = this.#clock.now();
    if (now < this.#latest - this.#windowMs) {
      this.#accepts = new MovingWindow(this.#windowMs, this.#bins);
      this.#throttles = new MovingWindow(this.#windowMs, this.#bins);
    }
    this.#latest = now;
    return now;
  }
}
