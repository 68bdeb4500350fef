/** The cases that the official document only names: many calls at once, and readers that are slow. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { checkAtEnd, settled, until } from "../server/support.js";
import { type Outcome, outcomeOf, type Readable, zeros } from "./client.js";
import { type Service, startService } from "./service.js";

let service: Service;
checkAtEnd();
before(async () => {
  service = await startService();
});

test("concurrent_large_unary: a thousand large calls at once", async () => {
  const request = { responseSize: 314_159, payload: zeros(271_828) };
  const calls = Array.from({ length: 1000 }, async () => {
    const { messages, status: end } = await service.client.unary("UnaryCall", request);
    return end.code === status.OK ? messages[0]?.payload?.body.length : end.details;
  });
  assert.deepEqual(new Set(await Promise.all(calls)), new Set([314_159]));
});

/** Takes one message and no more: before the first one grpc-js's client reads ahead without limit. */
function readOne(call: Readable): Promise<void> {
  return new Promise((resolve) => {
    call.once("data", () => {
      call.pause();
      resolve();
    });
  });
}

function readOn(call: Readable): Promise<Outcome> {
  const outcome = outcomeOf(call);
  call.resume();
  return outcome;
}

/** What may be under way to a peer that does not read: HTTP/2's windows, both sides' buffers. */
const MOST_UNDER_WAY_BYTES = 4 * 1024 * 1024;

test("flow control: a client that does not read a response stream holds the server back", async () => {
  const count = 2000;
  const size = 65_536;
  const before = service.witness.sent;
  const call = service.client.serverStream("StreamingOutputCall", {
    responseParameters: Array.from({ length: count }, () => ({ size })),
  });
  await readOne(call);
  const sent = (await settled(() => service.witness.sent)) - before;
  assert.ok(sent * size < MOST_UNDER_WAY_BYTES, `${sent} messages were sent to nobody`);
  const { messages, status: end } = await readOn(call);
  assert.equal(end.code, status.OK);
  assert.equal(messages.length, count - 1);
});

test("flow control: a client that does not read replies is itself not read", async () => {
  const count = 1000;
  const size = 65_536;
  const before = service.witness.received;
  const call = service.client.bidi("FullDuplexCall");
  for (let i = 0; i < count; i++) call.write({ responseParameters: [{ size }], payload: zeros(size) });
  call.end();
  await readOne(call);
  const received = (await settled(() => service.witness.received)) - before;
  assert.ok(received * size < MOST_UNDER_WAY_BYTES, `${received} messages were read without an answer`);
  const { messages, status: end } = await readOn(call);
  assert.equal(end.code, status.OK);
  assert.equal(messages.length, count - 1);
});

test("nothing is left open, and the log is empty", async () => {
  await until(() => service.witness.ended === service.witness.started, "all calls have ended");
  assert.deepEqual(service.logger.lines, []);
  await service.stop();
});
