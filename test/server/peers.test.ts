/**
 * Sixteen things that other frameworks were measured to get wrong, each with the right behaviour. Where half of the
 * fault is on the calling side (M10, M14), this shows the half of the server.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { IsEmail } from "class-validator";
import { EMPTY, finalize, interval, map, of, tap, timer } from "rxjs";
import { GrpcApplication, GrpcService, Module, Validate } from "../../lib/app/index.js";
import { concatMap, type Flow } from "../../lib/flow/index.js";
import { StartupError, StatusCode, StatusError, silentLogger } from "../../lib/rpc/index.js";
import { decodeStatusDetails } from "../../lib/schema/index.js";
import { tcp } from "../../lib/server/index.js";
import { type Item, outcomeOf, PROBE_PROTO, startProbe } from "./probe.js";
import { itemFrame, RawClient, rawOutcome } from "./raw-client.js";
import { checkAtEnd, settled, until } from "./support.js";

checkAtEnd();

const DEADLINE_MS = 2000;
const payload = Buffer.alloc(20_000);

async function unaryOutcome(result: () => unknown) {
  const probe = await startProbe({ one: result });
  const outcome = await probe.client.one({}, undefined, DEADLINE_MS);
  await probe.stop();
  return outcome;
}

test("M1 a unary Observable that completes without a value is INTERNAL at once", async () => {
  const { status } = await unaryOutcome(() => EMPTY);
  assert.equal(status.code, StatusCode.INTERNAL);
  assert.match(status.details, /without a message/);
});

test("M2 a unary Observable that emits twice is INTERNAL at once", async () => {
  const { status } = await unaryOutcome(() => of({}, {}));
  assert.equal(status.code, StatusCode.INTERNAL);
  assert.match(status.details, /more than one message/);
});

test("M3 a unary handler that returns undefined is told so, and may do it where the response has no fields", async () => {
  const { status } = await unaryOutcome(() => undefined);
  assert.equal(status.code, StatusCode.INTERNAL);
  assert.match(status.details, /gave no message/);
  const probe = await startProbe({ nothing: () => undefined });
  assert.equal((await probe.client.unary("Nothing", {})).status.code, StatusCode.OK);
  await probe.stop();
});

test("M4 a thrown status needs no filter to arrive", async () => {
  const { status } = await unaryOutcome(() => {
    throw StatusError.notFound("no hero 7");
  });
  assert.deepEqual([status.code, status.details], [StatusCode.NOT_FOUND, "no hero 7"]);
});

test("M5 a guard's refusal is PERMISSION_DENIED", async () => {
  const probe = await startProbe({ one: () => ({}) }, { guards: [{ canActivate: () => false }] });
  assert.equal((await probe.client.one({})).status.code, StatusCode.PERMISSION_DENIED);
  await probe.stop();
});

test("M6 a broken rule is INVALID_ARGUMENT, and the violations arrive", async () => {
  class Named {
    @IsEmail({}, { message: "must be an address" }) text!: string;
  }
  const probe = await startProbe(
    { one: () => ({}) },
    {},
    {},
    { decorate: (type) => Validate(Named)(type.prototype, "one") },
  );
  const { status } = await probe.client.one({ text: "x" });
  await probe.stop();
  assert.equal(status.code, StatusCode.INVALID_ARGUMENT);
  const { details } = decodeStatusDetails(status.metadata.get("grpc-status-details-bin")[0] as Buffer);
  const { fieldViolations } = details[0]?.value as {
    fieldViolations: { field: string; description: string }[];
  };
  assert.equal(fieldViolations[0]?.field, "text");
  assert.match(fieldViolations[0]?.description ?? "", /must be an address/);
});

test("M7 a cancelled unary call unsubscribes its handler at once", async () => {
  let started = false;
  let endedAfterMs: number | undefined;
  const probe = await startProbe({
    one: () => {
      started = true;
      const startedAt = performance.now();
      return timer(60_000).pipe(
        map(() => ({})),
        finalize(() => {
          endedAfterMs = performance.now() - startedAt;
        }),
      );
    },
  });
  const { path, serialize, deserialize } = probe.client.method("One");
  const call = probe.client.makeUnaryRequest(path, serialize, deserialize, {}, () => undefined);
  await until(() => started, "the handler runs");
  call.cancel();
  await until(() => endedAfterMs !== undefined, "the handler is unsubscribed");
  await probe.stop();
});

test("M8 M9 a consumer that needs its time holds the sender: nothing piles up", async () => {
  let processed = 0;
  const probe = await startProbe({
    collect: async (requests: Flow<Item>) => {
      await new Promise<void>((resolve, reject) =>
        requests
          .pipe(concatMap(() => timer(1)))
          .subscribe({ next: () => void processed++, error: reject, complete: resolve }),
      );
      return { number: processed };
    },
  });
  const client = new RawClient(probe.address);
  const stream = client.open("Collect");
  const message = itemFrame({ payload });
  let sent = 0;
  let most = 0;
  const send = (): void => {
    if (sent === 300) {
      stream.end();
      return;
    }
    sent += 1;
    stream.write(message, () => {
      most = Math.max(most, sent - processed);
      setImmediate(send);
    });
  };
  send();
  assert.equal((await rawOutcome(stream)).status, StatusCode.OK);
  assert.equal(processed, 300);
  // The window of 16, and what HTTP/2 and the sockets hold.
  assert.ok(most <= 40, `${most} messages were under way`);
  await client.close();
  await probe.stop();
});

test("M10 a request stream that breaks in the middle is an error of the handler's Flow, and of no process", async () => {
  let seen: unknown;
  const probe = await startProbe({
    chat: (requests: Flow<Item>) =>
      requests.pipe(
        tap({
          error: (error: unknown) => {
            seen = error;
          },
        }),
      ),
  });
  const client = new RawClient(probe.address);
  const stream = client.open("Chat");
  let answered = false;
  stream.once("data", () => {
    answered = true;
  });
  stream.write(itemFrame({ number: 1 }));
  await until(() => answered, "the first message is answered");
  client.socket.destroy();
  await until(() => seen !== undefined, "the handler hears of it");
  assert.ok(seen instanceof StatusError);
  assert.equal(seen.code, StatusCode.CANCELLED);
  await client.close();
  await probe.stop();
});

test("M11 an rpc without a handler is a mistake at start", async () => {
  class Partial {}
  class Root {}
  GrpcService("grebe.test.Probe")(Partial);
  Module({ protos: [PROBE_PROTO], controllers: [Partial], listeners: [tcp({ port: 0 })] })(Root);
  await assert.rejects(GrpcApplication.create(Root, { logger: silentLogger, signals: [] }), (error) => {
    assert.ok(error instanceof StartupError);
    assert.deepEqual(
      error.problems.map(({ code }) => code),
      Array.from({ length: 5 }, () => "HANDLER_MISSING"),
    );
    return true;
  });
});

test("M12 an int64 is a string on both sides, exact beyond 2^53, or a number or bigint where asked", async () => {
  for (const [longs, sent] of [
    [undefined, "9007199254740993"],
    ["bigint", 9007199254740993n],
    ["number", 42],
  ] as const) {
    let received: unknown;
    const probe = await startProbe(
      {
        one: (request: Item) => {
          received = request["large"];
          return request;
        },
      },
      longs === undefined ? {} : { schema: { longs: longs as never } },
    );
    const { messages } = await probe.client.one({ large: String(sent) });
    assert.equal(received, sent);
    assert.equal(messages[0]?.["large"], String(sent));
    await probe.stop();
  }
});

test("M13 a client that never reads holds the producer", async () => {
  let produced = 0;
  const probe = await startProbe({
    many: async function* () {
      for (;;) yield { number: ++produced, payload };
    } as never,
  });
  // grpc-js's own client takes in without limit before its first read; a peer that keeps to HTTP/2's windows:
  const client = new RawClient(probe.address);
  const stream = client.open("Many");
  stream.end(itemFrame({}));
  stream.pause();
  await until(() => produced > 0, "the producer runs");
  const held = await settled(() => produced);
  assert.ok(held <= 20, `${held} messages of 20 kB`);
  await client.close();
  await probe.stop();
});

test("M14 a client that reads some and pauses holds the producer, and gets the rest when it goes on", async () => {
  let produced = 0;
  const probe = await startProbe({
    many: function* () {
      while (produced < 200) yield { number: ++produced, payload };
    } as never,
  });
  const call = probe.client.many({});
  let received = 0;
  call.on("data", () => {
    received += 1;
    if (received === 3) call.pause();
  });
  await until(() => received === 3, "three messages have come");
  const held = await settled(() => produced);
  // What grpc-js's client reads ahead, too.
  assert.ok(held <= 60, `${held} messages of 20 kB`);
  call.resume();
  const { status } = await outcomeOf(call);
  assert.equal(status.code, StatusCode.OK);
  assert.equal(received, 200);
  await probe.stop();
});

test("M15 a source that cannot wait is bounded, and says so when it overflows", async () => {
  const probe = await startProbe(
    { many: () => interval(0).pipe(map((number) => ({ number, payload }))) },
    {},
    {},
    { methods: { many: { bufferSize: 20 } } },
  );
  const client = new RawClient(probe.address);
  const stream = client.open("Many");
  stream.end(itemFrame({}));
  stream.pause();
  let ended = false;
  const outcome = rawOutcome(stream).finally(() => {
    ended = true;
  });
  stream.pause();
  const enough = performance.now() + 150;
  await until(() => performance.now() > enough, "the source has pushed for a while");
  assert.equal(ended, false);
  stream.resume();
  assert.equal((await outcome).status, StatusCode.RESOURCE_EXHAUSTED);
  await client.close();
  await probe.stop();
});

test("M16 a small application starts and answers", async () => {
  const probe = await startProbe({ one: () => ({ number: 1 }) });
  assert.equal((await probe.client.one({})).status.code, StatusCode.OK);
  await probe.stop();
});
