import type { StatusError } from "../../rpc/index.js";
import type { Subchannel } from "../connection/subchannel.js";
import type { ConnectivityState } from "../connectivity.js";
import type { Address, Endpoint } from "../naming/endpoint.js";
import { idlePicker, type Picker, queuePicker } from "./picker.js";
import type { BalancingContext, ChannelControlHelper, LoadBalancer, PolicyDescription } from "./policy.js";

/** One endpoint of a policy that spreads calls. The object stays the same for as long as the endpoint is in the list. */
export interface Shard {
  readonly key: string;
  /** As the newest list has it. */
  readonly endpoint: Endpoint;
  /** TRANSIENT_FAILURE stays until it is READY again (A62). */
  readonly state: ConnectivityState;
  readonly picker: Picker;
  exitIdle(): void;
}

/** What the shards of one policy share. */
export interface ShardHost {
  readonly helper: ChannelControlHelper;
  readonly autoReconnect: boolean;
  createChild(helper: ChannelControlHelper): LoadBalancer;
  /** Does some work whose changes count as one. */
  hold(work: () => void): void;
  /** A shard has a new state, or a new picker. */
  onChange(shard: EndpointShard, from: ConnectivityState): void;
}

/** Hosts the child of one endpoint, and is that child's helper. */
export class EndpointShard implements Shard, ChannelControlHelper {
  readonly key: string;
  endpoint: Endpoint;
  state: ConnectivityState;
  picker: Picker;
  /** Where it stands among those of its state; below 0 while it is in no list. */
  place = -1;
  readonly #host: ShardHost;
  #attributes: Readonly<Record<string, unknown>> = {};
  #child: LoadBalancer | undefined;
  /** Without a child until it is wanted. */
  #asleep: boolean;
  #waking = false;
  #closed = false;

  constructor(key: string, endpoint: Endpoint, host: ShardHost, lazy = false) {
    this.key = key;
    this.endpoint = endpoint;
    this.#host = host;
    this.#asleep = lazy;
    this.state = lazy ? "IDLE" : "CONNECTING";
    this.picker = lazy ? idlePicker(() => this.exitIdle()) : queuePicker;
  }

  get context(): BalancingContext {
    return this.#host.helper.context;
  }

  /** Hands the endpoint to the child. False if it cannot use it. */
  update(attributes: Readonly<Record<string, unknown>>): boolean {
    this.#attributes = attributes;
    if (this.#asleep || this.#closed) return true;
    this.#child ??= this.#host.createChild(this);
    const accepted = this.#child.update({ endpoints: [this.endpoint], config: {}, attributes });
    // One that was IDLE before it had its first list could not be connected then.
    if (this.state === "IDLE" && this.#host.autoReconnect) this.#wake();
    return accepted;
  }

  exitIdle(): void {
    if (this.#closed) return;
    this.#host.hold(() => {
      if (this.#asleep) {
        this.#asleep = false;
        this.update(this.#attributes);
      }
      if (this.state === "IDLE") this.#wake();
    });
  }

  #wake(): void {
    // A child that answers by being IDLE again is not asked in a circle.
    if (this.#waking || this.#child === undefined) return;
    this.#waking = true;
    try {
      this.#child.exitIdle();
    } finally {
      this.#waking = false;
    }
  }

  resolverError(error: StatusError): void {
    this.#child?.resolverError(error);
  }

  resetBackoff(): void {
    this.#child?.resetBackoff();
  }

  describe(): PolicyDescription {
    const child = this.#child?.describe() ?? { policy: "none" };
    return { ...child, state: this.state };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#child?.close();
    this.#child = undefined;
  }

  createSubchannel(address: Address): Subchannel {
    return this.#host.helper.createSubchannel(address);
  }

  requestReresolution(): void {
    if (!this.#closed) this.#host.helper.requestReresolution();
  }

  updateState(state: ConnectivityState, picker: Picker): void {
    if (this.#closed) return;
    const { autoReconnect } = this.#host;
    const from = this.state;
    const failed = from === "TRANSIENT_FAILURE";
    // A62: one that has failed counts as failed while it tries again. One that only waits to be woken says so.
    const hidden = failed && (state === "CONNECTING" || (state === "IDLE" && autoReconnect));
    if (!hidden) {
      this.state = state;
      this.picker = picker;
    }
    if (state === "IDLE" && autoReconnect) {
      this.#host.hold(() => {
        if (!hidden) this.#host.onChange(this, from);
        this.#wake();
      });
    } else if (!hidden) this.#host.onChange(this, from);
  }
}
