/**
 * `pick_first`: tries the addresses in order and sends everything over the first connection that is there (A61, A62,
 * A113). It is the default policy, and the leaf of all others: those that spread calls have one for each endpoint.
 *
 * ```text
 * list, pick ──> first pass ──READY──> selected ──lost──> IDLE ──pick──> first pass
 *                     └─all have failed──> retrying: each reconnects after its own back-off ──READY──> selected
 * ```
 */
import { StatusError } from "../../rpc/index.js";
import type { SubchannelStatus } from "../connection/subchannel.js";
import type { ConnectivityState } from "../connectivity.js";
import { addressKey, formatAddress } from "../naming/endpoint.js";
import { AddressList } from "./address-list.js";
import { orderAddresses, weightedShuffle } from "./address-order.js";
import { Candidate } from "./candidate.js";
import { FirstPass } from "./first-pass.js";
import { failPicker, idlePicker, type Picker, queuePicker, subchannelPicker } from "./picker.js";
import type {
  BalancerUpdate,
  ChannelControlHelper,
  LoadBalancer,
  LoadBalancerFactory,
  PolicyDescription,
} from "./policy.js";

export interface PickFirstConfig {
  /** Default: false, the resolver's order. */
  readonly shuffleAddressList?: boolean;
}

export const pickFirstPolicy: LoadBalancerFactory<PickFirstConfig> = {
  name: "pick_first",
  parseConfig: (config) => ({ shuffleAddressList: config.boolean("shuffleAddressList") ?? false }),
  createBalancer: (helper) => new PickFirst(helper, { followsHealth: false }),
};

/** The child of a policy that spreads calls: it reports how healthy its connection is. */
export function createLeaf(helper: ChannelControlHelper): LoadBalancer<PickFirstConfig> {
  return new PickFirst(helper, { followsHealth: true });
}

class PickFirst implements LoadBalancer<PickFirstConfig> {
  readonly #helper: ChannelControlHelper;
  readonly #followsHealth: boolean;
  #list = new AddressList<Candidate>([]);
  #pass: FirstPass | undefined;
  /** Set once a pass has ended without a connection: how often addresses have failed since. */
  #laterFailures: number | undefined;
  #selected: Candidate | undefined;
  #stopHealthWatch: (() => void) | undefined;
  /** What was published last. */
  #state: ConnectivityState | undefined;
  #connectionError: StatusError | undefined;
  /** Whether calls fail with an error of the resolver, instead of the connections'. */
  #resolverFailed = false;
  #closed = false;

  constructor(helper: ChannelControlHelper, { followsHealth }: { readonly followsHealth: boolean }) {
    this.#helper = helper;
    this.#followsHealth = followsHealth;
  }

  update({ endpoints, config }: BalancerUpdate<PickFirstConfig>): boolean {
    const { random } = this.#helper.context;
    const before = this.#list;
    const selected = this.#selected;
    const addresses = orderAddresses(
      config.shuffleAddressList === true ? weightedShuffle(endpoints, random) : endpoints,
    );
    const keys = addresses.map(addressKey);
    if (keys.length > 0 && before.hasSameKeys(keys)) {
      // Attempts that are under way go on as they are: starting again would keep the later addresses waiting.
      if (this.#resolverFailed) this.#fail(this.#connectionError);
      return true;
    }
    const known = new Map(before.items.map((candidate) => [candidate.key, candidate]));
    const list = new AddressList(
      addresses.map((address, i) => known.get(keys[i]!) ?? new Candidate(address, keys[i]!)),
    );
    this.#list = list;
    for (const key of keys) known.delete(key);
    if (selected !== undefined && list.seekTo(selected.key)) return true;
    this.#endPass();
    this.#unselect();
    for (const candidate of known.values()) candidate.release();
    if (list.size === 0) {
      this.#failResolution("produced zero addresses");
      return false;
    }
    // A62: only failures of connections are sticky, not those of an empty list.
    if (before.size === 0 || selected !== undefined || this.#state === "CONNECTING") this.#connect();
    else if (this.#state === "TRANSIENT_FAILURE") this.#startPass();
    return true;
  }

  resolverError(error: StatusError): void {
    if (this.#list.size > 0 && this.#state !== "TRANSIENT_FAILURE") return;
    this.#failResolution(error.text, error);
  }

  exitIdle(): void {
    if (!this.#closed && this.#state === "IDLE" && this.#list.size > 0) this.#connect();
  }

  resetBackoff(): void {
    for (const candidate of this.#list.items) candidate.subchannel?.resetBackoff();
  }

  close(): void {
    this.#closed = true;
    this.#endPass();
    this.#unselect();
    for (const candidate of this.#list.items) candidate.release();
  }

  describe(): PolicyDescription {
    return {
      policy: pickFirstPolicy.name,
      state: this.#state ?? "IDLE",
      detail: {
        addresses: this.#list.items.map(({ address }) => formatAddress(address)),
        ...(this.#selected !== undefined && { selected: formatAddress(this.#selected.address) }),
      },
    };
  }

  #connect(): void {
    const list = this.#list;
    if (this.#state !== "CONNECTING") this.#publish("CONNECTING", queuePicker);
    if (!this.#closed && this.#list === list && this.#pass === undefined) this.#startPass();
  }

  #startPass(): void {
    this.#endPass();
    this.#pass = new FirstPass(this.#list, {
      clock: this.#helper.context.clock,
      open: (candidate) => candidate.open(this.#helper, this.#onStatus),
      onReady: (candidate) => this.#select(candidate),
      onEnd: (error) => this.#onPassFailed(error),
    });
    this.#pass.start();
  }

  #endPass(): void {
    this.#pass?.stop();
    this.#pass = undefined;
    this.#laterFailures = undefined;
  }

  readonly #onStatus = (candidate: Candidate, from: ConnectivityState, to: ConnectivityState): void => {
    if (candidate === this.#selected) {
      if (to !== "READY") this.#onLost();
    } else if (to === "READY") this.#select(candidate);
    else if (to === "TRANSIENT_FAILURE") this.#onFailure(candidate);
    else if (to === "IDLE") {
      // One that gave up without saying so has failed all the same.
      if (from === "CONNECTING") this.#onFailure(candidate);
      // A subchannel whose back-off is over waits for the end of the first pass.
      if (this.#laterFailures !== undefined && candidate.state === "IDLE") candidate.subchannel?.connect();
    }
  };

  #onFailure(candidate: Candidate): void {
    if (this.#pass !== undefined) {
      this.#pass.onFailure(candidate);
    } else if (this.#laterFailures !== undefined) {
      this.#laterFailures += 1;
      if (this.#laterFailures % this.#list.size !== 0) return;
      this.#fail(candidate.error);
      this.#requestReresolution();
    }
  }

  #onPassFailed(error: StatusError | undefined): void {
    this.#endPass();
    this.#laterFailures = 0;
    const list = this.#list;
    this.#fail(error);
    for (const candidate of list.items) {
      // What was published, or an attempt that succeeds at once, may have changed everything.
      if (this.#list !== list || this.#laterFailures === undefined) return;
      if (candidate.state === "IDLE") candidate.subchannel?.connect();
    }
    this.#requestReresolution();
  }

  #select(candidate: Candidate): void {
    this.#endPass();
    this.#selected = candidate;
    for (const other of this.#list.items) if (other !== candidate) other.release();
    if (this.#followsHealth) this.#watchHealth(candidate);
    else this.#publish("READY", subchannelPicker(candidate.subchannel!));
  }

  /** Health, not the connection, decides from here on; while it is not known yet, calls wait. */
  #watchHealth(candidate: Candidate): void {
    const { subchannel } = candidate;
    const isCurrent = () => this.#selected === candidate && candidate.subchannel === subchannel;
    if (this.#state !== "CONNECTING") this.#publish("CONNECTING", queuePicker);
    if (!isCurrent()) return;
    const stop = subchannel!.watchHealth((health) => {
      if (isCurrent()) this.#onHealth(candidate, health);
    });
    // It tells at once, and whoever heard of that may have ended it all.
    if (isCurrent()) this.#stopHealthWatch = stop;
    else stop();
  }

  #onHealth({ subchannel }: Candidate, { state, error }: SubchannelStatus): void {
    if (state === "TRANSIENT_FAILURE") {
      const text = `health check failure: ${error?.text ?? "unhealthy"}`;
      this.#fail(StatusError.unavailable(text, { cause: error }));
    } else if (state === "READY") {
      if (this.#state !== "READY") this.#publish("READY", subchannelPicker(subchannel!));
    } else if (this.#state !== "CONNECTING") this.#publish("CONNECTING", queuePicker);
  }

  #onLost(): void {
    this.#unselect();
    this.#publish(
      "IDLE",
      idlePicker(() => this.exitIdle()),
    );
    this.#requestReresolution();
  }

  #unselect(): void {
    this.#selected = undefined;
    this.#stopHealthWatch?.();
    this.#stopHealthWatch = undefined;
  }

  #fail(error = StatusError.unavailable("no connection established")): void {
    this.#connectionError = error;
    this.#publish("TRANSIENT_FAILURE", failPicker(error));
  }

  #failResolution(text: string, cause?: StatusError): void {
    const error = StatusError.unavailable(`name resolver error: ${text}`, { cause });
    this.#publish("TRANSIENT_FAILURE", failPicker(error), true);
  }

  #requestReresolution(): void {
    if (!this.#closed) this.#helper.requestReresolution();
  }

  #publish(state: ConnectivityState, picker: Picker, resolverFailed = false): void {
    if (this.#closed) return;
    this.#state = state;
    this.#resolverFailed = resolverFailed;
    this.#helper.updateState(state, picker);
  }
}
