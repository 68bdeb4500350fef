/** Retries and hedges of the typed client, against servers on real sockets that fail on purpose. */
import assert from "node:assert/strict";
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import type { ChannelOptions, MethodConfigJson, ServiceConfigJson } from "../../../lib/client/index.js";
import { StatusCode } from "../../../lib/rpc/index.js";
import { checkAtEnd, until } from "../../server/support.js";
import { ManualClock } from "../doubles.js";
import { callerOf, closeAtEnd, failureOf, reply, responseHeaders, startHttp2 } from "../support.js";

closeAtEnd();
checkAtEnd();

/** An empty message. */
const emptyFrame = Buffer.alloc(5);
const trailersOnly = (stream: ServerHttp2Stream, status: StatusCode, more: Record<string, string> = {}) =>
  stream.respond({ ...responseHeaders, "grpc-status": String(status), ...more }, { endStream: true });

type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, index: number) => void;

async function startCaller(
  answer: Answer,
  config: Partial<MethodConfigJson> = {},
  options: ChannelOptions = {},
) {
  const attempts: (string | undefined)[] = [];
  const received: Buffer[] = [];
  const { address } = await startHttp2((stream, headers) => {
    const index = attempts.length;
    attempts.push(headers["grpc-previous-rpc-attempts"] as string | undefined);
    received[index] = Buffer.alloc(0);
    stream.on("data", (chunk: Buffer) => {
      received[index] = Buffer.concat([received[index]!, chunk]);
    });
    answer(stream, headers, index);
  });
  const serviceConfig: ServiceConfigJson = { methodConfig: [{ name: [{}], ...config }] };
  return { attempts, received, ...callerOf(address, { serviceConfig, ...options }) };
}

const retryPolicy = {
  maxAttempts: 4,
  initialBackoff: "0.001s",
  maxBackoff: "0.001s",
  backoffMultiplier: 1,
  retryableStatusCodes: ["UNAVAILABLE"],
} as const;

test("a call is retried until it is answered, and sends the same each time", async () => {
  const { attempts, received, client } = await startCaller(
    (stream, _headers, index) => {
      if (index === 2) stream.on("end", () => reply(stream, emptyFrame));
      else stream.on("end", () => trailersOnly(stream, StatusCode.UNAVAILABLE));
    },
    { retryPolicy },
  );
  await client.one({ number: 7 });
  assert.deepEqual(attempts, [undefined, "1", "2"]);
  assert.deepEqual(received[2], received[0]);
  assert.notEqual(received[0]!.length, 0);
});

test("the request stream of a call is replayed", async () => {
  const { attempts, received, client } = await startCaller(
    (stream, _headers, index) =>
      stream.on("end", () => {
        if (index === 0) trailersOnly(stream, StatusCode.UNAVAILABLE);
        else reply(stream, emptyFrame);
      }),
    { retryPolicy },
  );
  await client.collect([{ number: 1 }, { number: 2 }, { number: 3 }]);
  assert.equal(attempts.length, 2);
  assert.deepEqual(received[1], received[0]);
});

test("what the server refuses is tried again without any policy, once", async () => {
  const { attempts, client } = await startCaller((stream, _headers, index) => {
    if (index === 0) stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else stream.on("end", () => reply(stream, emptyFrame)).resume();
  });
  await client.one({});
  assert.deepEqual(attempts, [undefined, undefined]);

  const stubborn = await startCaller((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
  assert.equal((await failureOf(stubborn.client.one({}))).code, StatusCode.UNAVAILABLE);
  assert.equal(stubborn.attempts.length, 2);
});

test("headers commit: what fails behind them is not retried", async () => {
  const { attempts, client } = await startCaller(
    (stream) => {
      stream.respond(responseHeaders, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "14" }));
      stream.end();
    },
    { retryPolicy },
  );
  assert.equal((await failureOf(client.one({}))).code, StatusCode.UNAVAILABLE);
  assert.equal(attempts.length, 1);
});

test("pushback twice in the trailers forbids a retry", async () => {
  const { attempts, client } = await startCaller(
    (stream) =>
      stream.respond(
        { ...responseHeaders, "grpc-status": "14", "grpc-retry-pushback-ms": ["1", "1"] },
        { endStream: true },
      ),
    { retryPolicy },
  );
  await failureOf(client.one({}));
  assert.equal(attempts.length, 1);
});

test("the deadline is that of all attempts together", async () => {
  const timeouts: (string | undefined)[] = [];
  const clock = new ManualClock();
  const { client } = await startCaller(
    (stream, headers) => {
      timeouts.push(headers["grpc-timeout"] as string | undefined);
      trailersOnly(stream, StatusCode.UNAVAILABLE, { "grpc-retry-pushback-ms": "30" });
    },
    { retryPolicy },
    { clock },
  );
  const failure = failureOf(client.one({}, { deadlineMs: 50 }));
  await until(() => clock.nextInMs === 30, "the first attempt has failed");
  clock.advance(30);
  // A retry that would come too late is not waited for: the call fails with what it failed of.
  assert.equal((await failure).code, StatusCode.UNAVAILABLE);
  assert.deepEqual(timeouts, ["50m", "20m"]);
});

test("an attempt without an answer is given up, and the server hears of it", async () => {
  const resets: number[] = [];
  const clock = new ManualClock();
  const { attempts, client } = await startCaller(
    (stream, _headers, index) => {
      stream.on("close", () => resets.push(stream.rstCode ?? -1));
      if (index > 0) stream.on("end", () => reply(stream, emptyFrame)).resume();
    },
    { retryPolicy: { ...retryPolicy, perAttemptRecvTimeout: "0.02s" } },
    { clock },
  );
  const response = client.one({});
  await until(() => attempts.length === 1, "the first attempt is there");
  clock.advance(20);
  await until(() => resets.length === 1, "it is given up");
  clock.advance(2);
  await response;
  assert.equal(attempts.length, 2);
  await until(() => resets.length === 2, "both streams are closed");
  assert.deepEqual(resets, [constants.NGHTTP2_CANCEL, 0]);
});

test("hedges: the first answer counts, and the others are cancelled on the wire", async () => {
  const resets: number[] = [];
  const { attempts, client } = await startCaller(
    (stream, _headers, index) => {
      stream.on("close", () => resets.push(stream.rstCode ?? -1));
      if (index === 2) stream.on("end", () => reply(stream, emptyFrame)).resume();
    },
    { hedgingPolicy: { maxAttempts: 3, hedgingDelay: "0.005s" } },
  );
  await client.one({});
  assert.deepEqual(attempts, [undefined, "1", "2"]);
  await until(() => resets.length === 3, "all streams are closed");
  assert.deepEqual(resets.sort(), [0, constants.NGHTTP2_CANCEL, constants.NGHTTP2_CANCEL]);
});

test("throttling is shared by all calls of a channel", async () => {
  const serviceConfig: ServiceConfigJson = {
    methodConfig: [{ name: [{}], retryPolicy }],
    retryThrottling: { maxTokens: 4, tokenRatio: 0.1 },
  };
  const { attempts, client } = await startCaller(
    (stream) => trailersOnly(stream, StatusCode.UNAVAILABLE),
    {},
    { serviceConfig },
  );
  await failureOf(client.one({}));
  await failureOf(client.one({}));
  // The first is retried once: its second failure leaves 2 of 4 tokens.
  assert.deepEqual(attempts, [undefined, "1", undefined]);
});

test("a stream of large requests is not kept: it flows, and is not retried", async () => {
  const { attempts, received, client } = await startCaller(
    (stream) => stream.on("end", () => trailersOnly(stream, StatusCode.UNAVAILABLE)),
    { retryPolicy },
    { retry: { maxBytesPerCall: 1000 } },
  );
  async function* requests() {
    for (let i = 0; i < 50; i++) yield { number: i, text: "x".repeat(10_000) };
  }
  const error = await failureOf(client.collect(requests()));
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.equal(attempts.length, 1);
  assert.ok(received[0]!.length > 500_000);
});
