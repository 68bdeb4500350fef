/** ORCA load reports: with the end of a call as a trailer, and out of band. */
import { metadataKey } from "../../lib/index.js";
import type { TestOrcaReport } from "./generated/grpc/testing/messages.js";
import {
  file,
  type OrcaLoadReport,
  type OrcaLoadReportInit,
} from "./generated/xds/data/orca/v3/orca_load_report.js";

const codec = file.schema().codec("xds.data.orca.v3.OrcaLoadReport");

/** The trailer that tells the load of one call. */
export const LOAD_REPORT = metadataKey<OrcaLoadReportInit>("endpoint-load-metrics-bin", {
  parse: (bytes: Buffer) => codec.decode(bytes) as OrcaLoadReport,
  format: (report) => codec.encode(report),
});

export function toLoadReport(report: TestOrcaReport): OrcaLoadReportInit {
  return {
    cpuUtilization: report.cpuUtilization,
    memUtilization: report.memoryUtilization,
    requestCost: report.requestCost,
    utilization: report.utilization,
  };
}
