import { constants } from "node:os";

/** npm passes ctrl-C on to a process that has it from the terminal already: two so near to each other are one. */
const SAME_MS = 100;

/** At the first signal it ends as `end` says, at another one at once, with the exit code that shells expect. */
export function endOnSignals(
  signals: readonly NodeJS.Signals[],
  end: (signal: NodeJS.Signals) => unknown,
): void {
  let heardAt: number | undefined;
  const listener = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (heardAt === undefined) {
      heardAt = now;
      end(signal);
    } else if (now - heardAt > SAME_MS) process.exit(128 + constants.signals[signal]);
  };
  for (const signal of signals) process.on(signal, listener);
}
