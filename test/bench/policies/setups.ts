/** The policies that are measured, as they are set up for a number of endpoints. */
import { LOAD_REPORT_TRAILER } from "../../../lib/client/balancing/load-report-trailer.js";
import {
  type Endpoint,
  grpclb,
  type LoadBalancerFactory,
  leastRequest,
  outlierDetection,
  type PolicyConfig,
  pickFirst,
  policy,
  priority,
  randomSubsetting,
  ringHash,
  rls,
  roundRobin,
  shortPolicy,
  weightedRoundRobin,
  weightedTarget,
} from "../../../lib/client/index.js";
import { Metadata, randomInteger } from "../../../lib/rpc/index.js";
import { encodeLoadReport } from "../../../lib/schema/index.js";
import { okOutcome, seeded } from "../../client/doubles.js";
import { type ControlPlane, createBalancer, createLookupServer, everyonePolicy } from "./control-planes.js";
import type { Crowd } from "./crowd.js";

export interface PolicySetup {
  /** As service configs name it, or its short alias, and what is particular to the setup. */
  readonly name: string;
  readonly config: (endpoints: number) => PolicyConfig;
  /** For policies that ask somebody. */
  readonly createControlPlane?: () => ControlPlane;
  /** What is particular to the endpoint at this place in the list. */
  readonly attributes?: (index: number, endpoints: number) => Partial<Endpoint>;
  /** How many endpoints take calls; undefined if it depends on the hashes of the calls. */
  readonly reached: (endpoints: number) => number | undefined;
  /** After all have connected. */
  readonly warmUp?: (crowd: Crowd) => void;
  /** Why a pick costs more with more endpoints. */
  readonly remark?: string;
  /** By definition an update may let go of endpoints that are still in the list. */
  readonly dropsKept?: true;
}

export const SERVICE = "grebe.bench.Bench";

/** Room for all endpoints on the ring: above gRPC's default, which leaves most of 10,000 out. */
export const ringSizeCap = 16_384;
const subsetSize = 20;
/** Flat in instructions, not in time: what a call touches of its endpoint was last touched thousands of picks ago. */
const outOfCache = "leaves the cache";
const all = (endpoints: number): number => endpoints;

/** The least that a policy of one's own can do with thousands of endpoints, in the short tier. */
export const atRandomPolicy = shortPolicy("at_random", {
  createPicker: (ready) => {
    const random = seeded(2);
    return { pick: (args) => ready[randomInteger(random, ready.length)]!.picker.pick(args) };
  },
});

/** Beside the built-in ones. */
export const benchPolicies: readonly LoadBalancerFactory[] = [atRandomPolicy, everyonePolicy];

/** One key for the method, or one for each value of these headers. */
const lookups = (headers: Readonly<Record<string, string>>): PolicyConfig =>
  rls({
    keyBuilders: [{ names: [{ service: SERVICE }], headers }],
    lookupService: "fake:///lookup",
    childPolicy: policy(everyonePolicy.name),
    childPolicyTargetField: "target",
  });

export const policySetups: readonly PolicySetup[] = [
  { name: "pick_first", config: () => pickFirst(), reached: () => 1 },
  { name: "round_robin", config: () => roundRobin(), reached: all },
  {
    name: "weighted_round_robin",
    config: () => weightedRoundRobin({ blackoutPeriodMs: 0 }),
    reached: all,
    warmUp: reportLoads,
    remark: outOfCache,
  },
  { name: "least_request", config: () => leastRequest(), reached: all, remark: outOfCache },
  {
    name: "ring_hash",
    config: (endpoints) => ringHash({ minRingSize: Math.max(1024, endpoints), maxRingSize: ringSizeCap }),
    reached: () => undefined,
    remark: "searches the ring",
  },
  {
    name: "weighted_target",
    // A target of its own for each endpoint: the most there can be.
    config: (endpoints) =>
      weightedTarget({
        targets: Object.fromEntries(
          Array.from({ length: endpoints }, (_, index) => [
            targetName(index),
            { weight: 1 + (index % 3), policy: roundRobin() },
          ]),
        ),
      }),
    attributes: (index) => ({ path: [targetName(index)] }),
    reached: all,
    remark: "searches the targets",
  },
  {
    name: "outlier_detection",
    config: () => outlierDetection({ successRateEjection: {}, childPolicy: roundRobin() }),
    reached: all,
    remark: outOfCache,
  },
  {
    name: "random_subsetting",
    config: () => randomSubsetting({ subsetSize, childPolicy: roundRobin() }),
    reached: (endpoints) => Math.min(subsetSize, endpoints),
    dropsKept: true,
  },
  {
    name: "priority",
    config: () =>
      priority({
        children: [
          { name: "near", policy: roundRobin() },
          { name: "far", policy: roundRobin() },
        ],
      }),
    attributes: (index, endpoints) => ({ path: [index < endpoints / 2 ? "near" : "far"] }),
    reached: (endpoints) => Math.ceil(endpoints / 2),
  },
  {
    name: "rls",
    config: () => lookups({}),
    createControlPlane: createLookupServer,
    reached: all,
  },
  {
    name: "rls, 1,000 keys",
    config: () => lookups({ user: "user" }),
    createControlPlane: createLookupServer,
    reached: all,
  },
  {
    name: "grpclb",
    config: () => grpclb(),
    createControlPlane: createBalancer,
    reached: all,
    remark: outOfCache,
  },
  { name: "at_random", config: () => policy("at_random"), reached: all, remark: outOfCache },
];

function targetName(index: number): string {
  return `target-${index}`;
}

/** Each endpoint says once how busy it is, one of ten ways, and the weights are taken up. */
function reportLoads(crowd: Crowd): void {
  const trailers = Array.from({ length: 10 }, (_, index) => {
    const metadata = new Metadata();
    metadata.set(
      LOAD_REPORT_TRAILER,
      encodeLoadReport({ rpsFractional: 100, applicationUtilization: (index + 1) / 10 }),
    );
    return metadata;
  });
  for (let index = 0; index < crowd.size; index++) {
    crowd.pickOne(index).onEnd?.({ ...okOutcome, trailers: trailers[index % trailers.length] });
  }
  crowd.clock.advance(1_000);
}
