/** The client half of gRPC's interoperability cases, by their official names, over Grebe's own client. */
import assert from "node:assert/strict";
import { Subject } from "rxjs";
import { type CallOptions, type Channel, type Client, createClient } from "../../lib/client/index.js";
import { type Metadata, StatusCode, StatusError } from "../../lib/rpc/index.js";
import { decodeLoadReport } from "../../lib/schema/index.js";
import type { SimpleRequestInit, StreamingOutputCallRequestInit } from "./generated/grpc/testing/messages.js";
import { TestService, UnimplementedService } from "./generated/grpc/testing/test.js";
import { OpenRcaService } from "./generated/xds/service/orca/v3/orca.js";

/** What a case has. */
export interface CaseContext {
  readonly channel: Channel;
  /** A further channel to the same server, with the same settings; it is the case's to close. */
  openChannel(): Channel;
  readonly soak: SoakOptions;
}

export interface SoakOptions {
  readonly iterations: number;
  readonly maxFailures: number;
  readonly maxLatencyMs: number;
}

type Case = (context: CaseContext) => Promise<void>;

const LARGE_REQUEST_BYTES = 271_828;
const LARGE_RESPONSE_BYTES = 314_159;
const INITIAL = "x-grpc-test-echo-initial";
const TRAILING = "x-grpc-test-echo-trailing-bin";
const LOAD_REPORT = "endpoint-load-metrics-bin";

const zeros = (size: number) => ({ body: Buffer.alloc(size) });
const largeRequest: SimpleRequestInit = {
  responseSize: LARGE_RESPONSE_BYTES,
  payload: zeros(LARGE_REQUEST_BYTES),
};
const testClient = ({ channel }: { readonly channel: Channel }): Client<typeof TestService> =>
  createClient(TestService, channel);

async function largeUnary(channel: Channel, options?: CallOptions): Promise<void> {
  const { payload } = await createClient(TestService, channel).unaryCall(largeRequest, options);
  assert.deepEqual(payload?.body, Buffer.alloc(LARGE_RESPONSE_BYTES));
}

/** The status that a call fails with. */
async function failureOf(call: Promise<unknown>): Promise<StatusError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return error;
  }
  return assert.fail("the call should have failed");
}

async function drained(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of stream) count += 1;
  return count;
}

/** A bidirectional call, one message at a time. */
function converse(context: CaseContext, options?: CallOptions) {
  const requests = new Subject<StreamingOutputCallRequestInit>();
  const responses = testClient(context).fullDuplexCall(requests, options)[Symbol.asyncIterator]();
  const first = responses.next();
  let next: Promise<IteratorResult<{ payload?: { body: Buffer } }>> | undefined = first;
  return {
    send: (request: StreamingOutputCallRequestInit) => requests.next(request),
    end: () => requests.complete(),
    size: async (): Promise<number | undefined> => {
      const result = await (next ?? responses.next());
      next = undefined;
      return result.done ? undefined : result.value.payload?.body.length;
    },
  };
}

async function echoedMetadata(call: (options: CallOptions) => Promise<unknown>): Promise<void> {
  const trailing = Buffer.from("ababab", "hex");
  let headers: Metadata | undefined;
  let trailers: Metadata | undefined;
  await call({
    metadata: { [INITIAL]: "test_initial_metadata_value", [TRAILING]: trailing },
    onHeaders: (received) => {
      headers = received;
    },
    onTrailers: (received) => {
      trailers = received;
    },
  });
  assert.deepEqual(headers?.get(INITIAL), ["test_initial_metadata_value"]);
  assert.deepEqual(trailers?.get(TRAILING), [trailing]);
}

async function soak(context: CaseContext, call: () => Promise<void>): Promise<void> {
  const { iterations, maxFailures, maxLatencyMs } = context.soak;
  let failures = 0;
  for (let i = 0; i < iterations; i++) {
    const startedAt = performance.now();
    try {
      await call();
    } catch {
      failures += 1;
    }
    if (performance.now() - startedAt > maxLatencyMs) failures += 1;
  }
  assert.ok(failures <= maxFailures, `${failures} of ${iterations} calls failed or were slow`);
}

export const cases: Readonly<Record<string, Case>> = {
  async empty_unary(context) {
    assert.deepEqual(await testClient(context).emptyCall({}), {});
  },

  async large_unary({ channel }) {
    await largeUnary(channel);
  },

  async client_compressed_unary(context) {
    const client = testClient(context);
    const request = { ...largeRequest, expectCompressed: { value: true } };
    assert.equal((await failureOf(client.unaryCall(request))).code, StatusCode.INVALID_ARGUMENT);
    await client.unaryCall(request, { compression: "gzip" });
    await client.unaryCall({ ...largeRequest, expectCompressed: { value: false } });
  },

  async server_compressed_unary(context) {
    for (const value of [true, false]) {
      const { payload } = await testClient(context).unaryCall({
        ...largeRequest,
        responseCompressed: { value },
      });
      assert.equal(payload?.body.length, LARGE_RESPONSE_BYTES);
    }
  },

  async client_streaming(context) {
    const requests = [27_182, 8, 1828, 45_904].map((size) => ({ payload: zeros(size) }));
    const { aggregatedPayloadSize } = await testClient(context).streamingInputCall(requests);
    assert.equal(aggregatedPayloadSize, 74_922);
  },

  async server_streaming(context) {
    const wanted = [31_415, 9, 2653, 58_979];
    const sizes: (number | undefined)[] = [];
    const responseParameters = wanted.map((size) => ({ size }));
    for await (const { payload } of testClient(context).streamingOutputCall({ responseParameters })) {
      sizes.push(payload?.body.length);
    }
    assert.deepEqual(sizes, wanted);
  },

  async server_compressed_streaming(context) {
    const responseParameters = [
      { size: 31_415, compressed: { value: true } },
      { size: 92_653, compressed: { value: false } },
    ];
    assert.equal(await drained(testClient(context).streamingOutputCall({ responseParameters })), 2);
  },

  async ping_pong(context) {
    const conversation = converse(context);
    for (const [size, requestSize] of [
      [31_415, 27_182],
      [9, 8],
      [2653, 1828],
      [58_979, 45_904],
    ] as const) {
      conversation.send({ responseParameters: [{ size }], payload: zeros(requestSize) });
      assert.equal(await conversation.size(), size);
    }
    conversation.end();
    assert.equal(await conversation.size(), undefined);
  },

  async empty_stream(context) {
    assert.equal(await drained(testClient(context).fullDuplexCall([])), 0);
  },

  async custom_metadata(context) {
    const client = testClient(context);
    await echoedMetadata((options) => client.unaryCall(largeRequest, options));
    const message = {
      responseParameters: [{ size: LARGE_RESPONSE_BYTES }],
      payload: zeros(LARGE_REQUEST_BYTES),
    };
    await echoedMetadata((options) => drained(client.fullDuplexCall([message], options)));
  },

  async status_code_and_message(context) {
    const client = testClient(context);
    const responseStatus = { code: 2, message: "test status message" };
    for (const call of [
      () => client.unaryCall({ responseStatus }),
      () => drained(client.fullDuplexCall([{ responseStatus }])),
    ]) {
      const { code, text } = await failureOf(call());
      assert.deepEqual({ code, message: text }, responseStatus);
    }
  },

  async special_status_message(context) {
    const message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
    const { code, text } = await failureOf(
      testClient(context).unaryCall({ responseStatus: { code: 2, message } }),
    );
    assert.equal(code, 2);
    assert.equal(text, message);
  },

  async unimplemented_method(context) {
    const { code } = await failureOf(testClient(context).unimplementedCall({}));
    assert.equal(code, StatusCode.UNIMPLEMENTED);
  },

  async unimplemented_service({ channel }) {
    const { code } = await failureOf(createClient(UnimplementedService, channel).unimplementedCall({}));
    assert.equal(code, StatusCode.UNIMPLEMENTED);
  },

  async cancel_after_begin(context) {
    const abort = new AbortController();
    const call = testClient(context).streamingInputCall(new Subject(), { signal: abort.signal });
    setImmediate(() => abort.abort());
    assert.equal((await failureOf(call)).code, StatusCode.CANCELLED);
  },

  async cancel_after_first_response(context) {
    const abort = new AbortController();
    const conversation = converse(context, { signal: abort.signal });
    conversation.send({ responseParameters: [{ size: 31_415 }], payload: zeros(27_182) });
    assert.equal(await conversation.size(), 31_415);
    abort.abort();
    assert.equal((await failureOf(conversation.size())).code, StatusCode.CANCELLED);
  },

  async timeout_on_sleeping_server(context) {
    const conversation = converse(context, { deadlineMs: 1 });
    conversation.send({ payload: zeros(27_182) });
    assert.equal((await failureOf(conversation.size())).code, StatusCode.DEADLINE_EXCEEDED);
  },

  async pick_first_unary(context) {
    const client = testClient(context);
    const request = { responseSize: 1, payload: zeros(1), fillServerId: true };
    const ids = new Set<string>();
    for (let i = 0; i < 100; i++) ids.add((await client.unaryCall(request)).serverId);
    assert.equal(ids.size, 1);
    assert.notEqual([...ids][0], "");
  },

  async rpc_soak(context) {
    await soak(context, () => largeUnary(context.channel));
  },

  async channel_soak(context) {
    await soak(context, async () => {
      const channel = context.openChannel();
      try {
        await largeUnary(channel);
      } finally {
        await channel.close();
      }
    });
  },

  async orca_per_rpc(context) {
    const report = {
      cpuUtilization: 0.821,
      requestCost: { cost: 3456.32 },
      utilization: { util: 0.30499 },
    };
    let trailers: Metadata | undefined;
    await testClient(context).unaryCall(
      { orcaPerQueryReport: { ...report, memoryUtilization: 0.5847 } },
      {
        onTrailers: (received) => {
          trailers = received;
        },
      },
    );
    const values = trailers?.get(LOAD_REPORT) ?? [];
    assert.equal(values.length, 1);
    const { cpuUtilization, memUtilization, requestCost, utilization } = decodeLoadReport(
      values[0] as Buffer,
    );
    assert.deepEqual({ cpuUtilization, requestCost, utilization }, report);
    assert.equal(memUtilization, 0.5847);
  },

  async orca_oob(context) {
    const reports = createClient(OpenRcaService, context.channel)
      .streamCoreMetrics({ reportInterval: { seconds: 1 } })
      [Symbol.asyncIterator]();
    const conversation = converse(context);
    for (const [cpuUtilization, memoryUtilization, util] of [
      [0.821, 0.5847, 0.30499],
      [0.29309, 0.2, 0.2039],
    ] as const) {
      const orcaOobReport = { cpuUtilization, memoryUtilization, utilization: { util } };
      conversation.send({ orcaOobReport, responseParameters: [{ size: 1 }] });
      assert.equal(await conversation.size(), 1);
      const giveUpAt = Date.now() + 5000;
      for (;;) {
        const { value: report } = await reports.next();
        if (report?.cpuUtilization === cpuUtilization) {
          assert.equal(report.memUtilization, memoryUtilization);
          assert.deepEqual(report.utilization, { util });
          break;
        }
        assert.ok(Date.now() < giveUpAt, "no such report within five seconds");
      }
    }
    conversation.end();
    assert.equal(await conversation.size(), undefined);
    await reports.return?.();
  },

  /** Beyond the official ones: larger than the usual limit, as Java has it. */
  async very_large_request(context) {
    const payload = zeros(8 * 1024 * 1024);
    await testClient(context).unaryCall({ responseSize: 1, payload });
  },
};

const cloud = "needs Google Cloud";

/** Cases that cannot be run, and why. */
export const skippedCases: Readonly<Record<string, string>> = {
  cacheable_unary: "needs GET and a caching proxy",
  client_compressed_streaming:
    "one compression holds for a whole call, as grpc-js's transport has no flag per message",
  compute_engine_creds: cloud,
  jwt_token_creds: cloud,
  oauth2_auth_token: cloud,
  per_rpc_creds: cloud,
  google_default_credentials: cloud,
  compute_engine_channel_credentials: cloud,
  max_concurrent_streams_connection_scaling: "needs A105; `connections` is the fixed form of it",
};
