import { ResponseStream } from "./response-stream.js";
import { SingleRequestCall } from "./single-request.js";

/** One message in, many out. */
export class ServerStreamingCall extends SingleRequestCall {
  readonly #responses = new ResponseStream(this, this.served.overflow);

  protected override answer(result: unknown): void {
    this.#responses.answer(result);
  }

  protected override release(): void {
    this.#responses.stop();
  }
}
