/** A process of a slow-reader run, seen from the inside: what it counts, and what it tells when asked. */
import { setTimeout as pause } from "node:timers/promises";

export interface Sample {
  readonly residentMb: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** How slow the slow sides are: 100 messages a second. */
export const PAUSE_MS = 10;
export const PAYLOAD_BYTES = 1024;
export const BIDI_STREAMS = 50;

/** Keeps to a rate even where timers are late: waits until it is time for the next message. */
export function createPace(pauseMs: number): () => Promise<unknown> {
  const startedAt = performance.now();
  let count = 0;
  return () => pause(Math.max(0, startedAt + ++count * pauseMs - performance.now()));
}

/** Answers each message of the parent process with a sample; behind a garbage collection, to leave chance out. */
export function answerSamples(counts: Readonly<Record<string, number>>): void {
  process.on("message", () => {
    globalThis.gc?.();
    const sample: Sample = { residentMb: process.memoryUsage.rss() / 1e6, counts };
    process.send?.(sample);
  });
  process.on("disconnect", () => process.exit());
}
