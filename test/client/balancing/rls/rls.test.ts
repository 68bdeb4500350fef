/** Updates of the policy's config, its children, its lookup server, and what it publishes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusCode, StatusError } from "../../../../lib/rpc/index.js";
import { endpoints } from "../../doubles.js";
import { backendPolicy, configJson, METHOD, RlsFixture, settled } from "./support.js";

const [A, B, C] = ["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"] as const;

function start(json: object = configJson()): RlsFixture {
  const fixture = new RlsFixture();
  assert.equal(fixture.update(json), true);
  fixture.succeedAll();
  return fixture;
}

test("the lookup server is reached over a channel of the policy's own, under the channel's authority", () => {
  const { channels, context } = start();
  assert.equal(channels.length, 1);
  assert.equal(channels[0]!.target, "dns:///lookup.test:1");
  assert.deepEqual(channels[0]!.options, {
    authority: context.authority,
    callCredentials: true,
    eager: true,
    ignoreResolvedConfig: false,
  });
});

test("ConfigUpdate_ControlChannel: another lookup service is asked from then on, and the old channel is closed", async () => {
  const fixture = start();
  const waiting = fixture.call("7");
  fixture.update(configJson({ lookupService: "dns:///other.test:1" }));
  const [old, current] = fixture.channels;
  assert.equal(old!.closed, true);
  assert.equal(current!.target, "dns:///other.test:1");
  assert.equal(current!.lookups.length, 1, "what the old one has not answered");
  await old!.lookups[0]!.answer({ targets: [B] });
  await current!.lookups[0]!.answer({ targets: [A] });
  fixture.succeedAll();
  assert.equal(waiting.address, A);
  fixture.update(configJson({ lookupService: "dns:///other.test:1", lookupServiceTimeout: "1s" }));
  assert.equal(fixture.channels.length, 3);
  fixture.call("8");
  assert.equal(fixture.lookups.at(-1)!.deadlineMs, 1000);
  fixture.update(configJson({ lookupService: "dns:///other.test:1", lookupServiceTimeout: "1s" }));
  assert.equal(fixture.channels.length, 3);
});

test("ConfigUpdate_ControlChannelServiceConfig: it applies to the control channel; another one is another channel", () => {
  const serviceConfig = { loadBalancingConfig: [{ round_robin: {} }] };
  const fixture = start(configJson({}, { routeLookupChannelServiceConfig: serviceConfig }));
  assert.deepEqual(fixture.channel.options.serviceConfig, serviceConfig);
  assert.equal(fixture.channel.options.ignoreResolvedConfig, undefined);
  fixture.update(configJson());
  assert.equal(fixture.channels.length, 2);
});

test("a lookup service that cannot be used fails calls, until there is one that can", async () => {
  const fixture = new RlsFixture();
  const create = fixture.createControlChannel.bind(fixture);
  fixture.createControlChannel = () => {
    throw new Error("no such thing");
  };
  assert.equal(fixture.update(), false);
  assert.match(fixture.call("7").failure!.text, /the lookup service cannot be used: no such thing/);
  fixture.createControlChannel = create;
  assert.equal(fixture.update(), true);
  const call = await fixture.route("7", A);
  assert.equal(call.address, A);
  fixture.createControlChannel = () => {
    throw new Error("no such thing");
  };
  assert.equal(fixture.update(configJson({ lookupService: "dns:///worse:1" })), false);
  assert.equal(fixture.call("7").address, A, "what was in force stays so");
});

test("ConfigUpdate_DefaultTarget: calls move to the new one, and the old one is closed", async () => {
  const fixture = start(configJson({ defaultTarget: A }));
  await fixture.throttle();
  assert.equal(fixture.call("7").address, A);
  fixture.update(configJson({ defaultTarget: B }));
  fixture.succeedAll();
  assert.equal(fixture.call("7").address, B);
  assert.deepEqual(
    fixture.alive.map(({ name }) => name),
    [B],
  );
  fixture.update(configJson());
  assert.equal(fixture.alive.length, 0);
  assert.match(fixture.call("7").failure!.text, /throttled/);
});

test("ConfigUpdate_ChildPolicyConfigs: changes reach each child, with its target; so do endpoints and attributes", async () => {
  const fixture = start(configJson({ defaultTarget: B }));
  await fixture.route("7", A);
  fixture.update(configJson({ defaultTarget: B }, { childPolicy: [{ backend: { more: 1 } }] }), endpoints(C));
  const { made } = fixture.backend;
  assert.equal(made.length, 2);
  for (const [i, target] of [B, A].entries()) {
    const { config, endpoints: list, attributes } = made[i]!.updates.at(-1)!;
    assert.deepEqual(config, { more: 1, Backend: target });
    assert.deepEqual(list, endpoints(C));
    assert.deepEqual(attributes, { seen: 1 });
  }
});

test("ConfigUpdate_ChildPolicyChange: each child is replaced, without a gap", async () => {
  const fixture = start();
  await fixture.route("7", A);
  fixture.update(configJson({}, { childPolicy: [{ other_backend: {} }] }));
  assert.equal(fixture.other.made[0]!.target, A);
  assert.equal(fixture.backend.made[0]!.closed, false);
  assert.equal(fixture.call("7").address, A);
  fixture.subchannels.at(-1)!.succeed();
  assert.equal(fixture.backend.made[0]!.closed, true);
  assert.equal(fixture.call("7").address, A);
});

test("ConfigUpdate_BadChildPolicyConfigs: a target that the child refuses fails its calls, until it can have one", async () => {
  const fixture = start();
  const call = fixture.call("7");
  await fixture.lookups[0]!.answer({ targets: ["no address"] });
  assert.equal(call.failure?.code, StatusCode.UNAVAILABLE);
  assert.match(call.failure.text, /the target "no address" cannot be used: .*Backend: must be host:port/);
  assert.equal(fixture.state, "TRANSIENT_FAILURE");
  const next = fixture.call("8");
  await fixture.lookups[1]!.answer({ targets: ["no address", A] });
  fixture.succeedAll();
  assert.equal(next.address, A, "the next target is used");
});

test("ConfigUpdate_BadChildPolicyConfigs: a config that the child refuses makes its targets fail, and a good one mends them", async () => {
  const fussy = backendPolicy("fussy");
  const fixture = new RlsFixture({
    ...fussy,
    parseConfig: (reader, policies) => {
      const config = fussy.parseConfig(reader, policies);
      if (reader.string("only") !== undefined && reader.string("Backend") === B)
        throw reader.error("only", A, B);
      return config;
    },
  });
  const configure = (child: object) => fixture.update(configJson({}, { childPolicy: [{ fussy: child }] }));
  configure({});
  assert.equal((await fixture.route("7", B)).address, B);
  configure({ only: A });
  assert.match(fixture.call("7").failure!.text, /the target "10\.0\.0\.2:1" cannot be used/);
  fixture.at(B).become("IDLE");
  assert.match(fixture.call("7").failure!.text, /cannot be used/, "what its connections do changes nothing");
  configure({});
  fixture.succeedAll();
  assert.equal(fixture.call("7").address, B);
});

test("ConfigUpdate_DataCacheSizeDecrease: routes go, and are looked up again", async () => {
  const fixture = start();
  await fixture.route("8", B);
  await fixture.route("7", A);
  // Used last, so that it is the other one that goes.
  fixture.call("8");
  fixture.clock.advance(5000);
  fixture.update(configJson({ cacheSizeBytes: 40 }));
  assert.equal(fixture.detail.cacheEntries, 1);
  assert.equal(fixture.call("8").address, B);
  assert.equal(fixture.lookups.length, 2);
  fixture.call("7");
  assert.equal(fixture.lookups.length, 3);
  assert.deepEqual(
    fixture.alive.map(({ name }) => name),
    [B],
    "nobody leads to A any more",
  );
});

test("PickerUpdateOnDataCacheSizeDecrease: a failure that is evicted lets waiting calls try again", async () => {
  const fixture = start();
  const call = fixture.call("7", { waitForReady: true });
  await fixture.lookups[0]!.fail(new Error("down"));
  await fixture.route("8", A);
  assert.equal(fixture.lookups.length, 2);
  fixture.update(configJson({ cacheSizeBytes: 40 }));
  assert.equal(fixture.lookups.length, 3);
  await fixture.lookups[2]!.answer({ targets: [B] });
  fixture.succeedAll();
  assert.equal(call.address, B);
});

test("DataCachePurging: what holds no more is gone after a minute, with its children", async () => {
  const fixture = start(configJson({ maxAge: "10s" }));
  await fixture.route("7", A);
  fixture.clock.advance(59_999);
  assert.equal(fixture.detail.cacheEntries, 1);
  fixture.clock.advance(1);
  assert.equal(fixture.detail.cacheEntries, 0);
  assert.equal(fixture.alive.length, 0);
  assert.equal(fixture.state, "IDLE");
  fixture.call("7");
  assert.equal(fixture.lookups.length, 2);
});

test("ControlChannelConnectivityStateMonitoring: READY, TRANSIENT_FAILURE, READY resets back-off; the first READY does not", async () => {
  const fixture = start();
  const { connectivity } = fixture.channel;
  const call = fixture.call("7", { waitForReady: true });
  await fixture.lookups[0]!.fail(new Error("down"));
  connectivity.next("TRANSIENT_FAILURE");
  connectivity.next("READY");
  assert.equal(fixture.lookups.length, 1);
  connectivity.next("IDLE");
  connectivity.next("CONNECTING");
  connectivity.next("TRANSIENT_FAILURE");
  connectivity.next("CONNECTING");
  assert.equal(fixture.lookups.length, 1);
  connectivity.next("READY");
  assert.equal(fixture.lookups.length, 2);
  await fixture.lookups[1]!.answer({ targets: [A] });
  fixture.succeedAll();
  assert.equal(call.address, A);
  assert.equal(fixture.clock.pending, 2, "no back-off, only the purge and the age of the answer");
});

test("ControlChannelIdleTransitionNoBackoffReset: READY, IDLE, READY resets nothing", async () => {
  const fixture = start();
  const { connectivity } = fixture.channel;
  connectivity.next("READY");
  fixture.call("7", { waitForReady: true });
  await fixture.lookups[0]!.fail(new Error("down"));
  for (const state of ["IDLE", "CONNECTING", "READY"] as const) connectivity.next(state);
  assert.equal(fixture.lookups.length, 1);
});

test("the state of the control channel is not that of the channel", () => {
  const fixture = start(configJson({ defaultTarget: A }));
  const before = fixture.published.length;
  for (const state of ["READY", "IDLE", "TRANSIENT_FAILURE", "READY"] as const) {
    fixture.channel.connectivity.next(state);
  }
  assert.equal(fixture.published.length, before);
  assert.equal(fixture.state, "READY");
  assert.equal(fixture.detail.lookupState, "READY");
});

test("UpdateStatePauses: one publication for each config", async () => {
  const fixture = start(configJson({ defaultTarget: A }));
  await fixture.route("7", B);
  await fixture.route("8", C);
  const counts = [
    configJson({ defaultTarget: A }, { childPolicy: [{ backend: { more: 1 } }] }),
    configJson({ defaultTarget: B }, { childPolicy: [{ other_backend: {} }] }),
    configJson({ defaultTarget: C, cacheSizeBytes: 60 }),
    configJson({ lookupService: "dns:///other.test:1" }),
  ].map((json) => {
    fixture.published.length = 0;
    fixture.update(json);
    return fixture.published.length;
  });
  assert.deepEqual(counts, [1, 1, 1, 1]);
});

test("the state is that of the targets together: READY, CONNECTING, IDLE, TRANSIENT_FAILURE; IDLE without any", async () => {
  const fixture = start();
  assert.equal(fixture.state, "IDLE");
  fixture.call("7");
  await fixture.lookups[0]!.answer({ targets: [A, B] });
  assert.equal(fixture.state, "CONNECTING");
  fixture.at(A).become("TRANSIENT_FAILURE");
  assert.equal(fixture.state, "CONNECTING");
  fixture.at(B).become("TRANSIENT_FAILURE");
  assert.equal(fixture.state, "TRANSIENT_FAILURE");
  fixture.at(A).succeed();
  assert.equal(fixture.state, "READY");
  fixture.at(A).become("IDLE");
  assert.equal(fixture.state, "IDLE");
  fixture.policy.exitIdle();
  assert.equal(fixture.state, "CONNECTING");
});

test("a target that several routes lead to is one child, and goes with the last of them", async () => {
  const fixture = start(configJson({ maxAge: "200s", staleAge: "10s" }));
  await fixture.route("7", A, B);
  await fixture.route("8", A);
  assert.equal(fixture.backend.made.length, 2);
  fixture.clock.advance(10_000);
  fixture.call("7");
  await fixture.lookups.at(-1)!.answer({ targets: [B] });
  assert.equal(fixture.backend.made[0]!.closed, false, "8 still leads to A");
  fixture.call("8");
  await fixture.lookups.at(-1)!.answer({ targets: [B] });
  assert.equal(fixture.backend.made[0]!.closed, true);
  assert.equal(fixture.backend.made[1]!.closed, false);
});

test("other key builders keep the routes whose keys are still made, and drop the rest", async () => {
  const fixture = start();
  await fixture.route("7", A);
  const builders = (headers: object[]) => [
    { names: [{ service: "test.Service", method: "Method" }], headers },
  ];
  const both = [
    { key: "k", names: ["n"] },
    { key: "other", names: ["x"] },
  ];
  fixture.update(configJson({ grpcKeybuilders: builders(both) }));
  assert.equal(fixture.call("7").address, A);
  assert.equal(fixture.lookups.length, 1);
  fixture.update(configJson({ grpcKeybuilders: builders([{ key: "changed", names: ["n"] }]) }));
  assert.equal(fixture.detail.cacheEntries, 0);
  fixture.call("7");
  assert.deepEqual(fixture.lookups[1]!.request.keyMap, { changed: "7" });
});

test("a lookup under way for a key that is made no more is not waited for", async () => {
  const fixture = start();
  const call = fixture.call("7");
  const grpcKeybuilders = [{ names: [{ service: "test.Service" }], headers: [{ key: "c", names: ["n"] }] }];
  fixture.update(configJson({ grpcKeybuilders }));
  assert.equal(fixture.lookups.length, 2);
  await fixture.lookups[0]!.answer({ targets: [B] });
  assert.equal(fixture.detail.cacheEntries, 0);
  await fixture.lookups[1]!.answer({ targets: [A] });
  fixture.succeedAll();
  assert.equal(call.address, A);
});

test("errors of the resolver reach all children; without a config they fail calls", async () => {
  const fixture = new RlsFixture();
  fixture.policy.resolverError(StatusError.unavailable("no such name"));
  assert.match(fixture.call("7").failure!.text, /name resolver error: no such name/);
  fixture.update(configJson({ defaultTarget: A }));
  await fixture.route("7", B);
  fixture.policy.resolverError(StatusError.unavailable("no such name"));
  assert.deepEqual(
    fixture.backend.made.map(({ errors }) => errors),
    [1, 1],
  );
  assert.equal(fixture.call("7").address, B);
});

test("resetBackoff reaches the connections of children", async () => {
  const fixture = start();
  await fixture.route("7", A);
  fixture.at(A).become("IDLE");
  fixture.policy.exitIdle();
  fixture.at(A).become("TRANSIENT_FAILURE");
  fixture.policy.resetBackoff();
  assert.equal(fixture.at(A).backoffResets, 1);
});

test("after close nothing is published, and nothing is left: no timer, no child, no channel", async () => {
  const fixture = start(configJson({ defaultTarget: C }));
  await fixture.route("7", A);
  fixture.call("8");
  await fixture.lookups.at(-1)!.fail(new Error("down"));
  fixture.call("9");
  await fixture.throttle();
  fixture.call("10");
  fixture.chance.value = 0.99;
  fixture.call("11");
  const [nine, eleven] = [fixture.lookups.at(-3)!, fixture.lookups.at(-1)!];
  fixture.policy.close();
  const before = fixture.published.length;
  fixture.channel.connectivity.next("TRANSIENT_FAILURE");
  await nine.answer({ targets: [B] });
  await eleven.fail(new Error("closed"));
  assert.equal(fixture.published.length, before);
  assert.equal(fixture.clock.pending, 0);
  assert.equal(fixture.alive.length, 0);
  assert.equal(fixture.channel.closed, true);
  assert.equal(fixture.channel.connectivity.observed, false);
});

test("a pick after close begins nothing", async () => {
  const fixture = start();
  fixture.policy.close();
  assert.equal(fixture.pick({ path: METHOD }).kind, "queue");
  await settled();
  assert.deepEqual([fixture.lookups.length, fixture.clock.pending], [0, 0]);
});

test("a channel that closes the policy while it publishes finds nothing published afterwards", async () => {
  const fixture = start();
  fixture.call("7");
  const publish = fixture.updateState.bind(fixture);
  let publications = 0;
  fixture.updateState = (...publication) => {
    publications += 1;
    fixture.policy.close();
    publish(...publication);
  };
  await fixture.lookups[0]!.answer({ targets: [A] });
  await settled();
  assert.equal(publications, 1);
  assert.equal(fixture.alive.length, 0);
});

test("describe shows the lookup service, the cache and the children by target", async () => {
  const fixture = start(configJson({ defaultTarget: B }));
  await fixture.route("7", A);
  const { policy, state, children, detail } = fixture.policy.describe();
  assert.equal(policy, "rls_experimental");
  assert.equal(state, "READY");
  assert.deepEqual(
    children?.map(({ name }) => name),
    [B, A],
  );
  assert.equal(detail!.lookupService, "dns:///lookup.test:1");
  assert.equal(detail!.defaultTarget, B);
});
