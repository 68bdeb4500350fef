import type { StatusError } from "../rpc/index.js";
import { RequestStreamCall } from "./request-stream.js";
import { SingleResponse } from "./single-response.js";

/** Many messages in, one out. */
export class ClientStreamingCall extends RequestStreamCall {
  readonly #response = new SingleResponse(this);

  protected override answer(result: unknown): void {
    this.#response.answer(result);
  }

  protected override release(reason: StatusError | undefined): void {
    super.release(reason);
    this.#response.stop();
  }
}
