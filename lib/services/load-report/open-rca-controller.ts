import { fromEvent, Observable, take, takeUntil } from "rxjs";
import { GrpcMethod, GrpcService, Inject, Optional } from "../../app/index.js";
import { type CallContext, type Clock, systemClock } from "../../rpc/index.js";
import { OpenRcaService, type OrcaLoadReportInit, type OrcaLoadReportRequest } from "../../schema/index.js";
import { LOAD_REPORT_OPTIONS, type LoadReportOptions, minIntervalOf } from "./load-report-options.js";
import { LoadReporter } from "./load-reporter.js";

const MAX_INTERVAL_MS = 2 ** 31 - 1;

/** Load reports outside of calls: one at once, then one after each interval (A51). */
@GrpcService(OpenRcaService)
export class OpenRcaController {
  readonly #reporter: LoadReporter;
  readonly #minIntervalMs: number;
  readonly #clock: Clock;

  constructor(
    @Inject(LoadReporter) reporter: LoadReporter,
    @Optional() @Inject(LOAD_REPORT_OPTIONS) options: LoadReportOptions = {},
  ) {
    this.#reporter = reporter;
    this.#minIntervalMs = minIntervalOf(options);
    this.#clock = options.clock ?? systemClock;
  }

  /** Who reads slowly gets the newest report only. */
  @GrpcMethod({ overflow: "latest" })
  streamCoreMetrics(
    request: OrcaLoadReportRequest,
    { draining }: CallContext,
  ): Observable<OrcaLoadReportInit> {
    const intervalMs = Math.min(Math.max(askedMs(request), this.#minIntervalMs), MAX_INTERVAL_MS);
    const reports = new Observable<OrcaLoadReportInit>((subscriber) => {
      let timer: unknown;
      const tell = (): void => {
        timer = this.#clock.setTimeout(tell, intervalMs);
        subscriber.next(withCosts(this.#reporter.report, request.requestCostNames));
      };
      tell();
      return () => this.#clock.clearTimeout(timer);
    });
    return reports.pipe(draining.aborted ? take(1) : takeUntil(fromEvent(draining, "abort")));
  }
}

function askedMs({ reportInterval }: OrcaLoadReportRequest): number {
  return reportInterval === undefined
    ? 0
    : Number(reportInterval.seconds) * 1000 + reportInterval.nanos / 1_000_000;
}

/** The report with the named request costs only; with all of them if none is named. */
function withCosts(report: OrcaLoadReportInit, names: readonly string[]): OrcaLoadReportInit {
  if (names.length === 0 || report.requestCost === undefined) return report;
  const costs = Object.entries(report.requestCost).filter(([name]) => names.includes(name));
  return { ...report, requestCost: Object.fromEntries(costs) };
}
