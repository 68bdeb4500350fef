import assert from "node:assert/strict";
import { test } from "node:test";
import { type PickFirstConfig, pickFirstPolicy } from "../../../lib/client/balancing/pick-first.js";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import { ConfigReader } from "../../../lib/client/service-config/config-reader.js";
import { StatusCode, StatusError } from "../../../lib/rpc/index.js";
import { cycle, endpoints, type FakeHelperOptions, update } from "../doubles.js";
import { Bench, microtasks } from "./policy-bench.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";
const C = "3.3.3.3:3";

const bench = (config: PickFirstConfig = {}, options: FakeHelperOptions = {}) =>
  new Bench(pickFirstPolicy, config, options);

/** A policy that is READY on the first address. */
function readyBench(...texts: readonly string[]): Bench<PickFirstConfig> {
  const made = bench();
  made.resolve(...texts);
  made.at(texts[0]!).succeed();
  assert.equal(made.state, "READY");
  return made;
}

test("PickFirst_OneBackend: all calls go to the only address", () => {
  assert.deepEqual(readyBench(A).pickCounts(10), { [A]: 10 });
});

test("PickFirst_MultipleBackends: all calls go to the first address", () => {
  assert.deepEqual(readyBench(A, B, C).pickCounts(10), { [A]: 10 });
});

test("PickFirst_OneServerDown: calls move to the next address", async () => {
  const channel = readyBench(A, B);
  channel.at(A).become("IDLE");
  const call = channel.call();
  await microtasks();
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.at(B).succeed();
  assert.equal(call.address, B);
  assert.deepEqual(channel.pickCounts(10), { [B]: 10 });
});

test("PickFirst_AllServersDown: calls fail with UNAVAILABLE", async () => {
  const channel = readyBench(A, B);
  channel.at(A).become("IDLE");
  const [call, patient] = [channel.call(), channel.call({ waitForReady: true })];
  await microtasks();
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.at(B).become("TRANSIENT_FAILURE");
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  assert.equal(call.failure?.code, StatusCode.UNAVAILABLE);
  assert.match(call.failure!.text, /2\.2\.2\.2:2 refused/);
  assert.equal(channel.pickError().code, StatusCode.UNAVAILABLE);
  assert.equal(patient.failure, undefined);
  channel.at(B).become("IDLE");
  channel.at(B).succeed();
  assert.equal(patient.address, B);
});

test("PickFirst_AddressesRemoved: traffic moves when the address in use goes, and only then", () => {
  const channel = readyBench(A, B, C);
  channel.resolve(B, C);
  assert.equal(channel.state, "CONNECTING");
  channel.at(B).succeed();
  assert.deepEqual(channel.pickCounts(3), { [B]: 3 });
  const before = channel.published.length;
  channel.resolve(C, B);
  channel.resolve(B);
  assert.equal(channel.published.length, before);
  assert.deepEqual(channel.pickCounts(3), { [B]: 3 });
});

test("PickFirst_NewAddressWhileBlocking: a call that waits for ready outlasts an empty list", () => {
  const channel = readyBench(A);
  assert.equal(channel.resolve(), false);
  const [hasty, patient] = [channel.call(), channel.call({ waitForReady: true })];
  assert.match(hasty.failure!.text, /produced zero addresses/);
  channel.resolve(B);
  assert.equal(channel.state, "CONNECTING");
  channel.at(B).succeed();
  assert.equal(patient.address, B);
});

test("PickFirst_StickyTransientFailure: it stays TRANSIENT_FAILURE while it goes on trying", () => {
  const channel = bench();
  channel.resolve(A);
  const subchannel = channel.at(A);
  subchannel.become("TRANSIENT_FAILURE");
  for (let i = 2; i <= 5; i++) {
    subchannel.become("IDLE");
    assert.equal(subchannel.status.state, "CONNECTING");
    assert.equal(subchannel.connects, i);
    subchannel.become("TRANSIENT_FAILURE");
  }
  assert.deepEqual(new Set(channel.states.slice(1)), new Set(["TRANSIENT_FAILURE"]));
});

test("PickFirst_ShuffleAddressList: chance decides the first address, if so asked", () => {
  const random = () => cycle(0.1, 0.9);
  const shuffling = bench({ shuffleAddressList: true }, { random: random() });
  shuffling.resolve(A, B);
  assert.deepEqual(shuffling.busy, [B]);
  const plain = bench({ shuffleAddressList: false }, { random: random() });
  plain.resolve(A, B);
  assert.deepEqual(plain.busy, [A]);
});

test("PickFirst_ShuffleAddressListNoEndpoints: an empty list is no trouble for the shuffle", () => {
  const channel = bench({ shuffleAddressList: true });
  assert.equal(channel.resolve(), false);
  assert.equal(channel.state, "TRANSIENT_FAILURE");
});

const parse = (json: object) =>
  pickFirstPolicy.parseConfig(ConfigReader.of(json, "pick_first"), new PolicyRegistry([]));

test("PickFirst_ParseConfig_Success: true, false and absent", () => {
  assert.deepEqual(parse({ shuffleAddressList: true }), { shuffleAddressList: true });
  assert.deepEqual(parse({ shuffle_address_list: true, unknown: 1 }), { shuffleAddressList: true });
  assert.deepEqual(parse({ shuffleAddressList: false }), { shuffleAddressList: false });
  assert.deepEqual(parse({}), { shuffleAddressList: false });
});

test("PickFirst_ParseConfig_Failure: anything but a boolean is refused", () => {
  assert.throws(
    () => parse({ shuffleAddressList: 666 }),
    /shuffleAddressList: must be true or false, got 666/,
  );
  assert.throws(() => parse({ shuffleAddressList: "true" }), /must be true or false/);
});

test("PickFirst_AddressUpdateWithAttributes: another name to verify is another connection", () => {
  const channel = readyBench(A);
  const before = channel.at(A);
  const [address] = endpoints(A)[0]!.addresses;
  channel.policy.update(update([{ addresses: [{ ...address!, serverName: "other" }] }], {}));
  assert.ok(before.released);
  assert.equal(channel.state, "CONNECTING");
  assert.equal(channel.alive.length, 1);
});

for (const [name, attributes] of [
  ["BalancerAttributes", { weight: 3, path: ["x"] }],
  ["Metadata", { metadata: { version: 2 } }],
] as const) {
  test(`PickFirst_AddressUpdateWith${name}: what only policies read makes no new connection`, () => {
    const channel = readyBench(A);
    channel.forget();
    channel.policy.update(update([{ ...endpoints(A)[0]!, ...attributes }], {}));
    assert.equal(channel.subchannels.length, 1);
    assert.deepEqual(channel.published, []);
  });
}

const resolverError = StatusError.unavailable("no such name");

test("PickFirst_ResolverError_NoPreviousUpdate: calls fail with the resolver's error", () => {
  const channel = bench();
  channel.policy.resolverError(resolverError);
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  assert.equal(channel.pickError().text, "name resolver error: no such name");
  assert.equal(channel.pickError().code, StatusCode.UNAVAILABLE);
});

test("PickFirst_ResolverError_WithPreviousUpdate_Ready: the error is ignored", () => {
  const channel = readyBench(A);
  channel.forget();
  channel.policy.resolverError(resolverError);
  assert.deepEqual(channel.published, []);
});

test("PickFirst_ResolverError_WithPreviousUpdate_Connecting: the error is ignored", () => {
  const channel = bench();
  channel.resolve(A);
  const call = channel.call();
  channel.policy.resolverError(resolverError);
  assert.equal(channel.state, "CONNECTING");
  channel.at(A).become("TRANSIENT_FAILURE");
  assert.match(call.failure!.text, /refused/);
});

test("PickFirst_ResolverError_WithPreviousUpdate_TransientFailure: calls fail with the new error", () => {
  const channel = bench();
  channel.resolve(A);
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.policy.resolverError(resolverError);
  assert.match(channel.pickError().text, /no such name/);
});

test("PickFirst_ResolverError_ZeroAddresses_WithPreviousUpdate: calls fail with zero addresses", () => {
  const channel = readyBench(A);
  assert.equal(channel.resolve(), false);
  assert.equal(channel.pickError().text, "name resolver error: produced zero addresses");
  assert.deepEqual(channel.alive, []);
  assert.equal(
    channel.policy.update(update([{ addresses: [] }], {})),
    false,
    "an endpoint without addresses",
  );
});

test("InitialResolverError: TRANSIENT_FAILURE until the first list", () => {
  const channel = bench();
  channel.policy.resolverError(resolverError);
  channel.resolve(A);
  channel.at(A).succeed();
  assert.deepEqual(channel.states, ["TRANSIENT_FAILURE", "CONNECTING", "READY"]);
});

test("ResolverErrorinTF: the error is shown and the subchannel lives", () => {
  const channel = bench();
  channel.resolve(A);
  const subchannel = channel.at(A);
  subchannel.become("TRANSIENT_FAILURE");
  channel.policy.resolverError(resolverError);
  assert.equal(subchannel.released, false);
  channel.resolve(A);
  assert.match(channel.pickError().text, /refused/, "the resolver works again: it is the connection's fault");
  subchannel.become("IDLE");
  subchannel.succeed();
  assert.equal(channel.state, "READY");
});

test("Leaf_SimpleResolverUpdate_FirstServerReady: CONNECTING, then READY", () => {
  const channel = readyBench(A, B);
  assert.deepEqual(channel.states, ["CONNECTING", "READY"]);
  assert.deepEqual(channel.busy, [A]);
});

test("Leaf_SimpleResolverUpdate_FirstServerUnReady: a dead first address is skipped", () => {
  const channel = bench();
  channel.resolve(A, B);
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.at(B).succeed();
  assert.deepEqual(channel.states, ["CONNECTING", "READY"]);
  assert.equal(channel.pickAddress(), B);
});

test("Leaf_SimpleResolverUpdate_DuplicateAddrs: duplicates have one subchannel", () => {
  const channel = bench();
  channel.resolve(A, A, B, A, B);
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.at(B).become("TRANSIENT_FAILURE");
  assert.equal(channel.subchannels.length, 2);
  assert.equal(channel.state, "TRANSIENT_FAILURE");
});

test("Leaf_ResolverUpdates_DisjointLists: the old connection goes, a new one comes", () => {
  const channel = readyBench(A, B);
  const old = channel.at(A);
  channel.resolve(C);
  assert.ok(old.released);
  channel.at(C).succeed();
  assert.deepEqual(channel.states, ["CONNECTING", "READY", "CONNECTING", "READY"]);
  assert.equal(channel.pickAddress(), C);
});

test("Leaf_ResolverUpdates_ActiveBackendInUpdatedList: nothing changes", () => {
  const channel = readyBench(A, B);
  channel.forget();
  channel.resolve(C, B, A);
  assert.deepEqual(channel.published, []);
  assert.equal(channel.subchannels.length, 1);
});

test("Leaf_ResolverUpdates_InActiveBackendInUpdatedList: it connects to one that remains", () => {
  const channel = readyBench(A, B);
  channel.resolve(B);
  assert.equal(channel.state, "CONNECTING");
  channel.at(B).succeed();
  assert.equal(channel.pickAddress(), B);
});

test("Leaf_ResolverUpdates_IdenticalLists: nothing changes, in whatever state", () => {
  const channel = bench();
  channel.resolve(A, B);
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.forget();
  channel.resolve(A, B);
  assert.deepEqual(channel.busy, [A, B]);
  channel.at(B).succeed();
  channel.resolve(A, B);
  assert.deepEqual(channel.states, ["READY"]);
  assert.equal(channel.subchannels.length, 2);
});

for (const [name, first, second] of [
  ["FirstServerRestart", A, A],
  ["SecondServerRestart", B, B],
  ["SecondServerToFirst", B, A],
  ["FirstServerToSecond", A, B],
] as const) {
  test(`Leaf_StopConnectedServer_${name}: the next call starts again at the first address`, async () => {
    const channel = bench();
    channel.resolve(A, B);
    const reach = (address: string) => {
      if (address === B) channel.at(A).become("TRANSIENT_FAILURE");
      channel.at(address).succeed();
      assert.equal(channel.pickAddress(), address);
    };
    reach(first);
    channel.forget();
    channel.at(first).become("IDLE");
    assert.deepEqual(channel.states, ["IDLE"]);
    assert.equal(channel.reresolutions, 1);
    const call = channel.call();
    await microtasks();
    assert.deepEqual(channel.busy, [A]);
    reach(second);
    assert.equal(call.address, second);
    assert.deepEqual(channel.states, ["IDLE", "CONNECTING", "READY"]);
  });
}

test("Leaf_EmptyAddressList: READY, TRANSIENT_FAILURE on an empty list, and back", () => {
  const channel = readyBench(A);
  channel.resolve();
  channel.resolve(A);
  channel.at(A).succeed();
  assert.deepEqual(channel.states, ["CONNECTING", "READY", "TRANSIENT_FAILURE", "CONNECTING", "READY"]);
});

test("Leaf_Reconnection: an address that comes while it reconnects is tried", () => {
  const channel = readyBench(A);
  channel.at(A).become("IDLE");
  channel.policy.exitIdle();
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.resolve(A, B);
  assert.deepEqual(channel.busy, [A, B], "A is in its back-off");
  assert.equal(channel.state, "TRANSIENT_FAILURE", "A62");
  channel.at(B).succeed();
  assert.equal(channel.pickAddress(), B);
  assert.deepEqual(channel.states, [
    ...["CONNECTING", "READY", "IDLE", "CONNECTING", "TRANSIENT_FAILURE", "READY"],
  ]);
});

test("Leaf_TFPickerUpdate: after the first pass, every N failures are told, not each", () => {
  const channel = bench();
  channel.resolve(A, B, A);
  channel.at(A).become("TRANSIENT_FAILURE", "A 1");
  channel.at(A).become("IDLE");
  assert.equal(channel.at(A).connects, 1, "the first pass is not over");
  channel.at(B).become("TRANSIENT_FAILURE", "B 1");
  assert.equal(channel.pickError().text, "B 1");
  assert.equal(channel.at(A).connects, 2);
  assert.equal(channel.reresolutions, 1);

  channel.at(A).become("TRANSIENT_FAILURE", "A 2");
  assert.equal(channel.pickError().text, "B 1");
  channel.at(A).become("IDLE");
  channel.at(A).become("TRANSIENT_FAILURE", "A 3");
  assert.equal(channel.pickError().text, "A 3");
  assert.equal(channel.reresolutions, 2);
  channel.at(B).become("IDLE");
  channel.at(B).become("TRANSIENT_FAILURE", "B 2");
  assert.equal(channel.pickError().text, "A 3");
});

test("StateTransitions_SingleAddress: CONNECTING, then READY or TRANSIENT_FAILURE", () => {
  const dialError = bench();
  dialError.resolve(A);
  dialError.at(A).become("TRANSIENT_FAILURE");
  assert.deepEqual(dialError.states, ["CONNECTING", "TRANSIENT_FAILURE"]);
  assert.deepEqual(readyBench(A).states, ["CONNECTING", "READY"]);
  assert.equal(dialError.clock.pending, 0, "one address needs no timer");
});

test("StateTransitions_ReadyToConnecting: a lost connection is IDLE, then CONNECTING", () => {
  for (const lost of ["IDLE", "CONNECTING", "TRANSIENT_FAILURE"] as const) {
    const channel = readyBench(A);
    channel.forget();
    channel.at(A).become(lost);
    channel.policy.exitIdle();
    if (lost === "TRANSIENT_FAILURE") channel.at(A).become("IDLE");
    assert.deepEqual(channel.states.slice(0, 2), ["IDLE", "CONNECTING"], lost);
    channel.at(A).succeed();
    assert.equal(channel.state, "READY");
  }
});

test("StateTransitions_TriesAllAddrsBeforeTransientFailure: no failure while one may succeed", () => {
  const channel = bench();
  channel.resolve(A, B, C);
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.at(B).become("TRANSIENT_FAILURE");
  assert.deepEqual(channel.states, ["CONNECTING"]);
  channel.at(C).succeed();
  assert.deepEqual(channel.states, ["CONNECTING", "READY"]);
});

test("StateTransitions_MultipleAddrsEntersReady: READY, IDLE when it is lost, CONNECTING", () => {
  const channel = readyBench(A, B);
  channel.at(A).become("IDLE");
  channel.policy.exitIdle();
  assert.deepEqual(channel.states, ["CONNECTING", "READY", "IDLE", "CONNECTING"]);
});

test("an IDLE policy takes a new list without connecting", () => {
  const channel = readyBench(A);
  channel.at(A).become("IDLE");
  channel.forget();
  channel.resolve(B, A);
  assert.deepEqual(channel.published, []);
  assert.deepEqual(channel.busy, []);
  channel.policy.exitIdle();
  assert.deepEqual(channel.busy, [B]);
});

test("attempts on addresses that stay in the list go on", () => {
  const channel = bench();
  channel.resolve(A, B);
  const first = channel.at(A);
  channel.resolve(B, A);
  assert.equal(first.released, false);
  assert.deepEqual(channel.busy, [A, B]);
  first.succeed();
  assert.equal(channel.pickAddress(), A);
});

test("an attempt that ends without a word has failed", () => {
  const channel = bench();
  channel.resolve(A, B);
  channel.at(A).become("IDLE");
  assert.equal(channel.at(B).status.state, "CONNECTING");
  channel.at(B).become("IDLE");
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  assert.deepEqual(channel.busy, [A, B], "both try again");
});

test("resetBackoff reaches the subchannels", () => {
  const channel = bench();
  channel.resolve(A);
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.policy.resetBackoff();
  assert.equal(channel.at(A).backoffResets, 1);
});

test("close releases everything, and nothing is published after it", () => {
  const channel = bench();
  channel.resolve(A, B);
  channel.clock.advance(250);
  channel.forget();
  channel.policy.close();
  assert.deepEqual(channel.alive, []);
  assert.equal(channel.clock.pending, 0);
  for (const subchannel of channel.subchannels) subchannel.become("READY");
  assert.deepEqual(channel.published, []);
});

test("a policy that is closed by what it publishes does nothing more", () => {
  for (const state of ["CONNECTING", "READY", "IDLE", "TRANSIENT_FAILURE"] as const) {
    const channel = bench();
    const publish = channel.updateState.bind(channel);
    channel.updateState = (published, picker) => {
      publish(published, picker);
      if (published === state) channel.policy.close();
    };
    channel.resolve(A, B);
    for (const next of ["READY", "IDLE"] as const) channel.subchannels.at(-1)?.become(next);
    if (state === "TRANSIENT_FAILURE") channel.resolve();
    assert.equal(channel.state, state);
    const asked = channel.reresolutions;
    channel.policy.exitIdle();
    assert.deepEqual(channel.alive, [], state);
    assert.equal(channel.reresolutions, asked);
    assert.equal(channel.clock.pending, 0);
  }
});

test("an idle picker that was replaced wakes nobody after the end", async () => {
  const channel = readyBench(A);
  channel.at(A).become("IDLE");
  channel.call();
  channel.policy.close();
  await microtasks();
  assert.equal(channel.state, "IDLE");
  assert.deepEqual(channel.alive, []);
});

test("describe shows the addresses and the one in use", () => {
  const channel = readyBench(A, B);
  assert.deepEqual(channel.policy.describe(), {
    policy: "pick_first",
    state: "READY",
    detail: { addresses: [A, B], selected: A },
  });
});
