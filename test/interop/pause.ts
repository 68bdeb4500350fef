import { type Clock, injectionToken } from "../../lib/index.js";

export const CLOCK = injectionToken<Clock>("CLOCK");

/** Waits until the time is over or one of the signals aborts, whichever is first. */
export function pause(clock: Clock, delayMs: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clock.clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = clock.setTimeout(finish, delayMs);
    for (const signal of signals) {
      if (signal.aborted) finish();
      else signal.addEventListener("abort", finish);
    }
  });
}
