import { MessageFlow, type MessageSource } from "../flow/index.js";
import { runInCall, StatusError } from "../rpc/index.js";
import { ServerCall } from "./call.js";

/** The half of client streaming and bidirectional calls that reads: a Flow with a window. */
export abstract class RequestStreamCall extends ServerCall implements MessageSource {
  #requests: MessageFlow<unknown> | undefined;

  protected override begin(): void {
    const requests = new MessageFlow<unknown>(this, this.served.window);
    this.#requests = requests;
    this.run(() => requests);
    requests.open();
  }

  protected override onMessage(bytes: Buffer): void {
    this.#requests?.push(this.decode(bytes));
  }

  protected override onEnd(): void {
    this.#requests?.end();
  }

  protected override release(reason: StatusError | undefined): void {
    if (reason === undefined) this.#requests?.end();
    else this.#requests?.fail(reason);
  }

  read(): void {
    if (!this.ended) this.wire.startRead();
  }

  enter(deliver: () => void): void {
    runInCall(this, deliver);
  }
}
