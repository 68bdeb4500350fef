import { StatusError } from "../rpc/index.js";
import { ServerCall } from "./call.js";

/** The half of unary and server streaming calls that reads: exactly one message, then the end. */
export abstract class SingleRequestCall extends ServerCall {
  #bytes: Buffer | undefined;

  protected override begin(): void {
    this.wire.startRead();
  }

  protected override onMessage(bytes: Buffer): void {
    // https://grpc.github.io/grpc/core/md_doc_statuscodes.html: a wrong number of requests is UNIMPLEMENTED.
    if (this.#bytes !== undefined)
      throw StatusError.unimplemented("the client sent more than one request message");
    this.#bytes = bytes;
    this.wire.startRead();
  }

  protected override onEnd(): void {
    if (this.endsInMessage) {
      this.unlessReset(() => undefined);
      return;
    }
    const bytes = this.#bytes;
    if (bytes === undefined) throw StatusError.unimplemented("the client sent no request message");
    this.run(() => this.decode(bytes));
  }
}
