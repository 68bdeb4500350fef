import assert from "node:assert/strict";
import { test } from "node:test";
import { LOAD_REPORT_TRAILER } from "../../../lib/client/balancing/load-report-trailer.js";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import { weightedRoundRobinPolicy } from "../../../lib/client/balancing/weighted-round-robin.js";
import type { WeightedRoundRobinConfig } from "../../../lib/client/balancing/weighted-round-robin-config.js";
import { type Address, type Endpoint, formatAddress } from "../../../lib/client/naming/endpoint.js";
import { ConfigReader } from "../../../lib/client/service-config/config-reader.js";
import { Metadata, StatusError } from "../../../lib/rpc/index.js";
import { encodeLoadReport, type OrcaLoadReport, type OrcaLoadReportInit } from "../../../lib/schema/index.js";
import { endpoints, FakeHelper, type FakeHelperOptions, okOutcome, seeded, update } from "../doubles.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";
const C = "3.3.3.3:3";
const D = "4.4.4.4:4";

/** Busy, and idle: they take calls 1:10. */
const busy: OrcaLoadReportInit = { rpsFractional: 10, applicationUtilization: 1 };
const idle: OrcaLoadReportInit = { rpsFractional: 10, applicationUtilization: 0.1 };

const parse = (json: object): WeightedRoundRobinConfig =>
  weightedRoundRobinPolicy.parseConfig(ConfigReader.of(json, "wrr"), new PolicyRegistry([]));

/** No blackout, unless a test is about it. */
const perCall = { blackoutPeriod: "0s", weightUpdatePeriod: "1s" };
const outOfBand = { ...perCall, enableOobLoadReport: true, oobReportingPeriod: "0.5s" };

/** The policy, and backends that report: in the trailers of calls, and, as far as there are streams, there. */
class Fleet extends FakeHelper {
  readonly policy = weightedRoundRobinPolicy.createBalancer(this);
  readonly callLoads = new Map<string, OrcaLoadReportInit>();

  constructor(options: FakeHelperOptions = {}) {
    super({ random: seeded(1), ...options });
  }

  /** Gives the policy a list, and lets all connect. */
  resolve(json: object, list: readonly Endpoint[] = endpoints(A, B)): void {
    assert.ok(this.policy.update(update(list, parse(json))));
    for (const subchannel of this.alive) if (subchannel.status.state === "CONNECTING") subchannel.succeed();
  }

  /** Calls, each of which ends at once, with the trailers of its backend; how many each backend took. */
  calls(count: number): Record<string, number> {
    const taken: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const result = this.pick();
      if (result.kind !== "complete") throw new Error(`the pick is ${result.kind}, not complete`);
      const name = formatAddress(result.subchannel.address);
      result.onEnd?.({ ...okOutcome, trailers: this.#trailers(name) });
      taken[name] = (taken[name] ?? 0) + 1;
    }
    return taken;
  }

  #trailers(name: string): Metadata {
    const trailers = new Metadata();
    const load = this.callLoads.get(name);
    if (load !== undefined) trailers.set(LOAD_REPORT_TRAILER, encodeLoadReport(load));
    return trailers;
  }

  /** A report over the stream of a backend. */
  report(name: string, load: OrcaLoadReportInit): void {
    const stream = this.at(name).streams.find(({ cancelled }) => !cancelled);
    assert.ok(stream, `no stream to ${name}`);
    stream.observer.next(stream.method.response.decode(encodeLoadReport(load)) as OrcaLoadReport);
  }

  /** Calls are shared in this proportion. */
  expectShares(shares: Readonly<Record<string, number>>): void {
    const rounds = 1100;
    const total = Object.values(shares).reduce((a, b) => a + b, 0);
    const taken = this.calls(rounds * total);
    for (const [name, share] of Object.entries(shares)) {
      const wanted = rounds * share;
      const got = taken[name] ?? 0;
      assert.ok(Math.abs(got - wanted) <= wanted * 0.01 + 1, `${name}: ${got} for ${wanted}`);
    }
  }

  get counters(): unknown {
    return this.policy.describe().detail;
  }

  get weights(): unknown {
    const { children = [] } = this.policy.describe();
    return Object.fromEntries(children.map(({ name, detail }) => [name, detail!.weight]));
  }

  openStreams(): number {
    return this.subchannels.flatMap(({ streams }) => streams).filter(({ cancelled }) => !cancelled).length;
  }
}

for (const [mode, config] of [
  ["in trailers", perCall],
  ["out of band", outOfBand],
] as const) {
  test(`Balancer_OneAddress: one backend takes everything, with reports ${mode}`, () => {
    const fleet = new Fleet();
    fleet.callLoads.set(A, busy);
    fleet.resolve(config, endpoints(A));
    if (config === outOfBand) fleet.report(A, busy);
    assert.deepEqual(fleet.calls(20), { [A]: 20 });
    fleet.clock.advance(5000);
    assert.deepEqual(fleet.calls(20), { [A]: 20 });
  });
}

test("WRRMetricsBasic: at the start there are no weights, and it goes round", () => {
  const fleet = new Fleet();
  fleet.resolve({}, endpoints(A));
  fleet.calls(1);
  assert.deepEqual(fleet.counters, { rrFallbacks: 1, notYetUsable: 1, stale: 0 });
  assert.deepEqual(fleet.weights, { [A]: 0 });
});

test("TwoAddresses_ReportingDisabled: without reports each takes its turn", () => {
  const fleet = new Fleet();
  fleet.resolve(perCall);
  for (let i = 0; i < 10; i++) {
    assert.deepEqual(fleet.calls(2), { [A]: 1, [B]: 1 });
    fleet.clock.advance(1000);
  }
});

for (const utilization of ["applicationUtilization", "cpuUtilization"] as const) {
  test(`TwoAddresses_ReportingEnabledPerCall: 1:10 by ${utilization}, from the next update on`, () => {
    const fleet = new Fleet();
    fleet.callLoads.set(A, { rpsFractional: 10, [utilization]: 1 });
    fleet.callLoads.set(B, { rpsFractional: 10, [utilization]: 0.1 });
    fleet.resolve(perCall);
    fleet.expectShares({ [A]: 1, [B]: 1 });
    fleet.clock.advance(999);
    fleet.expectShares({ [A]: 1, [B]: 1 });
    fleet.clock.advance(1);
    fleet.expectShares({ [A]: 1, [B]: 10 });
    assert.deepEqual(fleet.weights, { [A]: 10, [B]: 100 });
    assert.equal(fleet.openStreams(), 0);
  });
}

test("TwoAddresses_ReportingEnabledOOB: 1:10 by reports outside of calls", () => {
  for (const other of [{}, { cpuUtilization: 3 }]) {
    const fleet = new Fleet();
    fleet.resolve(outOfBand);
    const { request } = fleet.at(A).streams[0]!;
    assert.deepEqual(request, {
      reportInterval: { seconds: "0", nanos: 500_000_000 },
      requestCostNames: [],
    });
    fleet.report(A, { ...busy, ...other });
    fleet.report(B, { ...idle, ...other });
    // What calls say does not count.
    fleet.callLoads.set(A, idle);
    fleet.calls(1);
    fleet.clock.advance(1000);
    fleet.expectShares({ [A]: 1, [B]: 10 });
  }
});

test("TwoAddresses_UpdateLoads: shares follow the reports", () => {
  const fleet = new Fleet();
  fleet.resolve(outOfBand);
  fleet.report(A, busy);
  fleet.report(B, idle);
  fleet.clock.advance(1000);
  fleet.expectShares({ [A]: 1, [B]: 10 });
  fleet.report(A, idle);
  fleet.report(B, busy);
  fleet.clock.advance(1000);
  fleet.expectShares({ [A]: 10, [B]: 1 });
});

test("TwoAddresses_OOBThenPerCall: another config changes where reports come from", () => {
  const fleet = new Fleet();
  fleet.callLoads.set(A, idle);
  fleet.callLoads.set(B, busy);
  fleet.resolve(outOfBand);
  fleet.report(A, busy);
  fleet.report(B, idle);
  fleet.clock.advance(1000);
  fleet.expectShares({ [A]: 1, [B]: 10 });
  fleet.resolve(perCall);
  assert.equal(fleet.openStreams(), 0);
  fleet.expectShares({ [A]: 1, [B]: 10 });
  fleet.clock.advance(1000);
  fleet.expectShares({ [A]: 10, [B]: 1 });
  fleet.resolve(outOfBand);
  assert.equal(fleet.openStreams(), 2);
  assert.equal(fleet.subchannels.length, 2);
});

test("another reporting period asks the backends anew, the same one does not", () => {
  const fleet = new Fleet();
  fleet.resolve(outOfBand);
  fleet.resolve(outOfBand);
  assert.equal(fleet.at(A).streams.length, 1);
  fleet.resolve({ ...outOfBand, oobReportingPeriod: "2s" });
  assert.equal(fleet.at(A).streams.length, 2);
  assert.equal(fleet.openStreams(), 2);
});

test("Endpoints_SharedAddress: two endpoints may share an address", () => {
  const fleet = new Fleet();
  fleet.callLoads.set(A, busy);
  fleet.callLoads.set(B, idle);
  fleet.resolve(perCall, endpoints([A, B], [A]));
  assert.equal(fleet.alive.length, 2);
  fleet.calls(10);
  fleet.clock.advance(1000);
  assert.deepEqual(fleet.calls(10), { [A]: 10 });
});

test("Endpoints_MultipleAddresses: weights are those of endpoints, whichever address answers", () => {
  const fleet = new Fleet();
  const list = endpoints(["9.9.9.1:1", A], ["9.9.9.2:1", B]);
  fleet.policy.update(update(list, parse(perCall)));
  for (const subchannel of fleet.alive) subchannel.become("TRANSIENT_FAILURE");
  fleet.at(A).succeed();
  fleet.at(B).succeed();
  fleet.callLoads.set(A, idle);
  fleet.callLoads.set(B, busy);
  fleet.expectShares({ [A]: 1, [B]: 1 });
  fleet.clock.advance(1000);
  fleet.expectShares({ [A]: 10, [B]: 1 });
});

test("TwoAddresses_ErrorPenalty: errors cost what the penalty says", () => {
  const fleet = new Fleet();
  // 10 / (1 + .25 * penalty), and 10 / (.25 + .5 * penalty).
  fleet.callLoads.set(A, { rpsFractional: 10, applicationUtilization: 1, eps: 2.5 });
  fleet.callLoads.set(B, { rpsFractional: 10, applicationUtilization: 0.25, eps: 5 });
  fleet.resolve({ ...perCall, errorUtilizationPenalty: 0 });
  fleet.calls(2);
  fleet.clock.advance(1000);
  fleet.expectShares({ [A]: 1, [B]: 4 });
  fleet.resolve({ ...perCall, errorUtilizationPenalty: 1 });
  fleet.calls(20);
  fleet.clock.advance(1000);
  fleet.expectShares({ [A]: 3, [B]: 5 });
});

for (const [blackoutPeriod, ms] of [
  ["1s", 1000],
  [null, 10_000],
] as const) {
  test(`TwoAddresses_BlackoutPeriod: weights count ${ms / 1000} s after the first report, not before`, () => {
    const fleet = new Fleet();
    fleet.resolve({ ...outOfBand, blackoutPeriod });
    fleet.report(A, busy);
    fleet.report(B, idle);
    // A list is taken anew here, to have a new schedule at this very moment.
    fleet.clock.advance(ms - 0.25);
    fleet.resolve({ ...outOfBand, blackoutPeriod });
    fleet.expectShares({ [A]: 1, [B]: 1 });
    fleet.clock.advance(0.25);
    fleet.resolve({ ...outOfBand, blackoutPeriod });
    fleet.expectShares({ [A]: 1, [B]: 10 });
  });
}

test("TwoAddresses_WeightExpiration: old weights do not count, and new ones wait for the blackout again", () => {
  const config = { ...outOfBand, blackoutPeriod: "5s", weightExpirationPeriod: "20s" };
  const fleet = new Fleet();
  fleet.resolve(config);
  const report = (): void => {
    fleet.report(A, busy);
    fleet.report(B, idle);
  };
  report();
  fleet.clock.advance(20_000 - 0.25);
  fleet.resolve(config);
  fleet.expectShares({ [A]: 1, [B]: 10 });
  fleet.clock.advance(0.25);
  fleet.resolve(config);
  fleet.expectShares({ [A]: 1, [B]: 1 });
  report();
  fleet.clock.advance(4000);
  fleet.expectShares({ [A]: 1, [B]: 1 });
  fleet.clock.advance(1000);
  fleet.expectShares({ [A]: 1, [B]: 10 });
});

test("a new connection has a clean slate, and a blackout of its own", () => {
  const config = { ...perCall, blackoutPeriod: "5s" };
  const fleet = new Fleet();
  fleet.callLoads.set(A, busy);
  fleet.callLoads.set(B, idle);
  fleet.resolve(config);
  fleet.calls(10);
  fleet.clock.advance(5000);
  fleet.expectShares({ [A]: 1, [B]: 10 });
  fleet.at(A).become("IDLE");
  fleet.at(A).become("READY");
  fleet.expectShares({ [A]: 1, [B]: 1 });
  fleet.clock.advance(4000);
  fleet.expectShares({ [A]: 1, [B]: 1 });
  fleet.clock.advance(1000);
  fleet.expectShares({ [A]: 1, [B]: 10 });
});

test("AddressesChanging: endpoints come and go, the weights of those that stay stay", () => {
  const fleet = new Fleet();
  fleet.callLoads.set(A, busy);
  fleet.callLoads.set(B, idle);
  fleet.callLoads.set(C, { rpsFractional: 20, applicationUtilization: 1 });
  fleet.callLoads.set(D, { rpsFractional: 20, applicationUtilization: 0.1 });
  const resolve = (...names: string[]): void => fleet.resolve(perCall, endpoints(...names));
  const settle = (): void => {
    fleet.calls(40);
    fleet.clock.advance(1000);
  };
  resolve(A, B, C);
  settle();
  fleet.expectShares({ [A]: 1, [B]: 10, [C]: 2 });
  resolve(A, B, C, D);
  assert.equal(fleet.subchannels.length, 4);
  settle();
  fleet.expectShares({ [A]: 1, [B]: 10, [C]: 2, [D]: 20 });
  resolve(B, C);
  // At once: their weights are known.
  fleet.expectShares({ [B]: 10, [C]: 2 });
  resolve(C);
  fleet.expectShares({ [C]: 1 });
  resolve(C, A);
  fleet.expectShares({ [A]: 1, [C]: 1 });
  settle();
  fleet.expectShares({ [A]: 1, [C]: 2 });
});

test("Metrics_Scheduler_RR_Fallback: one endpoint, or less than two with weights", () => {
  const one = new Fleet();
  one.callLoads.set(A, busy);
  one.resolve(perCall, endpoints(A));
  one.calls(5);
  assert.deepEqual(one.counters, { rrFallbacks: 1, notYetUsable: 1, stale: 0 });
  const two = new Fleet();
  two.resolve(perCall);
  two.calls(5);
  assert.deepEqual(two.counters, { rrFallbacks: 1, notYetUsable: 2, stale: 0 });
  two.callLoads.set(A, busy);
  two.calls(5);
  two.clock.advance(1000);
  assert.deepEqual(two.counters, { rrFallbacks: 2, notYetUsable: 3, stale: 0 });
  two.callLoads.set(B, idle);
  two.calls(5);
  two.clock.advance(1000);
  assert.deepEqual(two.counters, { rrFallbacks: 2, notYetUsable: 3, stale: 0 });
  two.clock.advance(180_000);
  assert.equal((two.counters as { stale: number }).stale > 0, true);
});

test("one endpoint that has not reported counts as the mean of the others", () => {
  const fleet = new Fleet();
  fleet.callLoads.set(A, { rpsFractional: 1, cpuUtilization: 1 });
  fleet.callLoads.set(B, { rpsFractional: 3, cpuUtilization: 1 });
  fleet.resolve(perCall, endpoints(A, B, C));
  fleet.calls(6);
  fleet.clock.advance(1000);
  fleet.expectShares({ [A]: 1, [B]: 3, [C]: 2 });
});

test("reports that cannot be read, and those of two values, are none", () => {
  const fleet = new Fleet();
  fleet.resolve(perCall);
  const report = encodeLoadReport(busy);
  for (const values of [[Buffer.from("nonsense")], [report, report]]) {
    const trailers = new Metadata();
    for (const value of values) trailers.add(LOAD_REPORT_TRAILER, value);
    for (let i = 0; i < 2; i++) {
      const result = fleet.pick();
      assert.ok(result.kind === "complete");
      result.onEnd?.({ ...okOutcome, trailers });
      result.onEnd?.({ ...okOutcome, trailers: undefined });
    }
  }
  fleet.clock.advance(1000);
  assert.deepEqual(fleet.weights, { [A]: 0, [B]: 0 });
});

test("shares over 10,000 calls are within 2 % of the formula", () => {
  const fleet = new Fleet();
  const loads = [0.1, 0.25, 0.4, 0.55, 0.9].map((cpuUtilization, i) => ({
    name: `10.0.0.${i}:80`,
    load: { rpsFractional: 100 + 20 * i, cpuUtilization, eps: i },
    weight: (100 + 20 * i) / (cpuUtilization + i / (100 + 20 * i)),
  }));
  for (const { name, load } of loads) fleet.callLoads.set(name, load);
  fleet.resolve(perCall, endpoints(...loads.map(({ name }) => name)));
  fleet.calls(50);
  fleet.clock.advance(1000);
  const sum = loads.reduce((total, { weight }) => total + weight, 0);
  const taken = fleet.calls(10_000);
  for (const { name, weight } of loads) {
    const wanted = (10_000 * weight) / sum;
    assert.ok(Math.abs(taken[name]! - wanted) <= wanted * 0.02, `${name}: ${taken[name]} for ${wanted}`);
  }
});

test("picks give objects that were made beforehand", () => {
  const fleet = new Fleet();
  fleet.resolve(perCall);
  const results = new Set(Array.from({ length: 100 }, () => fleet.pick()));
  assert.equal(results.size, 2);
});

test("while nobody is READY it is as its endpoints are", () => {
  const fleet = new Fleet();
  const config = parse(perCall);
  fleet.policy.update(update(endpoints(A, B), config));
  assert.equal(fleet.state, "CONNECTING");
  assert.equal(fleet.pick().kind, "queue");
  fleet.at(A).become("TRANSIENT_FAILURE");
  fleet.at(B).become("TRANSIENT_FAILURE");
  assert.equal(fleet.state, "TRANSIENT_FAILURE");
  assert.match(fleet.pickError().text, /2\.2\.2\.2:2 refused|1\.1\.1\.1:1 refused/);
  assert.equal(fleet.policy.update(update([], config)), false);
  assert.match(fleet.pickError().text, /weighted_round_robin has no children to pick from/);
});

test("an error of the resolver before any list fails calls", () => {
  const fleet = new Fleet();
  fleet.policy.resolverError(StatusError.unavailable("no DNS"));
  assert.equal(fleet.state, "TRANSIENT_FAILURE");
  assert.match(fleet.pickError().text, /no DNS/);
  fleet.policy.close();
});

test("an endpoint that is lost and comes back is connected again, and its stream too", () => {
  const fleet = new Fleet();
  fleet.resolve(outOfBand);
  assert.equal(fleet.openStreams(), 2);
  fleet.at(B).become("IDLE");
  assert.equal(fleet.openStreams(), 1);
  assert.deepEqual(fleet.calls(4), { [A]: 4 });
  fleet.at(B).become("READY");
  assert.equal(fleet.openStreams(), 2);
});

test("an unhealthy endpoint takes no calls, and keeps its weight", () => {
  const fleet = new Fleet();
  fleet.callLoads.set(A, busy);
  fleet.callLoads.set(B, idle);
  fleet.resolve(perCall);
  fleet.calls(10);
  fleet.at(B).becomeHealthy({ state: "TRANSIENT_FAILURE", error: StatusError.unavailable("ill") });
  assert.deepEqual(fleet.calls(4), { [A]: 4 });
  fleet.at(B).becomeHealthy({ state: "READY" });
  fleet.expectShares({ [A]: 1, [B]: 10 });
});

test("after the end there are no timers, streams or publications, and late reports harm nobody", () => {
  const fleet = new Fleet();
  fleet.callLoads.set(A, busy);
  fleet.resolve(outOfBand);
  const call = fleet.pick();
  const { streams } = fleet.at(A);
  const published = fleet.published.length;
  fleet.policy.close();
  assert.equal(fleet.clock.pending, 0);
  assert.equal(fleet.openStreams(), 0);
  assert.equal(fleet.alive.length, 0);
  assert.ok(call.kind === "complete");
  call.onEnd?.(okOutcome);
  streams[0]!.observer.end(undefined);
  fleet.clock.advance(60_000);
  assert.equal(fleet.published.length, published);
  assert.equal(fleet.clock.pending, 0);
});

test("with one endpoint left the timer rests, and starts again with a second one", () => {
  const fleet = new Fleet();
  fleet.resolve(perCall, endpoints(A));
  fleet.clock.advance(1000);
  assert.equal(fleet.clock.pending, 0);
  fleet.resolve(perCall);
  assert.equal(fleet.clock.pending, 1);
  fleet.clock.advance(10_000);
  assert.equal(fleet.clock.pending, 1);
});

test("a period longer than timers can hold does not fire at once", () => {
  const fleet = new Fleet();
  fleet.resolve({ ...perCall, weightUpdatePeriod: "10000000s" });
  assert.ok(fleet.clock.nextInMs! > 2e9 && fleet.clock.nextInMs! < 2 ** 31);
});

test("10,000 endpoints come up one after the other: nothing is made that nobody asks for", () => {
  const fleet = new Fleet({ random: () => 0 });
  const names = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 8}.${i & 255}.1:80`);
  const list: readonly Endpoint[] = names.map((name) => ({
    addresses: [{ host: name.slice(0, -3), port: 80 }] satisfies Address[],
  }));
  fleet.resolve(perCall, list);
  assert.equal(fleet.state, "READY");
  assert.deepEqual(fleet.counters, { rrFallbacks: 0, notYetUsable: 0, stale: 0 });
  fleet.calls(1);
  assert.deepEqual(fleet.counters, { rrFallbacks: 1, notYetUsable: 10_000, stale: 0 });
  assert.equal(fleet.clock.pending, 1);
});
