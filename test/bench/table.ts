/** Columns of text: the first to the left, all others to the right. */
import type { Spread } from "./statistics.js";

export interface TextTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly lines: readonly (readonly string[])[];
}

const firstColumn = 24;

/** A line of two cells is a remark: its second cell widens no column. */
export function formatTable({ title, head, lines }: TextTable): string {
  const whole = [head, ...lines.filter((line) => line.length === head.length)];
  const widths = head.map((text, column) =>
    Math.max(...whole.map((line) => line[column]!.length), column === 0 ? firstColumn : text.length),
  );
  const rows = [head, ...lines].map((line) =>
    line
      .map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
  return [title, ...rows.map((line) => `  ${line}`)].join("\n");
}

export function formatNumber(value: number): string {
  return value.toFixed(value < 0.1 ? 3 : value < 10 ? 2 : 1);
}

export function formatRange(spread: Spread | undefined, format = formatNumber): string {
  return spread ? `[${format(spread.p25)}-${format(spread.p75)}]` : "";
}
