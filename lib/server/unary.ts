import { SingleRequestCall } from "./single-request.js";
import { SingleResponse } from "./single-response.js";

/** One message in, one out. */
export class UnaryCall extends SingleRequestCall {
  readonly #response = new SingleResponse(this);

  protected override answer(result: unknown): void {
    this.#response.answer(result);
  }

  protected override release(): void {
    this.#response.stop();
  }
}
