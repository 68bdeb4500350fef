import assert from "node:assert/strict";
import { test } from "node:test";
import { interval, lastValueFrom, map, Observable, Subject, tap, toArray } from "rxjs";
import type { GrpcMethodOptions } from "../../lib/app/index.js";
import { concatMap, Flow, flowOf, mergeMap, type Overflow, toFlow } from "../../lib/flow/index.js";
import { type CallContext, StatusCode } from "../../lib/rpc/index.js";
import { type Item, outcomeOf, type ProbeHandlers, startProbe } from "./probe.js";
import { itemFrame, RawClient, rawOutcome } from "./raw-client.js";
import { checkAtEnd, deferred, settled, turn, until } from "./support.js";

checkAtEnd();

/** What HTTP/2 and grpc-js may hold beside the window: 64 KiB of the stream, and as much in socket buffers of Node. */
const TRANSPORT_BYTES = 256 * 1024;
const MESSAGE_BYTES = 10_000;
const IN_TRANSPORT = Math.ceil(TRANSPORT_BYTES / MESSAGE_BYTES);

const payload = Buffer.alloc(MESSAGE_BYTES);

/** A client that sends as fast as it is let. */
function flood(client: RawClient, rpc: "Collect" | "Chat", limit = 3000) {
  const stream = client.open(rpc);
  const state = { sent: 0, stream };
  const message = itemFrame({ payload });
  const send = (): void => {
    if (stream.destroyed || stream.closed) return;
    if (state.sent === limit) {
      stream.end();
      return;
    }
    state.sent += 1;
    stream.write(message, (error) => {
      if (!error) setImmediate(send);
    });
  };
  send();
  return state;
}

type Consume = (requests: Flow<Item>, take: (item: Item) => Promise<void>) => unknown;

const consumers: Record<string, Consume> = {
  "for await": async (requests, take) => {
    for await (const item of requests) await take(item);
    return {};
  },
  concatMap: (requests, take) =>
    lastValueFrom(requests.pipe(concatMap(take)), { defaultValue: {} }).then(() => ({})),
  "mergeMap of two": (requests, take) =>
    lastValueFrom(requests.pipe(mergeMap(take, 2)), { defaultValue: {} }).then(() => ({})),
  "subscribe with a promise": (requests, take) =>
    new Promise((resolve, reject) => {
      requests.subscribe({ next: take, error: reject, complete: () => resolve({}) });
    }),
  "for await behind map and tap of rxjs": async (requests, take) => {
    for await (const item of requests.pipe(
      map((each) => each),
      tap(),
    ))
      await take(item);
    return {};
  },
};

for (const [name, consume] of Object.entries(consumers)) {
  for (const window of [undefined, 4]) {
    test(`${name}: a slow handler holds the peer back, ${window ?? "default"} window`, async () => {
      const gates: ReturnType<typeof deferred<void>>[] = [];
      let isOpen = false;
      const handlers: ProbeHandlers = {
        collect: (requests: Flow<Item>) =>
          consume(requests, () => {
            if (isOpen) return Promise.resolve();
            const gate = deferred();
            gates.push(gate);
            return gate.promise;
          }),
      };
      const methods = window === undefined ? {} : { collect: { window } };
      const probe = await startProbe(handlers, {}, {}, { methods });
      const client = new RawClient(probe.address);
      const state = flood(client, "Collect", 400);
      const outcome = rawOutcome(state.stream);
      const held = await settled(() => state.sent);
      const most = (window ?? 16) + 2 + IN_TRANSPORT;
      assert.ok(held <= most, `${held} messages were taken, expected at most ${most}`);
      assert.ok(gates.length <= 2, `${gates.length} at work`);
      gates.shift()?.resolve();
      await until(() => gates.length >= 1, "the next message is at work");
      isOpen = true;
      for (const gate of gates) gate.resolve();
      assert.equal((await outcome).status, StatusCode.OK);
      assert.equal(state.sent, 400);
      await client.close();
      await probe.stop();
    });
  }
}

test("a handler that has not begun to read holds the peer back, and misses nothing later", async () => {
  const begin = deferred();
  let received = 0;
  const probe = await startProbe({
    collect: async (requests: Flow<Item>) => {
      await begin.promise;
      for await (const _ of requests) received += 1;
      return {};
    },
  });
  const client = new RawClient(probe.address);
  const state = flood(client, "Collect", 400);
  const outcome = rawOutcome(state.stream);
  const held = await settled(() => state.sent);
  assert.ok(held <= 18 + IN_TRANSPORT, `${held}`);
  begin.resolve();
  assert.equal((await outcome).status, StatusCode.OK);
  assert.equal(received, 400);
  await client.close();
  await probe.stop();
});

/** A peer that never reads: how far does a source of responses get? */
async function producedFor(
  rpc: "Many" | "Chat",
  source: (produce: () => Item) => unknown,
  methods: GrpcMethodOptions = {},
): Promise<{ produced: number; probeStop: () => Promise<void> }> {
  let produced = 0;
  const handler = () =>
    source(() => {
      produced += 1;
      return { number: produced, payload };
    });
  const probe = await startProbe(
    { many: handler, chat: handler },
    {},
    {},
    { methods: { many: methods, chat: methods } },
  );
  const client = new RawClient(probe.address);
  const stream = client.open(rpc);
  if (rpc === "Many") stream.end(itemFrame({}));
  stream.pause();
  await until(() => produced > 0, "the source runs");
  const held = await settled(() => produced);
  await client.close();
  return { produced: held, probeStop: probe.stop };
}

/** 128 messages or 64 KiB in flight to the transport, and what the transport holds. */
const OUTBOUND = 8 + IN_TRANSPORT;

for (const [name, source] of Object.entries<(produce: () => Item) => unknown>({
  "an AsyncIterable": async function* (produce) {
    for (;;) yield produce();
  },
  "an Iterable": function* (produce) {
    for (;;) yield produce();
  },
  "a Flow": (produce) =>
    toFlow(
      (function* () {
        for (;;) yield produce();
      })(),
    ),
  "a Flow behind rxjs's operators": (produce) =>
    toFlow(
      (function* () {
        for (;;) yield 0;
      })(),
    ).pipe(
      map(() => produce()),
      tap(),
    ),
  "concatMap over a Flow": (produce) =>
    toFlow(
      (function* () {
        for (;;) yield 0;
      })(),
    ).pipe(concatMap(async () => produce())),
})) {
  for (const rpc of ["Many", "Chat"] as const) {
    test(`${rpc}: ${name} is not pulled further than a peer that does not read lets it`, async () => {
      const { produced, probeStop } = await producedFor(rpc, source);
      assert.ok(produced <= OUTBOUND, `${produced} messages were produced, expected at most ${OUTBOUND}`);
      await probeStop();
    });
  }
}

test("plain rxjs operators in an interceptor keep the demand of both directions", async () => {
  let produced = 0;
  const probe = await startProbe(
    {
      many: function* () {
        for (;;) yield { number: ++produced, payload };
      } as never,
    },
    {
      interceptors: [
        {
          intercept: (_call, next) =>
            next.handle().pipe(
              tap(),
              map((message) => message),
            ),
        },
      ],
    },
  );
  const client = new RawClient(probe.address);
  const stream = client.open("Many");
  stream.end(itemFrame({}));
  stream.pause();
  await until(() => produced > 0, "the source runs");
  const held = await settled(() => produced);
  assert.ok(held <= OUTBOUND, `${held}`);
  await client.close();
  await probe.stop();
});

/** Pushes 300 messages at once, far more than the transport takes. */
const pushing = (): Observable<Item> =>
  new Observable((subscriber) => {
    for (let number = 1; number <= 300; number++) subscriber.next({ number, payload });
    subscriber.complete();
  });

for (const rpc of ["many", "chat"] as const) {
  const pushed = async (options: GrpcMethodOptions) => {
    const handler = () => pushing();
    const probe = await startProbe({ many: handler, chat: handler }, {}, {}, { methods: { [rpc]: options } });
    const outcome = await probe.client.inMode(rpc);
    await probe.stop();
    return {
      code: outcome.status.code,
      text: outcome.status.details,
      numbers: outcome.messages.map((m) => m["number"] as number),
    };
  };

  test(`${rpc}: a source that only pushes past the buffer fails with RESOURCE_EXHAUSTED, behind what was sent`, async () => {
    const { code, text, numbers } = await pushed({ bufferSize: 50 });
    assert.equal(code, StatusCode.RESOURCE_EXHAUSTED);
    assert.match(text, /more than 50 messages/);
    assert.ok(numbers.length < 300);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
  });

  test(`${rpc}: within the buffer nothing is lost`, async () => {
    const { code, numbers } = await pushed({ bufferSize: 300 });
    assert.equal(code, StatusCode.OK);
    assert.equal(numbers.length, 300);
  });

  for (const overflow of ["dropOldest", "dropNewest", "latest"] as Overflow[]) {
    test(`${rpc}: overflow ${overflow} loses what it says`, async () => {
      const { code, numbers } = await pushed({ overflow, bufferSize: 10 });
      assert.equal(code, StatusCode.OK);
      const direct = numbers.findIndex((number, index) => number !== index + 1);
      const sent = direct === -1 ? numbers.length : direct;
      const rest = numbers.slice(sent);
      if (overflow === "latest") assert.deepEqual(rest, [300]);
      else if (overflow === "dropOldest")
        assert.deepEqual(
          rest,
          Array.from({ length: 10 }, (_, index) => 291 + index),
        );
      else assert.deepEqual(rest, []);
      assert.ok(numbers.length < 300);
    });
  }
}

test("the request stream can be read once; a second reader is told what to do", async () => {
  for (const second of [
    async (requests: Flow<Item>) => {
      for await (const _ of requests) return {};
    },
    (requests: Flow<Item>) => lastValueFrom(requests.pipe(toArray())),
  ]) {
    const probe = await startProbe({
      collect: async (requests: Flow<Item>) => {
        requests.subscribe(() => undefined);
        return second(requests);
      },
    });
    const { status } = await probe.client.collected([{}]);
    assert.equal(status.code, StatusCode.INTERNAL);
    assert.match(status.details, /read twice.*share\(\)/);
    await probe.stop();
  }
});

test("what a subscriber of the requests throws or rejects with ends the call", async () => {
  const failure = new Error("subscriber");
  const fail = (): never => {
    throw failure;
  };
  for (const consume of [
    (requests: Flow<Item>) => requests.subscribe(fail),
    (requests: Flow<Item>) => requests.subscribe(async () => fail()),
    (requests: Flow<Item>) => requests.subscribe({ complete: fail }),
    (requests: Flow<Item>) => requests.pipe(map(fail)).subscribe(() => undefined),
    (requests: Flow<Item>) => requests.pipe(concatMap(fail)).subscribe(() => undefined),
    (requests: Flow<Item>) => requests.pipe(map(fail)).subscribe({ error: fail }),
  ] as ((requests: Flow<Item>) => unknown)[]) {
    const probe = await startProbe({
      chat: (requests: Flow<Item>, _call: CallContext) => {
        consume(requests);
        return new Subject();
      },
    });
    const { status } = await probe.client.chatted([{ number: 1 }]);
    assert.equal(status.code, StatusCode.UNKNOWN, String(consume));
    await probe.stop();
  }
});

test("work below a subscriber or a projection has a demand of its own: nothing waits for itself", async () => {
  async function* slowly() {
    for (let number = 1; number <= 3; number++) {
      await turn();
      yield { number };
    }
  }
  const last = () => lastValueFrom(toFlow(slowly()));
  for (const handler of [
    (requests: Flow<Item>) => requests.pipe(concatMap(async () => last())),
    (requests: Flow<Item>) => requests.pipe(concatMap(() => toFlow(slowly()))),
    (requests: Flow<Item>) => {
      const responses = new Subject<Item>();
      requests.subscribe({
        next: async () => responses.next(await last()),
        complete: () => responses.complete(),
      });
      return responses;
    },
    (requests: Flow<Item>) =>
      requests.pipe(
        concatMap(async () => await lastValueFrom(flowOf(1, 2).pipe(concatMap(async () => last())))),
      ),
  ]) {
    const probe = await startProbe({ chat: handler });
    const { status, messages } = await probe.client.chatted([{}, {}]);
    assert.equal(status.code, StatusCode.OK);
    assert.equal(messages.at(-1)?.["number"], 3);
    await probe.stop();
  }
});

test("both sides slow: a bidi handler that echoes is held by the reader and holds the writer", async () => {
  const probe = await startProbe({
    chat: (requests: Flow<Item>) => requests.pipe(concatMap(async (item) => item)),
  });
  const client = new RawClient(probe.address);
  const state = flood(client, "Chat", 400);
  state.stream.pause();
  const held = await settled(() => state.sent);
  assert.ok(held <= 18 + OUTBOUND + IN_TRANSPORT, `${held}`);
  const outcome = rawOutcome(state.stream);
  assert.equal((await outcome).status, StatusCode.OK);
  assert.equal(state.sent, 400);
  await client.close();
  await probe.stop();
});

test("an endless source is cut when its reader leaves, and a slow one keeps its rhythm", async () => {
  const probe = await startProbe({ many: () => interval(1).pipe(map((number) => ({ number }))) });
  const call = probe.client.many({});
  const outcome = outcomeOf(call);
  let seen = 0;
  call.on("data", () => {
    if (++seen === 5) call.cancel();
  });
  assert.equal((await outcome).status.code, StatusCode.CANCELLED);
  await probe.stop();
});
