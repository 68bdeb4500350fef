import { constants, type ServerHttp2Stream } from "node:http2";
import { MessageFlow, type MessageSource } from "../flow/index.js";
import { runInCall, StatusError } from "../rpc/index.js";
import { ServerCall } from "./call.js";

const RESET_DELAY_MS = 1000;

/** The half of client streaming and bidirectional calls that reads: a Flow with a window. */
export abstract class RequestStreamCall extends ServerCall implements MessageSource {
  #requests: MessageFlow<unknown> | undefined;
  #peerEnded = false;

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
    this.#peerEnded = true;
    this.unlessReset(() => this.#requests?.end());
  }

  /**
   * When the call has ended before the requests have, grpc-js takes whatever still comes and throws it away. A peer
   * that goes on in spite of the status is reset after a while; at once would be too early, since clients on Node
   * then miss the status. The stream is in a field of grpc-js's call.
   */
  override onCancel(): void {
    super.onCancel();
    const { stream } = this.wire as unknown as { stream?: ServerHttp2Stream };
    if (this.#peerEnded || stream === undefined || stream.closed) return;
    const reset = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), RESET_DELAY_MS);
    reset.unref();
    stream.once("close", () => clearTimeout(reset));
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
