import { type CallContext, type Clock, GrpcMethod, GrpcService, Inject } from "../../lib/index.js";
import type { OrcaLoadReportInit } from "./generated/xds/data/orca/v3/orca_load_report.js";
import { OpenRcaService, type OrcaLoadReportRequest } from "./generated/xds/service/orca/v3/orca.js";
import { CLOCK, pause } from "./pause.js";
import { ServerMetrics } from "./server-metrics.js";

/** Reports are at least this far apart, whatever the client asks for. */
export const MIN_REPORT_INTERVAL_MS = 1000;
const MAX_REPORT_INTERVAL_MS = 2 ** 31 - 1;

/** Out-of-band load reports: one at once, then one after each interval. */
@GrpcService(OpenRcaService)
export class OpenRcaController {
  constructor(
    private readonly metrics: ServerMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @GrpcMethod()
  async *streamCoreMetrics(
    request: OrcaLoadReportRequest,
    call: CallContext,
  ): AsyncIterable<OrcaLoadReportInit> {
    const intervalMs = toIntervalMs(request);
    while (!call.signal.aborted && !call.draining.aborted) {
      yield withCosts(this.metrics.report, request.requestCostNames);
      await pause(this.clock, intervalMs, call.signal, call.draining);
    }
  }
}

function toIntervalMs({ reportInterval }: OrcaLoadReportRequest): number {
  const askedMs =
    reportInterval === undefined ? 0 : Number(reportInterval.seconds) * 1000 + reportInterval.nanos / 1e6;
  return Math.min(Math.max(askedMs, MIN_REPORT_INTERVAL_MS), MAX_REPORT_INTERVAL_MS);
}

/** The report with the named request costs only; with all of them if none is named. */
function withCosts(report: OrcaLoadReportInit, names: readonly string[]): OrcaLoadReportInit {
  if (names.length === 0) return report;
  const costs = Object.entries(report.requestCost ?? {}).filter(([name]) => names.includes(name));
  return { ...report, requestCost: Object.fromEntries(costs) };
}
