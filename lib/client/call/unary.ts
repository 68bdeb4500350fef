import type { OutgoingContext } from "./outgoing-context.js";
import type { SingleResponseSink } from "./response-sink.js";
import { SingleResponseCall } from "./single-response-call.js";

/** One request, one response. */
export class UnaryCall extends SingleResponseCall {
  readonly #request: unknown;

  constructor(context: OutgoingContext, request: unknown, sink: SingleResponseSink) {
    super(context, sink);
    this.#request = request;
  }

  protected override sendRequests(): void {
    this.sendOnly(this.#request);
    this.read();
  }

  protected override stopRequests(): void {}
}
