import { FinalSubscriber, swapDemand, unbounded } from "../../flow/index.js";
import { type ClientInterceptor, StatusError, toStatusError } from "../../rpc/index.js";
import { ClientStreamingCall } from "./client-streaming.js";
import { interceptedResponses } from "./interceptor-chain.js";
import type { Cancellable, OutgoingContext } from "./outgoing-context.js";
import type { SingleResponseSink } from "./response-sink.js";
import { UnaryCall } from "./unary.js";

/** The one response of a unary or client streaming call. */
export function promisedResponse(
  context: OutgoingContext,
  interceptors: readonly ClientInterceptor[],
  request: unknown,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settled = new Settlement(context, resolve, reject);
    if (interceptors.length > 0) {
      settled.collect(interceptors, request);
      return;
    }
    const call =
      context.method.kind === "unary"
        ? new UnaryCall(context, request, settled)
        : new ClientStreamingCall(context, request, settled);
    call.start();
  });
}

/** Settles the promise, once, and ends the call. */
class Settlement implements SingleResponseSink, Cancellable {
  readonly #context: OutgoingContext;
  readonly #resolve: (message: unknown) => void;
  readonly #reject: (error: unknown) => void;
  #subscriber: FinalSubscriber<unknown> | undefined;
  #message: unknown;
  #count = 0;

  constructor(
    context: OutgoingContext,
    resolve: (message: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.#context = context;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onResponse(message: unknown): void {
    this.#end();
    this.#resolve(message);
  }

  onFailure(error: unknown): void {
    this.#end();
    this.#reject(error);
  }

  #end(): void {
    if (this.#subscriber !== undefined) {
      // First, so that the end of the call is no failure to the interceptors.
      this.#subscriber.unsubscribe();
      this.#context.removeWork(this);
    }
    this.#context.end();
  }

  /** Takes what comes out of the interceptors. */
  collect(interceptors: readonly ClientInterceptor[], request: unknown): void {
    const context = this.#context;
    if (context.cancelled !== undefined) {
      this.onFailure(context.cancelled);
      return;
    }
    // Behind what it started: when the call is cancelled, interceptors hear of it first.
    context.addWork(this);
    const subscriber = new FinalSubscriber<unknown>(this);
    this.#subscriber = subscriber;
    const outer = swapDemand(unbounded);
    try {
      interceptedResponses(context, interceptors, request).subscribe(subscriber);
    } finally {
      swapDemand(outer);
    }
  }

  cancel(reason: StatusError): void {
    this.onFailure(reason);
  }

  /** @internal The methods of an observer: no closures per call. */
  next(message: unknown): void {
    this.#count += 1;
    this.#message = message;
    if (this.#count > 1) this.onFailure(this.#wrongCount("more than one response"));
  }

  /** @internal */
  error(error: unknown): void {
    this.onFailure(error instanceof StatusError ? error : foreignError(error));
  }

  /** @internal */
  complete(): void {
    if (this.#count === 1) this.onResponse(this.#message);
    else this.onFailure(this.#wrongCount("no response"));
  }

  /** @internal */
  report(error: unknown): void {
    reportTeardown(error);
  }

  #wrongCount(what: string): StatusError {
    return StatusError.internal(`an interceptor gave ${what}`, { path: this.#context.method.path });
  }
}

/** What an interceptor throws that is no status: the text helps whoever calls, who wrote or chose the interceptor. */
export function foreignError(error: unknown): StatusError {
  const status = toStatusError(error);
  return status.cause === undefined || !(error instanceof Error)
    ? status
    : new StatusError(status.code, error.message, { cause: error });
}

/** What a teardown of an interceptor throws is its own mistake, and the call has its result; it goes where rxjs sends such. */
export function reportTeardown(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
