import type { Clock } from "../../../rpc/index.js";
import { type Subchannel, type SubchannelListener, SubchannelWrapper } from "../../connection/subchannel.js";
import { type Address, addressKey } from "../../naming/endpoint.js";

/** How long a backend that is no longer listed keeps its connection. */
export const CACHE_MS = 10_000;

/** The most that are kept; a balancer that names ever new backends fills no memory. */
export const MAX_KEPT = 10_000;

interface Kept {
  readonly subchannel: Subchannel;
  readonly timer: unknown;
}

/** Keeps subchannels for a while after their release: a list that flaps makes no new connections. */
export class SubchannelCache {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#kept.size;
  }

  /**
   * The kept subchannel to an address, or a new one. Its release brings it back here, if `keeps` says so of what it
   * then is.
   */
  lease(address: Address, create: () => Subchannel, keeps: (subchannel: Subchannel) => boolean): Subchannel {
    const key = addressKey(address);
    return new LeasedSubchannel(this.#take(key) ?? create(), (subchannel) => {
      if (keeps(subchannel)) this.#keep(key, subchannel);
      else subchannel.release();
    });
  }

  /** Releases all that are kept. */
  clear(): void {
    for (const key of [...this.#kept.keys()]) this.#take(key)?.release();
  }

  #take(key: string): Subchannel | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    this.#clock.clearTimeout(kept.timer);
    return kept.subchannel;
  }

  #keep(key: string, subchannel: Subchannel): void {
    // Two to one address are one too many.
    this.#take(key)?.release();
    const timer = this.#clock.setTimeout(() => {
      this.#kept.delete(key);
      subchannel.release();
    }, CACHE_MS);
    this.#kept.set(key, { subchannel, timer });
    if (this.#kept.size > MAX_KEPT) this.#take(this.#kept.keys().next().value!)?.release();
  }
}

/** A subchannel on loan: after its release its owner hears nothing of it any more, though it lives on. */
class LeasedSubchannel extends SubchannelWrapper {
  readonly #onRelease: (subchannel: Subchannel) => void;
  readonly #stops = new Set<() => void>();
  #released = false;

  constructor(inner: Subchannel, onRelease: (subchannel: Subchannel) => void) {
    super(inner);
    this.#onRelease = onRelease;
  }

  override get status() {
    return this.#released ? ({ state: "SHUTDOWN" } as const) : this.inner.status;
  }

  override get connection() {
    return this.#released ? undefined : this.inner.connection;
  }

  override connect(): void {
    if (!this.#released) this.inner.connect();
  }

  override resetBackoff(): void {
    if (!this.#released) this.inner.resetBackoff();
  }

  override watch(listener: SubchannelListener): () => void {
    return this.#follow((own) => this.inner.watch(own), listener);
  }

  override watchHealth(listener: SubchannelListener): () => void {
    return this.#follow((own) => this.inner.watchHealth(own), listener);
  }

  #follow(watch: (listener: SubchannelListener) => () => void, listener: SubchannelListener): () => void {
    if (this.#released) return () => undefined;
    const stop = watch((status) => {
      // A release from within another listener counts at once.
      if (!this.#released) listener(status);
    });
    this.#stops.add(stop);
    return () => {
      this.#stops.delete(stop);
      stop();
    };
  }

  override release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const stop of this.#stops) stop();
    this.#stops.clear();
    this.#onRelease(this.inner);
  }
}
