/**
 * The calls that are under way: what a Set would hold, kept so that it leaves nothing behind. A Set is rebuilt every
 * few dozen entries, and each table that it leaves in the old generation keeps the calls it once held alive until
 * that is collected; measured, a third of what survived the collections of the young one.
 */
export class OpenCalls<T> implements Iterable<T> {
  readonly #slots: (T | undefined)[] = [];
  readonly #free: number[] = [];

  /** Gives the slot to take the call out by. */
  add(call: T): number {
    const slot = this.#free.pop();
    if (slot === undefined) return this.#slots.push(call) - 1;
    this.#slots[slot] = call;
    return slot;
  }

  remove(slot: number): void {
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const call of this.#slots) if (call !== undefined) yield call;
  }
}
