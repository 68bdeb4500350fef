import { MessageSink, type MessageTarget, type OverflowOptions } from "../flow/index.js";
import type { Responder } from "./single-response.js";

/** The half of server streaming and bidirectional calls that answers: as many messages as the peer takes. */
export class ResponseStream implements MessageTarget<unknown> {
  readonly #call: Responder;
  readonly #sink: MessageSink<unknown>;
  #stopped = false;

  constructor(call: Responder, overflow: OverflowOptions | undefined) {
    this.#call = call;
    this.#sink = new MessageSink(this, overflow);
  }

  answer(result: unknown): void {
    if (typeof (result as PromiseLike<unknown> | undefined | null)?.then !== "function") {
      this.#sink.consume(result);
      return;
    }
    (result as PromiseLike<unknown>).then(
      (source) => {
        // The call may have ended in the meantime; the source is then never started.
        if (!this.#stopped) this.#sink.consume(source);
      },
      (error) => this.#call.fail(error),
    );
  }

  stop(): void {
    this.#stopped = true;
    this.#sink.stop();
  }

  write(message: unknown, written: () => void): number {
    const bytes = this.#call.encode(message);
    this.#call.send(bytes, written);
    return bytes.length;
  }

  end(): void {
    this.#call.finish();
  }

  fail(error: unknown): void {
    this.#call.fail(error);
  }

  report(error: unknown): void {
    this.#call.report(error);
  }
}
