import assert from "node:assert/strict";
import { test } from "node:test";
import { CACHE_MS, SubchannelCache } from "../../../../lib/client/balancing/grpclb/subchannel-cache.js";
import type { ConnectivityState } from "../../../../lib/client/connectivity.js";
import { address, FakeSubchannel, ManualClock } from "../../doubles.js";

function cached() {
  const clock = new ManualClock();
  const cache = new SubchannelCache(clock);
  const made: FakeSubchannel[] = [];
  const lease = (text: string, keeps = true) =>
    cache.lease(
      address(text),
      () => {
        const subchannel = new FakeSubchannel(address(text));
        made.push(subchannel);
        return subchannel;
      },
      () => keeps,
    );
  return { clock, cache, made, lease };
}

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";

test("LBCacheClientConnExpire: a subchannel that nobody wants again is closed after the cache time", () => {
  const { clock, cache, made, lease } = cached();
  lease(A).release();
  clock.advance(CACHE_MS - 1);
  assert.equal(made[0]!.released, false);
  clock.advance(1);
  assert.equal(made[0]!.released, true);
  assert.equal(cache.size, 0);
  lease(A);
  assert.equal(made.length, 2);
});

test("LBCacheClientConnReuse: one that is wanted again within the cache time is the same, and lives on", () => {
  const { clock, cache, made, lease } = cached();
  const first = lease(A);
  first.connect();
  made[0]!.become("READY");
  first.release();
  clock.advance(CACHE_MS / 2);
  const second = lease(A);
  assert.equal(second.status.state, "READY");
  clock.advance(CACHE_MS * 2);
  assert.equal(made.length, 1);
  assert.equal(made[0]!.released, false);
  assert.equal(clock.pending, 0);
  second.release();
  second.release();
  clock.advance(CACHE_MS);
  assert.equal(made[0]!.released, true);
  assert.equal(cache.size, 0);
});

test("LBCacheClientConn_ShutdownTimer_New_Race: over and over at the very moment of the time-out, each is whole", () => {
  const { clock, made, lease } = cached();
  for (let i = 0; i < 1000; i++) {
    const lent = lease(A);
    assert.equal(made.at(-1)!.released, false);
    lent.release();
    clock.advance(i % 2 === 0 ? CACHE_MS : CACHE_MS - 1);
  }
  clock.advance(CACHE_MS);
  assert.ok(made.every(({ released }) => released));
  assert.equal(clock.pending, 0);
});

test("after its release an owner hears nothing, and can do nothing", () => {
  const { made, lease } = cached();
  const heard: ConnectivityState[] = [];
  const first = lease(A);
  first.watch(({ state }) => heard.push(state));
  first.watchHealth(({ state }) => heard.push(state));
  const stop = first.watch(() => heard.push("SHUTDOWN"));
  stop();
  first.release();
  made[0]!.become("CONNECTING");
  made[0]!.becomeHealthy({ state: "CONNECTING" });
  assert.deepEqual(heard, ["READY"]);
  assert.equal(first.status.state, "SHUTDOWN");
  assert.equal(first.connection, undefined);
  made[0]!.become("IDLE");
  first.connect();
  first.resetBackoff();
  first.watch(() => heard.push("IDLE"))();
  assert.deepEqual([made[0]!.connects, made[0]!.backoffResets], [0, 0]);
});

test("a release from within a listener is heard by the listeners after it", () => {
  const { made, lease } = cached();
  const lent = lease(A);
  let heard = 0;
  lent.watch(() => lent.release());
  lent.watch(() => (heard += 1));
  made[0]!.become("CONNECTING");
  assert.equal(heard, 0);
});

test("what is not worth keeping is released at once; two to one address are not kept", () => {
  const { cache, made, lease } = cached();
  lease(A, false).release();
  assert.equal(made[0]!.released, true);
  const both = [lease(B), lease(B)];
  for (const each of both) each.release();
  assert.deepEqual(
    made.map(({ released }) => released),
    [true, true, false],
  );
  cache.clear();
  assert.equal(made[2]!.released, true);
  assert.equal(cache.size, 0);
});
