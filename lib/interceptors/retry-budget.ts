import type { Subscriber, Subscription } from "rxjs";
import { type Demand, Flow, withDemand } from "../flow/index.js";
import {
  type CallHandler,
  type ClientInterceptor,
  type Clock,
  hasRequestStream,
  type InterceptorResult,
  type OutgoingCall,
  type Random,
  StatusCode,
  StatusError,
  systemClock,
  systemRandom,
} from "../rpc/index.js";

export interface RetryBudgetOptions {
  /** Retries per call that the budget earns: 0.1 is one retry for ten calls. Default: 0.1. */
  readonly ratio?: number;
  /** Retries that may be saved up, and that there are at first. Default: 10. */
  readonly burst?: number;
  /** Tries of one call, with the first. Default: 3. */
  readonly maxAttempts?: number;
  /** What is tried again. Default: UNAVAILABLE. */
  readonly codes?: readonly StatusCode[];
  /** Waits before the second try, give or take a fifth, in milliseconds; doubled for each further one. Default: 50. */
  readonly initialBackoffMs?: number;
  /** Default: 1,000. */
  readonly maxBackoffMs?: number;
  /**
   * Tries again although a server may have begun to work, and the method's `idempotency_level` does not say that this
   * does no harm. Default: false.
   */
  readonly unsafe?: boolean;
  readonly clock?: Clock;
  readonly random?: Random;
}

/**
 * Tries failed calls again, as long as retries stay a small share of all calls: what is down is not buried under
 * retries. One instance is one budget. Calls with a request stream, and responses that have begun, are not repeated; a
 * delay that the server asks for (`google.rpc.RetryInfo`) is kept. Use it, or the retry policy of a service config, but
 * not both: tries would multiply.
 */
export class RetryBudgetInterceptor implements ClientInterceptor {
  readonly #options: Required<RetryBudgetOptions>;
  #tokens: number;

  constructor(options: RetryBudgetOptions = {}) {
    const complete: Required<RetryBudgetOptions> = {
      ...{ ratio: 0.1, burst: 10, maxAttempts: 3, codes: [StatusCode.UNAVAILABLE], unsafe: false },
      ...{ initialBackoffMs: 50, maxBackoffMs: 1000, clock: systemClock, random: systemRandom },
      ...options,
    };
    check("ratio", complete.ratio, 0, 1);
    check("burst", complete.burst, 0);
    check("maxAttempts", complete.maxAttempts, 1);
    check("initialBackoffMs", complete.initialBackoffMs, 0);
    check("maxBackoffMs", complete.maxBackoffMs, 0);
    this.#options = complete;
    this.#tokens = complete.burst;
  }

  intercept(call: OutgoingCall, next: CallHandler): InterceptorResult {
    this.#tokens = Math.min(this.#options.burst, this.#tokens + this.#options.ratio);
    if (hasRequestStream(call.method.kind)) return next.handle();
    return new Flow((subscriber, demand) => this.#try(1, call, next, subscriber, demand));
  }

  #try(
    attempt: number,
    call: OutgoingCall,
    next: CallHandler,
    subscriber: Subscriber<unknown>,
    demand: Demand,
  ): void {
    let begun = false;
    let over = false;
    let subscription: Subscription | undefined;
    const end = (): void => {
      over = true;
      if (subscription !== undefined) subscriber.remove(subscription);
    };
    subscription = withDemand(demand, () =>
      next.handle().subscribe({
        next: (message) => {
          begun = true;
          subscriber.next(message);
        },
        error: (error: unknown) => {
          end();
          const delayMs = begun ? undefined : this.#delayMs(attempt, call, error);
          if (delayMs === undefined) subscriber.error(error);
          else this.#wait(delayMs, subscriber, () => this.#try(attempt + 1, call, next, subscriber, demand));
        },
        complete: () => {
          end();
          subscriber.complete();
        },
      }),
    );
    if (!over) subscriber.add(subscription);
  }

  #wait(delayMs: number, subscriber: Subscriber<unknown>, run: () => void): void {
    const { clock } = this.#options;
    const stop = (): void => clock.clearTimeout(timer);
    const timer = clock.setTimeout(() => {
      subscriber.remove(stop);
      run();
    }, delayMs);
    subscriber.add(stop);
  }

  /** How long to wait for the next try; undefined for none. Takes it from the budget. */
  #delayMs(attempt: number, call: OutgoingCall, error: unknown): number | undefined {
    const { maxAttempts, codes, clock, random, initialBackoffMs, maxBackoffMs } = this.#options;
    if (!(error instanceof StatusError) || !codes.includes(error.code)) return undefined;
    if (attempt >= maxAttempts || call.signal.aborted || !this.#isSafe(call, error)) return undefined;
    const backoffMs = Math.min(maxBackoffMs, initialBackoffMs * 2 ** (attempt - 1)) * (0.8 + 0.4 * random());
    const delayMs = error.retryDelayMs ?? backoffMs;
    if (clock.now() + delayMs >= call.deadline || this.#tokens < 1) return undefined;
    this.#tokens -= 1;
    return delayMs;
  }

  /** Nobody has begun to work, or may do so twice. */
  #isSafe(call: OutgoingCall, error: StatusError): boolean {
    const neverSent = call.peer === undefined && error.peer === undefined;
    return this.#options.unsafe || neverSent || call.method.idempotency !== "IDEMPOTENCY_UNKNOWN";
  }
}

function check(name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): void {
  if (!(value >= min && value <= max)) {
    throw new RangeError(
      `${name} must be a number from ${min} on${max > 1 ? "" : ` to ${max}`}, got ${value}`,
    );
  }
}
