import assert from "node:assert/strict";
import { test } from "node:test";
import { Subject } from "rxjs";
import { GrpcMethod, GrpcService, Module } from "../../lib/app/index.js";
import { StatusError } from "../../lib/rpc/index.js";
import { OpenRcaService, type OrcaLoadReportInit } from "../../lib/schema/index.js";
import type { Backend } from "../../lib/services/index.js";
import { withReportedWeights } from "../../lib/services/load-balancer/reported-weights.js";
import { createTestingApp } from "../../lib/testing/index.js";
import { ManualClock } from "../client/doubles.js";
import { checkAtEnd, recordingLogger, until } from "../server/support.js";

checkAtEnd();

test("a backend that gives no reports is asked again with back-off, whatever its period; one that did, soon", async () => {
  let asked = 0;
  let gives = false;
  @GrpcService(OpenRcaService)
  class Reports {
    @GrpcMethod()
    async *streamCoreMetrics(): AsyncGenerator<OrcaLoadReportInit> {
      asked += 1;
      if (!gives) throw StatusError.unimplemented("no reports here");
      yield { applicationUtilization: 0.5, rpsFractional: 100 };
    }
  }
  @Module({ controllers: [Reports] })
  class BackendModule {}
  const app = await createTestingApp(BackendModule).start();
  const [clock, logger] = [new ManualClock(), recordingLogger()];
  const surroundings = { clock, logger, random: () => 0.5 };
  // Other weights are published so rarely that every other timer is one of the back-off.
  const options = { oobReportingPeriodMs: 1, weightUpdatePeriodMs: 10_000_000, blackoutPeriodMs: 0 };
  const lists = new Subject<readonly Backend[]>();
  const watch = lists.pipe(withReportedWeights(options, surroundings)).subscribe();
  const [host, port] = app.address.split(":");
  lists.next([{ host: host!, port: Number(port) }]);
  const refusals = () => logger.lines.filter(({ message }) => message === "no load reports").length;
  const waits: number[] = [];
  for (let round = 1; round <= 12; round++) {
    await until(() => refusals() === round, `refusal ${round}`);
    assert.equal(asked, round);
    waits.push(Math.round(clock.nextInMs!));
    clock.advance(clock.nextInMs! - 1);
    assert.equal(clock.nextInMs, 1);
    gives = round === 11;
    clock.advance(1);
  }
  assert.deepEqual(waits.slice(0, 3), [1000, 1600, 2560]);
  // The last follows on a report.
  assert.deepEqual(waits.slice(-2), [109_951, 1000]);
  watch.unsubscribe();
  assert.equal(clock.pending, 0);
  await app.close();
});
