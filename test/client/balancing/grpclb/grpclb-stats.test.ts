/** What the balancer is told of calls. The numbers are those of grpc-go's tests; here, each call is played by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttemptOutcome } from "../../../../lib/client/balancing/picker.js";
import type { ClientStats } from "../../../../lib/schema/index.js";
import { okOutcome } from "../../doubles.js";
import { dropEntry, entry, type GrpclbHelper, start } from "./support.js";

const A = "1.1.1.1:1";

const notSent: AttemptOutcome = { started: false, code: 14, trailers: undefined, answered: false };
const cut: AttemptOutcome = { started: true, code: 1, trailers: undefined, answered: false };

/** A balancer that wants a report every second. */
function reported(drop: boolean): GrpclbHelper {
  const { helper } = start();
  helper.stream.welcome(1);
  helper.stream.list(entry(A, "token"), ...(drop ? [dropEntry("token")] : []));
  helper.connectAll();
  return helper;
}

/** The sum of all reports. */
function sumOf(reports: readonly ClientStats[]) {
  const sum = (count: (report: ClientStats) => string) =>
    reports.reduce((total, report) => total + Number(count(report)), 0);
  const drops: Record<string, number> = {};
  for (const { loadBalanceToken, numCalls } of reports.flatMap((each) => each.callsFinishedWithDrop)) {
    drops[loadBalanceToken] = (drops[loadBalanceToken] ?? 0) + Number(numCalls);
  }
  return {
    started: sum((report) => report.numCallsStarted),
    finished: sum((report) => report.numCallsFinished),
    failedToSend: sum((report) => report.numCallsFinishedWithClientFailedToSend),
    known: sum((report) => report.numCallsFinishedKnownReceived),
    drops,
  };
}

test("StatsUnarySuccess: 40 calls", () => {
  const helper = reported(false);
  helper.sequence(40);
  helper.clock.advance(1000);
  assert.equal(helper.stream.reports.length, 1);
  assert.deepEqual(sumOf(helper.stream.reports), {
    started: 40,
    finished: 40,
    failedToSend: 0,
    known: 40,
    drops: {},
  });
});

test("StatsUnaryDrop: every other one of 40 calls is dropped", () => {
  const helper = reported(true);
  helper.sequence(40);
  helper.clock.advance(1000);
  assert.deepEqual(sumOf(helper.stream.reports), {
    started: 40,
    finished: 40,
    failedToSend: 0,
    known: 20,
    drops: { token: 20 },
  });
});

test("StatsUnaryFailedToSend: 39 of 40 calls never reach a connection", () => {
  const helper = reported(false);
  helper.sequence(1);
  helper.sequence(39, notSent);
  helper.clock.advance(1000);
  assert.deepEqual(sumOf(helper.stream.reports), {
    started: 40,
    finished: 40,
    failedToSend: 39,
    known: 1,
    drops: {},
  });
});

/** Calls that last over several reports: 40 begin, one half ends, the other half ends. */
function streams(helper: GrpclbHelper, outcome: AttemptOutcome): void {
  const open = Array.from({ length: 40 }, () => helper.pick());
  helper.clock.advance(1000);
  open.forEach((pick, i) => {
    if (i === 20) helper.clock.advance(1000);
    if (pick.kind === "complete") pick.onEnd!(outcome);
  });
  helper.clock.advance(1000);
}

test("StatsStreamingSuccess: calls count as started at once, and as finished when they end", () => {
  const helper = reported(false);
  streams(helper, okOutcome);
  assert.deepEqual(
    helper.stream.reports.map(({ numCallsStarted, numCallsFinished }) => [numCallsStarted, numCallsFinished]),
    [
      ["40", "0"],
      ["0", "20"],
      ["0", "20"],
    ],
  );
  assert.deepEqual(sumOf(helper.stream.reports), {
    started: 40,
    finished: 40,
    failedToSend: 0,
    known: 40,
    drops: {},
  });
});

test("StatsStreamingDrop: dropped calls are finished at once", () => {
  const helper = reported(true);
  streams(helper, okOutcome);
  assert.equal(helper.stream.reports[0]!.numCallsFinished, "20");
  assert.deepEqual(sumOf(helper.stream.reports), {
    started: 40,
    finished: 40,
    failedToSend: 0,
    known: 20,
    drops: { token: 20 },
  });
});

test("StatsStreamingFailedToSend: 39 of 40 calls never reach a connection", () => {
  const helper = reported(false);
  helper.sequence(1);
  const open = Array.from({ length: 39 }, () => helper.completePick());
  for (const pick of open) pick.onEnd!(notSent);
  helper.clock.advance(1000);
  assert.deepEqual(sumOf(helper.stream.reports), {
    started: 40,
    finished: 40,
    failedToSend: 39,
    known: 1,
    drops: {},
  });
});

test("a call that was sent but never answered is finished, and nothing else", () => {
  const helper = reported(false);
  helper.sequence(5, cut);
  helper.clock.advance(1000);
  assert.deepEqual(sumOf(helper.stream.reports), {
    started: 5,
    finished: 5,
    failedToSend: 0,
    known: 0,
    drops: {},
  });
});

test("StatsQuashEmpty: without calls, one report of zeros, then none until there are calls again", () => {
  const helper = reported(false);
  helper.clock.advance(1000);
  assert.deepEqual(sumOf(helper.stream.reports), {
    started: 0,
    finished: 0,
    failedToSend: 0,
    known: 0,
    drops: {},
  });
  assert.equal(helper.stream.reports.length, 1);
  helper.clock.advance(60_000);
  assert.equal(helper.stream.reports.length, 1);
  helper.sequence(1);
  helper.clock.advance(3000);
  assert.deepEqual(
    helper.stream.reports.map(({ numCallsStarted }) => numCallsStarted),
    ["0", "1", "0"],
  );
});

test("reports say when they were made, and come at the interval that the balancer asked for", () => {
  const { helper } = start();
  helper.stream.welcome(2.5);
  helper.stream.list(entry(A));
  helper.connectAll();
  const begin = helper.clock.now();
  for (let i = 0; i < 10; i++) {
    helper.sequence(1);
    helper.clock.advance(1000);
  }
  const times = helper.stream.reports.map(
    ({ timestamp }) => Number(timestamp!.seconds) * 1000 + timestamp!.nanos / 1e6,
  );
  assert.deepEqual(
    times.map((ms) => ms - begin),
    [2500, 5000, 7500, 10_000],
  );
});

test("an interval of 0, or none, asks for no reports; a tiny one is not taken at its word; a huge one never comes", () => {
  for (const seconds of [undefined, 0, -5]) {
    const { helper } = start();
    helper.stream.welcome(seconds);
    helper.stream.list(entry(A));
    helper.clock.advance(100_000);
    assert.equal(helper.stream.reports.length, 0);
  }
  const { helper } = start();
  helper.stream.welcome(1e-9);
  helper.stream.list(entry(A));
  helper.connectAll();
  for (let i = 0; i < 1000; i++) {
    helper.sequence(1);
    helper.clock.advance(1);
  }
  assert.equal(helper.stream.reports.length, 10);
  const { helper: patient } = start();
  patient.stream.welcome(315_576_000_000);
  patient.stream.list(entry(A));
  assert.ok(patient.clock.nextInMs! <= 2 ** 31 - 1);
});

test("what was counted while no stream was there is told to the next one; calls of the fallback never are", () => {
  const { helper } = start({ fallback: ["3.3.3.3:3"] });
  helper.stream.welcome(1);
  helper.stream.list(entry(A));
  helper.connectAll();
  helper.sequence(3);
  helper.stream.end();
  helper.sequence(4);
  helper.stream.welcome(1);
  helper.stream.fallback();
  helper.connectAll();
  assert.deepEqual(helper.sequence(1), ["3.3.3.3:3"]);
  helper.clock.advance(1000);
  assert.equal(helper.control.streams.length, 2);
  assert.equal(sumOf(helper.stream.reports).started, 7);
  assert.equal(helper.completePick().onEnd, undefined);
});

test("the balancer of another name is told nothing of calls before, and nothing of those under way", () => {
  const { helper, give } = start();
  helper.stream.welcome(1);
  helper.stream.list(entry(A), dropEntry("d"));
  helper.connectAll();
  helper.sequence(6);
  const before = helper.completePick();
  helper.sequence(1);
  give({ config: { serviceName: "other" } });
  // The list stays in use until the next one comes.
  const after = helper.completePick();
  before.onEnd!(okOutcome);
  after.onEnd!(okOutcome);
  helper.stream.welcome(1);
  helper.clock.advance(1000);
  assert.equal(helper.stream.name, "other");
  assert.deepEqual(sumOf(helper.stream.reports), {
    started: 1,
    finished: 1,
    failedToSend: 0,
    known: 1,
    drops: {},
  });
});

test("a balancer that comes after there was none is told nothing of the one before", () => {
  const { helper, give } = start({ fallback: ["3.3.3.3:3"] });
  helper.stream.welcome(1);
  helper.stream.list(entry(A));
  helper.connectAll();
  helper.sequence(5);
  give({ fallback: ["3.3.3.3:3"], balancers: [] });
  give({ fallback: ["3.3.3.3:3"] });
  helper.stream.welcome(1);
  helper.clock.advance(1000);
  assert.equal(sumOf(helper.stream.reports).started, 0);
});

test("while the balancer does not read, no report is made, and what is counted adds up for the next one", () => {
  const helper = reported(true);
  const made = () => helper.stream.reports.map(({ numCallsStarted }) => numCallsStarted);
  helper.sequence(2);
  helper.clock.advance(1000);
  helper.stream.demand.setOpen(false);
  helper.sequence(4);
  helper.clock.advance(2000);
  assert.deepEqual(made(), ["2"]);
  helper.stream.demand.setOpen(true);
  helper.sequence(6);
  helper.clock.advance(1000);
  assert.deepEqual(made(), ["2", "10"]);
  // One of zeros counts as sent only when it was.
  helper.stream.demand.setOpen(false);
  helper.clock.advance(5000);
  helper.stream.demand.setOpen(true);
  helper.clock.advance(5000);
  assert.deepEqual(made(), ["2", "10", "0"]);
  helper.stream.demand.setOpen(false);
  helper.sequence(8);
  helper.clock.advance(5000);
  helper.stream.end();
  helper.stream.welcome(1);
  helper.clock.advance(1000);
  assert.deepEqual(made(), ["8"]);
});

test("no report is sent on a stream that has ended", () => {
  const helper = reported(false);
  const first = helper.stream;
  helper.sequence(1);
  first.end();
  helper.clock.advance(60_000);
  assert.equal(first.reports.length, 0);
});
