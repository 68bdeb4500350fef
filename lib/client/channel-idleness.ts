import type { Clock } from "../rpc/index.js";

export interface IdlenessHost {
  readonly clock: Clock;
  /** 0 for never. */
  readonly timeoutMs: number;
  isBusy(): boolean;
  onIdle(): void;
}

/** Tells when there was no call for some time: one timer for all of them, which looks at intervals. */
export class Idleness {
  readonly #host: IdlenessHost;
  #timer: unknown;
  #lastCallAt = 0;

  constructor(host: IdlenessHost) {
    this.#host = host;
  }

  start(): void {
    const { clock, timeoutMs } = this.#host;
    if (timeoutMs === 0) return;
    this.#lastCallAt = clock.now();
    this.#wait(timeoutMs);
  }

  stop(): void {
    this.#host.clock.clearTimeout(this.#timer);
  }

  /** A call has ended. */
  touch(): void {
    this.#lastCallAt = this.#host.clock.now();
  }

  #look(): void {
    const { clock, timeoutMs } = this.#host;
    const leftMs = this.#host.isBusy() ? timeoutMs : this.#lastCallAt + timeoutMs - clock.now();
    if (leftMs <= 0) this.#host.onIdle();
    else this.#wait(leftMs);
  }

  #wait(delayMs: number): void {
    this.#timer = this.#host.clock.setTimeout(() => this.#look(), delayMs);
    // A channel that waits for nothing but its own idleness keeps no process alive.
    (this.#timer as Partial<NodeJS.Timeout>).unref?.();
  }
}
