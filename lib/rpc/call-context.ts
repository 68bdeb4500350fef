/**
 * One call, seen from inside. The context exists before the first guard runs and lives until the last message,
 * trailer and filter. It is an argument of every handler and, for whoever imports `grebe/ambient`, ambient: any
 * code that runs below the call finds it by {@link currentCall}, also inside promises and Observables.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { PeerCertificate } from "node:tls";
import type { Deadline } from "./deadline.js";
import type { Metadata, MetadataKey } from "./metadata.js";
import type { MethodDescriptor } from "./method.js";

/** Who is at the other end. */
export interface Peer {
  /** `host:port`, or `unix:` and the socket's path. */
  readonly address: string;
  /** Set on TLS connections. */
  readonly tls: PeerTls | undefined;
}

export interface PeerTls {
  /** Whether the peer showed a certificate that one of the listener's authorities signed. */
  readonly authorized: boolean;
  readonly certificate: PeerCertificate | undefined;
}

/** A typed value that lives as long as one call. Make one with {@link callKey}. */
export interface CallKey<T> {
  readonly description: string;
  readonly id: symbol;
  /** Only carries the type. */
  readonly type?: T;
}

export function callKey<T>(description: string): CallKey<T> {
  return { description, id: Symbol(description) };
}

/** The controller class and method that serve a call. */
export interface HandlerReference {
  readonly controller: abstract new (...args: never[]) => object;
  readonly property: string;
}

export interface CallContext {
  readonly method: MethodDescriptor;
  readonly handler: HandlerReference;
  readonly peer: Peer;
  /** `:authority` of the request. */
  readonly authority: string;
  /** What came on the wire as `grpc-timeout`, as an instant; `Infinity` if the client set none. */
  readonly deadline: Deadline;
  /** Request headers. */
  readonly metadata: Metadata;
  /** The first value of a typed request header. */
  header<T>(key: MetadataKey<T>): T | undefined;
  /** Response headers; they leave with {@link sendHeaders} or with the first message. */
  readonly headers: Metadata;
  sendHeaders(): void;
  /** Response trailers; they leave with the status, on success and on failure. */
  readonly trailers: Metadata;
  /** Aborts when the call is cancelled, its deadline is over, or the server cuts it; not when it ends well. */
  readonly signal: AbortSignal;
  /**
   * Calls back with the signal's reason when it aborts, at once if it has; gives how to stop that. For who follows every
   * call: making a signal, and listening to it, costs a call about 10 µs.
   */
  onAbort?(listener: (reason: unknown) => void): () => void;
  /** Aborts when the server starts to drain: a long stream should come to an end. */
  readonly draining: AbortSignal;
  /** Ends the call with an error, as if the handler had thrown it; does nothing once the call has ended. */
  fail(error: unknown): void;
  get<T>(key: CallKey<T>): T | undefined;
  set<T>(key: CallKey<T>, value: T): void;
}

let ambient: AsyncLocalStorage<CallContext> | undefined;

/**
 * Makes calls ambient from now on, in this process. It is off until something needs it, because before Node 24 it
 * costs each call about 10 µs: Node then follows every promise and every socket. Importing `grebe/ambient` switches
 * it on, and so does everything in Grebe that depends on it.
 */
export function enableAmbientCalls(): void {
  ambient ??= new AsyncLocalStorage();
}

/** Runs a function below a call; if calls are ambient, so is all that it starts. */
export function runInCall<T>(call: CallContext, run: () => T): T {
  return ambient === undefined ? run() : ambient.run(call, run);
}

/** The call this code runs below, or undefined outside of calls. */
export function findCall(): CallContext | undefined {
  return ambient?.getStore();
}

/** The call this code runs below. Throws an Error outside of calls. */
export function currentCall(): CallContext {
  const call = findCall();
  if (call === undefined) {
    throw new Error(
      ambient === undefined
        ? "calls are not ambient: import currentCall from grebe/ambient, which makes them so"
        : "there is no current call: this code runs outside of any handler, guard or interceptor",
    );
  }
  return call;
}
