/** What becomes of messages that a source pushes while its consumer is behind. */
import { StatusError } from "../rpc/index.js";

/**
 * - `error`: the stream fails with RESOURCE_EXHAUSTED (the default: nothing is lost in silence)
 * - `dropOldest`, `dropNewest`: messages are lost, at that end of the buffer
 * - `latest`: only the newest message is kept
 */
export type Overflow = "error" | "dropOldest" | "dropNewest" | "latest";

export const overflows: readonly Overflow[] = ["error", "dropOldest", "dropNewest", "latest"];

export interface OverflowOptions {
  /** Default: `error`. */
  readonly overflow?: Overflow;
  /** How many messages are held; `latest` holds one. Default: 1024. */
  readonly bufferSize?: number;
}

export const DEFAULT_BUFFER_SIZE = 1024;

/** Messages that wait for a consumer, bounded. */
export class OverflowBuffer<T> {
  readonly #messages: T[] = [];
  #head = 0;
  readonly #overflow: Overflow;
  readonly #size: number;

  constructor(options: OverflowOptions = {}) {
    this.#overflow = options.overflow ?? "error";
    this.#size = this.#overflow === "latest" ? 1 : (options.bufferSize ?? DEFAULT_BUFFER_SIZE);
  }

  get length(): number {
    return this.#messages.length - this.#head;
  }

  /** Throws RESOURCE_EXHAUSTED if the buffer is full and its overflow is `error`. */
  push(message: T): void {
    if (this.length >= this.#size) {
      if (this.#overflow === "dropNewest") return;
      if (this.#overflow === "error") throw overflowError(this.#size);
      this.shift();
    }
    this.#messages.push(message);
  }

  shift(): T | undefined {
    if (this.#head === this.#messages.length) return undefined;
    const message = this.#messages[this.#head] as T;
    this.#messages[this.#head] = undefined as T;
    this.#head += 1;
    if (this.#head === this.#messages.length || this.#head > 1024) {
      this.#messages.splice(0, this.#head);
      this.#head = 0;
    }
    return message;
  }

  clear(): void {
    this.#messages.length = 0;
    this.#head = 0;
  }
}

function overflowError(size: number): StatusError {
  return StatusError.resourceExhausted(
    `the source pushed more than ${size} messages ahead of its reader; ` +
      `return an iterable or a Flow, which wait for the reader, or choose another overflow`,
  );
}
