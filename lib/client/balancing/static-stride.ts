/**
 * Whose turn it is, when each comes as often as its weight says: gRPC's static stride. Time goes in rounds; in each,
 * everyone's turn comes once, and is passed over unless the weights that it has gathered since are due. No state but
 * the {@link TurnSequence} is needed, so a new schedule goes on where the old one was.
 */
import { type Random, randomInteger } from "../../rpc/index.js";

/** The heaviest; it is never passed over. */
const MAX_WEIGHT = 65_535;
/** Neighbours of equal weight are not due in the same rounds. */
const OFFSET = 32_767;
// As C-core has it: one absurd weight must not starve the others, and a small one must not vanish.
const MAX_RATIO = 10;
const MIN_RATIO = 0.01;

/** Counts turns; the rounds count only modulo 65,535, after which every schedule repeats itself. */
export class TurnSequence {
  /** Whose turn it was last. */
  index: number;
  round: number;
  readonly #count: number;

  /** `start` is the number of turns that are over. */
  constructor(count: number, start: number) {
    this.#count = count;
    this.index = (start % count) - 1;
    this.round = Math.floor(start / count) % MAX_WEIGHT;
  }

  /** So that different clients start differently. */
  static startingAnywhere(count: number, random: Random): TurnSequence {
    return new TurnSequence(count, randomInteger(random, 2 ** 32));
  }

  next(): number {
    let index = this.index + 1;
    if (index === this.#count) {
      index = 0;
      this.round = this.round + 1 === MAX_WEIGHT ? 0 : this.round + 1;
    }
    this.index = index;
    return index;
  }
}

/** Says whose turn it is, again and again. */
export interface Schedule {
  next(): number;
}

/**
 * Brings weights to whole numbers from 1 to 65,535, of which at least one is 65,535. Those that are 0 are not known,
 * and become the mean of the others. Undefined if all are to come equally often; at least one must be above 0.
 */
export function scaleWeights(weights: ArrayLike<number>): Uint16Array | undefined {
  const count = weights.length;
  let known = 0;
  let max = 0;
  for (let i = 0; i < count; i++) {
    const weight = weights[i]!;
    if (weight === 0) continue;
    known += 1;
    if (weight > max) max = weight;
  }
  let mean = 0;
  for (let i = 0; i < count; i++) mean += weights[i]! / known;
  max = Math.min(max, MAX_RATIO * mean);
  const scaledMean = Math.round((mean / max) * MAX_WEIGHT);
  const least = Math.max(1, Math.round(scaledMean * MIN_RATIO));
  const scaled = new Uint16Array(count);
  let equal = true;
  for (let i = 0; i < count; i++) {
    const weight = weights[i]!;
    const share = weight === 0 ? scaledMean : Math.round((Math.min(weight, max) / max) * MAX_WEIGHT);
    scaled[i] = Math.max(least, share);
    if (scaled[i] !== scaled[0]) equal = false;
  }
  return equal ? undefined : scaled;
}

/** Comes to each as often as its scaled weight says. */
export class StaticStride implements Schedule {
  readonly #weights: Uint16Array;
  readonly #offsets: Uint16Array;
  readonly #sequence: TurnSequence;

  constructor(scaledWeights: Uint16Array, sequence: TurnSequence) {
    this.#weights = scaledWeights;
    this.#offsets = scaledWeights.map((_, index) => (index * OFFSET) % MAX_WEIGHT);
    this.#sequence = sequence;
  }

  next(): number {
    const sequence = this.#sequence;
    for (;;) {
      const index = sequence.next();
      const weight = this.#weights[index]!;
      // (weight * round + index * OFFSET) mod 65,535, in small integers: 65,536 is 1 in that arithmetic.
      const product = Math.imul(weight, sequence.round);
      let gathered = (product & 0xffff) + (product >>> 16) + this.#offsets[index]!;
      gathered = (gathered & 0xffff) + (gathered >>> 16);
      if (gathered >= MAX_WEIGHT) gathered -= MAX_WEIGHT;
      if (gathered >= MAX_WEIGHT - weight) return index;
    }
  }
}
