import { ascendingOrder, type Hash64, hashBytes } from "./xxh64.js";

/** What stands on a ring: where, and how often relative to the others. */
export interface RingPlace {
  readonly key: string;
  /** A whole number from 1 on. */
  readonly weight: number;
}

export interface RingSizes {
  readonly minRingSize: number;
  readonly maxRingSize: number;
}

/**
 * Places on a circle of 64-bit hashes, each with as many entries as its weight asks for (A42). A call goes to the first
 * entry at or after its own hash, so that a place that comes or goes moves only the calls next to its entries.
 */
export class HashRing {
  /** Whose each entry is, by position: an index into the places that the ring was built of. */
  readonly owners: Uint32Array;
  readonly #highs: Uint32Array;
  readonly #lows: Uint32Array;

  /** There is at least one place. */
  constructor(places: readonly RingPlace[], sizes: RingSizes) {
    const entries = new Entries(places, sizes);
    const order = ascendingOrder(entries.highs, entries.lows);
    this.owners = order.map((entry) => entries.owners[entry]!);
    this.#highs = order.map((entry) => entries.highs[entry]!);
    this.#lows = order.map((entry) => entries.lows[entry]!);
  }

  get size(): number {
    return this.owners.length;
  }

  /** The position of the first entry whose hash is not below the given one; behind the last comes the first. */
  find({ high, low }: Hash64): number {
    const highs = this.#highs;
    const lows = this.#lows;
    let from = 0;
    let to = highs.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const entry = highs[middle]!;
      if (entry < high || (entry === high && lows[middle]! < low)) from = middle + 1;
      else to = middle;
    }
    return from === highs.length ? 0 : from;
  }

  /** The hash at a position. */
  at(position: number): Hash64 {
    return { high: this.#highs[position]!, low: this.#lows[position]! };
  }
}

/** The entries of a ring before they are in order. */
class Entries {
  readonly owners: Uint32Array;
  readonly highs: Uint32Array;
  readonly lows: Uint32Array;

  constructor(places: readonly RingPlace[], { minRingSize, maxRingSize }: RingSizes) {
    let sum = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const { weight } of places) {
      sum += weight;
      least = Math.min(least, weight);
    }
    const leastShare = least / sum;
    // A42: the lightest place has a whole number of entries, unless that makes the ring too large.
    const scale = Math.min(Math.ceil(leastShare * minRingSize) / leastShare, maxRingSize);
    // One to spare, for what rounding adds up to.
    const capacity = Math.ceil(scale) + 1;
    const owners = new Uint32Array(capacity);
    const highs = new Uint32Array(capacity);
    const lows = new Uint32Array(capacity);

    const hash: Hash64 = { high: 0, low: 0 };
    let count = 0;
    let target = 0;
    for (const { bytes, index } of inByteOrder(places)) {
      target += scale * (places[index]!.weight / sum);
      // The key, "_", and room for the number of the entry.
      const text = Buffer.allocUnsafe(bytes.length + 1 + 10);
      text.set(bytes);
      text[bytes.length] = 0x5f;
      for (let i = 0; count < target; i++, count++) {
        hashBytes(hash, text, bytes.length + 1 + text.write(String(i), bytes.length + 1, "latin1"));
        owners[count] = index;
        highs[count] = hash.high;
        lows[count] = hash.low;
      }
    }
    this.owners = owners.subarray(0, count);
    this.highs = highs.subarray(0, count);
    this.lows = lows.subarray(0, count);
  }
}

/** The places by the bytes of their keys, so that every client builds the same ring from the same list. */
function inByteOrder(places: readonly RingPlace[]): { readonly bytes: Buffer; readonly index: number }[] {
  return places
    .map(({ key }, index) => ({ bytes: Buffer.from(key), index }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes) || a.index - b.index);
}
