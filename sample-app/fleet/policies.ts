import {
  grpclb,
  leastRequest,
  outlierDetection,
  type PolicyConfig,
  pickFirst,
  randomSubsetting,
  ringHash,
  rls,
  roundRobin,
  weightedRoundRobin,
  weightedTarget,
} from "grebe";
import { Atlas } from "../generated/atlas/v1/atlas.js";
import { CONTROL_PLANE } from "./fleet-names.js";
import { TIER_HEADER } from "./tiers.js";
import { CANARY, STABLE } from "./zones.js";

/** Request header by which `ring_hash` chooses. */
export const HASH_HEADER = "city-id";

/** How long `rls` goes on with a route that nobody confirms. */
export const RLS_MAX_AGE_S = 30;

/** The policies that the command line knows by name, with times that show something within seconds. */
export const policies: Readonly<Record<string, PolicyConfig>> = {
  pick_first: pickFirst(),
  round_robin: roundRobin(),
  weighted_round_robin: weightedRoundRobin({ blackoutPeriodMs: 2000 }),
  weighted_target: weightedTarget({
    targets: {
      [CANARY]: { weight: 10, policy: roundRobin() },
      [STABLE]: { weight: 90, policy: roundRobin() },
    },
  }),
  least_request: leastRequest(),
  ring_hash: ringHash({ requestHashHeader: HASH_HEADER }),
  random_subsetting: randomSubsetting({ subsetSize: 2, childPolicy: roundRobin() }),
  outlier_detection: outlierDetection({
    intervalMs: 2000,
    baseEjectionTimeMs: 5000,
    maxEjectionPercent: 50,
    failurePercentageEjection: { minimumHosts: 2, requestVolume: 10 },
    childPolicy: roundRobin(),
  }),
  rls: rls({
    lookupService: CONTROL_PLANE,
    keyBuilders: [{ names: [{ service: Atlas.name }], headers: { tier: TIER_HEADER } }],
    maxAgeMs: RLS_MAX_AGE_S * 1000,
    staleAgeMs: 250,
  }),
  grpclb: grpclb({ serviceName: "atlas", initialFallbackTimeoutMs: 2000 }),
};

/** Whether calls go where a lookup server or a balancer says. */
export function asksControlPlane(policy: PolicyConfig): boolean {
  return "grpclb" in policy || JSON.stringify(policy).includes(CONTROL_PLANE);
}

/** A policy, and what whoever asked for it calls it. */
export interface NamedPolicy {
  readonly name: string;
  readonly config: PolicyConfig;
}

/** A name, ours or that of service configs, or JSON as there. Throws an Error that says what is wrong. */
export function parsePolicy(text: string): NamedPolicy {
  const known = Object.entries(policies).find(
    ([name, config]) => name === text || Object.hasOwn(config, text),
  );
  if (known !== undefined) return { name: text, config: known[1] };
  const names = Object.keys(policies).join(", ");
  if (!text.startsWith("{")) throw new Error(`Known are ${names}, or JSON: '{"round_robin": {}}'.`);
  try {
    // What stands in it, the front service checks at its start.
    const config = JSON.parse(text) as PolicyConfig;
    return { name: Object.keys(config).join(", "), config };
  } catch (cause) {
    throw new Error(`It is no JSON: ${(cause as Error).message}.`, { cause });
  }
}
