/** The findings as one table, a row per probe and a column per contender. */
import type { Contender, Finding } from "./probes.js";

export interface Column {
  readonly contender: Contender;
  /** A finding per row, in the order of the rows. */
  readonly findings: readonly Finding[];
}

export function formatTable(rows: readonly string[], columns: readonly Column[]): string {
  const blocks = rows.map((row, index) => {
    const width = Math.max(...columns.map(({ contender }) => contender.label.length));
    const lines = columns.map(
      ({ contender, findings }) => `  ${contender.label.padEnd(width)}  ${textOf(findings, index)}`,
    );
    return [row, ...lines].join("\n").replaceAll("`", "");
  });
  return `${blocks.join("\n\n")}\n`;
}

export function formatMarkdown(rows: readonly string[], columns: readonly Column[]): string {
  const lines = [
    ["", ...columns.map(({ contender }) => contender.label)],
    ["---", ...columns.map(() => "---")],
    ...rows.map((row, index) => [row, ...columns.map(({ findings }) => textOf(findings, index))]),
  ];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`)
    .join("");
}

function textOf(findings: readonly Finding[], index: number): string {
  return findings[index]?.text ?? "–";
}
