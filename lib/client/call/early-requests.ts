import type { ConnectionStream } from "../connection/connection.js";

interface EarlyRequest {
  readonly frame: Buffer;
  /** Of the message before compression. */
  readonly bytes: number;
  readonly written: () => void;
}

/** What is sent before it is known how: while the name, and with it the config of the method, is not resolved yet. */
export class EarlyRequests {
  readonly #requests: EarlyRequest[] = [];
  #reads = 0;
  #halfClosed = false;

  send(frame: Buffer, bytes: number, written: () => void): void {
    this.#requests.push({ frame, bytes, written });
  }

  halfClose(): void {
    this.#halfClosed = true;
  }

  startRead(): void {
    this.#reads += 1;
  }

  /** Sends it all; `check` throws for a message that the config does not allow. */
  replay(stream: ConnectionStream, check: (bytes: number) => void): void {
    for (let i = 0; i < this.#reads; i++) stream.startRead();
    for (const { frame, bytes, written } of this.#requests) {
      check(bytes);
      stream.send(frame, written);
    }
    if (this.#halfClosed) stream.halfClose();
  }
}
