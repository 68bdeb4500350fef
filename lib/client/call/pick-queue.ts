import { StatusError } from "../../rpc/index.js";
import { type PickArgs, type Picker, type PickResult, queuePicker } from "../balancing/picker.js";

/** An attempt that wants a connection. */
export interface Waiting extends PickArgs {
  /** False if it goes on waiting, for the next picker. */
  take(result: PickResult): boolean;
}

/** The channel's picker of the moment, and the attempts that it could not serve, in the order they came. */
export class PickQueue {
  /** Why calls that wait for ready wait; for their deadline's message. */
  lastFailure: StatusError | undefined;
  #picker: Picker = queuePicker;
  readonly #waiting = new Set<Waiting>();
  readonly #onBroken: (error: unknown) => void;
  /** One that threw, and was told of. */
  #broken: Picker | undefined;

  /** `onBroken` is told what a picker throws, once for each. */
  constructor(onBroken: (error: unknown) => void = () => undefined) {
    this.#onBroken = onBroken;
  }

  get length(): number {
    return this.#waiting.size;
  }

  add(attempt: Waiting): void {
    if (!this.#pick(attempt)) this.#waiting.add(attempt);
  }

  remove(attempt: Waiting): void {
    this.#waiting.delete(attempt);
  }

  /** Publishes a picker; all that wait are picked for anew. */
  publish(picker: Picker): void {
    this.#picker = picker;
    if (this.#waiting.size === 0) return;
    for (const attempt of [...this.#waiting]) {
      // One that was cancelled meanwhile is gone; the one at hand must not be found by a publication from within.
      if (this.#waiting.delete(attempt)) this.add(attempt);
    }
  }

  /** A pick may lose a connection and thereby publish another picker; then that one decides. */
  #pick(attempt: Waiting): boolean {
    let picker: Picker;
    do {
      picker = this.#picker;
      if (attempt.take(this.#ask(picker, attempt))) return true;
    } while (picker !== this.#picker);
    return false;
  }

  /** What a picker throws must not get between the calls of others. */
  #ask(picker: Picker, attempt: Waiting): PickResult {
    try {
      return picker.pick(attempt);
    } catch (error) {
      if (this.#broken !== picker) {
        this.#broken = picker;
        this.#onBroken(error);
      }
      const text = `the policy could not pick: ${error instanceof Error ? error.message : String(error)}`;
      return { kind: "fail", status: StatusError.internal(text, { cause: error }) };
    }
  }
}
