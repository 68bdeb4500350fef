import { constants } from "node:os";
import { StatusCode, StatusError } from "../rpc/index.js";

/**
 * Calls back at the first signal; a second one ends the process at once, with the exit code shells expect.
 * Returns what takes the listeners away again.
 */
export function onSignals(
  signals: readonly NodeJS.Signals[],
  stop: (signal: NodeJS.Signals) => void,
): () => void {
  let stopping = false;
  const listener = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(128 + (constants.signals[signal] ?? 0));
    stopping = true;
    stop(signal);
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/**
 * A handler may read its request stream in a loop that nobody awaits. When the call is cancelled the loop fails with
 * CANCELLED, which is no reason to end the process, as Node does with unhandled rejections. All other rejections
 * are left to Node. Returns what takes the listener away again.
 */
export function tolerateCancellations(): () => void {
  const listener = (reason: unknown): void => {
    if (isCancellation(reason)) return;
    // Node ends the process only if nobody listens; do what it would have done.
    if (process.listenerCount("unhandledRejection") === tolerating) throw reason;
  };
  tolerating += 1;
  process.on("unhandledRejection", listener);
  return () => {
    tolerating -= 1;
    process.off("unhandledRejection", listener);
  };
}

let tolerating = 0;

function isCancellation(reason: unknown): boolean {
  return (
    reason instanceof StatusError &&
    reason.path !== undefined &&
    (reason.code === StatusCode.CANCELLED ||
      reason.code === StatusCode.DEADLINE_EXCEEDED ||
      reason.code === StatusCode.UNAVAILABLE)
  );
}
