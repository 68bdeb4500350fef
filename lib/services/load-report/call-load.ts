import { type CallContext, callKey } from "../../rpc/index.js";
import type { OrcaLoadReportInit } from "../../schema/index.js";
import { LoadRecord } from "./load-record.js";

/** What one call says of the load, over what {@link ServerLoad} says. A value out of range is ignored. */
export class CallLoad {
  readonly #record = new LoadRecord();

  /** What is recorded; undefined if nothing is. */
  get report(): OrcaLoadReportInit | undefined {
    return this.#record.isEmpty ? undefined : this.#record.report;
  }

  recordCpuUtilization(value: number): void {
    this.#record.set("cpuUtilization", value);
  }
  recordMemoryUtilization(value: number): void {
    this.#record.set("memUtilization", value);
  }
  recordApplicationUtilization(value: number): void {
    this.#record.set("applicationUtilization", value);
  }
  recordQps(value: number): void {
    this.#record.set("rpsFractional", value);
  }
  recordEps(value: number): void {
    this.#record.set("eps", value);
  }
  recordUtilization(name: string, value: number): void {
    this.#record.setIn("utilization", name, value);
  }
  /** What this very call used up. */
  recordRequestCost(name: string, value: number): void {
    this.#record.setIn("requestCost", name, value);
  }
  recordNamedMetric(name: string, value: number): void {
    this.#record.setIn("namedMetrics", name, value);
  }
}

const CALL_LOAD = callKey<CallLoad>("load of the call");

/** Where a handler records its load; `@ReportLoad` sends it with the end of the call. */
export function callLoad(call: CallContext): CallLoad {
  let load = call.get(CALL_LOAD);
  if (load === undefined) {
    load = new CallLoad();
    call.set(CALL_LOAD, load);
  }
  return load;
}

/** What was recorded for a call; undefined if nothing was. */
export function recordedLoad(call: CallContext): OrcaLoadReportInit | undefined {
  return call.get(CALL_LOAD)?.report;
}
