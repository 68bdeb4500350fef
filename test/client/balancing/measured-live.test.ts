/** Policies that measure, on real connections: what servers report, and how calls end, decides where calls go. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusCode } from "../../../lib/rpc/index.js";
import { encodeLoadReport, type OrcaLoadReportInit } from "../../../lib/schema/index.js";
import { checkAtEnd } from "../../server/support.js";
import { ManualClock } from "../doubles.js";
import { callerOf, closeAtEnd, type ProbeClient, reply, responseHeaders, startHttp2 } from "../support.js";

closeAtEnd();
checkAtEnd();

const empty = Buffer.from([0, 0, 0, 0, 0]);

function frame(message: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

interface Backend {
  readonly address: string;
  readonly load: OrcaLoadReportInit;
  calls: number;
  streams: number;
  code: StatusCode;
}

/** A server that counts its calls and reports its load: in trailers, or, if somebody asks for that, over a stream. */
async function startBackend(load: OrcaLoadReportInit, reports: "inTrailers" | "outOfBand"): Promise<Backend> {
  const bytes = encodeLoadReport(load);
  const { address } = await startHttp2((stream, headers) => {
    if (headers[":path"] === "/xds.service.orca.v3.OpenRcaService/StreamCoreMetrics") {
      backend.streams += 1;
      stream.respond(responseHeaders);
      stream.write(frame(bytes));
      return;
    }
    backend.calls += 1;
    reply(stream, empty, {
      "grpc-status": String(backend.code),
      ...(reports === "inTrailers" && { "endpoint-load-metrics-bin": bytes.toString("base64") }),
    });
  });
  const backend: Backend = { address, load, calls: 0, streams: 0, code: StatusCode.OK };
  return backend;
}

const loads: readonly OrcaLoadReportInit[] = [
  { rpsFractional: 100, cpuUtilization: 0.9 },
  { rpsFractional: 100, applicationUtilization: 0.3, eps: 10 },
  { rpsFractional: 200, cpuUtilization: 0.25 },
];

function weightOf({
  rpsFractional = 0,
  cpuUtilization,
  applicationUtilization,
  eps = 0,
}: OrcaLoadReportInit) {
  return rpsFractional / ((applicationUtilization ?? cpuUtilization ?? 0) + eps / rpsFractional);
}

/** Makes calls, some side by side. */
async function callMany(client: ProbeClient, count: number): Promise<void> {
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0) await client.one({}).catch(() => undefined);
  };
  await Promise.all(Array.from({ length: 20 }, work));
}

/** Calls until everyone has had a call, and so is connected. */
async function reach(backends: readonly Backend[], client: ProbeClient): Promise<void> {
  for (let calls = 0; backends.some((backend) => backend.calls === 0); calls++) {
    assert.ok(calls < 10_000, "a backend is not reached");
    await callMany(client, 1);
  }
}

for (const reports of ["inTrailers", "outOfBand"] as const) {
  test(`weighted_round_robin: shares over 10,000 calls are within 2 % of the formula, reports ${reports}`, async () => {
    const backends = await Promise.all(loads.map((load) => startBackend(load, reports)));
    const clock = new ManualClock();
    const { channel, client } = callerOf(`static:///${backends.map(({ address }) => address).join(",")}`, {
      clock,
      policy: {
        weighted_round_robin: { blackoutPeriod: "0s", enableOobLoadReport: reports === "outOfBand" },
      },
    });
    await reach(backends, client);
    await callMany(client, 30);
    assert.equal(
      backends.every(({ streams }) => streams === (reports === "outOfBand" ? 1 : 0)),
      true,
    );
    clock.advance(1000);
    for (const backend of backends) backend.calls = 0;
    await callMany(client, 10_000);
    const sum = loads.reduce((total, load) => total + weightOf(load), 0);
    for (const { calls, load } of backends) {
      const wanted = (10_000 * weightOf(load)) / sum;
      assert.ok(Math.abs(calls - wanted) <= wanted * 0.02, `${calls} for ${wanted}`);
    }
    await channel.close();
  });
}

test("outlier_detection: a backend that fails calls leaves the rotation with its connection, and comes back", async () => {
  const backends = await Promise.all(loads.map((load) => startBackend(load, "inTrailers")));
  const bad = backends[1]!;
  bad.code = StatusCode.INTERNAL;
  const clock = new ManualClock();
  const { channel, client } = callerOf(`static:///${backends.map(({ address }) => address).join(",")}`, {
    clock,
    policy: {
      outlier_detection: {
        failurePercentageEjection: { minimumHosts: 3, requestVolume: 5 },
        childPolicy: [{ round_robin: {} }],
      },
    },
  });
  await reach(backends, client);
  await callMany(client, 60);
  clock.advance(10_000);
  bad.calls = 0;
  await callMany(client, 30);
  assert.equal(bad.calls, 0);
  bad.code = StatusCode.OK;
  clock.advance(40_000);
  await callMany(client, 30);
  assert.equal(bad.calls, 10);
  await channel.close();
});
