import { formatStatusCode, type StatusCode } from "grebe";

/** What happened since the last look. */
export interface Period {
  readonly calls: number;
  readonly failures: number;
  /** Calls that were answered, by the address that did. */
  readonly byPeer: ReadonlyMap<string, number>;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What happened since the start. */
export interface Totals {
  readonly calls: number;
  readonly failures: number;
  /** By code: `UNAVAILABLE`. */
  readonly byCode: ReadonlyMap<string, number>;
  readonly byPeer: ReadonlyMap<string, number>;
}

/** Counts calls as they end. */
export class Tally {
  #durations: number[] = [];
  #failures = 0;
  #byPeer = new Map<string, number>();
  readonly #totals = {
    calls: 0,
    failures: 0,
    byCode: new Map<string, number>(),
    byPeer: new Map<string, number>(),
  };

  get totals(): Totals {
    const { byCode, byPeer, ...counts } = this.#totals;
    return { ...counts, byCode: new Map(byCode), byPeer: new Map(byPeer) };
  }

  answered(peer: string, durationMs: number): void {
    this.#durations.push(durationMs);
    this.#totals.calls += 1;
    increase(this.#byPeer, peer);
    increase(this.#totals.byPeer, peer);
  }

  failed(code: StatusCode, durationMs: number): void {
    this.#durations.push(durationMs);
    this.#failures += 1;
    this.#totals.calls += 1;
    this.#totals.failures += 1;
    increase(this.#totals.byCode, formatStatusCode(code));
  }

  /** What happened since this was asked last. */
  take(): Period {
    const durations = this.#durations.sort((a, b) => a - b);
    const period: Period = {
      calls: durations.length,
      failures: this.#failures,
      byPeer: this.#byPeer,
      p50Ms: percentile(durations, 0.5),
      p99Ms: percentile(durations, 0.99),
    };
    this.#durations = [];
    this.#failures = 0;
    this.#byPeer = new Map();
    return period;
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Of sorted numbers; 0 if there are none. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
