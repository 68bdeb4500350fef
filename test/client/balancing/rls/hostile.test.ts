/** Lookup servers that mean ill, and more keys than there is room for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LoadBalancerFactory } from "../../../../lib/client/balancing/policy.js";
import { StatusCode } from "../../../../lib/rpc/index.js";
import { backendPolicy, configJson, METHOD, RlsFixture, settled } from "./support.js";

const [A, B] = ["10.0.0.1:1", "10.0.0.2:1"] as const;

function start(json: object = configJson()): RlsFixture {
  const fixture = new RlsFixture();
  assert.equal(fixture.update(json), true);
  return fixture;
}

test("100,000 distinct keys through a cache of 1 MiB: its bound holds, and nothing is left of what is gone", async () => {
  const maxBytes = 1024 * 1024;
  const fixture = start(configJson({ cacheSizeBytes: maxBytes, maxAge: "3600s", staleAge: "300s" }));
  fixture.channel.answer = ({ keyMap }) => ({ targets: [A], headerData: `data of ${keyMap!.k}` });
  const perEntry = METHOD.length + "k=user 12345,".length + A.length + "data of user 12345".length;
  // Slowly enough that what was answered within 5 s, and stays, is less than what fits.
  await fixture.route("first", A);
  let largest = 0;
  for (let i = 0; i < 100_000; i += 100) {
    for (let j = i; j < i + 100; j++) fixture.call(`user ${j}`.padEnd(10));
    await settled();
    fixture.clock.advance(200);
    largest = Math.max(largest, Number(fixture.detail.cacheBytes));
    // Nobody looks at those of old.
    fixture.published.length = 0;
    fixture.channel.lookups.length = 0;
  }
  assert.ok(largest <= maxBytes, `${largest} bytes`);
  const entries = Number(fixture.detail.cacheEntries);
  assert.ok(
    entries > 0.9 * (maxBytes / perEntry) && entries < 1.1 * (maxBytes / perEntry),
    `${entries} entries`,
  );
  assert.equal(fixture.alive.length, 1);
  fixture.clock.advance(3_660_000);
  assert.equal(fixture.detail.cacheEntries, 0);
  assert.equal(fixture.detail.cacheBytes, 0);
  assert.equal(fixture.alive.length, 0);
  assert.equal(fixture.clock.pending, 1, "only the purge");
});

test("a cache that overflows within five seconds shrinks as soon as it may", async () => {
  const fixture = start(configJson({ cacheSizeBytes: 300 }));
  for (let i = 0; i < 50; i++) await fixture.route(`user ${i}`, A);
  assert.equal(fixture.detail.cacheEntries, 50, "a route that was just answered is not given up");
  fixture.clock.advance(5000);
  await fixture.route("one more", A);
  assert.ok(Number(fixture.detail.cacheBytes) <= 300);
});

test("a server that never answers is asked once for each key; calls wait for it or their deadline", async () => {
  const fixture = start();
  for (let i = 0; i < 1000; i++) fixture.call("7");
  fixture.clock.advance(600_000);
  await settled();
  assert.equal(fixture.lookups.length, 1);
  assert.equal(fixture.detail.lookups, 1);
});

test("an answer larger than the cache is a failure, and is not asked for again and again", async () => {
  const fixture = start(configJson({ cacheSizeBytes: 200 }));
  const call = fixture.call("7");
  await fixture.lookups[0]!.answer({ targets: [A], headerData: "x".repeat(300) });
  assert.match(call.failure!.text, /most recent error from RLS server: .*larger than the cache/);
  assert.equal(fixture.lookups.length, 1);
  const waiting = fixture.call("7", { waitForReady: true });
  assert.equal(fixture.lookups.length, 1);
  fixture.clock.advance(1000);
  await settled();
  await fixture.lookups[1]!.answer({ targets: [B] });
  fixture.succeedAll();
  assert.equal(waiting.address, B);
});

test("a request whose keys are larger than the cache is not looked up", () => {
  for (const json of [
    configJson({ cacheSizeBytes: 200 }),
    configJson({ cacheSizeBytes: 200, defaultTarget: B }),
  ]) {
    const fixture = start(json);
    fixture.succeedAll();
    const call = fixture.call("x".repeat(300));
    if (fixture.alive.length > 0) assert.equal(call.address, B);
    else assert.match(call.failure!.text, /keys of the request are larger than the RLS cache/);
    assert.equal(fixture.lookups.length, 0);
  }
});

test("header data that no header can have is a failure; the last good route stays", async () => {
  const fixture = start(configJson({ staleAge: "1s" }));
  await fixture.route("7", A);
  fixture.clock.advance(1000);
  fixture.call("7");
  await fixture.lookups[1]!.answer({ targets: [B], headerData: "a\r\nb: c" });
  assert.equal(fixture.call("7").address, A);
  const call = fixture.call("8");
  await fixture.lookups[2]!.answer({ targets: [B], headerData: "\u0000" });
  assert.match(call.failure!.text, /header_data is no text that a header can have/);
  for (const headerData of [" a", "a ", " "]) {
    const trimmed = fixture.call(`with ${headerData}`);
    await fixture.lookups.at(-1)!.answer({ targets: [B], headerData });
    assert.match(trimmed.failure!.text, /header_data is no text/, "it would not arrive as it is");
  }
});

test("header data that would cost a connection is a failure", async () => {
  const fixture = start(configJson({ cacheSizeBytes: 100_000 }));
  const call = fixture.call("7");
  await fixture.lookups[0]!.answer({ targets: [A], headerData: "x".repeat(8193) });
  assert.match(call.failure!.text, /header_data is longer than 8192 bytes/);
  const most = fixture.call("8");
  await fixture.lookups[1]!.answer({ targets: [A], headerData: "x".repeat(8192) });
  fixture.succeedAll();
  assert.equal(most.address, A);
});

test("answers and retries that come in one turn are published once", async () => {
  const fixture = start(configJson({ cacheSizeBytes: 100_000 }));
  await fixture.route("first", A);
  const calls = Array.from({ length: 100 }, (_, i) => fixture.call(`user ${i}`, { waitForReady: true }));
  const lookups = fixture.lookups.slice(1);
  const before = fixture.published.length;
  // Nothing is held back.
  fixture.chance.value = 1;
  await Promise.all(lookups.map((lookup) => lookup.fail(new Error("down"))));
  assert.equal(fixture.published.length, before + 1);
  fixture.clock.advance(1200);
  await settled();
  assert.equal(fixture.published.length, before + 2);
  await Promise.all(fixture.lookups.slice(101).map((lookup) => lookup.answer({ targets: [A] })));
  assert.equal(fixture.published.length, before + 3);
  assert.ok(calls.every(({ address }) => address === A));
});

test("a target at which the child throws fails its calls; others, and the next config, are served", async () => {
  const thrower = { ...backendPolicy("thrower"), thrown: 0 };
  const policy: LoadBalancerFactory = {
    ...thrower,
    createBalancer: (helper) => {
      const balancer = thrower.createBalancer(helper);
      const inner = balancer.update.bind(balancer);
      balancer.update = (update) => {
        if ((update.config as { Backend: string }).Backend === B && thrower.thrown++ === 0)
          throw new Error("oops");
        return inner(update);
      };
      return balancer;
    },
  };
  const fixture = new RlsFixture(policy);
  fixture.update(configJson({}, { childPolicy: [{ thrower: {} }] }));
  const call = fixture.call("7");
  await fixture.lookups[0]!.answer({ targets: [B] });
  assert.equal(call.failure?.code, StatusCode.INTERNAL);
  assert.match(call.failure.text, /the target "10\.0\.0\.2:1" cannot be used: oops/);
  assert.equal((await fixture.route("8", A)).address, A);
  assert.equal(fixture.call("7").failure?.code, StatusCode.INTERNAL);
  fixture.update(configJson({}, { childPolicy: [{ thrower: { again: true } }] }));
  fixture.succeedAll();
  assert.equal(fixture.call("7").address, B);
  fixture.policy.close();
  assert.equal(fixture.alive.length, 0);
});

test("a route that is evicted while it is looked up is not asked for twice", async () => {
  const fixture = start(configJson({ cacheSizeBytes: 60, staleAge: "1s" }));
  await fixture.route("7", A);
  fixture.clock.advance(5000);
  fixture.call("7");
  assert.equal(fixture.lookups.length, 2, "a refresh");
  fixture.update(configJson({ cacheSizeBytes: 30 }));
  assert.equal(fixture.detail.cacheEntries, 0);
  const call = fixture.call("7");
  assert.equal(fixture.lookups.length, 2);
  fixture.update(configJson({ cacheSizeBytes: 60 }));
  await fixture.lookups[1]!.answer({ targets: [A] });
  fixture.succeedAll();
  assert.equal(call.address, A);
});

test("of a huge list the first hundred targets are used", async () => {
  const fixture = start(configJson({ cacheSizeBytes: 5_000_000 }));
  fixture.call("7");
  const targets = Array.from({ length: 100_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:1`);
  await fixture.lookups[0]!.answer({ targets });
  assert.equal(fixture.backend.made.length, 100);
});

test("garbage instead of targets fails calls with what is wrong, and does not crash", async () => {
  const fixture = start();
  const garbage = ["__proto__", "constructor", "\u0000\ufffd", "x".repeat(500), "dns:///%zz"];
  for (const [i, target] of garbage.entries()) {
    const call = fixture.call(`${i}`);
    await fixture.lookups[i]!.answer({ targets: [target] });
    assert.match(call.failure!.text, /cannot be used/);
  }
  assert.equal(fixture.alive.length, 0);
});

test("errors of any kind are failures", async () => {
  const fixture = start();
  for (const [i, error] of [undefined, null, "text", new Error("x"), { code: 5 }].entries()) {
    const call = fixture.call(`${i}`);
    await fixture.lookups[i]!.fail(error);
    assert.match(call.failure!.text, /most recent error from RLS server: UNKNOWN/);
  }
});

test("a server that changes its mind all the time leaves no child behind, and calls go where it said last", async () => {
  const fixture = start(configJson({ maxAge: "10s", staleAge: "0.01s" }));
  await fixture.route("7", A);
  for (let i = 0; i < 300; i++) {
    fixture.clock.advance(10);
    fixture.call("7");
    const lookup = fixture.lookups.at(-1)!;
    if (i % 3 === 0) await lookup.fail(new Error("flap"));
    else await lookup.answer({ targets: [i % 3 === 1 ? A : B], headerData: `${i}` });
    fixture.succeedAll();
    assert.ok(fixture.alive.length <= 1);
    if (i % 3 === 0) fixture.clock.advance(1000);
  }
  assert.equal(fixture.call("7").address, B);
  assert.equal(fixture.detail.cacheEntries, 1);
});

test("a channel to the server that flaps resets back-off at most once for each recovery", async () => {
  const fixture = start();
  const { connectivity } = fixture.channel;
  connectivity.next("READY");
  fixture.call("7", { waitForReady: true });
  await fixture.lookups[0]!.fail(new Error("down"));
  for (let i = 0; i < 100; i++) {
    connectivity.next("TRANSIENT_FAILURE");
    connectivity.next("READY");
    connectivity.next("READY");
  }
  assert.equal(fixture.lookups.length, 2, "the second one is still under way");
});
