/**
 * One call, seen from the side that makes it. Interceptors of clients have the shape of those of servers: they wrap
 * the rest of the call, see requests and responses as streams, may change, answer, retry or fail. What they wrap is
 * one call as the user made it; retries and hedges of the channel happen further in.
 */
import type { CallContext, CallKey } from "./call-context.js";
import type { Deadline } from "./deadline.js";
import type { CallHandler, InterceptorResult } from "./interceptor.js";
import type { Metadata } from "./metadata.js";
import type { MethodDescriptor } from "./method.js";

export interface OutgoingCall {
  readonly method: MethodDescriptor;
  /** What the channel was made for: `etcd:///weather`. */
  readonly target: string;
  /** Request headers. They may be changed until {@link CallHandler.handle} is called. */
  readonly metadata: Metadata;
  /** The smaller of the call's own deadline and what is left of the caller's. `Infinity` for none. */
  readonly deadline: Deadline;
  /** Makes the deadline earlier; a later one changes nothing. */
  limitDeadline(deadline: Deadline): void;
  /** Aborts when the call is cancelled, by whoever made it, by the caller above it, or by its deadline. */
  readonly signal: AbortSignal;
  /** The call being served, under which this one is made. */
  readonly caller: CallContext | undefined;
  /** `host:port` of the server that answers, once an attempt has reached one. */
  readonly peer: string | undefined;
  /** Response headers, once they have arrived. */
  readonly headers: Metadata | undefined;
  /** Response trailers, once the call has ended. */
  readonly trailers: Metadata | undefined;
  get<T>(key: CallKey<T>): T | undefined;
  set<T>(key: CallKey<T>, value: T): void;
}

export interface ClientInterceptor {
  /** Called once per call. Throws or rejects to fail it. */
  intercept(call: OutgoingCall, next: CallHandler): InterceptorResult | Promise<InterceptorResult>;
}
