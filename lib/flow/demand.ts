/**
 * How a consumer holds back its source. rxjs pushes: a source has no way to learn that its subscriber is busy.
 * Grebe hands the subscriber's {@link Demand} to the source beside the subscription. `subscribe` runs through
 * a chain of operators synchronously, from the last to the first, so while a consumer subscribes, its demand is
 * the *current* one, and the source at the far end of the chain picks it up. A source that carries demand emits
 * only while `open` is true and goes on when told.
 *
 * Everything between the two that passes messages on synchronously (`map`, `filter`, `tap`, `take`, …) thereby
 * carries demand without knowing of it.
 */
export interface Demand {
  /** Whether the consumer takes another message now. */
  readonly open: boolean;
  /** Calls back once, when `open` is true again. The callback must look at `open` anew: others may have been first. */
  whenOpen(resume: () => void): void;
}

/** The demand of a consumer that is never behind. */
export const unbounded: Demand = { open: true, whenOpen: (resume) => resume() };

let current: Demand = unbounded;

/** The demand of whoever is subscribing right now. */
export function currentDemand(): Demand {
  return current;
}

/**
 * Makes a demand the current one and returns the one before, which must be put back in a `finally`. For the few places
 * that every call comes through; {@link withDemand} is the way elsewhere.
 */
export function swapDemand(demand: Demand): Demand {
  const outer = current;
  current = demand;
  return outer;
}

/** Runs a function with a demand as the current one. */
export function withDemand<T>(demand: Demand, run: () => T): T {
  const outer = swapDemand(demand);
  try {
    return run();
  } finally {
    swapDemand(outer);
  }
}

/** A demand that its owner opens and closes. */
export class Gate implements Demand {
  open: boolean;
  #waiting: (() => void)[] = [];

  constructor(open: boolean) {
    this.open = open;
  }

  whenOpen(resume: () => void): void {
    if (this.open) resume();
    else this.#waiting.push(resume);
  }

  setOpen(open: boolean): void {
    this.open = open;
    // Each of the waiting may close the gate again by what it emits; the rest goes on waiting then.
    while (this.open && this.#waiting.length > 0) this.#waiting.shift()!();
  }
}
