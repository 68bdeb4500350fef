import type { Clock, Random } from "../../rpc/index.js";
import type { Shard } from "./endpoint-sharding.js";
import { type PickArgs, type Picker, type PickResult, queuePicker } from "./picker.js";
import { type Schedule, StaticStride, scaleWeights, TurnSequence } from "./static-stride.js";
import { WeightedEndpoint, type WeightedRoundRobinHost } from "./weighted-round-robin-endpoint.js";
import type { WeightCounters } from "./weighted-round-robin-weight.js";

export interface WeightedPickerHost extends WeightedRoundRobinHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: WeightCounters;
}

/**
 * Lets READY endpoints take turns by their weights. They are gathered, and the first schedule is made, when somebody
 * picks: while thousands of connections come up one after the other, most pickers are replaced before that.
 */
export class WeightedRoundRobinPicker implements Picker {
  readonly #host: WeightedPickerHost;
  #shards: readonly Shard[];
  #endpoints: readonly WeightedEndpoint[] = [];
  /** One for all schedules, so that each goes on where the last one was. */
  #sequence: TurnSequence | undefined;
  #schedule: Schedule | undefined;

  constructor(shards: readonly Shard[], host: WeightedPickerHost) {
    this.#shards = shards;
    this.#host = host;
  }

  pick(args: PickArgs): PickResult {
    if (this.#schedule === undefined) this.reschedule();
    const endpoint = this.#endpoints[this.#schedule!.next()];
    // Only one that was replaced before its first pick can find nobody.
    return (endpoint ?? queuePicker).pick(args);
  }

  /** Reads all weights anew. False if there is only one endpoint, whose weight makes no difference. */
  reschedule(): boolean {
    this.#sequence ??= this.#gather();
    const endpoints = this.#endpoints;
    const { config, clock, counters } = this.#host;
    const nowMs = clock.now();
    const weights = new Float64Array(endpoints.length);
    let known = 0;
    endpoints.forEach(({ weight }, index) => {
      weights[index] = weight.read(config, nowMs, counters);
      if (weights[index] !== 0) known += 1;
    });
    const fallback = endpoints.length < 2 || known < 2;
    if (fallback) counters.rrFallbacks += 1;
    const scaled = fallback ? undefined : scaleWeights(weights);
    this.#schedule = scaled === undefined ? this.#sequence : new StaticStride(scaled, this.#sequence);
    return endpoints.length > 1;
  }

  #gather(): TurnSequence {
    const endpoints: WeightedEndpoint[] = [];
    for (const { state, picker } of this.#shards) {
      if (state === "READY" && picker instanceof WeightedEndpoint) endpoints.push(picker);
    }
    this.#endpoints = endpoints;
    this.#shards = [];
    return TurnSequence.startingAnywhere(Math.max(1, endpoints.length), this.#host.random);
  }
}
