import type { Clock, StatusError } from "../../rpc/index.js";
import type { AddressList } from "./address-list.js";
import type { Candidate } from "./candidate.js";

/** A61: an address is given this long before the next one is tried beside it. */
export const CONNECTION_ATTEMPT_DELAY_MS = 250;

export interface FirstPassHost {
  readonly clock: Clock;
  /** Gives the candidate its subchannel. */
  open(candidate: Candidate): void;
  /** A candidate turned out to be READY already. */
  onReady(candidate: Candidate): void;
  /** Every address has failed at least once. */
  onEnd(error: StatusError | undefined): void;
}

/**
 * Tries all addresses of a list once, "Happy Eyeballs" (A61, RFC 8305): the next one starts when the newest attempt has
 * failed, or was given its time; attempts that are under way go on. Ends when every address has failed, in whatever
 * order, or when it is stopped because one of them is READY.
 */
export class FirstPass {
  readonly #list: AddressList<Candidate>;
  readonly #host: FirstPassHost;
  #timer: unknown;
  #stopped = false;

  constructor(list: AddressList<Candidate>, host: FirstPassHost) {
    this.#list = list;
    this.#host = host;
  }

  start(): void {
    this.#list.reset();
    for (const candidate of this.#list.items) candidate.failed = false;
    this.#attempt();
  }

  onFailure(candidate: Candidate): void {
    candidate.failed = true;
    // A failure of an earlier attempt does not move the pass on: a newer one is under way.
    if (candidate === this.#list.current) {
      this.#clearTimer();
      if (this.#list.increment()) {
        this.#attempt();
        return;
      }
    }
    this.#endIfAllFailed(candidate.error);
  }

  stop(): void {
    this.#stopped = true;
    this.#clearTimer();
  }

  #attempt(): void {
    let error: StatusError | undefined;
    for (let candidate = this.#list.current; candidate !== undefined; candidate = this.#list.current) {
      this.#host.open(candidate);
      if (this.#stopped) return;
      if (candidate.state === "READY") {
        this.#host.onReady(candidate);
        return;
      }
      if (candidate.state !== "TRANSIENT_FAILURE") {
        // Before it connects: it may fail, and so move the pass on, before that returns.
        if (this.#list.hasNext) this.#startTimer();
        if (candidate.state === "IDLE") candidate.subchannel?.connect();
        return;
      }
      // It is in its back-off from before.
      candidate.failed = true;
      error = candidate.error;
      this.#list.increment();
    }
    this.#endIfAllFailed(error);
  }

  #startTimer(): void {
    this.#clearTimer();
    this.#timer = this.#host.clock.setTimeout(() => {
      this.#timer = undefined;
      if (this.#list.increment()) this.#attempt();
    }, CONNECTION_ATTEMPT_DELAY_MS);
  }

  #clearTimer(): void {
    if (this.#timer === undefined) return;
    this.#host.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #endIfAllFailed(error: StatusError | undefined): void {
    if (!this.#stopped && this.#list.items.every(({ failed }) => failed)) this.#host.onEnd(error);
  }
}
