import { grpclbPolicy } from "./grpclb/grpclb.js";
import { leastRequestPolicy } from "./least-request.js";
import { namedTargetPolicy } from "./named-target.js";
import { outlierDetectionPolicy } from "./outlier-detection.js";
import { pickFirstPolicy } from "./pick-first.js";
import type { LoadBalancerFactory } from "./policy.js";
import { priorityPolicy } from "./priority.js";
import { randomSubsettingPolicy } from "./random-subsetting.js";
import { ringHashPolicy } from "./ring-hash.js";
import { rlsPolicy } from "./rls/rls.js";
import { roundRobinPolicy } from "./round-robin.js";
import { weightedRoundRobinPolicy } from "./weighted-round-robin.js";
import { weightedTargetPolicy } from "./weighted-target.js";

/** What every channel knows, under the standard names. */
export const builtinPolicies: readonly LoadBalancerFactory[] = [
  pickFirstPolicy,
  roundRobinPolicy,
  weightedRoundRobinPolicy,
  leastRequestPolicy,
  outlierDetectionPolicy,
  weightedTargetPolicy,
  ringHashPolicy,
  randomSubsettingPolicy,
  priorityPolicy,
  grpclbPolicy,
  rlsPolicy,
  namedTargetPolicy,
];
