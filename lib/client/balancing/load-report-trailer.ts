import type { Metadata } from "../../rpc/index.js";
import { decodeLoadReport, type OrcaLoadReport } from "../../schema/index.js";

/** Where a server puts the load report of a call. */
export const LOAD_REPORT_TRAILER = "endpoint-load-metrics-bin";

/** The load report of a call; undefined if there is none. Throws an Error if there are several, or it is no report. */
export function readLoadReport(trailers: Metadata | undefined): OrcaLoadReport | undefined {
  const values = trailers?.get(LOAD_REPORT_TRAILER);
  const value = values?.[0];
  if (values === undefined || value === undefined) return undefined;
  if (values.length > 1) throw new Error(`${values.length} values of ${LOAD_REPORT_TRAILER} in one trailer`);
  return decodeLoadReport(value as Buffer);
}
