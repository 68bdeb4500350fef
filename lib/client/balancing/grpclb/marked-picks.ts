import { type Random, randomInteger } from "../../../rpc/index.js";
import { addressKey, type Endpoint } from "../../naming/endpoint.js";
import type { CompletePick, PickArgs, Picker, PickResult } from "../picker.js";
import type { CallCounts } from "./call-counts.js";

/** Gives calls the token of one entry of the balancer's list, and counts them. */
export class EntryMark {
  readonly #headers: Readonly<Record<string, string>> | undefined;
  readonly #counts: CallCounts;
  #plain: CompletePick | undefined;
  #marked: CompletePick | undefined;
  #end: CallCounts["end"] | undefined;

  constructor({ lbToken }: Endpoint, counts: CallCounts) {
    this.#headers = lbToken === undefined ? undefined : { "lb-token": lbToken };
    this.#counts = counts;
  }

  mark(result: PickResult): PickResult {
    if (result.kind !== "complete") return result;
    // Pickers hand out the same result again and again.
    if (result !== this.#plain || this.#end !== this.#counts.end || this.#marked === undefined) {
      this.#plain = result;
      this.#end = this.#counts.end;
      this.#marked = this.#copy(result, this.#end);
    }
    this.#counts.start();
    return this.#marked;
  }

  #copy(result: CompletePick, end: CallCounts["end"]): CompletePick {
    const { onEnd } = result;
    return {
      ...result,
      ...(this.#headers !== undefined && { headers: { ...result.headers, ...this.#headers } }),
      onEnd:
        onEnd === undefined
          ? end
          : (outcome) => {
              onEnd(outcome);
              end(outcome);
            },
    };
  }
}

/** Whose turn it is; it goes on when those who take turns change. */
export class Turn {
  readonly #random: Random;
  /** Below 0 before the first. */
  #next = -1;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The index of one of so many, from a random one on. */
  take(count: number): number {
    const index = this.#next < 0 ? randomInteger(this.#random, count) : this.#next % count;
    this.#next = index + 1;
    return index;
  }
}

/** The entries of a list by their address, for a policy that picks an address by itself. */
export class MarksByAddress {
  readonly #marks = new Map<string, { readonly turn: Turn; readonly marks: EntryMark[] }>();

  constructor(entries: readonly Endpoint[], counts: CallCounts, random: Random) {
    for (const entry of entries) {
      const key = addressKey(entry.addresses[0]!);
      let found = this.#marks.get(key);
      if (found === undefined) {
        found = { turn: new Turn(random), marks: [] };
        this.#marks.set(key, found);
      }
      found.marks.push(new EntryMark(entry, counts));
    }
  }

  /** A picker whose picks have the token of their address; of one that is listed more than once, the tokens in turn. */
  picker(inner: Picker): Picker {
    return { pick: (args) => this.#pick(inner, args) };
  }

  #pick(inner: Picker, args: PickArgs): PickResult {
    const result = inner.pick(args);
    if (result.kind !== "complete") return result;
    const found = this.#marks.get(addressKey(result.subchannel.address));
    if (found === undefined) return result;
    return found.marks[found.turn.take(found.marks.length)]!.mark(result);
  }
}
