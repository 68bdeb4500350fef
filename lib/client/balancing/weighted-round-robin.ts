/**
 * `weighted_round_robin` (A58): endpoints take calls by what they can take, as they say themselves in load reports:
 * successful calls a second for each unit of utilization. One that has not reported counts as the mean of the others;
 * where nobody reports, it is `round_robin`.
 */
import { MAX_TIMER_MS, type StatusError } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import { EndpointSharding, type Shard } from "./endpoint-sharding.js";
import type { Picker } from "./picker.js";
import type {
  BalancerUpdate,
  ChannelControlHelper,
  LoadBalancer,
  LoadBalancerFactory,
  PolicyDescription,
} from "./policy.js";
import {
  parseWeightedRoundRobinConfig,
  type WeightedRoundRobinConfig,
} from "./weighted-round-robin-config.js";
import { WeightedLeaf } from "./weighted-round-robin-endpoint.js";
import { type WeightedPickerHost, WeightedRoundRobinPicker } from "./weighted-round-robin-picker.js";
import { WeightCounters } from "./weighted-round-robin-weight.js";

export const weightedRoundRobinPolicy: LoadBalancerFactory<WeightedRoundRobinConfig> = {
  name: "weighted_round_robin",
  parseConfig: parseWeightedRoundRobinConfig,
  createBalancer: (helper) => new WeightedRoundRobin(helper),
};

class WeightedRoundRobin implements LoadBalancer<WeightedRoundRobinConfig>, WeightedPickerHost {
  config!: WeightedRoundRobinConfig;
  readonly counters = new WeightCounters();
  readonly #helper: ChannelControlHelper;
  readonly #sharding: EndpointSharding;
  #state: ConnectivityState = "CONNECTING";
  /** That of the sharding, which says whether those that are READY have changed. */
  #shardingPicker: Picker | undefined;
  #timer: unknown;

  constructor(helper: ChannelControlHelper) {
    this.#helper = helper;
    this.#sharding = new EndpointSharding(helper, {
      policy: weightedRoundRobinPolicy.name,
      createChild: (child) => new WeightedLeaf(child, this),
      onChange: (state, picker, shards) => this.#onChange(state, picker, shards),
    });
  }

  get clock() {
    return this.#helper.context.clock;
  }

  get random() {
    return this.#helper.context.random;
  }

  update({ endpoints, config, attributes }: BalancerUpdate<WeightedRoundRobinConfig>): boolean {
    this.config = config;
    return this.#sharding.update(endpoints, attributes);
  }

  #onChange(state: ConnectivityState, shardingPicker: Picker, shards: readonly Shard[]): void {
    if (shardingPicker === this.#shardingPicker) return;
    this.#shardingPicker = shardingPicker;
    this.#state = state;
    this.#stopTimer();
    let picker = shardingPicker;
    if (state === "READY") {
      const weighted = new WeightedRoundRobinPicker(shards, this);
      this.#startTimer(weighted);
      picker = weighted;
    }
    this.#helper.updateState(state, picker);
  }

  #startTimer(picker: WeightedRoundRobinPicker): void {
    const delayMs = Math.min(this.config.weightUpdatePeriodMs, MAX_TIMER_MS);
    this.#timer = this.clock.setTimeout(() => {
      this.#timer = undefined;
      if (picker.reschedule()) this.#startTimer(picker);
    }, delayMs);
  }

  #stopTimer(): void {
    if (this.#timer === undefined) return;
    this.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
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
    this.#stopTimer();
    this.#sharding.close();
  }

  describe(): PolicyDescription {
    const { rrFallbacks, notYetUsable, stale } = this.counters;
    return {
      policy: weightedRoundRobinPolicy.name,
      state: this.#state,
      children: this.#sharding.describe(),
      detail: { rrFallbacks, notYetUsable, stale },
    };
  }
}
