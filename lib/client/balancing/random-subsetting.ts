import { type Random, randomInteger, type StatusError } from "../../rpc/index.js";
import { formatAddress } from "../naming/endpoint.js";
import { GracefulSwitch } from "./graceful-switch.js";
import type {
  BalancerUpdate,
  ChannelControlHelper,
  LoadBalancer,
  LoadBalancerFactory,
  PolicyDescription,
} from "./policy.js";
import type { PolicyChoice } from "./policy-registry.js";
import { ascendingOrder, type Hash64, hashText } from "./xxh64.js";

export interface RandomSubsettingConfig {
  readonly subsetSize: number;
  readonly policy: PolicyChoice;
}

const NAME = "random_subsetting_experimental";

/**
 * Shows its child only some of the endpoints, others to each client (A68), so that not every client of a large fleet
 * holds a connection to every server. An endpoint that comes or goes changes at most one of those chosen.
 */
export const randomSubsettingPolicy: LoadBalancerFactory<RandomSubsettingConfig> = {
  name: NAME,
  aliases: ["random_subsetting"],
  parseConfig: (reader, policies) => {
    const subsetSize = reader.uint32("subsetSize") ?? 0;
    if (subsetSize === 0)
      throw reader.error("subsetSize", "a whole number from 1 on", reader.value("subsetSize"));
    return { subsetSize, policy: policies.choose(reader.value("childPolicy"), reader.at("childPolicy")) };
  },
  createBalancer: (helper) => new RandomSubsetting(helper),
};

/** The positions of the names with the smallest hashes, in the order of these; of all names, if they are few. */
export function smallestHashes(names: readonly string[], count: number, seed: Hash64): readonly number[] {
  if (names.length <= count) return [...names.keys()];
  const highs = new Uint32Array(names.length);
  const lows = new Uint32Array(names.length);
  const hash: Hash64 = { high: 0, low: 0 };
  for (const [i, name] of names.entries()) {
    hashText(hash, name, seed);
    highs[i] = hash.high;
    lows[i] = hash.low;
  }
  return [...ascendingOrder(highs, lows).subarray(0, count)];
}

function randomSeed(random: Random): Hash64 {
  return { high: randomInteger(random, 2 ** 32), low: randomInteger(random, 2 ** 32) };
}

class RandomSubsetting implements LoadBalancer<RandomSubsettingConfig> {
  readonly #child: GracefulSwitch;
  /** The same for as long as the policy lives, so that updates choose alike. */
  readonly #seed: Hash64;
  #detail: Readonly<Record<string, unknown>> = {};

  constructor(helper: ChannelControlHelper) {
    this.#seed = randomSeed(helper.context.random);
    this.#child = new GracefulSwitch(helper);
  }

  update({ endpoints, config, attributes }: BalancerUpdate<RandomSubsettingConfig>): boolean {
    const reachable = endpoints.filter(({ addresses }) => addresses.length > 0);
    const names = reachable.map(({ addresses }) => formatAddress(addresses[0]!));
    const chosen = smallestHashes(names, config.subsetSize, this.#seed).map(
      (position) => reachable[position]!,
    );
    this.#detail = { endpoints: reachable.length, chosen: chosen.length };
    return this.#child.update(config.policy, { endpoints: chosen, attributes });
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
    this.#child.close();
  }

  describe(): PolicyDescription {
    return {
      policy: NAME,
      state: this.#child.state,
      children: [{ name: "subset", ...this.#child.describe() }],
      detail: this.#detail,
    };
  }
}
