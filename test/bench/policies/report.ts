/** The tables of the policies. */
import type { Spread } from "../statistics.js";
import { formatNumber, formatRange, formatTable } from "../table.js";
import {
  type PickRow,
  pickReference,
  pickSizes,
  type UpdateFigures,
  type UpdateRow,
  updateSize,
} from "./bench.js";

const count = new Intl.NumberFormat("en");

export function formatPicks(rows: readonly PickRow[]): string {
  const sizes = pickSizes.flatMap((size) => [`${count.format(size)} endpoints`, "", `x ${pickReference}`]);
  return formatTable({
    title: "Picks: ns per pick, the end of its call included",
    head: ["", ...sizes, "most : least", ""],
    lines: rows.map(({ policy, failure, nanos, ratios, remark = "" }) =>
      nanos === undefined
        ? [policy, `failed: ${failure}`]
        : [
            policy,
            ...nanos.flatMap((spread, size) => {
              const ratio = ratios?.[size];
              return [
                formatNumber(spread.median),
                formatRange(spread),
                ratio ? formatNumber(ratio.median) : "",
              ];
            }),
            formatNumber(ratioOf(nanos)),
            remark,
          ],
    ),
  });
}

/** The most endpoints against the fewest. */
function ratioOf(nanos: readonly Spread[]): number {
  return nanos.at(-1)!.median / nanos[0]!.median;
}

export function formatUpdates(rows: readonly UpdateRow[]): string {
  return formatTable({
    title:
      `Updates of a list of ${count.format(updateSize)} endpoints: µs per update and the first pick after it, and ` +
      "subchannels made, and let go of kept endpoints, per update",
    head: ["", "same list", "", "made", "let go", "one changed", "", "made", "let go"],
    lines: rows.map(({ policy, failure, same, oneChanged }) =>
      same === undefined || oneChanged === undefined
        ? [policy, `failed: ${failure}`]
        : [policy, ...formatFigures(same), ...formatFigures(oneChanged)],
    ),
  });
}

function formatFigures({ micros, made, dropped }: UpdateFigures): string[] {
  const whole = (value: number): string => count.format(Math.round(value));
  return [whole(micros.median), formatRange(micros, whole), formatRate(made), formatRate(dropped)];
}

function formatRate(value: number): string {
  return Number.isInteger(value) ? String(value) : formatNumber(value);
}
