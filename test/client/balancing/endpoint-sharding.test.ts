import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EndpointSharding,
  type Shard,
  type ShardingOptions,
} from "../../../lib/client/balancing/endpoint-sharding.js";
import { type LoadBalancer, type LoadBalancerFactory } from "../../../lib/client/balancing/policy.js";
import { aggregateStates } from "../../../lib/client/connectivity.js";
import { formatAddress } from "../../../lib/client/naming/endpoint.js";
import { randomInteger, StatusCode, StatusError } from "../../../lib/rpc/index.js";
import { cycle, endpoints, StubBalancer, seeded, update } from "../doubles.js";
import { Bench, microtasks } from "./policy-bench.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";
const C = "3.3.3.3:3";

/** A policy that is nothing but its sharding. */
class ShardingBench extends Bench {
  sharding!: EndpointSharding;
  /** How often the sharding said that something has changed. */
  changes = 0;

  constructor(options: Partial<ShardingOptions> = {}, random = cycle(0)) {
    let made: EndpointSharding | undefined;
    let changes = () => {};
    const factory: LoadBalancerFactory = {
      name: "sharded",
      parseConfig: () => ({}),
      createBalancer: (helper): LoadBalancer => {
        const sharding = new EndpointSharding(helper, {
          policy: "sharded",
          onChange: (state, picker) => {
            changes();
            helper.updateState(state, picker);
          },
          ...options,
        });
        made = sharding;
        return {
          update: (received) => sharding.update(received.endpoints, received.attributes),
          resolverError: (error) => sharding.resolverError(error),
          exitIdle: () => sharding.exitIdle(),
          resetBackoff: () => sharding.resetBackoff(),
          close: () => sharding.close(),
          describe: () => ({ policy: "sharded", state: "IDLE", children: sharding.describe() }),
        };
      },
    };
    super(factory, {}, { random });
    this.sharding = made!;
    changes = () => {
      this.changes += 1;
    };
  }

  get shards(): readonly Shard[] {
    return this.sharding.shards;
  }

  get names(): readonly string[] {
    return this.shards.map(({ endpoint }) => endpoint.addresses.map(formatAddress).join());
  }

  shard(name: string): Shard {
    return this.shards[this.names.indexOf(name)]!;
  }
}

/** Children that do what the test says. */
function stubbed(options: Partial<ShardingOptions> = {}) {
  const children: StubBalancer[] = [];
  const channel = new ShardingBench({
    ...options,
    createChild: (helper) => {
      const child = new StubBalancer(helper, "child");
      children.push(child);
      return child;
    },
  });
  return { channel, children };
}

test("TestEndpointShardingBasic: calls go round the children in the best state, the parent sees them all", () => {
  const channel = new ShardingBench();
  channel.resolve(A, B, C);
  assert.equal(channel.state, "CONNECTING");
  assert.equal(channel.pick().kind, "queue");
  channel.at(A).become("TRANSIENT_FAILURE", "A refused");
  assert.equal(channel.state, "CONNECTING");
  channel.at(B).succeed();
  channel.at(C).succeed();
  assert.equal(channel.state, "READY");
  assert.deepEqual(
    [1, 2, 3, 4].map(() => channel.pickAddress()),
    [B, C, B, C],
  );
  assert.deepEqual(
    channel.shards.map(({ state }) => state),
    ["TRANSIENT_FAILURE", "READY", "READY"],
  );
  channel.policy.resolverError(StatusError.unavailable("no such name"));
  assert.deepEqual(channel.pickCounts(4), { [B]: 2, [C]: 2 });
  channel.at(B).become("TRANSIENT_FAILURE");
  channel.at(C).become("TRANSIENT_FAILURE");
  assert.notEqual(channel.state, "READY");
});

test("TestEndpointShardingBasic: a resolver error reaches calls when there is nothing else", () => {
  const channel = new ShardingBench();
  channel.policy.resolverError(StatusError.unavailable("no such name"));
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  assert.match(channel.pickError().text, /no such name/);
  channel.resolve(A, B);
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.at(B).become("TRANSIENT_FAILURE");
  channel.forget();
  channel.policy.resolverError(StatusError.unavailable("still no such name"));
  assert.match(channel.pickError().text, /still no such name/);
  assert.equal(channel.published.length, 1, "once, not for each child");
});

test("TestEndpointShardingReconnectDisabled: an IDLE child stays IDLE", () => {
  const channel = new ShardingBench({ autoReconnect: false });
  channel.resolve(A);
  channel.at(A).succeed();
  channel.at(A).become("IDLE");
  assert.equal(channel.state, "IDLE");
  assert.deepEqual(channel.busy, []);
  assert.equal(channel.at(A).connects, 1);

  const usual = new ShardingBench();
  usual.resolve(A);
  usual.at(A).succeed();
  usual.at(A).become("IDLE");
  assert.equal(usual.state, "CONNECTING");
  assert.equal(usual.at(A).connects, 2);
  assert.equal(usual.reresolutions, 1);
});

test("TestEndpointShardingExitIdle: IDLE children are connected when they are asked to", async () => {
  const channel = new ShardingBench({ autoReconnect: false });
  channel.resolve(A, B);
  for (const name of [A, B]) {
    channel.at(name).succeed();
    channel.at(name).become("IDLE");
  }
  assert.equal(channel.state, "IDLE");
  channel.shard(B).exitIdle();
  assert.deepEqual(channel.busy, [B]);
  channel.at(B).succeed();
  channel.at(B).become("IDLE");
  channel.forget();
  channel.policy.exitIdle();
  assert.deepEqual(channel.busy, [A, B]);
  assert.deepEqual(channel.states, ["CONNECTING"]);

  const picked = new ShardingBench({ autoReconnect: false });
  picked.resolve(A);
  picked.at(A).succeed();
  picked.at(A).become("IDLE");
  picked.call();
  await microtasks();
  assert.deepEqual(picked.busy, [A], "a call wakes it too");
});

test("TestRotateEndpoints: a list starts anywhere, and keeps its order", () => {
  for (const [chance, expected] of [
    [0, [A, B, C]],
    [0.4, [B, C, A]],
    [0.99, [C, A, B]],
  ] as const) {
    const channel = new ShardingBench({}, () => chance);
    channel.resolve(A, B, C);
    assert.deepEqual(channel.names, expected);
    channel.resolve(A);
    assert.deepEqual(channel.names, [A]);
    channel.resolve();
    assert.deepEqual(channel.names, []);
  }
});

test("a shard lives as long as its endpoint, whatever the order of its addresses", () => {
  const channel = new ShardingBench();
  channel.resolve([A, B], C);
  const kept = channel.shards[0]!;
  channel.at(A).succeed();
  channel.resolve([B, A]);
  assert.equal(channel.shards[0], kept);
  assert.equal(kept.state, "READY");
  assert.deepEqual(kept.endpoint.addresses.map(formatAddress), [B, A]);
  assert.deepEqual(
    channel.alive.map(({ name }) => name),
    [A],
    "C is closed, A goes on",
  );
  channel.resolve([A]);
  assert.notEqual(channel.shards[0], kept, "another set of addresses is another endpoint");
});

test("attributes of an endpoint change without a new connection", () => {
  const channel = new ShardingBench();
  channel.resolve(A);
  channel.at(A).succeed();
  const changed = { ...endpoints(A)[0]!, weight: 7, metadata: { version: 2 } };
  channel.policy.update(update([changed], {}));
  assert.equal(channel.shards[0]!.endpoint, changed);
  assert.equal(channel.subchannels.length, 1);
});

test("duplicates and endpoints without addresses are left out", () => {
  const channel = new ShardingBench();
  const [a, b] = endpoints(A, B);
  assert.equal(channel.policy.update(update([a!, b!, { ...a! }, { addresses: [] }], {})), true);
  assert.deepEqual(channel.names, [A, B]);
  assert.equal(channel.policy.update(update([{ addresses: [] }], {})), false);
});

test("an empty list closes all children and is refused", () => {
  const channel = new ShardingBench();
  channel.resolve(A);
  channel.at(A).succeed();
  assert.equal(channel.resolve(), false);
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  assert.match(channel.pickError().text, /no children to pick from.*produced zero addresses/);
  assert.equal(channel.pickError().code, StatusCode.UNAVAILABLE);
  assert.deepEqual(channel.alive, []);
  channel.resolve(A);
  assert.equal(channel.state, "CONNECTING");
});

test("an update publishes once, and so does exitIdle", () => {
  const channel = new ShardingBench();
  channel.resolve(A, B, C);
  assert.deepEqual(channel.states, ["CONNECTING"]);
  channel.succeedAll();
  channel.forget();
  channel.resolve(A, B);
  assert.deepEqual(channel.states, ["READY"]);
});

test("a lost connection is replaced in one publication, and asks for a fresh list", () => {
  const channel = new ShardingBench();
  channel.resolve(A, B);
  channel.succeedAll();
  channel.forget();
  channel.at(A).become("IDLE");
  assert.deepEqual(channel.states, ["READY"]);
  assert.deepEqual(channel.pickCounts(3), { [B]: 3 });
  assert.equal(channel.at(A).status.state, "CONNECTING");
  assert.equal(channel.reresolutions, 1);
});

test("a child that has failed counts as failed until it is READY", () => {
  const { channel, children } = stubbed();
  channel.resolve(A, B);
  const [a, b] = children;
  a!.publish("TRANSIENT_FAILURE", "a failed");
  b!.publish("TRANSIENT_FAILURE", "b failed");
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  a!.publish("CONNECTING");
  a!.publish("IDLE");
  assert.equal(a!.exits, 1, "it is woken all the same");
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  assert.deepEqual(new Set([1, 2].map(() => channel.pickError().text)), new Set(["a failed", "b failed"]));
  a!.publish("READY");
  assert.equal(channel.state, "READY");
});

test("without reconnects, a failed child that becomes IDLE says so: nobody else would wake it", () => {
  const { channel, children } = stubbed({ autoReconnect: false });
  channel.resolve(A);
  children[0]!.publish("TRANSIENT_FAILURE");
  children[0]!.publish("CONNECTING");
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  children[0]!.publish("IDLE");
  assert.equal(channel.state, "IDLE");
});

test("a child that is IDLE whatever it is told is not woken in a circle", () => {
  const { channel, children } = stubbed();
  channel.resolve(A);
  const child = children[0]!;
  const exitIdle = child.exitIdle.bind(child);
  child.exitIdle = () => {
    exitIdle();
    child.publish("IDLE");
  };
  child.publish("IDLE");
  assert.equal(child.exits, 1);
  assert.equal(channel.state, "IDLE");
});

test("lazy endpoints have no child until they are woken", async () => {
  const { channel, children } = stubbed({ lazy: true, autoReconnect: false });
  channel.resolve(A, B);
  assert.equal(channel.state, "IDLE");
  assert.equal(children.length, 0);
  channel.resolve(A, B);
  channel.policy.resolverError(StatusError.unavailable("ignored"));
  assert.equal(channel.state, "IDLE");
  channel.shard(A).exitIdle();
  assert.equal(children.length, 1);
  assert.deepEqual(children[0]!.updates.length, 1);
  assert.equal(children[0]!.exits, 1, "it is IDLE after its first list");
  channel.resolve(A, B);
  assert.equal(children[0]!.updates.length, 2);

  const real = new ShardingBench({ lazy: true, autoReconnect: false });
  real.resolve(A, B);
  assert.deepEqual(real.subchannels, []);
  const call = real.call();
  await microtasks();
  assert.deepEqual(real.busy, [A]);
  real.at(A).succeed();
  assert.equal(call.address, A);
  real.at(A).become("IDLE");
  assert.equal(real.state, "IDLE");
});

test("a child that cannot use its endpoint makes the update refused", () => {
  const { channel, children } = stubbed();
  assert.equal(channel.resolve(A), true);
  children[0]!.accepts = false;
  assert.equal(channel.resolve(A, B), false);
});

test("a change of a child that calls do not go to keeps the picker", () => {
  const channel = new ShardingBench();
  channel.resolve(A, B, C);
  channel.at(A).succeed();
  const picker = channel.published.at(-1)!.picker;
  channel.at(B).become("TRANSIENT_FAILURE");
  assert.equal(channel.published.at(-1)!.picker, picker);
  assert.equal(channel.changes, 3);
  channel.at(C).succeed();
  assert.notEqual(channel.published.at(-1)!.picker, picker);
});

test("each picker starts at a random child", () => {
  // One number for the rotation of the list, one for each picker that is used.
  const channel = new ShardingBench({}, cycle(0, 0.7));
  channel.resolve(A, B, C);
  channel.succeedAll();
  assert.deepEqual(
    [1, 2, 3, 4].map(() => channel.pickAddress()),
    [C, A, B, C],
  );
});

test("a picker that was replaced before anybody picked lets calls wait", () => {
  const channel = new ShardingBench();
  channel.resolve(A);
  channel.at(A).succeed();
  const stale = channel.published.at(-1)!.picker;
  channel.at(A).become("IDLE");
  assert.equal(stale.pick({ path: "/a/B", metadata: undefined as never }).kind, "queue");
});

test("after close children are closed and heard no more", () => {
  const { channel, children } = stubbed();
  channel.resolve(A, B);
  channel.forget();
  channel.policy.close();
  assert.ok(children.every(({ closed }) => closed));
  for (const child of children) {
    child.publish("READY");
    child.helper.requestReresolution();
  }
  channel.resolve(C);
  channel.policy.resolverError(StatusError.unavailable("late"));
  channel.policy.exitIdle();
  assert.deepEqual(channel.published, []);
  assert.equal(channel.reresolutions, 0);
  assert.equal(children.length, 2);
});

test("a removed child is heard no more", () => {
  const { channel, children } = stubbed();
  channel.resolve(A, B);
  channel.resolve(B);
  channel.forget();
  children[0]!.publish("READY");
  assert.deepEqual(channel.published, []);
});

test("a publication from inside an update, and a close from inside a publication", () => {
  let eager: (() => void) | undefined;
  const channel: ShardingBench = new ShardingBench({
    createChild: (helper) => {
      helper.updateState("READY", { pick: () => ({ kind: "queue" }) });
      eager?.();
      return new StubBalancer(helper, "eager");
    },
  });
  channel.resolve(A, B);
  assert.deepEqual(channel.states, ["READY"]);
  eager = () => channel.policy.close();
  channel.resolve(A, B, C);
  assert.deepEqual(channel.states, ["READY"]);
  assert.deepEqual(channel.shards, []);
});

test("whatever happens to children, in whatever order, the best ones take exact turns", () => {
  const random = seeded(42);
  const names = Array.from({ length: 12 }, (_, i) => `10.0.0.${i}:80`);
  const { channel, children } = stubbed();
  const nameOf = (child: StubBalancer) => formatAddress(child.updates[0]!.endpoints[0]!.addresses[0]!);
  const states = ["READY", "READY", "CONNECTING", "TRANSIENT_FAILURE"] as const;
  channel.resolve(...names);
  for (let i = 0; i < 2000; i++) {
    const chance = random();
    if (chance < 0.05) channel.resolve(...names.filter(() => random() < 0.8), names[0]!);
    const living = children.filter(({ closed }) => !closed);
    const child = living[randomInteger(random, living.length)]!;
    child.publish(states[randomInteger(random, states.length)]!, nameOf(child));
    const best = aggregateStates(channel.shards.map(({ state }) => state));
    assert.equal(channel.state, best);
    const members = channel.names.filter((_, at) => channel.shards[at]!.state === best);
    if (best !== "READY") continue;
    const picked = members.map(() => channel.pickError().text);
    assert.deepEqual(picked.sort(), [...members].sort());
  }
});

test("describe names each endpoint by its addresses", () => {
  const channel = new ShardingBench();
  channel.resolve([A, B], C);
  channel.at(C).succeed();
  const children = channel.policy.describe().children!;
  assert.deepEqual(
    children.map(({ name, policy, state }) => ({ name, policy, state })),
    [
      { name: `${A},${B}`, policy: "pick_first", state: "CONNECTING" },
      { name: C, policy: "pick_first", state: "READY" },
    ],
  );
});

test("10,000 endpoints: kept children are only told their endpoint, and no change looks at all of them", () => {
  const count = 10_000;
  const list = endpoints(
    ...Array.from({ length: count }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:80`),
  );
  const channel = new ShardingBench();
  channel.policy.update(update(list, {}));
  assert.equal(channel.subchannels.length, count);
  for (const subchannel of channel.subchannels) subchannel.succeed();
  assert.equal(channel.state, "READY");
  const kept = channel.shards[77];
  channel.forget();
  channel.policy.update(update([...list.slice(0, count - 1), ...endpoints(A)], {}));
  assert.equal(channel.shards[77], kept);
  assert.equal(channel.subchannels.length, count + 1, "one new subchannel");
  assert.equal(channel.alive.length, count);
  assert.deepEqual(channel.states, ["READY"]);
  const counts = channel.pickCounts(2 * (count - 1));
  assert.ok(Object.values(counts).every((picks) => picks === 2));
  assert.equal(channel.clock.pending, 0);
});
