import type { OutgoingContext } from "./outgoing-context.js";
import type { RequestStream } from "./request-stream.js";
import { ResponseStreamCall } from "./response-stream-call.js";

/** Many requests, many responses, side by side. */
export class BidiStreamingCall extends ResponseStreamCall {
  readonly #source: unknown;
  #requests: RequestStream | undefined;

  constructor(context: OutgoingContext, source: unknown, onOver: () => void) {
    super(context, onOver);
    this.#source = source;
  }

  protected override sendRequests(): void {
    this.responses.open();
    this.#requests = this.sendAll(this.#source);
  }

  protected override stopRequests(): void {
    this.#requests?.stop();
  }
}
