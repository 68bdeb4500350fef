import type { OrcaLoadReportInit } from "../../schema/index.js";

export type LoadFigure =
  | "cpuUtilization"
  | "memUtilization"
  | "applicationUtilization"
  | "rpsFractional"
  | "eps";
export type LoadTable = "utilization" | "requestCost" | "namedMetrics";

/** The largest value of what is a share; the others know no upper bound. */
const largest: { readonly [Name in LoadFigure | LoadTable]?: number } = { memUtilization: 1, utilization: 1 };
/** Costs and figures of the application's own may be anything. */
const signed: readonly (LoadFigure | LoadTable)[] = ["requestCost", "namedMetrics"];

/** Figures of a load report as they are set one by one. What a report cannot hold is ignored (A51). */
export class LoadRecord {
  #report: OrcaLoadReportInit = {};

  /** What is set now. Never changed: each change makes another. */
  get report(): OrcaLoadReportInit {
    return this.#report;
  }

  get isEmpty(): boolean {
    return Object.keys(this.#report).length === 0;
  }

  set(figure: LoadFigure, value: number): void {
    if (isInRange(figure, value)) this.#report = { ...this.#report, [figure]: value };
  }

  delete(figure: LoadFigure): void {
    const { [figure]: _gone, ...rest } = this.#report;
    this.#report = rest;
  }

  setIn(table: LoadTable, name: string, value: number): void {
    if (!isInRange(table, value)) return;
    this.#report = { ...this.#report, [table]: { ...this.#report[table], [name]: value } };
  }

  deleteIn(table: LoadTable, name: string): void {
    const { [name]: _gone, ...rest } = this.#report[table] ?? {};
    const { [table]: _table, ...others } = this.#report;
    this.#report = Object.keys(rest).length === 0 ? others : { ...others, [table]: rest };
  }

  clear(): void {
    this.#report = {};
  }
}

function isInRange(name: LoadFigure | LoadTable, value: number): boolean {
  const least = signed.includes(name) ? Number.NEGATIVE_INFINITY : 0;
  return Number.isFinite(value) && value >= least && value <= (largest[name] ?? Number.POSITIVE_INFINITY);
}

const tables: readonly LoadTable[] = ["utilization", "requestCost", "namedMetrics"];

/** One report over another: what both have is as the upper one says, entry by entry. */
export function mergeReports(below: OrcaLoadReportInit, above: OrcaLoadReportInit): OrcaLoadReportInit {
  const merged: Record<string, unknown> = { ...below, ...above };
  for (const table of tables) {
    if (below[table] !== undefined && above[table] !== undefined) {
      merged[table] = { ...below[table], ...above[table] };
    }
  }
  return merged;
}
