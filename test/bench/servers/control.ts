/**
 * What a contender's program owes the benchmark: print `{"port":N}` once it listens on 127.0.0.1, answer each
 * message on the IPC channel with what the process has used so far, and end when that channel closes.
 */

export interface Usage {
  /** User and system time of the whole process, garbage collector's threads included. */
  readonly cpuMicros: number;
  readonly rssBytes: number;
}

/** Prints the port and answers from now on. Call it once the server listens. */
export function announce(port: number): void {
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    const usage: Usage = { cpuMicros: user + system, rssBytes: process.memoryUsage.rss() };
    process.send?.(usage);
  });
  process.on("disconnect", () => process.exit());
  process.stdout.write(`${JSON.stringify({ port })}\n`);
}

/** What the one interceptor of a contender does: the least that an interceptor in earnest does. */
export const seen = { calls: 0, busyMs: 0 };

export function countCall(startMs: number): void {
  seen.calls += 1;
  seen.busyMs += performance.now() - startMs;
}
