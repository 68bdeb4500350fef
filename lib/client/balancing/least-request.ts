import { type Random, randomInteger, type StatusError } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import { EndpointSharding } from "./endpoint-sharding.js";
import { createLeaf } from "./pick-first.js";
import {
  type CompletePick,
  type PickArgs,
  type Picker,
  type PickResult,
  queuePicker,
  SubchannelPicker,
} from "./picker.js";
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
      onChange: (state, picker) => this.#onChange(state, picker),
    });
  }

  update({ endpoints, config, attributes }: BalancerUpdate<LeastRequestConfig>): boolean {
    this.#choiceCount = config.choiceCount;
    return this.#sharding.update(endpoints, attributes);
  }

  #onChange(state: ConnectivityState, picker: Picker): void {
    if (picker === this.#picker) return;
    this.#picker = picker;
    this.#state = state;
    const { random } = this.#helper.context;
    this.#helper.updateState(
      state,
      state === "READY"
        ? new LeastRequestPicker(this.#sharding.ready.pickers, this.#choiceCount, random)
        : picker,
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
    const calls = this.#sharding.shards.map(({ picker }) => underWay(picker));
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

/** A leaf whose READY picker counts: the count lasts for as long as the endpoint stays READY (A48). */
function createCountedLeaf(helper: ChannelControlHelper): LoadBalancer {
  return createLeaf(
    childHelper(helper, {
      updateState: (state, picker) =>
        helper.updateState(state, picker instanceof SubchannelPicker ? new CountedPicker(picker) : picker),
    }),
  );
}

/** Knows how many calls it has sent that are still under way. */
class CountedPicker implements Picker {
  underWay = 0;
  readonly #result: CompletePick;

  constructor({ result }: SubchannelPicker) {
    this.#result = {
      ...result,
      onEnd: () => {
        this.underWay -= 1;
      },
    };
  }

  pick(): PickResult {
    this.underWay += 1;
    return this.#result;
  }
}

class LeastRequestPicker implements Picker {
  /** Those of the READY endpoints, at every moment. */
  readonly #ready: readonly Picker[];
  readonly #choiceCount: number;
  readonly #random: Random;

  constructor(ready: readonly Picker[], choiceCount: number, random: Random) {
    this.#ready = ready;
    this.#choiceCount = choiceCount;
    this.#random = random;
  }

  pick(args: PickArgs): PickResult {
    // A48: with replacement, and of equals the one drawn first.
    let best = this.#draw();
    for (let i = 1; i < this.#choiceCount; i++) {
      const drawn = this.#draw();
      if (underWay(drawn) < underWay(best)) best = drawn;
    }
    return best.pick(args);
  }

  /** Nobody is left only for a picker that was replaced. */
  #draw(): Picker {
    return this.#ready[randomInteger(this.#random, this.#ready.length)] ?? queuePicker;
  }
}

function underWay(picker: Picker): number {
  return picker instanceof CountedPicker ? picker.underWay : 0;
}
