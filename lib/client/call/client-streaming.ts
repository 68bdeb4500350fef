import type { OutgoingContext } from "./outgoing-context.js";
import type { RequestStream } from "./request-stream.js";
import type { SingleResponseSink } from "./response-sink.js";
import { SingleResponseCall } from "./single-response-call.js";

/** Many requests, one response. */
export class ClientStreamingCall extends SingleResponseCall {
  readonly #source: unknown;
  #requests: RequestStream | undefined;

  constructor(context: OutgoingContext, source: unknown, sink: SingleResponseSink) {
    super(context, sink);
    this.#source = source;
  }

  protected override sendRequests(): void {
    this.read();
    this.#requests = this.sendAll(this.#source);
  }

  protected override stopRequests(): void {
    this.#requests?.stop();
  }
}
