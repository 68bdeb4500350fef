import { styleText } from "node:util";
import type { BackendView } from "./fleet.js";
import type { Period, Totals } from "./tally.js";

/** What is shown once a second. */
export interface Report {
  readonly second: number;
  readonly backends: readonly (BackendView & {
    /** The front service's connection: READY, CONNECTING, …; undefined for none. */
    readonly connection: string | undefined;
  })[];
  readonly period: Period;
  readonly totals: Totals;
  readonly inFlight: number;
  /** Addresses that the registry gives. */
  readonly found: number;
}

export type Paint = (look: "bold" | "dim" | "red" | "green" | "yellow", text: string) => string;

export const plain: Paint = (_look, text) => text;
export const coloured: Paint = (look, text) => styleText(look, text);

const BAR_CELLS = 30;

/** One line: for logs, and for pipes. */
export function formatLine({ second, backends, period, totals }: Report): string {
  const shares = backends.map(({ number, address, state }) => {
    const calls = callsOf(address, period);
    return `${number}: ${String(calls).padStart(4)} ${percent(calls, period)}${state === "serving" ? "" : ` ${state}`}`;
  });
  return [
    `${String(second).padStart(4)} s  ${String(period.calls).padStart(4)} calls`,
    ...shares,
    `failed ${period.failures} (${totals.failures})`,
    `p99 ${milliseconds(period.p99Ms)}`,
  ].join("  ");
}

/** A table, with what is selected marked. */
export function formatTable(report: Report, selected: number, paint: Paint): string[] {
  const { backends, period, totals, inFlight, found } = report;
  const rows = backends.map((backend) => {
    const { number, address, pid, state, connection } = backend;
    const calls = callsOf(address, period);
    return [
      `${number === selected ? "›" : " "} ${number}`,
      address ?? "",
      String(pid),
      paint(stateLooks[state], state.padEnd(8)),
      paint(connection === "READY" ? "green" : "dim", (connection ?? "–").padEnd(17)),
      String(calls).padStart(7),
      percent(calls, period),
      "█".repeat(Math.round((calls / Math.max(1, period.calls)) * BAR_CELLS)),
    ];
  });
  const failures = `${period.failures} failed (since the start ${formatFailures(totals)})`;
  return [
    paint("dim", "  #  address          pid      process   connection         calls/s    share"),
    ...rows.map(([number, address, pid, ...rest]) =>
      [number, address!.padEnd(15), pid!.padEnd(7), ...rest].join("  ").trimEnd(),
    ),
    "",
    [
      `  ${period.calls} calls`,
      period.failures > 0 ? paint("red", failures) : failures,
      `p50 ${milliseconds(period.p50Ms)}`,
      `p99 ${milliseconds(period.p99Ms)}`,
      `${inFlight} in flight`,
      `registry: ${found} found`,
    ].join(" · "),
  ];
}

/** The whole run, at its end. */
export function formatTotals(totals: Totals, backends: readonly BackendView[]): string {
  const shares = backends.map(({ number, address }) => {
    const calls = callsOf(address, totals);
    return `${number}: ${calls} (${percent(calls, totals).trim()})`;
  });
  return `${totals.calls} calls, failed ${formatFailures(totals)}; by backend ${shares.join(", ")}`;
}

const stateLooks = { starting: "yellow", serving: "green", paused: "yellow", ended: "red" } as const;

function callsOf(address: string | undefined, { byPeer }: Pick<Period, "byPeer">): number {
  return (address !== undefined && byPeer.get(address)) || 0;
}

function percent(part: number, { calls }: { readonly calls: number }): string {
  return `${((100 * part) / Math.max(1, calls)).toFixed(1).padStart(5)} %`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function formatFailures({ failures, byCode }: Totals): string {
  const codes = Array.from(byCode, ([code, count]) => `${count} ${code}`);
  return codes.length === 0 ? String(failures) : codes.join(", ");
}
