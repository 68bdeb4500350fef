import type { StatusError } from "../../rpc/index.js";
import type { Subchannel, SubchannelStatus } from "../connection/subchannel.js";
import type { ConnectivityState } from "../connectivity.js";
import { type Address, addressKey } from "../naming/endpoint.js";
import type { Keyed } from "./address-list.js";
import type { ChannelControlHelper } from "./policy.js";

/** One address of `pick_first`; it has a subchannel from its first attempt on. */
export class Candidate implements Keyed {
  readonly address: Address;
  readonly key: string;
  subchannel: Subchannel | undefined;
  /** As its subchannel told last. */
  state: ConnectivityState = "IDLE";
  error: StatusError | undefined;
  /** Whether it has failed in this pass. */
  failed = false;
  #stop: (() => void) | undefined;

  constructor(address: Address, key = addressKey(address)) {
    this.address = address;
    this.key = key;
  }

  /** Makes the subchannel, and tells its changes from then on. */
  open(
    helper: ChannelControlHelper,
    onStatus: (candidate: Candidate, from: ConnectivityState, to: ConnectivityState) => void,
  ): void {
    if (this.subchannel !== undefined) return;
    const subchannel = helper.createSubchannel(this.address);
    this.subchannel = subchannel;
    this.#note(subchannel.status);
    this.#stop = subchannel.watch((status) => {
      // What it tells after its release is late.
      if (this.subchannel !== subchannel) return;
      const from = this.state;
      this.#note(status);
      onStatus(this, from, status.state);
    });
  }

  #note({ state, error }: SubchannelStatus): void {
    this.state = state;
    if (error !== undefined) this.error = error;
  }

  release(): void {
    const { subchannel } = this;
    if (subchannel === undefined) return;
    this.subchannel = undefined;
    this.state = "IDLE";
    this.failed = false;
    this.#stop?.();
    this.#stop = undefined;
    subchannel.release();
  }
}
