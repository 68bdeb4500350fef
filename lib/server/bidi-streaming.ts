import type { StatusError } from "../rpc/index.js";
import { RequestStreamCall } from "./request-stream.js";
import { ResponseStream } from "./response-stream.js";

/** Many messages in, many out, in any order. */
export class BidiStreamingCall extends RequestStreamCall {
  readonly #responses = new ResponseStream(this, this.served.overflow);

  protected override answer(result: unknown): void {
    this.#responses.answer(result);
  }

  protected override release(reason: StatusError | undefined): void {
    super.release(reason);
    this.#responses.stop();
  }
}
