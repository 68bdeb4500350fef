import { MessageSink, type MessageTarget, type OverflowOptions } from "../../flow/index.js";
import { StatusError } from "../../rpc/index.js";

/** What a request stream writes to. */
export interface RequestWriter {
  readonly path: string;
  write(message: unknown, written: () => void): number;
  halfClose(): void;
  fail(error: StatusError): void;
}

/** The half of client streaming and bidirectional calls that sends: as many messages as the server takes. */
export class RequestStream implements MessageTarget<unknown> {
  readonly #writer: RequestWriter;
  readonly #sink: MessageSink<unknown>;

  constructor(writer: RequestWriter, overflow: OverflowOptions) {
    this.#writer = writer;
    this.#sink = new MessageSink<unknown>(this, overflow);
  }

  consume(source: unknown): void {
    this.#sink.consume(source);
  }

  stop(): void {
    this.#sink.stop();
  }

  write(message: unknown, written: () => void): number {
    return this.#writer.write(message, written);
  }

  end(): void {
    this.#writer.halfClose();
  }

  /** The source of requests has failed: the server sees a cancel, and the call fails with the source's own error. */
  fail(error: unknown): void {
    this.#writer.fail(
      error instanceof StatusError
        ? error
        : StatusError.cancelled(
            `the request stream failed: ${error instanceof Error ? error.message : String(error)}`,
            {
              path: this.#writer.path,
              cause: error,
            },
          ),
    );
  }

  /** A teardown that throws ends nothing; its error goes where rxjs sends those that nobody listens to. */
  report(error: unknown): void {
    queueMicrotask(() => {
      throw error;
    });
  }
}
