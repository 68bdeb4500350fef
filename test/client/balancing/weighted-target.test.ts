import assert from "node:assert/strict";
import { test } from "node:test";
import { pickFirstPolicy } from "../../../lib/client/balancing/pick-first.js";
import { queuePicker } from "../../../lib/client/balancing/picker.js";
import type { LoadBalancer, LoadBalancerFactory } from "../../../lib/client/balancing/policy.js";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import { ringHashPolicy } from "../../../lib/client/balancing/ring-hash.js";
import { roundRobinPolicy } from "../../../lib/client/balancing/round-robin.js";
import {
  type WeightedTargetConfig,
  weightedTargetPolicy,
} from "../../../lib/client/balancing/weighted-target.js";
import type { Endpoint } from "../../../lib/client/naming/endpoint.js";
import { ConfigReader } from "../../../lib/client/service-config/config-reader.js";
import { StatusError } from "../../../lib/rpc/index.js";
import { recordingLogger } from "../../server/support.js";
import { endpoints, FakeHelper, seeded, stubPolicy, update } from "../doubles.js";

const [A, B, C, D] = ["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1"] as const;
const roundRobin = [{ round_robin: {} }];

/** Endpoints of a target. */
const at = (name: string, ...addresses: readonly string[]): Endpoint[] =>
  endpoints(...addresses).map((endpoint) => ({ ...endpoint, path: [name] }));

class Fixture {
  readonly stub = stubPolicy("stub");
  readonly helper: FakeHelper;
  readonly balancer: LoadBalancer<WeightedTargetConfig>;

  constructor(...policies: readonly LoadBalancerFactory[]) {
    this.helper = new FakeHelper({
      random: seeded(5),
      policies: [
        pickFirstPolicy,
        roundRobinPolicy,
        ringHashPolicy,
        weightedTargetPolicy,
        this.stub,
        ...policies,
      ],
    });
    this.balancer = weightedTargetPolicy.createBalancer(this.helper);
  }

  /** Targets by name: weight, and a policy unless it is round_robin. */
  update(
    targets: Readonly<Record<string, readonly [weight: number, childPolicy?: object[]]>>,
    ...lists: readonly (readonly Endpoint[])[]
  ): boolean {
    const entries = Object.entries(targets).map(([name, [weight, childPolicy = roundRobin]]) => [
      name,
      { weight, childPolicy },
    ]);
    const config = parse({ targets: Object.fromEntries(entries) }, this.helper.context.policies);
    return this.balancer.update(update(lists.flat(), config));
  }

  /** Children of stub targets, in the order in which they were made. */
  stubs(...weights: readonly number[]) {
    this.update(Object.fromEntries(weights.map((weight, i) => [`t${i}`, [weight, [{ stub: {} }]] as const])));
    return this.stub.made;
  }

  succeed(...addresses: readonly string[]): void {
    for (const name of addresses) this.helper.at(name).succeed();
  }
}

function parse(json: object, policies: PolicyRegistry): WeightedTargetConfig {
  return weightedTargetPolicy.parseConfig(ConfigReader.of(json, ""), policies);
}

function assertShares(
  counts: Readonly<Record<string, number>>,
  shares: Readonly<Record<string, number>>,
): void {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  assert.deepEqual(Object.keys(counts).sort(), Object.keys(shares).sort());
  for (const [name, share] of Object.entries(shares)) {
    assert.ok(
      Math.abs(counts[name]! / total - share) < 0.02,
      `${name}: ${counts[name]} of ${total}, not ${share}`,
    );
  }
}

test("ParseConfig: targets with weight and policy; nested ones too", () => {
  const policies = new PolicyRegistry([pickFirstPolicy, roundRobinPolicy, weightedTargetPolicy]);
  const nested = [
    { weighted_target_experimental: { targets: { inner: { weight: 1, childPolicy: roundRobin } } } },
  ];
  const { targets } = parse(
    {
      targets: { one: { weight: 75, childPolicy: roundRobin }, two: { weight: "25", child_policy: nested } },
    },
    policies,
  );
  assert.deepEqual([...targets.keys()], ["one", "two"]);
  assert.equal(targets.get("one")!.weight, 75);
  assert.equal(targets.get("two")!.weight, 25);
  assert.equal(targets.get("two")!.policy.factory, weightedTargetPolicy);
  assert.equal(parse({}, policies).targets.size, 0);
  assert.equal(parse({ targets: {} }, policies).targets.size, 0);

  const wrong = (target: unknown) => parse({ targets: { one: target } }, policies);
  assert.throws(
    () => wrong({ weight: 1, childPolicy: [{ unknown: {} }] }),
    /targets\.one\.childPolicy: .*unknown/,
  );
  assert.throws(() => wrong({ weight: 1 }), /targets\.one\.childPolicy/);
  assert.throws(
    () => wrong({ weight: 0, childPolicy: roundRobin }),
    /targets\.one\.weight: must be a whole number from 1 on/,
  );
  assert.throws(() => wrong({ childPolicy: roundRobin }), /targets\.one\.weight/);
  assert.throws(() => wrong({ weight: -1, childPolicy: roundRobin }), /weight/);
  assert.throws(() => wrong({ weight: 4_294_967_296, childPolicy: roundRobin }), /weight/);
  assert.throws(() => wrong(null), /targets\.one: must be an object/);
});

test("NoTargets: calls fail, and say why", () => {
  const f = new Fixture();
  assert.equal(f.update({}), true);
  assert.equal(f.helper.state, "TRANSIENT_FAILURE");
  const { code, text } = f.helper.pickError();
  assert.deepEqual([code, text], [14, "no targets to pick from"]);
});

test("WeightedTarget: targets come, are replaced and go; each has its own part of the list", () => {
  const f = new Fixture();
  const two = { one: [1], two: [1] } as const;
  f.update({ one: [1] }, at("one", A));
  f.succeed(A);
  assert.equal(f.helper.pickAddress(), A);

  f.update(two, at("one", A), at("two", B));
  assert.deepEqual(
    Object.keys(f.helper.pickCounts(10)),
    [A],
    "READY goes on serving while the new one connects",
  );
  f.succeed(B);
  assertShares(f.helper.pickCounts(10_000), { [A]: 0.5, [B]: 0.5 });

  f.update({ two: [1], three: [1] }, at("two", B), at("three", C));
  assert.deepEqual(
    f.helper.alive.map(({ name }) => name),
    [B, C],
    "closed at once",
  );
  assert.deepEqual(Object.keys(f.helper.pickCounts(10)), [B]);

  f.update({});
  assert.equal(f.helper.state, "TRANSIENT_FAILURE");
  assert.equal(f.helper.alive.length, 0);
});

test("WeightedTarget: a target sees its endpoints with the rest of their path, and its own name", () => {
  const f = new Fixture();
  const [list] = [endpoints(A, B, C, D)];
  const paths = [["t0"], ["t0", "deeper", "down"], ["nobody"], undefined];
  const sent = list.map((endpoint, i) => ({ ...endpoint, weight: 3, ...(paths[i] && { path: paths[i] }) }));
  f.update({ t0: [1, [{ stub: { its: "config" } }]], t1: [1, [{ stub: {} }]] }, sent);
  const [t0, t1] = f.stub.made;
  assert.deepEqual(t0!.updates[0]!.endpoints, [
    { ...list[0], weight: 3, locality: "t0" },
    { ...list[1], weight: 3, locality: "t0", path: ["deeper", "down"] },
  ]);
  assert.deepEqual(t0!.updates[0]!.config, { its: "config" });
  assert.deepEqual(t1!.updates[0]!.endpoints, []);
});

test("WeightedTarget: another policy of a target takes over gracefully", () => {
  const f = new Fixture();
  const [old] = f.stubs(1);
  old!.publish("READY", queuePicker);
  f.update({ t0: [1] }, at("t0", A));
  assert.equal(old!.closed, false);
  assert.equal(f.helper.state, "READY");
  f.succeed(A);
  assert.equal(old!.closed, true);
  assert.equal(f.helper.pickAddress(), A);
});

test("OneSubBalancer_AddRemoveBackend: calls go round the endpoints of the target", () => {
  const f = new Fixture();
  f.update({ one: [1] }, at("one", A));
  f.succeed(A);
  assert.deepEqual(f.helper.pickCounts(4), { [A]: 4 });
  f.update({ one: [1] }, at("one", A, B));
  f.succeed(B);
  assert.deepEqual(f.helper.pickCounts(4), { [A]: 2, [B]: 2 });
  f.update({ one: [1] }, at("one", B));
  assert.deepEqual(f.helper.pickCounts(4), { [B]: 4 });
});

test("TwoSubBalancers_OneBackend: equal weights share evenly", () => {
  const f = new Fixture();
  f.update({ one: [1], two: [1] }, at("one", A), at("two", B));
  f.succeed(A, B);
  assertShares(f.helper.pickCounts(10_000), { [A]: 0.5, [B]: 0.5 });
});

test("TwoSubBalancers_MoreBackends: a target uses what it has; one that is down gets no calls", () => {
  const f = new Fixture();
  f.update({ one: [1], two: [1] }, at("one", A, B), at("two", C, D));
  f.succeed(A, B, C, D);
  assertShares(f.helper.pickCounts(10_000), { [A]: 0.25, [B]: 0.25, [C]: 0.25, [D]: 0.25 });
  f.helper.at(A).become("IDLE");
  f.helper.at(A).become("TRANSIENT_FAILURE");
  assertShares(f.helper.pickCounts(10_000), { [B]: 0.5, [C]: 0.25, [D]: 0.25 });
  f.helper.at(B).become("IDLE");
  f.helper.at(B).become("TRANSIENT_FAILURE");
  assertShares(f.helper.pickCounts(10_000), { [C]: 0.5, [D]: 0.5 });
  f.helper.at(C).become("IDLE");
  f.helper.at(C).become("TRANSIENT_FAILURE");
  f.helper.at(D).become("IDLE");
  f.helper.at(D).become("TRANSIENT_FAILURE");
  assert.equal(f.helper.state, "TRANSIENT_FAILURE");
  const errors = new Set(Array.from({ length: 50 }, () => f.helper.pickError().text));
  assert.ok(
    [...errors].every((text) => /refused/.test(text)),
    [...errors].join(),
  );
  assert.ok([...errors].some((text) => text.includes(C) || text.includes(D)));
  assert.ok([...errors].some((text) => text.includes(A) || text.includes(B)));
});

test("TwoSubBalancers_DifferentWeight_MoreBackends: shares are those of the weights", () => {
  const f = new Fixture();
  f.update({ one: [2], two: [1] }, at("one", A, B), at("two", C, D));
  f.succeed(A, B, C, D);
  assertShares(f.helper.pickCounts(10_000), { [A]: 2 / 6, [B]: 2 / 6, [C]: 1 / 6, [D]: 1 / 6 });
});

test("ThreeSubBalancers_RemoveBalancer: the rest shares; without anything READY it fails", () => {
  const f = new Fixture();
  const three = [at("one", A), at("two", B), at("three", C)];
  f.update({ one: [1], two: [1], three: [1] }, ...three);
  f.succeed(A, B, C);
  assertShares(f.helper.pickCounts(10_000), { [A]: 1 / 3, [B]: 1 / 3, [C]: 1 / 3 });
  f.update({ one: [1], three: [1] }, ...three);
  assertShares(f.helper.pickCounts(10_000), { [A]: 0.5, [C]: 0.5 });
  f.helper.at(C).become("IDLE");
  f.helper.at(C).become("TRANSIENT_FAILURE");
  f.update({ three: [1] }, ...three);
  assert.equal(f.helper.state, "TRANSIENT_FAILURE");
  assert.match(f.helper.pickError().text, /10\.0\.0\.3:1 refused/);
});

test("TwoSubBalancers_ChangeWeight_MoreBackends: new weights are used, nothing connects anew", () => {
  const f = new Fixture();
  const lists = [at("one", A, B), at("two", C, D)];
  f.update({ one: [2], two: [1] }, ...lists);
  f.succeed(A, B, C, D);
  f.update({ one: [3], two: [1] }, ...lists);
  assertShares(f.helper.pickCounts(10_000), { [A]: 3 / 8, [B]: 3 / 8, [C]: 1 / 8, [D]: 1 / 8 });
  assert.equal(f.helper.subchannels.length, 4);
});

test("InitOneSubBalancerTransientFailure: while another one connects, calls wait", () => {
  const f = new Fixture();
  const [one] = f.stubs(1, 1);
  one!.publish("TRANSIENT_FAILURE");
  assert.equal(f.helper.state, "CONNECTING");
  assert.equal(f.helper.pick().kind, "queue");
});

test("SubBalancerTurnsConnectingFromTransientFailure: it still counts as failed", () => {
  const f = new Fixture();
  const [one, two] = f.stubs(1, 1);
  one!.publish("TRANSIENT_FAILURE", "first");
  two!.publish("TRANSIENT_FAILURE", "second");
  assert.equal(f.helper.state, "TRANSIENT_FAILURE");
  one!.publish("CONNECTING", queuePicker);
  assert.equal(f.helper.state, "TRANSIENT_FAILURE");
  const errors = new Set(Array.from({ length: 100 }, () => f.helper.pickError().text));
  assert.deepEqual([...errors].sort(), ["first", "second"]);
});

test("InitialIdle: IDLE targets make it IDLE; they are told to connect, also by calls", async () => {
  const f = new Fixture();
  const [one, two] = f.stubs(1, 1);
  one!.publish("IDLE");
  two!.publish("IDLE");
  assert.equal(f.helper.state, "IDLE");
  assert.deepEqual([one!.exits, two!.exits], [1, 1]);
  assert.equal(f.helper.pick().kind, "queue");
  await new Promise<void>((resolve) => setImmediate(resolve));
  assert.deepEqual([one!.exits, two!.exits], [2, 2]);
});

test("IgnoreSubBalancerStateTransitions: from failing to connecting is not published", () => {
  const f = new Fixture();
  const [one] = f.stubs(1);
  one!.publish("TRANSIENT_FAILURE");
  const before = f.helper.published.length;
  one!.publish("CONNECTING");
  assert.equal(f.helper.published.length, before);
});

test("UpdateStatePauses: one publication for each update, whatever the children publish", () => {
  const chatty = stubPolicy("chatty");
  const f = new Fixture({
    ...chatty,
    createBalancer: (helper) => {
      const balancer = chatty.createBalancer(helper);
      const handDown = balancer.update.bind(balancer);
      balancer.update = (received) => {
        helper.updateState("CONNECTING", queuePicker);
        helper.updateState("IDLE", queuePicker);
        helper.updateState("READY", queuePicker);
        return handDown(received);
      };
      return balancer;
    },
  });
  const targets = { one: [1, [{ chatty: {} }]], two: [1, [{ chatty: {} }]] } as const;
  const give = () =>
    f.update(Object.fromEntries(Object.entries(targets).map(([k, [w, p]]) => [k, [w, [...p]]])));
  give();
  assert.deepEqual(f.helper.states, ["READY"]);
  give();
  assert.deepEqual(f.helper.states, ["READY", "READY"]);
});

test("an IDLE target connects at once beside a READY one, or it would lose its share", () => {
  const f = new Fixture();
  f.update({ one: [1], two: [1] }, at("one", A), at("two", B));
  f.succeed(A, B);
  f.update({ one: [1, [{ ring_hash: {} }]], two: [1] }, at("one", A), at("two", B));
  assert.deepEqual(f.helper.alive.map(({ name }) => name).sort(), [A, B]);
  assert.equal(f.helper.at(A).status.state, "CONNECTING");
});

test("a target that has failed and then waits for a call gets one", async () => {
  const f = new Fixture();
  const [one] = f.stubs(1);
  one!.publish("TRANSIENT_FAILURE");
  one!.publish("IDLE", queuePicker);
  assert.equal(f.helper.state, "TRANSIENT_FAILURE");
  assert.equal(f.helper.pick().kind, "queue");
  assert.equal(one!.exits, 1);
});

test("a list is refused if one target refuses its part", () => {
  const f = new Fixture();
  assert.equal(f.update({ one: [1], two: [1] }, at("one", A), at("two", B)), true);
  assert.equal(f.update({ one: [1], two: [1] }, at("one", A)), false);
  f.succeed(A);
  assert.equal(f.helper.pickAddress(), A);
});

test("errors of the resolver reach all targets; without any, calls", () => {
  const f = new Fixture();
  f.balancer.resolverError(StatusError.unavailable("no such name"));
  assert.equal(f.helper.state, "TRANSIENT_FAILURE");
  assert.match(f.helper.pickError().text, /no such name/);
  const stubs = f.stubs(1, 1);
  const before = f.helper.published.length;
  f.balancer.resolverError(StatusError.unavailable("again"));
  assert.deepEqual(
    stubs.map(({ errors }) => errors.length),
    [1, 1],
  );
  assert.equal(f.helper.published.length, before, "nothing has changed");
});

test("policies nest: each level takes its name off the path", () => {
  const f = new Fixture();
  const inner = (weights: Readonly<Record<string, number>>) => [
    {
      weighted_target: {
        targets: Object.fromEntries(
          Object.entries(weights).map(([name, weight]) => [name, { weight, childPolicy: roundRobin }]),
        ),
      },
    },
  ];
  const list = endpoints(A, B, C).map((endpoint, i) => ({
    ...endpoint,
    path: [
      ["x", "p"],
      ["x", "q"],
      ["y", "p"],
    ][i]!,
  }));
  f.update({ x: [3, inner({ p: 1, q: 2 })], y: [1, inner({ p: 1 })] }, list);
  f.succeed(A, B, C);
  assertShares(f.helper.pickCounts(20_000), { [A]: 0.25, [B]: 0.5, [C]: 0.25 });
});

test("ready-made children are described by name, with their weights", () => {
  const f = new Fixture();
  f.update({ one: [2], two: [1] }, at("one", A), at("two", B));
  f.succeed(A);
  const { policy, state, children, detail } = f.balancer.describe();
  assert.deepEqual([policy, state], ["weighted_target_experimental", "READY"]);
  assert.deepEqual(detail, { weights: { one: 2, two: 1 } });
  assert.deepEqual(
    children!.map((child) => [child.name, child.policy, child.state]),
    [
      ["one", "round_robin", "READY"],
      ["two", "round_robin", "CONNECTING"],
    ],
  );
});

test("closed from within a publication, it publishes no more and leaves nothing", () => {
  const f = new Fixture();
  f.update({ one: [1], two: [1] }, at("one", A), at("two", B));
  const { published } = f.helper;
  const publish = f.helper.updateState.bind(f.helper);
  f.helper.updateState = (state, picker) => {
    publish(state, picker);
    if (state === "READY") f.balancer.close();
  };
  f.succeed(A);
  assert.equal(f.helper.alive.length, 0);
  const count = published.length;
  f.balancer.close();
  assert.equal(published.length, count);
});

test("endpoints that belong to no target are in the log, once for each change of their number", () => {
  const { helper, balancer } = new Fixture();
  const logger = recordingLogger();
  Object.assign(helper.context, { logger });
  const json = { targets: { a: { weight: 1, childPolicy: roundRobin } } };
  const config = weightedTargetPolicy.parseConfig(ConfigReader.of(json, ""), helper.context.policies);
  const give = (...list: readonly Endpoint[]) => balancer.update(update(list, config));
  give(...at("a", A), ...at("b", B), ...endpoints(C));
  give(...at("a", A), ...at("b", C), ...endpoints(B));
  give(...at("a", A));
  give(...at("a", A), ...at("b", D));
  assert.deepEqual(
    logger.lines.map(({ level, fields }) => [level, fields["endpoints"], fields["targets"]]),
    [
      ["warn", 2, ["a"]],
      ["warn", 1, ["a"]],
    ],
  );
});
