/**
 * Sixteen situations in which other frameworks fail their users. How each of them does, beside Grebe, is shown by
 * `npm run compare` (test/bench/compare); here are the answers that must stay as they are.
 */
import assert from "node:assert/strict";
import { constants } from "node:http2";
import { test } from "node:test";
import { Matches, Min, ValidateNested } from "class-validator";
import { EMPTY, finalize, lastValueFrom, NEVER, of, Subject } from "rxjs";
import {
  GrpcApplication,
  GrpcMethod,
  GrpcService,
  Module,
  UseGuards,
  Validate,
} from "../../lib/app/index.js";
import { concatMap, type Flow, toFlow } from "../../lib/flow/index.js";
import { StartupError, StatusCode, StatusError, silentLogger } from "../../lib/rpc/index.js";
import { tcp } from "../../lib/server/index.js";
import { createTestingApp } from "../../lib/testing/index.js";
import { decodeBadFields } from "../bench/compare/wire.js";
import { type Item, PROBE_PROTO, ProbeClient, type ProbeHandlers, startProbe } from "./probe.js";
import { itemFrame, RawClient, rawOutcome } from "./raw-client.js";
import { checkAtEnd, deferred, settled, until } from "./support.js";

checkAtEnd();

const CANCEL = constants.NGHTTP2_CANCEL;
const payload = Buffer.alloc(20_000);
/** Messages that HTTP/2 and Node hold of a stream: its window, and as much again in buffers of the sockets. */
const IN_TRANSPORT = Math.ceil((256 * 1024) / payload.length);
/** What waits for a handler. */
const WINDOW = 16;
/** What waits for the transport: 64 KiB. */
const IN_FLIGHT = Math.ceil((64 * 1024) / payload.length);

async function answerTo(one: ProbeHandlers["one"] & {}, message: Item = {}) {
  const probe = await startProbe({ one });
  const outcome = await probe.client.one(message);
  await probe.stop();
  return outcome;
}

test("M1 a unary Observable that completes without a value is INTERNAL, not a hang", async () => {
  const { status } = await answerTo(() => EMPTY);
  assert.equal(status.code, StatusCode.INTERNAL);
  assert.match(status.details, /completed without a message/);
});

test("M2 a unary Observable that emits twice is INTERNAL, not a hang", async () => {
  const { status } = await answerTo(() => of({ number: 1 }, { number: 2 }));
  assert.equal(status.code, StatusCode.INTERNAL);
  assert.match(status.details, /more than one message/);
});

test("M3 a handler that returns undefined is told so; where the message has no fields, it may", async () => {
  const { status } = await answerTo(() => undefined);
  assert.equal(status.code, StatusCode.INTERNAL);
  assert.match(status.details, /handler of \/grebe\.test\.Probe\/One gave no message/);
  const probe = await startProbe({ nothing: () => undefined });
  assert.equal((await probe.client.unary("Nothing", {})).status.code, StatusCode.OK);
  await probe.stop();
});

test("M4 a thrown NOT_FOUND is NOT_FOUND, with no filter registered", async () => {
  const { status } = await answerTo(() => {
    throw StatusError.notFound("no item 7");
  });
  assert.equal(status.code, StatusCode.NOT_FOUND);
  assert.equal(status.details, "no item 7");
});

test("M5 a guard that says no is PERMISSION_DENIED", async () => {
  const decorate = UseGuards({ canActivate: () => false });
  const probe = await startProbe({ one: () => ({}) }, {}, {}, { decorate });
  assert.equal((await probe.client.one({})).status.code, StatusCode.PERMISSION_DENIED);
  await probe.stop();
});

class Inner {
  @Matches(/^[a-z]+$/)
  text!: string;
}

class Form {
  @Min(1)
  number!: number;

  @ValidateNested()
  inner!: Inner;
}

test("M6 a request that breaks rules is INVALID_ARGUMENT, and each field is named", async () => {
  const decorate = (type: new () => object) => Validate(Form)(type.prototype, "one");
  const probe = await startProbe({ one: () => ({}) }, {}, {}, { decorate });
  const { status } = await probe.client.one({ number: 0, inner: { text: "?" } });
  assert.equal(status.code, StatusCode.INVALID_ARGUMENT);
  const [details] = status.metadata.get("grpc-status-details-bin");
  assert.deepEqual(decodeBadFields(details as Buffer), ["number", "inner.text"]);
  await probe.stop();
});

test("M7 a cancelled unary call lets go of its work at once", async () => {
  let state = "";
  const probe = await startProbe({
    one: () => {
      state = "at work";
      return NEVER.pipe(
        finalize(() => {
          state = "let go";
        }),
      );
    },
  });
  const { path, serialize, deserialize } = probe.client.method("One");
  const call = probe.client.makeUnaryRequest(path, serialize, deserialize, {}, () => undefined);
  await until(() => state === "at work", "the handler runs");
  call.cancel();
  await until(() => state === "let go", "the work is let go");
  await probe.stop();
});

/** 3,000 messages of 20 kB to a handler that is not through with the first: how many leave the client? */
async function uploadedTo(consume: (requests: Flow<Item>, take: () => Promise<void>) => unknown) {
  const gate = deferred();
  let processed = 0;
  const probe = await startProbe({
    collect: async (requests: Flow<Item>) => {
      await consume(requests, async () => {
        await gate.promise;
        processed += 1;
      });
      return { number: processed };
    },
  });
  const client = new RawClient(probe.address);
  const stream = client.open("Collect");
  const outcome = rawOutcome(stream);
  const message = itemFrame({ payload });
  let sent = 0;
  const send = (): void => {
    if (sent === 3000) {
      stream.end();
      return;
    }
    sent += 1;
    stream.write(message, (error) => {
      if (!error) send();
    });
  };
  send();
  const held = await settled(() => sent);
  assert.equal(processed, 0);
  gate.resolve();
  assert.equal((await outcome).status, StatusCode.OK);
  assert.equal(processed, 3000);
  await client.close();
  await probe.stop();
  return held;
}

const MOST_UPLOADED = 1 + WINDOW + 1 + IN_TRANSPORT;

test("M8 a slow Observable handler of an upload holds the client back", async () => {
  const held = await uploadedTo((requests, take) => lastValueFrom(requests.pipe(concatMap(take))));
  assert.ok(held <= MOST_UPLOADED, `${held} messages were taken, expected at most ${MOST_UPLOADED}`);
});

test("M9 and so does a loop over the messages", async () => {
  const held = await uploadedTo(async (requests, take) => {
    for await (const _ of requests) await take();
  });
  assert.ok(held <= MOST_UPLOADED, `${held} messages were taken, expected at most ${MOST_UPLOADED}`);
});

// That the caller's own process lives when its upstream Observable fails is the calling side's to show.
for (const [how, leave] of [
  ["is cancelled", (stream: ReturnType<RawClient["open"]>) => stream.close(CANCEL)],
  ["loses its connection", (_stream: unknown, client: RawClient) => client.socket.destroy()],
] as const) {
  test(`M10 a bidirectional call that ${how} half-way is an error of the handler's Flow, and of no process`, async () => {
    let received = 0;
    let requestError: unknown;
    let released = false;
    const probe = await startProbe({
      chat: (requests: Flow<Item>) => {
        requests.subscribe({
          next: () => void received++,
          error: (error: unknown) => {
            requestError = error;
          },
        });
        return NEVER.pipe(
          finalize(() => {
            released = true;
          }),
        );
      },
    });
    const client = new RawClient(probe.address);
    const stream = client.open("Chat");
    stream.write(itemFrame({ number: 1 }));
    await until(() => received === 1, "the message is there");
    leave(stream, client);
    await until(() => requestError !== undefined && released, "both streams end");
    assert.ok(requestError instanceof StatusError && requestError.code === StatusCode.CANCELLED);
    await client.close();
    await probe.stop();
  });
}

class OneOnly {
  one(): Item {
    return {};
  }
}
GrpcMethod()(OneOnly.prototype, "one");

test("M11 an rpc that nobody handles stops the start, which names it and the way out", async () => {
  class Forgetful extends OneOnly {}
  GrpcService("grebe.test.Probe")(Forgetful);
  class ForgetfulModule {}
  Module({ protos: [PROBE_PROTO], controllers: [Forgetful] })(ForgetfulModule);
  await assert.rejects(createTestingApp(ForgetfulModule).start(), (error) => {
    assert.ok(error instanceof StartupError);
    assert.deepEqual(
      error.problems.map(({ code }) => code),
      Array.from({ length: 4 }, () => "HANDLER_MISSING"),
    );
    for (const name of ["Many", "Collect", "Chat", "Nothing"]) assert.match(error.message, new RegExp(name));
    return true;
  });
});

test("M12 an int64 is a string, exact at its ends, or a number or bigint where asked", async () => {
  for (const [longs, large] of [
    [undefined, "9007199254740993"],
    [undefined, "-9223372036854775808"],
    ["bigint", 9223372036854775807n],
    ["number", 42],
  ] as const) {
    let seen: unknown;
    const handlers: ProbeHandlers = {
      one: (request: Item) => {
        seen = request.large;
        return request;
      },
    };
    const probe = await startProbe(handlers, longs === undefined ? {} : { schema: { longs } });
    const { messages } = await probe.client.one({ large: String(large) });
    assert.equal(seen, large);
    assert.equal(messages[0]?.large, String(large));
    await probe.stop();
  }
});

/** Counts what an honest producer makes: it is pulled, so it waits. */
function counted() {
  const state = { produced: 0 };
  function* produce() {
    for (;;) {
      state.produced += 1;
      yield { payload };
    }
  }
  return { state, produce };
}

// grpc-js as a client takes messages that nobody reads without end; not to do so is the calling side's to show.
test("M13 an honest producer is held back by a client that never reads", async () => {
  for (const wrap of [(source: Iterable<Item>) => source, (source: Iterable<Item>) => toFlow(source)]) {
    const { state, produce } = counted();
    const probe = await startProbe({ many: () => wrap(produce()) });
    const client = new RawClient(probe.address);
    const stream = client.open("Many");
    stream.end(itemFrame({}));
    stream.pause();
    await until(() => state.produced > 0, "the producer runs");
    const held = await settled(() => state.produced);
    const most = IN_FLIGHT + IN_TRANSPORT;
    assert.ok(held <= most, `${held} messages were produced, expected at most ${most}`);
    await client.close();
    await probe.stop();
  }
});

test("M14 an honest producer is held back by a grpc-js client that pauses, and goes on with it", async () => {
  const { state, produce } = counted();
  const probe = await startProbe({ many: () => produce() });
  const call = probe.client.many({});
  call.on("error", () => undefined);
  const ended = new Promise((resolve) => call.once("close", resolve));
  let read = 0;
  let pauseAt = 3;
  call.on("data", () => {
    read += 1;
    if (read === pauseAt) call.pause();
  });
  for (const next of [100, 200]) {
    await until(() => read === pauseAt, `${pauseAt} messages are read`);
    const held = (await settled(() => state.produced)) - read;
    // 16 in the call's stream and 16 in its queue are the client's.
    const most = 32 + IN_FLIGHT + IN_TRANSPORT;
    assert.ok(held <= most, `${held} messages ahead, expected at most ${most}`);
    pauseAt = next;
    call.resume();
  }
  call.cancel();
  await ended;
  await probe.stop();
});

test("M15 a source that cannot wait fills a bounded buffer; then its call ends, and it is let go", async () => {
  const ticks = new Subject<Item>();
  const probe = await startProbe({ many: () => ticks });
  const client = new RawClient(probe.address);
  const stream = client.open("Many");
  stream.end(itemFrame({}));
  stream.pause();
  await until(() => ticks.observed, "the source is subscribed");
  let pushed = 0;
  while (ticks.observed && pushed < 12_250) {
    ticks.next({ payload });
    pushed += 1;
  }
  assert.ok(!ticks.observed);
  assert.ok(pushed <= 1024 + 1 + IN_FLIGHT, `${pushed} were taken`);
  assert.equal((await rawOutcome(stream)).status, StatusCode.RESOURCE_EXHAUSTED);
  await client.close();
  await probe.stop();
});

test("M16 a tiny application is made, listens and serves", async () => {
  class Tiny extends OneOnly {}
  GrpcService("grebe.test.Probe", { unimplemented: ["Many", "Collect", "Chat", "Nothing"] })(Tiny);
  class TinyModule {}
  Module({ protos: [PROBE_PROTO], controllers: [Tiny], listeners: [tcp({ port: 0 })] })(TinyModule);
  const app = await GrpcApplication.create(TinyModule, { logger: silentLogger, signals: [] });
  const [listener] = await app.listen();
  const client = new ProbeClient(listener!.address);
  assert.equal((await client.one({})).status.code, StatusCode.OK);
  assert.equal((await client.unary("Nothing", {})).status.code, StatusCode.UNIMPLEMENTED);
  client.close();
  await app.close();
});
