import { type Random, randomInteger } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import { type PickArgs, type Picker, type PickResult, queuePicker } from "./picker.js";

/** Whom a {@link RotatingPicker} asks: those that are in its state. */
export interface Rotated {
  readonly state: ConnectivityState;
  readonly picker: Picker;
}

/**
 * Asks the pickers of all that are in one state, in turn, from a random one on. They are gathered at the first pick:
 * while thousands of connections come up one after the other, most pickers are replaced before anybody picks.
 */
export class RotatingPicker implements Picker {
  #source: readonly Rotated[];
  readonly #state: ConnectivityState;
  readonly #random: Random;
  #pickers: readonly Picker[] = [];
  #next = 0;

  constructor(source: readonly Rotated[], state: ConnectivityState, random: Random) {
    this.#source = source;
    this.#state = state;
    this.#random = random;
  }

  pick(args: PickArgs): PickResult {
    let index = this.#next;
    if (index >= this.#pickers.length) index = this.#pickers.length === 0 ? this.#gather() : 0;
    this.#next = index + 1;
    return this.#pickers[index]!.pick(args);
  }

  #gather(): number {
    const pickers: Picker[] = [];
    for (const { state, picker } of this.#source) if (state === this.#state) pickers.push(picker);
    // Only one that was replaced meanwhile can find nobody.
    this.#pickers = pickers.length === 0 ? [queuePicker] : pickers;
    this.#source = [];
    return randomInteger(this.#random, this.#pickers.length);
  }
}
