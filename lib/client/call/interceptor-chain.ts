import { isObservable, type Observable, take, throwIfEmpty } from "rxjs";
import { Flow, type FlowSource, flowOf, toFlow, withDemand } from "../../flow/index.js";
import {
  type CallHandler,
  type ClientInterceptor,
  hasRequestStream,
  type InterceptorResult,
  StatusError,
} from "../../rpc/index.js";
import { BidiStreamingCall } from "./bidi-streaming.js";
import { ClientStreamingCall } from "./client-streaming.js";
import { ColdResponse } from "./cold-response.js";
import { ColdResponses } from "./cold-responses.js";
import type { OutgoingContext } from "./outgoing-context.js";
import { ServerStreamingCall } from "./server-streaming.js";
import { UnaryCall } from "./unary.js";

/** The call as it goes out behind the last interceptor. `request` is one message, or the source of many. */
export function wireResponses(context: OutgoingContext, request: unknown): Flow<unknown> {
  switch (context.method.kind) {
    case "unary":
      return new ColdResponse((sink) => new UnaryCall(context, request, sink));
    case "serverStreaming":
      return new ColdResponses((onOver) => new ServerStreamingCall(context, request, onOver));
    case "clientStreaming":
      return new ColdResponse((sink) => new ClientStreamingCall(context, request, sink));
    case "bidiStreaming":
      return new ColdResponses((onOver) => new BidiStreamingCall(context, request, onOver));
  }
}

/** Runs a call through interceptors, from the outermost inwards. */
export function interceptedResponses(
  context: OutgoingContext,
  interceptors: readonly ClientInterceptor[],
  request: unknown,
  index = 0,
): Flow<unknown> {
  const interceptor = interceptors[index];
  if (interceptor === undefined) return wireResponses(context, request);
  const inner = new InnerHandler(context, interceptors, request, index + 1);
  let result: InterceptorResult | Promise<InterceptorResult>;
  try {
    result = interceptor.intercept(context, inner);
  } catch (error) {
    return failedFlow(error);
  }
  if (!isPromise(result)) return streamOf(result, interceptor, context);
  const pending = result;
  // It may be that nobody ever subscribes.
  pending.catch(() => undefined);
  return new Flow((subscriber, demand) => {
    pending.then(
      (stream) => {
        if (subscriber.closed) return;
        withDemand(demand, () => streamOf(stream, interceptor, context).subscribe(subscriber));
      },
      (error) => withDemand(demand, () => subscriber.error(error)),
    );
  });
}

/** What an interceptor gives, if it is a stream. */
function streamOf(
  result: InterceptorResult,
  interceptor: ClientInterceptor,
  { method }: OutgoingContext,
): Flow<unknown> {
  const given: unknown = result;
  if (typeof given === "object" && given !== null) {
    if (isObservable(given) || Symbol.asyncIterator in given || Symbol.iterator in given)
      return toFlow(given as FlowSource<unknown>);
  }
  const text = `${interceptor.constructor.name} gave ${given === null ? "null" : typeof given} instead of a stream`;
  return failedFlow(StatusError.internal(text, { path: method.path }));
}

function failedFlow(error: unknown): Flow<unknown> {
  return new Flow((subscriber) => subscriber.error(error));
}

/** What an interceptor sees of everything inside it. */
class InnerHandler implements CallHandler {
  readonly #context: OutgoingContext;
  readonly #interceptors: readonly ClientInterceptor[];
  readonly #request: unknown;
  readonly #index: number;

  constructor(
    context: OutgoingContext,
    interceptors: readonly ClientInterceptor[],
    request: unknown,
    index: number,
  ) {
    this.#context = context;
    this.#interceptors = interceptors;
    this.#request = request;
    this.#index = index;
  }

  get requests(): Flow<unknown> {
    if (!hasRequestStream(this.#context.method.kind)) return flowOf(this.#request);
    return toFlow(this.#request as FlowSource<unknown>);
  }

  handle(requests?: Observable<unknown>): Flow<unknown> {
    if (requests === undefined) return this.#proceed(this.#request);
    if (hasRequestStream(this.#context.method.kind)) return this.#proceed(requests);
    const { path } = this.#context.method;
    const only = requests.pipe(
      take(1),
      throwIfEmpty(() => StatusError.internal("an interceptor has replaced the request by none", { path })),
    );
    return new Flow((subscriber, demand) =>
      only.subscribe({
        next: (request) => withDemand(demand, () => this.#proceed(request).subscribe(subscriber)),
        error: (error: unknown) => withDemand(demand, () => subscriber.error(error)),
      }),
    );
  }

  #proceed(request: unknown): Flow<unknown> {
    return interceptedResponses(this.#context, this.#interceptors, request, this.#index);
  }
}

function isPromise(
  value: InterceptorResult | Promise<InterceptorResult>,
): value is Promise<InterceptorResult> {
  return typeof (value as Promise<unknown> | undefined | null)?.then === "function";
}
