import type { EjectableSubchannel } from "./outlier-detection-subchannel.js";

/** How calls went. */
class Bucket {
  ok = 0;
  failed = 0;

  get total(): number {
    return this.ok + this.failed;
  }

  clear(): void {
    this.ok = 0;
    this.failed = 0;
  }
}

/** How one endpoint does; it is the same one for as long as its set of addresses stays. */
export class OutlierEndpoint {
  readonly subchannels = new Set<EjectableSubchannel>();
  /** Grows with each ejection, and shrinks with each interval without one: how much longer the next one lasts. */
  multiplier = 0;
  #ejectedAtMs: number | undefined;
  #active = new Bucket();
  #inactive = new Bucket();

  get ejectedAtMs(): number | undefined {
    return this.#ejectedAtMs;
  }

  get isEjected(): boolean {
    return this.#ejectedAtMs !== undefined;
  }

  /** Of the interval that is over. */
  get calls(): Readonly<Bucket> {
    return this.#inactive;
  }

  /** A call has ended. */
  count(ok: boolean): void {
    if (ok) this.#active.ok += 1;
    else this.#active.failed += 1;
  }

  /** An interval is over. */
  swapBuckets(): void {
    const over = this.#active;
    this.#active = this.#inactive;
    this.#active.clear();
    this.#inactive = over;
  }

  clearBuckets(): void {
    this.#active.clear();
    this.#inactive.clear();
  }

  eject(nowMs: number): void {
    this.#ejectedAtMs = nowMs;
    this.multiplier += 1;
    for (const subchannel of [...this.subchannels]) subchannel.setEjected(true);
  }

  uneject(): void {
    this.#ejectedAtMs = undefined;
    for (const subchannel of [...this.subchannels]) subchannel.setEjected(false);
  }
}
