import { MessageFlow, type MessageSource } from "../../flow/index.js";
import { StatusError } from "../../rpc/index.js";
import type { OutgoingContext } from "./outgoing-context.js";
import { WireCall } from "./wire-call.js";

/** The half of server streaming and bidirectional calls that receives: a Flow with a window. */
export abstract class ResponseStreamCall extends WireCall implements MessageSource {
  readonly responses: MessageFlow<unknown>;
  readonly #onOver: () => void;

  constructor(context: OutgoingContext, onOver: () => void) {
    super(context);
    this.#onOver = onOver;
    this.responses = new MessageFlow<unknown>(this, context.options.window);
  }

  protected override onMessage(message: unknown): void {
    this.responses.push(message);
  }

  protected override onEnd(error: StatusError | undefined): void {
    this.#onOver();
    if (error === undefined) this.responses.end();
    // What the server sent before it failed still arrives; a call that was given up here is over at once.
    else if (this.context.cancelled === undefined) this.responses.end({ error });
    else this.responses.fail(error);
  }

  enter(deliver: () => void): void {
    deliver();
  }

  /** Whoever consumes the responses has thrown: the call is of no more use to him. */
  override fail(error: unknown): void {
    super.fail(
      error instanceof StatusError
        ? error
        : StatusError.cancelled("the consumer of the responses failed", {
            path: this.context.method.path,
            cause: error,
          }),
    );
  }
}
