import type { OrcaLoadReport } from "../../schema/index.js";
import type { ConfigReader } from "../service-config/config-reader.js";

export interface WeightedRoundRobinConfig {
  /** Reports come over a stream of their own, not in the trailers of calls. */
  readonly enableOobLoadReport: boolean;
  readonly oobReportingPeriodMs: number;
  /** How long an endpoint must have reported before its weight counts. */
  readonly blackoutPeriodMs: number;
  /** How long a weight counts without a new report. */
  readonly weightExpirationPeriodMs: number;
  readonly weightUpdatePeriodMs: number;
  /** What errors cost: at 1, an endpoint all of whose calls fail is as if it were used by 1 more than it is. */
  readonly errorUtilizationPenalty: number;
  /** A114: what counts as utilization, the highest first; without any of them, that of the application or processor. */
  readonly utilizationMetrics: readonly UtilizationMetric[];
}

/** Reads one figure of a report; undefined if it is not there. */
export type UtilizationMetric = (report: OrcaLoadReport) => number | undefined;

const MIN_UPDATE_PERIOD_MS = 100;

export function parseWeightedRoundRobinConfig(config: ConfigReader): WeightedRoundRobinConfig {
  const duration = (name: string, fallbackMs: number): number => {
    const ms = config.durationMs(name) ?? fallbackMs;
    if (ms < 0) throw config.error(name, "a duration of at least 0", config.value(name));
    return ms;
  };
  const errorUtilizationPenalty = config.number("errorUtilizationPenalty") ?? 1;
  if (errorUtilizationPenalty < 0) {
    throw config.error("errorUtilizationPenalty", "at least 0", errorUtilizationPenalty);
  }
  const names = config.list("metricNamesForComputingUtilization") ?? [];
  return {
    enableOobLoadReport: config.boolean("enableOobLoadReport") ?? false,
    oobReportingPeriodMs: duration("oobReportingPeriod", 10_000),
    blackoutPeriodMs: duration("blackoutPeriod", 10_000),
    weightExpirationPeriodMs: duration("weightExpirationPeriod", 180_000),
    weightUpdatePeriodMs: Math.max(MIN_UPDATE_PERIOD_MS, duration("weightUpdatePeriod", 1000)),
    errorUtilizationPenalty,
    utilizationMetrics: names.map((name) => {
      if (typeof name !== "string") {
        throw config.error("metricNamesForComputingUtilization", "a list of texts", names);
      }
      return utilizationMetric(name);
    }),
  };
}

/** A114: `cpu_utilization` and its like, or `named_metrics.<key>` and `utilization.<key>`. Others are never there. */
function utilizationMetric(name: string): UtilizationMetric {
  switch (name) {
    case "application_utilization":
      return (report) => report.applicationUtilization;
    case "cpu_utilization":
      return (report) => report.cpuUtilization;
    case "mem_utilization":
      return (report) => report.memUtilization;
  }
  const dot = name.indexOf(".");
  const key = name.slice(dot + 1);
  switch (dot < 0 ? "" : name.slice(0, dot)) {
    case "named_metrics":
      return ({ namedMetrics }) => (Object.hasOwn(namedMetrics, key) ? namedMetrics[key] : undefined);
    case "utilization":
      return ({ utilization }) => (Object.hasOwn(utilization, key) ? utilization[key] : undefined);
  }
  return () => undefined;
}
