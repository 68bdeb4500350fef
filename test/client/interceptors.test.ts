/** Interceptors of clients: one shape for the four modes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { catchError, finalize, type Observable, of, retry, tap, throwError } from "rxjs";
import { map } from "rxjs/operators";
import { concatMap, type Flow, flowOf, toFlow } from "../../lib/flow/index.js";
import {
  type CallContext,
  type CallHandler,
  type ClientInterceptor,
  callKey,
  type OutgoingCall,
  StatusCode,
  StatusError,
} from "../../lib/rpc/index.js";
import type { Item } from "../generated/probe.js";
import { type Probe, startProbe } from "../server/probe.js";
import { checkAtEnd, until } from "../server/support.js";
import { callerOf, closeAtEnd, failureOf, type ProbeClient } from "./support.js";

type Handler = (request: never, call: CallContext) => unknown;
let handle: Handler = () => ({});
let probe: Probe;
before(async () => {
  const run: Handler = (request, call) => handle(request, call);
  probe = await startProbe({ one: run, many: run, collect: run, chat: run });
});
closeAtEnd();
after(() => probe.stop());
checkAtEnd();

type Intercept = (
  call: OutgoingCall,
  next: CallHandler<Item, Item>,
) => ReturnType<ClientInterceptor["intercept"]>;

function clientWith(...intercepts: Intercept[]): ProbeClient {
  const interceptors = intercepts.map((intercept) => ({ intercept }) as unknown as ClientInterceptor);
  return callerOf(probe.address, {}, { interceptors }).client;
}

const modes = (client: ProbeClient) => ({
  one: () => client.one({ number: 1 }),
  many: () => client.many({ number: 1 }),
  collect: () => client.collect([{ number: 1 }]),
  chat: () => client.chat([{ number: 1 }]),
});

async function first(result: Promise<Item> | Flow<Item>): Promise<Item> {
  if (!(Symbol.asyncIterator in result)) return result;
  let last: Item | undefined;
  for await (const item of result) last ??= item;
  return last!;
}

/** Answers in any mode with what it was asked plus one. */
const addOne: Handler = (request: unknown, call) => {
  if (call.method.name === "One") return { number: (request as Item).number + 1 };
  if (call.method.name === "Many") return [{ number: (request as Item).number + 1 }];
  return (request as Flow<Item>).pipe(map(({ number }) => ({ number: number + 1 })));
};

test("they wrap the call from the first to the last, and see requests and responses of every mode", async () => {
  handle = addOne;
  const log: string[] = [];
  const layer =
    (name: string): Intercept =>
    (call, next) => {
      log.push(`${name} in`);
      const requests = toFlow(next.requests).pipe(map((item) => ({ ...item, number: item.number * 10 })));
      return toFlow(next.handle(requests)).pipe(
        map((item) => ({ ...item, number: item.number * 2 })),
        finalize(() => log.push(`${name} out of ${call.method.name}`)),
      );
    };
  for (const [mode, make] of Object.entries(modes(clientWith(layer("a"), layer("b"))))) {
    log.length = 0;
    assert.equal((await first(make())).number, (1 * 100 + 1) * 4, mode);
    await until(() => log.length === 4, "all have ended");
    assert.deepEqual(log.slice(0, 2), ["a in", "b in"]);
    assert.deepEqual(
      log
        .slice(2)
        .map((line) => line.slice(0, 5))
        .sort(),
      ["a out", "b out"],
    );
  }
});

test("they may change headers and the deadline, and hand values to each other", async () => {
  const key = callKey<string>("user");
  handle = (_request, call) => ({
    text: String(call.metadata.get("x-user")[0]),
    number: Math.round(call.deadline - Date.now()),
  });
  const client = clientWith(
    (call, next) => {
      call.set(key, "ada");
      call.limitDeadline(Date.now() + 300);
      return next.handle();
    },
    (call, next) => {
      call.metadata.set("x-user", call.get(key)!);
      return next.handle();
    },
  );
  const { text, number } = await client.one({});
  assert.equal(text, "ada");
  assert.ok(number <= 300 && number > 100, String(number));
});

test("they may answer by themselves; no call is made", async () => {
  let calls = 0;
  handle = () => {
    calls += 1;
    return {};
  };
  const client = clientWith(() => of({ number: 42 }));
  assert.equal((await client.one({})).number, 42);
  assert.equal((await first(client.many({}))).number, 42);
  assert.equal(calls, 0);
});

test("they may be asynchronous, and fail a call by throwing or rejecting", async () => {
  handle = addOne;
  const slow = clientWith(async (_call, next) => {
    await new Promise((resolve) => setImmediate(resolve));
    return next.handle();
  });
  for (const make of Object.values(modes(slow))) assert.equal((await first(make())).number, 2);
  const refusals: Intercept[] = [
    () => {
      throw StatusError.permissionDenied("no");
    },
    async () => {
      throw StatusError.permissionDenied("no");
    },
    () => throwError(() => StatusError.permissionDenied("no")),
  ];
  for (const refuse of refusals) {
    for (const make of Object.values(modes(clientWith(refuse)))) {
      const error = await failureOf(make());
      assert.equal(error.code, StatusCode.PERMISSION_DENIED);
    }
  }
  const foreign = new TypeError("a bug");
  const error = await failureOf(
    clientWith(() => {
      throw foreign;
    }).one({}),
  );
  assert.equal(error.code, StatusCode.UNKNOWN);
  assert.equal(error.text, "a bug");
  assert.equal(error.cause, foreign);
});

test("they may retry: every subscription to the rest is a call of its own", async () => {
  let calls = 0;
  handle = () => {
    calls += 1;
    if (calls < 3) throw StatusError.unavailable("not yet");
    return { number: calls };
  };
  const client = clientWith((_call, next) => toFlow(next.handle()).pipe(retry(5)));
  assert.equal((await client.one({})).number, 3);
});

test("they may put something in the place of a failure", async () => {
  handle = () => {
    throw StatusError.notFound("no such thing");
  };
  const client = clientWith((_call, next) =>
    (next.handle() as Observable<Item>).pipe(catchError(() => flowOf({ number: -1 } as Item))),
  );
  assert.equal((await client.one({})).number, -1);
});

test("more than one response of a unary call, or none, is INTERNAL", async () => {
  assert.equal((await failureOf(clientWith(() => of({}, {})).one({}))).code, StatusCode.INTERNAL);
  assert.equal((await failureOf(clientWith(() => of()).one({}))).code, StatusCode.INTERNAL);
});

test("they hear of a deadline and of a cancel, and cannot hold the call up", async () => {
  handle = () => new Promise(() => undefined);
  const seen: string[] = [];
  const client = clientWith((_call, next) =>
    toFlow(next.handle()).pipe(tap({ error: (error) => seen.push(error.code) })),
  );
  assert.equal((await failureOf(client.one({}, { deadlineMs: 30 }))).code, StatusCode.DEADLINE_EXCEEDED);
  const abort = new AbortController();
  const failure = failureOf(client.many({}, { signal: abort.signal }));
  setImmediate(() => abort.abort());
  assert.equal((await failure).code, StatusCode.CANCELLED);
  assert.deepEqual(seen, [StatusCode.DEADLINE_EXCEEDED, StatusCode.CANCELLED]);
  const stuck = clientWith(() => new Promise<never>(() => undefined));
  assert.equal((await failureOf(stuck.one({}, { deadlineMs: 30 }))).code, StatusCode.DEADLINE_EXCEEDED);
  assert.equal((await failureOf(stuck.many({}, { deadlineMs: 30 }))).code, StatusCode.DEADLINE_EXCEEDED);
});

test("they see peer, headers and trailers once these have arrived, and the call above", async () => {
  handle = (_request, call) => {
    call.headers.set("x-a", "1");
    call.trailers.set("x-b", "2");
    return {};
  };
  let end: unknown;
  const client = clientWith((call, next) => {
    assert.equal(call.headers, undefined);
    assert.equal(call.caller, undefined);
    assert.equal(call.target, `static:///${probe.address}`);
    return toFlow(next.handle()).pipe(
      finalize(() => {
        end = [call.peer, call.headers?.get("x-a"), call.trailers?.get("x-b")];
      }),
    );
  });
  await client.one({});
  assert.deepEqual(end, [probe.address, ["1"], ["2"]]);
});

test("demand goes through them", async () => {
  let sent = 0;
  const payload = Buffer.alloc(20_000);
  handle = function* () {
    for (; sent < 20_000; sent++) yield { payload };
  };
  const client = clientWith((_call, next) => toFlow(next.handle()).pipe(concatMap(async (item) => item)));
  const iterator = client.many({})[Symbol.asyncIterator]();
  for (let i = 0; i < 3; i++) await iterator.next();
  let quiet = 0;
  for (let before = sent; quiet < 200; quiet = before === sent ? quiet + 1 : 0) {
    before = sent;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(sent < 1000, `${sent}`);
  await iterator.return?.();
});
