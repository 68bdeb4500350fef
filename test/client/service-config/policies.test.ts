import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinPolicies } from "../../../lib/client/balancing/builtin-policies.js";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import { parseServiceConfig } from "../../../lib/client/service-config/parse-service-config.js";
import {
  grpclb,
  leastRequest,
  outlierDetection,
  pickFirst,
  policy,
  priority,
  randomSubsetting,
  ringHash,
  roundRobin,
  weightedRoundRobin,
  weightedTarget,
} from "../../../lib/client/service-config/policies.js";

test("options that are left out are left to the policy", () => {
  assert.deepEqual(pickFirst(), { pick_first: {} });
  assert.deepEqual(roundRobin(), { round_robin: {} });
  assert.deepEqual(weightedRoundRobin(), { weighted_round_robin: {} });
  assert.deepEqual(leastRequest(), { least_request_experimental: {} });
  assert.deepEqual(ringHash(), { ring_hash_experimental: {} });
  assert.deepEqual(outlierDetection({ childPolicy: roundRobin() }), {
    outlier_detection_experimental: { childPolicy: [{ round_robin: {} }] },
  });
});

test("options become the fields of the service config, times its durations", () => {
  assert.deepEqual(pickFirst({ shuffleAddressList: true }), { pick_first: { shuffleAddressList: true } });
  assert.deepEqual(
    weightedRoundRobin({
      enableOobLoadReport: true,
      oobReportingPeriodMs: 2500,
      blackoutPeriodMs: 0,
      weightExpirationPeriodMs: 60_000,
      weightUpdatePeriodMs: 100,
      errorUtilizationPenalty: 0.5,
      metricNamesForComputingUtilization: ["named_metrics.queue"],
    }),
    {
      weighted_round_robin: {
        enableOobLoadReport: true,
        oobReportingPeriod: "2.5s",
        blackoutPeriod: "0s",
        weightExpirationPeriod: "60s",
        weightUpdatePeriod: "0.1s",
        errorUtilizationPenalty: 0.5,
        metricNamesForComputingUtilization: ["named_metrics.queue"],
      },
    },
  );
  assert.deepEqual(leastRequest({ choiceCount: 3 }), { least_request_experimental: { choiceCount: 3 } });
  assert.deepEqual(ringHash({ minRingSize: 1, maxRingSize: 2, requestHashHeader: "user" }), {
    ring_hash_experimental: { minRingSize: 1, maxRingSize: 2, requestHashHeader: "user" },
  });
  assert.deepEqual(randomSubsetting({ subsetSize: 4, childPolicy: roundRobin() }), {
    random_subsetting_experimental: { subsetSize: 4, childPolicy: [{ round_robin: {} }] },
  });
});

test("weighted_target has a policy for each target", () => {
  const targets = { blue: { weight: 3, policy: roundRobin() }, green: { weight: 1, policy: pickFirst() } };
  assert.deepEqual(weightedTarget({ targets }), {
    weighted_target_experimental: {
      targets: {
        blue: { weight: 3, childPolicy: [{ round_robin: {} }] },
        green: { weight: 1, childPolicy: [{ pick_first: {} }] },
      },
    },
  });
});

test("outlier_detection has two algorithms, each on if it is there", () => {
  assert.deepEqual(
    outlierDetection({
      intervalMs: 1000,
      baseEjectionTimeMs: 2000,
      maxEjectionTimeMs: 3000,
      maxEjectionPercent: 50,
      successRateEjection: {},
      failurePercentageEjection: {
        threshold: 60,
        minimumHosts: 2,
        requestVolume: 5,
        enforcementPercentage: 90,
      },
      childPolicy: weightedRoundRobin(),
    }),
    {
      outlier_detection_experimental: {
        interval: "1s",
        baseEjectionTime: "2s",
        maxEjectionTime: "3s",
        maxEjectionPercent: 50,
        successRateEjection: {},
        failurePercentageEjection: {
          threshold: 60,
          minimumHosts: 2,
          requestVolume: 5,
          enforcementPercentage: 90,
        },
        childPolicy: [{ weighted_round_robin: {} }],
      },
    },
  );
});

test("priority keeps the order, and wants names that differ", () => {
  const children = [
    { name: "near", policy: roundRobin(), ignoreReresolutionRequests: true },
    { name: "far", policy: pickFirst() },
  ];
  assert.deepEqual(priority({ children }), {
    priority_experimental: {
      children: {
        near: { config: [{ round_robin: {} }], ignoreReresolutionRequests: true },
        far: { config: [{ pick_first: {} }] },
      },
      priorities: ["near", "far"],
    },
  });
  const twice = [children[0]!, { name: "near", policy: roundRobin() }];
  assert.throws(() => priority({ children: twice }), /two children named "near"/);
});

test("a policy of the application's own goes by its name", () => {
  assert.deepEqual(policy("least_busy"), { least_busy: {} });
  assert.deepEqual(policy("least_busy", { window: 3 }), { least_busy: { window: 3 } });
});

test("a misspelt option is an error with a suggestion", () => {
  const typo = (options: object) => options as never;
  assert.throws(
    () => leastRequest(typo({ choiseCount: 3 })),
    /leastRequest has no option "choiseCount". Did you mean "choiceCount"/,
  );
  assert.throws(
    () => weightedTarget(typo({ target: {}, targets: {} })),
    /weightedTarget has no option "target"/,
  );
  const weights = { a: { wieght: 1, policy: roundRobin() } };
  assert.throws(
    () => weightedTarget(typo({ targets: weights })),
    /weightedTarget "a" has no option "wieght"/,
  );
  const ejection = typo({ successRateEjection: { stdFactor: 1 }, childPolicy: roundRobin() });
  assert.throws(() => outlierDetection(ejection), /successRateEjection has no option "stdFactor"/);
  assert.throws(() => weightedRoundRobin({ blackoutPeriodMs: Number.NaN }), RangeError);
});

test("what a policy cannot do without is told", () => {
  assert.throws(() => weightedTarget({} as never), /weightedTarget needs at least one target/);
  assert.throws(() => weightedTarget({ targets: {} }), /weightedTarget needs at least one target/);
  const targets = { a: { weight: 1 } };
  assert.throws(() => weightedTarget({ targets } as never), /weightedTarget "a" needs a policy/);
  assert.throws(
    () => grpclb({ childPolicy: leastRequest() }),
    /childPolicy of grpclb is roundRobin\(\) or pickFirst\(\), got least_request/,
  );
});

test("Grebe's own policies know all of these options, and say so of what they do not know", () => {
  const registry = new PolicyRegistry(builtinPolicies);
  const read = (loadBalancingConfig: object) =>
    parseServiceConfig({ loadBalancingConfig: [loadBalancingConfig] }, registry, { unknownFields: "report" });
  const ejection = { enforcementPercentage: 90, minimumHosts: 2, requestVolume: 5 };
  const all = [
    pickFirst({ shuffleAddressList: true }),
    roundRobin(),
    weightedRoundRobin({
      enableOobLoadReport: false,
      oobReportingPeriodMs: 2500,
      blackoutPeriodMs: 0,
      weightExpirationPeriodMs: 60_000,
      weightUpdatePeriodMs: 100,
      errorUtilizationPenalty: 0.5,
      metricNamesForComputingUtilization: ["named_metrics.queue"],
    }),
    weightedTarget({ targets: { blue: { weight: 3, policy: roundRobin() } } }),
    leastRequest({ choiceCount: 3 }),
    ringHash({ minRingSize: 1, maxRingSize: 2, requestHashHeader: "user" }),
    outlierDetection({
      intervalMs: 1000,
      baseEjectionTimeMs: 2000,
      maxEjectionTimeMs: 3000,
      maxEjectionPercent: 50,
      successRateEjection: { ...ejection, stdevFactor: 1000 },
      failurePercentageEjection: { ...ejection, threshold: 60 },
      childPolicy: roundRobin(),
    }),
    outlierDetection({ childPolicy: roundRobin() }),
    randomSubsetting({ subsetSize: 4, childPolicy: roundRobin() }),
    priority({ children: [{ name: "near", policy: roundRobin(), ignoreReresolutionRequests: true }] }),
  ];
  for (const config of all) assert.equal(read(config).policy.factory.name, Object.keys(config)[0]);
  assert.throws(() => read({ least_request_experimental: { choiseCount: 3 } }), {
    message:
      'loadBalancingConfig[0].least_request_experimental.choiseCount: is not known here. Did you mean "choiceCount"?',
  });
  const child = { round_robin: { sticky: true } };
  assert.throws(() => read(randomSubsetting({ subsetSize: 1, childPolicy: child })), /sticky: is not known/);
});
