import { StatusError } from "../../rpc/index.js";
import type { OutgoingContext } from "./outgoing-context.js";
import type { SingleResponseSink } from "./response-sink.js";
import { WireCall } from "./wire-call.js";

/** The half of unary and client streaming calls that receives: exactly one message, and then OK. */
export abstract class SingleResponseCall extends WireCall {
  readonly #sink: SingleResponseSink;
  #message: unknown;
  #received = false;

  constructor(context: OutgoingContext, sink: SingleResponseSink) {
    super(context);
    this.#sink = sink;
  }

  protected override onMessage(message: unknown): void {
    if (this.#received) {
      this.fail(
        StatusError.internal("the server sent more than one response", { path: this.context.method.path }),
      );
      return;
    }
    this.#received = true;
    this.#message = message;
    // Whether there is another, which would be wrong, or the end.
    this.read();
  }

  protected override onEnd(error: StatusError | undefined): void {
    if (error !== undefined) this.#sink.onFailure(error);
    else if (this.#received) this.#sink.onResponse(this.#message);
    else {
      this.#sink.onFailure(
        StatusError.internal("the server sent no response", { path: this.context.method.path }),
      );
    }
  }
}
