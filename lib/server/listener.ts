/**
 * Where a server accepts calls. An application may have several {@link Listener}s, each with its own address,
 * TLS and limits; make them with {@link tcp} and {@link unix}.
 */
import type { TlsOptions } from "./tls.js";

/** Limits of one listener. What is left out has the default of {@link defaultLimits}; -1 is no limit where one says so. */
export interface ListenerLimits {
  /** Largest message that is accepted (after decompression), in bytes; a larger one is RESOURCE_EXHAUSTED. Default: 4 MiB. */
  readonly maxReceiveBytes?: number;
  /** Largest message that is sent, in bytes; a larger one is RESOURCE_EXHAUSTED. Default: no limit. */
  readonly maxSendBytes?: number;
  /** Largest set of request headers, in bytes as HTTP/2 counts them. Default: 16 KiB. */
  readonly maxMetadataBytes?: number;
  /** Calls at once on one connection; further ones wait at the client. Default: 1,000. */
  readonly maxConcurrentStreams?: number;
  /** Time for a new connection to finish its TLS handshake and to speak HTTP/2, in milliseconds. Default: 10,000. */
  readonly handshakeTimeoutMs?: number;
  /**
   * How often a connection is asked whether its peer is still there (`GRPC_ARG_KEEPALIVE_TIME_MS`). Node itself never
   * closes one whose peer broke the rules of HTTP/2. Default: 60,000.
   */
  readonly pingIntervalMs?: number;
  /** Time for the answer; without one the connection is closed (`GRPC_ARG_KEEPALIVE_TIMEOUT_MS`). Default: 20,000. */
  readonly pingTimeoutMs?: number;
  /**
   * How old a connection may become, in milliseconds, so that clients come back and find new servers; a tenth more or
   * less, by chance, so that they do not come all at once (`GRPC_ARG_MAX_CONNECTION_AGE_MS`). It then gets a GOAWAY, and
   * its calls may end. Default: -1, no limit.
   */
  readonly maxConnectionAgeMs?: number;
  /** How long they may take; then they are cut (`GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS`). Default: -1, no limit. */
  readonly maxConnectionAgeGraceMs?: number;
  /** How long a connection may be without calls before it gets a GOAWAY (`GRPC_ARG_MAX_CONNECTION_IDLE_MS`). Default: -1. */
  readonly maxConnectionIdleMs?: number;
  /**
   * Clients must not ping more often than this, in milliseconds, except behind something that was sent to them
   * (`GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS`). Default: 300,000.
   */
  readonly minPingIntervalMs?: number;
  /**
   * Whether the same goes for a connection without calls, which may otherwise ping every 2 hours
   * (`GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS`). Default: false.
   */
  readonly permitPingsWithoutCalls?: boolean;
  /**
   * How many pings that come too early are forgiven; the next one ends the connection, with the GOAWAY
   * `too_many_pings` (`GRPC_ARG_HTTP2_MAX_PING_STRIKES`). 0 forgives all. Default: 2.
   */
  readonly maxPingStrikes?: number;
}

export interface TcpOptions extends ListenerLimits {
  /** 0 takes any free port. */
  readonly port: number;
  /** Address or name of the interface; "0.0.0.0" or "::" for all. Default: "127.0.0.1". */
  readonly host?: string;
  readonly tls?: TlsOptions;
}

export interface UnixOptions extends ListenerLimits {
  /** Permissions of the socket file, for example 0o660. Default: what the process's umask leaves. */
  readonly mode?: number;
}

export type Listener =
  | { readonly kind: "tcp"; readonly options: TcpOptions }
  | { readonly kind: "unix"; readonly path: string; readonly options: UnixOptions };

/** Listens on a TCP port. */
export function tcp(options: TcpOptions): Listener {
  return { kind: "tcp", options };
}

/** Listens on a Unix domain socket. A file that a dead process left there is replaced. */
export function unix(path: string, options: UnixOptions = {}): Listener {
  return { kind: "unix", path, options };
}

export const defaultLimits: Required<ListenerLimits> = {
  maxReceiveBytes: 4 * 1024 * 1024,
  maxSendBytes: -1,
  maxMetadataBytes: 16 * 1024,
  maxConcurrentStreams: 1000,
  handshakeTimeoutMs: 10_000,
  pingIntervalMs: 60_000,
  pingTimeoutMs: 20_000,
  maxConnectionAgeMs: -1,
  maxConnectionAgeGraceMs: -1,
  maxConnectionIdleMs: -1,
  minPingIntervalMs: 300_000,
  permitPingsWithoutCalls: false,
  maxPingStrikes: 2,
};

/** How a listener is called before it has a port. */
export function formatListener(listener: Listener): string {
  if (listener.kind === "unix") return `unix:${listener.path}`;
  return formatHostPort(listener.options.host ?? "127.0.0.1", listener.options.port);
}

export function formatHostPort(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
