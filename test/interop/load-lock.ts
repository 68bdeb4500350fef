import { Injectable } from "../../lib/index.js";

/** One call at a time may say how busy the server is. */
@Injectable()
export class LoadLock {
  #last: Promise<void> = Promise.resolve();

  /** Waits until no other call holds the lock. Gives the function that lets go of it; rejects on abort. */
  async take(signal: AbortSignal): Promise<() => void> {
    let release!: () => void;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const turn = this.#last;
    this.#last = turn.then(() => released);
    await Promise.race([turn, untilAborted(signal)]);
    if (signal.aborted) {
      release();
      throw signal.reason;
    }
    return release;
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
