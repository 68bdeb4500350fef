import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type LoadReportListener,
  watchLoadReports,
} from "../../../lib/client/balancing/load-report-watch.js";
import { StatusCode, StatusError, silentLogger } from "../../../lib/rpc/index.js";
import {
  encodeLoadReport,
  type OrcaLoadReport,
  type OrcaLoadReportRequest,
} from "../../../lib/schema/index.js";
import { recordingLogger } from "../../server/support.js";
import { address, type FakeStream, FakeSubchannel, ManualClock } from "../doubles.js";

const unavailable = StatusError.unavailable("broken");
const unimplemented = new StatusError(StatusCode.UNIMPLEMENTED, "no such service");

class Reporting {
  readonly clock = new ManualClock();
  readonly subchannel = new FakeSubchannel(address("1.1.1.1:1"));
  readonly logger = recordingLogger();
  /** Whom reports came to, and what they said of the processor. */
  readonly told: string[] = [];

  watch(name: string, intervalMs: number, then: LoadReportListener = () => undefined): () => void {
    // In the middle of what the jitter may be: waits are as long as their formula says.
    const options = { intervalMs, clock: this.clock, random: () => 0.5, logger: this.logger };
    return watchLoadReports(this.subchannel, options, (report) => {
      this.told.push(`${name} ${report.cpuUtilization}`);
      then(report);
    });
  }

  get streams(): readonly FakeStream[] {
    return this.subchannel.streams;
  }

  get last(): FakeStream {
    return this.streams.at(-1)!;
  }

  report(cpuUtilization: number, stream = this.last): void {
    const bytes = encodeLoadReport({ cpuUtilization });
    stream.observer.next(stream.method.response.decode(bytes) as OrcaLoadReport);
  }

  end(status: StatusError | undefined = unavailable): void {
    this.last.observer.end(status);
  }

  /** Streams that run. */
  get open(): number {
    return this.streams.filter(({ cancelled }) => !cancelled).length;
  }

  get intervals(): unknown[] {
    return this.streams.map(({ request }) => {
      const { seconds, nanos } = (request as OrcaLoadReportRequest).reportInterval!;
      return `${seconds}s ${nanos}`;
    });
  }
}

function connected(): Reporting {
  const reporting = new Reporting();
  reporting.subchannel.succeed();
  return reporting;
}

test("Producer: reports are told until the watch stops, and none afterwards", () => {
  const reporting = connected();
  const stop = reporting.watch("a", 1000);
  const { method, request } = reporting.last;
  assert.equal(method.path, "/xds.service.orca.v3.OpenRcaService/StreamCoreMetrics");
  assert.deepEqual(method.request.decode(method.request.encode(request)), request);
  reporting.report(0.1);
  reporting.report(0.2);
  assert.deepEqual(reporting.told, ["a 0.1", "a 0.2"]);
  stop();
  stop();
  assert.equal(reporting.open, 0);
  reporting.report(0.3);
  reporting.end();
  assert.deepEqual(reporting.told, ["a 0.1", "a 0.2"]);
  assert.equal(reporting.clock.pending, 0);
  assert.equal(reporting.streams.length, 1);
});

test("Producer: a stream is opened when the connection is there, and for each one anew", () => {
  const reporting = new Reporting();
  reporting.watch("a", 1000);
  reporting.subchannel.connect();
  assert.equal(reporting.streams.length, 0);
  reporting.subchannel.become("READY");
  assert.equal(reporting.streams.length, 1);
  reporting.subchannel.become("IDLE");
  assert.equal(reporting.open, 0);
  reporting.report(0.1);
  reporting.end();
  assert.deepEqual(reporting.told, []);
  assert.equal(reporting.clock.pending, 0);
  reporting.subchannel.succeed();
  assert.equal(reporting.open, 1);
});

test("Producer: stopped and watched again, there is a new stream", () => {
  const reporting = connected();
  reporting.watch("a", 1000)();
  reporting.watch("b", 1000);
  reporting.report(0.1);
  assert.deepEqual(reporting.told, ["b 0.1"]);
  assert.equal(reporting.streams.length, 2);
});

test("ProducerBackoff: waits grow from failure to failure; a report ends that, and then there is no wait", () => {
  const reporting = connected();
  reporting.watch("a", 1000);
  for (const waitMs of [1000, 1600, 2560]) {
    reporting.end();
    assert.ok(Math.abs(reporting.clock.nextInMs! - waitMs) < 1e-6, `${reporting.clock.nextInMs}`);
    const streams = reporting.streams.length;
    reporting.clock.advance(waitMs - 1);
    assert.equal(reporting.streams.length, streams);
    reporting.clock.advance(2);
    assert.equal(reporting.streams.length, streams + 1);
  }
  reporting.report(0.1);
  reporting.end();
  assert.equal(reporting.clock.pending, 0);
  assert.equal(reporting.streams.length, 5);
  reporting.end(undefined);
  assert.equal(reporting.clock.nextInMs, 1000);
});

test("ProducerBackoff: UNIMPLEMENTED stops it, with a line in the log, until there is another connection", () => {
  const reporting = connected();
  const stop = reporting.watch("a", 1000);
  reporting.end(unimplemented);
  assert.equal(reporting.clock.pending, 0);
  assert.deepEqual(
    reporting.logger.lines.map(({ level }) => level),
    ["error"],
  );
  reporting.watch("b", 100);
  stop();
  assert.equal(reporting.streams.length, 1);
  reporting.subchannel.become("IDLE");
  reporting.subchannel.succeed();
  assert.equal(reporting.streams.length, 2);
});

test("ProducerBackoff: a connection that is lost ends the wait, and the next one starts afresh", () => {
  const reporting = connected();
  reporting.watch("a", 1000);
  reporting.end();
  reporting.clock.advance(1000);
  reporting.end();
  reporting.subchannel.become("IDLE");
  assert.equal(reporting.clock.pending, 0);
  reporting.subchannel.succeed();
  reporting.end();
  assert.equal(reporting.clock.nextInMs, 1000);
});

test("ProducerBackoff: only failures that tell something are warnings", () => {
  const reporting = connected();
  reporting.watch("a", 1000);
  reporting.end(unavailable);
  reporting.clock.advance(1000);
  reporting.end(new StatusError(StatusCode.INTERNAL, "odd"));
  assert.deepEqual(
    reporting.logger.lines.map(({ level }) => level),
    ["debug", "warn"],
  );
});

test("ProducerMultipleListeners: one stream at the shortest interval, begun anew when that changes; all are told", () => {
  const reporting = connected();
  const stopA = reporting.watch("a", 5000);
  reporting.watch("b", 10_000);
  assert.equal(reporting.streams.length, 1);
  const stopC = reporting.watch("c", 1500.5);
  assert.deepEqual(reporting.intervals, ["5s 0", "1s 500500000"]);
  assert.equal(reporting.open, 1);
  reporting.report(0.5);
  assert.deepEqual(reporting.told, ["a 0.5", "b 0.5", "c 0.5"]);
  stopC();
  assert.deepEqual(reporting.intervals.slice(2), ["5s 0"]);
  stopA();
  assert.deepEqual(reporting.intervals.slice(3), ["10s 0"]);
  reporting.told.length = 0;
  reporting.report(0.6);
  assert.deepEqual(reporting.told, ["b 0.6"]);
  assert.equal(reporting.open, 1);
});

test("ProducerMultipleListeners: who joins during a back-off waits with the others", () => {
  const reporting = connected();
  reporting.watch("a", 5000);
  reporting.end();
  reporting.watch("b", 1000);
  assert.equal(reporting.streams.length, 1);
  reporting.clock.advance(1000);
  assert.deepEqual(reporting.intervals, ["5s 0", "1s 0"]);
});

test("a listener may stop itself and others from within", () => {
  const reporting = connected();
  const stops: (() => void)[] = [];
  stops.push(
    reporting.watch("a", 1000, () => {
      for (const stop of stops) stop();
    }),
  );
  stops.push(reporting.watch("b", 1000));
  reporting.report(0.1);
  assert.deepEqual(reporting.told, ["a 0.1"]);
  assert.equal(reporting.open, 0);
});

test("after the release of the subchannel nothing is tried again", () => {
  const reporting = connected();
  const stop = reporting.watch("a", 1000);
  reporting.subchannel.release();
  reporting.end();
  reporting.clock.advance(10_000);
  assert.equal(reporting.streams.length, 1);
  assert.equal(reporting.clock.pending, 0);
  stop();
});

test("two subchannels have a stream each", () => {
  const [one, two] = [connected(), connected()];
  const options = { intervalMs: 1000, clock: one.clock, random: () => 0.5, logger: silentLogger };
  watchLoadReports(one.subchannel, options, () => undefined);
  watchLoadReports(two.subchannel, options, () => undefined);
  assert.equal(one.open + two.open, 2);
});
