import { type Metadata, StatusCode, StatusError, type StatusErrorOptions } from "../../rpc/index.js";
import { decodeStatusDetails } from "../../schema/index.js";
import type { ChannelCall } from "../channel.js";
import type { ServiceConfig } from "../service-config/service-config.js";
import type { AttemptStarter, AttemptStatus } from "./attempt.js";
import { EarlyRequests } from "./early-requests.js";
import { type Compression, frameMessage, MessageReader } from "./framing.js";
import { HedgedCall } from "./hedged-call.js";
import type { Cancellable, OutgoingContext } from "./outgoing-context.js";
import type { ReplayedCall, ReplayedCallListener, ReplayedCallOptions } from "./replayed-call.js";
import type { CallRequest } from "./request-headers.js";
import { RequestStream } from "./request-stream.js";
import { RetryingCall } from "./retrying-call.js";

const noop = (): void => undefined;

const DETAILS_KEY = "grpc-status-details-bin";

/**
 * One call at the wire, and the protocol that the four modes share: messages in frames, limits, headers, and a status
 * that becomes an error. The modes differ in what they send (`sendRequests`) and in what becomes of responses.
 */
export abstract class WireCall implements ChannelCall, ReplayedCallListener, Cancellable {
  readonly context: OutgoingContext;
  readonly #reader = new MessageReader();
  #stream: ReplayedCall | undefined;
  #maxRequestBytes: number;
  #maxResponseBytes = -1;
  readonly #compression: Compression;
  #early: EarlyRequests | undefined;
  #ended = false;

  constructor(context: OutgoingContext) {
    this.context = context;
    const { options, host } = context;
    this.#compression = options.compression ?? host.options.compression ?? "identity";
    this.#maxRequestBytes = host.channel.plan.maxSendBytes;
  }

  /** Sends what is to be sent, from now on. */
  protected abstract sendRequests(): void;
  /** The call is over: stops the source of requests, if there is one. */
  protected abstract stopRequests(): void;
  protected abstract onMessage(message: unknown): void;
  /** Once, at the end. */
  protected abstract onEnd(error: StatusError | undefined): void;

  start(): void {
    const { context } = this;
    // Unsubscribed before it was subscribed.
    if (this.#ended) return;
    if (context.over !== undefined) {
      this.#end(context.over);
      return;
    }
    context.addWork(this);
    context.host.channel.add(this);
    // At once, also if the name is not resolved yet: a source that does not wait would be heard too late.
    if (!this.#ended) this.sendRequests();
  }

  get waitForReady(): boolean | undefined {
    return this.context.options.waitForReady ?? this.context.host.options.waitForReady;
  }

  begin(config: ServiceConfig): void {
    const { context } = this;
    const { channel } = context.host;
    const { plan } = channel;
    const method = config.method(context.method.path);
    if (method?.timeoutMs !== undefined) context.limitDeadline(plan.clock.now() + method.timeoutMs);
    if (this.#ended) return;
    this.#maxRequestBytes = smallerLimit(plan.maxSendBytes, method?.maxRequestBytes);
    this.#maxResponseBytes = smallerLimit(plan.maxReceiveBytes, method?.maxResponseBytes);
    const request: CallRequest = {
      path: context.method.path,
      metadata: context.metadataIfAny,
      deadline: context.deadline,
      waitForReady: this.waitForReady ?? method?.waitForReady ?? false,
      compression: this.#compression,
      requestHash: context.options.requestHash,
    };
    const starter: AttemptStarter = {
      start: (events, previousAttempts) => channel.startAttempt(request, events, previousAttempts),
    };
    const replay: ReplayedCallOptions = {
      retry: method?.retry,
      hedging: method?.hedging,
      throttle: channel.throttle,
      budget: channel.replayBudget,
      limits: plan.retry,
      deadline: context.deadline,
      clock: plan.clock,
      random: plan.random,
    };
    this.#stream =
      method?.hedging !== undefined && plan.retry.enabled
        ? new HedgedCall(starter, this, replay, method.hedging)
        : new RetryingCall(starter, this, replay);
    const early = this.#early;
    this.#early = undefined;
    try {
      early?.replay(this.#stream, (bytes) => this.#checkSize(bytes));
    } catch (error) {
      this.fail(error as StatusError);
    }
  }

  refuse({ code, text, details, metadata, cause }: StatusError): void {
    const error = this.#describe(code, text, { details, cause, ...(metadata && { metadata }) });
    // The caller is still about to return the call.
    queueMicrotask(() => this.#end(error));
  }

  cut({ code, text }: StatusError): void {
    this.cancel(this.#describe(code, text));
  }

  cancel(reason: StatusError): void {
    if (this.#ended) return;
    this.#end(reason);
    this.#stream?.cancel(reason.code, reason.text);
  }

  /** Nobody wants what it would give any more. */
  abandon(): void {
    this.cancel(StatusError.cancelled("the response was unsubscribed", { path: this.context.method.path }));
  }

  /** Fails the call from here: what was received, or is to be sent, cannot be used. */
  protected fail(error: StatusError): void {
    this.cancel(error);
  }

  // --- requests

  /** Frames and sends one message; gives its size. Throws a {@link StatusError} for one that cannot be sent. */
  protected send(message: unknown, written: () => void): number {
    const { method } = this.context;
    let bytes: Buffer;
    try {
      bytes = method.request.encode(message);
    } catch (cause) {
      const text = `the request cannot be serialized: ${(cause as Error).message}`;
      throw StatusError.internal(text, { cause, path: method.path });
    }
    this.#checkSize(bytes.length);
    const frame = frameMessage(bytes, this.#compression);
    if (this.#stream !== undefined) this.#stream.send(frame, written);
    else this.#earlyRequests().send(frame, bytes.length, written);
    return bytes.length;
  }

  #earlyRequests(): EarlyRequests {
    this.#early ??= new EarlyRequests();
    return this.#early;
  }

  #checkSize(bytes: number): void {
    const limit = this.#maxRequestBytes;
    if (limit === -1 || bytes <= limit) return;
    throw StatusError.resourceExhausted(
      `a request message of ${bytes} bytes is larger than the limit of ${limit}`,
      { path: this.context.method.path },
    );
  }

  /** The one request of unary and server streaming calls. */
  protected sendOnly(message: unknown): void {
    try {
      this.send(message, noop);
    } catch (error) {
      this.fail(error as StatusError);
      return;
    }
    this.#halfClose();
  }

  #halfClose(): void {
    (this.#stream ?? this.#earlyRequests()).halfClose();
  }

  /** The requests of client streaming and bidirectional calls. */
  protected sendAll(source: unknown): RequestStream {
    const requests = new RequestStream(
      {
        path: this.context.method.path,
        write: (message, written) => this.send(message, written),
        halfClose: () => this.#halfClose(),
        fail: (error) => this.fail(error),
      },
      this.context.options,
    );
    requests.consume(source);
    // The source may have ended the call while it was subscribed.
    if (this.#ended) requests.stop();
    return requests;
  }

  // --- responses

  /** Asks for one more message. */
  read(): void {
    if (this.#ended) return;
    (this.#stream ?? this.#earlyRequests()).startRead();
  }

  onReceiveMetadata(metadata: Metadata): void {
    if (this.#ended) return;
    this.#reader.readHeaders(metadata);
    this.context.headers = metadata;
    this.context.peer = this.#stream?.peer;
    this.#tell(this.context.options.onHeaders, metadata);
  }

  onReceiveMessage(frame: Buffer): void {
    if (this.#ended) return;
    const { method } = this.context;
    let message: unknown;
    try {
      const bytes = this.#reader.read(frame, this.#maxResponseBytes);
      message = method.response.decode(bytes);
    } catch (cause) {
      this.fail(
        cause instanceof StatusError
          ? this.#describe(cause.code, cause.text)
          : this.#describe(
              StatusCode.INTERNAL,
              `the response is no valid ${method.response.message.typeName}`,
              {
                cause,
              },
            ),
      );
      return;
    }
    this.onMessage(message);
  }

  onReceiveStatus({ code, details, metadata }: AttemptStatus): void {
    if (this.#ended) return;
    const { context } = this;
    context.peer = this.#stream?.peer;
    context.trailers = metadata;
    this.#tell(context.options.onTrailers, metadata);
    if (code === StatusCode.OK) this.#end(undefined);
    else this.#end(this.#describe(code, details, { metadata, details: this.#readDetails(metadata) }));
  }

  /** What a callback of the user throws ends the call, and is what the call fails with. */
  #tell(callback: ((metadata: Metadata) => void) | undefined, metadata: Metadata): void {
    if (callback === undefined) return;
    try {
      callback(metadata);
    } catch (cause) {
      this.cancel(
        this.#describe(StatusCode.CANCELLED, `a callback of the call threw: ${String(cause)}`, { cause }),
      );
    }
  }

  #readDetails(metadata: Metadata) {
    const [bytes] = metadata.get(DETAILS_KEY);
    if (!Buffer.isBuffer(bytes)) return [];
    try {
      return decodeStatusDetails(bytes, this.context.host.schema).details;
    } catch {
      // The status itself is intact; details that cannot be read are left in the metadata.
      return [];
    }
  }

  #describe(code: StatusError["code"], text: string, options: StatusErrorOptions = {}): StatusError {
    const peer = this.#stream?.peer;
    return new StatusError(code, text, {
      path: this.context.method.path,
      ...(peer !== undefined && { peer }),
      ...options,
    });
  }

  #end(error: StatusError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    const { context } = this;
    context.host.channel.remove(this);
    context.removeWork(this);
    this.stopRequests();
    this.onEnd(error);
  }
}

function smallerLimit(own: number, configured: number | undefined): number {
  if (configured === undefined) return own;
  return own === -1 ? configured : Math.min(own, configured);
}
