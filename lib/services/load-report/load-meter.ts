import type { Clock } from "../../rpc/index.js";
import type { OrcaLoadReportInit } from "../../schema/index.js";

const BUCKET_MS = 1000;
const BUCKETS = 10;
/** Figures are made anew at most so often; reports in between are the same. */
const FRESH_MS = 100;
/** Shorter spans say little of the processor. */
const CPU_SPAN_MS = 1000;

/** Processor time of the process in microseconds, as `process.cpuUsage` tells it. */
export type CpuTime = () => number;

export function processCpuTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * Counts calls and failures a second over the last ten seconds, and the processor time of this process: 1 is one
 * core, which is all that Node's main thread can use. Without calls it does nothing.
 */
export class LoadMeter {
  readonly #clock: Clock;
  readonly #cpuTime: CpuTime;
  readonly #calls = new Array<number>(BUCKETS).fill(0);
  readonly #failures = new Array<number>(BUCKETS).fill(0);
  readonly #startedAt: number;
  #bucket: number;
  #counting = false;
  #report: OrcaLoadReportInit = {};
  #reportedAt = Number.NEGATIVE_INFINITY;
  #cpu: { readonly atMs: number; readonly time: number };
  #cpuUtilization: number | undefined;

  constructor(clock: Clock, cpuTime: CpuTime = processCpuTime) {
    this.#clock = clock;
    this.#cpuTime = cpuTime;
    this.#startedAt = clock.now();
    this.#bucket = Math.floor(this.#startedAt / BUCKET_MS);
    this.#cpu = { atMs: this.#startedAt, time: cpuTime() };
  }

  onCallEnd(failed: boolean): void {
    this.#counting = true;
    this.#forget(this.#clock.now());
    const index = this.#bucket % BUCKETS;
    this.#calls[index]! += 1;
    if (failed) this.#failures[index]! += 1;
  }

  /** The figures; none before the first call. The same object as before if they were not made anew. */
  get report(): OrcaLoadReportInit {
    const now = this.#clock.now();
    // A clock that was set back makes them anew too.
    const ageMs = now - this.#reportedAt;
    if (this.#counting && !(ageMs >= 0 && ageMs < FRESH_MS)) {
      this.#reportedAt = now;
      this.#report = this.#measure(now);
    }
    return this.#report;
  }

  #measure(now: number): OrcaLoadReportInit {
    this.#forget(now);
    // The last bucket is not full yet, and before ten seconds have passed there are fewer.
    const spanMs = Math.min(now - this.#startedAt, (BUCKETS - 1) * BUCKET_MS + (now % BUCKET_MS));
    const perSecond = (counts: readonly number[]): number =>
      (sum(counts) / Math.max(spanMs, BUCKET_MS)) * 1000;
    this.#measureCpu(now);
    return {
      rpsFractional: perSecond(this.#calls),
      eps: perSecond(this.#failures),
      ...(this.#cpuUtilization !== undefined && { cpuUtilization: this.#cpuUtilization }),
    };
  }

  #measureCpu(now: number): void {
    const elapsedMs = now - this.#cpu.atMs;
    if (elapsedMs >= 0 && elapsedMs < CPU_SPAN_MS) return;
    const time = this.#cpuTime();
    if (elapsedMs > 0) this.#cpuUtilization = (time - this.#cpu.time) / (elapsedMs * 1000);
    this.#cpu = { atMs: now, time };
  }

  /** Empties the buckets that have come round since. */
  #forget(now: number): void {
    const bucket = Math.floor(now / BUCKET_MS);
    const passed = bucket - this.#bucket;
    if (passed === 0) return;
    for (let i = 1; i <= Math.min(Math.abs(passed), BUCKETS); i++) {
      const index = (this.#bucket + i) % BUCKETS;
      this.#calls[index] = 0;
      this.#failures[index] = 0;
    }
    this.#bucket = bucket;
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
