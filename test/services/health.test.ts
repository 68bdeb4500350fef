import assert from "node:assert/strict";
import { test } from "node:test";
import { finalize, type Observable } from "rxjs";
import { Inject, Injectable, injectionToken, Module, type ModuleImport } from "../../lib/app/index.js";
import { StatusCode } from "../../lib/rpc/index.js";
import { Health } from "../../lib/schema/index.js";
import {
  type HealthIndicator,
  HealthModule,
  HealthStatuses,
  type ServingStatus,
} from "../../lib/services/index.js";
import { createTestingApp } from "../../lib/testing/index.js";
import { ManualClock } from "../client/doubles.js";
import type { Replies } from "../interop/client.js";
import { PROBE_PROTO, ProbeClient, probeController } from "../server/probe.js";
import { checkAtEnd, deferred, recordingLogger, turn, until } from "../server/support.js";
import { PeerClient } from "./support.js";

checkAtEnd();

const PROBE = "grebe.test.Probe";
const HEALTH = "grpc.health.v1.Health";

async function start(health: ModuleImport, handlers = {}, drainLimitMs = 1000) {
  class Root {}
  Module({ imports: [health], protos: [PROBE_PROTO], controllers: [probeController(handlers)] })(Root);
  const app = await createTestingApp(Root, { drainLimitMs }).start();
  const client = new PeerClient(app.address, Health);
  const statusOf = async (service: string): Promise<unknown> => {
    const { status, messages } = await client.unary("check", { service });
    return status.code === StatusCode.OK ? messages[0]?.["status"] : status.code;
  };
  return {
    ...app,
    client,
    statusOf,
    statuses: app.get(HealthStatuses),
    watch: (service: string): Replies => client.stream("watch", { service }),
    stop: async () => {
      client.close();
      await app.close();
    },
  };
}

const next = async (watch: Replies): Promise<unknown> => (await watch.next())?.["status"];

test("ServingStatus: every served service is SERVING, and so is the server as a whole", async () => {
  const { statusOf, client, stop } = await start(HealthModule);
  for (const service of ["", PROBE, HEALTH]) assert.equal(await statusOf(service), "SERVING");
  const { messages } = await client.unary("list");
  assert.deepEqual(messages[0]?.["statuses"], {
    "": { status: "SERVING" },
    [PROBE]: { status: "SERVING" },
    [HEALTH]: { status: "SERVING" },
  });
  await stop();
});

test("Check of an unknown service is NOT_FOUND, until somebody names it", async () => {
  const { statusOf, statuses, client, stop } = await start(HealthModule);
  const { status } = await client.unary("check", { service: "no.such.Service" });
  assert.deepEqual(
    [status.code, status.details],
    [StatusCode.NOT_FOUND, 'unknown service "no.such.Service"'],
  );
  statuses.set("no.such.Service", "NOT_SERVING");
  assert.equal(await statusOf("no.such.Service"), "NOT_SERVING");
  statuses.delete("no.such.Service");
  assert.equal(await statusOf("no.such.Service"), StatusCode.NOT_FOUND);
  await stop();
});

test("a name that JavaScript knows is no service", async () => {
  const { statusOf, statuses, client, stop } = await start(HealthModule);
  assert.equal(await statusOf("constructor"), StatusCode.NOT_FOUND);
  statuses.set("__proto__", "SERVING");
  assert.equal(await statusOf("__proto__"), "SERVING");
  const { status } = await client.unary("list");
  assert.equal(status.code, StatusCode.OK);
  await stop();
});

test("Watch: the status at once, and from then on only changes", async () => {
  const { statuses, watch, stop } = await start(HealthModule);
  const probe = watch(PROBE);
  const server = watch("");
  assert.deepEqual([await next(probe), await next(server)], ["SERVING", "SERVING"]);
  const seen: unknown[] = [];
  for (const status of ["NOT_SERVING", "SERVING", "UNKNOWN", "SERVING"] as ServingStatus[]) {
    statuses.set(PROBE, status);
    statuses.set(PROBE, status);
    seen.push(await next(probe));
  }
  assert.deepEqual(seen, ["NOT_SERVING", "SERVING", "UNKNOWN", "SERVING"]);
  statuses.set("", "NOT_SERVING");
  assert.equal(await next(server), "NOT_SERVING");
  assert.deepEqual([probe.waiting, server.waiting], [0, 0]);
  probe.cancel();
  server.cancel();
  await stop();
});

test("Watch: an unknown service is SERVICE_UNKNOWN, and tells when it is there and when it has gone", async () => {
  const { statuses, watch, stop } = await start(HealthModule);
  const later = watch("later.Service");
  assert.equal(await next(later), "SERVICE_UNKNOWN");
  statuses.set("later.Service", "SERVING");
  assert.equal(await next(later), "SERVING");
  statuses.delete("later.Service");
  assert.equal(await next(later), "SERVICE_UNKNOWN");
  later.cancel();
  await stop();
});

test("Watch: a cancelled watch leaves nothing behind", async () => {
  let watching = 0;
  class CountingStatuses extends HealthStatuses {
    override watch(service: string): Observable<ServingStatus | "SERVICE_UNKNOWN"> {
      watching += 1;
      return super.watch(service).pipe(finalize(() => (watching -= 1)));
    }
  }
  const app = await createTestingApp(rootWith(HealthModule))
    .overrideProvider(HealthStatuses, { useFactory: () => new CountingStatuses([PROBE]) })
    .start();
  const client = new PeerClient(app.address, Health);
  const watches = [1, 2, 3].map(() => client.stream("watch", { service: PROBE }));
  for (const watch of watches) await watch.next();
  assert.equal(watching, 3);
  for (const watch of watches) watch.cancel();
  await until(() => watching === 0, "the watches have ended");
  client.close();
  await app.close();
});

function rootWith(health: ModuleImport) {
  class Root {}
  Module({ imports: [health], protos: [PROBE_PROTO], controllers: [probeController({})] })(Root);
  return Root;
}

test("when the application closes everything is NOT_SERVING first, watches see it and do not hold the drain", async () => {
  const work = deferred<object>();
  let begun = false;
  const { app, address, client, watch, statuses } = await start(
    HealthModule,
    {
      one: () => {
        begun = true;
        return work.promise;
      },
    },
    30_000,
  );
  const watches = ["", PROBE, "no.such.Service"].map(watch);
  assert.deepEqual(await Promise.all(watches.map(next)), ["SERVING", "SERVING", "SERVICE_UNKNOWN"]);
  const caller = new ProbeClient(address);
  const call = caller.one({});
  await until(() => begun, "the call runs");
  const closing = app.close();
  assert.deepEqual(await Promise.all(watches.slice(0, 2).map(next)), ["NOT_SERVING", "NOT_SERVING"]);
  for (const { outcome } of watches) assert.equal((await outcome).status.code, StatusCode.OK);
  assert.equal(watches[2]!.waiting, 0);
  // What anybody says now changes nothing.
  statuses.set(PROBE, "SERVING");
  assert.equal(statuses.get(PROBE), "NOT_SERVING");
  work.resolve({});
  assert.equal((await call).status.code, StatusCode.OK);
  const report = await closing;
  assert.deepEqual(report.cut, []);
  client.close();
  caller.close();
});

/** An indicator that says what the test says. */
class Switch implements HealthIndicator {
  answer: () => boolean | Promise<boolean> = () => true;
  asked: string[] = [];
  constructor(readonly services: readonly string[] = [PROBE]) {}
  check(service: string): boolean | Promise<boolean> {
    this.asked.push(service);
    return this.answer();
  }
}

function rounds(...indicators: Switch[]) {
  const clock = new ManualClock();
  const logger = recordingLogger();
  const health = HealthModule.forRoot({ indicators, intervalMs: 1000, timeoutMs: 100, clock, logger });
  const round = async (): Promise<void> => {
    const before = indicators.map(({ asked }) => asked.length);
    await until(() => clock.nextInMs === 1000, "the next round is due");
    clock.advance(1000);
    await until(() => indicators.every(({ asked }, i) => asked.length > before[i]!), "the round has begun");
    for (let turns = 0; turns < 3; turns++) await turn();
  };
  return { health, clock, logger, round };
}

test("an indicator decides, before the application listens and then in rounds", async () => {
  const database = new Switch();
  database.answer = () => false;
  const { health, clock, logger, round } = rounds(database);
  const { statusOf, watch, stop } = await start(health);
  assert.equal(await statusOf(PROBE), "NOT_SERVING");
  assert.equal(await statusOf(""), "SERVING");
  const probe = watch(PROBE);
  assert.equal(await next(probe), "NOT_SERVING");
  database.answer = () => true;
  await round();
  assert.equal(await next(probe), "SERVING");
  await round();
  database.answer = () => {
    throw new Error("connection refused");
  };
  await round();
  assert.equal(await next(probe), "NOT_SERVING");
  database.answer = () => Promise.reject(new Error("still refused"));
  await round();
  database.answer = () => Promise.resolve(true);
  await round();
  assert.equal(await next(probe), "SERVING");
  assert.equal(probe.waiting, 0);
  assert.deepEqual(database.asked, Array(6).fill(PROBE));
  // Only changes are logged.
  assert.deepEqual(
    logger.lines.map(({ level, message, fields }) => [level, message, fields["reason"]]),
    [
      ["warn", `${PROBE} is not well`, "Switch said no"],
      ["info", `${PROBE} is well again`, undefined],
      ["warn", `${PROBE} is not well`, "Switch failed: Error: connection refused"],
      ["info", `${PROBE} is well again`, undefined],
    ],
  );
  probe.cancel();
  await stop();
  assert.equal(clock.pending, 0);
});

test("all indicators of a service must agree, and so must who sets it by hand", async () => {
  const [one, other] = [new Switch(["", PROBE]), new Switch(["extra.Service"])];
  const { health, round } = rounds(one, other);
  const { statuses, statusOf, stop } = await start(health);
  // An indicator may name what no controller serves.
  assert.equal(await statusOf("extra.Service"), "SERVING");
  one.answer = () => false;
  await round();
  const expected = ["", PROBE, HEALTH, "extra.Service"];
  assert.deepEqual(
    [...statuses.list()].sort(([a], [b]) => expected.indexOf(a) - expected.indexOf(b)),
    [
      ["", "NOT_SERVING"],
      [PROBE, "NOT_SERVING"],
      [HEALTH, "SERVING"],
      ["extra.Service", "SERVING"],
    ],
  );
  statuses.set(PROBE, "SERVING");
  assert.equal(statuses.get(PROBE), "NOT_SERVING");
  one.answer = () => true;
  await round();
  assert.equal(statuses.get(PROBE), "SERVING");
  statuses.set(PROBE, "UNKNOWN");
  await round();
  assert.equal(statuses.get(PROBE), "UNKNOWN");
  await stop();
});

test("without a list an indicator is asked for every service", async () => {
  const asked: string[] = [];
  const indicator: HealthIndicator = { check: (service) => void asked.push(service) };
  const { stop } = await start(HealthModule.forRoot({ indicators: [indicator] }));
  assert.deepEqual(asked.sort(), ["", PROBE, HEALTH].sort());
  await stop();
});

test("a check that hangs has failed, and is not asked again before it has ended", async () => {
  const hanging = deferred<boolean>();
  const disk = new Switch();
  const { health, clock, round } = rounds(disk);
  const { statuses, stop } = await start(health);
  await until(() => clock.nextInMs === 1000, "the next round is due");
  disk.answer = () => hanging.promise;
  clock.advance(1000);
  await until(() => disk.asked.length === 2, "the check hangs");
  assert.equal(clock.nextInMs, 100);
  clock.advance(100);
  await until(() => statuses.get(PROBE) === "NOT_SERVING", "time is over");
  for (let rounds = 0; rounds < 3; rounds++) {
    await until(() => clock.nextInMs === 1000, "the next round is due");
    clock.advance(1000);
    await turn();
  }
  assert.equal(disk.asked.length, 2);
  assert.equal(statuses.get(PROBE), "NOT_SERVING");
  disk.answer = () => true;
  hanging.resolve(true);
  await turn();
  await round();
  assert.equal(statuses.get(PROBE), "SERVING");
  await stop();
  assert.equal(clock.pending, 0);
});

test("a check that is under way when the application closes does no harm", async () => {
  const hanging = deferred<boolean>();
  const disk = new Switch();
  const { health, clock } = rounds(disk);
  const { stop } = await start(health);
  await until(() => clock.nextInMs === 1000, "the next round is due");
  disk.answer = () => hanging.promise;
  clock.advance(1000);
  await until(() => disk.asked.length === 2, "the check hangs");
  await stop();
  hanging.resolve(false);
  await until(() => clock.pending === 0, "no timer is left");
});

const DATABASE = injectionToken<{ well: boolean }>("DATABASE");
const database = { well: false };

@Module({ providers: [{ provide: DATABASE, useValue: database }], exports: [DATABASE] })
class DatabaseModule {}

@Injectable()
class DatabaseIndicator implements HealthIndicator {
  constructor(@Inject(DATABASE) private readonly db: { well: boolean }) {}
  async check(): Promise<void> {
    if (!this.db.well) throw new Error("no connection");
  }
}

test("indicator classes are built with injection, and options may come from elsewhere", async () => {
  const logger = recordingLogger();
  for (const health of [
    HealthModule.forRoot({ imports: [DatabaseModule], indicators: [DatabaseIndicator], logger }),
    HealthModule.forRootAsync({
      imports: [DatabaseModule],
      inject: [DATABASE],
      useFactory: (db: { well: boolean }) => ({ indicators: [new DatabaseIndicator(db)], logger }),
    }),
  ]) {
    const { statusOf, stop } = await start(health);
    assert.equal(await statusOf(PROBE), "NOT_SERVING");
    await stop();
  }
  database.well = true;
  const { statusOf, stop } = await start(
    HealthModule.forRoot({ imports: [DatabaseModule], indicators: [DatabaseIndicator], logger }),
  );
  assert.equal(await statusOf(PROBE), "SERVING");
  await stop();
});

test("an interval that is none is told at start", async () => {
  for (const options of [{ intervalMs: 0 }, { timeoutMs: Number.NaN }]) {
    await assert.rejects(start(HealthModule.forRoot(options)), /must be a positive number of milliseconds/);
  }
});
