/** The programs of the calling contenders, against a server that looks at what they send. */
import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { ClientCell } from "./client-cell.js";
import { clientScenarios } from "./client-scenarios.js";
import type { LoadOrder, LoadReport } from "./clients/control.js";
import { contenders } from "./contenders.js";
import { createSmall, echoRequest, messagesPerCall, serviceName } from "./payloads.js";
import type { ProgramProcess } from "./program-process.js";
import { startProgram } from "./rounds.js";
import type { Usage } from "./servers/control.js";
import { encodeFrame } from "./wire.js";

interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Exchange {
  readonly rpc: string;
  readonly request: Buffer;
  readonly reply: Buffer;
  /** As long as the reply, and something else. */
  readonly wrong: Buffer;
}

const smalls = createSmalls(1);
const exchanges: Record<string, Exchange> = {
  "client-unary": {
    rpc: "Echo",
    request: encodeFrame("EchoRequest", echoRequest),
    reply: encodeFrame("EchoReply", echoRequest),
    wrong: encodeFrame("EchoReply", { ...echoRequest, id: echoRequest.id + 1 }),
  },
  "client-collect": {
    rpc: "Collect",
    request: smalls,
    reply: encodeFrame("CollectReply", { count: messagesPerCall }),
    wrong: encodeFrame("CollectReply", { count: messagesPerCall - 1 }),
  },
  "client-stream64": {
    rpc: "StreamSmall",
    request: encodeFrame("StreamRequest", { count: messagesPerCall }),
    reply: smalls,
    wrong: createSmalls(2),
  },
};

function createSmalls(first: number): Buffer {
  const frames = Array.from({ length: messagesPerCall }, (_, index) => createSmall(first + index));
  return Buffer.concat(frames.map((small) => encodeFrame("Small", small)));
}

let seen: Seen[] = [];
let status = "0";
let answerOf = (exchange: Exchange): Buffer => exchange.reply;

const server = createServer();
server.on("stream", (stream: ServerHttp2Stream, headers) => {
  const chunks: Buffer[] = [];
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    seen.push({ headers, body: Buffer.concat(chunks) });
    const exchange = Object.values(exchanges).find(
      ({ rpc }) => headers[":path"] === `/${serviceName}/${rpc}`,
    );
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status }));
    stream.end(status === "0" && exchange !== undefined ? answerOf(exchange) : "");
  });
});

before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
after(() => new Promise((resolve) => server.close(resolve)));

function run(client: ProgramProcess, scenario: LoadOrder["scenario"]): Promise<LoadReport> {
  seen = [];
  return client.ask<LoadReport>({ scenario, durationMs: 0 } satisfies LoadOrder);
}

for (const contender of contenders) {
  describe(`the client of ${contender.name}`, () => {
    let client: ProgramProcess;
    before(async () => {
      const { port } = server.address() as AddressInfo;
      client = await startProgram("clients", contender.name, [String(port)]);
    });
    after(() => client.stop());

    for (const { name, inFlight } of clientScenarios) {
      it(`makes the calls of ${name}, and looks at what they bring`, async () => {
        const { rpc, request, wrong } = exchanges[name]!;
        const { calls, statuses, wrongReplies } = await run(client, name);
        assert.deepEqual([calls, statuses, wrongReplies], [inFlight, [[0, inFlight]], 0]);
        assert.equal(seen.length, inFlight);
        for (const { headers, body } of seen) {
          assert.equal(headers[":path"], `/${serviceName}/${rpc}`);
          assert.ok(body.equals(request), "the request is the one that all send");
          // ClientGrpc has no place for it there.
          const hasDeadline = contender.name !== "nest" || name !== "client-collect";
          assert.equal(headers["grpc-timeout"] !== undefined, hasDeadline);
        }

        assert.equal(wrong.length, answerOf(exchanges[name]!).length);
        answerOf = (exchange) => exchange.wrong;
        const misled = await run(client, name);
        answerOf = (exchange) => exchange.reply;
        assert.deepEqual(misled.statuses, [[0, inFlight]]);
        assert.equal(misled.wrongReplies, inFlight);

        status = "13";
        const failed = await run(client, name);
        status = "0";
        assert.deepEqual([failed.calls, failed.statuses], [inFlight, [[13, inFlight]]]);
      });
    }
  });
}

describe("a cell of the clients", () => {
  it("counts the client's process, and fails with a call that does", async () => {
    const [contender] = contenders;
    const floor = await startProgram("servers", "raw-http2");
    const client = await startProgram("clients", contender!.name, [String(floor.port)]);
    try {
      const cell = new ClientCell(contender!, clientScenarios[0]!, client, floor);
      await cell.prepare();
      const before = await client.ask<Usage>("usage");
      const sample = await cell.measure(1);
      assert.equal(cell.failure, undefined);
      assert.ok(sample!.cpuMicros > 0 && sample!.perSecond > 0 && sample!.clientBusy > 0);
      assert.ok((await client.ask<Usage>("usage")).cpuMicros > before.cpuMicros);
      assert.deepEqual([...cell.statuses.keys()], [0]);
      floor.stop();
      const lost = await cell.measure(1);
      assert.equal(lost, undefined);
      assert.ok(cell.failure);
    } finally {
      client.stop();
      floor.stop();
    }
  });
});
