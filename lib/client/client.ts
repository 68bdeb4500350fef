/**
 * Calls as methods of an object. One response is a Promise, many are a {@link Flow}; request streams take an
 * Observable, an AsyncIterable or an iterable. Response streams are cold: the call is made when they are subscribed or
 * iterated, and unsubscribing, or leaving the loop, cancels it. Failures are {@link StatusError}s.
 *
 * ```ts
 * const channel = createChannel("dns:///weather:50051", { policy: roundRobin() });
 * const weather = createClient(Weather, channel, { deadlineMs: 500 });
 * const { forecast } = await weather.getForecast({ cityId: 7 }, { deadlineMs: 200 });
 * for await (const alert of weather.watchAlerts({ zone: "de" })) show(alert);
 * ```
 */
import type { Observable } from "rxjs";
import type { Flow } from "../flow/index.js";
import { findCall, type MethodDescriptor } from "../rpc/index.js";
import type { MethodType, ServiceMethods, ServiceType } from "../schema/index.js";
import type { CallOptions, ClientOptions } from "./call/call-options.js";
import type { ClientHost } from "./call/outgoing-context.js";
import { OutgoingContext } from "./call/outgoing-context.js";
import { promisedResponse } from "./call/promised-response.js";
import { StreamedResponses } from "./call/streamed-responses.js";
import type { Channel } from "./channel.js";

/** What a request stream can be made of. */
export type RequestSource<T> = Observable<T> | AsyncIterable<T> | Iterable<T>;

interface ClientMethodTypes<M extends MethodType> {
  unary(request: M["requestInit"], options?: CallOptions): Promise<M["response"]>;
  serverStreaming(request: M["requestInit"], options?: CallOptions): Flow<M["response"]>;
  clientStreaming(requests: RequestSource<M["requestInit"]>, options?: CallOptions): Promise<M["response"]>;
  bidiStreaming(requests: RequestSource<M["requestInit"]>, options?: CallOptions): Flow<M["response"]>;
}

/** The methods of a service, for calling: `Client<typeof Weather>`, or `Client<WeatherMethods>`. */
export type Client<S extends ServiceMethods | ServiceType> =
  S extends ServiceType<infer M> ? ClientMethods<M> : S extends ServiceMethods ? ClientMethods<S> : never;

type ClientMethods<M extends ServiceMethods> = {
  readonly [Name in keyof M]: ClientMethodTypes<M[Name]>[M[Name]["kind"]];
};

/** A client of a service on a channel. Clients are cheap; channels are not. Throws an Error for unknown options. */
export function createClient<M extends ServiceMethods>(
  service: ServiceType<M>,
  channel: Channel,
  options: ClientOptions = {},
): Client<ServiceType<M>> {
  const host: ClientHost = { channel, options, schema: service.schema() };
  const client: Record<string, unknown> = {};
  for (const method of service.load().methods) client[method.localName] = callerOf(host, method);
  return client as Client<ServiceType<M>>;
}

function callerOf(host: ClientHost, method: MethodDescriptor) {
  const interceptors = host.options.interceptors ?? [];
  if (method.kind === "unary" || method.kind === "clientStreaming") {
    return (request: unknown, options: CallOptions = {}) => {
      try {
        return promisedResponse(new OutgoingContext(host, method, options), interceptors, request);
      } catch (error) {
        return Promise.reject(error);
      }
    };
  }
  return (request: unknown, options: CallOptions = {}) => {
    // It may be subscribed elsewhere; the call it is made under is the one that stands here.
    const caller = findCall();
    return new StreamedResponses(
      () => new OutgoingContext(host, method, options, caller),
      interceptors,
      request,
    );
  };
}
