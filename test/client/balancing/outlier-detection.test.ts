import assert from "node:assert/strict";
import { test } from "node:test";
import { outlierDetectionPolicy } from "../../../lib/client/balancing/outlier-detection.js";
import { pickFirstPolicy } from "../../../lib/client/balancing/pick-first.js";
import type { LoadBalancer } from "../../../lib/client/balancing/policy.js";
import { roundRobinPolicy } from "../../../lib/client/balancing/round-robin.js";
import { weightedRoundRobinPolicy } from "../../../lib/client/balancing/weighted-round-robin.js";
import { type Endpoint, formatAddress } from "../../../lib/client/naming/endpoint.js";
import { ConfigReader } from "../../../lib/client/service-config/config-reader.js";
import { type Random, StatusError } from "../../../lib/rpc/index.js";
import {
  endpoints,
  FakeHelper,
  type FakeSubchannel,
  failedOutcome,
  okOutcome,
  stubPolicy,
  update,
} from "../doubles.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";
const C = "3.3.3.3:3";
const D = "4.4.4.4:4";
const E = "5.5.5.5:5";

const roundRobin = { childPolicy: [{ round_robin: {} }] };
/** Small enough for tests: three endpoints with five calls each. */
const bySuccessRate = {
  ...roundRobin,
  maxEjectionPercent: 50,
  successRateEjection: { stdevFactor: 500, minimumHosts: 3, requestVolume: 3 },
};
const byFailures = {
  ...roundRobin,
  maxEjectionPercent: 50,
  failurePercentageEjection: { threshold: 50, minimumHosts: 3, requestVolume: 5 },
};

class Ward extends FakeHelper {
  readonly stubs = stubPolicy("stub");
  readonly otherStubs = stubPolicy("other");
  readonly policy: LoadBalancer;

  constructor(random: Random = () => 0) {
    const stubs = [stubPolicy("stub"), stubPolicy("other")] as const;
    super({
      random,
      policies: [
        pickFirstPolicy,
        roundRobinPolicy,
        weightedRoundRobinPolicy,
        outlierDetectionPolicy,
        ...stubs,
      ],
    });
    [this.stubs, this.otherStubs] = stubs;
    this.policy = outlierDetectionPolicy.createBalancer(this) as LoadBalancer;
  }

  /** Gives the policy a config and a list, and lets all connect. */
  resolve(json: object, ...texts: readonly (string | readonly string[])[]): boolean {
    const accepted = this.update(json, endpoints(...texts));
    for (const subchannel of this.alive) if (subchannel.status.state === "CONNECTING") subchannel.succeed();
    return accepted;
  }

  update(json: object, list: readonly Endpoint[]): boolean {
    const config = outlierDetectionPolicy.parseConfig(ConfigReader.of(json, "od"), this.context.policies);
    return this.policy.update(update(list, config));
  }

  /** Calls until each of these has had so many, which fail at those that are named. */
  calls(each: number, of: readonly string[], ...failing: readonly string[]): void {
    const taken = new Map(of.map((name) => [name, 0]));
    for (let i = 0; i < each * of.length; i++) {
      const result = this.pick();
      if (result.kind !== "complete") throw new Error(`the pick is ${result.kind}, not complete`);
      const name = formatAddress(result.subchannel.address);
      taken.set(name, (taken.get(name) ?? 0) + 1);
      result.onEnd?.(failing.includes(name) ? failedOutcome : okOutcome);
    }
    assert.deepEqual(
      [...taken],
      [...taken.keys()].map((name) => [name, each]),
    );
  }

  /** Who takes calls. */
  get rotation(): readonly string[] {
    return Object.keys(this.pickCounts(60, { ...okOutcome, started: false })).sort();
  }

  get ejected(): unknown {
    return this.policy.describe().detail!.ejected;
  }

  get ejections(): unknown {
    return this.policy.describe().detail!.ejections;
  }

  /** The interval is over. */
  nextInterval(): void {
    this.clock.advance(10_000);
  }
}

test("ChildBasicOperations: the child has its own config and the list; another kind of child takes over gently", () => {
  const ward = new Ward();
  const list = endpoints(A, B);
  ward.update({ ...byFailures, childPolicy: [{ stub: { own: 1 } }] }, list);
  const [first] = ward.stubs.made;
  assert.deepEqual(first!.updates, [{ endpoints: list, config: { own: 1 }, attributes: {} }]);
  first!.publish("READY");
  ward.update({ ...byFailures, childPolicy: [{ stub: { own: 2 } }] }, list);
  assert.equal(ward.stubs.made.length, 1);
  assert.deepEqual(first!.updates[1]!.config, { own: 2 });
  ward.update({ ...byFailures, childPolicy: [{ other: {} }] }, list);
  const [second] = ward.otherStubs.made;
  second!.publish("CONNECTING");
  assert.equal(first!.closed, false);
  assert.equal(ward.state, "READY");
  second!.publish("READY");
  assert.equal(first!.closed, true);
  assert.match(ward.pickError().text, /other READY/);
  const error = StatusError.unavailable("no DNS");
  ward.policy.resolverError(error);
  ward.policy.exitIdle();
  ward.policy.resetBackoff();
  assert.deepEqual([second!.errors, second!.exits, second!.backoffResets], [[error], 1, 1]);
  ward.policy.close();
  assert.equal(second!.closed, true);
  assert.equal(ward.clock.pending, 0);
});

test("what the child says of a list is passed on", () => {
  const ward = new Ward();
  assert.equal(ward.resolve(byFailures, A), true);
  assert.equal(ward.resolve(byFailures), false);
  assert.equal(ward.state, "TRANSIENT_FAILURE");
});

test("DurationOfInterval: what has passed of an interval counts when another config comes", () => {
  const ward = new Ward();
  ward.resolve({ ...byFailures, interval: "8s" }, A);
  assert.equal(ward.clock.nextInMs, 8000);
  ward.clock.advance(5000);
  ward.resolve({ ...byFailures, interval: "9s" }, A);
  assert.equal(ward.clock.nextInMs, 4000);
  ward.resolve(roundRobin, A);
  assert.equal(ward.clock.pending, 0);
  ward.clock.advance(1000);
  ward.resolve({ ...byFailures, interval: "9s" }, A);
  assert.equal(ward.clock.nextInMs, 9000);
  ward.clock.advance(9000);
  assert.equal(ward.clock.nextInMs, 9000);
  ward.clock.advance(5000);
  // More has passed than the new interval is long.
  ward.resolve({ ...byFailures, interval: "4s" }, A);
  assert.equal(ward.clock.nextInMs, 0);
  ward.clock.advance(0);
  assert.equal(ward.clock.nextInMs, 4000);
  assert.equal(ward.clock.pending, 1);
});

test("DurationOfInterval: intervals of nothing, and longer than timers can hold", () => {
  const ward = new Ward();
  ward.resolve({ ...byFailures, interval: "0s" }, A);
  ward.clock.advance(100);
  assert.equal(ward.clock.pending, 1);
  ward.resolve({ ...byFailures, interval: "315576000000s" }, A);
  assert.ok(ward.clock.nextInMs! > 2e9 && ward.clock.nextInMs! < 2 ** 31);
});

test("EjectUnejectSuccessRate: one that does much worse is ejected, and comes back", () => {
  const ward = new Ward();
  ward.resolve(bySuccessRate, A, B, C);
  ward.calls(5, [A, B, C]);
  ward.nextInterval();
  assert.deepEqual(ward.ejected, []);
  assert.deepEqual(ward.rotation, [A, B, C]);
  ward.calls(5, [A, B, C], C);
  ward.nextInterval();
  assert.deepEqual(ward.ejected, [C]);
  assert.deepEqual(ward.rotation, [A, B]);
  assert.equal(ward.at(C).status.state, "READY");
  // What happens to its health meanwhile is withheld; in the end its newest is told.
  ward.at(C).becomeHealthy({ state: "CONNECTING" });
  ward.at(C).becomeHealthy({ state: "READY" });
  assert.deepEqual(ward.rotation, [A, B]);
  ward.clock.advance(30_000);
  assert.deepEqual(ward.ejected, [C]);
  // More than the time of ejection must have passed at the end of an interval.
  ward.nextInterval();
  assert.deepEqual(ward.ejected, []);
  assert.deepEqual(ward.rotation, [A, B, C]);
  assert.deepEqual(ward.ejections, {
    enforced: { success_rate: 1, failure_percentage: 0 },
    unenforced: { enforcement_percentage: 0, max_ejection_overflow: 0 },
  });
});

test("EjectUnejectSuccessRate: no more are ejected once the share that may be is", () => {
  const ward = new Ward();
  const five = [A, B, C, D, E];
  const config = {
    ...bySuccessRate,
    successRateEjection: { ...bySuccessRate.successRateEjection, stdevFactor: 100 },
  };
  ward.resolve({ ...config, maxEjectionPercent: 20 }, ...five);
  ward.calls(5, five, A, B);
  ward.nextInterval();
  assert.equal((ward.ejected as string[]).length, 1);
  assert.deepEqual(ward.ejections, {
    enforced: { success_rate: 1, failure_percentage: 0 },
    unenforced: { enforcement_percentage: 0, max_ejection_overflow: 1 },
  });
  const none = new Ward();
  none.resolve({ ...config, maxEjectionPercent: 0 }, ...five);
  none.calls(5, five, A, B);
  none.nextInterval();
  assert.deepEqual(none.ejected, []);
});

test("EjectUnejectSuccessRate: too few endpoints, or too few calls, say nothing", () => {
  const few = new Ward();
  few.resolve(bySuccessRate, A, B);
  few.calls(5, [A, B], B);
  few.nextInterval();
  assert.deepEqual(few.ejected, []);
  const quiet = new Ward();
  quiet.resolve(bySuccessRate, A, B, C);
  quiet.calls(2, [A, B, C], C);
  quiet.nextInterval();
  assert.deepEqual(quiet.ejected, []);
  const silent = new Ward();
  const { successRateEjection } = bySuccessRate;
  silent.resolve(
    { ...bySuccessRate, successRateEjection: { ...successRateEjection, requestVolume: 0 } },
    A,
    B,
    C,
  );
  silent.nextInterval();
  assert.deepEqual(silent.ejected, []);
});

test("EjectUnejectSuccessRate: chance decides which outliers are ejected", () => {
  const { successRateEjection } = bySuccessRate;
  const config = {
    ...bySuccessRate,
    successRateEjection: { ...successRateEjection, enforcementPercentage: 60 },
  };
  for (const [drawn, ejected] of [
    [0.59, [C]],
    [0.6, []],
  ] as const) {
    const ward = new Ward(() => drawn);
    ward.resolve(config, A, B, C);
    ward.calls(5, [A, B, C], C);
    ward.nextInterval();
    assert.deepEqual(ward.ejected, ejected);
    const { unenforced } = ward.ejections as { unenforced: { enforcement_percentage: number } };
    assert.equal(unenforced.enforcement_percentage, 1 - ejected.length);
  }
});

test("EjectFailureRate: one of whose calls too many fail is ejected; with no algorithm it is back at once", () => {
  const ward = new Ward();
  ward.resolve(byFailures, A, B, C);
  ward.calls(5, [A, B, C]);
  ward.nextInterval();
  assert.deepEqual(ward.ejected, []);
  ward.calls(5, [A, B, C], C);
  ward.nextInterval();
  assert.deepEqual(ward.ejected, [C]);
  assert.deepEqual(ward.rotation, [A, B]);
  ward.resolve(roundRobin, A, B, C);
  assert.deepEqual(ward.ejected, []);
  assert.deepEqual(ward.rotation, [A, B, C]);
  assert.equal(ward.clock.pending, 0);
});

test("EjectFailureRate: as many as the threshold may fail", () => {
  const ward = new Ward();
  ward.resolve(
    { ...byFailures, failurePercentageEjection: { ...byFailures.failurePercentageEjection, threshold: 100 } },
    A,
    B,
    C,
  );
  ward.calls(5, [A, B, C], C);
  ward.nextInterval();
  assert.deepEqual(ward.ejected, []);
});

test("one that both algorithms find is ejected once", () => {
  const ward = new Ward();
  ward.resolve({ ...bySuccessRate, ...byFailures, maxEjectionPercent: 100 }, A, B, C);
  ward.calls(5, [A, B, C], C);
  ward.nextInterval();
  assert.deepEqual(ward.ejections, {
    enforced: { success_rate: 1, failure_percentage: 0 },
    unenforced: { enforcement_percentage: 0, max_ejection_overflow: 0 },
  });
});

test("each ejection lasts longer, up to the longest; intervals without one make the next shorter", () => {
  const ward = new Ward();
  const config = { ...byFailures, baseEjectionTime: "10s", maxEjectionTime: "25s" };
  ward.resolve(config, A, B, C);
  const ejectedIntervals = (): number => {
    ward.calls(5, [A, B, C], C);
    ward.nextInterval();
    assert.deepEqual(ward.ejected, [C]);
    let intervals = 0;
    while ((ward.ejected as string[]).length > 0) {
      ward.nextInterval();
      intervals += 1;
    }
    return intervals;
  };
  assert.deepEqual(
    [ejectedIntervals(), ejectedIntervals(), ejectedIntervals(), ejectedIntervals()],
    [2, 3, 3, 3],
  );
  for (let i = 0; i < 4; i++) ward.nextInterval();
  assert.equal(ejectedIntervals(), 2);
});

test("all may be ejected: then calls fail", () => {
  const ward = new Ward();
  ward.resolve({ ...byFailures, maxEjectionPercent: 100 }, A, B, C);
  ward.calls(5, [A, B, C], A, B, C);
  const published = ward.published.length;
  ward.nextInterval();
  assert.equal(ward.state, "TRANSIENT_FAILURE");
  assert.match(ward.pickError().text, /ejected by outlier detection/);
  // All of it was published as one.
  assert.equal(ward.published.length, published + 1);
});

test("calls count where they end and when they end, and only those that were started", () => {
  const ward = new Ward();
  ward.resolve(byFailures, A, B, C);
  const open: (() => void)[] = [];
  for (let i = 0; i < 15; i++) {
    const result = ward.pick();
    assert.ok(result.kind === "complete");
    const failed = formatAddress(result.subchannel.address) === C;
    result.onEnd?.({ ...failedOutcome, started: false });
    open.push(() => result.onEnd?.(failed ? failedOutcome : okOutcome));
  }
  ward.nextInterval();
  assert.deepEqual(ward.ejected, []);
  for (const end of open) end();
  ward.nextInterval();
  assert.deepEqual(ward.ejected, [C]);
});

test("what was counted before the first config with an algorithm does not count", () => {
  const ward = new Ward();
  ward.resolve(roundRobin, A, B, C);
  const early = Array.from({ length: 15 }, () => ward.pick());
  ward.calls(5, [A, B, C], C);
  ward.resolve(byFailures, A, B, C);
  for (const result of early) if (result.kind === "complete") result.onEnd?.(failedOutcome);
  ward.nextInterval();
  assert.deepEqual(ward.ejected, []);
});

test("MultipleAddressesPerEndpoint: ejected is the endpoint, whichever address it is reached at", () => {
  const ward = new Ward();
  const list = [
    [A, "1.1.1.1:10"],
    [B, "2.2.2.2:20"],
    [C, "3.3.3.3:30"],
  ] as const;
  ward.resolve(byFailures, ...list);
  ward.calls(5, [A, B, C], C);
  ward.nextInterval();
  assert.deepEqual(ward.rotation, [A, B]);
  ward.at(C).become("IDLE");
  ward.at(C).become("TRANSIENT_FAILURE");
  ward.at("3.3.3.3:30").succeed();
  assert.deepEqual(ward.rotation, [A, B]);
  ward.clock.advance(40_000);
  assert.deepEqual(ward.rotation, [A, B, "3.3.3.3:30"]);
});

test("EjectionStateResetsWhenEndpointAddressesChange: another set of addresses is another endpoint", () => {
  const ward = new Ward();
  ward.resolve(byFailures, [A, "1.1.1.1:10"], B, C);
  ward.calls(5, [A, B, C], A);
  ward.nextInterval();
  assert.deepEqual(ward.rotation, [B, C]);
  // The order is not what counts.
  ward.resolve(byFailures, ["1.1.1.1:10", A], B, C);
  assert.deepEqual(ward.rotation, [B, C]);
  ward.resolve(byFailures, A, B, C);
  assert.deepEqual(ward.rotation, [A, B, C]);
  assert.deepEqual(ward.ejected, []);
});

test("an ejected endpoint that leaves makes room for another", () => {
  const ward = new Ward();
  ward.resolve({ ...byFailures, maxEjectionPercent: 20 }, A, B, C, D);
  ward.calls(5, [A, B, C, D], D);
  ward.nextInterval();
  assert.deepEqual(ward.ejected, [D]);
  ward.resolve({ ...byFailures, maxEjectionPercent: 20 }, A, B, C);
  ward.calls(5, [A, B, C], C);
  ward.nextInterval();
  assert.deepEqual(ward.ejected, [C]);
});

test("SubConnShutdownRemovesFromEndpointMap: endpoints that are gone are told nothing", () => {
  const ward = new Ward();
  ward.resolve({ ...byFailures, maxEjectionPercent: 100 }, A, B, C);
  ward.calls(5, [A, B, C], C);
  const gone = ward.at(C);
  ward.resolve({ ...byFailures, maxEjectionPercent: 100 }, A, B);
  assert.equal(gone.released, true);
  ward.nextInterval();
  assert.deepEqual(ward.ejected, []);
  ward.resolve({ ...byFailures, maxEjectionPercent: 100 }, A, B, C);
  assert.deepEqual(ward.rotation, [A, B, C]);
});

test("PickFirstHealthListenerDisabled: pick_first on its own keeps its connection, ejected or not", () => {
  const ward = new Ward();
  const failurePercentageEjection = { threshold: 50, minimumHosts: 1, requestVolume: 1 };
  const childPolicy = [{ pick_first: {} }];
  ward.update({ failurePercentageEjection, maxEjectionPercent: 100, childPolicy }, endpoints(A, B));
  ward.at(A).succeed();
  ward.calls(20, [A], A);
  ward.nextInterval();
  assert.deepEqual(ward.ejected, [A]);
  assert.equal(ward.state, "READY");
  assert.equal(ward.pickAddress(), A);
  assert.equal(ward.at(A).status.state, "READY");
});

for (const [name, json] of [
  ["success rate", bySuccessRate],
  ["failure percentage", byFailures],
] as const) {
  test(`OutlierDetectionAlgorithmsE2E: by ${name}, the one of three that fails leaves the rotation`, () => {
    const ward = new Ward();
    ward.resolve({ ...json, maxEjectionPercent: 1 }, A, B, C);
    assert.deepEqual(ward.rotation, [A, B, C]);
    ward.calls(10, [A, B, C], B);
    ward.nextInterval();
    assert.deepEqual(ward.rotation, [A, C]);
    // The next one stays: one is all that may be ejected.
    ward.calls(10, [A, C], C);
    ward.nextInterval();
    assert.deepEqual(ward.rotation, [A, C]);
  });
}

test("NoopConfiguration: without an algorithm nobody is ejected; with one, later, they are", () => {
  const ward = new Ward();
  ward.resolve({ ...roundRobin, maxEjectionPercent: 100 }, A, B, C);
  ward.calls(10, [A, B, C], C);
  ward.clock.advance(100_000);
  assert.deepEqual(ward.rotation, [A, B, C]);
  assert.equal(ward.clock.pending, 0);
  const published = ward.published.length;
  ward.resolve(byFailures, A, B, C);
  assert.equal(ward.published.length > published, true);
  ward.calls(10, [A, B, C], C);
  ward.nextInterval();
  assert.deepEqual(ward.rotation, [A, B]);
});

test("NoopConfiguration: a change to or from it is published, even if the child says nothing", () => {
  const ward = new Ward();
  const childPolicy = [{ stub: {} }];
  ward.update({ ...byFailures, childPolicy }, endpoints(A));
  ward.stubs.made[0]!.publish("READY");
  ward.update({ ...byFailures, childPolicy }, endpoints(A));
  assert.equal(ward.published.length, 1);
  ward.update({ childPolicy }, endpoints(A));
  assert.equal(ward.published.length, 2);
  ward.update({ ...byFailures, childPolicy }, endpoints(A));
  assert.equal(ward.published.length, 3);
});

test("picks give the connection itself, and objects that were made beforehand", () => {
  const ward = new Ward();
  for (const json of [byFailures, roundRobin]) {
    ward.resolve(json, A, B, C);
    const results = new Set(Array.from({ length: 60 }, () => ward.pick()));
    assert.equal(results.size, 3);
    for (const result of results) {
      assert.ok(result.kind === "complete");
      assert.ok(ward.subchannels.includes(result.subchannel as FakeSubchannel));
    }
  }
});

test("a child that counts calls itself goes on doing so", () => {
  const ward = new Ward();
  ward.resolve({ ...byFailures, childPolicy: [{ weighted_round_robin: {} }] }, A, B, C);
  ward.calls(5, [A, B, C], C);
  ward.nextInterval();
  assert.deepEqual(ward.ejected, [C]);
  assert.deepEqual(ward.rotation, [A, B]);
});

test("one outlier detection in another: both see the calls", () => {
  const ward = new Ward();
  ward.resolve({ ...byFailures, childPolicy: [{ outlier_detection: byFailures }] }, A, B, C);
  ward.calls(5, [A, B, C], C);
  ward.nextInterval();
  assert.deepEqual(ward.ejected, [C]);
  const [inner] = ward.policy.describe().children!;
  assert.deepEqual(inner!.detail!.ejected, [C]);
  assert.deepEqual(ward.rotation, [A, B]);
});

test("ConcurrentOperations: after the end nothing happens any more, whoever calls", () => {
  const ward = new Ward();
  ward.resolve({ ...byFailures, maxEjectionPercent: 100 }, A, B, C);
  const call = ward.pick();
  ward.calls(5, [A, B, C], C);
  const before = ward.published.length;
  const [subchannel] = ward.subchannels;
  ward.policy.close();
  assert.ok(call.kind === "complete");
  call.onEnd?.(failedOutcome);
  subchannel!.becomeHealthy({ state: "READY" });
  ward.clock.advance(100_000);
  assert.equal(ward.published.length, before);
  assert.equal(ward.alive.length, 0);
  assert.equal(ward.clock.pending, 0);
});

test("ConcurrentOperations: the channel may close, or take another list, from within a publication", () => {
  for (const [react, endpointsLeft] of [
    [(ward: Ward) => ward.policy.close(), 0],
    [(ward: Ward) => void ward.update(byFailures, endpoints(A)), 1],
    [(ward: Ward) => void ward.update(roundRobin, endpoints(A, B, C)), 3],
  ] as const) {
    let armed = false;
    class Reacting extends Ward {
      override updateState(...publication: Parameters<FakeHelper["updateState"]>): void {
        super.updateState(...publication);
        if (!armed) return;
        armed = false;
        react(this);
      }
    }
    const ward = new Reacting();
    ward.resolve(byFailures, A, B, C);
    ward.calls(5, [A, B, C], C);
    armed = true;
    ward.nextInterval();
    assert.equal(armed, false);
    ward.clock.advance(100_000);
    assert.equal(ward.alive.length, endpointsLeft);
    if (endpointsLeft > 0) assert.deepEqual(ward.ejected, []);
  }
});

test("an error of the resolver before any list fails calls", () => {
  const ward = new Ward();
  ward.policy.resolverError(StatusError.unavailable("no DNS"));
  assert.match(ward.pickError().text, /no DNS/);
});
