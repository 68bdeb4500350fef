import type { Subscription } from "rxjs";
import type { LoadBalancerServer } from "../../../schema/index.js";
import { Backoff } from "../../connection/backoff.js";
import { type Endpoint, endpointKey, formatAddress } from "../../naming/endpoint.js";
import { StaticResolver } from "../../naming/static-resolver.js";
import type { BalancingContext, ControlChannel } from "../policy.js";
import { BalanceStream } from "./balance-stream.js";
import type { CallCounts } from "./call-counts.js";
import type { CalmLog } from "./calm-log.js";

const SCHEME = "grpclb";
const KEEPALIVE = { timeMs: 20_000, timeoutMs: 10_000, withoutCalls: true };
/** A stream that ends within this after the greeting was a short one. */
const SHORT_STREAM_MS = 1000;
/** So many of them in a row are taken for bad luck. */
const MAX_SHORT_STREAMS = 3;

export interface BalancerLinkListener {
  onServers(servers: readonly LoadBalancerServer[]): void;
  onFallback(): void;
  /** The stream has ended; another one follows. */
  onLost(): void;
  /** No balancer can be reached. */
  onUnreachable(): void;
}

export interface BalancerLinkOptions {
  readonly context: BalancingContext;
  readonly counts: CallCounts;
  readonly log: CalmLog;
  readonly balancers: readonly Endpoint[];
  /** What the balancer is told. */
  readonly name: string;
}

/** Keeps a stream to one of the balancers, the first that can be reached. */
export class BalancerLink {
  readonly #context: BalancingContext;
  readonly #counts: CallCounts;
  readonly #log: CalmLog;
  readonly #listener: BalancerLinkListener;
  readonly #addresses = new StaticResolver();
  readonly #channel: ControlChannel;
  #connectivity: Subscription | undefined;
  readonly #backoff: Backoff;
  #balancers: readonly Endpoint[];
  #name: string;
  #stream: BalanceStream | undefined;
  #retryTimer: unknown;
  #welcomedAt = 0;
  #shortStreams = 0;
  #closed = false;

  /** Nothing is told before {@link start}. */
  constructor(options: BalancerLinkOptions, listener: BalancerLinkListener) {
    const { context, counts, log, balancers, name } = options;
    this.#context = context;
    this.#counts = counts;
    this.#log = log;
    this.#listener = listener;
    this.#balancers = balancers;
    this.#name = name;
    this.#backoff = new Backoff(context.random);
    this.#addresses.set(balancers);
    this.#channel = context.createControlChannel(`${SCHEME}:///balancers`, {
      authority: context.authority,
      resolvers: [{ scheme: SCHEME, resolver: this.#addresses }],
      keepalive: KEEPALIVE,
    });
  }

  start(): void {
    this.#open();
    const connectivity = this.#channel.connectivity.subscribe((state) => {
      if (state === "TRANSIENT_FAILURE" && !this.#closed) this.#listener.onUnreachable();
    });
    // What was told at once may have closed this.
    if (this.#closed) connectivity.unsubscribe();
    else this.#connectivity = connectivity;
  }

  /** Whether a balancer has greeted on the stream that there is. */
  get inContact(): boolean {
    return this.#stream?.welcomed ?? false;
  }

  /** A new list of balancers. True if that took another stream: one of those before has left, maybe its own. */
  setBalancers(balancers: readonly Endpoint[]): boolean {
    const known = new Set(balancers.map(endpointKey));
    const left = this.#balancers.some((balancer) => !known.has(endpointKey(balancer)));
    this.#balancers = balancers;
    this.#addresses.set(balancers);
    if (!left || this.#closed) return false;
    // A connection that is no longer wanted would carry its stream for as long as the old balancer likes.
    this.#open();
    return true;
  }

  /** Another name takes another stream. False if it is the same. */
  setName(name: string): boolean {
    if (name === this.#name || this.#closed) return false;
    this.#name = name;
    this.#backoff.reset();
    this.#open();
    return true;
  }

  /** Ends the wait between two streams. */
  resetBackoff(): void {
    this.#backoff.reset();
    this.#shortStreams = 0;
    if (this.#retryTimer !== undefined) this.#open();
  }

  close(): void {
    this.#closed = true;
    this.#clearTimer();
    this.#connectivity?.unsubscribe();
    this.#stream?.close();
    this.#stream = undefined;
    this.#channel.close();
  }

  describe(): Readonly<Record<string, unknown>> {
    return {
      balancers: this.#balancers.map(({ addresses }) => addresses.map(formatAddress).join(",")),
      serviceName: this.#name,
      inContact: this.inContact,
    };
  }

  #open(): void {
    this.#clearTimer();
    this.#stream?.close();
    const stream: BalanceStream = new BalanceStream(
      {
        channel: this.#channel,
        name: this.#name,
        counts: this.#counts,
        clock: this.#context.clock,
      },
      {
        onWelcome: () => this.#onWelcome(),
        onServers: (servers) => this.#listener.onServers(servers),
        onFallback: () => this.#listener.onFallback(),
        onEnd: (error) => this.#onEnd(stream, error),
      },
    );
    this.#stream = stream;
    stream.start();
  }

  #onWelcome(): void {
    this.#welcomedAt = this.#context.clock.now();
    this.#log.info({ serviceName: this.#name }, "a balancer of grpclb is there");
  }

  #onEnd({ welcomed }: BalanceStream, error: unknown): void {
    const { clock } = this.#context;
    this.#stream = undefined;
    const short = welcomed && clock.now() - this.#welcomedAt < SHORT_STREAM_MS;
    this.#shortStreams = short ? this.#shortStreams + 1 : 0;
    // A balancer that greets and hangs up, over and over, is not asked in a circle.
    const atOnce = welcomed && this.#shortStreams <= MAX_SHORT_STREAMS;
    if (atOnce) this.#backoff.reset();
    const retryInMs = atOnce ? 0 : this.#backoff.nextMs();
    if (!atOnce) this.#retryTimer = clock.setTimeout(() => this.#open(), retryInMs);
    const reason =
      error === undefined ? "it was ended" : error instanceof Error ? error.message : String(error);
    this.#log.warn(
      { reason, retryInMs: Math.round(retryInMs) },
      "the stream to the balancer of grpclb is lost",
    );
    this.#listener.onLost();
    // Whoever was told may have closed this, or opened another one.
    if (atOnce && !this.#closed && this.#stream === undefined && this.#retryTimer === undefined) this.#open();
  }

  #clearTimer(): void {
    this.#context.clock.clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
  }
}
