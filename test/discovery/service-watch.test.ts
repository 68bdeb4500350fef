import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Subscription } from "rxjs";
import { watchService } from "../../lib/discovery/etcd/service-watch.js";
import { StatusError } from "../../lib/rpc/index.js";
import { ManualClock } from "../client/doubles.js";
import { recordingLogger } from "../server/support.js";
import { FakeEtcd, listed, settle, watched } from "./fake-etcd.js";

const at = (address: string, metadata = "null") => `{"Op":0,"Addr":"${address}","Metadata":${metadata}}`;

/** A watch of `svc/orders` whose etcd and clock the test drives. */
class Bench {
  readonly etcd = new FakeEtcd();
  readonly clock = new ManualClock();
  readonly logger = recordingLogger();
  readonly lists: string[][] = [];
  readonly errors: unknown[] = [];
  readonly subscription: Subscription;

  constructor(onList: (bench: Bench) => void = () => undefined) {
    const context = { clock: this.clock, random: () => 0.5, logger: this.logger };
    let subscription: Subscription | undefined;
    subscription = watchService(this.etcd, "svc/orders", context).subscribe({
      next: (instances) => {
        this.lists.push([...instances.keys()].map((key) => key.slice("svc/orders/".length)));
        if (subscription !== undefined) onList(this);
      },
      error: (error) => this.errors.push(error),
    });
    this.subscription = subscription;
  }

  /** Goes on from the list to the watch that follows it. */
  async list(revision: number | bigint, entries: Record<string, string> = {}): Promise<void> {
    (await this.etcd.take("range")).answer(listed(revision, entries));
    await settle();
    this.watch.send(watched(revision, [], { created: true }));
  }

  get watch() {
    return this.etcd.watches.at(-1)!;
  }

  get warnings(): string[] {
    return this.logger.lines.filter(({ level }) => level === "warn").map(({ message }) => message);
  }

  end(): void {
    this.subscription.unsubscribe();
    assert.equal(this.clock.pending, 0);
    assert.ok(this.etcd.watches.every(({ closed }) => closed));
  }
}

test("what is there is listed, and watched from the next revision on, however large that is", async () => {
  const bench = new Bench();
  const { request, options, answer } = await bench.etcd.take("range");
  assert.deepEqual(String(request.key), "svc/orders/");
  assert.deepEqual(String(request.rangeEnd), "svc/orders0");
  assert.equal(request.serializable, true);
  assert.equal(options.waitForReady, undefined);
  answer(listed(9_007_199_254_740_993n, { "svc/orders/b": at("h:2"), "svc/orders/a": at("h:1") }));
  await settle();
  assert.deepEqual(bench.lists, [["b", "a"]]);
  const [create, ...more] = bench.watch.requests;
  assert.deepEqual(more, []);
  assert.deepEqual(create!.createRequest, {
    ...{ key: Buffer.from("svc/orders/"), rangeEnd: Buffer.from("svc/orders0") },
    ...{ startRevision: 9_007_199_254_740_994n, progressNotify: true, fragment: true },
  });
  bench.end();
});

test("an empty list is told too: it is known that there is nothing", async () => {
  const bench = new Bench();
  await bench.list(1);
  assert.deepEqual(bench.lists, [[]]);
  bench.end();
});

test("Atomicity: what one response brings is one update, also if it comes in fragments", async () => {
  const bench = new Bench();
  await bench.list(5);
  bench.watch.send(
    watched(6, [
      ["svc/orders/a", at("h:1")],
      ["svc/orders/b", at("h:2")],
    ]),
  );
  assert.deepEqual(bench.lists.slice(1), [["a", "b"]]);
  bench.watch.send(watched(7, [["svc/orders/a"], ["svc/orders/c", at("h:3")]], { fragment: true }));
  bench.watch.send(watched(7, [["svc/orders/d", at("h:4")]], { fragment: true }));
  assert.equal(bench.lists.length, 2);
  bench.watch.send(watched(7, [["svc/orders/b"]]));
  assert.deepEqual(bench.lists.slice(2), [["c", "d"]]);
  bench.end();
});

test("what changes nothing is not told: the same value again, a key that was not there, progress", async () => {
  const bench = new Bench();
  await bench.list(5, { "svc/orders/a": at("h:1") });
  bench.watch.send(watched(6, [["svc/orders/a", at("h:1")]]));
  bench.watch.send(watched(7, [["svc/orders/x"]]));
  bench.watch.send(watched(8));
  assert.deepEqual(bench.lists, [["a"]]);
  bench.watch.send(watched(9, [["svc/orders/a", at("h:1", '{"weight":2}')]]));
  assert.deepEqual(bench.lists, [["a"], ["a"]]);
  bench.end();
});

test("bad JSON is left out with a warning, and what becomes bad goes", async () => {
  const bench = new Bench();
  await bench.list(5, { "svc/orders/bad": "{", "svc/orders/a": at("h:1"), "svc/orders/odd": at("nowhere") });
  assert.deepEqual(bench.lists, [["a"]]);
  assert.deepEqual(bench.warnings, [
    "svc/orders/bad in etcd is left out: it is no JSON",
    'svc/orders/odd in etcd is left out: "nowhere" is no host:port',
  ]);
  bench.watch.send(watched(6, [["svc/orders/a", "[]"]]));
  bench.watch.send(watched(7, [["svc/orders/bad", at("h:2")]]));
  assert.deepEqual(bench.lists.slice(1), [[], ["bad"]]);
  assert.equal(bench.warnings.length, 3);
  bench.end();
});

describe("a watch that is lost", () => {
  for (const [how, lose] of [
    [
      "compaction",
      (bench: Bench) => bench.watch.send(watched(9, [], { canceled: true, compactRevision: "8" })),
    ],
    [
      "a refusal",
      (bench: Bench) => bench.watch.send(watched(9, [], { canceled: true, cancelReason: "no permission" })),
    ],
    ["a failed stream", (bench: Bench) => bench.watch.fail(StatusError.unavailable("gone"))],
    ["the end of the stream", (bench: Bench) => bench.watch.end()],
  ] as const) {
    test(`by ${how}: what is known is kept, and listed anew after a second`, async () => {
      const bench = new Bench();
      await bench.list(5, { "svc/orders/a": at("h:1"), "svc/orders/b": at("h:2") });
      lose(bench);
      assert.ok(bench.watch.closed);
      await settle();
      assert.deepEqual(bench.etcd.pending, []);
      assert.equal(bench.clock.nextInMs, 1000);
      bench.clock.advance(1000);
      const { options, answer } = await bench.etcd.take("range");
      assert.equal(options.waitForReady, true);
      answer(listed(12, { "svc/orders/b": at("h:2"), "svc/orders/c": at("h:3") }));
      await settle();
      assert.deepEqual(bench.lists, [
        ["a", "b"],
        ["b", "c"],
      ]);
      assert.deepEqual(bench.errors, []);
      assert.equal(bench.watch.requests[0]!.createRequest?.startRevision, 13n);
      assert.equal(bench.warnings.length, 1);
      bench.end();
    });
  }

  test("tells nothing if the new list is the old one", async () => {
    const bench = new Bench();
    await bench.list(5, { "svc/orders/a": at("h:1") });
    bench.watch.fail(StatusError.unavailable("gone"));
    bench.clock.advance(1000);
    await bench.list(7, { "svc/orders/a": at("h:1") });
    assert.deepEqual(bench.lists, [["a"]]);
    bench.end();
  });

  test("is waited for longer and longer, up to 30 s, until etcd watches again", async () => {
    const bench = new Bench();
    await bench.list(5, { "svc/orders/a": at("h:1") });
    bench.watch.fail(StatusError.unavailable("gone"));
    const waits: number[] = [];
    for (let failure = 0; failure < 10; failure++) {
      waits.push(bench.clock.nextInMs!);
      bench.clock.advance(waits.at(-1)!);
      (await bench.etcd.take("range")).fail(StatusError.deadlineExceeded("still gone"));
      await settle();
    }
    assert.deepEqual(waits, [1000, 1600, 2560, 4096, 6554, 10_486, 16_777, 26_844, 30_000, 30_000]);
    bench.clock.advance(30_000);
    await bench.list(5, { "svc/orders/a": at("h:1") });
    bench.watch.end();
    assert.equal(bench.clock.nextInMs, 1000);
    assert.deepEqual(bench.lists, [["a"]]);
    bench.end();
  });

  test("without a word for 25 minutes; progress notifications keep it", async () => {
    const bench = new Bench();
    await bench.list(5);
    for (let i = 0; i < 4; i++) {
      bench.clock.advance(11 * 60_000);
      bench.watch.send(watched(5));
    }
    assert.ok(!bench.watch.closed);
    bench.clock.advance(25 * 60_000);
    assert.ok(bench.watch.closed);
    bench.clock.advance(1000);
    await bench.list(6, { "svc/orders/a": at("h:1") });
    assert.deepEqual(bench.lists, [[], ["a"]]);
    bench.end();
  });

  test("by a gap: a member that is behind the list would keep quiet about what comes", async () => {
    const bench = new Bench();
    (await bench.etcd.take("range")).answer(listed(100, { "svc/orders/a": at("h:1") }));
    await settle();
    bench.watch.send(watched(1, [], { created: true }));
    assert.ok(bench.watch.closed);
    bench.clock.advance(1000);
    await bench.list(2, { "svc/orders/b": at("h:2") });
    assert.equal(bench.watch.requests[0]!.createRequest?.startRevision, 3n);
    bench.watch.send(watched(3, [["svc/orders/a", at("h:1")]]));
    assert.deepEqual(bench.lists, [["a"], ["b"], ["b", "a"]]);
    bench.end();
  });

  test("within fragments: the half that has come is forgotten", async () => {
    const bench = new Bench();
    await bench.list(5, { "svc/orders/a": at("h:1") });
    bench.watch.send(watched(6, [["svc/orders/a"]], { fragment: true }));
    bench.watch.fail(StatusError.unavailable("gone"));
    bench.clock.advance(1000);
    await bench.list(5, { "svc/orders/a": at("h:1") });
    bench.watch.send(watched(7, [["svc/orders/b", at("h:2")]]));
    assert.deepEqual(bench.lists, [["a"], ["a", "b"]]);
    bench.end();
  });
});

test("without any list the failure is the channel's to know, and nothing stays behind", async () => {
  const bench = new Bench();
  const gone = StatusError.unavailable("gone");
  (await bench.etcd.take("range")).fail(gone);
  await settle();
  assert.deepEqual(bench.errors, [gone]);
  bench.end();
});

describe("unsubscribing", () => {
  test("aborts the list", async () => {
    const bench = new Bench();
    await settle();
    assert.equal(bench.etcd.pending.length, 1);
    bench.end();
    assert.equal(bench.etcd.pending.length, 0);
    await settle();
    assert.deepEqual(bench.errors, []);
  });

  test("ends the watch, and the wait for the next list", async () => {
    const watching = new Bench();
    await watching.list(5);
    watching.end();
    watching.watch.send(watched(6, [["svc/orders/a", at("h:1")]]));
    assert.deepEqual(watching.lists, [[]]);
    const waiting = new Bench();
    await waiting.list(5);
    waiting.watch.end();
    waiting.end();
  });

  test("from inside an update is the end of it", async () => {
    const first = new Bench((bench) => bench.subscription.unsubscribe());
    (await first.etcd.take("range")).answer(listed(5));
    await settle();
    assert.deepEqual(first.etcd.watches, []);
    first.end();
  });
});
