import assert from "node:assert/strict";
import { test } from "node:test";
import { outlierDetectionPolicy } from "../../../lib/client/balancing/outlier-detection.js";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import { roundRobinPolicy } from "../../../lib/client/balancing/round-robin.js";
import { weightedRoundRobinPolicy } from "../../../lib/client/balancing/weighted-round-robin.js";
import { ConfigReader } from "../../../lib/client/service-config/config-reader.js";

const registry = new PolicyRegistry([roundRobinPolicy, weightedRoundRobinPolicy, outlierDetectionPolicy]);
const childPolicy = [{ round_robin: {} }];

const parse = (json: object) => outlierDetectionPolicy.parseConfig(ConfigReader.of(json, "od"), registry);

test("ParseConfig: defaults", () => {
  assert.deepEqual(parse({ childPolicy }), {
    intervalMs: 10_000,
    baseEjectionTimeMs: 30_000,
    maxEjectionTimeMs: 300_000,
    maxEjectionPercent: 10,
    successRateEjection: undefined,
    failurePercentageEjection: undefined,
    childPolicy: { factory: roundRobinPolicy, config: {} },
  });
});

test("ParseConfig: empty objects turn algorithms on, with their defaults", () => {
  const config = parse({ childPolicy, successRateEjection: {}, failurePercentageEjection: {} });
  assert.deepEqual(config.successRateEjection, {
    stdevFactor: 1900,
    enforcementPercentage: 100,
    minimumHosts: 5,
    requestVolume: 100,
  });
  assert.deepEqual(config.failurePercentageEjection, {
    threshold: 85,
    enforcementPercentage: 100,
    minimumHosts: 5,
    requestVolume: 50,
  });
});

test("ParseConfig: every field, in both spellings", () => {
  const config = parse({
    interval: "1.5s",
    base_ejection_time: "2s",
    maxEjectionTime: "3s",
    max_ejection_percent: 100,
    successRateEjection: {
      stdev_factor: 1,
      enforcementPercentage: 2,
      minimumHosts: "3",
      requestVolume: 4,
    },
    failurePercentageEjection: {
      threshold: 0,
      enforcement_percentage: 0,
      minimum_hosts: 0,
      request_volume: 0,
    },
    child_policy: [{ unknown: {} }, { round_robin: {} }],
  });
  assert.deepEqual(config, {
    intervalMs: 1500,
    baseEjectionTimeMs: 2000,
    maxEjectionTimeMs: 3000,
    maxEjectionPercent: 100,
    successRateEjection: { stdevFactor: 1, enforcementPercentage: 2, minimumHosts: 3, requestVolume: 4 },
    failurePercentageEjection: { threshold: 0, enforcementPercentage: 0, minimumHosts: 0, requestVolume: 0 },
    childPolicy: { factory: roundRobinPolicy, config: {} },
  });
});

test("ParseConfig: ejections last at most as long as the first one may", () => {
  const config = parse({ childPolicy, baseEjectionTime: "400s", maxEjectionTime: "1s" });
  assert.equal(config.maxEjectionTimeMs, 400_000);
});

test("both names are known", () => {
  for (const name of ["outlier_detection_experimental", "outlier_detection"]) {
    const { factory } = registry.choose([{ [name]: { childPolicy } }], "loadBalancingConfig");
    assert.equal(factory, outlierDetectionPolicy);
  }
});

for (const [wrong, where] of [
  [{ interval: "-1s" }, /od\.interval: must be a duration of at least 0/],
  [{ baseEjectionTime: "-0.1s" }, /od\.baseEjectionTime:/],
  [{ maxEjectionTime: "-1s" }, /od\.maxEjectionTime:/],
  [{ interval: { seconds: 1 } }, /od\.interval: must be a duration such as/],
  [{ maxEjectionPercent: 101 }, /od\.maxEjectionPercent: must be a whole number from 0 to 100/],
  [{ successRateEjection: 1 }, /od\.successRateEjection: must be an object/],
  [
    { successRateEjection: { enforcementPercentage: 101 } },
    /od\.successRateEjection\.enforcementPercentage:/,
  ],
  [{ successRateEjection: { stdevFactor: -1 } }, /od\.successRateEjection\.stdevFactor:/],
  [{ failurePercentageEjection: { threshold: 101 } }, /od\.failurePercentageEjection\.threshold:/],
  [{ failurePercentageEjection: { enforcementPercentage: 101 } }, /enforcementPercentage: must be a whole/],
  [{ childPolicy: undefined }, /od\.childPolicy: must be a list of policies/],
  [{ childPolicy: [] }, /od\.childPolicy: no supported policies found/],
  [{ childPolicy: [{ unknown: {} }] }, /od\.childPolicy: no supported policies found: it names unknown/],
  [{ childPolicy: [{ round_robin: {}, other: {} }] }, /od\.childPolicy\[0\]: must be an object with one key/],
  [
    { childPolicy: [{ weighted_round_robin: { errorUtilizationPenalty: -1 } }] },
    /od\.childPolicy\[0\]\.weighted_round_robin\.errorUtilizationPenalty: must be at least 0/,
  ],
] as const) {
  test(`ParseConfig: ${JSON.stringify(wrong)} is refused`, () => {
    assert.throws(() => parse({ childPolicy, ...wrong }), where);
  });
}
