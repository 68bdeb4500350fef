import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { IsInt, Length, Max, ValidateNested } from "class-validator";
import { of, throwError } from "rxjs";
import { type Class, Validate } from "../../lib/app/index.js";
import {
  type CallContext,
  type Guard,
  Metadata,
  NEUTRAL_TEXT,
  StatusCode,
  StatusError,
} from "../../lib/rpc/index.js";
import { badRequest, decodeStatusDetails, errorInfo, loadSchema, retryInfo } from "../../lib/schema/index.js";
import { type Item, modes, type Outcome, PROBE_PROTO, type Probe, startProbe } from "./probe.js";
import { checkAtEnd, recordingLogger } from "./support.js";

const schema = loadSchema([PROBE_PROTO]);
const logger = recordingLogger();
let answer: (request: unknown, call: CallContext) => unknown = () => ({});
let probe: Probe;
before(async () => {
  const handler = (request: never, call: CallContext) => answer(request, call);
  probe = await startProbe({ one: handler, many: handler, collect: handler, chat: handler }, { logger });
});
after(() => probe.stop());
checkAtEnd();

function fail(error: unknown): Promise<Outcome> {
  logger.lines.length = 0;
  answer = () => {
    throw error;
  };
  return probe.client.one({});
}

function detailsOf({ status }: Outcome) {
  const bytes = status.metadata.get("grpc-status-details-bin")[0];
  return bytes === undefined ? undefined : decodeStatusDetails(bytes as Buffer, schema);
}

test("a StatusError reaches the peer as it is, in every mode, and is not logged", async () => {
  for (const mode of modes) {
    for (const give of [
      () => {
        throw StatusError.notFound("no city 7");
      },
      () => Promise.reject(StatusError.notFound("no city 7")),
      () => throwError(() => StatusError.notFound("no city 7")),
    ]) {
      logger.lines.length = 0;
      answer = give;
      const { status } = await probe.client.inMode(mode);
      assert.equal(status.code, StatusCode.NOT_FOUND);
      assert.equal(status.details, "no city 7");
      assert.deepEqual(logger.lines, []);
    }
  }
});

test("standard details and messages of the application travel with the status", async () => {
  const outcome = await fail(
    StatusError.failedPrecondition("not now", {
      details: [
        badRequest([{ field: "a.b_c", description: "is wrong" }]),
        errorInfo({ reason: "SOLD_OUT", domain: "grebe.test", metadata: { item: "7" } }),
        retryInfo({ retryDelayMs: 1500 }),
        { type: "grebe.test.Item", value: { number: 5, tags: ["x"] } },
      ],
    }),
  );
  const status = detailsOf(outcome);
  assert.equal(status?.code, StatusCode.FAILED_PRECONDITION);
  assert.equal(status?.text, "not now");
  const [bad, info, retry, own] = status?.details ?? [];
  assert.equal(bad?.type, "google.rpc.BadRequest");
  assert.deepEqual(JSON.parse(JSON.stringify(bad?.value)).fieldViolations[0].field, "a.b_c");
  assert.equal((info!.value as { reason: string }).reason, "SOLD_OUT");
  assert.equal((retry!.value as { retryDelay: { nanos: number } }).retryDelay.nanos, 500_000_000);
  assert.equal(own?.type, "grebe.test.Item");
  assert.equal((own!.value as Item)["number"], 5);
});

test("a detail that cannot be encoded is left out and logged; code and text stay", async () => {
  for (const detail of [
    { type: "grebe.test.Unheard", value: {} },
    { type: "grebe.test.Item", value: { number: "x" } },
  ]) {
    const outcome = await fail(StatusError.aborted("try again", { details: [detail] }));
    assert.equal(outcome.status.code, StatusCode.ABORTED);
    assert.equal(outcome.status.details, "try again");
    assert.equal(detailsOf(outcome), undefined);
    assert.equal(logger.lines.length, 1);
    assert.match(String(logger.lines[0]?.fields["err"]), /grebe\.test/);
  }
});

test("details that would burst the trailers are dropped, not the connection", async () => {
  const outcome = await fail(
    StatusError.aborted("too much to say", {
      details: [{ type: "grebe.test.Item", value: { text: "x".repeat(100_000) } }],
    }),
  );
  assert.equal(outcome.status.code, StatusCode.ABORTED);
  assert.equal(outcome.status.details, "too much to say");
  assert.equal(detailsOf(outcome), undefined);
  answer = () => ({ number: 1 });
  assert.equal((await probe.client.one({})).status.code, StatusCode.OK);
});

test("any text survives the way: unicode, percent signs, line breaks, half surrogate pairs", async () => {
  for (const [text, arrives = text] of [
    ["50 % of ⌘ is 😀\r\nsecond line\t\0"],
    ["%41%zz"],
    ["a lone \ud800 half", "a lone \ufffd half"],
    ["\udc00", "\ufffd"],
    [""],
  ] as [string, string?][]) {
    const { status } = await fail(StatusError.aborted(text));
    assert.equal(status.code, StatusCode.ABORTED);
    assert.equal(status.details, arrives);
  }
});

test("a very long text is cut where it fits, also in the middle of what is no ASCII", async () => {
  for (const [text, least] of [
    ["x".repeat(1_000_000), 3500],
    ["😀".repeat(100_000), 400],
    ["%".repeat(10_000), 1000],
    [`${"x".repeat(4094)}😀😀`, 3500],
  ] as [string, number][]) {
    const { status } = await fail(StatusError.aborted(text));
    assert.equal(status.code, StatusCode.ABORTED);
    assert.ok(status.details.endsWith("…"));
    assert.ok(encodeURI(status.details).length <= 4096);
    assert.ok(status.details.length >= least, `${status.details.length}`);
    assert.ok(text.startsWith(status.details.slice(0, -1).replaceAll("\ufffd", "")));
  }
});

test("metadata of an error and trailers of the call leave with the failure", async () => {
  const metadata = new Metadata();
  metadata.set("retry-key", "7");
  metadata.set("trace-bin", Buffer.from([0, 255]));
  answer = (_request, call) => {
    call.trailers.set("cost", "3");
    call.headers.set("served-by", "a");
    throw StatusError.aborted("no", { metadata });
  };
  for (const mode of modes) {
    const { status, headers } = await probe.client.inMode(mode);
    assert.equal(status.code, StatusCode.ABORTED);
    assert.deepEqual(status.metadata.get("retry-key"), ["7"]);
    assert.deepEqual(status.metadata.get("trace-bin"), [Buffer.from([0, 255])]);
    assert.deepEqual(status.metadata.get("cost"), ["3"]);
    assert.deepEqual(headers?.get("served-by"), ["a"]);
  }
});

test("one error object thrown twice does not collect metadata of other calls", async () => {
  const shared = StatusError.aborted("no", {
    details: [errorInfo({ reason: "R", domain: "d" })],
    metadata: new Metadata(),
  });
  answer = (request, call) => {
    call.trailers.set("call", String((request as Item)["number"]));
    throw shared;
  };
  await probe.client.one({ number: 1 });
  const { status } = await probe.client.one({ number: 2 });
  assert.deepEqual(status.metadata.get("call"), ["2"]);
  assert.equal(shared.metadata?.get("call").length, 0);
});

test("an abort is CANCELLED, a time-out of a signal DEADLINE_EXCEEDED", async () => {
  const controller = new AbortController();
  controller.abort();
  assert.equal((await fail(controller.signal.reason)).status.code, StatusCode.CANCELLED);
  const abort = new Error("stop");
  abort.name = "AbortError";
  assert.equal((await fail(abort)).status.code, StatusCode.CANCELLED);
  assert.equal(
    (await fail(new DOMException("late", "TimeoutError"))).status.code,
    StatusCode.DEADLINE_EXCEEDED,
  );
});

test("what is thrown otherwise is UNKNOWN with a neutral text, and the log has the cause, method, handler and peer", async () => {
  const cause = new TypeError("x is not a function");
  const { status } = await fail(cause);
  assert.equal(status.code, StatusCode.UNKNOWN);
  assert.equal(status.details, NEUTRAL_TEXT);
  assert.equal(logger.lines.length, 1);
  const { level, fields, message } = logger.lines[0]!;
  assert.equal(level, "error");
  assert.equal(fields["err"], cause);
  assert.equal(fields["method"], "/grebe.test.Probe/One");
  assert.equal(fields["handler"], "ProbeController.one");
  assert.match(String(fields["peer"]), /^127\.0\.0\.1:\d+$/);
  assert.match(message, /Probe\/One failed/);
});

test("a logger that throws costs no call and no process", async () => {
  const broken = () => {
    throw new Error("disk full");
  };
  const other = await startProbe(
    { one: () => Promise.reject(new Error("x")) },
    { logger: { debug: broken, info: broken, warn: broken, error: broken } },
  );
  const { status } = await other.client.one({});
  assert.equal(status.code, StatusCode.UNKNOWN);
  await other.stop();
});

async function guarded(guards: (Class<Guard> | Guard)[]): Promise<{ outcomes: Outcome[]; handled: number }> {
  let handled = 0;
  const handler = () => {
    handled += 1;
    return of({});
  };
  const other = await startProbe(
    { one: handler, many: handler, collect: handler, chat: handler },
    { guards },
  );
  const outcomes: Outcome[] = [];
  for (const mode of modes) outcomes.push(await other.client.inMode(mode));
  await other.stop();
  return { outcomes, handled };
}

test("a guard that says no, at once or later, is PERMISSION_DENIED and the handler does not run", async () => {
  for (const verdict of [false, Promise.resolve(false), of(false), of(), undefined, 1] as never[]) {
    const { outcomes, handled } = await guarded([{ canActivate: () => verdict }]);
    assert.equal(handled, 0);
    for (const { status } of outcomes) {
      assert.equal(status.code, StatusCode.PERMISSION_DENIED);
      assert.equal(status.details, "a guard refused the call");
    }
  }
});

test("a guard that throws or rejects decides the status", async () => {
  const refusal = StatusError.unauthenticated("no token");
  for (const canActivate of [
    () => {
      throw refusal;
    },
    async () => {
      throw refusal;
    },
    () => throwError(() => refusal),
  ]) {
    const { outcomes, handled } = await guarded([{ canActivate }]);
    assert.equal(handled, 0);
    for (const { status } of outcomes) assert.equal(status.code, StatusCode.UNAUTHENTICATED);
  }
});

test("guards that agree, at once or later, let the call through in order", async () => {
  const seen: string[] = [];
  const { outcomes, handled } = await guarded([
    { canActivate: () => seen.push("a") > 0 },
    { canActivate: async () => seen.push("b") > 0 },
    { canActivate: () => of(seen.push("c") > 0) },
  ]);
  assert.equal(handled, 4);
  assert.deepEqual(seen.slice(0, 3), ["a", "b", "c"]);
  for (const { status } of outcomes) assert.equal(status.code, StatusCode.OK);
});

class Inner {
  @Max(9) number!: number;
}
class Checked {
  @IsInt() @Max(100) number!: number;
  @Length(1, 3, { each: true }) tags!: string[];
  @ValidateNested() inner!: Inner;
}

test("a broken rule is INVALID_ARGUMENT with BadRequest and paths in proto names, in every mode", async () => {
  const handled: unknown[] = [];
  const handler = (request: never) => {
    handled.push(request);
    return of({});
  };
  const drain = async (requests: AsyncIterable<unknown>) => {
    for await (const request of requests) handled.push(request);
    return {};
  };
  const other = await startProbe(
    {
      one: handler,
      many: handler,
      collect: drain,
      chat: async function* (requests: AsyncIterable<unknown>) {
        yield await drain(requests);
      } as never,
    },
    { logger },
    {},
    {
      decorate: (type) => {
        for (const property of modes) Validate(Checked)(type.prototype, property);
      },
    },
  );
  logger.lines.length = 0;
  for (const mode of modes) {
    const outcome = await other.client.inMode(mode, {
      number: 101,
      tags: ["ok", "long one"],
      inner: { number: 10 },
    });
    assert.equal(outcome.status.code, StatusCode.INVALID_ARGUMENT, mode);
    const [detail] = detailsOf(outcome)?.details ?? [];
    assert.equal(detail?.type, "google.rpc.BadRequest");
    const { fieldViolations } = detail!.value as {
      fieldViolations: { field: string; description: string }[];
    };
    assert.deepEqual(fieldViolations.map(({ field }) => field).sort(), ["inner.number", "number", "tags[1]"]);
  }
  assert.deepEqual(handled, []);
  assert.deepEqual(logger.lines, []);
  assert.equal((await other.client.one({ number: 1, inner: {} })).status.code, StatusCode.OK);
  await other.stop();
});
