/** What a contender's program owes the benchmark: listen on 127.0.0.1, and say what the process has used so far. */

export interface Usage {
  /** User and system time of the whole process, garbage collector's threads included. */
  readonly cpuMicros: number;
  readonly rssBytes: number;
}

export function readUsage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system, rssBytes: process.memoryUsage.rss() };
}

/** Prints the port and answers from now on. Call it once the server listens. */
export function announce(port: number): void {
  process.on("message", () => process.send?.(readUsage()));
  process.on("disconnect", () => process.exit());
  process.stdout.write(`${JSON.stringify({ port })}\n`);
}

/** What the one interceptor of a contender does: the least that an interceptor in earnest does. */
export const seen = { calls: 0, busyMs: 0 };

export function countCall(startMs: number): void {
  seen.calls += 1;
  seen.busyMs += performance.now() - startMs;
}
