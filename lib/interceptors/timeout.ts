import { Observable } from "rxjs";
import {
  type CallContext,
  type CallHandler,
  type Clock,
  type Interceptor,
  StatusError,
  systemClock,
} from "../rpc/index.js";

export interface TimeoutOptions {
  /** How long a call may take from its start to its end, in milliseconds; streams included. */
  readonly timeoutMs: number;
  readonly clock?: Clock;
}

/** Ends calls that take too long with DEADLINE_EXCEEDED, also those whose client set no deadline. */
export class TimeoutInterceptor implements Interceptor {
  readonly #timeoutMs: number;
  readonly #clock: Clock;

  constructor(options: TimeoutOptions) {
    if (!(options.timeoutMs > 0 && options.timeoutMs < 2 ** 31)) {
      throw new RangeError(`timeoutMs must be a positive number of milliseconds, got ${options.timeoutMs}`);
    }
    this.#timeoutMs = options.timeoutMs;
    this.#clock = options.clock ?? systemClock;
  }

  intercept(call: CallContext, next: CallHandler): Observable<unknown> {
    const inner = next.handle();
    return new Observable((subscriber) => {
      const timer = this.#clock.setTimeout(() => {
        // Fails the call as a whole, so that `call.signal` aborts and a handler that still runs may stop.
        call.fail(
          StatusError.deadlineExceeded(`the call took longer than ${this.#timeoutMs} ms`, {
            path: call.method.path,
          }),
        );
      }, this.#timeoutMs);
      subscriber.add(() => this.#clock.clearTimeout(timer));
      inner.subscribe(subscriber);
    });
  }
}
