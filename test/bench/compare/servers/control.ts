/**
 * What a contender's program owes the comparison: print `{"port":N}` once it listens on 127.0.0.1, answer each
 * message on the IPC channel with what it has observed, and end when that channel closes.
 */

export interface Observations {
  /** Messages that a slow consumer is through with. */
  processed: number;
  /** Messages that a source has given away. */
  produced: number;
  /** When the work of a slow call was let go. */
  releasedAtMs: number | undefined;
  /** Keys of the maps that a handler saw. */
  keys: string[];
  rssBytes: number;
}

export const observations: Observations = {
  processed: 0,
  produced: 0,
  releasedAtMs: undefined,
  keys: [],
  rssBytes: 0,
};

/** Of the same clock in all processes. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Whether to serve `Half` instead of `Probe`. */
export const isHalf = process.argv[2] === "half";

export function announce(port: number): void {
  process.on("message", () => {
    observations.rssBytes = process.memoryUsage.rss();
    process.send?.(observations);
  });
  process.on("disconnect", () => process.exit());
  process.stdout.write(`${JSON.stringify({ port })}\n`);
}
