import type { Observable } from "rxjs";
import { tap } from "rxjs";
import {
  type CallContext,
  type CallHandler,
  type ClientInterceptor,
  consoleLogger,
  formatStatusCode,
  type Interceptor,
  type Logger,
  type OutgoingCall,
  StatusCode,
  toStatusError,
} from "../rpc/index.js";

export interface LoggingOptions {
  /** A pino logger, or anything of its shape. Default: the console. */
  readonly logger?: Logger;
  /** Milliseconds, rising. Default: `performance.now()`. */
  readonly now?: () => number;
}

/** Codes that say something is wrong with the server, or the way to it, not with the request. */
const serverFailures: ReadonlySet<number> = new Set([
  StatusCode.UNKNOWN,
  StatusCode.INTERNAL,
  StatusCode.UNAVAILABLE,
  StatusCode.DATA_LOSS,
  StatusCode.UNIMPLEMENTED,
]);

/**
 * One line per call, at its end, on either side: method, peer, status, messages sent (by a client: received),
 * milliseconds. Calls of clients also tell their target.
 */
export class LoggingInterceptor implements Interceptor, ClientInterceptor {
  readonly #logger: Logger;
  readonly #now: () => number;

  constructor(options: LoggingOptions = {}) {
    this.#logger = options.logger ?? consoleLogger;
    this.#now = options.now ?? (() => performance.now());
  }

  intercept(call: CallContext | OutgoingCall, next: CallHandler): Observable<unknown> {
    const startedAt = this.#now();
    let messages = 0;
    const write = (code: number): void => {
      const fields = {
        method: call.method.path,
        ...("target" in call
          ? { target: call.target, peer: call.peer, status: formatStatusCode(code), received: messages }
          : { peer: call.peer.address, status: formatStatusCode(code), sent: messages }),
        ms: Math.round((this.#now() - startedAt) * 1000) / 1000,
      };
      const line = `${fields.method} ${fields.status} ${fields.ms} ms`;
      if (serverFailures.has(code)) this.#logger.error(fields, line);
      else this.#logger.info(fields, line);
    };
    return next.handle().pipe(
      tap({
        next: () => {
          messages += 1;
        },
        error: (error: unknown) => write(toStatusError(error).code),
        complete: () => write(StatusCode.OK),
        // The other side is gone, or the deadline is over.
        unsubscribe: () =>
          write(call.signal.aborted ? toStatusError(call.signal.reason).code : StatusCode.CANCELLED),
      }),
    );
  }
}
