/** What an {@link AddressList} holds: anything that knows its address's key. */
export interface Keyed {
  readonly key: string;
}

/** A list with a place in it: where a pass over its addresses has got to. */
export class AddressList<T extends Keyed> {
  readonly items: readonly T[];
  #index = 0;

  constructor(items: readonly T[]) {
    this.items = items;
  }

  get size(): number {
    return this.items.length;
  }

  /** Undefined past the end. */
  get current(): T | undefined {
    return this.items[this.#index];
  }

  get hasNext(): boolean {
    return this.#index + 1 < this.items.length;
  }

  /** False if that leads past the end, where it stays. */
  increment(): boolean {
    if (this.#index < this.items.length) this.#index += 1;
    return this.#index < this.items.length;
  }

  reset(): void {
    this.#index = 0;
  }

  /** Goes to an address; false, and nothing is changed, if it is not in the list. */
  seekTo(key: string): boolean {
    const index = this.items.findIndex((item) => item.key === key);
    if (index >= 0) this.#index = index;
    return index >= 0;
  }

  hasSameKeys(keys: readonly string[]): boolean {
    return keys.length === this.items.length && keys.every((key, i) => key === this.items[i]!.key);
  }
}
