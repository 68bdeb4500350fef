import type { Clock, Logger, Random } from "../rpc/index.js";
import type { LoadBalancerFactory } from "./balancing/policy.js";
import type { CallCredentials } from "./call/call-credentials.js";
import type { BackoffOptions } from "./connection/backoff.js";
import type { ResolverDefinition } from "./naming/resolver.js";
import type { PolicyConfig, ServiceConfigJson } from "./service-config/service-config.js";

/** TLS of a client. Texts and Buffers are PEM; a text without `-----BEGIN` is the path of a file. */
export interface ClientTlsOptions {
  /** Authorities to trust. Default: those of Node. */
  readonly ca?: string | Buffer;
  /** Certificate and key of the client, for mTLS. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** Name that the server's certificate must carry. Default: the target's. */
  readonly serverName?: string;
}

/** HTTP/2 pings that notice a dead peer (A8). */
export interface KeepaliveOptions {
  /** Pings when nothing has been read for this long, in milliseconds (`GRPC_ARG_KEEPALIVE_TIME_MS`). At least 1,000. */
  readonly timeMs: number;
  /** Closes the connection when no answer comes within this, in milliseconds. Default: 20,000. */
  readonly timeoutMs?: number;
  /** Pings also while there are no calls. Default: false. */
  readonly withoutCalls?: boolean;
}

/** How a channel resolves, connects, balances and retries. */
export interface ChannelOptions {
  /** Spreads calls, unless the resolver's service config says otherwise. Default: `pick_first`. */
  readonly policy?: PolicyConfig;
  /** Used when the resolver gives none; JSON text, or the same as an object. */
  readonly serviceConfig?: ServiceConfigJson | string;
  /** Ignores service configs of the resolver. Default: false. */
  readonly ignoreResolvedConfig?: boolean;
  /** Whether backends are asked for their health if a service config says so (A17). Default: true. */
  readonly healthCheck?: boolean;
  /** HTTP/2 connections to each address. Default: 1. */
  readonly connections?: number;
  /** TLS; `true` for Node's authorities. Default: plaintext. */
  readonly tls?: boolean | ClientTlsOptions;
  /** Headers that prove who calls, for each attempt of each call. They need `tls`. */
  readonly callCredentials?: CallCredentials;
  readonly keepalive?: KeepaliveOptions;
  /** Time for TCP, TLS and HTTP/2 to be up, in milliseconds (MIN_CONNECT_TIMEOUT). Default: 20,000. */
  readonly connectTimeoutMs?: number;
  /** Waits between failed connection attempts. */
  readonly backoff?: BackoffOptions;
  /** Closes connections when there was no call for this long, in milliseconds; 0 for never. Default: 1,800,000. */
  readonly idleTimeoutMs?: number;
  /** Largest message that is accepted, in bytes; a larger one is RESOURCE_EXHAUSTED. Default: 4 MiB; -1 for no limit. */
  readonly maxReceiveBytes?: number;
  /** Largest message that is sent, in bytes. Default: no limit. */
  readonly maxSendBytes?: number;
  /** How much a server may send before it is read, in bytes, per stream and per connection. Default: 4 MiB. */
  readonly flowControlWindow?: number;
  /** `:authority`. Default: the target's. */
  readonly authority?: string;
  /** In front of Grebe's own `user-agent`. */
  readonly userAgent?: string;
  /** Retries, hedges and their buffers. */
  readonly retry?: RetryOptions;
  /** Largest ring of `ring_hash`. Default: 4,096. */
  readonly ringSizeCap?: number;
  /** Resolvers beside the built-in ones; the same scheme replaces. */
  readonly resolvers?: readonly ResolverDefinition[];
  /** Policies beside the built-in ones; the same name replaces. */
  readonly policies?: readonly LoadBalancerFactory[];
  /** Default: nothing is logged. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface RetryOptions {
  /** Switches retries and hedges of service configs off; transparent ones stay. Default: true. */
  readonly enabled?: boolean;
  /** Cap on `maxAttempts`. Default: 5. */
  readonly maxAttempts?: number;
  /** Bytes of one call that are kept for its retries. Default: 1 MiB. */
  readonly maxBytesPerCall?: number;
  /** Bytes of all calls of the channel that are kept. Default: 16 MiB. */
  readonly maxBytes?: number;
}
