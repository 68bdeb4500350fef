import { Injectable } from "../../app/index.js";
import type { OrcaLoadReportInit } from "../../schema/index.js";
import { LoadRecord } from "./load-record.js";

/**
 * How busy this server is: inject it to say so. It is in the reports of all calls, and in those outside of calls. A
 * value out of range is ignored: shares are between 0 and 1, the others not below 0.
 */
@Injectable()
export class ServerLoad {
  readonly #record = new LoadRecord();

  /** What is set now. */
  get report(): OrcaLoadReportInit {
    return this.#record.report;
  }

  /** 1 is all of the processor that the server may use; more where it is overbooked. */
  setCpuUtilization(value: number): void {
    this.#record.set("cpuUtilization", value);
  }
  deleteCpuUtilization(): void {
    this.#record.delete("cpuUtilization");
  }

  /** A share. */
  setMemoryUtilization(value: number): void {
    this.#record.set("memUtilization", value);
  }
  deleteMemoryUtilization(): void {
    this.#record.delete("memUtilization");
  }

  /** How far the application is from what it can take; `weighted_round_robin` prefers it to that of the processor. */
  setApplicationUtilization(value: number): void {
    this.#record.set("applicationUtilization", value);
  }
  deleteApplicationUtilization(): void {
    this.#record.delete("applicationUtilization");
  }

  /** Calls a second. */
  setQps(value: number): void {
    this.#record.set("rpsFractional", value);
  }
  deleteQps(): void {
    this.#record.delete("rpsFractional");
  }

  /** Failures a second. */
  setEps(value: number): void {
    this.#record.set("eps", value);
  }
  deleteEps(): void {
    this.#record.delete("eps");
  }

  /** A share of some other resource. */
  setUtilization(name: string, value: number): void {
    this.#record.setIn("utilization", name, value);
  }
  deleteUtilization(name: string): void {
    this.#record.deleteIn("utilization", name);
  }

  /** What a call costs. */
  setRequestCost(name: string, value: number): void {
    this.#record.setIn("requestCost", name, value);
  }
  deleteRequestCost(name: string): void {
    this.#record.deleteIn("requestCost", name);
  }

  /** Forgets everything. */
  clear(): void {
    this.#record.clear();
  }
}
