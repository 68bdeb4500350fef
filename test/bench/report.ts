/** From figures to what is printed and written: per scenario a table, those of the policies, then the targets. */
import { cpus } from "node:os";
import { reference } from "./contenders.js";
import type { Cell, Sample } from "./measurement.js";
import type { PickRow, UpdateRow } from "./policies/bench.js";
import { formatPicks, formatUpdates } from "./policies/report.js";
import { nodeFlags } from "./program-process.js";
import { type Spread, toSpread } from "./statistics.js";
import { formatNumber, formatRange, formatTable } from "./table.js";
import { targets } from "./targets.js";

export interface Row {
  readonly contender: string;
  readonly label: string;
  readonly failure?: string;
  readonly cpuMicros?: Spread;
  readonly perSecond?: Spread;
  /** Against the reference, round by round. */
  readonly cpuRatio?: Spread;
  readonly rateRatio?: Spread;
  readonly rssBytes?: number;
  readonly serverBusy?: number;
  readonly clientBusy?: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Block by block, to see trends and disturbances. */
  readonly samples?: readonly Sample[];
}

export interface Table {
  readonly scenario: string;
  readonly title: string;
  /** Whose CPU it is. */
  readonly side: string;
  readonly unit: string;
  readonly rows: readonly Row[];
}

export interface Verdict {
  readonly text: string;
  readonly ratio: number;
  readonly isMet: boolean;
}

export interface Report {
  readonly date: string;
  readonly node: string;
  readonly nodeFlags: readonly string[];
  readonly cpu: string;
  readonly rounds: number;
  readonly blockMs: number;
  readonly tables: readonly Table[];
  readonly picks: readonly PickRow[];
  readonly updates: readonly UpdateRow[];
  readonly targets: readonly Verdict[];
}

export interface Figures {
  readonly cells: readonly Cell[];
  readonly picks: readonly PickRow[];
  readonly updates: readonly UpdateRow[];
}

export function createReport({ cells, picks, updates }: Figures, rounds: number, blockMs: number): Report {
  const scenarios = [...new Set(cells.map((cell) => cell.scenario))];
  return {
    date: new Date().toISOString(),
    node: process.version,
    nodeFlags,
    cpu: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
    rounds,
    blockMs,
    tables: scenarios.map((scenario) => ({
      scenario: scenario.name,
      title: scenario.title,
      side: scenario.side,
      unit: scenario.unit,
      rows: cells.filter((cell) => cell.scenario === scenario).map((cell) => createRow(cell, cells)),
    })),
    picks,
    updates,
    targets: judge(cells),
  };
}

function createRow(cell: Cell, cells: readonly Cell[]): Row {
  const identity = {
    contender: cell.contender.name,
    label: cell.contender.label,
    statuses: Object.fromEntries(cell.statuses),
  };
  if (cell.failure !== undefined) return { ...identity, failure: cell.failure };
  if (cell.samples.length === 0) return { ...identity, failure: "not measured" };
  const cpuRatio = compare(cell, findCell(cells, reference, cell.scenario.name), "cpuMicros");
  const rateRatio = compare(cell, findCell(cells, reference, cell.scenario.name), "perSecond");
  return {
    ...identity,
    cpuMicros: spreadOf(cell, "cpuMicros"),
    perSecond: spreadOf(cell, "perSecond"),
    ...(cpuRatio && { cpuRatio }),
    ...(rateRatio && { rateRatio }),
    rssBytes: spreadOf(cell, "rssBytes").median,
    serverBusy: spreadOf(cell, "serverBusy").median,
    clientBusy: spreadOf(cell, "clientBusy").median,
    samples: cell.samples,
  };
}

function spreadOf(cell: Cell, key: keyof Sample): Spread {
  return toSpread(cell.samples.map((sample) => sample[key]));
}

/** Ratios of blocks of the same round, which ran one shortly after the other. */
function compare(cell: Cell, other: Cell | undefined, key: keyof Sample): Spread | undefined {
  if (other === undefined || other.failure !== undefined || cell.failure !== undefined) return undefined;
  const ratios = cell.samples.flatMap((sample, round) => {
    const otherSample = other.samples[round];
    return otherSample === undefined ? [] : [sample[key] / otherSample[key]];
  });
  return ratios.length === 0 ? undefined : toSpread(ratios);
}

function findCell(cells: readonly Cell[], contender: string, scenario: string): Cell | undefined {
  return cells.find((cell) => cell.contender.name === contender && cell.scenario.name === scenario);
}

function judge(cells: readonly Cell[]): Verdict[] {
  return targets.flatMap(({ scenario, contender = "grebe", measure, against, atMost, atLeast }) => {
    const ours = findCell(cells, contender, scenario);
    const theirs = findCell(cells, against, scenario);
    const spread = ours && compare(ours, theirs, measure === "cpu" ? "cpuMicros" : "perSecond");
    if (spread === undefined) return [];
    const ratio = spread.median;
    const limit = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
    return [
      {
        text: `${scenario}: ${measure === "cpu" ? "CPU" : "rate"} ${limit} x ${against}`,
        ratio,
        isMet: ratio <= (atMost ?? Number.POSITIVE_INFINITY) && ratio >= (atLeast ?? 0),
      },
    ];
  });
}

export function formatReport(report: Report): string {
  const parts = [
    `Node ${report.node}, ${report.cpu}; ${report.rounds} rounds of ${report.blockMs} ms blocks; ` +
      `medians, [quartiles]; ratios to ${reference}, round by round`,
    ...report.tables.map(formatScenario),
  ];
  if (report.picks.length > 0) parts.push(formatPicks(report.picks));
  if (report.updates.length > 0) parts.push(formatUpdates(report.updates));
  if (report.targets.length > 0) {
    const lines = report.targets.map(
      ({ text, ratio, isMet }) => `  ${isMet ? "met   " : "missed"}  ${text}: ${formatNumber(ratio)}`,
    );
    parts.push(["Targets", ...lines].join("\n"));
  }
  return `${parts.join("\n\n")}\n`;
}

function formatScenario({ title, unit, rows }: Table): string {
  return formatTable({
    title,
    head: ["", `CPU µs/${unit}`, "", "x CPU", "", `${unit}s/s`, "x rate", "server", "client", "RSS MB"],
    lines: rows.map((row) =>
      row.cpuMicros === undefined || row.perSecond === undefined
        ? [row.label, `failed: ${row.failure}`]
        : [
            row.label,
            formatNumber(row.cpuMicros.median),
            formatRange(row.cpuMicros),
            row.cpuRatio ? formatNumber(row.cpuRatio.median) : "",
            formatRange(row.cpuRatio),
            Math.round(row.perSecond.median).toLocaleString("en"),
            row.rateRatio ? formatNumber(row.rateRatio.median) : "",
            formatShare(row.serverBusy),
            formatShare(row.clientBusy),
            row.rssBytes === undefined ? "" : String(Math.round(row.rssBytes / 2 ** 20)),
          ],
    ),
  });
}

function formatShare(share: number | undefined): string {
  return share === undefined ? "" : `${Math.round(share * 100)} %`;
}
