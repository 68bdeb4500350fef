/** Balancers that mean no good, and channels that end in the middle. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { grpclbPolicy } from "../../../../lib/client/balancing/grpclb/grpclb.js";
import { MAX_KEPT } from "../../../../lib/client/balancing/grpclb/subchannel-cache.js";
import type { ControlChannel, ControlChannelOptions } from "../../../../lib/client/balancing/policy.js";
import type { ConnectivityState } from "../../../../lib/client/connectivity.js";
import type { LoadBalancerServer } from "../../../../lib/schema/index.js";
import { seeded } from "../../doubles.js";
import { dropEntry, entry, GrpclbHelper, given, serving, start } from "./support.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";
const C = "3.3.3.3:3";

const many = (count: number, from = 0): LoadBalancerServer[] =>
  Array.from({ length: count }, (_, i) => ({
    ipAddress: Buffer.from([10, ((from + i) >> 16) & 255, ((from + i) >> 8) & 255, (from + i) & 255]),
    port: 80,
    loadBalanceToken: `token-${i}`,
    drop: false,
  }));

test("garbage: a list of which nothing can be used fails calls in so many words; the next good one is used", () => {
  const { helper } = serving([A], { fallback: [C] });
  helper.stream.list(
    { ...entry(A), ipAddress: Buffer.from([1]) },
    { ...entry(A), port: 1 << 20 },
    entry(A, "\u0000"),
    entry(A, "t".repeat(10_000)),
  );
  assert.equal(helper.state, "TRANSIENT_FAILURE");
  assert.match(helper.pickError().text, /the balancer's list names no backend/);
  helper.stream.list({ ...entry(A), ipAddress: Buffer.alloc(3) }, entry(A, "good"));
  helper.connectAll();
  assert.deepEqual(helper.sequence(2), [A, A]);
});

test("huge lists: 12,000 backends, again and again, all of them used and let go", () => {
  const { helper, balancer } = start({}, seeded(1));
  helper.stream.welcome(1);
  for (let round = 0; round < 3; round++) {
    helper.stream.list(...many(12_000, round), dropEntry("d"));
    helper.connectAll();
    assert.equal(helper.state, "READY");
    assert.equal(Object.keys(helper.pickCounts(12_000)).length, 12_000);
    assert.equal(helper.pick().kind, "drop");
  }
  assert.equal(helper.subchannels.length, 12_002);
  helper.stream.list(entry(A));
  // So many are kept, and not for ever.
  assert.equal(helper.alive.length, 1 + MAX_KEPT);
  helper.clock.advance(10_000);
  assert.equal(helper.alive.length, 1);
  balancer.close();
  assert.equal(helper.clock.pending, 0);
});

test("one address 20,000 times over is one connection", () => {
  const { helper } = start();
  helper.stream.welcome();
  helper.stream.list(...Array.from({ length: 20_000 }, (_, i) => entry(A, `t${i}`)));
  assert.equal(helper.subchannels.length, 1);
  helper.connectAll();
  assert.equal(helper.sequence(20_000).length, 20_000);
});

test("flapping each 10 ms between two lists makes no new connection, and calls go on", () => {
  const { helper, balancer } = serving([A, B]);
  for (let i = 0; i < 1000; i++) {
    helper.stream.list(entry(i % 2 === 0 ? A : B, `t${i}`), dropEntry(`d${i}`));
    helper.clock.advance(10);
    assert.deepEqual(helper.sequence(2), [i % 2 === 0 ? A : B, "drop"]);
  }
  assert.equal(helper.subchannels.length, 2);
  assert.ok(helper.clock.pending <= 1);
  balancer.close();
  assert.equal(helper.clock.pending, 0);
});

test("flapping backends that cannot be reached keep their back-off", () => {
  const { helper } = start();
  helper.stream.welcome();
  for (let i = 0; i < 100; i++) {
    helper.stream.list(entry(A, `t${i}`), ...(i % 2 === 0 ? [entry(B)] : []));
    for (const subchannel of helper.alive) {
      if (subchannel.status.state === "CONNECTING") subchannel.become("TRANSIENT_FAILURE");
    }
    helper.clock.advance(10);
  }
  assert.deepEqual(
    helper.subchannels.map(({ connects }) => connects),
    [1, 1],
  );
});

test("flapping each 10 ms between a list and the fallback leaves nothing behind", () => {
  const { helper, balancer } = serving([A], { fallback: [C] });
  for (let i = 0; i < 500; i++) {
    helper.stream.fallback();
    helper.connectAll();
    assert.deepEqual(helper.sequence(1), [C]);
    helper.clock.advance(10);
    helper.stream.backends(A, B);
    helper.connectAll();
    assert.deepEqual(helper.sequence(2), [A, B]);
    assert.equal(helper.alive.length, 2);
  }
  balancer.close();
  assert.deepEqual([helper.alive.length, helper.clock.pending], [0, 0]);
});

test("flapping fills no log: one line of a kind for each stretch, the rest is for debug", () => {
  const { helper } = start({ fallback: [C] });
  const told = () => helper.logged("info", "warn");
  const flap = () => {
    for (let i = 0; i < 1000; i++) {
      helper.stream.welcome();
      helper.stream.list(entry(A, `t${i}`), { ...entry(A), port: -1 });
      helper.stream.fallback();
      if (i % 300 === 150) helper.stream.end(new Error("lost"));
      helper.clock.advance(10);
    }
  };
  flap();
  const stretch = [
    "a balancer of grpclb is there",
    "grpclb has a list of the balancer",
    "the balancer of grpclb lists what cannot be used",
    "grpclb falls back to the addresses of the resolver",
    "the stream to the balancer of grpclb is lost",
  ];
  assert.deepEqual(told(), stretch);
  assert.ok(helper.logged("debug").length > 2900);
  helper.clock.advance(10_000);
  helper.logger.lines.length = 0;
  flap();
  assert.deepEqual(told().sort(), stretch.sort());
  const again = helper.logger.lines.find(({ message }) => message.startsWith("grpclb has"));
  assert.deepEqual([again!.level, again!.fields.repeated], ["info", 999]);
});

test("a balancer that greets and hangs up, over and over, is not asked in a circle", () => {
  const { helper } = start({ fallback: [C] });
  const before = helper.control.streams.length;
  for (let i = 0; i < 1000; i++) {
    const { stream } = helper;
    if (!stream.ended) {
      stream.welcome();
      stream.end();
    }
    helper.clock.advance(10);
  }
  // Ten seconds: three at once, and then with the back-off of those that fail.
  assert.ok(helper.control.streams.length - before < 10, String(helper.control.streams.length));
});

test("a balancer that never answers: the fallback serves, and one stream waits", () => {
  const { helper } = start({ fallback: [C] });
  helper.control.connectivity.next("READY");
  helper.clock.advance(10_000);
  helper.at(C).become("READY");
  helper.clock.advance(600_000);
  assert.deepEqual(helper.sequence(1), [C]);
  assert.equal(helper.control.streams.length, 1);
  assert.equal(helper.clock.pending, 0);
});

test("ever new tokens of drops fill no memory", () => {
  const { helper } = start();
  helper.stream.welcome(1);
  for (let i = 0; i < 12_000; i++) {
    helper.stream.list(dropEntry(`d${i}`));
    helper.pick();
  }
  helper.clock.advance(1000);
  const [report] = helper.stream.reports;
  assert.equal(report!.numCallsStarted, "12000");
  assert.equal(report!.callsFinishedWithDrop.length, 10_001);
  const { numCalls } = report!.callsFinishedWithDrop.find((each) => each.loadBalanceToken === "")!;
  assert.equal(numCalls, "2000");
});

test("tokens of drops that are longer than the protocol allows are not kept, but counted", () => {
  const { helper } = start();
  helper.stream.welcome(1);
  const longest = "x".repeat(50);
  const tokens = [`${longest}x`, "ü".repeat(26), "y".repeat(1_000_000), longest];
  helper.stream.list(...tokens.map(dropEntry));
  helper.sequence(4);
  helper.clock.advance(1000);
  const [report] = helper.stream.reports;
  assert.equal(report!.numCallsStarted, "4");
  assert.deepEqual(report!.callsFinishedWithDrop, [
    { loadBalanceToken: "", numCalls: "3" },
    { loadBalanceToken: longest, numCalls: "1" },
  ]);
});

for (const state of ["CONNECTING", "READY", "TRANSIENT_FAILURE"] as const) {
  test(`whoever hears ${state} may close the policy at once`, () => {
    for (const what of [{}, { fallback: [C] }, { balancers: [], fallback: [C] }]) {
      const helper = new GrpclbHelper();
      const balancer = grpclbPolicy.createBalancer(helper);
      const update = helper.updateState.bind(helper);
      helper.updateState = (published: ConnectivityState, picker) => {
        update(published, picker);
        if (published === state) balancer.close();
      };
      balancer.update(given(helper, what));
      const stream = helper.controls.at(-1)?.streams.at(-1);
      if (stream !== undefined && !stream.cancelled) {
        stream.welcome(1);
        stream.backends(A, B);
      }
      for (const subchannel of [...helper.alive]) {
        if (state === "READY") subchannel.become("READY");
        else subchannel.become("TRANSIENT_FAILURE");
      }
      assert.equal(helper.state, state);
      assert.deepEqual([helper.alive.length, helper.clock.pending], [0, 0]);
      assert.ok(helper.controls.every(({ closed }) => closed));
      assert.ok(helper.controls.every(({ streams }) => streams.every(({ cancelled }) => cancelled)));
    }
  });
}

test("a policy that is closed when it hears that no balancer can be reached listens no more", () => {
  class Unreachable extends GrpclbHelper {
    override createControlChannel(target: string, options: ControlChannelOptions = {}): ControlChannel {
      const channel = super.createControlChannel(target, options);
      this.control.connectivity.next("TRANSIENT_FAILURE");
      return channel;
    }
  }
  const helper = new Unreachable();
  const balancer = grpclbPolicy.createBalancer(helper);
  const update = helper.updateState.bind(helper);
  helper.updateState = (state, picker) => {
    update(state, picker);
    if (state === "TRANSIENT_FAILURE") balancer.close();
  };
  balancer.update(given(helper));
  assert.equal(helper.state, "TRANSIENT_FAILURE");
  assert.equal(helper.control.closed, true);
  assert.equal(helper.control.connectivity.observed, false);
});

test("a change of the list from within a publication is taken, and the last word counts", () => {
  const { helper } = start();
  helper.stream.welcome();
  const update = helper.updateState.bind(helper);
  let told = false;
  helper.updateState = (state, picker) => {
    update(state, picker);
    if (state === "READY" && !told) {
      told = true;
      helper.stream.backends(B);
    }
  };
  helper.stream.backends(A);
  helper.at(A).become("READY");
  helper.at(B).become("READY");
  assert.deepEqual(helper.sequence(2), [B, B]);
});

test("an error of the stream that is no Error is an end like any other", () => {
  const { helper } = serving([A]);
  helper.stream.responses.error("odd");
  assert.equal(helper.control.streams.length, 2);
  assert.deepEqual(helper.sequence(1), [A]);
});
