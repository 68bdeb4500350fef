/** ORCA load reports: with the end of a call as a trailer, and out of band. */
import { metadataKey } from "../../lib/index.js";
import { loadSchema } from "../../lib/schema/index.js";
import type { TestOrcaReport } from "./messages.js";

/** `xds.data.orca.v3.OrcaLoadReport`, as far as the tests use it. */
export interface LoadReport {
  readonly cpuUtilization?: number;
  readonly memUtilization?: number;
  readonly requestCost?: Readonly<Record<string, number>>;
  readonly utilization?: Readonly<Record<string, number>>;
}

const codec = loadSchema(["proto/xds/data/orca/v3/orca_load_report.proto"], { includeDirs: ["proto"] }).codec(
  "xds.data.orca.v3.OrcaLoadReport",
);

/** The trailer that tells the load of one call. */
export const LOAD_REPORT = metadataKey<LoadReport>("endpoint-load-metrics-bin", {
  parse: (bytes: Buffer) => codec.decode(bytes) as LoadReport,
  format: (report) => codec.encode(report),
});

export function toLoadReport(report: TestOrcaReport): LoadReport {
  return {
    cpuUtilization: report.cpuUtilization,
    memUtilization: report.memoryUtilization,
    requestCost: report.requestCost,
    utilization: report.utilization,
  };
}
