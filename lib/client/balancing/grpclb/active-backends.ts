import type { StatusError } from "../../../rpc/index.js";
import type { ConnectivityState } from "../../connectivity.js";
import { type Picker, queuePicker } from "../picker.js";
import {
  type BalancerUpdate,
  type ChannelControlHelper,
  childHelper,
  type LoadBalancer,
  type PolicyDescription,
} from "../policy.js";

export interface ActiveBackendsOptions {
  /** What the child has of its channel; what it publishes comes here. */
  readonly helper: ChannelControlHelper;
  createChild(helper: ChannelControlHelper): LoadBalancer;
  /** Another state or picker. */
  onChange(): void;
}

/** The policy that calls go to now, and what it published last. One that has become IDLE is connected again at once. */
export class ActiveBackends {
  state: ConnectivityState = "CONNECTING";
  picker: Picker = queuePicker;
  readonly #child: LoadBalancer;
  readonly #onChange: () => void;
  /** Until the child has taken its first list, and while it takes others, what it publishes is looked at afterwards. */
  #updating = true;
  #idle = false;
  #waking = false;
  #closed = false;

  constructor({ helper, createChild, onChange }: ActiveBackendsOptions) {
    this.#onChange = onChange;
    this.#child = createChild(
      childHelper(helper, {
        updateState: (state, picker) => this.#take(state, picker),
        requestReresolution: () => {
          if (!this.#closed) helper.requestReresolution();
        },
      }),
    );
  }

  /** False if the child cannot use the list. */
  update(update: BalancerUpdate): boolean {
    this.#updating = true;
    const accepted = this.#child.update(update);
    if (this.#idle) this.#wake();
    this.#updating = false;
    return accepted;
  }

  #take(state: ConnectivityState, picker: Picker): void {
    if (this.#closed) return;
    this.#idle = state === "IDLE";
    this.state = this.#idle ? "CONNECTING" : state;
    this.picker = this.#idle ? queuePicker : picker;
    if (this.#updating) return;
    this.#onChange();
    if (this.#idle) this.#wake();
  }

  #wake(): void {
    // A child that answers by being IDLE again is not asked in a circle.
    if (this.#waking || this.#closed) return;
    this.#waking = true;
    try {
      this.#child.exitIdle();
    } finally {
      this.#waking = false;
    }
  }

  resolverError(error: StatusError): void {
    this.#child.resolverError(error);
  }

  exitIdle(): void {
    this.#child.exitIdle();
  }

  resetBackoff(): void {
    this.#child.resetBackoff();
  }

  close(): void {
    this.#closed = true;
    this.#child.close();
  }

  describe(): PolicyDescription {
    return this.#child.describe();
  }
}
