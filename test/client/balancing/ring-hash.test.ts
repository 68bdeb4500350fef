import assert from "node:assert/strict";
import { test } from "node:test";
import type { LoadBalancer } from "../../../lib/client/balancing/policy.js";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import {
  capRingSizes,
  type RingHashConfig,
  ringHashPolicy,
} from "../../../lib/client/balancing/ring-hash.js";
import { xxh64 } from "../../../lib/client/balancing/xxh64.js";
import type { Endpoint } from "../../../lib/client/naming/endpoint.js";
import { ConfigReader } from "../../../lib/client/service-config/config-reader.js";
import { Metadata, StatusError } from "../../../lib/rpc/index.js";
import { endpoints, FakeHelper, seeded, update } from "../doubles.js";

const A = "10.0.0.1:1";
const B = "10.0.0.2:1";
const C = "10.0.0.3:1";
const D = "10.0.0.4:1";

function parse(json: object): RingHashConfig {
  return ringHashPolicy.parseConfig(ConfigReader.of(json, ""), new PolicyRegistry([]));
}

class Ring {
  readonly helper: FakeHelper;
  readonly balancer: LoadBalancer<RingHashConfig>;
  config: RingHashConfig;

  constructor(config: object = {}, options: { readonly seed?: number; readonly ringSizeCap?: number } = {}) {
    this.helper = new FakeHelper({ random: seeded(options.seed ?? 1), ...options });
    this.balancer = ringHashPolicy.createBalancer(this.helper);
    this.config = parse(config);
  }

  update(list: readonly Endpoint[]): boolean {
    return this.balancer.update(update(list, this.config));
  }

  get size(): unknown {
    return this.balancer.describe().detail?.ringSize;
  }

  /** A call whose hash is that of an entry of the given key. */
  toward(key: string): string {
    const result = this.helper.pick({ requestHash: xxh64(`${key}_0`) });
    return result.kind === "complete"
      ? `${(result.subchannel.address as { host: string; port: number }).host}:1`
      : result.kind === "queue"
        ? "queue"
        : result.status.text;
  }

  /** Makes the idle ones connect that a pick has asked for. */
  async picked(key: string): Promise<string> {
    const first = this.toward(key);
    await turn();
    return first;
  }

  async connect(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.picked(key);
      this.helper.at(key).succeed();
    }
  }

  get dialled(): readonly string[] {
    return this.helper.alive.map(({ name }) => name).sort();
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const weighted = (text: string, weight: number): Endpoint => ({ ...endpoints(text)[0]!, weight });

test("ParseConfig: sizes and header are read, and refused where they are wrong", () => {
  const sizes = (json: object, cap = 4096) => Object.values(capRingSizes(parse(json), cap));
  assert.deepEqual(sizes({ minRingSize: 1, maxRingSize: 2 }), [1, 2]);
  assert.deepEqual(sizes({}), [1024, 4096]);
  assert.deepEqual(sizes({ minRingSize: 0, maxRingSize: 0 }), [1024, 4096]);
  assert.deepEqual(sizes({ min_ring_size: "7", max_ring_size: "9" }), [7, 9]);
  assert.throws(() => parse({ minRingSize: 10, maxRingSize: 2 }), /minRingSize: must be at most maxRingSize/);
  assert.throws(() => parse({ minRingSize: 6000, maxRingSize: 5000 }), /minRingSize/);
  assert.throws(() => parse({ maxRingSize: 1000 }), /minRingSize/, "the default of 1,024 counts");
  assert.deepEqual(sizes({ minRingSize: 1, maxRingSize: 6000 }), [1, 4096]);
  assert.deepEqual(sizes({ minRingSize: 5000, maxRingSize: 6000 }), [4096, 4096]);
  assert.deepEqual(sizes({ minRingSize: 5000, maxRingSize: 6000 }, 8000), [5000, 6000]);
  assert.deepEqual(sizes({ minRingSize: 10000, maxRingSize: 10000 }, 8000), [8000, 8000]);
  assert.deepEqual(
    sizes({ minRingSize: 8_388_608, maxRingSize: 8_388_608 }, 10_000_000),
    [8_388_608, 8_388_608],
  );
  assert.throws(() => parse({ minRingSize: 8_388_610, maxRingSize: 8_388_610 }), /minRingSize/);
  assert.throws(() => parse({ maxRingSize: 8_388_610 }), /maxRingSize/);
  assert.throws(() => parse({ minRingSize: -1 }), /minRingSize/);

  assert.equal(parse({}).requestHashHeader, undefined);
  assert.equal(parse({ requestHashHeader: "" }).requestHashHeader, undefined);
  assert.equal(parse({ requestHashHeader: "x-FOO" }).requestHashHeader, "x-foo");
  assert.throws(() => parse({ requestHashHeader: "!invalid" }), /requestHashHeader/);
  assert.throws(() => parse({ requestHashHeader: "header-with-bin" }), /requestHashHeader/);
  assert.throws(() => parse({ requestHashHeader: 1 }), /requestHashHeader/);
});

test("UpdateClientConnState_NewRingSize: another size makes another ring and picker, and keeps connections", async () => {
  const ring = new Ring({ minRingSize: 10, maxRingSize: 20 });
  ring.update(endpoints(A, B));
  assert.equal(ring.size, 10);
  await ring.connect(A, B);
  const published = ring.helper.published.at(-1)!.picker;
  ring.config = parse({ minRingSize: 40, maxRingSize: 50 });
  ring.update(endpoints(A, B));
  assert.equal(ring.size, 40);
  assert.notEqual(ring.helper.published.at(-1)!.picker, published);
  assert.equal(ring.toward(A), A);
  assert.equal(ring.helper.subchannels.length, 2);
});

test("the ring is no larger than the channel allows", () => {
  const ring = new Ring({ minRingSize: 5000, maxRingSize: 6000 }, { ringSizeCap: 100 });
  ring.update(endpoints(A, B));
  assert.equal(ring.size, 100);
});

test("OneEndpoint: nothing connects before a call; then all calls go there", async () => {
  const ring = new Ring();
  assert.equal(ring.update(endpoints(A)), true);
  assert.deepEqual(ring.helper.states, ["IDLE"]);
  assert.equal(ring.helper.subchannels.length, 0);
  assert.equal(await ring.picked(A), "queue");
  assert.equal(ring.helper.state, "CONNECTING");
  ring.helper.at(A).succeed();
  assert.equal(ring.helper.state, "READY");
  for (const hash of [0n, 1n, 0xffffffffffffffffn]) {
    assert.equal(ring.helper.pickAddress({ requestHash: hash }), A);
  }
});

test("ThreeSubConnsAffinity: one hash stays with its endpoint, leaves while that is down, and comes back", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B, C));
  await ring.connect(A);
  assert.equal(ring.toward(A), A);
  assert.deepEqual(ring.dialled, [A], "the others are not wanted");

  // Lost: IDLE, and a call connects it again.
  ring.helper.at(A).become("IDLE");
  assert.equal(await ring.picked(A), "queue");
  assert.equal(ring.helper.at(A).status.state, "CONNECTING");
  ring.helper.at(A).become("TRANSIENT_FAILURE");
  assert.equal(ring.helper.state, "CONNECTING", "one failure of three is not a failure");
  assert.equal(await ring.picked(A), "queue", "another is connecting");
  const other = ring.dialled.find((name) => name !== A)!;
  await ring.connect(B, C);
  const next = ring.toward(A);
  assert.ok(next === B || next === C);
  assert.equal(ring.toward(A), next);
  assert.ok(other === B || other === C);

  ring.helper.at(A).become("IDLE");
  assert.equal(ring.helper.at(A).status.state, "CONNECTING", "it retries by itself after its back-off");
  assert.equal(ring.toward(A), next, "until then it counts as failed");
  ring.helper.at(A).succeed();
  assert.equal(ring.toward(A), A);
});

test("ThreeBackendsAffinityMultiple: every hash has an endpoint of its own", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B, C));
  await ring.connect(A, B, C);
  for (const key of [A, B, C]) {
    for (let i = 0; i < 10; i++) assert.equal(ring.toward(key), key);
  }
});

test("AddrWeightChange: the ring is built anew only if endpoints, weights, keys or sizes change", async () => {
  const ring = new Ring({ minRingSize: 30, maxRingSize: 30 });
  const shares = async () => {
    const counts: Record<string, number> = {};
    const random = seeded(5);
    for (let i = 0; i < 3000; i++) {
      const hash = (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | BigInt(Math.floor(random() * 2 ** 32));
      const name = ring.helper.pickAddress({ requestHash: hash });
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  };
  ring.update(endpoints(A, B, C));
  await ring.connect(A, B, C);
  const before = await shares();
  ring.update(endpoints(C, B, A));
  assert.deepEqual(await shares(), before, "the order of the list is nothing to the ring");
  ring.update(endpoints(A, B));
  assert.deepEqual(Object.keys(await shares()).sort(), [A, B]);
  assert.equal(ring.size, 30);

  ring.config = parse({ minRingSize: 3000, maxRingSize: 3000 });
  ring.update([weighted(A, 1), weighted(B, 2)]);
  const after = await shares();
  assert.ok(Math.abs(after[A]! / 3000 - 1 / 3) < 0.04, JSON.stringify(after));
  assert.equal(ring.helper.subchannels.length, 3, "no connection was made anew");
});

test("AutoConnectEndpointOnTransientFailure: one fails, another is connected without a call", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B, C, D));
  await ring.picked(C);
  assert.deepEqual(ring.dialled, [C]);
  ring.helper.at(C).become("TRANSIENT_FAILURE");
  assert.deepEqual(ring.dialled, [A, C], "the one with the least key");
  assert.equal(ring.helper.state, "CONNECTING");
  await ring.picked(D);
  assert.deepEqual(ring.dialled, [A, C, D]);
  ring.helper.at(A).become("TRANSIENT_FAILURE");
  assert.equal(ring.helper.state, "TRANSIENT_FAILURE", "two have failed");
  assert.deepEqual(ring.dialled, [A, C, D], "D connects already");
  ring.helper.at(D).become("TRANSIENT_FAILURE");
  assert.deepEqual(ring.dialled, [A, B, C, D]);
  ring.helper.at(B).succeed();
  assert.equal(ring.helper.state, "READY");
});

test("AggregatedConnectivityState: READY, then two failures, then CONNECTING, one failure, IDLE", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B, C, D));
  assert.equal(ring.helper.state, "IDLE");
  await ring.picked(A);
  assert.equal(ring.helper.state, "CONNECTING");
  await ring.picked(B);
  await ring.picked(C);
  ring.helper.at(A).become("TRANSIENT_FAILURE");
  assert.equal(ring.helper.state, "CONNECTING", "CONNECTING and one failure");
  ring.helper.at(B).become("TRANSIENT_FAILURE");
  assert.equal(ring.helper.state, "TRANSIENT_FAILURE", "CONNECTING and two failures");
  ring.helper.at(C).succeed();
  assert.equal(ring.helper.state, "READY", "READY and failures");
  ring.helper.at(A).become("IDLE");
  ring.helper.at(A).succeed();
  ring.helper.at(C).become("IDLE");
  assert.equal(ring.helper.state, "READY");
  ring.helper.at(A).become("IDLE");
  assert.equal(ring.helper.state, "CONNECTING", "one failure, and nobody is READY");
});

test("AddrBalancerAttributesChange: attributes of an endpoint change no connection", async () => {
  const ring = new Ring();
  ring.update(endpoints(A));
  await ring.connect(A);
  ring.update([{ ...endpoints(A)[0]!, zone: "b", metadata: { any: 1 } }]);
  assert.equal(ring.helper.subchannels.length, 1);
  assert.equal(ring.helper.state, "READY");
});

test("ReconnectToMoveOutOfTransientFailure: a single endpoint comes back without calls", async () => {
  const ring = new Ring();
  ring.update(endpoints(A));
  await ring.picked(A);
  ring.helper.at(A).become("TRANSIENT_FAILURE");
  assert.equal(ring.helper.state, "TRANSIENT_FAILURE");
  assert.match(ring.toward(A), /refused/);
  ring.helper.at(A).become("IDLE");
  ring.helper.at(A).succeed();
  assert.equal(ring.helper.state, "READY");
});

test("ChannelIdHashing: one hash for all calls of a channel binds it to one endpoint", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B, C, D));
  await ring.connect(A, B, C, D);
  const seen = new Set<string>();
  for (let i = 0; i < 100; i++) seen.add(ring.helper.pickAddress({ requestHash: 0x1234_5678_9abc_def0n }));
  assert.equal(seen.size, 1);
});

test("HeaderHashing: equal headers go to one endpoint, different ones spread", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B, C, D));
  await ring.connect(A, B, C, D);
  ring.config = parse({ requestHashHeader: "session-id" });
  ring.update(endpoints(A, B, C, D));
  const seen = new Set<string>();
  for (let i = 0; i < 50; i++) {
    const metadata = new Metadata();
    metadata.set("session-id", `user-${i}`);
    const first = ring.helper.pickAddress({ metadata });
    assert.equal(ring.helper.pickAddress({ metadata }), first);
    seen.add(first);
  }
  assert.deepEqual([...seen].sort(), [A, B, C, D]);
});

test("EndpointWeights: endpoints take calls by their weights", async () => {
  const ring = new Ring({ requestHashHeader: "session-id" }, { seed: 8 });
  const list = [weighted(A, 1), weighted(B, 2), weighted(C, 3), weighted(D, 4)];
  ring.update(list);
  for (let i = 0; i < 30; i++) {
    ring.helper.pick();
    await turn();
    for (const { name, status } of [...ring.helper.alive]) {
      if (status.state === "CONNECTING") ring.helper.at(name).succeed();
    }
  }
  const counts = ring.helper.pickCounts(10_000);
  for (const [i, name] of [A, B, C, D].entries()) {
    assert.ok(Math.abs(counts[name]! / 10_000 - (i + 1) / 10) < 0.04, JSON.stringify(counts));
  }
});

test("HashOnHeaderThatIsNotPresent, RequestHashKeyRandom, RandomHashingDistribution: such calls go anywhere", async () => {
  const ring = new Ring({ requestHashHeader: "session-id", minRingSize: 4096 }, { seed: 3 });
  ring.update(endpoints(A, B, C));
  // Each call of an IDLE ring has one endpoint connected; in the end all are.
  for (let i = 0; i < 50; i++) {
    ring.helper.pick();
    await turn();
    for (const subchannel of ring.helper.alive)
      if (subchannel.status.state === "CONNECTING") subchannel.succeed();
  }
  const counts = ring.helper.pickCounts(9_000);
  for (const name of [A, B, C]) assert.ok(Math.abs(counts[name]! - 3_000) < 400, JSON.stringify(counts));
});

test("IdleToReady: the first call connects one endpoint, and waits for it", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B));
  assert.equal(ring.helper.state, "IDLE");
  assert.equal(await ring.picked(B), "queue");
  assert.deepEqual(ring.dialled, [B]);
  ring.helper.at(B).succeed();
  assert.deepEqual(ring.helper.states, ["IDLE", "CONNECTING", "READY"]);
});

test("ContinuesConnectingWithoutPicks: a connection comes up although its call has gone", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B));
  await ring.picked(A);
  ring.helper.at(A).become("TRANSIENT_FAILURE");
  assert.equal(ring.helper.at(B).status.state, "CONNECTING");
  ring.helper.at(B).succeed();
  assert.equal(ring.helper.state, "READY");
});

test("ContinuesConnectingWithoutPicksToMultipleSubConnsConcurrently: each call's endpoint connects", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B, C));
  for (const key of [A, B, C]) assert.equal(ring.toward(key), "queue");
  await turn();
  assert.deepEqual(ring.dialled, [A, B, C]);
});

test("TransientFailureCheckNextOne: a call whose endpoint fails goes to the next", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B));
  await ring.picked(B);
  ring.helper.at(B).become("TRANSIENT_FAILURE");
  assert.equal(ring.toward(B), "queue");
  ring.helper.at(A).succeed();
  assert.equal(ring.toward(B), A);
});

test("TransientFailureSkipToAvailableReady: READY takes calls while all others fail", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B, C, D));
  for (const key of [A, B, C]) await ring.picked(key);
  for (const key of [A, B, C]) ring.helper.at(key).become("TRANSIENT_FAILURE");
  assert.equal(ring.helper.state, "TRANSIENT_FAILURE");
  ring.helper.at(D).succeed();
  assert.equal(ring.helper.state, "READY");
  for (const key of [A, B, C, D]) assert.equal(ring.toward(key), D);
});

test("ReattemptWhenAllEndpointsUnreachable: all fail, one comes back by itself", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B));
  await ring.picked(A);
  ring.helper.at(A).become("TRANSIENT_FAILURE");
  ring.helper.at(B).become("TRANSIENT_FAILURE");
  assert.equal(ring.helper.state, "TRANSIENT_FAILURE");
  assert.match(ring.toward(A), /10\.0\.0\.1:1 refused/, "the error of the endpoint that the call belongs to");
  assert.match(ring.toward(B), /10\.0\.0\.2:1 refused/);
  for (const key of [A, B]) ring.helper.at(key).become("IDLE");
  assert.deepEqual(
    ring.helper.alive.map(({ status }) => status.state),
    ["CONNECTING", "CONNECTING"],
  );
  ring.helper.at(B).succeed();
  assert.equal(ring.helper.state, "READY");
});

test("ReattemptWhenGoingFromTransientFailureToIdle: a lost connection beside a failure is mended without calls", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B));
  await ring.picked(A);
  ring.helper.at(A).become("TRANSIENT_FAILURE");
  ring.helper.at(B).succeed();
  ring.helper.at(B).become("IDLE");
  assert.equal(ring.helper.at(B).status.state, "CONNECTING");
  assert.equal(ring.helper.state, "CONNECTING");
});

test("ReorderAddressessWithinEndpoint: the first address says where an endpoint stands", async () => {
  const both = (first: string, second: string) => endpoints([first, second]);
  const ring = new Ring();
  ring.update([...both(A, B), ...endpoints(C)]);
  await ring.picked(A);
  ring.helper.at(A).succeed();
  assert.equal(ring.toward(A), A);
  ring.update([...both(B, A), ...endpoints(C)]);
  assert.equal(ring.toward(B), A, "the key is B's now, the connection is still the one to A");
  assert.deepEqual(ring.dialled, [A]);
});

test("FallBackWithinEndpoint: the connection may be to another address of the endpoint", async () => {
  const ring = new Ring();
  ring.update(endpoints([A, B], C));
  await ring.picked(A);
  ring.helper.at(A).become("TRANSIENT_FAILURE");
  ring.helper.at(B).succeed();
  assert.equal(ring.toward(A), B);
});

test("RecoverWhenEndpointEntersIdle: two failed, READY lost, the IDLE one is dialled", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B, C, D));
  for (const key of [A, B, C]) await ring.picked(key);
  for (const key of [A, B]) ring.helper.at(key).become("TRANSIENT_FAILURE");
  ring.helper.at(C).succeed();
  assert.deepEqual(ring.dialled, [A, B, C]);
  ring.helper.at(C).become("IDLE");
  assert.equal(ring.helper.state, "TRANSIENT_FAILURE");
  assert.equal(ring.helper.at(C).status.state, "CONNECTING", "the first of the two that are IDLE");
  ring.helper.at(C).become("TRANSIENT_FAILURE");
  assert.deepEqual(ring.dialled, [A, B, C, D]);
});

test("RecoverWhenResolverRemovesEndpoint: the READY one leaves the list, the IDLE one is dialled", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B, C, D));
  for (const key of [A, B, C]) await ring.picked(key);
  for (const key of [A, B]) ring.helper.at(key).become("TRANSIENT_FAILURE");
  ring.helper.at(C).succeed();
  ring.update(endpoints(A, B, D));
  assert.equal(ring.helper.state, "TRANSIENT_FAILURE");
  assert.deepEqual(ring.dialled, [A, B, D]);
  ring.helper.at(D).succeed();
  assert.equal(ring.helper.state, "READY");
});

test("EndpointHashKey: the attribute says where an endpoint stands, whatever its address", async () => {
  const ring = new Ring();
  const named = (text: string, hashKey: string): Endpoint => ({ ...endpoints(text)[0]!, hashKey });
  ring.update([named(A, "alpha"), named(B, "beta")]);
  await ring.picked("alpha");
  ring.helper.at(A).succeed();
  await ring.picked("beta");
  ring.helper.at(B).succeed();
  assert.equal(ring.toward("alpha"), A);
  assert.equal(ring.toward("beta"), B);
  // Addresses change places: calls follow the key.
  ring.update([named(B, "alpha"), named(A, "beta")]);
  assert.equal(ring.toward("alpha"), B);
  assert.equal(ring.toward("beta"), A);
});

test("RequestHashKey: the header decides, and a call with it needs no hash", async () => {
  const ring = new Ring({ requestHashHeader: "Session-ID" });
  ring.update(endpoints(A, B, C));
  const metadata = new Metadata();
  metadata.set("session-id", `${B}_0`);
  assert.equal(ring.helper.pick({ metadata }).kind, "queue");
  await turn();
  assert.deepEqual(ring.dialled, [B]);
  ring.helper.at(B).succeed();
  assert.equal(ring.helper.pickAddress({ metadata }), B);
});

test("RequestHashKeyConnecting: calls without the header wait for the endpoint that connects", async () => {
  const ring = new Ring({ requestHashHeader: "session-id" });
  ring.update(endpoints(A, B, C));
  for (let i = 0; i < 20; i++) assert.equal(ring.helper.pick().kind, "queue");
  await turn();
  assert.equal(ring.helper.alive.length, 1);
  for (let i = 0; i < 20; i++) assert.equal(ring.helper.pick().kind, "queue");
  await turn();
  assert.equal(ring.helper.alive.length, 1);
  const [connecting] = ring.helper.alive;
  connecting!.succeed();
  for (let i = 0; i < 20; i++) assert.equal(ring.helper.pickAddress(), connecting!.name);
});

test("an empty list is refused and fails calls; endpoints without addresses are none", async () => {
  const ring = new Ring();
  ring.update(endpoints(A));
  await ring.connect(A);
  assert.equal(ring.update([]), false);
  assert.equal(ring.helper.state, "TRANSIENT_FAILURE");
  assert.match(ring.helper.pickError().text, /produced zero addresses/);
  assert.equal(ring.helper.alive.length, 0);
  assert.equal(ring.update([{ addresses: [] }]), false);
  assert.equal(ring.update(endpoints(A)), true);
  assert.equal(ring.helper.state, "IDLE");
});

test("an error of the resolver fails calls only if nothing is known", async () => {
  const ring = new Ring();
  ring.balancer.resolverError(StatusError.unavailable("no such name"));
  assert.equal(ring.helper.state, "TRANSIENT_FAILURE");
  assert.match(ring.helper.pickError().text, /no such name/);
  ring.update(endpoints(A));
  ring.balancer.resolverError(StatusError.unavailable("no such name"));
  assert.equal(ring.helper.state, "IDLE");
  await ring.connect(A);
  assert.equal(ring.toward(A), A);
});

test("duplicates take no more calls than one endpoint; the first of them counts", () => {
  const sizes = { minRingSize: 10, maxRingSize: 100 };
  const once = new Ring(sizes);
  once.update([weighted(A, 1), weighted(B, 1)]);
  const twice = new Ring(sizes);
  twice.update([weighted(A, 1), weighted(B, 1), weighted(A, 9)]);
  assert.equal(twice.size, once.size);
});

test("exitIdle connects one endpoint, unless one connects or is READY", () => {
  const ring = new Ring();
  ring.update(endpoints(B, A));
  ring.balancer.exitIdle();
  assert.deepEqual(ring.dialled, [A]);
  ring.balancer.exitIdle();
  assert.deepEqual(ring.dialled, [A]);
  ring.helper.at(A).succeed();
  ring.balancer.exitIdle();
  assert.deepEqual(ring.dialled, [A]);
});

test("after close nothing is published, and no connection is left", async () => {
  const ring = new Ring();
  ring.update(endpoints(A, B));
  await ring.connect(A);
  const { published, subchannels } = ring.helper;
  ring.toward(B);
  const count = published.length;
  ring.balancer.close();
  await turn();
  for (const subchannel of subchannels) subchannel.become("TRANSIENT_FAILURE");
  assert.equal(published.length, count);
  assert.equal(ring.helper.alive.length, 0);
});

test("a weight that makes no sense is as good as none", () => {
  for (const weight of [0, -3, Number.NaN, Number.POSITIVE_INFINITY]) {
    const ring = new Ring({ minRingSize: 10, maxRingSize: 10 });
    assert.equal(ring.update([weighted(A, weight), weighted(B, 1)]), true);
    assert.equal(ring.size, 10);
  }
});
