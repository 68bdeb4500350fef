import type { OverflowOptions } from "../../flow/index.js";
import type { CallContext, ClientInterceptor, Metadata } from "../../rpc/index.js";
import type { Compression } from "./framing.js";

/** What a call takes over from the call being served, under which it is made. */
export interface InheritOptions {
  /** The smaller of both deadlines counts. Default: true. */
  readonly deadline?: boolean;
  /** Ends when the call above ends early. Default: true. */
  readonly cancellation?: boolean;
  /** Request headers that are passed on. Default: those of trace context ({@link TRACE_CONTEXT}). */
  readonly metadata?: readonly string[];
}

/** Headers of W3C and of OpenCensus trace context. */
export const TRACE_CONTEXT: readonly string[] = ["traceparent", "tracestate", "baggage", "grpc-trace-bin"];

/** Request headers: grpc-js's Metadata, or names and values. */
export type MetadataInit =
  | Metadata
  | Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>;

/** Of one call. */
export interface CallOptions extends OverflowOptions {
  /** Time for the whole call, retries included, in milliseconds; `Infinity` for none. */
  readonly deadlineMs?: number | undefined;
  /** Aborting cancels. */
  readonly signal?: AbortSignal | undefined;
  readonly metadata?: MetadataInit | undefined;
  /** Waits for a connection, instead of failing while there is none. Default: what the service config says, else false. */
  readonly waitForReady?: boolean | undefined;
  /** Response headers, once. */
  readonly onHeaders?: ((headers: Metadata) => void) | undefined;
  /** Response trailers, once, also of a call that fails. */
  readonly onTrailers?: ((trailers: Metadata) => void) | undefined;
  /** How requests are compressed. Default: `identity`. */
  readonly compression?: Compression | undefined;
  /** What is taken over from the call being served; `false` for nothing. */
  readonly inherit?: boolean | InheritOptions | undefined;
  /** The call being served, if calls are not ambient. */
  readonly caller?: CallContext | undefined;
  /** How many received messages a response stream holds before it stops reading. Default: 16. */
  readonly window?: number | undefined;
  /** For `ring_hash` without a header. */
  readonly requestHash?: bigint | undefined;
}

/** Of all calls of one client. */
export interface ClientOptions {
  /** Default deadline of calls with one response, in milliseconds. Default: 60,000 for unary calls, so that none can hang. */
  readonly deadlineMs?: number;
  /** Default deadline of calls with a response stream, in milliseconds. Default: none. */
  readonly streamDeadlineMs?: number;
  /** Around every call; the first is the outermost. */
  readonly interceptors?: readonly ClientInterceptor[];
  readonly waitForReady?: boolean;
  readonly compression?: Compression;
  readonly inherit?: boolean | InheritOptions;
}
