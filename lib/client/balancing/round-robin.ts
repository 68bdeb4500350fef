import type { StatusError } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import { EndpointSharding } from "./endpoint-sharding.js";
import type { Picker } from "./picker.js";
import type {
  BalancerUpdate,
  ChannelControlHelper,
  LoadBalancer,
  LoadBalancerFactory,
  PolicyDescription,
} from "./policy.js";

/** Connects to every endpoint, and lets those that are READY take turns. */
export const roundRobinPolicy: LoadBalancerFactory = {
  name: "round_robin",
  parseConfig: () => ({}),
  createBalancer: (helper) => new RoundRobin(helper),
};

class RoundRobin implements LoadBalancer {
  readonly #helper: ChannelControlHelper;
  readonly #sharding: EndpointSharding;
  #state: ConnectivityState = "CONNECTING";
  #picker: Picker | undefined;

  constructor(helper: ChannelControlHelper) {
    this.#helper = helper;
    this.#sharding = new EndpointSharding(helper, {
      policy: roundRobinPolicy.name,
      onChange: (state, picker) => this.#onChange(state, picker),
    });
  }

  /** Calls go round already; only a change among those that they go to needs a new picker. */
  #onChange(state: ConnectivityState, picker: Picker): void {
    if (picker === this.#picker) return;
    this.#state = state;
    this.#picker = picker;
    this.#helper.updateState(state, picker);
  }

  update({ endpoints, attributes }: BalancerUpdate): boolean {
    return this.#sharding.update(endpoints, attributes);
  }

  resolverError(error: StatusError): void {
    this.#sharding.resolverError(error);
  }

  exitIdle(): void {
    this.#sharding.exitIdle();
  }

  resetBackoff(): void {
    this.#sharding.resetBackoff();
  }

  close(): void {
    this.#sharding.close();
  }

  describe(): PolicyDescription {
    return { policy: roundRobinPolicy.name, state: this.#state, children: this.#sharding.describe() };
  }
}
