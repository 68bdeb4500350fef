import type { Clock } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";

/** A56: how long a child may connect before the next one starts. */
const FAILOVER_MS = 10_000;

/** Whether a child of `priority` can serve, or has time left to. */
export class PriorityChild {
  readonly #clock: Clock;
  readonly #onFailover: () => void;
  #state: ConnectivityState = "CONNECTING";
  /** Set while it has time left. */
  #timer: unknown;
  /** Since it served last: it has had its time. */
  #failed = false;

  /** `onFailover` is called when its time is over. */
  constructor(clock: Clock, onFailover: () => void) {
    this.#clock = clock;
    this.#onFailover = onFailover;
    this.#startTimer();
  }

  /** One that is IDLE connects as soon as it gets a call. */
  get serves(): boolean {
    return this.#state === "READY" || this.#state === "IDLE";
  }

  get mayServe(): boolean {
    return this.serves || (this.#state === "CONNECTING" && this.#timer !== undefined);
  }

  onState(state: ConnectivityState): void {
    this.#state = state;
    if (state === "CONNECTING") {
      // One that tries again after a failure gets no more time.
      if (!this.#failed) this.#startTimer();
      return;
    }
    this.stop();
    this.#failed = state === "TRANSIENT_FAILURE";
  }

  /** Stops the timer. */
  stop(): void {
    if (this.#timer === undefined) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #startTimer(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#failed = true;
      this.#onFailover();
    }, FAILOVER_MS);
  }
}
