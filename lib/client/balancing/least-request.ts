import { type Random, randomInteger, type StatusError } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import { EndpointSharding, type Shard } from "./endpoint-sharding.js";
import { createLeaf } from "./pick-first.js";
import type { AttemptOutcome, CompletePick, PickArgs, Picker, PickResult } from "./picker.js";
import {
  type BalancerUpdate,
  type ChannelControlHelper,
  childHelper,
  type LoadBalancer,
  type LoadBalancerFactory,
  type PolicyDescription,
} from "./policy.js";

export interface LeastRequestConfig {
  /** How many endpoints are drawn for each call; the one with the fewest calls under way takes it. */
  readonly choiceCount: number;
}

const MAX_CHOICE_COUNT = 10;

/** Draws some endpoints at random, and takes the one with the fewest calls under way (A48). */
export const leastRequestPolicy: LoadBalancerFactory<LeastRequestConfig> = {
  name: "least_request_experimental",
  aliases: ["least_request"],
  parseConfig: (config) => {
    const choiceCount = config.uint32("choiceCount") ?? 2;
    if (choiceCount < 2) throw config.error("choiceCount", "at least 2", choiceCount);
    return { choiceCount: Math.min(choiceCount, MAX_CHOICE_COUNT) };
  },
  createBalancer: (helper) => new LeastRequest(helper),
};

class LeastRequest implements LoadBalancer<LeastRequestConfig> {
  readonly #helper: ChannelControlHelper;
  readonly #sharding: EndpointSharding;
  #choiceCount = 2;
  #state: ConnectivityState = "CONNECTING";
  #picker: Picker | undefined;

  constructor(helper: ChannelControlHelper) {
    this.#helper = helper;
    this.#sharding = new EndpointSharding(helper, {
      policy: "least_request",
      createChild: createCountedLeaf,
      onChange: (state, picker, shards) => this.#onChange(state, picker, shards),
    });
  }

  update({ endpoints, config, attributes }: BalancerUpdate<LeastRequestConfig>): boolean {
    this.#choiceCount = config.choiceCount;
    return this.#sharding.update(endpoints, attributes);
  }

  #onChange(state: ConnectivityState, picker: Picker, shards: readonly Shard[]): void {
    if (picker === this.#picker) return;
    this.#picker = picker;
    this.#state = state;
    const { random } = this.#helper.context;
    this.#helper.updateState(
      state,
      state === "READY" ? new LeastRequestPicker(shards, this.#choiceCount, random) : picker,
    );
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
    const calls = this.#sharding.shards.map(({ picker }) =>
      picker instanceof CountedPicker ? picker.underWay : 0,
    );
    return {
      policy: leastRequestPolicy.name,
      state: this.#state,
      children: this.#sharding
        .describe()
        .map((child, i) => ({ ...child, detail: { ...child.detail, callsUnderWay: calls[i]! } })),
      detail: { choiceCount: this.#choiceCount },
    };
  }
}

/** A leaf whose READY picker counts: the count lasts for as long as the endpoint stays READY. */
function createCountedLeaf(helper: ChannelControlHelper): LoadBalancer {
  return createLeaf(
    childHelper(helper, {
      updateState: (state, picker) =>
        helper.updateState(state, state === "READY" ? new CountedPicker(picker) : picker),
    }),
  );
}

/** Knows how many calls it has sent that are still under way. */
class CountedPicker implements Picker {
  underWay = 0;
  readonly #inner: Picker;
  #last: CompletePick | undefined;
  #counted: CompletePick | undefined;

  constructor(inner: Picker) {
    this.#inner = inner;
  }

  pick(args: PickArgs): PickResult {
    const result = this.#inner.pick(args);
    if (result.kind !== "complete") return result;
    this.underWay += 1;
    // The picker of a leaf gives the same result each time.
    if (result !== this.#last || this.#counted === undefined) {
      this.#last = result;
      this.#counted = this.#withCount(result);
    }
    return this.#counted;
  }

  #withCount(result: CompletePick): CompletePick {
    return {
      ...result,
      onEnd: (outcome: AttemptOutcome) => {
        this.underWay -= 1;
        result.onEnd?.(outcome);
      },
    };
  }
}

class LeastRequestPicker implements Picker {
  #shards: readonly Shard[];
  readonly #choiceCount: number;
  readonly #random: Random;
  #ready: readonly CountedPicker[] | undefined;

  constructor(shards: readonly Shard[], choiceCount: number, random: Random) {
    this.#shards = shards;
    this.#choiceCount = choiceCount;
    this.#random = random;
  }

  pick(args: PickArgs): PickResult {
    this.#ready ??= this.#gather();
    const ready = this.#ready;
    // A48: with replacement, and of equals the one drawn first.
    let best = ready[randomInteger(this.#random, ready.length)];
    for (let i = 1; i < this.#choiceCount; i++) {
      const drawn = ready[randomInteger(this.#random, ready.length)]!;
      if (best === undefined || drawn.underWay < best.underWay) best = drawn;
    }
    return best === undefined ? queued : best.pick(args);
  }

  /** Not before the first pick: most pickers are replaced unused while connections come up. */
  #gather(): readonly CountedPicker[] {
    const ready: CountedPicker[] = [];
    for (const { state, picker } of this.#shards) {
      if (state === "READY" && picker instanceof CountedPicker) ready.push(picker);
    }
    this.#shards = [];
    return ready;
  }
}

/** For a picker that was replaced, and all of whose endpoints are gone. */
const queued: PickResult = { kind: "queue" };
