/** The load reports that a client wants to see: with the end of a call, and out of band. */
import type { CallContext } from "../../lib/index.js";
import { callLoad, type ServerLoad } from "../../lib/services/index.js";
import type { TestOrcaReport } from "./generated/grpc/testing/messages.js";

export function reportOnCall(call: CallContext, report: TestOrcaReport): void {
  const load = callLoad(call);
  load.recordCpuUtilization(report.cpuUtilization);
  load.recordMemoryUtilization(report.memoryUtilization);
  for (const [name, value] of Object.entries(report.utilization)) load.recordUtilization(name, value);
  for (const [name, value] of Object.entries(report.requestCost)) load.recordRequestCost(name, value);
}

/** In the place of what was reported before. */
export function reportOnServer(load: ServerLoad, report: TestOrcaReport): void {
  load.clear();
  load.setCpuUtilization(report.cpuUtilization);
  load.setMemoryUtilization(report.memoryUtilization);
  for (const [name, value] of Object.entries(report.utilization)) load.setUtilization(name, value);
  for (const [name, value] of Object.entries(report.requestCost)) load.setRequestCost(name, value);
}
