import {
  type CallContext,
  type CallHandler,
  formatStatusCode,
  Inject,
  Injectable,
  type Interceptor,
  injectionToken,
  type Logger,
  StatusCode,
  toStatusError,
} from "grebe";
import { type Observable, tap } from "rxjs";

export const AUDIT_LOG = injectionToken<Logger>("AUDIT_LOG");

/** One line per call, at its end: what was asked, how it ended, how many messages went each way. */
@Injectable()
export class AuditInterceptor implements Interceptor {
  constructor(@Inject(AUDIT_LOG) private readonly log: Logger) {}

  intercept(call: CallContext, next: CallHandler): Observable<unknown> {
    const startedAt = performance.now();
    let received = 0;
    let sent = 0;
    const write = (code: StatusCode): void => {
      const tookMs = Math.round(performance.now() - startedAt);
      this.log.info(
        {},
        `${call.method.name} ${formatStatusCode(code)}, ${received} in, ${sent} out, ${tookMs} ms, ${call.peer.address}`,
      );
    };
    const requests = next.requests.pipe(tap(() => received++));
    return next.handle(requests).pipe(
      tap({
        next: () => sent++,
        error: (error: unknown) => write(toStatusError(error).code),
        complete: () => write(StatusCode.OK),
        // Cut off: the caller is gone, or the deadline is over.
        unsubscribe: () =>
          write(call.signal.aborted ? toStatusError(call.signal.reason).code : StatusCode.CANCELLED),
      }),
    );
  }
}
