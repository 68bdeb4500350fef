import type { ThrottleConfig } from "../service-config/service-config.js";

/**
 * What the retries of all calls of a channel share (A6, "Throttling Retry Attempts and Hedged RPCs"): failures take
 * tokens, successes give some back, and while no more than half are left nothing is retried. It never makes a call wait.
 */
export class RetryThrottle {
  #config: ThrottleConfig;
  // Thousandths, so that sums are exact.
  #max: number;
  #ratio: number;
  #tokens: number;

  constructor(config: ThrottleConfig) {
    this.#config = config;
    this.#max = thousandths(config.maxTokens);
    this.#ratio = thousandths(config.tokenRatio);
    this.#tokens = this.#max;
  }

  /** Takes another config over; the bucket stays as full as it was, in proportion. */
  configure(config: ThrottleConfig): void {
    const { maxTokens, tokenRatio } = this.#config;
    if (config.maxTokens === maxTokens && config.tokenRatio === tokenRatio) return;
    const max = thousandths(config.maxTokens);
    this.#tokens = Math.round((this.#tokens / this.#max) * max);
    this.#config = config;
    this.#max = max;
    this.#ratio = thousandths(config.tokenRatio);
  }

  get tokens(): number {
    return this.#tokens / 1000;
  }

  /** Whether a call may be tried once more. */
  get allows(): boolean {
    return this.#tokens > this.#max / 2;
  }

  /** An attempt failed in a way that could be retried, or the server does not want it retried. */
  onFailure(): void {
    this.#tokens = Math.max(0, this.#tokens - 1000);
  }

  /** A call ended well. */
  onSuccess(): void {
    this.#tokens = Math.min(this.#max, this.#tokens + this.#ratio);
  }
}

/** A6: three decimals count, further ones are ignored. Rounded first, for 0.57 · 1000 is a little less than 570. */
function thousandths(value: number): number {
  return Math.floor(Number((value * 1000).toFixed(6)));
}
