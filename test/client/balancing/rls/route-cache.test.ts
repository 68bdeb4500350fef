import assert from "node:assert/strict";
import { test } from "node:test";
import { Route } from "../../../../lib/client/balancing/rls/route.js";
import { RouteCache } from "../../../../lib/client/balancing/rls/route-cache.js";
import { RouteIndex } from "../../../../lib/client/balancing/rls/route-index.js";
import { type Clock, Metadata } from "../../../../lib/rpc/index.js";
import { ManualClock } from "../../doubles.js";

class Fixture {
  readonly clock = new ManualClock();
  readonly evicted: string[] = [];
  readonly cache: RouteCache;
  retries = 0;

  constructor(maxBytes: number) {
    this.cache = new RouteCache(maxBytes, this.clock, (route) => this.evicted.push(route.path));
  }

  /** `kept` from now on, in ms. */
  route(path: string, { holds = true, kept = 0 } = {}): Route {
    const route = new Route(path, {});
    route.holds = holds;
    route.keptUntil = this.clock.now() + kept;
    return route;
  }

  fail(route: Route): Route {
    route.fail(
      "down",
      this.clock,
      () => 0.5,
      () => {
        this.retries += 1;
      },
    );
    return route;
  }

  get paths(): readonly string[] {
    return [...this.cache.routes()].map(({ path }) => path);
  }
}

test("LRU_BasicOperations: what was used last is in front", () => {
  const fixture = new Fixture(100);
  const routes = ["a", "b", "c", "d"].map((path) => fixture.route(path));
  for (const route of routes) fixture.cache.put(route, 1);
  assert.deepEqual(fixture.paths, ["d", "c", "b", "a"]);
  fixture.cache.touch(routes[1]!);
  assert.deepEqual(fixture.paths, ["b", "d", "c", "a"]);
  fixture.cache.touch(routes[0]!);
  fixture.cache.touch(routes[0]!);
  assert.deepEqual(fixture.paths, ["a", "b", "d", "c"]);
  fixture.cache.evict(routes[2]!);
  assert.deepEqual(fixture.paths, ["a", "b", "d"]);
  for (const route of [routes[0]!, routes[3]!, routes[1]!]) fixture.cache.evict(route);
  assert.deepEqual(fixture.paths, []);
  fixture.cache.put(routes[2]!, 1);
  assert.deepEqual(fixture.paths, ["c"]);
});

test("DataCache_BasicOperations: what is put in is there, with its size, until it is evicted", () => {
  const { cache, route, evicted } = bind(new Fixture(5));
  const routes = [1, 2, 3, 4, 5].map((i) => route(`r${i}`));
  for (const each of routes) assert.equal(cache.put(each, 1), true);
  assert.equal(cache.size, 5);
  assert.equal(cache.bytes, 5);
  assert.equal(cache.put(routes[4]!, 2), true, "another size");
  assert.deepEqual(evicted, ["r1"]);
  assert.equal(cache.bytes, 5);
  assert.equal(cache.evict(routes[3]!), false);
  assert.equal(cache.bytes, 4);
  assert.equal(cache.size, 3);
});

test("DataCache_AddForcesResize: one goes for the other; whether a wait was cut short is told", () => {
  const { cache, route, fail, clock, evicted } = bind(new Fixture(1));
  const failed = fail(route("failed"));
  cache.put(failed, 1);
  assert.equal(cache.put(route("valid"), 1), true);
  assert.deepEqual(evicted, ["failed"]);
  assert.equal(clock.pending, 0, "its timer is gone");
  assert.equal(cache.put(route("too large"), 2), false);
  assert.equal(cache.size, 1);
  assert.equal(cache.resize(0), false, "nobody waited for that one");
  cache.resize(1);
  cache.put(fail(route("failed too")), 1);
  assert.equal(cache.resize(0), true);
});

test("DataCache_Resize: stops at what was answered just now, and goes on when that is older", () => {
  const { cache, route, clock, evicted } = bind(new Fixture(5));
  for (const [path, kept] of [
    ["a", 0],
    ["b", 5000],
    ["c", 0],
    ["d", 0],
    ["e", 0],
  ] as const) {
    cache.put(route(path, { kept }), 1);
  }
  cache.resize(1);
  assert.deepEqual(evicted, ["a"]);
  assert.equal(cache.bytes, 4);
  clock.advance(5000);
  cache.resize(1);
  assert.deepEqual(evicted, ["a", "b", "c", "d"]);
  assert.equal(cache.bytes, 1);
});

test("DataCache_EvictExpiredEntries: what holds, or has failed lately, stays", () => {
  const { cache, route, fail, clock, evicted } = bind(new Fixture(5));
  cache.put(route("valid"), 1);
  cache.put(fail(route("failed, still holds")), 1);
  cache.put(route("valid too"), 1);
  cache.put(route("expired", { holds: false }), 1);
  cache.put(fail(route("expired, failed", { holds: false })), 1);
  assert.equal(cache.purge(), false);
  assert.deepEqual(evicted, ["expired"]);
  clock.advance(1999);
  cache.purge();
  assert.deepEqual(evicted, ["expired"]);
  clock.advance(1);
  cache.purge();
  assert.deepEqual(evicted, ["expired", "expired, failed"]);
  assert.equal(cache.size, 3);
});

test("DataCache_ResetBackoffState: only what has failed is touched", () => {
  const fixture = bind(new Fixture(5));
  const { cache, route, fail, clock } = fixture;
  const valid = route("valid");
  const failed = fail(route("failed", { holds: false }));
  cache.put(valid, 1);
  assert.equal(cache.resetBackoff(), false);
  cache.put(failed, 1);
  assert.equal(cache.resetBackoff(), true);
  assert.equal(clock.pending, 0);
  assert.ok(failed.retryAt < clock.now());
  assert.equal(cache.resetBackoff(), false);
  fail(failed);
  assert.equal(clock.nextInMs, 1000, "the first failure again");
  clock.advance(1000);
  assert.equal(fixture.retries(), 1);
});

test("waits between lookups grow: 1 s, 1.6 s, … 120 s", () => {
  const { route, fail, clock } = bind(new Fixture(5));
  const failed = route("failed");
  const waits = Array.from({ length: 13 }, () => {
    fail(failed);
    const wait = clock.nextInMs!;
    clock.advance(wait);
    return Math.round(wait);
  });
  assert.deepEqual(waits.slice(0, 4), [1000, 1600, 2560, 4096]);
  assert.equal(waits.at(-1), 120_000);
});

/** The methods of a fixture, by themselves. */
function bind(fixture: Fixture) {
  return {
    cache: fixture.cache,
    clock: fixture.clock,
    evicted: fixture.evicted,
    route: fixture.route.bind(fixture),
    fail: fixture.fail.bind(fixture),
    retries: () => fixture.retries,
  };
}

test("keys that look alike as text are different keys, and removing one leaves nothing behind", () => {
  const headers = [
    { key: "a", names: ["a"] },
    { key: "b", names: ["b"] },
  ];
  const none = { hostKey: undefined, serviceKey: undefined, methodKey: undefined, constants: {} };
  const index = new RouteIndex("h");
  index.rebuild(new Map([["/s/", { headers, ...none }]]));
  const keys = [{ a: "1,b=2" }, { a: "1", b: "2" }, { b: "1" }, {}, { a: "" }, { a: "__proto__" }];
  const routes = keys.map((key) => new Route("/s/m", key));
  const find = (path: string, key: Record<string, string>) => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(key)) metadata.set(name, value);
    return index.find({ path, metadata });
  };
  for (const route of routes) assert.equal(index.insert(route), true);
  for (const [i, key] of keys.entries()) assert.equal(find("/s/m", key), routes[i]);
  assert.equal(find("/s/other", {}), undefined);
  assert.equal([...index.routes()].length, routes.length);
  assert.equal(index.insert(new Route("/s/m", { c: "1" })), false);
  // Other builders: what fits them is found again, the rest is told.
  const lost = index.rebuild(new Map([["/s/", { headers: headers.slice(0, 1), ...none }]]));
  assert.deepEqual(new Set(lost), new Set([routes[1], routes[2]]));
  assert.equal(find("/s/m", { a: "1,b=2", b: "ignored" }), routes[0]);
  for (const route of routes) index.remove(route);
  assert.equal([...index.routes()].length, 0);
  assert.equal(find("/s/m", {}), undefined);
});

test("a timer that comes a little early ends the back-off all the same: no other follows", () => {
  const clock = new ManualClock();
  const early: Clock = {
    now: () => clock.now(),
    setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs - 1),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
  const route = new Route("/s/m", {});
  const mayAsk: boolean[] = [];
  route.fail(
    "down",
    early,
    () => 0.5,
    () => mayAsk.push(clock.now() >= route.retryAt),
  );
  clock.advance(998);
  assert.deepEqual([mayAsk, clock.now() >= route.retryAt], [[], false]);
  clock.advance(1);
  assert.deepEqual(mayAsk, [true]);
});
