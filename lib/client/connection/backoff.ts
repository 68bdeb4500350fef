import type { Random } from "../../rpc/index.js";

/** https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md */
export interface BackoffOptions {
  /** First wait, in milliseconds. Default: 1,000. */
  readonly initialMs?: number;
  /** Default: 1.6. */
  readonly multiplier?: number;
  /** Longest wait before jitter, in milliseconds. Default: 120,000. */
  readonly maxMs?: number;
  /** Each wait is longer or shorter by up to this share of it. Default: 0.2. */
  readonly jitter?: number;
}

/** Waits that grow from failure to failure. */
export class Backoff {
  readonly #options: Required<BackoffOptions>;
  readonly #random: Random;
  #failures = 0;

  constructor(
    random: Random,
    { initialMs = 1000, multiplier = 1.6, maxMs = 120_000, jitter = 0.2 }: BackoffOptions = {},
  ) {
    this.#options = { initialMs, multiplier, maxMs, jitter };
    this.#random = random;
  }

  /** How often {@link nextMs} was asked since the last reset. */
  get failures(): number {
    return this.#failures;
  }

  /** The next wait, in milliseconds. */
  nextMs(): number {
    const { initialMs, multiplier, maxMs, jitter } = this.#options;
    const plain = Math.min(initialMs * multiplier ** this.#failures, maxMs);
    this.#failures += 1;
    return plain * (1 + jitter * (2 * this.#random() - 1));
  }

  reset(): void {
    this.#failures = 0;
  }
}
