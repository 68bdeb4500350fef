/**
 * A client of etcd, as far as finding and registering go: Grebe's own typed client over its protos. npm's `etcd3` 1.1.2
 * was tried first: when etcd has lost its data it goes on watching from the old revision and hears nothing ever after;
 * a watch that was compacted away, or a lease that has expired, is an error to be mended by its user; after an outage it
 * asks again every 100 ms, without back-off; and it brings a second grpc-js and protobufjs 7 along.
 */
import { catchError, defer, from, Observable, switchMap } from "rxjs";
import {
  type Channel,
  type Client,
  createChannel,
  createClient,
  type Resolution,
} from "../../client/index.js";
import { Metadata, StatusCode, StatusError } from "../../rpc/index.js";
import {
  Auth,
  KV,
  Lease,
  type LeaseGrantRequestInit,
  type LeaseGrantResponse,
  type LeaseKeepAliveRequestInit,
  type LeaseKeepAliveResponse,
  type LeaseRevokeRequestInit,
  type LeaseRevokeResponse,
  type RangeRequestInit,
  type RangeResponse,
  type TxnRequestInit,
  type TxnResponse,
  Watch,
  type WatchRequestInit,
  type WatchResponse,
} from "../generated/etcd/api/etcdserverpb/rpc.js";
import type { EtcdCallOptions, EtcdCalls } from "./etcd-calls.js";
import { checkEtcdOptions, type EtcdClientOptions, type EtcdMember } from "./etcd-options.js";

const DEFAULT_TIMEOUT_MS = 5000;
/** etcd refuses pings that come more often than every 5 s. */
const KEEPALIVE = { timeMs: 10_000, timeoutMs: 5000 };
/** The cluster is one address or a few, and everything waits for it. */
const RECONNECT = { initialMs: 250, maxMs: 1000 };
/** A list of 10,000 instances has about 2 MiB. */
const MAX_RECEIVE_BYTES = 64 * 1024 * 1024;

/** What the calls to one cluster share: a channel, and the token of its user. */
export class EtcdClient implements EtcdCalls {
  readonly options: EtcdClientOptions;
  readonly #channel: Channel;
  readonly #kv: Client<typeof KV>;
  readonly #lease: Client<typeof Lease>;
  readonly #watch: Client<typeof Watch>;
  readonly #auth: Client<typeof Auth>;
  #token: Promise<string | undefined> | undefined;

  /** Opens nothing yet. Throws an Error, in words, for wrong options. */
  constructor(options: EtcdClientOptions) {
    this.options = options;
    const { members } = checkEtcdOptions(options);
    const { tls, clock, random } = options;
    // It logs nothing: those who use it say what an outage means.
    this.#channel = createChannel(`etcd-cluster:///${members.map(({ host }) => host).join(",")}`, {
      policy: { round_robin: {} },
      resolvers: [{ scheme: "etcd-cluster", resolver: membersResolver(members) }],
      keepalive: KEEPALIVE,
      backoff: RECONNECT,
      maxReceiveBytes: MAX_RECEIVE_BYTES,
      ...(tls === undefined ? {} : { tls }),
      ...(clock === undefined ? {} : { clock }),
      ...(random === undefined ? {} : { random }),
    });
    // What runs in the background must not end with the call under which it happens to begin.
    const ownLife = { deadlineMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS, inherit: false };
    this.#kv = createClient(KV, this.#channel, ownLife);
    this.#lease = createClient(Lease, this.#channel, ownLife);
    this.#watch = createClient(Watch, this.#channel, ownLife);
    this.#auth = createClient(Auth, this.#channel, ownLife);
  }

  range(request: RangeRequestInit, options?: EtcdCallOptions): Promise<RangeResponse> {
    return this.#once((metadata) => this.#kv.range(request, { ...options, metadata }));
  }

  txn(request: TxnRequestInit, options?: EtcdCallOptions): Promise<TxnResponse> {
    return this.#once((metadata) => this.#kv.txn(request, { ...options, metadata }));
  }

  leaseGrant(request: LeaseGrantRequestInit, options?: EtcdCallOptions): Promise<LeaseGrantResponse> {
    return this.#once((metadata) => this.#lease.leaseGrant(request, { ...options, metadata }));
  }

  leaseRevoke(request: LeaseRevokeRequestInit, options?: EtcdCallOptions): Promise<LeaseRevokeResponse> {
    return this.#once((metadata) => this.#lease.leaseRevoke(request, { ...options, metadata }));
  }

  leaseKeepAlive(requests: Observable<LeaseKeepAliveRequestInit>): Observable<LeaseKeepAliveResponse> {
    return this.#stream((metadata) => this.#lease.leaseKeepAlive(requests, { metadata }));
  }

  watch(requests: Observable<WatchRequestInit>): Observable<WatchResponse> {
    return this.#stream((metadata) => this.#watch.watch(requests, { metadata }));
  }

  /** Ends all calls. */
  close(): Promise<void> {
    return this.#channel.close();
  }

  /** Makes a call with the token; if that is over, once more with a new one. */
  async #once<T>(call: (metadata: Metadata) => Promise<T>): Promise<T> {
    const pending = this.#authenticate();
    const token = await pending;
    try {
      return await call(callMetadata(token));
    } catch (error) {
      if (!this.#forget(pending, error)) throw error;
      return await call(callMetadata(await this.#authenticate()));
    }
  }

  /** Opens a stream with the token. If that is over, the next stream has a new one. */
  #stream<T>(open: (metadata: Metadata) => Observable<T>): Observable<T> {
    return defer(() => {
      const pending = this.#authenticate();
      return from(pending).pipe(
        switchMap((token) => {
          const metadata = callMetadata(token);
          // Members that have lost their leader end the stream, instead of keeping quiet.
          metadata.set("hasleader", "true");
          return open(metadata);
        }),
        catchError((error: unknown) => {
          this.#forget(pending, error);
          throw error;
        }),
      );
    });
  }

  #authenticate(): Promise<string | undefined> {
    this.#token ??= this.#newToken();
    return this.#token;
  }

  #newToken(): Promise<string | undefined> {
    const { username, password } = this.options;
    if (username === undefined) return Promise.resolve(undefined);
    const pending = this.#auth.authenticate({ name: username, password }).then(
      ({ token }): string | undefined => token,
      (error: unknown) => {
        // The cluster knows no users: then it needs no token.
        if (isStatus(error, StatusCode.FAILED_PRECONDITION, "not enabled")) return undefined;
        if (this.#token === pending) this.#token = undefined;
        throw error;
      },
    );
    return pending;
  }

  /** Whether a call has failed for its token, which is then no longer used. */
  #forget(pending: Promise<string | undefined>, error: unknown): boolean {
    if (this.options.username === undefined || !tokenIsOver(error)) return false;
    if (this.#token === pending) this.#token = undefined;
    return true;
  }
}

function callMetadata(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("token", token);
  return metadata;
}

function tokenIsOver(error: unknown): boolean {
  return (
    isStatus(error, StatusCode.UNAUTHENTICATED) ||
    isStatus(error, StatusCode.INVALID_ARGUMENT, "auth store is old") ||
    isStatus(error, StatusCode.INVALID_ARGUMENT, "user name is empty")
  );
}

function isStatus(error: unknown, code: StatusCode, text = ""): boolean {
  return error instanceof StatusError && error.code === code && error.text.includes(text);
}

/** Each member's certificate is checked against its own name. */
function membersResolver(members: readonly EtcdMember[]) {
  const endpoints = members.map(({ host, port }) => ({ addresses: [{ host, port, serverName: host }] }));
  return {
    // It stays open: asking again would tell nothing new.
    resolve: () => new Observable<Resolution>((subscriber) => subscriber.next({ endpoints })),
    authority: () => members[0]!.host,
  };
}
