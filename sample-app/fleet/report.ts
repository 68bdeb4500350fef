import { stripVTControlCharacters, styleText } from "node:util";
import type { BackendView } from "./fleet.js";
import type { ProcessState, ProcessView } from "./fleet-process.js";
import type { Period, Totals } from "./tally.js";

/** A backend, from the front service's side as well. */
export interface ReportedBackend extends BackendView {
  /** The front service's connection: READY, CONNECTING, …; undefined for none. */
  readonly connection: string | undefined;
  readonly isFavourite: boolean;
}

/** What is shown once a second. */
export interface Report {
  readonly second: number;
  readonly backends: readonly ReportedBackend[];
  /** Undefined with policies that ask nobody. */
  readonly controlPlane: ProcessView | undefined;
  readonly period: Period;
  readonly totals: Totals;
  readonly inFlight: number;
  /** Addresses that the registry gives. */
  readonly found: number;
}

type Look = "bold" | "dim" | "red" | "green" | "yellow";
export type Paint = (look: Look, text: string) => string;

export const plain: Paint = (_look, text) => text;
export const coloured: Paint = (look, text) => styleText(look, text);

/** One line: for logs, and for pipes. */
export function formatLine({ second, backends, controlPlane, period, totals }: Report): string {
  const shares = backends.map(({ number, address, state }) => {
    const calls = callsOf(address, period);
    return `${number}: ${String(calls).padStart(4)} ${percent(calls, period)}${state === "serving" ? "" : ` ${state}`}`;
  });
  return [
    `${String(second).padStart(4)} s  ${String(period.calls).padStart(4)} calls`,
    ...shares,
    `failed ${period.failures} (${totals.failures})`,
    `p99 ${milliseconds(period.p99Ms)}`,
    ...(controlPlane === undefined || controlPlane.state === "serving"
      ? []
      : [`control plane ${controlPlane.state}`]),
  ].join("  ");
}

interface Column {
  readonly title: string;
  readonly minWidth: number;
  readonly right?: boolean;
  cell(backend: ReportedBackend, report: Report, selected: number): string;
  look?(backend: ReportedBackend): Look;
}

/** The most important ones first: a narrow terminal cuts. */
const columns: readonly Column[] = [
  {
    title: "  #",
    minWidth: 5,
    cell: ({ number, isFavourite }, _, selected) =>
      `${number === selected ? "›" : " "} ${number}${isFavourite ? " ★" : ""}`,
  },
  { title: "address", minWidth: 15, cell: ({ address }) => address ?? "" },
  { title: "pid", minWidth: 6, cell: ({ pid }) => String(pid) },
  { title: "process", minWidth: 8, cell: ({ state }) => state, look: ({ state }) => stateLooks[state] },
  {
    title: "calls/s",
    minWidth: 7,
    right: true,
    cell: ({ address }, { period }) => String(callsOf(address, period)),
  },
  {
    title: "share",
    minWidth: 7,
    right: true,
    cell: ({ address }, { period }) => percent(callsOf(address, period), period),
  },
  {
    title: "connection",
    minWidth: 10,
    cell: ({ connection }) => connection ?? "–",
    look: ({ connection }) => (connection === "READY" ? "green" : "dim"),
  },
];

const GAP = "  ";
const MIN_BAR_CELLS = 5;
const MAX_BAR_CELLS = 30;

/** A header, and a line for each backend, with a bar if the width has room for one. What is selected is marked. */
export function formatBackends(report: Report, selected: number, width: number, paint: Paint): string[] {
  const { backends, period } = report;
  const cells = columns.map(({ cell }) => backends.map((backend) => cell(backend, report, selected)));
  const widths = columns.map(({ minWidth }, column) =>
    Math.max(minWidth, ...cells[column]!.map(({ length }) => length)),
  );
  const padded = (text: string, column: number): string =>
    columns[column]!.right ? text.padStart(widths[column]!) : text.padEnd(widths[column]!);
  const used = widths.reduce((sum, each) => sum + each + GAP.length, 0);
  const barCells = Math.min(MAX_BAR_CELLS, width - used);
  return [
    paint("dim", columns.map(({ title }, column) => padded(title, column)).join(GAP)),
    ...backends.map((backend, row) => {
      const line = columns.map(({ look }, column) => {
        const text = padded(cells[column]![row]!, column);
        return look === undefined ? text : paint(look(backend), text);
      });
      const share = callsOf(backend.address, period) / Math.max(1, period.calls);
      const bar = barCells < MIN_BAR_CELLS ? "" : "█".repeat(Math.round(share * barCells));
      return [...line, bar].join(GAP).trimEnd();
    }),
  ];
}

/** A line, if there is a control plane. */
export function formatControlPlane({ controlPlane }: Report, paint: Paint): string[] {
  if (controlPlane === undefined) return [];
  const { address = "", pid, state } = controlPlane;
  return [`  control plane  ${address}  pid ${pid}  ${paint(stateLooks[state], state)}`];
}

/** What came of the calls, in as many lines as the width makes of it. */
export function formatCounters(report: Report, width: number, paint: Paint): string[] {
  const { period, totals, inFlight, found } = report;
  const failures = `${period.failures} failed (since the start ${formatFailures(totals)})`;
  const parts = [
    `${period.calls} calls`,
    period.failures > 0 ? paint("red", failures) : failures,
    `p50 ${milliseconds(period.p50Ms)}`,
    `p99 ${milliseconds(period.p99Ms)}`,
    `${inFlight} in flight`,
    `registry: ${found} found`,
  ];
  return wrap(parts, width);
}

/** Puts as many parts into each line as fit. */
export function wrap(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = lines.length === 0 ? undefined : `${lines.at(-1)} · ${part}`;
    if (longer !== undefined && widthOf(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(`  ${part}`);
  }
  return lines;
}

/** The whole run, at its end. */
export function formatTotals({ totals, backends }: Pick<Report, "totals" | "backends">): string {
  const shares = backends.map(({ number, address }) => {
    const calls = callsOf(address, totals);
    return `${number}: ${calls} (${percent(calls, totals).trim()})`;
  });
  return `${totals.calls} calls, failed ${formatFailures(totals)}; by backend ${shares.join(", ")}`;
}

const stateLooks: Readonly<Record<ProcessState, Look>> = {
  starting: "yellow",
  serving: "green",
  paused: "yellow",
  ended: "red",
};

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

/** Colours have none. */
function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
