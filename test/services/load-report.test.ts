import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatusObject } from "@grpc/grpc-js";
import type { ClassOrMethodDecorator, ModuleImport } from "../../lib/app/index.js";
import { Module } from "../../lib/app/index.js";
import { type CallContext, StartupError, StatusError } from "../../lib/rpc/index.js";
import { decodeLoadReport, OpenRcaService, type OrcaLoadReport } from "../../lib/schema/index.js";
import {
  type CallLoad,
  callLoad,
  LoadReportInterceptor,
  LoadReportModule,
  ReportLoad,
  ServerLoad,
} from "../../lib/services/index.js";
import { LoadMeter } from "../../lib/services/load-report/load-meter.js";
import { createTestingApp } from "../../lib/testing/index.js";
import { ManualClock } from "../client/doubles.js";
import { modes, PROBE_PROTO, ProbeClient, type ProbeHandlers, probeController } from "../server/probe.js";
import { checkAtEnd, deferred, turn, until } from "../server/support.js";
import { PeerClient } from "./support.js";

checkAtEnd();

// --- what is recorded

const setters = {
  cpuUtilization: ["setCpuUtilization", "deleteCpuUtilization", "recordCpuUtilization"],
  memUtilization: ["setMemoryUtilization", "deleteMemoryUtilization", "recordMemoryUtilization"],
  applicationUtilization: [
    "setApplicationUtilization",
    "deleteApplicationUtilization",
    "recordApplicationUtilization",
  ],
  rpsFractional: ["setQps", "deleteQps", "recordQps"],
  eps: ["setEps", "deleteEps", "recordEps"],
} as const;
const figures = Object.keys(setters) as (keyof typeof setters)[];

/** A context of no call, which is enough to keep what is recorded. */
function callWithValues(): CallContext {
  const values = new Map<symbol, unknown>();
  return {
    get: ({ id }: { id: symbol }) => values.get(id),
    set: ({ id }: { id: symbol }, value: unknown) => values.set(id, value),
  } as unknown as CallContext;
}

test("ServerMetrics_Setters: each value is what was set last", () => {
  const server = new ServerLoad();
  const call = callLoad(callWithValues());
  assert.deepEqual(server.report, {});
  assert.equal(call.report, undefined);
  for (const [index, figure] of figures.entries()) {
    const [set, , record] = setters[figure];
    for (const value of [0.9, 0.1 * (index + 1)]) {
      server[set](value);
      call[record](value);
    }
    assert.equal(server.report[figure], 0.1 * (index + 1));
    assert.equal(call.report?.[figure], 0.1 * (index + 1));
  }
  server.setUtilization("disk", 0.2);
  server.setUtilization("net", 0.3);
  server.setUtilization("disk", 0.4);
  server.setRequestCost("rows", 12);
  assert.deepEqual(server.report.utilization, { disk: 0.4, net: 0.3 });
  assert.deepEqual(server.report.requestCost, { rows: 12 });
  call.recordUtilization("disk", 0.5);
  call.recordRequestCost("rows", 1000);
  call.recordNamedMetric("temperature", -3);
  const { utilization, requestCost, namedMetrics } = call.report!;
  assert.deepEqual(
    { utilization, requestCost, namedMetrics },
    { utilization: { disk: 0.5 }, requestCost: { rows: 1000 }, namedMetrics: { temperature: -3 } },
  );
  assert.equal(server.report.eps, 0.5);
});

test("ServerMetrics_Setters: what was read does not change, and 0 is a value", () => {
  const server = new ServerLoad();
  server.setQps(0);
  server.setUtilization("disk", 0);
  const before = server.report;
  server.setQps(3);
  server.setUtilization("disk", 1);
  assert.deepEqual(before, { rpsFractional: 0, utilization: { disk: 0 } });
});

test("ServerMetrics_Deleters: what is deleted is not reported", () => {
  const server = new ServerLoad();
  for (const figure of figures) server[setters[figure][0]](0.5);
  server.setUtilization("disk", 0.2);
  server.setUtilization("net", 0.3);
  server.setRequestCost("rows", 1);
  for (const figure of figures) {
    assert.equal(server.report[figure], 0.5);
    server[setters[figure][1]]();
    assert.equal(figure in server.report, false);
    server[setters[figure][1]]();
  }
  server.deleteUtilization("disk");
  server.deleteUtilization("none");
  assert.deepEqual(server.report, { utilization: { net: 0.3 }, requestCost: { rows: 1 } });
  server.deleteUtilization("net");
  server.deleteRequestCost("rows");
  assert.deepEqual(server.report, {});
  server.setQps(1);
  server.clear();
  assert.deepEqual(server.report, {});
});

test("ServerMetrics_Setters_Range: what a report cannot hold is ignored", () => {
  const server = new ServerLoad();
  const call = callLoad(callWithValues());
  const shares = ["memUtilization"];
  for (const figure of figures) {
    const [set, , record] = setters[figure];
    const wrong = [-0.1, Number.NaN, Number.POSITIVE_INFINITY, ...(shares.includes(figure) ? [1.1] : [])];
    for (const value of wrong) {
      server[set](value);
      call[record](value);
    }
    assert.deepEqual([server.report, call.report], [{}, undefined], figure);
    // What was set before stays.
    server[set](0.5);
    server[set](-1);
    assert.equal(server.report[figure], 0.5);
    server.clear();
  }
  for (const value of [-0.1, 1.1, Number.NaN]) {
    server.setUtilization("disk", value);
    call.recordUtilization("disk", value);
  }
  assert.deepEqual([server.report, call.report], [{}, undefined]);
  server.setCpuUtilization(3.5);
  server.setQps(1e6);
  server.setUtilization("full", 1);
  assert.deepEqual(server.report, { cpuUtilization: 3.5, rpsFractional: 1e6, utilization: { full: 1 } });
});

// --- at the end of calls

interface Served {
  readonly client: ProbeClient;
  readonly load: ServerLoad;
  readonly address: string;
  stop(): Promise<void>;
}

async function serve(
  handlers: ProbeHandlers,
  decorator: ClassOrMethodDecorator | undefined,
  module: ModuleImport = LoadReportModule,
): Promise<Served> {
  class Root {}
  const controller = probeController(handlers, {
    decorate: (type) => decorator?.(type),
  });
  Module({ imports: [module], protos: [PROBE_PROTO], controllers: [controller] })(Root);
  const app = await createTestingApp(Root).start();
  const client = new ProbeClient(app.address);
  return {
    client,
    load: app.get(ServerLoad),
    address: app.address,
    stop: async () => {
      client.close();
      await app.close();
    },
  };
}

/** The report of a call with what it says only; undefined without a trailer. */
function reportOf({ metadata }: StatusObject): Partial<OrcaLoadReport> | undefined {
  const values = metadata.get("endpoint-load-metrics-bin");
  assert.ok(values.length <= 1);
  if (values[0] === undefined) return undefined;
  const said = Object.entries(decodeLoadReport(values[0] as Buffer)).filter(([, value]) =>
    typeof value === "object" ? Object.keys(value).length > 0 : Number(value) !== 0,
  );
  return Object.fromEntries(said);
}

const recording =
  (record: (load: CallLoad) => void, result: () => unknown) => (_request: unknown, call: CallContext) => {
    record(callLoad(call));
    return result();
  };

function inAllModes(record: (load: CallLoad) => void): ProbeHandlers {
  return {
    one: recording(record, () => ({})),
    collect: recording(record, () => ({})),
    many: recording(record, () => [{}, {}]),
    chat: recording(record, () => [{}, {}]),
  };
}

test("E2ECallMetricsUnary, E2ECallMetricsStreaming: what the handler recorded is in the trailers", async () => {
  const record = (load: CallLoad): void => {
    load.recordCpuUtilization(0.5);
    load.recordRequestCost("queryCost", 25);
  };
  const { client, stop } = await serve(inAllModes(record), ReportLoad({ measure: false }));
  for (const mode of modes) {
    const { status } = await client.inMode(mode);
    assert.equal(status.code, 0, status.details);
    assert.deepEqual(reportOf(status), { cpuUtilization: 0.5, requestCost: { queryCost: 25 } }, mode);
  }
  await stop();
});

test("ServerMetrics_Merge: a call's report is the server's, overridden by every value that its handler set", async () => {
  const record = (load: CallLoad): void => {
    load.recordCpuUtilization(0.5);
    load.recordQps(0);
    load.recordUtilization("disk", 0.7);
    load.recordNamedMetric("hits", 3);
  };
  const { client, load, stop } = await serve(inAllModes(record), ReportLoad({ measure: false }));
  load.setCpuUtilization(0.1);
  load.setMemoryUtilization(0.2);
  load.setQps(100);
  load.setUtilization("disk", 0.3);
  load.setUtilization("net", 0.4);
  for (const mode of modes) {
    assert.deepEqual(reportOf((await client.inMode(mode)).status), {
      cpuUtilization: 0.5,
      memUtilization: 0.2,
      utilization: { disk: 0.7, net: 0.4 },
      namedMetrics: { hits: 3 },
    });
  }
  await stop();
});

test("E2ECallMetrics: without the decorator there is no trailer, nor where nothing is set", async () => {
  const off = await serve(
    inAllModes((load) => load.recordQps(1)),
    undefined,
  );
  off.load.setCpuUtilization(0.5);
  const silent = await serve(
    inAllModes(() => undefined),
    ReportLoad({ measure: false }),
  );
  for (const mode of modes) {
    for (const { client } of [off, silent])
      assert.equal(reportOf((await client.inMode(mode)).status), undefined, mode);
  }
  // The server has something to say from now on, and then no more.
  silent.load.setQps(5);
  assert.deepEqual(reportOf((await silent.client.one({})).status), { rpsFractional: 5 });
  assert.deepEqual(reportOf((await silent.client.one({})).status), { rpsFractional: 5 });
  silent.load.deleteQps();
  assert.equal(reportOf((await silent.client.one({})).status), undefined);
  await off.stop();
  await silent.stop();
});

test("failed calls report their load too", async () => {
  const fail = recording(
    (load) => load.recordRequestCost("rows", 7),
    () => {
      throw StatusError.resourceExhausted("no more");
    },
  );
  const { client, stop } = await serve({ one: fail, many: fail, collect: fail, chat: fail }, ReportLoad());
  for (const mode of modes) {
    const { status } = await client.inMode(mode);
    assert.equal(status.code, 8);
    assert.deepEqual(reportOf(status)?.requestCost, { rows: 7 });
  }
  await stop();
});

test("one method of a controller may report alone, and one may measure where the others do not", async () => {
  const some = await serve(
    inAllModes(() => undefined),
    (type) => {
      ReportLoad({ measure: false })((type as new () => object).prototype, "one");
    },
  );
  some.load.setQps(3);
  assert.deepEqual(reportOf((await some.client.one({})).status), { rpsFractional: 3 });
  assert.equal(reportOf((await some.client.inMode("many")).status), undefined);
  await some.stop();
});

test("a module's interceptors may be the way, for all of its controllers", async () => {
  class Root {}
  const controllers = [probeController(inAllModes(() => undefined))];
  const interceptors = [LoadReportInterceptor];
  Module({ imports: [LoadReportModule], protos: [PROBE_PROTO], controllers, interceptors })(Root);
  const app = await createTestingApp(Root).start();
  const client = new ProbeClient(app.address);
  for (const mode of modes) {
    assert.ok((reportOf((await client.inMode(mode)).status)?.rpsFractional ?? 0) > 0, mode);
  }
  client.close();
  await app.close();
});

test("@ReportLoad without LoadReportModule is a mistake that is told at start", async () => {
  class Root {}
  const controllers = [probeController({}, { decorate: (type) => ReportLoad()(type) })];
  Module({ protos: [PROBE_PROTO], controllers })(Root);
  await assert.rejects(createTestingApp(Root).start(), (error: StartupError) => {
    assert.ok(error instanceof StartupError);
    assert.match(error.message, /LoadReporter/);
    return true;
  });
});

// --- what is measured

test("calls and failures a second and the processor are measured; clients' mistakes are no failures", async () => {
  const clock = new ManualClock();
  let fail: StatusError | undefined;
  const handlers: ProbeHandlers = {
    one: () => {
      if (fail !== undefined) throw fail;
      return {};
    },
  };
  const { client, load, stop } = await serve(handlers, ReportLoad(), LoadReportModule.forRoot({ clock }));
  for (let call = 0; call < 20; call++) {
    clock.advance(500);
    fail = [undefined, StatusError.notFound("none"), undefined, StatusError.unavailable("busy")][call % 4];
    await client.one({});
  }
  fail = undefined;
  const { rpsFractional, eps, cpuUtilization } = reportOf((await client.one({})).status)!;
  assert.ok(Math.abs(rpsFractional! - 2) < 0.3, `${rpsFractional}`);
  assert.ok(Math.abs(eps! - 0.5) < 0.15, `${eps}`);
  assert.ok(cpuUtilization !== undefined && cpuUtilization > 0, `${cpuUtilization}`);
  // What the server says of itself counts before what is measured.
  load.setCpuUtilization(0.25);
  load.setEps(0);
  const said = reportOf((await client.one({})).status)!;
  assert.deepEqual([said.cpuUtilization, said.eps], [0.25, undefined]);
  assert.ok(said.rpsFractional! > 0);
  await stop();
});

test("the meter: rates are those of the last ten seconds, the processor that of the last second or more", () => {
  const clock = new ManualClock();
  let cpuMicros = 5_000_000;
  const meter = new LoadMeter(clock, () => cpuMicros);
  const rates = () => [meter.report.rpsFractional, meter.report.eps, meter.report.cpuUtilization];
  assert.deepEqual(meter.report, {});
  // Ten calls at once are ten calls in the first second, not more.
  for (let call = 0; call < 10; call++) meter.onCallEnd(call < 5);
  assert.deepEqual(rates(), [10, 5, undefined]);
  clock.advance(99);
  meter.onCallEnd(false);
  assert.equal(meter.report, meter.report);
  assert.equal(meter.report.rpsFractional, 10);
  clock.advance(1);
  assert.equal(meter.report.rpsFractional, 11);
  cpuMicros += 1_000_000;
  clock.advance(1900);
  assert.deepEqual(rates(), [5.5, 2.5, 0.5]);
  clock.advance(2000);
  assert.deepEqual(rates(), [11 / 4, 5 / 4, 0]);
  // Steadily 100 calls a second, a tenth of them failed.
  for (let second = 0; second < 30; second++) {
    for (let call = 0; call < 100; call++) {
      clock.advance(10);
      meter.onCallEnd(call % 10 === 0);
    }
  }
  const [qps, eps] = rates();
  assert.ok(Math.abs(qps! - 100) < 1 && Math.abs(eps! - 10) < 1, `${qps} ${eps}`);
  // Silence is forgotten step by step, and a long one at once.
  clock.advance(5000);
  const left = meter.report.rpsFractional!;
  assert.ok(left > 40 && left < 60, `${left}`);
  clock.advance(1_000_000);
  assert.deepEqual(rates().slice(0, 2), [0, 0]);
});

test("the meter bears a clock that is set back", () => {
  const clock = new ManualClock();
  let skewMs = 0;
  const meter = new LoadMeter({ ...clock, now: () => clock.now() + skewMs } as never, () => 0);
  meter.onCallEnd(false);
  void meter.report;
  skewMs = -3_600_000;
  meter.onCallEnd(false);
  assert.ok(Number.isFinite(meter.report.rpsFractional));
  assert.ok(meter.report.rpsFractional! >= 0);
});

// --- outside of calls

test("E2E_CustomBackendMetrics_OutOfBand: the stream delivers what the service recorded, at once and at each interval", async () => {
  const clock = new ManualClock();
  const { load, address, stop } = await serve({}, undefined, LoadReportModule.forRoot({ clock }));
  const client = new PeerClient(address, OpenRcaService);
  load.setCpuUtilization(0.5);
  load.setUtilization("disk", 0.25);
  const reports = client.stream("streamCoreMetrics", { reportInterval: { seconds: "40" } });
  const first = await reports.next();
  assert.deepEqual([first?.["cpuUtilization"], first?.["utilization"]], [0.5, { disk: 0.25 }]);
  load.setCpuUtilization(0.75);
  clock.advance(39_999);
  await turns();
  assert.equal(reports.waiting, 0);
  clock.advance(1);
  assert.equal((await reports.next())?.["cpuUtilization"], 0.75);
  reports.cancel();
  await until(() => clock.pending === 0, "the reports have ended");
  client.close();
  await stop();
});

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn();
}

test("reports are 30 s apart or more, unless a test allows less; an interval that is none counts as that", async () => {
  const asked = [undefined, { seconds: "0" }, { seconds: "-5" }, { seconds: "1", nanos: 5 }];
  const least = [
    [{}, 30_000],
    [{ minIntervalMs: 100 }, 30_000],
    [{ minIntervalMs: 45_000 }, 45_000],
    [{ minIntervalMs: 1500, allowShortIntervals: true }, 1500],
  ] as const;
  for (const [options, intervalMs] of least) {
    const clock = new ManualClock();
    const { address, stop } = await serve({}, undefined, LoadReportModule.forRoot({ ...options, clock }));
    const client = new PeerClient(address, OpenRcaService);
    for (const reportInterval of asked) {
      const reports = client.stream("streamCoreMetrics", { reportInterval });
      await reports.next();
      assert.equal(clock.nextInMs, intervalMs);
      reports.cancel();
      await until(() => clock.pending === 0, "the reports have ended");
    }
    client.close();
    await stop();
  }
});

test("an interval that is too long for a timer is not a short one", async () => {
  const clock = new ManualClock();
  const { address, stop } = await serve({}, undefined, LoadReportModule.forRoot({ clock }));
  const client = new PeerClient(address, OpenRcaService);
  const reports = client.stream("streamCoreMetrics", { reportInterval: { seconds: "315576000000" } });
  await reports.next();
  assert.equal(clock.nextInMs, 2 ** 31 - 1);
  reports.cancel();
  await until(() => clock.pending === 0, "the reports have ended");
  client.close();
  await stop();
});

test("the reports carry what is measured, show the costs that are asked for, and end with the drain", async () => {
  const clock = new ManualClock();
  class Root {}
  const controllers = [probeController({ one: () => ({}) }, { decorate: (type) => ReportLoad()(type) })];
  const imports = [LoadReportModule.forRoot({ clock })];
  Module({ imports, protos: [PROBE_PROTO], controllers })(Root);
  const app = await createTestingApp(Root, { drainLimitMs: 30_000 }).start();
  const caller = new ProbeClient(app.address);
  await caller.one({});
  app.get(ServerLoad).setRequestCost("disk", 1);
  app.get(ServerLoad).setRequestCost("net", 2);
  const client = new PeerClient(app.address, OpenRcaService);
  const reports = client.stream("streamCoreMetrics", { requestCostNames: ["net", "none"] });
  const report = await reports.next();
  assert.equal(report?.["rpsFractional"], 1);
  assert.deepEqual(report?.["requestCost"], { net: 2 });
  assert.deepEqual((await app.close()).cut, []);
  assert.equal((await reports.outcome).status.code, 0);
  assert.equal(clock.pending, 0);
  caller.close();
  client.close();
});

test("an interval that cannot be is told at start, and options may come from elsewhere", async () => {
  await assert.rejects(
    serve({}, undefined, LoadReportModule.forRoot({ minIntervalMs: -1 })),
    /minIntervalMs/,
  );
  const clock = new ManualClock();
  const ready = deferred<{ clock: ManualClock }>();
  ready.resolve({ clock });
  const { address, stop } = await serve(
    {},
    undefined,
    LoadReportModule.forRootAsync({ useFactory: () => ready.promise }),
  );
  const client = new PeerClient(address, OpenRcaService);
  const reports = client.stream("streamCoreMetrics");
  await reports.next();
  assert.equal(clock.nextInMs, 30_000);
  reports.cancel();
  await until(() => clock.pending === 0, "the reports have ended");
  client.close();
  await stop();
});
