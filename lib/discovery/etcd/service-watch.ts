/**
 * The instances of one service in etcd: listed, then watched from the very next revision, so that nothing is missed.
 * Whatever ends the watch (an outage, compaction, a member that has lost its data) is mended the same way: list anew,
 * with back-off, compare, watch from there. What was known stays known meanwhile; etcd's own Go library stops for good.
 */
import { Observable, type Subscriber, Subscription } from "rxjs";
import { Backoff, type Endpoint } from "../../client/index.js";
import { type Clock, type Logger, type Random, StatusError } from "../../rpc/index.js";
import type {
  RangeResponse,
  WatchRequestInit,
  WatchResponse,
} from "../generated/etcd/api/etcdserverpb/rpc.js";
import type { Event, KeyValue } from "../generated/etcd/api/mvccpb/kv.js";
import { decodeInstance, toEndpoint } from "../instance.js";
import { type EtcdCalls, prefixEnd } from "./etcd-calls.js";

export interface ServiceWatchContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** How long a list may wait for etcd to come back, in milliseconds. */
const RELIST_DEADLINE_MS = 30_000;
const BACKOFF = { initialMs: 1000, maxMs: 30_000 };
/** etcd says something every ten to eleven minutes; who misses it twice has a dead watch. */
const SILENCE_LIMIT_MS = 25 * 60_000;

/**
 * The instances by key, at first and after each change; it stays open. It fails only as long as there is no first list.
 * An instance that cannot be read is left out, with a warning.
 */
export function watchService(
  calls: EtcdCalls,
  name: string,
  context: ServiceWatchContext,
): Observable<ReadonlyMap<string, Endpoint>> {
  return new Observable((subscriber) => {
    const watch = new ServiceWatch(calls, name, context, subscriber);
    subscriber.add(() => watch.stop());
    watch.start();
  });
}

/** A key's value, and what it means; without an endpoint it could not be read. */
interface Entry {
  readonly value: Buffer;
  readonly endpoint: Endpoint | undefined;
}

class ServiceWatch {
  readonly #calls: EtcdCalls;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #subscriber: Subscriber<ReadonlyMap<string, Endpoint>>;
  readonly #backoff: Backoff;
  readonly #prefix: Buffer;
  readonly #abort = new AbortController();
  #entries: Map<string, Entry> | undefined;
  #listedAt = 0n;
  /** Events of responses that are to be joined with the next. */
  #fragments: Event[] = [];
  #stream: Subscription | undefined;
  #timer: unknown;

  constructor(
    calls: EtcdCalls,
    name: string,
    { clock, random, logger }: ServiceWatchContext,
    subscriber: Subscriber<ReadonlyMap<string, Endpoint>>,
  ) {
    this.#calls = calls;
    this.#name = name;
    this.#clock = clock;
    this.#logger = logger;
    this.#subscriber = subscriber;
    this.#backoff = new Backoff(random, BACKOFF);
    this.#prefix = Buffer.from(`${name}/`);
  }

  start(): void {
    void this.#list();
  }

  stop(): void {
    this.#abort.abort();
    this.#leave();
  }

  async #list(): Promise<void> {
    const { signal } = this.#abort;
    const waiting = this.#entries === undefined ? {} : { waitForReady: true, deadlineMs: RELIST_DEADLINE_MS };
    let response: RangeResponse;
    try {
      response = await this.#calls.range(
        { key: this.#prefix, rangeEnd: prefixEnd(this.#prefix), serializable: true },
        { signal, ...waiting },
      );
    } catch (error) {
      if (signal.aborted) return;
      // Without any list the channel must know: its calls fail, and it asks again.
      if (this.#entries === undefined) this.#subscriber.error(error);
      else this.#relistLater(error);
      return;
    }
    if (signal.aborted) return;
    this.#replace(response.kvs);
    if (signal.aborted) return;
    this.#listedAt = BigInt(response.header?.revision ?? 0);
    this.#watch();
  }

  #watch(): void {
    const createRequest = {
      key: this.#prefix,
      rangeEnd: prefixEnd(this.#prefix),
      startRevision: this.#listedAt + 1n,
      progressNotify: true,
      fragment: true,
    };
    // Never completes: etcd takes the end of the requests for the end of the watch.
    const requests = new Observable<WatchRequestInit>((subscriber) => subscriber.next({ createRequest }));
    this.#fragments = [];
    this.#expectAnswer();
    const stream = new Subscription();
    this.#stream = stream;
    stream.add(
      this.#calls.watch(requests).subscribe({
        next: (response) => this.#onResponse(response),
        error: (error: unknown) => this.#relistLater(error),
        complete: () => this.#relistLater(StatusError.unavailable("etcd has ended the watch")),
      }),
    );
  }

  #onResponse(response: WatchResponse): void {
    if (this.#abort.signal.aborted) return;
    if (response.canceled) {
      const why =
        response.compactRevision === "0" ? response.cancelReason : "required revision has been compacted";
      this.#relistLater(StatusError.unavailable(`etcd has canceled the watch: ${why || "no reason given"}`));
      return;
    }
    // A member that is not as far as the list was: it lags behind, or its data is lost. It would keep quiet.
    if (BigInt(response.header?.revision ?? 0) < this.#listedAt) {
      this.#relistLater(
        StatusError.unavailable(`etcd is at revision ${response.header?.revision}, behind ${this.#listedAt}`),
      );
      return;
    }
    if (response.created) this.#backoff.reset();
    this.#expectAnswer();
    this.#fragments.push(...response.events);
    if (!response.fragment) this.#apply(this.#fragments.splice(0));
  }

  #expectAnswer(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(
      () => this.#relistLater(StatusError.unavailable(`no word from etcd for ${SILENCE_LIMIT_MS} ms`)),
      SILENCE_LIMIT_MS,
    );
  }

  #relistLater(error: unknown): void {
    if (this.#abort.signal.aborted) return;
    this.#leave();
    const waitMs = Math.round(this.#backoff.nextMs());
    this.#logger.warn(
      { service: this.#name, waitMs, err: error },
      `the watch of ${this.#name} in etcd is lost; what is known is kept, and listed anew`,
    );
    this.#timer = this.#clock.setTimeout(() => void this.#list(), waitMs);
  }

  #leave(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#stream?.unsubscribe();
    this.#stream = undefined;
  }

  /** The events of one revision, or of several: one change. */
  #apply(events: readonly Event[]): void {
    const entries = this.#entries!;
    let changed = false;
    for (const { type, kv } of events) {
      if (kv === null || kv === undefined) continue;
      const key = kv.key.toString();
      if (type === "DELETE") changed = entries.delete(key) || changed;
      else if (entries.get(key)?.value.equals(kv.value) !== true) {
        entries.set(key, this.#read(kv));
        changed = true;
      }
    }
    if (changed) this.#emit();
  }

  #replace(found: readonly KeyValue[]): void {
    const known = this.#entries;
    const entries = new Map<string, Entry>();
    let changed = known === undefined || known.size !== found.length;
    for (const kv of found) {
      const key = kv.key.toString();
      const old = known?.get(key);
      const same = old?.value.equals(kv.value) === true;
      entries.set(key, same ? old! : this.#read(kv));
      changed ||= !same;
    }
    this.#entries = entries;
    if (changed) this.#emit();
  }

  #read({ key, value }: KeyValue): Entry {
    try {
      return { value, endpoint: toEndpoint(decodeInstance(value.toString())) };
    } catch (error) {
      this.#logger.warn(
        { service: this.#name, key: key.toString(), err: error },
        `${key.toString()} in etcd is left out: ${(error as Error).message}`,
      );
      return { value, endpoint: undefined };
    }
  }

  #emit(): void {
    const instances = new Map<string, Endpoint>();
    for (const [key, { endpoint }] of this.#entries!) {
      if (endpoint !== undefined) instances.set(key, endpoint);
    }
    this.#subscriber.next(instances);
  }
}
