/**
 * The standard policies as functions: `policy: roundRobin()` instead of `{ round_robin: {} }`. Each gives the JSON that
 * a service config would have, under the name every gRPC knows; what is left out takes the policy's own default.
 */
import { checkNames, duration, fieldsOf, listOfOne, same, type ToJson } from "./policy-fields.js";
import type { PolicyConfig } from "./service-config.js";

export interface PickFirstOptions {
  /** Tries the endpoints in random order, so that many clients spread over them. Default: false (`shuffleAddressList`). */
  readonly shuffleAddressList?: boolean;
}

export interface WeightedRoundRobinOptions {
  /** Asks each backend for load reports on a stream of its own, not with each call. Default: false (`enableOobLoadReport`). */
  readonly enableOobLoadReport?: boolean;
  /** Time between those reports. Default: 10,000 (`oobReportingPeriod`). */
  readonly oobReportingPeriodMs?: number;
  /** How long a backend must report before its weight counts; 0 for at once. Default: 10,000 (`blackoutPeriod`). */
  readonly blackoutPeriodMs?: number;
  /** A weight counts no more when no report came for this long. Default: 180,000 (`weightExpirationPeriod`). */
  readonly weightExpirationPeriodMs?: number;
  /** How often the rotation takes up new weights; at least 100. Default: 1,000 (`weightUpdatePeriod`). */
  readonly weightUpdatePeriodMs?: number;
  /** How much errors lower a weight; 0 for not at all. Default: 1 (`errorUtilizationPenalty`). */
  readonly errorUtilizationPenalty?: number;
  /** Metrics whose largest stands for utilization where a backend reports none of the application. Default: none (A114). */
  readonly metricNamesForComputingUtilization?: readonly string[];
}

export interface WeightedTargetOptions {
  /** By a name of your own: which share of calls goes there, and how it is spread. */
  readonly targets: Readonly<
    Record<
      string,
      {
        /** Share of calls, against the sum of all weights; at least 1. */
        readonly weight: number;
        readonly policy: PolicyConfig;
      }
    >
  >;
}

export interface LeastRequestOptions {
  /** Takes the least busy of so many that are drawn by lot; 2 to 10. Default: 2 (`choiceCount`). */
  readonly choiceCount?: number;
}

export interface RingHashOptions {
  /** Fewest entries on the ring; more make shares fairer. Default: 1,024 (`minRingSize`). */
  readonly minRingSize?: number;
  /** Most entries; capped by the channel's `ringSizeCap`. Default: 4,096 (`maxRingSize`). */
  readonly maxRingSize?: number;
  /** Request header that is hashed. Default: none, calls then carry `requestHash` (`requestHashHeader`). */
  readonly requestHashHeader?: string;
}

export interface EjectionOptions {
  /** Chance in percent that an outlier is really ejected. Default: 100 (`enforcementPercentage`). */
  readonly enforcementPercentage?: number;
  /** Ejects nobody unless so many endpoints have enough calls. Default: 5 (`minimumHosts`). */
  readonly minimumHosts?: number;
  /** Calls per interval that are enough. Default: 100, for failures in percent 50 (`requestVolume`). */
  readonly requestVolume?: number;
}

export interface SuccessRateEjectionOptions extends EjectionOptions {
  /** Standard deviations below the mean that make an outlier, in thousandths. Default: 1,900 (`stdevFactor`). */
  readonly stdevFactor?: number;
}

export interface FailurePercentageEjectionOptions extends EjectionOptions {
  /** More failures than this, in percent, make an outlier. Default: 85 (`threshold`). */
  readonly threshold?: number;
}

export interface OutlierDetectionOptions {
  /** How often endpoints are judged. Default: 10,000 (`interval`). */
  readonly intervalMs?: number;
  /** How long the first ejection lasts; the n-th lasts n times as long. Default: 30,000 (`baseEjectionTime`). */
  readonly baseEjectionTimeMs?: number;
  /** Longest ejection. Default: 300,000 (`maxEjectionTime`). */
  readonly maxEjectionTimeMs?: number;
  /** No more than this share of endpoints is ejected at once. Default: 10 (`maxEjectionPercent`). */
  readonly maxEjectionPercent?: number;
  /** Ejects whose success rate is far below the others'; `{}` for the defaults. Default: off (`successRateEjection`). */
  readonly successRateEjection?: SuccessRateEjectionOptions;
  /** Ejects who fails too often; `{}` for the defaults. Default: off (`failurePercentageEjection`). */
  readonly failurePercentageEjection?: FailurePercentageEjectionOptions;
  /** Spreads calls over those that are not ejected. */
  readonly childPolicy: PolicyConfig;
}

export interface RandomSubsettingOptions {
  /** How many endpoints this client uses; at least 1. */
  readonly subsetSize: number;
  /** Spreads calls over them. */
  readonly childPolicy: PolicyConfig;
}

export interface PriorityOptions {
  /** From the most wanted to the last resort; names must differ. */
  readonly children: readonly {
    readonly name: string;
    readonly policy: PolicyConfig;
    /** Does not resolve the name again when this child asks for it. Default: false. */
    readonly ignoreReresolutionRequests?: boolean;
  }[];
}

export interface GrpclbOptions {
  /** Spreads calls over the balancer's backends: `roundRobin()`, the default, or `pickFirst()`. */
  readonly childPolicy?: PolicyConfig;
  /** The service that the balancer is asked about. Default: what the target names, `svc/orders` of `etcd:///svc/orders`. */
  readonly serviceName?: string;
  /** How long the first list may take before the resolver's own addresses are used. Default: 10,000 (`initialFallbackTimeout`). */
  readonly initialFallbackTimeoutMs?: number;
}

/** All calls to one endpoint, the first that can be reached. */
export function pickFirst(options: PickFirstOptions = {}): PolicyConfig {
  return { pick_first: fieldsOf("pickFirst", options, { shuffleAddressList: same }) };
}

/** To each endpoint in turn. */
export function roundRobin(): PolicyConfig {
  return { round_robin: {} };
}

/** In turn, but the more often the more an endpoint achieves with its load, by its own reports (A58). */
export function weightedRoundRobin(options: WeightedRoundRobinOptions = {}): PolicyConfig {
  return {
    weighted_round_robin: fieldsOf("weightedRoundRobin", options, {
      enableOobLoadReport: same,
      oobReportingPeriodMs: duration,
      blackoutPeriodMs: duration,
      weightExpirationPeriodMs: duration,
      weightUpdatePeriodMs: duration,
      errorUtilizationPenalty: same,
      metricNamesForComputingUtilization: same,
    }),
  };
}

/** Between groups of endpoints by fixed weights (A28). */
export function weightedTarget(options: WeightedTargetOptions): PolicyConfig {
  checkNames("weightedTarget", options, ["targets"]);
  const targets = Object.entries(options.targets ?? {}).map(([name, { policy, ...target }]) => {
    const where = `weightedTarget "${name}"`;
    if (policy === undefined) throw new Error(`${where} needs a policy, such as roundRobin()`);
    return [name, { ...fieldsOf(where, target, { weight: same }), childPolicy: [policy] }] as const;
  });
  if (targets.length === 0) throw new Error("weightedTarget needs at least one target");
  return { weighted_target_experimental: { targets: Object.fromEntries(targets) } };
}

/** To the least busy of a few endpoints that are drawn by lot (A48). */
export function leastRequest(options: LeastRequestOptions = {}): PolicyConfig {
  return { least_request_experimental: fieldsOf("leastRequest", options, { choiceCount: same }) };
}

/** Calls with the same hash to the same endpoint (A42, A76). */
export function ringHash(options: RingHashOptions = {}): PolicyConfig {
  return {
    ring_hash_experimental: fieldsOf("ringHash", options, {
      minRingSize: same,
      maxRingSize: same,
      requestHashHeader: same,
    }),
  };
}

/** Leaves endpoints out for a while that fail more than the others (A50). */
export function outlierDetection(options: OutlierDetectionOptions): PolicyConfig {
  return {
    outlier_detection_experimental: fieldsOf("outlierDetection", options, {
      intervalMs: duration,
      baseEjectionTimeMs: duration,
      maxEjectionTimeMs: duration,
      maxEjectionPercent: same,
      successRateEjection: ejection("successRateEjection", "stdevFactor"),
      failurePercentageEjection: ejection("failurePercentageEjection", "threshold"),
      childPolicy: listOfOne,
    }),
  };
}

/** Uses only some endpoints, others in each client (A68). */
export function randomSubsetting(options: RandomSubsettingOptions): PolicyConfig {
  return {
    random_subsetting_experimental: fieldsOf("randomSubsetting", options, {
      subsetSize: same,
      childPolicy: listOfOne,
    }),
  };
}

/** The first group of endpoints that works (A56). */
export function priority(options: PriorityOptions): PolicyConfig {
  checkNames("priority", options, ["children"]);
  const children = options.children.map(({ name, policy, ...child }) => [
    name,
    { config: [policy], ...fieldsOf(`priority "${name}"`, child, { ignoreReresolutionRequests: same }) },
  ]);
  const priorities = options.children.map(({ name }) => name);
  const twice = priorities.find((name, index) => priorities.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`priority has two children named "${twice}"`);
  return { priority_experimental: { children: Object.fromEntries(children), priorities } };
}

/** Where a balancer says, which the resolver knows: SRV records at `_grpclb._tcp.<host>`. */
export function grpclb(options: GrpclbOptions = {}): PolicyConfig {
  const [child = "round_robin"] = Object.keys(options.childPolicy ?? {});
  if (child !== "round_robin" && child !== "pick_first") {
    throw new Error(`childPolicy of grpclb is roundRobin() or pickFirst(), got ${child}`);
  }
  return {
    grpclb: fieldsOf("grpclb", options, {
      childPolicy: listOfOne,
      serviceName: same,
      initialFallbackTimeoutMs: duration,
    }),
  };
}

/** A policy by its name: the application's own, or one that a later Grebe has. */
export function policy(name: string, config: object = {}): PolicyConfig {
  return { [name]: config };
}

function ejection(name: string, own: string): ToJson {
  const fields = { [own]: same, enforcementPercentage: same, minimumHosts: same, requestVolume: same };
  return (options: object) => fieldsOf(name, options, fields);
}
