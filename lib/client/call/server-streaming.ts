import type { OutgoingContext } from "./outgoing-context.js";
import { ResponseStreamCall } from "./response-stream-call.js";

/** One request, many responses. */
export class ServerStreamingCall extends ResponseStreamCall {
  readonly #request: unknown;

  constructor(context: OutgoingContext, request: unknown, onOver: () => void) {
    super(context, onOver);
    this.#request = request;
  }

  protected override sendRequests(): void {
    this.sendOnly(this.#request);
    this.responses.open();
  }

  protected override stopRequests(): void {}
}
