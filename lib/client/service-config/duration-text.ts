import type { DurationText } from "./service-config.js";

const MAX_DURATION_MS = 315_576_000_000_000;

/** Milliseconds as proto3's JSON has them: 1500 is `"1.5s"`, exact down to nanoseconds. Throws a RangeError beyond its range. */
export function formatDuration(ms: number): DurationText {
  // Also false for NaN.
  if (!(Math.abs(ms) <= MAX_DURATION_MS)) {
    throw new RangeError(`${ms} ms is no duration; it must be within ${MAX_DURATION_MS} ms`);
  }
  const magnitude = Math.abs(ms);
  let seconds = Math.floor(magnitude / 1000);
  let nanos = Math.round((magnitude - seconds * 1000) * 1e6);
  if (nanos === 1e9) {
    seconds += 1;
    nanos = 0;
  }
  const fraction = nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
  const sign = ms < 0 && seconds + nanos > 0 ? "-" : "";
  return `${sign}${seconds}${fraction}s` as DurationText;
}
