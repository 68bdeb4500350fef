/** Median and quartiles, the only statistics here: a disturbed block must not move a result. */

export interface Spread {
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
}

/** Throws a RangeError without any value. */
export function toSpread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("no values to take a median of");
  const sorted = values.toSorted((a, b) => a - b);
  return { p25: quantile(sorted, 0.25), median: quantile(sorted, 0.5), p75: quantile(sorted, 0.75) };
}

/** Between two neighbours the value is interpolated. */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}
