import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CallContext, NO_DEADLINE, remainingMs, StatusCode } from "../../lib/rpc/index.js";
import { type Mode, modes, type Probe, startProbe } from "./probe.js";
import { itemFrame, RawClient, rawOutcome } from "./raw-client.js";
import { checkAtEnd } from "./support.js";

let answer: (call: CallContext) => unknown = () => ({});
let probe: Probe;
before(async () => {
  const handler = (_request: unknown, call: CallContext) => answer(call);
  probe = await startProbe({ one: handler, many: handler, collect: handler, chat: handler });
});
after(() => probe.stop());
checkAtEnd();

async function deadlineFor(timeout: string | undefined): Promise<number> {
  let deadline = Number.NaN;
  answer = (call) => {
    deadline = call.deadline;
    return {};
  };
  const client = new RawClient(probe.address);
  await client.send("One", itemFrame({}), timeout === undefined ? {} : { "grpc-timeout": timeout });
  await client.close();
  return deadline;
}

test("call.deadline is what came on the wire, in every unit", async () => {
  for (const [timeout, ms] of [
    ["2H", 7_200_000],
    ["3M", 180_000],
    ["50S", 50_000],
    ["5000m", 5000],
    ["5000000u", 5000],
    ["99999999n", 100],
  ] as const) {
    const sentAt = Date.now();
    const deadline = await deadlineFor(timeout);
    assert.ok(Math.abs(deadline - sentAt - ms) < 1000, `${timeout}: ${deadline - sentAt}`);
  }
});

test("without a deadline it is Infinity, and remainingMs too", async () => {
  assert.equal(await deadlineFor(undefined), NO_DEADLINE);
  assert.equal(remainingMs(NO_DEADLINE), Number.POSITIVE_INFINITY);
});

test("remainingMs counts down on its clock and stops at zero", () => {
  const clock = { now: () => 1000, setTimeout: () => 0, clearTimeout: () => undefined };
  assert.equal(remainingMs(1500, clock), 500);
  assert.equal(remainingMs(500, clock), 0);
});

test("a handler that looks at its deadline in time may still answer", async () => {
  answer = (call) => ({ number: remainingMs(call.deadline) > 0 ? 1 : 0 });
  const { status, messages } = await probe.client.one({}, undefined, 5000);
  assert.equal(status.code, StatusCode.OK);
  assert.equal(messages[0]?.["number"], 1);
});

const rpcs: Record<Mode, string> = { one: "One", many: "Many", collect: "Collect", chat: "Chat" };
for (const mode of modes) {
  test(`${mode}: an answer that comes too late is DEADLINE_EXCEEDED from the server itself`, async () => {
    answer = (call) =>
      new Promise((resolve) => {
        // Just behind the end of the call.
        call.signal.addEventListener("abort", () =>
          resolve(mode === "one" || mode === "collect" ? {} : [{}]),
        );
      });
    const client = new RawClient(probe.address);
    const stream = client.open(rpcs[mode], { "grpc-timeout": "20m" });
    stream.end(itemFrame({}));
    const { status } = await rawOutcome(stream);
    assert.equal(status, StatusCode.DEADLINE_EXCEEDED);
    await client.close();
  });
}
