import assert from "node:assert/strict";
import { test } from "node:test";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import { weightedRoundRobinPolicy } from "../../../lib/client/balancing/weighted-round-robin.js";
import type { WeightedRoundRobinConfig } from "../../../lib/client/balancing/weighted-round-robin-config.js";
import { EndpointWeight, WeightCounters } from "../../../lib/client/balancing/weighted-round-robin-weight.js";
import { ConfigReader } from "../../../lib/client/service-config/config-reader.js";
import { decodeLoadReport, encodeLoadReport, type OrcaLoadReportInit } from "../../../lib/schema/index.js";

const parse = (json: object): WeightedRoundRobinConfig =>
  weightedRoundRobinPolicy.parseConfig(ConfigReader.of(json, "wrr"), new PolicyRegistry([]));

test("ParseConfig: defaults, and every field", () => {
  assert.deepEqual(parse({}), {
    enableOobLoadReport: false,
    oobReportingPeriodMs: 10_000,
    blackoutPeriodMs: 10_000,
    weightExpirationPeriodMs: 180_000,
    weightUpdatePeriodMs: 1000,
    errorUtilizationPenalty: 1,
    utilizationMetrics: [],
  });
  const { utilizationMetrics, ...rest } = parse({
    enableOobLoadReport: true,
    oob_reporting_period: "0.5s",
    blackoutPeriod: "0s",
    weightExpirationPeriod: "60s",
    weightUpdatePeriod: "2s",
    errorUtilizationPenalty: 0,
    metricNamesForComputingUtilization: ["cpu_utilization", "anything"],
  });
  assert.deepEqual(rest, {
    enableOobLoadReport: true,
    oobReportingPeriodMs: 500,
    blackoutPeriodMs: 0,
    weightExpirationPeriodMs: 60_000,
    weightUpdatePeriodMs: 2000,
    errorUtilizationPenalty: 0,
  });
  assert.equal(utilizationMetrics.length, 2);
});

test("ParseConfig: weights are made anew every 100 ms at most", () => {
  assert.equal(parse({ weightUpdatePeriod: ".01s" }).weightUpdatePeriodMs, 100);
});

for (const [wrong, where] of [
  [{ errorUtilizationPenalty: -0.1 }, /wrr\.errorUtilizationPenalty: must be at least 0/],
  [{ blackoutPeriod: "-1s" }, /wrr\.blackoutPeriod: must be a duration of at least 0/],
  [{ blackoutPeriod: 10 }, /wrr\.blackoutPeriod: must be a duration such as/],
  [{ enableOobLoadReport: "yes" }, /wrr\.enableOobLoadReport: must be true or false/],
  [{ metricNamesForComputingUtilization: "cpu" }, /wrr\.metricNamesForComputingUtilization: must be a list/],
  [{ metricNamesForComputingUtilization: [1] }, /wrr\.metricNamesForComputingUtilization: must be a list of/],
] as const) {
  test(`ParseConfig: ${JSON.stringify(wrong)} is refused`, () => {
    assert.throws(() => parse(wrong), where);
  });
}

/** The weight that one report gives. */
function weightOf(report: OrcaLoadReportInit, json: object = {}): number {
  const config = parse({ blackoutPeriod: "0s", ...json });
  const weight = new EndpointWeight();
  weight.report(decodeLoadReport(encodeLoadReport(report)), config, 0);
  return weight.read(config, 0, new WeightCounters());
}

test("the weight is successful calls a second for each unit of utilization", () => {
  assert.equal(weightOf({ rpsFractional: 10, applicationUtilization: 0.5 }), 20);
  assert.equal(weightOf({ rpsFractional: 10, cpuUtilization: 0.5 }), 20);
  assert.equal(weightOf({ rpsFractional: 10, applicationUtilization: 0.5, cpuUtilization: 1 }), 20);
  assert.equal(weightOf({ rpsFractional: 10, applicationUtilization: -1, cpuUtilization: 1 }), 10);
});

test("errors make it smaller, by their share and the penalty", () => {
  const report = { rpsFractional: 10, applicationUtilization: 0.5, eps: 5 };
  assert.equal(weightOf(report), 10);
  assert.equal(weightOf(report, { errorUtilizationPenalty: 3 }), 5);
  assert.equal(weightOf(report, { errorUtilizationPenalty: 0 }), 20);
});

test("a report that says nothing of use is none", () => {
  const { NaN: none, POSITIVE_INFINITY: endless } = Number;
  assert.equal(weightOf({ applicationUtilization: 0.5 }), 0);
  assert.equal(weightOf({ rpsFractional: 10 }), 0);
  assert.equal(weightOf({ rpsFractional: -1, cpuUtilization: 1 }), 0);
  assert.equal(weightOf({ rpsFractional: none, cpuUtilization: 1 }), 0);
  assert.equal(weightOf({ rpsFractional: endless, cpuUtilization: 1 }), 0);
  assert.equal(weightOf({ rpsFractional: 1, cpuUtilization: none }), 0);
  assert.equal(weightOf({ rpsFractional: 1, cpuUtilization: endless }), 0);
  assert.equal(weightOf({ rpsFractional: 1, cpuUtilization: 1, eps: none }), 0);
  assert.equal(weightOf({ rpsFractional: 1, cpuUtilization: 1, eps: -5 }), 0);
});

test("A114: the highest of the named metrics is the utilization", () => {
  const report = {
    rpsFractional: 12,
    applicationUtilization: 6,
    cpuUtilization: 2,
    memUtilization: 3,
    utilization: { queue: 4, "a.b": 1 },
    namedMetrics: { queue: 0.5, bad: Number.NaN, zero: 0, negative: -1 },
  };
  const weight = (...metricNamesForComputingUtilization: string[]) =>
    weightOf(report, { metricNamesForComputingUtilization });
  assert.equal(weight("cpu_utilization"), 6);
  assert.equal(weight("mem_utilization", "cpu_utilization"), 4);
  assert.equal(weight("application_utilization"), 2);
  assert.equal(weight("utilization.queue", "named_metrics.queue"), 3);
  assert.equal(weight("named_metrics.queue"), 24);
  assert.equal(weight("utilization.a.b"), 12);
  // Without any of them it is as it was before.
  assert.equal(weight("named_metrics.bad", "named_metrics.zero", "named_metrics.negative"), 2);
  assert.equal(weight("named_metrics.missing", "utilization", "queue", ".queue", "named_metrics."), 2);
  assert.equal(weight("utilization.constructor", "other.queue"), 2);
});

// Metrics_SubConnWeight
for (const { name, reportedSecondsAgo, config, weight, counted } of [
  { name: "no report", weight: 0, counted: { notYetUsable: 1 } },
  {
    name: "a stale report",
    reportedSecondsAgo: 100,
    config: { weightExpirationPeriod: "2s" },
    weight: 0,
    counted: { stale: 1 },
  },
  {
    name: "a report in the blackout",
    reportedSecondsAgo: 10,
    config: { blackoutPeriod: "40s" },
    weight: 0,
    counted: { notYetUsable: 1 },
  },
  { name: "a good report", reportedSecondsAgo: 10, weight: 10, counted: {} },
  {
    name: "a stale report in the blackout",
    reportedSecondsAgo: 100,
    config: { blackoutPeriod: "150s", weightExpirationPeriod: "2s" },
    weight: 0,
    counted: { stale: 1 },
  },
] as const satisfies readonly {
  name: string;
  reportedSecondsAgo?: number;
  config?: object;
  weight: number;
  counted: Partial<WeightCounters>;
}[]) {
  test(`Metrics_SubConnWeight: ${name}`, () => {
    const parsed = parse({ weightExpirationPeriod: "1000s", ...config });
    const counters = new WeightCounters();
    const endpoint = new EndpointWeight();
    const report = decodeLoadReport(encodeLoadReport({ rpsFractional: 10, cpuUtilization: 1 }));
    if (reportedSecondsAgo !== undefined) endpoint.report(report, parsed, 0);
    assert.equal(endpoint.read(parsed, (reportedSecondsAgo ?? 0) * 1000, counters), weight);
    assert.equal(endpoint.inUse, weight);
    assert.deepEqual({ ...counters }, { rrFallbacks: 0, notYetUsable: 0, stale: 0, ...counted });
  });
}
