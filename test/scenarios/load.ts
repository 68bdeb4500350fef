/** Calls at a steady rate, whatever becomes of them, and a record of each. None goes on behind its test file. */
import { after } from "node:test";
import type { StatusError } from "../../lib/rpc/index.js";
import type { ProbeClient } from "../client/support.js";

export interface CallRecord {
  readonly startedAt: number;
  endedAt?: number;
  /** Response headers have come: from then on a call cannot be tried again (A6). */
  committed?: boolean;
  /** The address that has answered. */
  answeredBy?: string;
  failure?: StatusError;
}

const TICK_MS = 5;

const timers = new Set<NodeJS.Timeout>();
after(() => {
  for (const timer of timers) clearInterval(timer);
});

export class Load {
  readonly records: CallRecord[] = [];
  readonly #client: ProbeClient;
  readonly #rate: number;
  #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  readonly #open = new Set<Promise<void>>();

  constructor(client: ProbeClient, callsPerSecond: number) {
    this.#client = client;
    this.#rate = callsPerSecond;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#startedAt) * this.#rate) / 1000;
      while (this.records.length < due) this.#call();
    }, TICK_MS);
    timers.add(this.#timer);
  }

  /** Makes no more calls; resolves when those under way have ended. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  #call(): void {
    const record: CallRecord = { startedAt: performance.now() };
    this.records.push(record);
    const call = this.#client
      .one({}, { onHeaders: () => this.#onHeaders(record) })
      .then(
        ({ text }) => {
          record.answeredBy = text;
        },
        (error: StatusError) => {
          record.failure = error;
        },
      )
      .then(() => {
        record.endedAt = performance.now();
        this.#open.delete(call);
      });
    this.#open.add(call);
  }

  #onHeaders(record: CallRecord): void {
    record.committed = true;
  }

  get failures(): readonly (CallRecord & { readonly failure: StatusError })[] {
    return this.records.filter(
      (record): record is CallRecord & { failure: StatusError } => record.failure !== undefined,
    );
  }

  /** The texts of the failures, for messages of assertions. */
  get failureTexts(): readonly string[] {
    return this.failures.map((record) => this.#format(record));
  }

  /**
   * Of those that a retry policy should have prevented. A backend may die between the headers of its answer and its
   * trailers; such a call is committed.
   */
  get needlessFailureTexts(): readonly string[] {
    return this.failures.filter(({ committed }) => committed !== true).map((record) => this.#format(record));
  }

  #format({ failure, startedAt, endedAt = 0 }: CallRecord & { readonly failure: StatusError }): string {
    const seconds = (at: number): string => ((at - this.#startedAt) / 1000).toFixed(2);
    return `${seconds(startedAt)} to ${seconds(endedAt)} s, ${failure.peer ?? "nobody"}: ${failure.message}`;
  }

  answersOf(address: string, sinceMs = 0): number {
    return this.records.filter((record) => record.answeredBy === address && record.endedAt! >= sinceMs)
      .length;
  }

  /** Share of the calls that ended in the last second. */
  shareOf(address: string): number {
    const since = performance.now() - 1000;
    const recent = this.records.filter(({ endedAt = 0 }) => endedAt >= since);
    return recent.filter(({ answeredBy }) => answeredBy === address).length / Math.max(1, recent.length);
  }

  get slowestMs(): number {
    return Math.max(
      0,
      ...this.records.map(({ startedAt, endedAt = performance.now() }) => endedAt - startedAt),
    );
  }
}

/** Looks again and again whether something is true; how long that took, in milliseconds, or `Infinity`. */
export async function timeUntil(isTrue: () => boolean | Promise<boolean>, limitMs: number): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    if (await isTrue()) return performance.now() - startedAt;
    if (performance.now() - startedAt > limitMs) return Number.POSITIVE_INFINITY;
    await new Promise((again) => setTimeout(again, 20));
  }
}
