import { StatusCode, StatusError } from "../../rpc/index.js";
import {
  type Subchannel,
  type SubchannelListener,
  type SubchannelStatus,
  SubchannelWrapper,
} from "../connection/subchannel.js";
import type { OutlierEndpoint } from "./outlier-detection-endpoint.js";
import type { CompletePick } from "./picker.js";

const ejectedStatus: SubchannelStatus = {
  state: "TRANSIENT_FAILURE",
  error: StatusError.unavailable("ejected by outlier detection: it does worse than the other endpoints"),
};

interface HealthWatch {
  readonly listener: SubchannelListener;
  /** As the connection's health was told last, also while the listener is told of the ejection instead. */
  health: SubchannelStatus | undefined;
}

/**
 * A subchannel that looks unhealthy while its endpoint is ejected (A61). Its connection stays as it is, and whoever does
 * not ask for health, as `pick_first` on its own, sees no difference.
 */
export class EjectableSubchannel extends SubchannelWrapper {
  readonly #onRelease: (subchannel: EjectableSubchannel) => void;
  readonly #watches = new Set<HealthWatch>();
  #endpoint: OutlierEndpoint | undefined;
  #ejected = false;
  /** What a pick of this subchannel gave last, and what was made of it. */
  #picked:
    | { readonly inner: CompletePick; readonly counts: boolean; readonly outer: CompletePick }
    | undefined;

  constructor(inner: Subchannel, onRelease: (subchannel: EjectableSubchannel) => void) {
    super(inner);
    this.#onRelease = onRelease;
  }

  /** Whose calls it sends; undefined if no endpoint has its address. */
  get endpoint(): OutlierEndpoint | undefined {
    return this.#endpoint;
  }

  /** Belongs to this endpoint from now on, and shares its fate. */
  bind(endpoint: OutlierEndpoint | undefined): void {
    this.#endpoint?.subchannels.delete(this);
    this.#endpoint = endpoint;
    endpoint?.subchannels.add(this);
    this.setEjected(endpoint?.isEjected ?? false);
  }

  setEjected(ejected: boolean): void {
    if (this.#ejected === ejected) return;
    this.#ejected = ejected;
    for (const watch of [...this.#watches]) {
      // One that was told before may have stopped another, or turned everything round.
      if (this.#ejected !== ejected) return;
      const { health, listener } = watch;
      if (health !== undefined && this.#watches.has(watch)) listener(ejected ? ejectedStatus : health);
    }
  }

  override watchHealth(listener: SubchannelListener): () => void {
    const watch: HealthWatch = { listener, health: undefined };
    this.#watches.add(watch);
    const stop = this.inner.watchHealth((health) => {
      const first = watch.health === undefined;
      watch.health = health;
      if (!this.#ejected) listener(health);
      else if (first) listener(ejectedStatus);
    });
    return () => {
      this.#watches.delete(watch);
      stop();
    };
  }

  override release(): void {
    this.#watches.clear();
    this.#endpoint?.subchannels.delete(this);
    this.#endpoint = undefined;
    this.#onRelease(this);
    super.release();
  }

  /** The pick without this wrapper, with or without counting how the call goes. Children give the same pick each time. */
  toOuter(inner: CompletePick, counts: boolean): CompletePick {
    const last = this.#picked;
    if (last !== undefined && last.inner === inner && last.counts === counts) return last.outer;
    const outer = { ...inner, subchannel: this.inner, ...(counts && { onEnd: this.#counting(inner) }) };
    this.#picked = { inner, counts, outer };
    return outer;
  }

  #counting({ onEnd }: CompletePick): NonNullable<CompletePick["onEnd"]> {
    return (outcome) => {
      if (outcome.started) this.#endpoint?.count(outcome.code === StatusCode.OK);
      onEnd?.(outcome);
    };
  }
}
