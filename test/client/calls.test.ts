/** The four modes through the typed client, against a Grebe server on a real socket. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { EMPTY, finalize, interval, NEVER, of, Subject, take, throwError } from "rxjs";
import { map } from "rxjs/operators";
import { createChannel, createClient } from "../../lib/client/index.js";
import { concatMap, type Flow } from "../../lib/flow/index.js";
import { type CallContext, Metadata, StatusCode, StatusError } from "../../lib/rpc/index.js";
import { badRequest, retryInfo } from "../../lib/schema/index.js";
import { type Item, Probe as ProbeService } from "../generated/probe.js";
import { type Probe, startProbe } from "../server/probe.js";
import { checkAtEnd, deferred, settled, until } from "../server/support.js";
import { callerOf, closeAtEnd, failureOf, type ProbeClient } from "./support.js";

type Handler = (request: never, call: CallContext) => unknown;
let handle: Handler = () => ({});
const each = {
  one: (r: never, c: CallContext) => handle(r, c),
  many: (r: never, c: CallContext) => handle(r, c),
  collect: (r: never, c: CallContext) => handle(r, c),
  chat: (r: never, c: CallContext) => handle(r, c),
};

let probe: Probe;
let client: ProbeClient;
before(async () => {
  probe = await startProbe(each);
  client = callerOf(probe.address).client;
});
closeAtEnd();
after(() => probe.stop());
checkAtEnd();

const numbers = async (messages: AsyncIterable<Item>): Promise<number[]> => {
  const list: number[] = [];
  for await (const { number } of messages) list.push(number);
  return list;
};

test("unary: one request, one response, as a promise", async () => {
  handle = (request: Item) => ({ ...request, text: "answer" });
  const response = await client.one({ number: 4, large: 9007199254740993n });
  assert.equal(response.number, 4);
  assert.equal(response.text, "answer");
  assert.equal(response.large, "9007199254740993");
});

test("server streaming: a Flow that can be iterated and subscribed; each time is a call of its own", async () => {
  let calls = 0;
  handle = async function* ({ number }: Item) {
    calls += 1;
    for (let i = 0; i < number; i++) yield { number: i };
  };
  const responses = client.many({ number: 3 });
  assert.equal(calls, 0, "nothing happens before it is subscribed");
  assert.deepEqual(await numbers(responses), [0, 1, 2]);
  const list: number[] = [];
  await new Promise<void>((resolve, reject) => {
    responses.subscribe({ next: ({ number }) => void list.push(number), error: reject, complete: resolve });
  });
  assert.deepEqual(list, [0, 1, 2]);
  assert.equal(calls, 2);
});

test("client streaming takes an Observable, an AsyncIterable and an iterable", async () => {
  handle = async (requests: Flow<Item>) => ({ number: (await numbers(requests)).reduce((a, b) => a + b, 0) });
  const items = [1, 2, 3].map((number) => ({ number }));
  async function* generate() {
    yield* items;
  }
  for (const source of [items, generate(), of(...items), new Set(items)]) {
    assert.equal((await client.collect(source)).number, 6);
  }
});

test("bidirectional: both sides at once", async () => {
  handle = (requests: Flow<Item>) => requests.pipe(map(({ number }) => ({ number: number * 2 })));
  const requests = new Subject<{ number: number }>();
  const responses = client.chat(requests)[Symbol.asyncIterator]();
  const first = responses.next();
  requests.next({ number: 1 });
  assert.equal((await first).value.number, 2);
  requests.next({ number: 2 });
  assert.equal((await responses.next()).value.number, 4);
  requests.complete();
  assert.equal((await responses.next()).done, true);
});

test("metadata goes out, headers and trailers come back, once each, also of a call that fails", async () => {
  handle = (_request, call) => {
    call.headers.set("x-initial", call.metadata.get("x-sent")[0] as string);
    call.trailers.set("x-last-bin", call.metadata.get("x-sent-bin")[0] as Buffer);
    throw StatusError.notFound("nothing here");
  };
  const seen: [string, Metadata][] = [];
  const error = await failureOf(
    client.one(
      {},
      {
        metadata: { "x-sent": "yes", "x-sent-bin": Buffer.from([1, 2]) },
        onHeaders: (headers) => seen.push(["headers", headers]),
        onTrailers: (trailers) => seen.push(["trailers", trailers]),
      },
    ),
  );
  assert.equal(error.code, StatusCode.NOT_FOUND);
  assert.deepEqual(
    seen.map(([what]) => what),
    ["headers", "trailers"],
  );
  assert.deepEqual(seen[0]![1].get("x-initial"), ["yes"]);
  assert.deepEqual(seen[1]![1].get("x-last-bin"), [Buffer.from([1, 2])]);
  assert.deepEqual(error.metadata?.get("x-last-bin"), [Buffer.from([1, 2])]);
});

test("Metadata that is handed in is copied: calls do not change it", async () => {
  handle = () => ({});
  const metadata = new Metadata();
  metadata.set("x-a", "1");
  const { client: changed } = callerOf(
    probe.address,
    {},
    {
      interceptors: [
        {
          intercept: (call, next) => {
            call.metadata.set("x-b", "2");
            return next.handle();
          },
        },
      ],
    },
  );
  await changed.one({}, { metadata });
  assert.deepEqual(metadata.getMap(), { "x-a": "1" });
});

test("failures are StatusErrors with details, path and peer; a retry hint is readable", async () => {
  handle = () => {
    throw StatusError.unavailable("come back later", {
      details: [retryInfo({ retryDelayMs: 1500 }), badRequest([{ field: "a.b", description: "must be c" }])],
    });
  };
  const calls = [
    () => client.one({}),
    () => client.many({}),
    () => client.collect([]),
    () => client.chat([]),
  ];
  for (const call of calls) {
    const error = await failureOf(call());
    assert.equal(error.code, StatusCode.UNAVAILABLE);
    assert.equal(error.text, "come back later");
    assert.equal(error.retryDelayMs, 1500);
    assert.deepEqual(
      error.details.map(({ type }) => type),
      ["google.rpc.RetryInfo", "google.rpc.BadRequest"],
    );
    assert.equal(error.peer, probe.address);
    assert.match(error.message, /^\/grebe\.test\.Probe\/\w+ UNAVAILABLE: come back later$/);
  }
});

test("messages that came before an error arrive before it", async () => {
  handle = async function* () {
    yield { number: 1 };
    yield { number: 2 };
    throw StatusError.dataLoss("broken");
  };
  const list: number[] = [];
  const error = await failureOf(
    client.many({}).pipe(
      map((item) => {
        list.push(item.number);
        return item;
      }),
    ),
  );
  assert.deepEqual(list, [1, 2]);
  assert.equal(error.code, StatusCode.DATA_LOSS);
});

test("a request that does not fit its type fails before anything is sent, and names the field", async () => {
  const error = await failureOf(client.one({ number: "many" as never }));
  assert.equal(error.code, StatusCode.INTERNAL);
  assert.match(error.text, /Item\.number/);
  const streamed = await failureOf(client.collect([{ number: 1 }, { number: 1.5 }]));
  assert.equal(streamed.code, StatusCode.INTERNAL);
  assert.match(streamed.text, /Item\.number/);
});

test("leaving the loop, or unsubscribing, cancels the call on the server", async () => {
  let ended = 0;
  handle = () =>
    interval(1).pipe(
      map((number) => ({ number })),
      finalize(() => (ended += 1)),
    );
  for await (const { number } of client.many({})) if (number === 2) break;
  await until(() => ended === 1, "the server has noticed the break");
  const subscription = client.many({}).subscribe();
  const subscribed = client.many({}).pipe(take(1)).subscribe();
  await until(() => ended === 2, "take(1) has cancelled");
  subscribed.unsubscribe();
  subscription.unsubscribe();
  await until(() => ended === 3, "unsubscribing has cancelled");
});

test("a signal cancels each of the four modes, and one that is aborted already sends nothing", async () => {
  let started = 0;
  let aborted = 0;
  handle = (_request, call) => {
    started += 1;
    call.signal.addEventListener("abort", () => (aborted += 1));
    return NEVER;
  };
  const make = (signal: AbortSignal) => [
    () => client.one({}, { signal }),
    () => client.many({}, { signal }),
    () => client.collect(NEVER, { signal }),
    () => client.chat(NEVER, { signal }),
  ];
  for (const index of [0, 1, 2, 3]) {
    const abort = new AbortController();
    const failure = failureOf(make(abort.signal)[index]!());
    await until(() => started === index + 1, "the handler runs");
    abort.abort();
    assert.equal((await failure).code, StatusCode.CANCELLED);
    await until(() => aborted === index + 1, "the server has noticed");
  }
  for (const call of make(AbortSignal.abort())) {
    assert.equal((await failureOf(call())).code, StatusCode.CANCELLED);
  }
  assert.equal(started, 4);
});

test("M10: a request stream that fails cancels the call and is its failure; nothing is uncaught", async () => {
  const gone = deferred<unknown>();
  handle = async (requests: Flow<Item>, call: CallContext) => {
    call.signal.addEventListener("abort", () => gone.resolve(call.signal.reason));
    for await (const _ of requests);
    return {};
  };
  const cause = new Error("the sensor broke");
  const requests = new Subject<{ number: number }>();
  const failure = failureOf(client.collect(requests));
  requests.next({ number: 1 });
  requests.error(cause);
  const error = await failure;
  assert.equal(error.code, StatusCode.CANCELLED);
  assert.equal(error.cause, cause);
  assert.match(error.text, /the sensor broke/);
  await gone.promise;
  const own = StatusError.aborted("stop");
  assert.equal(await failureOf(client.chat(throwError(() => own))), own);
});

test("a server that answers before the requests end stops their source", async () => {
  handle = () => ({ number: 7 });
  let stopped = false;
  const source = interval(1).pipe(
    map((number) => ({ number })),
    finalize(() => (stopped = true)),
  );
  assert.equal((await client.collect(source)).number, 7);
  assert.equal(stopped, true);
});

test("an empty request stream is a call all the same", async () => {
  handle = async (requests: Flow<Item>) => ({ number: (await numbers(requests)).length });
  assert.equal((await client.collect(EMPTY)).number, 0);
  handle = (requests: Flow<Item>) => requests;
  assert.deepEqual(await numbers(client.chat([])), []);
});

test("demand: a slow reader of responses slows the server down", async () => {
  let sent = 0;
  const payload = Buffer.alloc(10_000);
  handle = function* () {
    for (; sent < 100_000; sent++) yield { payload };
  };
  const { client: narrow } = callerOf(probe.address, { flowControlWindow: 65_535 });
  const iterator = narrow.many({})[Symbol.asyncIterator]();
  for (let i = 0; i < 5; i++) await iterator.next();
  await settled(() => sent);
  assert.ok(sent < 200, `${sent} messages are ahead of a reader of five`);
  await iterator.return?.();
});

test("demand: a slow server slows the source of requests down", async () => {
  const go = deferred();
  handle = async (requests: Flow<Item>) => {
    let number = 0;
    for await (const _ of requests) {
      number += 1;
      if (number === 5) await go.promise;
    }
    return { number };
  };
  let made = 0;
  const payload = Buffer.alloc(10_000);
  function* source() {
    for (; made < 2000; made++) yield { payload };
  }
  const answer = client.collect(source());
  await until(() => made > 5, "the source is asked");
  await settled(() => made);
  assert.ok(made < 400, `${made} messages are ahead of a server that has read five`);
  go.resolve();
  assert.equal((await answer).number, 2000);
});

test("a subscriber's promise and Grebe's operators hold the responses back", async () => {
  handle = function* () {
    for (let number = 0; number < 50; number++) yield { number };
  };
  let busy = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    busy += 1;
    most = Math.max(most, busy);
    await new Promise((resolve) => setImmediate(resolve));
    busy -= 1;
  };
  await new Promise<void>((resolve, reject) => {
    client
      .many({})
      .pipe(concatMap(() => work()))
      .subscribe({ error: reject, complete: resolve });
  });
  assert.equal(most, 1);
});

test("a callback that throws fails the call with what it threw", async () => {
  handle = () => ({});
  const cause = new Error("no such log");
  const error = await failureOf(
    client.one(
      {},
      {
        onHeaders: () => {
          throw cause;
        },
      },
    ),
  );
  assert.equal(error.code, StatusCode.CANCELLED);
  assert.equal(error.cause, cause);
});

test("closing the channel ends calls under way, and refuses further ones", async () => {
  handle = () => NEVER;
  const channel = createChannel(`static:///${probe.address}`);
  const closing = createClient(ProbeService, channel);
  const calls = [closing.one({}), closing.many({}), closing.collect(NEVER), closing.chat(NEVER)].map(
    failureOf,
  );
  await until(() => channel.inspect().calls === 4, "all calls are under way");
  await channel.close();
  for (const error of await Promise.all(calls)) assert.equal(error.code, StatusCode.CANCELLED);
  const late = await failureOf(closing.one({}));
  assert.equal(late.code, StatusCode.CANCELLED);
  assert.match(late.text, /is closed/);
  assert.equal(channel.state, "SHUTDOWN");
});

test("requests that are pushed before there is a connection are sent", async () => {
  handle = (requests: Flow<Item>) => requests;
  const { client: fresh } = callerOf(probe.address);
  const requests = new Subject<{ number: number }>();
  const answer = numbers(fresh.chat(requests));
  requests.next({ number: 1 });
  requests.next({ number: 2 });
  requests.complete();
  assert.deepEqual(await answer, [1, 2]);
});
