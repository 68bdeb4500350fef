import {
  type Clock,
  type Logger,
  type MethodDescriptor,
  type Random,
  StatusCode,
  StatusError,
} from "../../rpc/index.js";
import { Health, type HealthCheckRequest, type HealthCheckResponse } from "../../schema/index.js";
import { formatAddress } from "../naming/endpoint.js";
import { Backoff } from "./backoff.js";
import {
  type Subchannel,
  type SubchannelListener,
  type SubchannelStatus,
  SubchannelWrapper,
} from "./subchannel.js";

export interface HealthCheckOptions {
  /** Whose health is asked for; `""` is that of the whole server. */
  readonly service: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * A subchannel whose backend is asked how it is (A17): while it is READY and somebody wants to know, a
 * `grpc.health.v1.Health/Watch` stream runs on its connection. What that says never closes the connection.
 */
export class HealthCheckedSubchannel extends SubchannelWrapper {
  readonly #options: HealthCheckOptions;
  readonly #backoff: Backoff;
  readonly #listeners = new Set<SubchannelListener>();
  /** Of the connection that is there; undefined while nobody watches, or there is none. */
  #health: SubchannelStatus | undefined;
  #stopFollowing: (() => void) | undefined;
  #cancelStream: (() => void) | undefined;
  #retryTimer: unknown;
  #unimplementedLogged = false;

  constructor(inner: Subchannel, options: HealthCheckOptions) {
    super(inner);
    this.#options = options;
    this.#backoff = new Backoff(options.random);
  }

  override watchHealth(listener: SubchannelListener): () => void {
    // Each call is a watch of its own, also of a listener that watches already.
    const own: SubchannelListener = (status) => listener(status);
    this.#stopFollowing ??= this.inner.watch(({ state }) => this.#onConnection(state === "READY"));
    const running = this.#health;
    this.#listeners.add(own);
    if (running !== undefined) own(running);
    else this.#onConnection(this.inner.status.state === "READY");
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#stop();
    };
  }

  override release(): void {
    this.#listeners.clear();
    this.#stop();
    super.release();
  }

  #onConnection(ready: boolean): void {
    if (!ready) this.#end();
    else if (this.#health === undefined) this.#open();
  }

  #stop(): void {
    this.#stopFollowing?.();
    this.#stopFollowing = undefined;
    this.#end();
  }

  /** Nobody watches any more, or the connection is lost: the next one starts afresh. */
  #end(): void {
    const cancel = this.#cancelStream;
    this.#cancelStream = undefined;
    this.#options.clock.clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#backoff.reset();
    this.#health = undefined;
    cancel?.();
  }

  #open(): void {
    this.#retryTimer = undefined;
    this.#become({ state: "CONNECTING" });
    // Whoever was told may have stopped watching, or even begun anew.
    if (this.#health === undefined || this.#cancelStream !== undefined) return;
    let current = true;
    let answered = false;
    let cancelInner: (() => void) | undefined;
    this.#cancelStream = () => {
      current = false;
      cancelInner?.();
    };
    cancelInner = this.inner.openStream(
      watchMethod(),
      { service: this.#options.service },
      {
        next: ({ status }) => {
          if (!current) return;
          answered = true;
          this.#backoff.reset();
          this.#become(toHealth(status));
        },
        end: (status) => {
          if (!current) return;
          current = false;
          this.#cancelStream = undefined;
          this.#onStreamEnd(status, answered);
        },
      },
    );
    if (!current) cancelInner();
  }

  #onStreamEnd(status: StatusError | undefined, answered: boolean): void {
    // A17: a server without health checking is taken for healthy.
    if (status?.code === StatusCode.UNIMPLEMENTED) {
      this.#logUnimplemented();
      this.#become({ state: "READY" });
      return;
    }
    const text = status === undefined ? "the server ended the watch" : status.message;
    this.#become(unhealthy(`connection active but received health check RPC error: ${text}`));
    // As above.
    if (this.#health === undefined || this.#cancelStream !== undefined) return;
    // A17: no wait after a stream that has answered.
    if (answered) this.#open();
    else this.#retryTimer = this.#options.clock.setTimeout(() => this.#open(), this.#backoff.nextMs());
  }

  #become(health: SubchannelStatus): void {
    const before = this.#health;
    this.#health = health;
    if (before?.state === health.state && before.error?.message === health.error?.message) return;
    const { logger, service } = this.#options;
    const fields = { address: formatAddress(this.address), service, from: before?.state, to: health.state };
    if (health.error === undefined) logger.debug(fields, `health ${health.state}`);
    else logger.warn({ ...fields, error: health.error.message }, "unhealthy");
    for (const listener of [...this.#listeners]) {
      // One that was told before may have changed everything.
      if (this.#health !== health) return;
      if (this.#listeners.has(listener)) listener(health);
    }
  }

  #logUnimplemented(): void {
    if (this.#unimplementedLogged) return;
    this.#unimplementedLogged = true;
    this.#options.logger.error(
      { address: formatAddress(this.address), service: this.#options.service },
      "the server has no health service: its connections are taken for healthy",
    );
  }
}

function watchMethod(): MethodDescriptor<HealthCheckRequest, HealthCheckResponse> {
  const method = Health.load().methods.find(({ localName }) => localName === "watch")!;
  // Generated code and descriptor come from one file.
  return method as MethodDescriptor<HealthCheckRequest, HealthCheckResponse>;
}

function toHealth(status: HealthCheckResponse["status"]): SubchannelStatus {
  if (status === "SERVING") return { state: "READY" };
  return unhealthy(`connection active but health check failed. status=${status}`);
}

function unhealthy(text: string): SubchannelStatus {
  return { state: "TRANSIENT_FAILURE", error: StatusError.unavailable(text) };
}
