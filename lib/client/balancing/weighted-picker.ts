import { type Random, randomInteger } from "../../rpc/index.js";
import type { PickArgs, Picker, PickResult } from "./picker.js";

export interface WeightedPick {
  /** A whole number from 1 on. */
  readonly weight: number;
  readonly picker: Picker;
}

/** Lets one of several pickers decide, each as often as its weight says. There is at least one. */
export function weightedPicker(choices: readonly WeightedPick[], random: Random): Picker {
  return choices.length === 1 ? choices[0]!.picker : new WeightedPicker(choices, random);
}

class WeightedPicker implements Picker {
  readonly #pickers: readonly Picker[];
  /** Of each picker, its weight and those of all before it. */
  readonly #sums: Float64Array;
  readonly #total: number;
  readonly #random: Random;

  constructor(choices: readonly WeightedPick[], random: Random) {
    this.#pickers = choices.map(({ picker }) => picker);
    this.#sums = new Float64Array(choices.length);
    let total = 0;
    for (const [i, { weight }] of choices.entries()) {
      total += weight;
      this.#sums[i] = total;
    }
    this.#total = total;
    this.#random = random;
  }

  pick(args: PickArgs): PickResult {
    const drawn = randomInteger(this.#random, this.#total);
    const sums = this.#sums;
    let from = 0;
    let to = sums.length - 1;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (sums[middle]! > drawn) to = middle;
      else from = middle + 1;
    }
    return this.#pickers[from]!.pick(args);
  }
}
