/**
 * What drives a {@link Resolver} for one channel: subscribes, subscribes again when it is time to, and hands on what
 * comes. All that resolvers need not do is done here: minimum interval, periodic refresh, back-off, last good list.
 *
 * ```text
 * stopped ── start ──> resolving ── first list ──> watching ── completes ──> resolved ── refresh, interval ──┐
 *                        ^   └── error, or nothing ──> backoff <── error, or a look-up refused               │
 *                        └──────────────────────────────┴───────────────────────────────────────────────────┘
 * ```
 */
import { Subject, type Subscription } from "rxjs";
import { type Clock, type Logger, type Random, StatusError } from "../../rpc/index.js";
import { Backoff } from "../connection/backoff.js";
import { formatAddress } from "./endpoint.js";
import type { Resolution, ResolverContext, ResolverDefinition, ResolverOptions } from "./resolver.js";
import type { Target } from "./target.js";

export interface NameWatchContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Who wants to know. It is never called from inside `start()` or `refresh()`, and not after `stop()`. */
export interface NameWatchListener {
  /** A full list. False if it cannot be used; a look-up is then done again, with back-off. */
  onResolution(resolution: Resolution): boolean;
  /** There is nothing usable now; what was told before still holds. */
  onError(status: StatusError): void;
}

export type NameWatchState = "stopped" | "resolving" | "watching" | "resolved" | "backoff";

export interface NameDescription {
  readonly scheme: string;
  readonly state: NameWatchState;
  /** The last list that was handed on; an endpoint's addresses are joined by commas. */
  readonly endpoints: readonly string[];
  /** When that was, in milliseconds since the epoch. */
  readonly resolvedAt?: number;
  /** Why there is nothing newer. */
  readonly error?: string;
}

/** One subscription to the resolver. What comes from one that is no longer the current one is late, and ignored. */
interface Round {
  emitted: boolean;
  /** What the listener said of the last emission. */
  accepted: boolean;
}

const DEFAULT_MIN_INTERVAL_MS = 30_000;
const REFRESH_JITTER = 0.1;

export class NameWatch {
  readonly #definition: ResolverDefinition;
  readonly #target: Target;
  readonly #context: ResolverContext;
  readonly #listener: NameWatchListener;
  readonly #options: ResolverOptions;
  readonly #backoff: Backoff;
  readonly #refreshes = new Subject<void>();
  #state: NameWatchState = "stopped";
  #round: Round | undefined;
  #subscription: Subscription | undefined;
  #timer: { readonly handle: unknown; readonly dueAt: number } | undefined;
  #refreshWanted = false;
  #hintQueued = false;
  #lastSuccessAt = Number.NEGATIVE_INFINITY;
  #last: { readonly resolution: Resolution; readonly at: number } | undefined;
  /** Whether the listener has had a list since it started us. */
  #delivered = false;
  #error: string | undefined;
  readonly #events: (() => void)[] = [];
  #draining = false;

  constructor(
    definition: ResolverDefinition,
    target: Target,
    { clock, random, logger }: NameWatchContext,
    listener: NameWatchListener,
  ) {
    this.#definition = definition;
    this.#target = target;
    this.#context = { clock, random, logger, refreshes: this.#refreshes.asObservable() };
    this.#listener = listener;
    this.#options = definition.options ?? {};
    this.#backoff = new Backoff(random, this.#options.backoff);
  }

  start(): void {
    if (this.#state !== "stopped") return;
    this.#state = "resolving";
    this.#delivered = false;
    this.#backoff.reset();
    const round = this.#beginRound();
    // A resolver may emit at once, and whoever calls start() is not ready for that.
    queueMicrotask(() => {
      if (this.#round === round) this.#subscribe();
    });
  }

  /** The balancer would like a fresh list. Cheap; says nothing about when, or whether. */
  refresh(): void {
    if (this.#state === "resolved") {
      const { minIntervalMs = DEFAULT_MIN_INTERVAL_MS } = this.#options;
      this.#subscribeAt(this.#lastSuccessAt + minIntervalMs);
    } else if (this.#round !== undefined) {
      // Whether this is a look-up or a watch shows only later; a watch hears of it now, a look-up is done again.
      this.#refreshWanted = true;
      this.#hint(this.#round);
    }
    // In back-off it will be asked again anyway, and not sooner.
  }

  /** Nothing is called from now on. The last list is remembered for the next start. */
  stop(): void {
    this.#endRound();
    this.#state = "stopped";
  }

  describe(): NameDescription {
    return {
      scheme: this.#definition.scheme,
      state: this.#state,
      endpoints: (this.#last?.resolution.endpoints ?? []).map(({ addresses }) =>
        addresses.map(formatAddress).join(","),
      ),
      ...(this.#last === undefined ? {} : { resolvedAt: this.#last.at }),
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
  }

  #subscribe(): void {
    this.#endRound();
    this.#state = "resolving";
    this.#refreshWanted = false;
    const round = this.#beginRound();
    try {
      const subscription = this.#definition.resolver.resolve(this.#target, this.#context).subscribe({
        next: (resolution) => this.#post(round, () => this.#receive(round, resolution)),
        error: (error: unknown) => this.#post(round, () => this.#fail(error)),
        complete: () => this.#post(round, () => this.#complete(round)),
      });
      if (this.#round === round) this.#subscription = subscription;
      else subscription.unsubscribe();
    } catch (error) {
      this.#post(round, () => this.#fail(error));
    }
  }

  #beginRound(): Round {
    this.#round = { emitted: false, accepted: false };
    return this.#round;
  }

  #endRound(): void {
    this.#round = undefined;
    this.#clearTimer();
    const subscription = this.#subscription;
    this.#subscription = undefined;
    subscription?.unsubscribe();
  }

  /** One event after the other, also when the listener makes the resolver emit. */
  #post(round: Round, event: () => void): void {
    this.#events.push(() => {
      if (this.#round === round) event();
    });
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) next();
    } finally {
      this.#draining = false;
    }
  }

  #receive(round: Round, resolution: Resolution): void {
    const fault = faultOf(resolution);
    if (fault !== undefined) {
      this.#fail(new Error(`the resolver emitted ${fault}`));
      return;
    }
    round.emitted = true;
    this.#state = "watching";
    if (this.#options.emptyList === "keep" && resolution.endpoints.length === 0 && this.#hasGoodList()) {
      round.accepted = false;
      this.#error = "the list is empty; the last good one is kept";
      this.#log("warn", this.#error);
      this.#deliverLast();
      return;
    }
    this.#last = { resolution, at: this.#context.clock.now() };
    this.#delivered = true;
    if (this.#error !== undefined) this.#log("info", "name resolution works again");
    this.#error = undefined;
    this.#log("debug", "name resolved", { endpoints: resolution.endpoints.length });
    round.accepted = this.#listener.onResolution(resolution);
    if (this.#round !== round) return;
    if (round.accepted) this.#backoff.reset();
    else this.#error = "the channel cannot use what was resolved";
  }

  #complete(round: Round): void {
    if (!round.emitted) {
      this.#fail(new Error("the resolver ended without a list"));
      return;
    }
    this.#endRound();
    if (!round.accepted) {
      this.#retry();
      return;
    }
    this.#state = "resolved";
    this.#lastSuccessAt = this.#context.clock.now();
    const { refreshIntervalMs } = this.#options;
    if (refreshIntervalMs !== undefined) {
      const jitter = 1 + REFRESH_JITTER * (2 * this.#context.random() - 1);
      this.#subscribeAt(this.#lastSuccessAt + refreshIntervalMs * jitter);
    }
    if (this.#refreshWanted) this.refresh();
  }

  #fail(error: unknown): void {
    this.#endRound();
    const status = this.#toStatus(error);
    const isNews = this.#error !== status.text;
    this.#error = status.text;
    // Before the listener is called, which may stop us.
    const retryInMs = this.#retry();
    this.#log(isNews ? "warn" : "debug", status.text, { retryInMs: Math.round(retryInMs) });
    this.#deliverLast();
    if (this.#state === "backoff") this.#listener.onError(status);
  }

  #retry(): number {
    this.#state = "backoff";
    const delayMs = this.#backoff.nextMs();
    this.#subscribeAt(this.#context.clock.now() + delayMs);
    return delayMs;
  }

  /** After a start into an outage, the list of the time before is better than none. */
  #deliverLast(): void {
    if (this.#delivered || !this.#hasGoodList()) return;
    this.#delivered = true;
    this.#listener.onResolution(this.#last!.resolution);
  }

  #hasGoodList(): boolean {
    return (this.#last?.resolution.endpoints.length ?? 0) > 0;
  }

  #hint(round: Round): void {
    if (this.#hintQueued) return;
    this.#hintQueued = true;
    queueMicrotask(() => {
      this.#hintQueued = false;
      if (this.#round === round) this.#refreshes.next();
    });
  }

  /** The earliest of several wishes counts. */
  #subscribeAt(instant: number): void {
    const { clock } = this.#context;
    const dueAt = Math.max(instant, clock.now());
    if (this.#timer !== undefined && this.#timer.dueAt <= dueAt) return;
    this.#clearTimer();
    const fire = () => {
      this.#timer = undefined;
      this.#subscribe();
    };
    this.#timer = { handle: clock.setTimeout(fire, dueAt - clock.now()), dueAt };
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#context.clock.clearTimeout(this.#timer.handle);
    this.#timer = undefined;
  }

  #toStatus(error: unknown): StatusError {
    if (error instanceof StatusError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return StatusError.unavailable(`name resolution of ${this.#target.text} failed: ${reason}`, {
      cause: error,
    });
  }

  #log(level: "debug" | "info" | "warn", message: string, fields: object = {}): void {
    this.#context.logger[level]({ target: this.#target.text, ...fields }, message);
  }
}

/** What is wrong with an emission of somebody's own resolver. */
function faultOf(resolution: Resolution | undefined): string | undefined {
  if (!Array.isArray(resolution?.endpoints)) return "no list of endpoints";
  const index = resolution.endpoints.findIndex((endpoint) => !(endpoint?.addresses?.length > 0));
  return index < 0 ? undefined : `endpoints[${index}] without an address`;
}
