import { type Observable, tap } from "rxjs";
import {
  annotation,
  type ClassOrMethodDecorator,
  Inject,
  Injectable,
  UseInterceptors,
} from "../../app/index.js";
import {
  type CallContext,
  type CallHandler,
  type Interceptor,
  StatusCode,
  toStatusError,
} from "../../rpc/index.js";
import { recordedLoad } from "./call-load.js";
import { LoadReporter } from "./load-reporter.js";

export interface ReportLoadOptions {
  /**
   * Whether calls and failures a second and processor time are measured, which is all that `weighted_round_robin`
   * needs. What {@link ServerLoad} and {@link callLoad} say counts before it. Default: true.
   */
  readonly measure?: boolean;
}

const options = annotation<ReportLoadOptions>("load reports");

/** A51: one report in the trailers of a call. */
const TRAILER = "endpoint-load-metrics-bin";

/** Failures of the server; a client that asks for what is not there is no sign of load. */
const failures: ReadonlySet<StatusCode> = new Set([
  StatusCode.UNKNOWN,
  StatusCode.DEADLINE_EXCEEDED,
  StatusCode.RESOURCE_EXHAUSTED,
  StatusCode.INTERNAL,
  StatusCode.UNAVAILABLE,
  StatusCode.DATA_LOSS,
]);

/** Ends calls with a report of the load: around a controller by {@link ReportLoad}, or a module's `interceptors`. */
@Injectable()
export class LoadReportInterceptor implements Interceptor {
  constructor(@Inject(LoadReporter) private readonly reporter: LoadReporter) {}

  intercept(call: CallContext, next: CallHandler): Observable<unknown> {
    const measure = options.of(call.handler)?.measure ?? true;
    const end = (failed: boolean): void => {
      if (measure) this.reporter.meter.onCallEnd(failed);
      const bytes = this.reporter.bytesFor(recordedLoad(call), measure);
      if (bytes !== undefined) call.trailers.set(TRAILER, bytes);
    };
    return next.handle().pipe(
      tap({
        complete: () => end(false),
        error: (error: unknown) => end(failures.has(toStatusError(error).code)),
      }),
    );
  }
}

/**
 * Ends the calls of a controller, or of one method, with a report of the load (A51), which clients balance by. The
 * application imports `LoadReportModule`.
 */
export function ReportLoad(given: ReportLoadOptions = {}): ClassOrMethodDecorator {
  const intercept = UseInterceptors(LoadReportInterceptor);
  const note = options(given);
  return (target, property) => {
    intercept(target, property);
    note(target, property);
  };
}
