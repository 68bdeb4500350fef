import {
  type CallContext,
  type CallKey,
  type HandlerReference,
  Metadata,
  type MethodDescriptor,
  type Peer,
} from "../../../lib/rpc/index.js";
import { Bench } from "../generated/bench.js";
import { deadlineMs } from "./control.js";

class Controller {
  serve(): void {}
}

const metadata = new Metadata();
const handler: HandlerReference = { controller: Controller, property: "serve" };
const peer: Peer = { address: "127.0.0.1:1", tls: undefined };
const method: MethodDescriptor = Bench.load().methods[0]!;

/**
 * A call that is being served, under which a call is made: it has a deadline, and, as the server's own, a signal from
 * the moment that somebody asks for it.
 */
export class ServedCall implements CallContext {
  readonly deadline = Date.now() + deadlineMs;
  readonly metadata = metadata;
  readonly headers = metadata;
  readonly trailers = metadata;
  readonly authority = "bench";
  #abort: AbortController | undefined;
  #followers: Set<(reason: unknown) => void> | undefined;
  #values: Map<symbol, unknown> | undefined;

  get method(): MethodDescriptor {
    return method;
  }

  get handler(): HandlerReference {
    return handler;
  }

  get peer(): Peer {
    return peer;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  get draining(): AbortSignal {
    return this.signal;
  }

  onAbort(listener: (reason: unknown) => void): () => void {
    this.#followers ??= new Set();
    this.#followers.add(listener);
    return () => void this.#followers?.delete(listener);
  }

  header(): undefined {}
  sendHeaders(): void {}

  fail(error: unknown): void {
    this.#abort?.abort(error);
  }

  get<T>(key: CallKey<T>): T | undefined {
    return this.#values?.get(key.id) as T | undefined;
  }

  set<T>(key: CallKey<T>, value: T): void {
    this.#values ??= new Map();
    this.#values.set(key.id, value);
  }
}
