import { type Random, randomInteger } from "../../rpc/index.js";
import { type PickArgs, type Picker, type PickResult, queuePicker } from "./picker.js";

/**
 * Asks pickers in turn, from a random one on. The list may change between picks: while thousands of connections come up
 * one after the other, none of the pickers that are published meanwhile has to gather them.
 */
export class RotatingPicker implements Picker {
  readonly #pickers: readonly Picker[];
  readonly #random: Random;
  /** Below 0 before the first pick. */
  #next = -1;

  constructor(pickers: readonly Picker[], random: Random) {
    this.#pickers = pickers;
    this.#random = random;
  }

  pick(args: PickArgs): PickResult {
    const pickers = this.#pickers;
    let index = this.#next;
    if (index < 0) index = randomInteger(this.#random, pickers.length);
    else if (index >= pickers.length) index = 0;
    this.#next = index + 1;
    // Nobody is left only for a picker that was replaced.
    return (pickers[index] ?? queuePicker).pick(args);
  }
}
