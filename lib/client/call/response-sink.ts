import type { StatusError } from "../../rpc/index.js";

/** Who waits for the one response of a unary or client streaming call. */
export interface SingleResponseSink {
  onResponse(message: unknown): void;
  onFailure(error: StatusError): void;
}
