/** What becomes of a call, by what is known of its key. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { childHelper, type LoadBalancerFactory } from "../../../../lib/client/balancing/policy.js";
import { StatusCode, StatusError } from "../../../../lib/rpc/index.js";
import { StubBalancer, stubPolicy } from "../../doubles.js";
import { configJson, METHOD, RlsFixture, settled } from "./support.js";

const [A, B, DEFAULT] = ["10.0.0.1:1", "10.0.0.2:1", "10.0.0.9:1"] as const;
const withDefault = configJson({ defaultTarget: DEFAULT });

function start(json: object = configJson()): RlsFixture {
  const fixture = new RlsFixture();
  assert.equal(fixture.update(json), true);
  fixture.succeedAll();
  return fixture;
}

test("Pick_DataCacheMiss_NoPendingEntry_NotThrottled: the lookup is sent with the keys, and the call waits", async () => {
  const fixture = start(configJson({ lookupServiceTimeout: "3s" }));
  const call = fixture.call("7");
  assert.equal(call.address, undefined);
  assert.equal(fixture.lookups.length, 1);
  assert.deepEqual(fixture.lookups[0]!.request, {
    targetType: "grpc",
    keyMap: { k: "7" },
    reason: "REASON_MISS",
    staleHeaderData: "",
  });
  assert.equal(fixture.lookups[0]!.deadlineMs, 3000);
  await fixture.lookups[0]!.answer({ targets: [A] });
  assert.equal(call.address, undefined, "its target connects");
  fixture.succeedAll();
  assert.equal(call.address, A);
  assert.equal(call.headers, undefined);
});

test("Pick_DataCacheMiss_NoPendingEntry_ThrottledWithDefaultTarget: calls go to the default target", async () => {
  const fixture = start(withDefault);
  await fixture.throttle();
  const call = fixture.call("7");
  assert.equal(call.address, DEFAULT);
  assert.equal(fixture.lookups.length, 1, "the one that failed before");
});

test("Pick_DataCacheMiss_NoPendingEntry_ThrottledWithoutDefaultTarget: calls fail", async () => {
  const fixture = start();
  await fixture.throttle();
  const { failure } = fixture.call("7");
  assert.equal(failure?.code, StatusCode.UNAVAILABLE);
  assert.match(failure.text, /RLS call throttled at client side/);
  assert.equal(fixture.lookups.length, 1);
});

test("ControlChannelThrottled: what is held back is not sent, and waiting calls are picked for anew after a while", async () => {
  const fixture = start();
  await fixture.throttle();
  const call = fixture.call("7", { waitForReady: true });
  assert.equal(fixture.lookups.length, 1);
  fixture.chance.value = 0.99;
  fixture.clock.advance(1000);
  assert.deepEqual(fixture.lookups.at(-1)!.request.keyMap, { k: "7" });
  await fixture.lookups.at(-1)!.answer({ targets: [A] });
  fixture.succeedAll();
  assert.equal(call.address, A);
});

test("ControlChannelThrottled: a waiting call counts once, however often it is picked for until the wait is over", async () => {
  const fixture = start();
  await fixture.throttle();
  fixture.call("7", { waitForReady: true });
  // As good as certain for a first look; a second one would be let through.
  fixture.chance.value = 1;
  fixture.policy.exitIdle();
  for (let i = 0; i < 10; i++) fixture.update(configJson({ maxAge: `${100 + i}s` }));
  assert.equal(fixture.lookups.length, 1);
  fixture.clock.advance(1000);
  assert.equal(fixture.lookups.length, 2);
});

for (const json of [configJson(), withDefault]) {
  const name = json === withDefault ? "with" : "without";
  test(`Pick_DataCacheMiss_PendingEntryExists: one lookup for all calls of a key, ${name} default target`, async () => {
    const fixture = start(json);
    const calls = [fixture.call("7"), fixture.call("7"), fixture.call("7")];
    assert.equal(fixture.lookups.length, 1);
    fixture.call("8");
    assert.equal(fixture.lookups.length, 2);
    await fixture.lookups[0]!.answer({ targets: [A] });
    fixture.succeedAll();
    assert.deepEqual(
      calls.map(({ address }) => address),
      [A, A, A],
    );
  });
}

test("Pick_DataCacheHit_NoPendingEntry_ValidEntry: no lookup", async () => {
  const fixture = start();
  await fixture.route("7", A);
  assert.equal(fixture.call("7").address, A);
  assert.equal(fixture.lookups.length, 1);
});

test("Pick_DataCacheHit_NoPendingEntry_ValidEntry_WithHeaderData: backends see it", async () => {
  const fixture = start();
  const call = fixture.call("7");
  await fixture.lookups[0]!.answer({ targets: [A], headerData: "some-data" });
  fixture.succeedAll();
  assert.deepEqual(call.headers, { "x-google-rls-data": "some-data" });
  assert.deepEqual(fixture.call("7").headers, { "x-google-rls-data": "some-data" });
});

test("Pick_DataCacheHit_NoPendingEntry_StaleEntry: calls go on, and the route is looked up again", async () => {
  const fixture = start(configJson({ staleAge: "40s" }));
  fixture.call("7");
  await fixture.lookups[0]!.answer({ targets: [A], headerData: "old" });
  fixture.succeedAll();
  fixture.clock.advance(39_999);
  fixture.call("7");
  assert.equal(fixture.lookups.length, 1);
  fixture.clock.advance(1);
  assert.equal(fixture.call("7").address, A);
  assert.deepEqual(fixture.lookups[1]!.request, {
    targetType: "grpc",
    keyMap: { k: "7" },
    reason: "REASON_STALE",
    staleHeaderData: "old",
  });
  await fixture.lookups[1]!.answer({ targets: [B], headerData: "new" });
  const call = fixture.call("7");
  fixture.succeedAll();
  assert.equal(call.address, B);
  assert.deepEqual(call.headers, { "x-google-rls-data": "new" });
});

test("Pick_DataCacheHit_NoPendingEntry_StaleEntry: a refresh that is held back loses nothing", async () => {
  const fixture = start(configJson({ staleAge: "40s" }));
  await fixture.route("7", A);
  fixture.clock.advance(40_000);
  await fixture.throttle();
  assert.equal(fixture.call("7").address, A);
  assert.equal(fixture.lookups.length, 2, "the first one, and the one that failed");
});

test("Pick_DataCacheHit_NoPendingEntry_StaleEntry: one that fails is repeated only after its back-off", async () => {
  const fixture = start(configJson({ staleAge: "40s" }));
  await fixture.route("7", A);
  fixture.clock.advance(40_000);
  fixture.call("7");
  await fixture.lookups[1]!.fail(new Error("down"));
  assert.equal(fixture.call("7").address, A);
  assert.equal(fixture.lookups.length, 2);
  fixture.clock.advance(1000);
  assert.equal(fixture.call("7").address, A);
  assert.equal(fixture.lookups.length, 3);
});

test("Pick_DataCacheHit_NoPendingEntry_ExpiredEntry: it is looked up; held back, the default target or a failure", async () => {
  for (const json of [configJson(), withDefault]) {
    const fixture = start(json);
    await fixture.route("7", A);
    fixture.clock.advance(100_000);
    const call = fixture.call("7");
    assert.equal(call.address, undefined);
    assert.equal(fixture.lookups.length, 2);
    assert.equal(fixture.lookups[1]!.request.reason, "REASON_MISS");
    await fixture.lookups[1]!.answer({ targets: [A] });
    assert.equal(call.address, A);
    fixture.clock.advance(100_000);
    await fixture.throttle();
    const held = fixture.call("7");
    if (json === withDefault) assert.equal(held.address, DEFAULT);
    else assert.match(held.failure!.text, /throttled/);
    assert.equal(fixture.lookups.length, 3);
  }
});

test("Pick_DataCacheHit_NoPendingEntry_ExpiredEntryInBackoff: the default target, or the most recent error", async () => {
  for (const json of [configJson(), withDefault]) {
    const fixture = start(json);
    const first = fixture.call("7");
    await fixture.lookups[0]!.fail(StatusError.notFound("nobody has heard of 7"));
    const calls = [first, fixture.call("7")];
    for (const call of calls) {
      if (json === withDefault) assert.equal(call.address, DEFAULT);
      else {
        assert.equal(call.failure!.code, StatusCode.UNAVAILABLE);
        assert.match(
          call.failure!.text,
          /most recent error from RLS server: NOT_FOUND: nobody has heard of 7/,
        );
      }
    }
    assert.equal(fixture.lookups.length, 1);
  }
});

test("a call that waits for ready is looked up again when the back-off is over", async () => {
  const fixture = start();
  const call = fixture.call("7", { waitForReady: true });
  await fixture.lookups[0]!.fail(new Error("down"));
  fixture.clock.advance(999);
  assert.equal(fixture.lookups.length, 1);
  fixture.clock.advance(1);
  await settled();
  assert.equal(fixture.lookups.length, 2);
  await fixture.lookups[1]!.fail(new Error("still down"));
  fixture.clock.advance(1599);
  await settled();
  assert.equal(fixture.lookups.length, 2);
  fixture.clock.advance(1);
  await settled();
  await fixture.lookups[2]!.answer({ targets: [A] });
  fixture.succeedAll();
  assert.equal(call.address, A);
});

test("Pick_DataCacheHit_PendingEntryExists_StaleEntry: calls go on, with one lookup", async () => {
  const fixture = start(configJson({ staleAge: "40s" }));
  await fixture.route("7", A);
  fixture.clock.advance(40_000);
  for (let i = 0; i < 3; i++) assert.equal(fixture.call("7").address, A);
  assert.equal(fixture.lookups.length, 2);
});

test("Pick_DataCacheHit_PendingEntryExists_ExpiredEntry: calls wait, with one lookup", async () => {
  for (const json of [configJson(), withDefault]) {
    const fixture = start(json);
    await fixture.route("7", A);
    fixture.clock.advance(100_000);
    const calls = [fixture.call("7"), fixture.call("7")];
    assert.equal(fixture.lookups.length, 2);
    await fixture.lookups[1]!.answer({ targets: [B] });
    fixture.succeedAll();
    for (const { address } of calls) assert.equal(address, B);
  }
});

test("NoNonEmptyTargetsReturnsError: an answer without a target is a failure", async () => {
  for (const targets of [[], ["", ""]]) {
    const fixture = start();
    const call = fixture.call("7");
    await fixture.lookups[0]!.answer({ targets });
    assert.equal(call.failure?.code, StatusCode.UNAVAILABLE);
    assert.match(call.failure.text, /RLS response's target list does not contain any entries for key k=7/);
  }
});

test("LookupFailure: the call gets the error of the server", async () => {
  const fixture = start();
  const call = fixture.call("7");
  await fixture.lookups[0]!.fail(StatusError.internal("oops"));
  assert.match(call.failure!.text, /INTERNAL: oops/);
});

test("a call without the header has a key of its own", async () => {
  const fixture = start();
  const calls = [fixture.call(), fixture.call("")];
  assert.deepEqual(
    fixture.lookups.map(({ request }) => request.keyMap),
    [{}, { k: "" }],
  );
  await fixture.lookups[0]!.answer({ targets: [A] });
  fixture.succeedAll();
  assert.deepEqual(
    calls.map(({ address }) => address),
    [A, undefined],
  );
});

test("a method without a key builder is looked up with no keys, each by itself", () => {
  const fixture = start();
  fixture.call("7", { path: "/other.Service/A" });
  fixture.call("8", { path: "/other.Service/A" });
  fixture.call("7", { path: "/other.Service/B" });
  assert.deepEqual(
    fixture.lookups.map(({ request }) => request.keyMap),
    [{}, {}],
  );
});

test("a path that is no method fails the call", () => {
  const fixture = start();
  const { failure } = fixture.call("7", { path: "/no-method" });
  assert.equal(failure?.code, StatusCode.INTERNAL);
  assert.match(failure.text, /malformed method name "\/no-method"/);
  assert.equal(fixture.lookups.length, 0);
});

test("targets are used in order: the first that has not failed; of those that all have, the last", async () => {
  const fixture = start();
  const call = fixture.call("7");
  await fixture.lookups[0]!.answer({ targets: [A, B, A, ""] });
  assert.equal(call.address, undefined, "the first one connects");
  fixture.at(A).become("TRANSIENT_FAILURE", "A refused");
  fixture.at(B).succeed();
  assert.equal(call.address, B);
  fixture.at(B).become("IDLE");
  const failed = fixture.call("7");
  await settled();
  assert.equal(fixture.at(B).status.state, "CONNECTING", "a call wakes it");
  fixture.at(B).become("TRANSIENT_FAILURE", "B refused");
  assert.match(failed.failure!.text, /B refused/);
  fixture.at(A).succeed();
  assert.equal(fixture.call("7").address, A);
});

test("a target that has failed counts as failed until it is READY, whatever its child says in between", async () => {
  const child = stubPolicy("stub");
  const fixture = new RlsFixture(child);
  fixture.update(configJson({}, { childPolicy: [{ stub: {} }] }));
  const call = fixture.call("7");
  await fixture.lookups[0]!.answer({ targets: ["first", "second"] });
  const [first, second] = child.made as [StubBalancer, StubBalancer];
  first.publish("TRANSIENT_FAILURE");
  second.publish("READY", "answered by the second");
  assert.match(call.failure!.text, /answered by the second/);
  first.publish("CONNECTING");
  assert.match(fixture.call("7").failure!.text, /answered by the second/);
  assert.equal(first.exits, 0);
  first.publish("IDLE");
  assert.equal(first.exits, 1, "calls go on to the next one, so that none would ever wake it");
  assert.match(fixture.call("7").failure!.text, /answered by the second/);
  first.publish("READY", "answered by the first");
  assert.match(fixture.call("7").failure!.text, /answered by the first/);
});

/** A policy that decides every pick in the same way. */
function fixed(name: string, result: Parameters<StubBalancer["publish"]>[1]): LoadBalancerFactory {
  return {
    name,
    parseConfig: () => ({}),
    createBalancer: (helper) => {
      const balancer = new StubBalancer(childHelper(helper, {}), name);
      balancer.update = () => {
        balancer.publish("READY", result);
        return true;
      };
      return balancer;
    },
  };
}

test("ChildPickResultError: what the child says is what happens", async () => {
  const status = StatusError.permissionDenied("not for you");
  const fixture = new RlsFixture(
    fixed("queues", { pick: () => ({ kind: "queue" }) }),
    fixed("fails", { pick: () => ({ kind: "fail", status }) }),
    fixed("drops", { pick: () => ({ kind: "drop", status }) }),
  );
  const outcome = async (policy: string) => {
    fixture.update(configJson({}, { childPolicy: [{ [policy]: {} }] }));
    const call = fixture.call(policy);
    await fixture.lookups.at(-1)!.answer({ targets: [policy], headerData: "x" });
    return call;
  };
  const queues = await outcome("queues");
  assert.deepEqual([queues.address, queues.failure], [undefined, undefined]);
  const fails = await outcome("fails");
  assert.deepEqual([fails.failure, fails.dropped], [status, false]);
  const drops = await outcome("drops");
  assert.deepEqual([drops.failure, drops.dropped], [status, true]);
});

test("headers, authority and end of a child's pick stay", async () => {
  let ended = 0;
  const subchannel = new RlsFixture().createSubchannel({ host: "10.0.0.1", port: 1 });
  const fixture = new RlsFixture(
    fixed("marks", {
      pick: () => ({
        kind: "complete",
        subchannel,
        headers: { "lb-token": "t", "x-google-rls-data": "child's" },
        authority: "a",
        onEnd: () => {
          ended += 1;
        },
      }),
    }),
  );
  fixture.update(configJson({}, { childPolicy: [{ marks: {} }] }));
  const call = fixture.call("7");
  await fixture.lookups[0]!.answer({ targets: ["x"], headerData: "data" });
  assert.deepEqual(call.headers, { "lb-token": "t", "x-google-rls-data": "data" });
  assert.equal(ended, 1);
});

test("metrics: picks are counted by target and outcome; those that wait are not", async () => {
  const fixture = start(withDefault);
  const picks = (name: string) => fixture.picksOf(name);
  const none = { complete: 0, fail: 0, drop: 0 };
  await fixture.route("7", A);
  fixture.call("7");
  assert.deepEqual(picks(A), { picks: { ...none, complete: 2 }, defaultPicks: none });
  fixture.at(A).become("IDLE");
  fixture.call("7");
  await settled();
  fixture.at(A).become("TRANSIENT_FAILURE");
  assert.deepEqual(picks(A), { picks: { complete: 2, fail: 1, drop: 0 }, defaultPicks: none });
});

test("metrics: picks that the child drops are counted as such", async () => {
  const status = StatusError.unavailable("dropped");
  const dropping = fixed("dropping", { pick: () => ({ kind: "drop", status }) });
  const fixture = new RlsFixture(dropping);
  fixture.update(configJson({}, { childPolicy: [{ dropping: {} }] }));
  const call = fixture.call("7");
  await fixture.lookups[0]!.answer({ targets: [A] });
  assert.equal(call.dropped, true);
  assert.deepEqual(fixture.picksOf(A).picks, { complete: 0, fail: 0, drop: 1 });
});

test("metrics: picks of the default target are counted by themselves", async () => {
  const fixture = start(withDefault);
  await fixture.throttle();
  fixture.call("7");
  fixture.at(DEFAULT).become("IDLE");
  fixture.call("7");
  await settled();
  fixture.at(DEFAULT).become("TRANSIENT_FAILURE");
  assert.deepEqual(fixture.picksOf(DEFAULT), {
    picks: { complete: 0, fail: 0, drop: 0 },
    // The call that failed its lookup, and the first of those that were held back.
    defaultPicks: { complete: 2, fail: 1, drop: 0 },
  });
  assert.equal(fixture.detail.failedPicks, 0);
});

test("metrics: picks that fail for want of a route are counted; so are the cache's entries and size", async () => {
  const fixture = start();
  await fixture.throttle();
  fixture.call("7");
  assert.equal(fixture.detail.failedPicks, 2);
  assert.equal(fixture.detail.cacheEntries, 1);
  assert.equal(fixture.detail.cacheBytes, METHOD.length + "k=overload,".length);
  assert.equal(fixture.detail.lookups, 0);
});
