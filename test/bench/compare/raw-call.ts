/**
 * A streaming call over bare HTTP/2, where grpc-js as the client would blur the figures: it reads on its own before
 * anybody asks for a message, and takes a megabyte of a request into its retry buffer.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { packageName } from "./messages.js";

export class RawCall {
  /** Messages that have left this process. */
  taken = 0;
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  #status: number | undefined;

  /** Begins a call; its answer is not read before `read`. */
  constructor(port: number, method: string, headers: Readonly<Record<string, string>> = {}) {
    this.#session = connect(`http://127.0.0.1:${port}`);
    this.#session.on("error", () => {});
    this.#stream = this.#session.request({
      ":method": "POST",
      ":path": `/${packageName}.Probe/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    this.#stream.on("error", () => {});
    this.#stream.on("trailers", (trailers) => {
      this.#status = Number(trailers["grpc-status"]);
    });
  }

  /** Sends a message so many times, no faster than the transport takes it. */
  send(frame: Buffer, count: number): void {
    let written = 0;
    const countTaken = (error?: Error | null): void => {
      if (!error) this.taken += 1;
    };
    const write = (): void => {
      while (written < count) {
        written += 1;
        if (!this.#stream.write(frame, countTaken)) {
          this.#stream.once("drain", write);
          return;
        }
      }
      this.#stream.end();
    };
    write();
  }

  /** Reads at last: what the call has ended with, if it ends soon. */
  read(limitMs: number): Promise<number | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(this.#status), limitMs);
      this.#stream.once("close", () => {
        clearTimeout(timer);
        resolve(this.#status);
      });
      this.#stream.resume();
    });
  }

  close(): void {
    this.#session.destroy();
  }
}
