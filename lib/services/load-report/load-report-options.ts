import { type InjectionToken, injectionToken } from "../../app/index.js";
import type { Clock } from "../../rpc/index.js";

export interface LoadReportOptions {
  /**
   * Reports outside of calls are at least so far apart, whatever the client asks for, in milliseconds. Less than 30,000
   * counts with `allowShortIntervals` only. Default: 30,000.
   */
  readonly minIntervalMs?: number;
  /** For tests. */
  readonly allowShortIntervals?: boolean;
  readonly clock?: Clock;
}

export const LOAD_REPORT_OPTIONS: InjectionToken<LoadReportOptions> =
  injectionToken<LoadReportOptions>("LOAD_REPORT_OPTIONS");

/** A51: whoever asks for more gets this. */
const LEAST_INTERVAL_MS = 30_000;
const MAX_INTERVAL_MS = 2 ** 31 - 1;

/** The least interval between reports outside of calls. */
export function minIntervalOf({ minIntervalMs, allowShortIntervals = false }: LoadReportOptions): number {
  const wanted = minIntervalMs ?? LEAST_INTERVAL_MS;
  if (!(wanted > 0 && wanted <= MAX_INTERVAL_MS)) {
    throw new RangeError(`minIntervalMs must be a positive number of milliseconds, got ${wanted}`);
  }
  return allowShortIntervals ? wanted : Math.max(wanted, LEAST_INTERVAL_MS);
}
