import type { OrcaLoadReport } from "../../schema/index.js";
import type { WeightedRoundRobinConfig } from "./weighted-round-robin-config.js";

/** What the schedules of one policy have found, counted once per endpoint and schedule (A78). */
export class WeightCounters {
  /** `grpc.lb.wrr.rr_fallback`: schedules without weights. */
  rrFallbacks = 0;
  /** `grpc.lb.wrr.endpoint_weight_not_yet_usable` */
  notYetUsable = 0;
  /** `grpc.lb.wrr.endpoint_weight_stale` */
  stale = 0;
}

/** What one endpoint's reports say it can take. */
export class EndpointWeight {
  /** As the newest schedule found it; 0 if it could not be used. */
  inUse = 0;
  #weight = 0;
  #nonEmptySinceMs: number | undefined;
  #lastUpdatedMs: number | undefined;

  /** The endpoint has a new connection, maybe of a new process: what was known is void. */
  reset(): void {
    this.#nonEmptySinceMs = undefined;
    this.#lastUpdatedMs = undefined;
  }

  /** A report that says nothing of use changes nothing. */
  report(report: OrcaLoadReport, config: WeightedRoundRobinConfig, nowMs: number): void {
    const utilization = utilizationOf(report, config);
    const { rpsFractional: qps, eps } = report;
    if (!(utilization > 0 && qps > 0)) return;
    const weight = qps / (utilization + (eps / qps) * config.errorUtilizationPenalty);
    // Nor does one whose figures are no figures.
    if (!(weight > 0 && Number.isFinite(weight))) return;
    this.#weight = weight;
    this.#lastUpdatedMs = nowMs;
    this.#nonEmptySinceMs ??= nowMs;
  }

  /** For a new schedule; 0 if it is not known. */
  read(config: WeightedRoundRobinConfig, nowMs: number, counters: WeightCounters): number {
    this.inUse = this.#read(config, nowMs, counters);
    return this.inUse;
  }

  #read(config: WeightedRoundRobinConfig, nowMs: number, counters: WeightCounters): number {
    if (this.#lastUpdatedMs === undefined) {
      counters.notYetUsable += 1;
      return 0;
    }
    if (nowMs - this.#lastUpdatedMs >= config.weightExpirationPeriodMs) {
      // The next report begins a new blackout.
      this.#nonEmptySinceMs = undefined;
      counters.stale += 1;
      return 0;
    }
    const { blackoutPeriodMs } = config;
    if (
      blackoutPeriodMs > 0 &&
      (this.#nonEmptySinceMs === undefined || nowMs - this.#nonEmptySinceMs < blackoutPeriodMs)
    ) {
      counters.notYetUsable += 1;
      return 0;
    }
    return this.#weight;
  }
}

function utilizationOf(report: OrcaLoadReport, { utilizationMetrics }: WeightedRoundRobinConfig): number {
  let highest = 0;
  for (const metric of utilizationMetrics) {
    const value = metric(report);
    // Not what is absent, nor NaN.
    if (value !== undefined && value > highest) highest = value;
  }
  if (highest > 0) return highest;
  return report.applicationUtilization > 0 ? report.applicationUtilization : report.cpuUtilization;
}
