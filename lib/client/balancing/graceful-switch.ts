import { StatusError } from "../../rpc/index.js";
import type { Subchannel } from "../connection/subchannel.js";
import type { ConnectivityState } from "../connectivity.js";
import type { Address } from "../naming/endpoint.js";
import { failPicker, type Picker, queuePicker } from "./picker.js";
import type {
  BalancerUpdate,
  BalancingContext,
  ChannelControlHelper,
  LoadBalancer,
  LoadBalancerFactory,
  PolicyDescription,
} from "./policy.js";
import type { PolicyChoice } from "./policy-registry.js";

/**
 * Holds one policy, and changes to another without a gap: the old one goes on serving until the new one is READY, has
 * failed, or the old one itself is no longer READY. Then the old one is closed. A new config of the same policy is
 * handed to it and changes nothing else.
 */
export class GracefulSwitch {
  readonly #helper: ChannelControlHelper;
  #current: HostedPolicy | undefined;
  #pending: HostedPolicy | undefined;
  #closed = false;

  constructor(helper: ChannelControlHelper) {
    this.#helper = helper;
  }

  /** What was published last; CONNECTING before that. */
  get state(): ConnectivityState {
    return this.#current?.state ?? "CONNECTING";
  }

  /** False if the policy cannot use the list. */
  update(choice: PolicyChoice, { endpoints, attributes }: Omit<BalancerUpdate, "config">): boolean {
    if (this.#closed) return true;
    let target = this.#latest;
    if (target === undefined || target.name !== choice.factory.name) target = this.#host(choice.factory);
    return target.balancer?.update({ endpoints, attributes, config: choice.config }) ?? true;
  }

  resolverError(error: StatusError): void {
    const latest = this.#latest;
    if (latest !== undefined) latest.balancer?.resolverError(error);
    else if (!this.#closed) {
      const status = StatusError.unavailable(`name resolver error: ${error.text}`, { cause: error });
      this.#helper.updateState("TRANSIENT_FAILURE", failPicker(status));
    }
  }

  exitIdle(): void {
    this.#latest?.balancer?.exitIdle();
  }

  resetBackoff(): void {
    this.#current?.balancer?.resetBackoff();
    this.#pending?.balancer?.resetBackoff();
  }

  close(): void {
    const policies = [this.#current, this.#pending];
    this.#closed = true;
    this.#current = undefined;
    this.#pending = undefined;
    for (const policy of policies) policy?.close();
  }

  describe(): PolicyDescription {
    const description = this.#current?.describe() ?? { policy: "none", state: this.state };
    if (this.#pending === undefined) return description;
    return { ...description, detail: { ...description.detail, replacedSoonBy: this.#pending.name } };
  }

  /** The one that the resolver speaks to. */
  get #latest(): HostedPolicy | undefined {
    return this.#pending ?? this.#current;
  }

  /** A policy may publish from within its constructor: it has its place before it is built. */
  #host(factory: LoadBalancerFactory): HostedPolicy {
    const policy: HostedPolicy = new HostedPolicy(factory.name, this.#helper, {
      onPublication: () => this.#onPublication(policy),
      // One that is about to go does not know the newest list.
      onReresolution: () => {
        if (policy === this.#latest) this.#helper.requestReresolution();
      },
    });
    const replaced = this.#pending;
    if (this.#current === undefined) this.#current = policy;
    else this.#pending = policy;
    replaced?.close();
    policy.build(factory);
    return policy;
  }

  #onPublication(policy: HostedPolicy): void {
    if (policy === this.#current) {
      if (this.#pending !== undefined && policy.state !== "READY") this.#promote(this.#pending);
      else this.#publish(policy);
    } else if (policy === this.#pending) {
      if (policy.state !== "CONNECTING" || this.#current?.state !== "READY") this.#promote(policy);
    }
  }

  #promote(policy: HostedPolicy): void {
    const old = this.#current;
    this.#current = policy;
    this.#pending = undefined;
    this.#publish(policy);
    old?.close();
  }

  #publish({ state, picker }: HostedPolicy): void {
    this.#helper.updateState(state, picker);
  }
}

interface HostedPolicyListener {
  onPublication(): void;
  onReresolution(): void;
}

/** A policy, and what it published last; after its end it is heard no more. */
class HostedPolicy implements ChannelControlHelper {
  readonly name: string;
  readonly context: BalancingContext;
  state: ConnectivityState = "CONNECTING";
  picker: Picker = queuePicker;
  balancer: LoadBalancer | undefined;
  readonly #helper: ChannelControlHelper;
  readonly #listener: HostedPolicyListener;
  #closed = false;

  constructor(name: string, helper: ChannelControlHelper, listener: HostedPolicyListener) {
    this.name = name;
    this.context = helper.context;
    this.#helper = helper;
    this.#listener = listener;
  }

  build(factory: LoadBalancerFactory): void {
    const balancer = factory.createBalancer(this);
    // What it published while it was built may have ended it.
    if (this.#closed) balancer.close();
    else this.balancer = balancer;
  }

  createSubchannel(address: Address): Subchannel {
    const subchannel = this.#helper.createSubchannel(address);
    if (this.#closed) subchannel.release();
    return subchannel;
  }

  updateState(state: ConnectivityState, picker: Picker): void {
    if (this.#closed) return;
    this.state = state;
    this.picker = picker;
    this.#listener.onPublication();
  }

  requestReresolution(): void {
    if (!this.#closed) this.#listener.onReresolution();
  }

  describe(): PolicyDescription {
    return this.balancer?.describe() ?? { policy: this.name, state: this.state };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.balancer?.close();
  }
}
