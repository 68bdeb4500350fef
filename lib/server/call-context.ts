import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";
import {
  type CallContext,
  type CallKey,
  type Deadline,
  type HandlerReference,
  type Metadata,
  type MetadataKey,
  type MethodDescriptor,
  type Peer,
  readMetadata,
  type StatusError,
} from "../rpc/index.js";
import type { ServedMethod } from "./served-method.js";

/** grpc-js's half of a call, below every interceptor. */
export type Wire = ServerInterceptingCallInterface;

/** What the contexts of one listener's calls share. */
export interface ContextHost {
  readonly secure: boolean;
  /** Whether clients may have shown a certificate. */
  readonly asksCertificates: boolean;
  /** How peers without an address are called: the path of a unix socket. */
  readonly localName: string;
  readonly isDraining: () => boolean;
}

/** The half of a {@link CallContext} that only tells: who calls what, and until when. What few ask for is made late. */
export abstract class ServerCallContext
  implements Omit<CallContext, "headers" | "trailers" | "sendHeaders" | "fail">
{
  metadata!: Metadata;
  readonly startedAt = performance.now();
  protected readonly wire: Wire;
  protected readonly served: ServedMethod;
  readonly #host: ContextHost;
  #peer: Peer | undefined;
  #values: Map<symbol, unknown> | undefined;
  #abort: AbortController | undefined;
  #abortReason: StatusError | undefined;
  #followers: Set<(reason: unknown) => void> | undefined;
  #draining: AbortController | undefined;

  constructor(wire: Wire, served: ServedMethod, host: ContextHost) {
    this.wire = wire;
    this.served = served;
    this.#host = host;
  }

  get method(): MethodDescriptor {
    return this.served.method;
  }

  get handler(): HandlerReference {
    return this.served.handler;
  }

  get authority(): string {
    return this.wire.getHost();
  }

  get deadline(): Deadline {
    return Number(this.wire.getDeadline());
  }

  get peer(): Peer {
    this.#peer ??= this.#readPeer();
    return this.#peer;
  }

  #readPeer(): Peer {
    const { remoteAddress, remotePort } = this.wire.getConnectionInfo();
    const certificate = this.#host.asksCertificates
      ? this.wire.getAuthContext().sslPeerCertificate
      : undefined;
    return {
      address: formatAddress(remoteAddress, remotePort) ?? this.#host.localName,
      tls: this.#host.secure ? { authorized: certificate !== undefined, certificate } : undefined,
    };
  }

  header<T>(key: MetadataKey<T>): T | undefined {
    return readMetadata(this.metadata, key);
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#abortReason !== undefined) this.#abort.abort(this.#abortReason);
    }
    return this.#abort.signal;
  }

  onAbort(listener: (reason: unknown) => void): () => void {
    if (this.#abortReason !== undefined) {
      listener(this.#abortReason);
      return () => undefined;
    }
    this.#followers ??= new Set();
    this.#followers.add(listener);
    return () => void this.#followers?.delete(listener);
  }

  /** Aborts `signal`, now or when it is asked for, and tells who follows the call. */
  protected abort(reason: StatusError): void {
    this.#abortReason = reason;
    this.#abort?.abort(reason);
    const followers = this.#followers;
    this.#followers = undefined;
    if (followers !== undefined) for (const follower of followers) follower(reason);
  }

  get draining(): AbortSignal {
    if (this.#draining === undefined) {
      this.#draining = new AbortController();
      if (this.#host.isDraining()) this.#draining.abort();
    }
    return this.#draining.signal;
  }

  tellDraining(): void {
    this.#draining?.abort();
  }

  get<T>(key: CallKey<T>): T | undefined {
    return this.#values?.get(key.id) as T | undefined;
  }

  set<T>(key: CallKey<T>, value: T): void {
    this.#values ??= new Map();
    this.#values.set(key.id, value);
  }
}

function formatAddress(host: string | undefined, port: number | undefined): string | undefined {
  if (host === undefined) return undefined;
  const name = host.includes(":") ? `[${host}]` : host;
  return port === undefined ? name : `${name}:${port}`;
}
