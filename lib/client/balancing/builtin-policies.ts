import { leastRequestPolicy } from "./least-request.js";
import { pickFirstPolicy } from "./pick-first.js";
import type { LoadBalancerFactory } from "./policy.js";
import { roundRobinPolicy } from "./round-robin.js";

/** What every channel knows, under the standard names. */
export const builtinPolicies: readonly LoadBalancerFactory[] = [
  pickFirstPolicy,
  roundRobinPolicy,
  leastRequestPolicy,
];
