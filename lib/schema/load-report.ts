/** ORCA load reports (https://github.com/cncf/xds/blob/main/xds/data/orca/v3/orca_load_report.proto) as bytes. */
import {
  file,
  type OrcaLoadReport,
  type OrcaLoadReportInit,
} from "./generated/xds/data/orca/v3/orca_load_report.js";

const codec = () => file.schema().codec("xds.data.orca.v3.OrcaLoadReport");

export function encodeLoadReport(report: OrcaLoadReportInit): Buffer {
  return codec().encode(report);
}

/** Throws an Error if the bytes are no report. */
export function decodeLoadReport(bytes: Uint8Array): OrcaLoadReport {
  return codec().decode(bytes) as OrcaLoadReport;
}
