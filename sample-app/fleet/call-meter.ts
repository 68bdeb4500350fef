import {
  type CallHandler,
  type ClientInterceptor,
  Injectable,
  type OutgoingCall,
  toStatusError,
} from "grebe";
import { type Observable, tap } from "rxjs";
import { Tally } from "./tally.js";

/** Notes of each unary call who answered it, how long that took, and how it failed. */
@Injectable()
export class CallMeter implements ClientInterceptor {
  constructor(private readonly tally: Tally) {}

  intercept(call: OutgoingCall, next: CallHandler): Observable<unknown> {
    if (call.method.kind !== "unary") return next.handle();
    const startedAt = performance.now();
    return next.handle().pipe(
      tap({
        complete: () => this.tally.answered(call.peer ?? "nobody", performance.now() - startedAt),
        error: (error: unknown) =>
          this.tally.failed(toStatusError(error).code, performance.now() - startedAt),
      }),
    );
  }
}
