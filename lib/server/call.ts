import {
  type CallContext,
  hasResponseStream,
  Metadata,
  NO_DEADLINE,
  remainingMs,
  runInCall,
  StatusCode,
  StatusError,
  toStatusError,
} from "../rpc/index.js";
import type { Schema } from "../schema/index.js";
import { type ContextHost, ServerCallContext, type Wire } from "./call-context.js";
import type { ServerConnection } from "./connection.js";
import type { OpenCalls } from "./open-calls.js";
import type { FailureListener, ReadRequest, ServedMethod } from "./served-method.js";
import type { Responder } from "./single-response.js";
import { toOkStatus, toWireStatus } from "./wire-status.js";

/** What grpc-js tells of a call. */
export type WireListener = Parameters<Wire["start"]>[0];

const END_DELAY_MS = 1;

/** What all calls of one listener share. */
export interface CallHost extends ContextHost {
  /** -1 for no limit. */
  readonly maxSendBytes: number;
  readonly calls: OpenCalls<ServerCall>;
  /** Undefined if it cannot be known. */
  readonly connectionOf: (wire: Wire) => ServerConnection | undefined;
  /** Told after a call has been taken from `calls`: when its last byte is on its way. */
  readonly onCallEnd: () => void;
  /** They know the types of error details. */
  readonly schemas: readonly Schema[];
  readonly onFailure: FailureListener;
}

/**
 * One call on the server: its context, and the protocol that the four modes share. It listens to grpc-js below the
 * handler machinery (`onReceive…`), so that no Node stream is built per call. The modes differ in what they do with
 * messages (`onMessage`, `onEnd`) and with what the handler gives (`answer`).
 */
export abstract class ServerCall extends ServerCallContext implements CallContext, WireListener, Responder {
  readonly #host: CallHost;
  /** Its place among the open calls. */
  #slot: number | undefined;
  #connection: ServerConnection | undefined;
  #ended = false;
  #headers: Metadata | undefined;
  #headersSent = false;
  #trailers: Metadata | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;

  constructor(wire: Wire, served: ServedMethod, host: CallHost) {
    super(wire, served, host);
    this.#host = host;
  }

  // --- what the modes fill in

  /** Metadata has arrived; asks for the first message. */
  protected abstract begin(): void;
  protected abstract onMessage(bytes: Buffer): void;
  /** The peer sends no more messages. */
  protected abstract onEnd(): void;
  /** Sends what the handler gave; never throws. */
  protected abstract answer(result: unknown): void;
  /** The call is over: stops what still runs for it. `reason` is set if it was cut short. */
  protected abstract release(reason: StatusError | undefined): void;

  // --- the protocol

  onReceiveMetadata(metadata: Metadata): void {
    this.metadata = metadata;
    this.#slot = this.#host.calls.add(this);
    this.#connection = this.#host.connectionOf(this.wire);
    this.#connection?.onCallStart();
    // A certificate is gone with the connection, and somebody may ask for it when the call has been cut off.
    if (this.#host.asksCertificates) void this.peer;
    const { deadline } = this;
    if (deadline !== NO_DEADLINE) {
      if (Date.now() >= deadline) {
        this.fail(this.#overdue());
        return;
      }
      if (hasResponseStream(this.method.kind)) this.#watchDeadline();
    }
    // grpc-js calls listeners from promise continuations: whatever escapes would be an unhandled rejection.
    try {
      this.begin();
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * grpc-js has a timer of its own, but tells the end of a stream only when the peer has read what was sent before.
   * Ours runs out first, so that it is us who end the stream and nothing is written behind its end.
   */
  #watchDeadline(): void {
    const leftMs = remainingMs(this.deadline) - 1;
    this.#deadlineTimer = setTimeout(() => this.fail(this.#overdue()), Math.max(0, leftMs));
  }

  #overdue(): StatusError {
    return StatusError.deadlineExceeded("the deadline is over", { path: this.method.path });
  }

  onReceiveMessage(bytes: Buffer): void {
    try {
      if (!this.#ended) this.onMessage(bytes);
    } catch (error) {
      this.fail(error);
    }
  }

  onReceiveHalfClose(): void {
    try {
      if (!this.#ended) this.onEnd();
    } catch (error) {
      this.fail(error);
    }
  }

  /** grpc-js tells this at the end of every call; it is a cancellation only if we have not ended it. */
  onCancel(): void {
    if (!this.#ended) {
      const overdue = Date.now() >= this.deadline;
      this.#end(
        overdue
          ? this.#overdue()
          : StatusError.cancelled("the client cancelled the call", { path: this.method.path }),
      );
    }
    if (this.#slot !== undefined) this.#host.calls.remove(this.#slot);
    this.#slot = undefined;
    this.#connection?.onCallEnd();
    this.#connection = undefined;
    this.#host.onCallEnd();
  }

  /** Whether the requests have ended in the middle of a message, of which grpc-js then forgets the beginning. */
  protected get endsInMessage(): boolean {
    // Its decoder is in a field; 0 is between two messages.
    const { decoder } = this.wire as unknown as { readonly decoder?: { readonly readState: number } };
    return decoder !== undefined && decoder.readState !== 0;
  }

  /**
   * Clients on Node cancel by an end of the requests and a reset just behind it, and half an upload must not be taken
   * for a whole one. Waits for the reset that may follow: a millisecond (measured with grpc-js in another process, two
   * turns of the event loop miss one cancel in eight, a millisecond none), and two turns behind it, in which a busy
   * process reads what has come meanwhile.
   */
  protected unlessReset(proceed: () => void): void {
    const decide = (): void => {
      if (this.#ended) return;
      if (this.endsInMessage) {
        this.fail(
          StatusError.internal("the requests end in the middle of a message", { path: this.method.path }),
        );
      } else proceed();
    };
    setTimeout(() => setImmediate(() => setImmediate(decide)), END_DELAY_MS);
  }

  /** Runs guards, interceptors and the handler, and answers with what they give. */
  protected run(read: ReadRequest): void {
    runInCall(this, () => {
      let result: unknown;
      try {
        result = this.served.invoke(this, read);
      } catch (error) {
        this.fail(error);
        return;
      }
      this.answer(result);
    });
  }

  protected decode(bytes: Buffer): unknown {
    try {
      return this.served.request.decode(bytes);
    } catch (cause) {
      throw StatusError.internal(`the request is no valid ${this.served.request.message.typeName}`, {
        cause,
        path: this.method.path,
      });
    }
  }

  encode(message: unknown): Buffer {
    try {
      return this.method.response.encode(message);
    } catch (cause) {
      throw StatusError.internal("the response cannot be serialized", { cause, path: this.method.path });
    }
  }

  send(bytes: Buffer, written: () => void): void {
    if (this.#ended) return;
    const { maxSendBytes } = this.#host;
    if (maxSendBytes !== -1 && bytes.length > maxSendBytes) {
      throw StatusError.resourceExhausted(
        `a response message of ${bytes.length} bytes is larger than the limit of ${maxSendBytes}`,
        { path: this.method.path },
      );
    }
    this.sendHeaders();
    if (this.#isOverForTransport()) {
      this.#end(StatusError.cancelled("the client broke the protocol", { path: this.method.path }));
      return;
    }
    this.#noteSending();
    this.wire.sendMessage(bytes, written);
  }

  /**
   * grpc-js ends calls of itself when a message is too large or badly compressed, and tells it only when the peer has
   * read all that was sent before; a message written behind that end would cost the peer the status.
   */
  #isOverForTransport(): boolean {
    return (this.wire as unknown as { readonly wantTrailers?: boolean }).wantTrailers === true;
  }

  /** Ends the call well. */
  finish(): void {
    if (this.#ended) return;
    this.sendHeaders();
    this.#end(undefined);
    this.#noteSending();
    this.wire.sendStatus(toOkStatus(this.#trailers));
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    const status = toStatusError(error);
    // A status that somebody chose tells the peer all there is; anything else is known to the log alone.
    const chosen = status === error && status.cause === undefined && status.code !== StatusCode.INTERNAL;
    if (!chosen) this.report(error);
    if (this.#headers !== undefined) this.sendHeaders();
    this.#end(status);
    const { schemas } = this.#host;
    this.#noteSending();
    this.wire.sendStatus(toWireStatus(status, this.#trailers, schemas, (lost) => this.report(lost)));
  }

  /** A client may ping behind what it was sent. */
  #noteSending(): void {
    if (this.#connection !== undefined) this.#connection.sent = true;
  }

  report(error: unknown): void {
    try {
      this.#host.onFailure(this, error);
    } catch {
      // There is nobody left to tell that the log is broken; the call ends as it should.
    }
  }

  /** Ends the call from outside, as the last step of a drain. */
  cut(): void {
    this.fail(StatusError.unavailable("the server is shutting down", { path: this.method.path }));
  }

  protected get ended(): boolean {
    return this.#ended;
  }

  #end(reason: StatusError | undefined): void {
    this.#ended = true;
    if (this.#deadlineTimer !== undefined) clearTimeout(this.#deadlineTimer);
    if (reason !== undefined) this.abort(reason);
    this.release(reason);
  }

  // --- what the handler sends beside its messages

  get headers(): Metadata {
    this.#headers ??= new Metadata();
    return this.#headers;
  }

  sendHeaders(): void {
    if (this.#headersSent || this.#ended) return;
    this.#headersSent = true;
    this.#noteSending();
    // grpc-js takes null for "none of our own", which saves an empty Metadata per call; its types do not say so.
    this.wire.sendMetadata(this.#headers ?? (null as unknown as Metadata));
  }

  get trailers(): Metadata {
    this.#trailers ??= new Metadata();
    return this.#trailers;
  }
}
