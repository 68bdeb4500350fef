/** Retries over real attempts: each has a pick of its own. */
import assert from "node:assert/strict";
import type { OutgoingHttpHeaders } from "node:http2";
import { test } from "node:test";
import { failPicker, type PickResult } from "../../../lib/client/balancing/picker.js";
import { PickQueue } from "../../../lib/client/call/pick-queue.js";
import { PickedAttempt } from "../../../lib/client/call/picked-attempt.js";
import type { CallRequest } from "../../../lib/client/call/request-headers.js";
import { RetryingCall } from "../../../lib/client/call/retrying-call.js";
import type {
  AttemptListener,
  Connection,
  ConnectionStream,
} from "../../../lib/client/connection/connection.js";
import type { Subchannel } from "../../../lib/client/connection/subchannel.js";
import { Metadata, StatusCode, StatusError, silentLogger } from "../../../lib/rpc/index.js";
import { FakeSubchannel, ManualClock } from "../doubles.js";
import { CallRecord, callOptions, noop, retryPolicy, turn } from "./fake-attempts.js";

const { OK, UNAVAILABLE, INTERNAL } = StatusCode;

interface Opened {
  readonly address: string;
  readonly authority: string;
  readonly headers: OutgoingHttpHeaders;
  readonly listener: AttemptListener;
}

const stream: ConnectionStream = { send: noop, halfClose: noop, startRead: noop, cancel: noop };

/** A call whose attempts are picked for by the given results, one after the other. */
function open(...results: readonly ((at: (host: string) => Subchannel) => PickResult)[]) {
  const opened: Opened[] = [];
  const at = (host: string): Subchannel => {
    const connection: Connection = {
      peer: `${host}:80`,
      open: (_path, authority, headers, listener) => {
        opened.push({ address: host, authority, headers, listener });
        return stream;
      },
    };
    return Object.assign(new FakeSubchannel({ host, port: 80 }), { connection });
  };
  const picks = new PickQueue();
  let next = 0;
  picks.publish({ pick: () => results[next++]!(at) });
  const clock = new ManualClock();
  const request: CallRequest = {
    path: "/service/Method",
    metadata: undefined,
    deadline: Number.POSITIVE_INFINITY,
    waitForReady: false,
    compression: "identity",
  };
  const host = { picks, authority: "service", clock, logger: silentLogger };
  const record = new CallRecord();
  const call = new RetryingCall(
    { start: (events, previous) => new PickedAttempt(host, request, events, previous) },
    record,
    callOptions({ retry: retryPolicy, clock }),
  );
  const fail = () =>
    opened.at(-1)!.listener.onReceiveStatus({ code: UNAVAILABLE, details: "", metadata: new Metadata() });
  return { opened, record, clock, call, picks, fail };
}

test("AuthorityOverrideNotReusedAcrossAttempts: authority and headers of a pick are those of its attempt", () => {
  const { opened, clock, fail } = open(
    (at) => ({ kind: "complete", subchannel: at("a"), authority: "special", headers: { "x-token": "1" } }),
    (at) => ({ kind: "complete", subchannel: at("b") }),
  );
  fail();
  clock.advance(10);
  assert.deepEqual(
    opened.map(({ address, authority, headers }) => [address, authority, headers["x-token"]]),
    [
      ["a", "special", "1"],
      ["b", "service", undefined],
    ],
  );
  assert.deepEqual(
    opened.map(({ headers }) => headers["grpc-previous-rpc-attempts"]),
    [undefined, "1"],
  );
});

test("each attempt ends its own pick, once", () => {
  const ends: [string, StatusCode][] = [];
  const complete = (host: string) => (at: (host: string) => Subchannel) =>
    ({
      kind: "complete",
      subchannel: at(host),
      onEnd: ({ code }) => void ends.push([host, code]),
    }) satisfies PickResult;
  const { opened, record, clock, fail } = open(complete("a"), complete("b"));
  fail();
  clock.advance(10);
  opened[1]!.listener.onReceiveStatus({ code: OK, details: "", metadata: new Metadata() });
  assert.deepEqual(ends, [
    ["a", UNAVAILABLE],
    ["b", OK],
  ]);
  assert.equal(record.code, OK);
});

test("a DROP ends the call although its code could be retried", async () => {
  const { record, clock } = open(() => ({
    kind: "drop",
    status: StatusError.unavailable("dropped on purpose"),
  }));
  await turn();
  clock.advance(1000);
  assert.deepEqual([record.code, record.statuses[0]?.details], [UNAVAILABLE, "dropped on purpose"]);
});

test("a pick that fails is retried by the policy", async () => {
  const { opened, record, clock } = open(
    () => ({ kind: "fail", status: StatusError.unavailable("no connection") }),
    (at) => ({ kind: "complete", subchannel: at("b") }),
  );
  await turn();
  assert.equal(record.over, false);
  clock.advance(10);
  assert.equal(opened[0]?.headers["grpc-previous-rpc-attempts"], "1");
});

test("a pick that fails with what only servers may say is INTERNAL, and judged as that", async () => {
  const { record } = open(() => ({ kind: "fail", status: StatusError.notFound("no such cluster") }));
  await turn();
  assert.equal(record.code, INTERNAL);
});

test("an attempt that waits for a pick is no longer picked for when its call is cancelled", async () => {
  const { opened, record, call, picks } = open(() => ({ kind: "queue" }));
  assert.equal(picks.length, 1);
  call.cancel(StatusCode.CANCELLED, "enough");
  assert.equal(picks.length, 0);
  picks.publish(failPicker(StatusError.unavailable("late")));
  await turn();
  assert.deepEqual([opened.length, record.statuses.length, record.code], [0, 1, StatusCode.CANCELLED]);
});
