import type { Subscriber, Subscription } from "rxjs";
import { type Demand, Flow } from "../../../flow/index.js";
import { type Clock, MAX_TIMER_MS } from "../../../rpc/index.js";
import {
  type LoadBalanceRequestInit,
  type LoadBalanceResponse,
  LoadBalancer,
  type LoadBalancerServer,
} from "../../../schema/index.js";
import type { ControlChannel } from "../policy.js";
import type { CallCounts } from "./call-counts.js";

/** More often than this nobody needs reports, whatever a balancer asks for. */
export const MIN_REPORT_INTERVAL_MS = 100;

export interface BalanceStreamListener {
  /** The balancer has greeted. */
  onWelcome(): void;
  onServers(servers: readonly LoadBalancerServer[]): void;
  /** The resolver's addresses are to be used. */
  onFallback(): void;
  /** Once, unless it is closed. */
  onEnd(error: unknown): void;
}

export interface BalanceStreamOptions {
  readonly channel: ControlChannel;
  readonly name: string;
  readonly counts: CallCounts;
  readonly clock: Clock;
}

/** One `BalanceLoad` stream: says who asks, hands on what comes, and reports at the interval that the balancer wants. */
export class BalanceStream {
  readonly #options: BalanceStreamOptions;
  readonly #listener: BalanceStreamListener;
  #subscription: Subscription | undefined;
  #requests: Subscriber<LoadBalanceRequestInit> | undefined;
  /** Whether the transport takes another report. */
  #demand: Demand | undefined;
  #welcomed = false;
  #reportTimer: unknown;
  #lastReportWasZero = false;
  #ended = false;

  constructor(options: BalanceStreamOptions, listener: BalanceStreamListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Whether the balancer has greeted. */
  get welcomed(): boolean {
    return this.#welcomed;
  }

  start(): void {
    const { channel, name } = this.#options;
    const requests = new Flow<LoadBalanceRequestInit>((subscriber, demand) => {
      this.#requests = subscriber;
      this.#demand = demand;
      subscriber.next({ initialRequest: { name } });
    });
    const subscription = channel
      .client(LoadBalancer)
      .balanceLoad(requests, { waitForReady: true })
      .subscribe({
        next: (response) => this.#onResponse(response),
        error: (error: unknown) => this.#end(error),
        complete: () => this.#end(undefined),
      });
    if (this.#ended) subscription.unsubscribe();
    else this.#subscription = subscription;
  }

  /** Cancels it; the listener is told nothing any more. */
  close(): void {
    this.#ended = true;
    this.#options.clock.clearTimeout(this.#reportTimer);
    this.#requests = undefined;
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    this.close();
    this.#listener.onEnd(error);
  }

  #onResponse(response: LoadBalanceResponse): void {
    if (this.#ended) return;
    if (!this.#welcomed) this.#onFirst(response);
    else if (response.serverList !== undefined) this.#listener.onServers(response.serverList.servers);
    else if (response.fallbackResponse !== undefined) this.#listener.onFallback();
  }

  #onFirst({ initialResponse, loadBalanceResponseType }: LoadBalanceResponse): void {
    if (initialResponse === undefined) {
      this.#end(new Error(`the balancer began with ${loadBalanceResponseType ?? "an empty message"}`));
      return;
    }
    this.#welcomed = true;
    const { seconds = "0", nanos = 0 } = initialResponse.clientStatsReportInterval ?? {};
    const intervalMs = Number(seconds) * 1000 + nanos / 1e6;
    // What was counted meanwhile is for whoever asks for it.
    if (intervalMs > 0)
      this.#reportEvery(Math.min(Math.max(intervalMs, MIN_REPORT_INTERVAL_MS), MAX_TIMER_MS));
    this.#listener.onWelcome();
  }

  #reportEvery(intervalMs: number): void {
    const { clock } = this.#options;
    this.#reportTimer = clock.setTimeout(() => {
      this.#report();
      if (!this.#ended) this.#reportEvery(intervalMs);
    }, intervalMs);
  }

  /** Of reports that say nothing, only the first of a row is sent. */
  #report(): void {
    const { counts, clock } = this.#options;
    // A balancer that does not read: what is counted goes on adding up, for it or for another one.
    if (this.#demand?.open !== true) return;
    const isZero = counts.areZero;
    if (isZero && this.#lastReportWasZero) return;
    this.#lastReportWasZero = isZero;
    this.#requests?.next({ clientStats: counts.take(clock.now()) });
  }
}
