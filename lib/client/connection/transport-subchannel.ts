import { type Clock, type Logger, type MethodDescriptor, type Random, StatusError } from "../../rpc/index.js";
import { type Address, formatAddress } from "../naming/endpoint.js";
import { Backoff, type BackoffOptions } from "./backoff.js";
import type { ClientTls } from "./client-tls.js";
import type { Connection } from "./connection.js";
import { connectTransport, type Transport, type TransportOptions } from "./grpc-transport.js";
import { openStream } from "./open-stream.js";
import type { StreamObserver, Subchannel, SubchannelListener, SubchannelStatus } from "./subchannel.js";

/** Longer than any timer of Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What all subchannels of a channel share. */
export interface SubchannelHost {
  readonly target: string;
  readonly authority: string;
  readonly transport: Omit<TransportOptions, "secure">;
  readonly tls: ClientTls | undefined;
  readonly connectTimeoutMs: number;
  readonly backoff: BackoffOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Of all connections to come; grows when a server complains of pings (A8). */
  readonly pings: { timeMs: number };
  /** Told when a subchannel is released. */
  readonly onRelease: (subchannel: TransportSubchannel) => void;
}

/** What `app.inspect()` shows of a subchannel. */
export interface SubchannelInspection {
  readonly address: string;
  readonly state: string;
  /** Calls that were sent there. */
  readonly picks: number;
  readonly lastError?: string;
}

/** A subchannel over grpc-js's transport; the state machine of `subchannel.ts`. */
export class TransportSubchannel implements Subchannel {
  readonly address: Address;
  status: SubchannelStatus = { state: "IDLE" };
  /** Calls that were sent here; streams of policies do not count. */
  picks = 0;
  lastError: StatusError | undefined;
  readonly #host: SubchannelHost;
  readonly #backoff: Backoff;
  readonly #listeners = new Set<SubchannelListener>();
  readonly #healthListeners = new Set<SubchannelListener>();
  #transport: CountingTransport | undefined;
  #connecting: AbortController | undefined;
  #backoffTimer: unknown;

  constructor(address: Address, host: SubchannelHost) {
    this.address = address;
    this.#host = host;
    this.#backoff = new Backoff(host.random, host.backoff);
  }

  get connection(): Connection | undefined {
    return this.#transport;
  }

  connect(): void {
    if (this.status.state !== "IDLE") return;
    const { clock, connectTimeoutMs } = this.#host;
    const attempt = new AbortController();
    this.#connecting = attempt;
    const backoffMs = this.#backoff.nextMs();
    const retryAt = clock.now() + backoffMs;
    // An attempt is given its back-off, but at least the connect time-out (MIN_CONNECT_TIMEOUT).
    const limitMs = Math.max(backoffMs, connectTimeoutMs);
    const timer = clock.setTimeout(
      () => attempt.abort(new Error(`no connection within ${Math.round(limitMs)} ms`)),
      limitMs,
    );
    let lost = false;
    this.#become({ state: "CONNECTING" });
    const options = this.#transportOptions();
    const onDisconnect = (tooManyPings: boolean): void => {
      lost = true;
      if (tooManyPings) this.#slowPingsDown(options.keepalive?.timeMs);
      this.#onDisconnect(attempt);
    };
    connectTransport(this.address, options, attempt.signal, onDisconnect)
      .finally(() => clock.clearTimeout(timer))
      .then(
        (transport) => {
          if (this.#connecting !== attempt || lost) transport.close();
          else this.#onConnected(transport);
          // Taken down before anybody could use it.
          if (this.#connecting === attempt)
            this.#onFailure(new Error("the server took it down at once"), retryAt);
        },
        (error: unknown) => {
          if (this.#connecting === attempt) this.#onFailure(error as Error, retryAt);
        },
      );
  }

  #transportOptions(): TransportOptions {
    const { authority, transport, tls } = this.#host;
    const { keepalive } = transport;
    const host = this.address.serverName ?? hostOf(authority);
    return {
      ...transport,
      secure: tls === undefined ? undefined : (socket) => tls.secure(socket, host),
      keepalive: keepalive && { ...keepalive, timeMs: this.#host.pings.timeMs },
    };
  }

  #onConnected(transport: Transport): void {
    this.#connecting = undefined;
    this.#transport = new CountingTransport(transport, this);
    this.#backoff.reset();
    this.#become({ state: "READY" });
    if (this.status.state === "READY") this.#tellHealth();
  }

  #onFailure(error: Error, retryAt: number): void {
    this.#connecting = undefined;
    const text = `${formatAddress(this.address)}: ${error.message}`;
    this.lastError = StatusError.unavailable(`no connection established; last error: ${text}`, {
      cause: error,
    });
    const { clock } = this.#host;
    this.#backoffTimer = clock.setTimeout(() => this.#endBackoff(), Math.max(0, retryAt - clock.now()));
    this.#become({ state: "TRANSIENT_FAILURE", error: this.lastError });
  }

  #endBackoff(): void {
    this.#host.clock.clearTimeout(this.#backoffTimer);
    this.#backoffTimer = undefined;
    this.#become({ state: "IDLE" });
  }

  /** A8: doubled, for all connections of the channel to come; several that complain at once count as one. */
  #slowPingsDown(timeMs = 0): void {
    const { pings, logger, target } = this.#host;
    pings.timeMs = Math.min(MAX_TIMER_MS, Math.max(pings.timeMs, 2 * timeMs));
    logger.warn(
      { target, address: formatAddress(this.address), timeMs: pings.timeMs },
      "the server rejected this client for too many pings; the keepalive time is doubled",
    );
  }

  #onDisconnect(attempt: AbortController): void {
    if (this.#connecting === attempt || this.#transport === undefined) return;
    const transport = this.#transport;
    this.#transport = undefined;
    // After a GOAWAY, calls that are under way go on.
    transport.close();
    this.#become({ state: "IDLE" });
  }

  #become(status: SubchannelStatus): void {
    if (this.status.state === "SHUTDOWN") return;
    const from = this.status.state;
    this.status = status;
    const { logger, target } = this.#host;
    const fields = { target, address: formatAddress(this.address), from, to: status.state };
    if (status.error === undefined) logger.debug(fields, `subchannel ${status.state}`);
    else logger.warn({ ...fields, error: status.error.text }, "subchannel could not connect");
    for (const listener of [...this.#listeners]) listener(status);
  }

  #tellHealth(): void {
    for (const listener of [...this.#healthListeners]) listener(this.status);
  }

  watch(listener: SubchannelListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A connection that is there is healthy, as far as this class knows. */
  watchHealth(listener: SubchannelListener): () => void {
    this.#healthListeners.add(listener);
    if (this.status.state === "READY") listener(this.status);
    return () => void this.#healthListeners.delete(listener);
  }

  openStream<Request, Response>(
    method: MethodDescriptor<Request, Response>,
    request: Request,
    observer: StreamObserver<Response>,
  ): () => void {
    const authority = this.address.serverName ?? this.#host.authority;
    return openStream(this.#transport?.inner, authority, method, request, observer);
  }

  resetBackoff(): void {
    this.#backoff.reset();
    if (this.#backoffTimer !== undefined) this.#endBackoff();
  }

  release(): void {
    if (this.status.state === "SHUTDOWN") return;
    this.#host.onRelease(this);
    this.#listeners.clear();
    this.#healthListeners.clear();
    this.status = { state: "SHUTDOWN" };
    this.#host.clock.clearTimeout(this.#backoffTimer);
    const attempt = this.#connecting;
    this.#connecting = undefined;
    attempt?.abort(new Error("the subchannel was released"));
    this.#transport?.close();
    this.#transport = undefined;
  }

  inspect(): SubchannelInspection {
    return {
      address: formatAddress(this.address),
      state: this.status.state,
      picks: this.picks,
      ...(this.lastError !== undefined && { lastError: this.lastError.text }),
    };
  }
}

/** Counts the calls that are opened on a connection. */
class CountingTransport implements Transport {
  readonly inner: Transport;
  readonly peer: string;
  readonly open: Transport["open"];
  readonly close: () => void;

  constructor(inner: Transport, subchannel: TransportSubchannel) {
    this.inner = inner;
    this.peer = inner.peer;
    this.open = (path, authority, headers, listener) => {
      const stream = inner.open(path, authority, headers, listener);
      subchannel.picks += 1;
      return stream;
    };
    this.close = () => inner.close();
  }
}

/** The name without its port. */
function hostOf(authority: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(authority)?.[1] ?? authority.replace(/:\d+$/, "");
}
