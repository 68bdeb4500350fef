import {
  leastRequest,
  outlierDetection,
  type PolicyConfig,
  pickFirst,
  randomSubsetting,
  ringHash,
  roundRobin,
  weightedRoundRobin,
} from "grebe";

/** Request header by which `ring_hash` chooses. */
export const HASH_HEADER = "city-id";

/** The policies that the command line knows by name, with times that show something within seconds. */
export const policies: Readonly<Record<string, PolicyConfig>> = {
  pick_first: pickFirst(),
  round_robin: roundRobin(),
  weighted_round_robin: weightedRoundRobin({ blackoutPeriodMs: 2000 }),
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
};

/** A name, or JSON as a service config has it. Throws an Error that says what is wrong. */
export function parsePolicy(text: string): PolicyConfig {
  const known = policies[text];
  if (known !== undefined) return known;
  const names = Object.keys(policies).join(", ");
  if (!text.startsWith("{")) throw new Error(`Known are ${names}, or JSON: '{"round_robin": {}}'.`);
  try {
    // What stands in it, the front service checks at its start.
    return JSON.parse(text) as PolicyConfig;
  } catch (cause) {
    throw new Error(`It is no JSON: ${(cause as Error).message}.`, { cause });
  }
}
