import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NEVER } from "rxjs";
import { type CallContext, Metadata, metadataKey, StatusCode, writeMetadata } from "../../lib/rpc/index.js";
import { modes, outcomeOf, type Probe, startProbe } from "./probe.js";
import { checkAtEnd, until } from "./support.js";

const tenant = metadataKey("tenant");
const trace = metadataKey("trace-bin");
const attempt = metadataKey("attempt", { parse: Number, format: String });
const point = metadataKey("point-bin", {
  parse: (raw: Buffer) => ({ x: raw.readInt8(0), y: raw.readInt8(1) }),
  format: ({ x, y }: { x: number; y: number }) => Buffer.from(Int8Array.of(x, y).buffer),
});

let answer: (call: CallContext) => unknown = () => ({});
let probe: Probe;
before(async () => {
  const handler = (_request: unknown, call: CallContext) => answer(call);
  probe = await startProbe({ one: handler, many: handler, collect: handler, chat: handler });
});
after(() => probe.stop());
checkAtEnd();

test("typed keys read what the client sent: text, bytes, and values of their own", async () => {
  const metadata = new Metadata();
  metadata.set("tenant", "north");
  metadata.set("trace-bin", Buffer.from([0, 1, 255]));
  writeMetadata(metadata, attempt, 3);
  writeMetadata(metadata, point, { x: -4, y: 5 });
  const seen: unknown[] = [];
  answer = (call) => {
    seen.push(call.header(tenant), call.header(trace), call.header(attempt), call.header(point));
    seen.push(call.header(metadataKey("absent")));
    return {};
  };
  await probe.client.one({}, metadata);
  assert.deepEqual(seen, ["north", Buffer.from([0, 1, 255]), 3, { x: -4, y: 5 }, undefined]);
});

test("keys that gRPC does not allow are refused where they are made", () => {
  for (const name of ["Upper", "with space", "grpc-internal", ""]) {
    assert.throws(() => metadataKey(name), RangeError);
  }
});

test("all values of a repeated header arrive in order; gRPC's own headers do not", async () => {
  const metadata = new Metadata();
  metadata.add("hop", "a");
  metadata.add("hop", "b");
  let received: Metadata | undefined;
  answer = (call) => {
    received = call.metadata;
    return {};
  };
  await probe.client.one({}, metadata, 5000);
  assert.deepEqual(received?.get("hop").join(", "), "a, b");
  for (const key of ["grpc-timeout", "grpc-accept-encoding", "te", "content-type"]) {
    assert.deepEqual(received?.get(key), [], key);
  }
});

test("headers leave before the first message, trailers with the status, in every mode", async () => {
  for (const mode of modes) {
    answer = (call) => {
      call.headers.set("served-by", "a");
      writeMetadata(call.headers, point, { x: 1, y: 2 });
      call.trailers.set("cost", "7");
      call.trailers.set("blob-bin", Buffer.from([9]));
      return mode === "one" || mode === "collect" ? {} : [{}, {}];
    };
    const { headers, status } = await probe.client.inMode(mode);
    assert.equal(status.code, StatusCode.OK);
    assert.deepEqual(headers?.get("served-by"), ["a"]);
    assert.deepEqual(headers?.get("point-bin"), [Buffer.from([1, 2])]);
    assert.deepEqual(status.metadata.get("cost"), ["7"]);
    assert.deepEqual(status.metadata.get("blob-bin"), [Buffer.from([9])]);
  }
});

test("sendHeaders sends them at once, and only once", async () => {
  answer = (call) => {
    call.headers.set("early", "yes");
    call.sendHeaders();
    call.headers.set("late", "yes");
    call.sendHeaders();
    return NEVER;
  };
  const call = probe.client.many({});
  const outcome = outcomeOf(call);
  let headers: Metadata | undefined;
  call.on("metadata", (received: Metadata) => {
    headers = received;
  });
  await until(() => headers !== undefined, "the headers come");
  assert.deepEqual(headers?.get("early"), ["yes"]);
  assert.deepEqual(headers?.get("late"), []);
  call.cancel();
  await outcome;
});

test("trailers set between messages leave with the status", async () => {
  answer = async function* (call: CallContext) {
    yield {};
    call.trailers.set("count", "1");
    yield {};
    call.trailers.set("count", "2");
  } as never;
  const { status } = await probe.client.inMode("many");
  assert.deepEqual(status.metadata.get("count"), ["2"]);
});

test("calls do not share headers, trailers or values", async () => {
  let calls = 0;
  answer = (call) => {
    calls += 1;
    if (calls === 1) {
      call.headers.set("once", "1");
      call.trailers.set("once", "1");
    }
    return {};
  };
  await probe.client.one({});
  const { headers, status } = await probe.client.one({});
  assert.deepEqual(headers?.get("once"), []);
  assert.deepEqual(status.metadata.get("once"), []);
});
