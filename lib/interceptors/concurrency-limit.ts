import { finalize, type Observable } from "rxjs";
import { Flow, withDemand } from "../flow/index.js";
import {
  type CallContext,
  type CallHandler,
  type Interceptor,
  runInCall,
  StatusError,
} from "../rpc/index.js";

export interface ConcurrencyLimitOptions {
  /** Calls at work at once. */
  readonly limit: number;
  /** Calls that may wait for their turn; further ones fail with RESOURCE_EXHAUSTED. Default: 0. */
  readonly queue?: number;
}

/**
 * At most so many calls at once, together for all that share the instance. Those that wait for their turn leave the
 * queue when they are cancelled.
 */
export class ConcurrencyLimitInterceptor implements Interceptor {
  readonly #limit: number;
  readonly #queueLimit: number;
  readonly #waiting = new Set<() => void>();
  #active = 0;
  #starting = false;

  constructor({ limit, queue = 0 }: ConcurrencyLimitOptions) {
    if (!(Number.isInteger(limit) && limit > 0))
      throw new RangeError(`limit must be a positive whole number, got ${limit}`);
    if (!(Number.isInteger(queue) && queue >= 0))
      throw new RangeError(`queue must be a whole number, got ${queue}`);
    this.#limit = limit;
    this.#queueLimit = queue;
  }

  intercept(call: CallContext, next: CallHandler): Observable<unknown> {
    return new Flow((subscriber, demand) => {
      const start = (): void => {
        this.#active += 1;
        // A call that had to wait is started by the end of another one, and must not run as part of that.
        runInCall(call, () =>
          withDemand(demand, () =>
            next
              .handle()
              .pipe(finalize(() => this.#leave()))
              .subscribe(subscriber),
          ),
        );
      };
      if (this.#active < this.#limit) {
        start();
        return;
      }
      if (this.#waiting.size >= this.#queueLimit) {
        subscriber.error(
          StatusError.resourceExhausted(`more than ${this.#limit} calls at once`, { path: call.method.path }),
        );
        return;
      }
      this.#waiting.add(start);
      subscriber.add(() => this.#waiting.delete(start));
    });
  }

  #leave(): void {
    this.#active -= 1;
    // A call that ends at once leaves while it is being started: in a loop, or a long queue would be a deep stack.
    if (this.#starting) return;
    this.#starting = true;
    try {
      for (const next of this.#waiting) {
        if (this.#active >= this.#limit) break;
        this.#waiting.delete(next);
        next();
      }
    } finally {
      this.#starting = false;
    }
  }
}
