/** The bytes that all calls of a channel together may keep for their retries (`grpc.retry_buffer_size`). */
export class ReplayBudget {
  #free: number;

  constructor(maxBytes: number) {
    this.#free = maxBytes;
  }

  /** False if there is no room for so many more. */
  take(bytes: number): boolean {
    if (bytes > this.#free) return false;
    this.#free -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#free += bytes;
  }

  get free(): number {
    return this.#free;
  }
}
