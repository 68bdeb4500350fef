import assert from "node:assert/strict";
import { test } from "node:test";
import { namedTargetPolicy } from "../../../lib/client/balancing/named-target.js";
import type { WatchedName } from "../../../lib/client/balancing/policy.js";
import { roundRobinPolicy } from "../../../lib/client/balancing/round-robin.js";
import type { NameWatchListener } from "../../../lib/client/naming/name-watch.js";
import { ConfigReader } from "../../../lib/client/service-config/config-reader.js";
import { StatusError } from "../../../lib/rpc/index.js";
import { endpoints, FakeHelper, stubPolicy, update } from "../doubles.js";

const [A, B] = ["10.0.0.1:1", "10.0.0.2:1"] as const;

interface Watch extends WatchedName {
  readonly target: string;
  readonly listener: NameWatchListener;
  refreshes: number;
  stopped: boolean;
}

class Fixture extends FakeHelper {
  readonly watches: Watch[] = [];
  readonly stub = stubPolicy("stub");
  readonly policy = namedTargetPolicy.createBalancer(this);

  constructor() {
    const stub = stubPolicy("stub");
    super({ policies: [roundRobinPolicy, stub] });
    this.stub = stub;
  }

  override watchName(target: string, listener: NameWatchListener): WatchedName {
    if (target.startsWith("bad:")) throw new Error(`No resolver for "${target}".`);
    const watch: Watch = {
      target,
      listener,
      refreshes: 0,
      stopped: false,
      refresh: () => {
        watch.refreshes += 1;
      },
      stop: () => {
        watch.stopped = true;
      },
    };
    this.watches.push(watch);
    return watch;
  }

  update(target: string, child: object = { round_robin: {} }): boolean {
    const json = { target, childPolicy: [child] };
    const config = namedTargetPolicy.parseConfig(ConfigReader.of(json, ""), this.context.policies);
    return this.policy.update(update(endpoints("9.9.9.9:9"), config));
  }
}

test("calls go to what the name stands for, not to the channel's endpoints", () => {
  const fixture = new Fixture();
  assert.equal(fixture.update("dns:///orders"), true);
  assert.equal(fixture.state, "CONNECTING");
  assert.equal(fixture.subchannels.length, 0);
  assert.equal(fixture.watches[0]!.target, "dns:///orders");
  assert.equal(fixture.watches[0]!.listener.onResolution({ endpoints: endpoints(A, B) }), true);
  for (const subchannel of fixture.alive) subchannel.succeed();
  assert.deepEqual(fixture.pickCounts(4), { [A]: 2, [B]: 2 });
  fixture.watches[0]!.listener.onResolution({ endpoints: endpoints(B) });
  assert.deepEqual(fixture.pickCounts(2), { [B]: 2 });
});

test("a name that cannot be resolved fails calls with the resolver's error, until it can", () => {
  const fixture = new Fixture();
  fixture.update("dns:///orders");
  const { listener } = fixture.watches[0]!;
  listener.onError(StatusError.unavailable("no such host"));
  assert.equal(fixture.state, "TRANSIENT_FAILURE");
  assert.match(fixture.pickError().text, /no such host/);
  listener.onResolution({ endpoints: endpoints(A) });
  fixture.at(A).succeed();
  listener.onError(StatusError.unavailable("no such host"));
  assert.equal(fixture.pickAddress(), A, "what is known stays");
  assert.equal(listener.onResolution({ endpoints: [] }), false, "the child cannot use an empty list");
});

test("a target that nobody resolves fails calls, and the update is refused", () => {
  const fixture = new Fixture();
  assert.equal(fixture.update("bad:///orders"), false);
  assert.match(fixture.pickError().text, /the target cannot be used: No resolver for "bad:\/\/\/orders"/);
  assert.equal(fixture.update("dns:///orders"), true);
  assert.equal(fixture.state, "CONNECTING");
});

test("a refused update leaves what was in force before", () => {
  const fixture = new Fixture();
  fixture.update("dns:///orders");
  fixture.watches[0]!.listener.onResolution({ endpoints: endpoints(A) });
  fixture.at(A).succeed();
  assert.equal(fixture.update("bad:///carts"), false);
  assert.equal(fixture.pickAddress(), A);
  assert.equal(fixture.policy.describe().detail?.target, "dns:///orders");
  fixture.watches[0]!.listener.onResolution({ endpoints: endpoints(B) });
  fixture.at(B).succeed();
  assert.equal(fixture.pickAddress(), B, "the name of before is followed");
});

test("another name takes over once it is resolved; the one before is not listened to any more", () => {
  const fixture = new Fixture();
  fixture.update("dns:///orders");
  fixture.watches[0]!.listener.onResolution({ endpoints: endpoints(A) });
  fixture.at(A).succeed();
  fixture.update("dns:///carts");
  assert.equal(fixture.watches[0]!.stopped, true);
  assert.equal(fixture.pickAddress(), A);
  fixture.watches[0]!.listener.onError(StatusError.unavailable("late"));
  fixture.watches[0]!.listener.onResolution({ endpoints: endpoints("10.0.0.3:1") });
  assert.equal(fixture.pickAddress(), A);
  fixture.watches[1]!.listener.onResolution({ endpoints: endpoints(B) });
  fixture.at(B).succeed();
  assert.equal(fixture.pickAddress(), B);
});

test("a child's wish for a fresh list, its config, exitIdle and back-off go to whom they concern", () => {
  const fixture = new Fixture();
  fixture.update("dns:///orders", { stub: { x: 1 } });
  assert.equal(fixture.stub.made.length, 0, "there is nothing to spread calls over yet");
  fixture.watches[0]!.listener.onResolution({ endpoints: endpoints(A), attributes: { zone: "a" } });
  const child = fixture.stub.made[0]!;
  assert.deepEqual(child.updates[0]!.attributes, { zone: "a" });
  child.helper.requestReresolution();
  assert.deepEqual([fixture.watches[0]!.refreshes, fixture.reresolutions], [1, 0]);
  fixture.update("dns:///orders", { stub: { x: 2 } });
  assert.deepEqual(child.updates.at(-1)!.config, { x: 2 });
  assert.deepEqual(child.updates.at(-1)!.endpoints, endpoints(A));
  assert.equal(fixture.watches.length, 1);
  fixture.policy.exitIdle();
  fixture.policy.resetBackoff();
  fixture.policy.resolverError(StatusError.unavailable("of the channel's name"));
  assert.deepEqual([child.exits, child.backoffResets, child.errors.length], [1, 1, 0]);
  const { children, detail } = fixture.policy.describe();
  assert.deepEqual([children?.[0]?.name, detail?.target], ["dns:///orders", "dns:///orders"]);
});

test("after close the name is not watched, and what it says is late", () => {
  const fixture = new Fixture();
  fixture.update("dns:///orders");
  fixture.policy.close();
  const before = fixture.published.length;
  assert.equal(fixture.watches[0]!.stopped, true);
  fixture.watches[0]!.listener.onResolution({ endpoints: endpoints(A) });
  fixture.watches[0]!.listener.onError(StatusError.unavailable("late"));
  assert.equal(fixture.published.length, before);
  assert.equal(fixture.subchannels.length, 0);
});

test("ParseConfig: a target is needed; without a child policy calls go to the first endpoint", () => {
  const { policies } = new FakeHelper({ policies: [roundRobinPolicy, stubPolicy("pick_first")] }).context;
  const parse = (json: object) => namedTargetPolicy.parseConfig(ConfigReader.of(json, ""), policies);
  assert.throws(() => parse({}), /target: must be a target/);
  assert.throws(() => parse({ target: 5 }), /target: must be a text/);
  assert.throws(() => parse({ target: "x", childPolicy: [{ unknown: {} }] }), /no supported policies/);
  assert.equal(parse({ target: "x" }).policy.factory.name, "pick_first");
});
