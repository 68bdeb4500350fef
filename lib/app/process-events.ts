import { constants } from "node:os";
import { StatusCode, StatusError } from "../rpc/index.js";

/** npm passes ctrl-C on to a process that has it from the terminal already: two so near to each other are one. */
const SAME_SIGNAL_MS = 100;

/** How many applications of this process a signal has told to stop and that are still at it. */
let stopping = 0;

/**
 * Stops at the first signal and then ends the process, when the last application that heard it has stopped; a second
 * signal ends it at once, with the exit code shells expect. Returns what takes the listeners away again.
 */
export function onSignals(
  signals: readonly NodeJS.Signals[],
  stop: (signal: NodeJS.Signals) => Promise<unknown>,
): () => void {
  let heardAt: number | undefined;
  const listener = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (heardAt !== undefined) {
      if (now - heardAt > SAME_SIGNAL_MS) process.exit(128 + (constants.signals[signal] ?? 0));
      return;
    }
    heardAt = now;
    stopping += 1;
    stop(signal)
      .catch(() => {
        process.exitCode = 1;
      })
      .finally(() => {
        stopping -= 1;
        if (stopping === 0) process.exit();
      });
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/**
 * A handler may read its request stream in a loop that nobody awaits. When the call is cancelled the loop fails with
 * CANCELLED, which is no reason to end the process, as Node does with unhandled rejections. All other rejections
 * are left to Node. Returns what takes the tolerance away again.
 */
export function tolerateCancellations(): () => void {
  if (tolerating === 0) process.on("unhandledRejection", onRejection);
  tolerating += 1;
  return () => {
    tolerating -= 1;
    if (tolerating === 0) process.off("unhandledRejection", onRejection);
  };
}

/** How many applications listen; one listener does for all. */
let tolerating = 0;

function onRejection(reason: unknown): void {
  if (isCancellation(reason)) return;
  // Node ends the process only if nobody listens; do what it would have done.
  if (process.listenerCount("unhandledRejection") === 1) throw reason;
}

function isCancellation(reason: unknown): boolean {
  return (
    reason instanceof StatusError &&
    reason.path !== undefined &&
    (reason.code === StatusCode.CANCELLED ||
      reason.code === StatusCode.DEADLINE_EXCEEDED ||
      reason.code === StatusCode.UNAVAILABLE)
  );
}
