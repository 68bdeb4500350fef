import assert from "node:assert/strict";
import { test } from "node:test";
import { LOAD_REPORT_TRAILER, readLoadReport } from "../../../lib/client/balancing/load-report-trailer.js";
import { Metadata } from "../../../lib/rpc/index.js";
import { encodeLoadReport } from "../../../lib/schema/index.js";

const trailers = (...values: readonly Buffer[]) => {
  const metadata = new Metadata();
  for (const value of values) metadata.add(LOAD_REPORT_TRAILER, value);
  return metadata;
};

const report = encodeLoadReport({
  cpuUtilization: 1,
  memUtilization: 50,
  requestCost: { queryCost: 0.25 },
  utilization: { queueSize: 0.75 },
});

test("TestToLoadReport: without the trailer, or any trailers, there is no report", () => {
  assert.equal(readLoadReport(undefined), undefined);
  assert.equal(readLoadReport(new Metadata()), undefined);
});

test("TestToLoadReport: a report is read", () => {
  const read = readLoadReport(trailers(report))!;
  assert.equal(read.cpuUtilization, 1);
  assert.equal(read.memUtilization, 50);
  assert.deepEqual({ ...read.requestCost }, { queryCost: 0.25 });
  assert.deepEqual({ ...read.utilization }, { queueSize: 0.75 });
});

test("TestToLoadReport: bytes that are no report are an error", () => {
  assert.throws(() => readLoadReport(trailers(Buffer.from("not a report"))));
});

test("TestToLoadReport: two values are an error, as one trailer and as two", () => {
  assert.throws(() => readLoadReport(trailers(report, report)), /2 values of endpoint-load-metrics-bin/);
  const value = report.toString("base64");
  const joined = Metadata.fromHttp2Headers({ [LOAD_REPORT_TRAILER]: `${value},${value}` });
  assert.throws(() => readLoadReport(joined), /2 values/);
});
