import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LeasedKey } from "../../lib/discovery/etcd/leased-key.js";
import { StatusCode, StatusError } from "../../lib/rpc/index.js";
import { ManualClock } from "../client/doubles.js";
import { recordingLogger } from "../server/support.js";
import { FakeEtcd, listed, settle } from "./fake-etcd.js";

const granted = (ID: string, TTL = "15") => ({ ID, TTL, error: "" });
const gone = StatusError.unavailable("gone");
const unknownLease = StatusError.notFound("etcdserver: requested lease not found");

class Bench {
  readonly etcd = new FakeEtcd();
  readonly clock = new ManualClock();
  readonly logger = recordingLogger();
  readonly key = new LeasedKey(this.etcd, "svc/a/h:1", "value", {
    ...{ ttlS: 15, clock: this.clock, random: () => 0.5, logger: this.logger },
  });

  /** Gives a lease and takes the key; says under which lease it was written. */
  async establish(lease: string, TTL = "15"): Promise<string> {
    (await this.etcd.take("leaseGrant")).answer(granted(lease, TTL));
    const { request, answer } = await this.etcd.take("txn");
    answer({});
    await settle();
    const [{ requestPut }] = request.success;
    assert.equal(String(requestPut.key), "svc/a/h:1");
    assert.equal(String(requestPut.value), "value");
    return requestPut.lease;
  }

  async registered(): Promise<this> {
    const started = this.key.start();
    assert.equal(await this.establish("7"), "7");
    await started;
    this.stream.send({ ID: "7", TTL: "15" });
    return this;
  }

  get stream() {
    return this.etcd.keepAlives.at(-1)!;
  }

  messages(level: "info" | "warn"): string[] {
    return this.logger.lines.filter((line) => line.level === level).map(({ message }) => message);
  }

  async end(): Promise<void> {
    const stopped = this.key.stop(1000);
    for (const call of this.etcd.pending.splice(0)) call.answer({});
    await stopped;
    this.nothingIsLeft();
  }

  nothingIsLeft(): void {
    assert.equal(this.clock.pending, 0);
    assert.ok(this.etcd.keepAlives.every(({ closed }) => closed));
  }
}

test("a lease is taken, the key written under it, and kept alive at once and every third of its time", async () => {
  const bench = new Bench();
  const started = bench.key.start();
  const grant = await bench.etcd.take("leaseGrant");
  assert.deepEqual(grant.request, { TTL: 15, ID: 0 });
  assert.equal(grant.options.waitForReady, false);
  grant.answer(granted("9007199254740993", "15"));
  (await bench.etcd.take("txn")).answer({});
  await started;
  const ping = { ID: "9007199254740993" };
  assert.deepEqual(bench.stream.requests, [ping]);
  bench.clock.advance(4999);
  assert.equal(bench.stream.requests.length, 1);
  bench.stream.send({ ID: ping.ID, TTL: "15" });
  bench.clock.advance(1);
  assert.deepEqual(bench.stream.requests, [ping, ping]);
  bench.clock.advance(5000);
  assert.deepEqual(bench.stream.requests, [ping, ping, ping]);
  assert.deepEqual(bench.messages("info"), ["registered svc/a/h:1"]);
  await bench.end();
});

test("the time is the one that etcd grants, if it grants more than was asked", async () => {
  const bench = new Bench();
  const started = bench.key.start();
  await bench.establish("7", "60");
  await started;
  bench.clock.advance(19_999);
  assert.equal(bench.stream.requests.length, 1);
  bench.clock.advance(1);
  assert.equal(bench.stream.requests.length, 2);
  await bench.end();
});

describe("a lease that is over brings a new one, and the key under it", () => {
  for (const [how, lose] of [
    ["etcd answers with a TTL of 0", (bench: Bench) => bench.stream.send({ ID: "7", TTL: "0" })],
    ["etcd answers with a TTL below 0", (bench: Bench) => bench.stream.send({ ID: "7", TTL: "-1" })],
    ["etcd answers NOT_FOUND", (bench: Bench) => bench.stream.fail(unknownLease)],
    ["etcd does not answer for a whole TTL", (bench: Bench) => bench.clock.advance(15_000)],
  ] as const) {
    test(how, async () => {
      const bench = await new Bench().registered();
      const old = bench.stream;
      lose(bench);
      await settle();
      bench.etcd.pending.splice(
        0,
        bench.etcd.pending.findIndex(({ method }) => method === "leaseGrant"),
      );
      assert.ok(old.closed);
      assert.equal(await bench.establish("8"), "8");
      assert.deepEqual(bench.stream.requests, [{ ID: "8" }]);
      assert.deepEqual(bench.messages("warn"), ["the lease of svc/a/h:1 is over; it is registered again"]);
      await bench.end();
    });
  }

  test("also if it ends before the key is written", async () => {
    const bench = new Bench();
    const started = bench.key.start();
    (await bench.etcd.take("leaseGrant")).answer(granted("7"));
    (await bench.etcd.take("txn")).fail(unknownLease);
    await started;
    bench.clock.advance(500);
    assert.equal(await bench.establish("8"), "8");
    await bench.end();
  });
});

test("a broken stream of keepalives is opened again after half a second, as long as the lease may live", async () => {
  const bench = await new Bench().registered();
  bench.stream.fail(gone);
  const opened = bench.etcd.keepAlives.length;
  bench.clock.advance(499);
  assert.equal(bench.etcd.keepAlives.length, opened);
  bench.clock.advance(1);
  assert.equal(bench.etcd.keepAlives.length, opened + 1);
  assert.deepEqual(bench.stream.requests, [{ ID: "7" }]);
  bench.stream.end();
  bench.clock.advance(500);
  bench.stream.send({ ID: "7", TTL: "15" });
  bench.clock.advance(14_999);
  assert.deepEqual(bench.messages("warn"), ["svc/a/h:1 cannot be kept alive now; it is tried again"]);
  assert.deepEqual(bench.messages("info"), ["registered svc/a/h:1", "svc/a/h:1 is kept alive again"]);
  await bench.end();
});

test("an outage at start is waited out: it is no reason not to serve", async () => {
  const bench = new Bench();
  const started = bench.key.start();
  (await bench.etcd.take("leaseGrant")).fail(gone);
  await started;
  const waits: number[] = [];
  for (let failure = 0; failure < 5; failure++) {
    waits.push(bench.clock.nextInMs!);
    bench.clock.advance(waits.at(-1)!);
    const grant = await bench.etcd.take("leaseGrant");
    assert.equal(grant.options.waitForReady, true);
    grant.fail(gone);
    await settle();
  }
  assert.deepEqual(waits, [500, 800, 1280, 2000, 2000]);
  assert.deepEqual(bench.messages("warn"), ["svc/a/h:1 cannot be registered now; it is tried again"]);
  bench.clock.advance(2000);
  await bench.establish("7");
  assert.deepEqual(bench.messages("info"), ["registered svc/a/h:1"]);
  await bench.end();
});

test("a refusal at start is the caller's to know, and nothing goes on", async () => {
  const refusal = new StatusError(StatusCode.PERMISSION_DENIED, "etcdserver: permission denied");
  const bench = new Bench();
  const started = bench.key.start();
  (await bench.etcd.take("leaseGrant")).answer(granted("7"));
  (await bench.etcd.take("txn")).fail(refusal);
  const { request, answer } = await bench.etcd.take("leaseRevoke");
  assert.deepEqual(request, { ID: "7" });
  answer({});
  await assert.rejects(started, refusal);
  bench.nothingIsLeft();
});

test("a key that someone else has deleted is written again, within the time of a lease", async () => {
  const bench = await new Bench().registered();
  for (let third = 0; third < 3; third++) {
    bench.clock.advance(5000);
    bench.stream.send({ ID: "7", TTL: "15" });
  }
  const count = await bench.etcd.take("range");
  assert.equal(String(count.request.key), "svc/a/h:1");
  assert.equal(count.request.countOnly, true);
  count.answer(listed(5));
  const { request, answer } = await bench.etcd.take("txn");
  assert.equal(request.success[0].requestPut.lease, "7");
  answer({});
  await settle();
  assert.equal(bench.messages("warn").length, 1);
  await bench.end();
});

describe("stopping", () => {
  test("revokes the lease, which deletes the key, once", async () => {
    const bench = await new Bench().registered();
    const stopped = bench.key.stop(3000);
    assert.equal(bench.key.stop(3000), stopped);
    const { request, options, answer } = await bench.etcd.take("leaseRevoke");
    assert.deepEqual(request, { ID: "7" });
    assert.equal(options.deadlineMs, 3000);
    answer({});
    await stopped;
    bench.nothingIsLeft();
    assert.deepEqual(bench.messages("info").slice(-1), ["deregistered svc/a/h:1"]);
  });

  test("while etcd is away says that the key goes by itself", async () => {
    const bench = await new Bench().registered();
    const stopped = bench.key.stop(3000);
    (await bench.etcd.take("leaseRevoke")).fail(StatusError.deadlineExceeded("3 s are over"));
    await stopped;
    bench.nothingIsLeft();
    assert.deepEqual(bench.messages("warn"), [
      "svc/a/h:1 could not be deleted from etcd; it goes by itself within 15 s",
    ]);
  });

  test("is tried again when the connection is lost under it, as long as there is time", async () => {
    const bench = await new Bench().registered();
    const stopped = bench.key.stop(250);
    for (const deadlineMs of [250, 150]) {
      const { options, fail } = await bench.etcd.take("leaseRevoke");
      assert.equal(options.deadlineMs, deadlineMs);
      fail(gone);
      await settle();
      bench.clock.advance(100);
    }
    (await bench.etcd.take("leaseRevoke")).fail(gone);
    await stopped;
    bench.nothingIsLeft();
    assert.equal(bench.messages("warn").length, 1);
  });

  test("is done if etcd has forgotten the lease already", async () => {
    const bench = await new Bench().registered();
    const stopped = bench.key.stop(3000);
    (await bench.etcd.take("leaseRevoke")).fail(unknownLease);
    await stopped;
    assert.deepEqual(bench.messages("warn"), []);
  });

  test("before there is a lease asks nothing of etcd", async () => {
    const bench = new Bench();
    const started = bench.key.start();
    await settle();
    await bench.key.stop(3000);
    await started;
    assert.deepEqual(bench.etcd.pending, []);
    bench.nothingIsLeft();
  });

  test("while the key is being written revokes the lease: a write that comes late is void", async () => {
    const bench = new Bench();
    const started = bench.key.start();
    (await bench.etcd.take("leaseGrant")).answer(granted("7"));
    await settle();
    const stopped = bench.key.stop(3000);
    (await bench.etcd.take("leaseRevoke")).answer({});
    await Promise.all([started, stopped]);
    bench.nothingIsLeft();
  });

  test("revokes also the lease before the last, to which the key may still be attached", async () => {
    const bench = await new Bench().registered();
    bench.clock.advance(15_000);
    await settle();
    bench.etcd.pending.splice(
      0,
      bench.etcd.pending.findIndex(({ method }) => method === "leaseGrant"),
    );
    (await bench.etcd.take("leaseGrant")).answer(granted("8"));
    await settle();
    const stopped = bench.key.stop(3000);
    await settle();
    const revoked = bench.etcd.pending.splice(0);
    assert.deepEqual(
      revoked.map(({ method, request }) => [method, request.ID]),
      [
        ["leaseRevoke", "7"],
        ["leaseRevoke", "8"],
      ],
    );
    for (const call of revoked) call.answer({});
    await stopped;
    bench.nothingIsLeft();
  });

  test("hears no late answers", async () => {
    const bench = await new Bench().registered();
    const { stream } = bench;
    await bench.end();
    stream.send({ ID: "7", TTL: "0" });
    stream.fail(gone);
    await settle();
    assert.deepEqual(bench.etcd.pending, []);
    bench.nothingIsLeft();
  });
});
