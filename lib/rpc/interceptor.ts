/**
 * Code around a call. An {@link Interceptor} wraps everything inside it: it may look at or change the messages
 * that go in and come out, answer by itself, retry, or fail the call. The shape is one for the four modes: a
 * unary call is a {@link Flow} of one message. {@link Guard} and {@link ExceptionFilter} are small interceptors
 * with a fixed place: guards run before everything else, filters see every failure last.
 *
 * ```ts
 * class Timing implements Interceptor {
 *   intercept(call: CallContext, next: CallHandler) {
 *     const start = performance.now();
 *     return next.handle().pipe(finalize(() => record(call.method.path, performance.now() - start)));
 *   }
 * }
 * ```
 *
 * rxjs's synchronous operators (`map`, `filter`, `tap`, `scan`, `take`, `catchError`, `finalize`, …) keep the
 * demand of the stream they stand in; for asynchronous ones use Grebe's own (`concatMap`, `mergeMap`, …).
 */
import type { Observable } from "rxjs";
import type { CallContext } from "./call-context.js";
import type { StatusError } from "./status.js";

/** The rest of the call, from an interceptor's place inwards. */
export interface CallHandler<Request = unknown, Response = unknown> {
  /** The messages that come in; one for unary and server streaming calls. */
  readonly requests: Observable<Request> & AsyncIterable<Request>;
  /**
   * The messages that go out. Nothing happens before the result is subscribed or iterated. Hand in `requests`
   * to replace what the handler sees.
   */
  handle(requests?: Observable<Request>): Observable<Response> & AsyncIterable<Response>;
}

export type InterceptorResult = Observable<unknown> | AsyncIterable<unknown>;

export interface Interceptor {
  /** Called once per call. Throws or rejects to fail it. */
  intercept(call: CallContext, next: CallHandler): InterceptorResult | Promise<InterceptorResult>;
}

export interface Guard {
  /** Whether the call may go on. `false` is PERMISSION_DENIED; throw a {@link StatusError} to say more. */
  canActivate(call: CallContext): boolean | Promise<boolean> | Observable<boolean>;
}

/** Sees failures of the types its `@Catch` names; without any, all of them. */
export interface ExceptionFilter<E = unknown> {
  /**
   * Returns the status to end the call with, or messages to go on with. Throwing hands the thrown error to the
   * next filter outwards.
   */
  catch(
    error: E,
    call: CallContext,
  ): StatusError | Observable<unknown> | Promise<StatusError | Observable<unknown>>;
}
