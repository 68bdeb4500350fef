/** A sum over the last stretch of time, kept in bins of equal width: what is older than all bins counts no more. */
export class MovingWindow {
  readonly #bins: Float64Array;
  readonly #binMs: number;
  /** Number of the newest bin, counted from the epoch. */
  #head = 0;
  #sum = 0;

  constructor(windowMs: number, bins: number) {
    this.#bins = new Float64Array(bins);
    this.#binMs = windowMs / bins;
  }

  /** Adds to the bin of an instant; one that is older than the window is dropped. */
  add(nowMs: number, value: number): void {
    const bin = this.#advance(nowMs);
    if (bin <= this.#head - this.#bins.length) return;
    this.#bins[bin % this.#bins.length]! += value;
    this.#sum += value;
  }

  sum(nowMs: number): number {
    this.#advance(nowMs);
    return this.#sum;
  }

  /** The head moves forward only; the bins it passes are emptied. */
  #advance(nowMs: number): number {
    const bin = Math.floor(nowMs / this.#binMs);
    const bins = this.#bins;
    const passed = Math.min(bin - this.#head, bins.length);
    for (let i = 1; i <= passed; i++) {
      const index = (bin - passed + i) % bins.length;
      this.#sum -= bins[index]!;
      bins[index] = 0;
    }
    if (bin > this.#head) this.#head = bin;
    return bin;
  }
}
