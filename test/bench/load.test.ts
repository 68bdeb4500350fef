import assert from "node:assert/strict";
import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { ClosedLoop } from "./load/closed-loop.js";
import { Connection, NO_STATUS, RESET, type Reply } from "./load/connection.js";
import { toSpread } from "./statistics.js";

/** Serves one stream handler while a test runs. */
async function serve(
  answer: (stream: ServerHttp2Stream, body: Buffer) => void,
  test: (port: number) => Promise<void>,
): Promise<void> {
  const server: Http2Server = createServer();
  server.on("stream", (stream: ServerHttp2Stream) => {
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => answer(stream, Buffer.concat(chunks)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await test((server.address() as AddressInfo).port);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

async function callOnce(port: number, body: Buffer, times = 1): Promise<Reply[]> {
  const connection = await Connection.open(port, "/a.B/C");
  try {
    const calls = Array.from(
      { length: times },
      () => new Promise<Reply>((resolve) => connection.call(body, resolve, true)),
    );
    return await Promise.all(calls);
  } finally {
    connection.close();
  }
}

function frame(text: string): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(text.length, 1);
  return Buffer.concat([prefix, Buffer.from(text)]);
}

function answerWith(stream: ServerHttp2Stream, chunks: readonly Buffer[], status: string): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status, "grpc-message": "said" }));
  const write = (index: number): void => {
    if (index === chunks.length) stream.end();
    else stream.write(chunks[index], () => write(index + 1));
  };
  write(0);
}

describe("load generator", () => {
  it("counts messages however they are cut into frames", async () => {
    const body = Buffer.concat([frame("one"), frame(""), frame("three")]);
    const single = Array.from(body, (_, index) => body.subarray(index, index + 1));
    await serve(
      (stream) => answerWith(stream, single, "0"),
      async (port) => {
        const [reply] = await callOnce(port, frame("?"));
        assert.deepEqual(reply, { status: 0, messages: 3, bytes: body.length, body });
      },
    );
  });

  it("reads a status of two digits, and one that comes in headers alone", async () => {
    await serve(
      (stream) => answerWith(stream, [], "14"),
      async (port) => assert.equal((await callOnce(port, frame("?")))[0]?.status, 14),
    );
    await serve(
      (stream) => stream.respond({ ":status": 200, "grpc-status": "12" }, { endStream: true }),
      async (port) => assert.equal((await callOnce(port, frame("?")))[0]?.status, 12),
    );
  });

  it("takes no status, a cut message and a reset for failures", async () => {
    await serve(
      (stream) => {
        stream.respond({ ":status": 200 });
        stream.end();
      },
      async (port) => assert.equal((await callOnce(port, frame("?")))[0]?.status, NO_STATUS),
    );
    await serve(
      (stream) => answerWith(stream, [frame("cut").subarray(0, 7)], "0"),
      async (port) => assert.equal((await callOnce(port, frame("?")))[0]?.status, RESET),
    );
    await serve(
      (stream) => stream.close(8),
      async (port) => assert.equal((await callOnce(port, frame("?")))[0]?.status, RESET),
    );
  });

  it("sends later requests whole too, also those larger than the windows", async () => {
    const large = frame("x".repeat(300_000));
    for (const body of [frame("small"), large]) {
      await serve(
        (stream, received) => answerWith(stream, [frame(String(received.equals(body)))], "0"),
        async (port) => {
          for (const reply of await callOnce(port, body, 5)) {
            assert.equal(reply.body?.toString("latin1", 5), "true");
          }
        },
      );
    }
  });

  it("waits for the calls under way and counts all of them", async () => {
    let served = 0;
    await serve(
      (stream) => {
        served += 1;
        answerWith(stream, [frame("a"), frame("b")], served === 2 ? "13" : "0");
      },
      async (port) => {
        const load = { path: "/a.B/C", body: frame("?"), connections: 2, inFlight: 3 };
        const loop = await ClosedLoop.open(port, { ...load, replyMessages: 2, replyBytes: 11 });
        const result = await loop.run(1);
        loop.close();
        assert.equal(result.calls, served);
        assert.equal(result.statuses.get(13), 1);
        assert.equal(result.statuses.get(0), served - 1);
        assert.equal(result.wrongReplies, served - 1, "eleven bytes are not what came");
      },
    );
  });
});

describe("statistics", () => {
  it("interpolates quartiles", () => {
    assert.deepEqual(toSpread([4, 1, 3, 2]), { p25: 1.75, median: 2.5, p75: 3.25 });
    assert.deepEqual(toSpread([7]), { p25: 7, median: 7, p75: 7 });
    assert.throws(() => toSpread([]), RangeError);
  });
});
