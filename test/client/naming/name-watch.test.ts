import assert from "node:assert/strict";
import { test } from "node:test";
import { NEVER, Observable, of, type Subscriber, throwError } from "rxjs";
import type {
  Resolution,
  ResolverContext,
  ResolverDefinition,
  ResolverOptions,
} from "../../../lib/client/naming/resolver.js";
import { StatusCode, StatusError } from "../../../lib/rpc/index.js";
import { turn } from "../../server/support.js";
import { cycle, endpoints, ManualClock } from "../doubles.js";
import { WatchedName, watchName } from "./support.js";

/** A resolver whose subscriptions the test answers. */
class Source implements ResolverDefinition {
  readonly scheme = "test";
  readonly subscribers: Subscriber<Resolution>[] = [];
  contexts: ResolverContext[] = [];
  unsubscribed = 0;
  /** Runs inside of each subscription. */
  onSubscribe: (subscriber: Subscriber<Resolution>) => void = () => undefined;
  readonly resolver = {
    resolve: (_: unknown, context: ResolverContext) =>
      new Observable<Resolution>((subscriber) => {
        this.subscribers.push(subscriber);
        this.contexts.push(context);
        subscriber.add(() => void this.unsubscribed++);
        this.onSubscribe(subscriber);
      }),
  };

  constructor(readonly options: ResolverOptions = {}) {}

  get last(): Subscriber<Resolution> {
    return this.subscribers.at(-1)!;
  }

  emit(...list: string[]): void {
    this.last.next({ endpoints: endpoints(...list) });
  }

  /** As a look-up answers. */
  answer(...list: string[]): void {
    this.emit(...list);
    this.last.complete();
  }

  /** Answers each look-up at once from now on. */
  always(...list: string[]): void {
    this.onSubscribe = (subscriber) => {
      subscriber.next({ endpoints: endpoints(...list) });
      subscriber.complete();
    };
  }
}

async function started(source: Source, random = cycle(0.5)) {
  const name = watchName(source, "test:///name", random);
  await turn();
  return name;
}

test("nothing happens inside of start, refresh and stop", async () => {
  const source = new Source({ minIntervalMs: 0 });
  source.always("a:1");
  const name = watchName(source, "test:///name");
  assert.equal(name.events, 0);
  await turn();
  assert.equal(name.events, 1);
  name.watch.refresh();
  assert.equal(name.events, 1);
  name.clock.advance(0);
  assert.equal(name.events, 2);
  name.watch.stop();
  assert.equal(name.clock.pending, 0);
});

test("a resolver that emits on a hint does not do so inside of refresh", async () => {
  const source = new Source();
  const name = await started(source);
  source.contexts[0]!.refreshes.subscribe(() => source.emit("b:1"));
  for (let i = 0; i < 5; i++) name.watch.refresh();
  assert.equal(name.events, 0);
  await turn();
  assert.equal(name.events, 1, "many hints are one");
  name.watch.stop();
});

test("StateTransitions_WithRPC_NoResolverUpdate: a watch that tells nothing is waited for, and never timed out", async () => {
  const source = new Source();
  const name = await started(source);
  assert.equal(name.clock.pending, 0);
  name.clock.advance(3_600_000);
  assert.equal(name.events, 0);
  assert.equal(name.watch.describe().state, "resolving");
  name.watch.stop();
  assert.equal(source.unsubscribed, 1);
});

test("DNSResolver_Basic: a look-up is done once, and again only when asked", async () => {
  const source = new Source();
  const name = await started(source);
  source.answer("a:1", "b:2");
  assert.deepEqual(name.list, ["a:1", "b:2"]);
  assert.equal(name.clock.pending, 0);
  name.clock.advance(3_600_000);
  assert.equal(source.subscribers.length, 1);
  name.watch.stop();
});

test("DNSResolver_ResolveNow, RateLimitedResolve: many requests are one look-up, 30 s after the last", async () => {
  const source = new Source();
  const name = await started(source);
  source.always("a:1");
  source.answer("a:1");
  name.clock.advance(10_000);
  for (let i = 0; i < 1000; i++) name.watch.refresh();
  assert.equal(name.clock.pending, 1);
  name.clock.advance(19_999);
  assert.equal(source.subscribers.length, 1);
  name.clock.advance(1);
  assert.equal(source.subscribers.length, 2);
  name.clock.advance(3_600_000);
  assert.equal(source.subscribers.length, 2, "the requests are spent");
  name.watch.stop();
});

test("MinResolutionInterval: it counts from the last success, whenever the request comes", async () => {
  const source = new Source({ minIntervalMs: 1000 });
  const name = await started(source);
  source.always("a:1");
  source.answer("a:1");
  const from = name.clock.now();
  for (const requestAt of [100, 200, 900]) {
    name.clock.advance(from + requestAt - name.clock.now());
    name.watch.refresh();
  }
  name.clock.advance(from + 1000 - name.clock.now());
  assert.equal(source.subscribers.length, 2);
  name.watch.stop();
});

test("MinResolutionIntervalNoExtraDelay: a request after the interval is served at once", async () => {
  const source = new Source({ minIntervalMs: 1000 });
  const name = await started(source);
  source.always("a:1");
  source.answer("a:1");
  name.clock.advance(1000);
  name.watch.refresh();
  assert.equal(name.clock.nextInMs, 0);
  name.clock.advance(0);
  assert.equal(source.subscribers.length, 2);
  name.watch.stop();
});

test("a request during a look-up is served by another one, after the interval", async () => {
  const source = new Source();
  const name = await started(source);
  name.watch.refresh();
  source.answer("a:1");
  assert.equal(name.clock.nextInMs, 30_000);
  name.clock.advance(30_000);
  assert.equal(source.subscribers.length, 2);
  name.watch.stop();
});

test("DNSResolver_ExponentialBackoff: what is refused is looked up again, with growing waits, until accepted", async () => {
  const source = new Source();
  const name = await started(source);
  name.accepts = false;
  source.answer("a:1");
  for (const waitMs of [1000, 1600, 2560, 4096]) {
    name.watch.refresh();
    assert.equal(name.clock.nextInMs, waitMs, "a request does not shorten it");
    name.clock.advance(waitMs);
    source.answer("a:1");
  }
  assert.match(name.watch.describe().error!, /cannot use/);
  name.clock.advance(name.clock.nextInMs!);
  name.accepts = true;
  source.answer("a:1");
  assert.equal(name.clock.pending, 0);
  assert.equal(name.watch.describe().error, undefined);
  assert.equal(source.subscribers.length, 6);
  // The next failure starts from the first wait.
  name.clock.advance(30_000);
  name.watch.refresh();
  name.clock.advance(0);
  source.last.error(new Error("away"));
  assert.equal(name.clock.nextInMs, 1000);
  name.watch.stop();
});

test("waits grow to 120 s, and vary by a fifth", async () => {
  const source = new Source();
  source.onSubscribe = (subscriber) => subscriber.error(new Error("away"));
  const name = await started(source, cycle(0, 1 - 1e-9));
  const waits: number[] = [];
  for (let i = 0; i < 14; i++) {
    waits.push(name.clock.nextInMs!);
    name.clock.advance(name.clock.nextInMs!);
  }
  assert.ok(Math.abs(waits[0]! - 800) < 0.01 && Math.abs(waits[1]! - 1920) < 0.01, String(waits));
  assert.ok(Math.abs(waits[12]! - 96_000) < 0.1 && Math.abs(waits[13]! - 144_000) < 0.1, String(waits));
  name.watch.stop();
});

test("a resolver may choose its own waits", async () => {
  const source = new Source({ backoff: { initialMs: 10, multiplier: 3, maxMs: 50, jitter: 0 } });
  source.onSubscribe = (subscriber) => subscriber.error(new Error("away"));
  const name = await started(source);
  for (const waitMs of [10, 30, 50, 50]) {
    assert.equal(name.clock.nextInMs, waitMs);
    name.clock.advance(waitMs);
  }
  name.watch.stop();
});

test("ReportError: an error is UNAVAILABLE, keeps the last list, and is retried unasked", async () => {
  const source = new Source();
  const name = await started(source);
  source.emit("a:1");
  const cause = new Error("connection lost");
  source.last.error(cause);
  assert.equal(name.errors.length, 1);
  assert.equal(name.errors[0]!.code, StatusCode.UNAVAILABLE);
  assert.equal(name.errors[0]!.text, "name resolution of test:///name failed: connection lost");
  assert.equal(name.errors[0]!.cause, cause);
  const described = name.watch.describe();
  assert.deepEqual(described, {
    scheme: "test",
    state: "backoff",
    endpoints: ["a:1"],
    resolvedAt: name.clock.now(),
    error: name.errors[0]!.text,
  });
  name.clock.advance(1000);
  source.emit("b:1");
  assert.deepEqual(name.list, ["b:1"]);
  assert.equal(name.watch.describe().state, "watching");
  assert.deepEqual(
    name.logger.lines.filter(({ level }) => level !== "debug").map(({ level, message }) => [level, message]),
    [
      ["warn", name.errors[0]!.text],
      ["info", "name resolution works again"],
    ],
  );
  name.watch.stop();
});

test("a status of the resolver's own stays what it is", async () => {
  const source = new Source();
  const name = await started(source);
  const status = StatusError.permissionDenied("no such namespace for you");
  source.last.error(status);
  assert.equal(name.errors[0], status);
  name.watch.stop();
});

test("an outage is warned of once, not at each attempt", async () => {
  const source = new Source();
  source.onSubscribe = (subscriber) => subscriber.error(new Error("away"));
  const name = await started(source);
  name.clock.advance(600_000);
  assert.ok(name.errors.length > 5);
  assert.equal(name.logger.lines.filter(({ level }) => level === "warn").length, 1);
  name.watch.stop();
});

const faults: [what: string, resolve: () => Observable<Resolution>, words: RegExp][] = [
  ["throws", () => assert.fail("not today"), /failed: not today$/],
  ["throws what is no Error", () => throwError(() => "text"), /failed: text$/],
  ["returns nothing", () => undefined as never, /failed: .*undefined/],
  [
    "ends without a list",
    () => new Observable((subscriber) => subscriber.complete()),
    /ended without a list/,
  ],
  ["emits nothing useful", () => of(undefined as unknown as Resolution), /emitted no list of endpoints/],
  ["emits no list", () => of({ endpoints: {} as never }), /emitted no list of endpoints/],
  [
    "emits an endpoint without address",
    () => of({ endpoints: [...endpoints("a:1"), { addresses: [] }] }),
    /emitted endpoints\[1\] without an address/,
  ],
  ["emits a hole", () => of({ endpoints: [undefined as never] }), /endpoints\[0\] without an address/],
];
for (const [what, resolve, words] of faults) {
  test(`TestResolverErrorInBuild: a resolver that ${what} is an error like any other`, async () => {
    const name = watchName({ scheme: "test", resolver: { resolve } }, "test:///name");
    await turn();
    assert.equal(name.resolutions.length, 0);
    assert.match(name.errors[0]!.text, words);
    assert.equal(name.clock.nextInMs, 1000);
    name.clock.advance(1000);
    assert.equal(name.errors.length, 2);
    name.watch.stop();
    assert.equal(name.clock.pending, 0);
  });
}

test("a list that a watch pushes and the channel refuses needs nothing", async () => {
  const source = new Source();
  const name = await started(source);
  name.accepts = false;
  source.emit("a:1");
  assert.equal(name.clock.pending, 0);
  assert.equal(source.subscribers.length, 1);
  name.accepts = true;
  source.emit("b:1");
  assert.deepEqual(name.list, ["b:1"]);
  assert.equal(name.watch.describe().error, undefined);
  name.watch.stop();
});

test("a watch that ends is watched again", async () => {
  const source = new Source({ refreshIntervalMs: 5000 });
  const name = await started(source);
  source.emit("a:1");
  name.clock.advance(60_000);
  assert.equal(source.subscribers.length, 1, "while it is open there is no need");
  source.last.complete();
  name.clock.advance(5000);
  assert.equal(source.subscribers.length, 2);
  name.watch.stop();
});

test("TestServersSwap: each list replaces the one before, and the same list twice is passed on", async () => {
  const source = new Source();
  const name = await started(source);
  source.emit("a:1");
  source.emit("a:1");
  source.emit("b:1");
  assert.equal(name.resolutions.length, 3);
  assert.deepEqual(name.watch.describe().endpoints, ["b:1"]);
  name.watch.stop();
});

test("a periodic look-up comes after its interval, a tenth more or less, and a request may come first", async () => {
  const source = new Source({ refreshIntervalMs: 60_000 });
  source.always("a:1");
  const name = await started(source, cycle(0, 1 - 1e-9, 0.5));
  assert.equal(name.clock.nextInMs, 54_000);
  name.clock.advance(54_000);
  assert.ok(Math.abs(name.clock.nextInMs! - 66_000) < 1);
  name.watch.refresh();
  assert.equal(name.clock.pending, 1);
  assert.equal(name.clock.nextInMs, 30_000);
  name.clock.advance(30_000);
  assert.equal(source.subscribers.length, 3);
  assert.equal(name.clock.nextInMs, 60_000, "the interval counts from the newest look-up");
  name.watch.stop();
  assert.equal(name.clock.pending, 0);
});

test("a shorter interval than the least one is the user's word", async () => {
  const source = new Source({ refreshIntervalMs: 1000 });
  source.always("a:1");
  const name = await started(source);
  name.watch.refresh();
  assert.equal(name.clock.nextInMs, 1000);
  name.watch.stop();
});

test("TestResolverEmptyUpdateNotPanic: an empty list fails calls, where it is authoritative", async () => {
  const source = new Source();
  const name = await started(source);
  source.emit("a:1");
  source.emit();
  assert.deepEqual(name.list, []);
  assert.deepEqual(name.watch.describe().endpoints, []);
  name.watch.stop();
});

test("emptyList keep: an empty list after a good one is dropped with a warning", async () => {
  const source = new Source({ emptyList: "keep" });
  const name = await started(source);
  source.emit();
  assert.deepEqual(name.list, [], "there is nothing to keep yet");
  source.emit("a:1");
  source.emit();
  assert.equal(name.resolutions.length, 2);
  const described = name.watch.describe();
  assert.deepEqual(described.endpoints, ["a:1"]);
  assert.match(described.error!, /empty/);
  assert.equal(name.logger.lines.filter(({ level }) => level === "warn").length, 1);
  source.emit("b:1");
  assert.deepEqual(name.list, ["b:1"]);
  assert.equal(name.watch.describe().error, undefined);
  name.watch.stop();
});

test("emptyList keep: a look-up that found nothing is done again with back-off", async () => {
  const source = new Source({ emptyList: "keep" });
  const name = await started(source);
  source.answer("a:1");
  name.clock.advance(30_000);
  name.watch.refresh();
  name.clock.advance(0);
  source.answer();
  assert.equal(name.clock.nextInMs, 1000);
  name.clock.advance(1000);
  source.answer("b:1");
  assert.equal(name.clock.pending, 0);
  assert.deepEqual(name.list, ["b:1"]);
  name.watch.stop();
});

test("after stop nothing is called, and what comes late is ignored", async () => {
  const source = new Source({ refreshIntervalMs: 1000 });
  const name = await started(source);
  const late = source.last;
  name.watch.refresh();
  name.watch.stop();
  assert.equal(source.unsubscribed, 1);
  late.next({ endpoints: endpoints("a:1") });
  name.watch.refresh();
  await turn();
  name.clock.advance(3_600_000);
  assert.equal(name.events, 0);
  assert.equal(name.watch.describe().state, "stopped");
  name.watch.stop();
});

test("stop right after start: the resolver is never asked", async () => {
  const source = new Source();
  const name = watchName(source, "test:///name");
  name.watch.stop();
  await turn();
  assert.equal(source.subscribers.length, 0);
});

test("stop and start right after each other: the resolver is asked once", async () => {
  const source = new Source();
  const name = watchName(source, "test:///name");
  name.watch.start();
  name.watch.stop();
  name.watch.start();
  await turn();
  assert.equal(source.subscribers.length, 1);
  name.watch.stop();
});

test("a push from a subscription that was given up is ignored", async () => {
  const given: Subscriber<Resolution>[] = [];
  // No teardown at all, and it goes on emitting.
  const rude = {
    subscribe: (observer: Subscriber<Resolution>) => {
      given.push(observer);
      return { unsubscribe: () => undefined };
    },
  } as unknown as Observable<Resolution>;
  const name = watchName({ scheme: "test", resolver: { resolve: () => rude } }, "test:///name");
  await turn();
  name.watch.stop();
  name.watch.start();
  await turn();
  given[0]!.next({ endpoints: endpoints("old:1") });
  given[0]!.error(new Error("old"));
  assert.equal(name.events, 0);
  given[1]!.next({ endpoints: endpoints("new:1") });
  assert.deepEqual(name.list, ["new:1"]);
  name.watch.stop();
});

test("start after stop asks anew, at once and without the old back-off", async () => {
  const source = new Source();
  const name = await started(source);
  source.last.error(new Error("away"));
  name.clock.advance(1000);
  source.last.error(new Error("away"));
  name.watch.stop();
  assert.equal(name.clock.pending, 0);
  name.watch.start();
  await turn();
  assert.equal(source.subscribers.length, 3);
  source.last.error(new Error("away"));
  assert.equal(name.clock.nextInMs, 1000);
  name.watch.stop();
});

test("a start into an outage tells the last good list before the error", async () => {
  const source = new Source();
  const name = await started(source);
  source.answer("a:1");
  name.watch.stop();
  name.watch.start();
  await turn();
  source.last.error(new Error("away"));
  assert.equal(name.resolutions.length, 2);
  assert.deepEqual(name.list, ["a:1"]);
  assert.equal(name.errors.length, 1);
  name.clock.advance(1000);
  source.last.error(new Error("away"));
  assert.equal(name.resolutions.length, 2, "once is enough");
  name.watch.stop();
});

test("a start into a registry without memory tells the last good list", async () => {
  const source = new Source({ emptyList: "keep" });
  const name = await started(source);
  source.emit("a:1");
  name.watch.stop();
  name.watch.start();
  await turn();
  source.emit();
  assert.deepEqual(name.list, ["a:1"]);
  assert.equal(name.resolutions.length, 2);
  name.watch.stop();
});

test("a listener may stop and start from inside of a callback", async () => {
  const source = new Source({ refreshIntervalMs: 1000 });
  const name = await started(source);
  name.onEvent = () => name.watch.stop();
  source.answer("a:1");
  assert.equal(name.watch.describe().state, "stopped");
  assert.equal(name.clock.pending, 0);
  name.watch.start();
  await turn();
  source.last.error(new Error("away"));
  assert.equal(name.watch.describe().state, "stopped");
  assert.equal(name.clock.pending, 0);
  assert.deepEqual(
    [name.resolutions.length, name.errors.length],
    [2, 0],
    "the kept list came first, and stopped it",
  );
  name.onEvent = () => {
    name.watch.stop();
    name.watch.start();
  };
  name.watch.start();
  await turn();
  source.answer("b:1");
  name.onEvent = () => undefined;
  await turn();
  assert.equal(name.watch.describe().state, "resolving");
  name.watch.stop();
});

test("a resolver that emits while its list is being handed on waits its turn", async () => {
  const source = new Source();
  const name = await started(source);
  const order: string[] = [];
  let depth = 0;
  name.onEvent = () => {
    depth += 1;
    order.push(`${depth} ${name.list}`);
    if (name.resolutions.length < 3) source.emit(`a:${name.resolutions.length + 1}`);
    depth -= 1;
  };
  source.emit("a:1");
  assert.deepEqual(order, ["1 a:1", "1 a:2", "1 a:3"]);
  name.watch.stop();
});

test("a listener that asks again inside of each callback makes no busy loop", async () => {
  const source = new Source();
  source.always();
  const name = new WatchedName(source, "test:///name", { clock: new ManualClock() });
  name.onEvent = () => name.watch.refresh();
  name.accepts = false;
  name.watch.start();
  await turn();
  name.clock.advance(60_000);
  assert.ok(source.subscribers.length <= 9, String(source.subscribers.length));
  name.watch.stop();
});

test("each subscription is given up before the next one", async () => {
  const source = new Source({ minIntervalMs: 0 });
  const name = await started(source);
  for (let i = 0; i < 5; i++) {
    source.answer("a:1");
    name.watch.refresh();
    name.clock.advance(0);
  }
  assert.equal(source.subscribers.length, 6);
  assert.equal(source.unsubscribed, 5);
  name.watch.stop();
  assert.equal(source.unsubscribed, 6);
});

test("an open watch without a list is described as such", async () => {
  const name = watchName({ scheme: "test", resolver: { resolve: () => NEVER } }, "test:///name");
  await turn();
  assert.deepEqual(name.watch.describe(), { scheme: "test", state: "resolving", endpoints: [] });
  name.watch.stop();
});
