import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { concat, defer, interval, map, of, take, throwError, timer } from "rxjs";
import { annotation } from "../../lib/app/index.js";
import { concatMap, type Flow, mergeMap } from "../../lib/flow/index.js";
import {
  type CallContext,
  callKey,
  currentCall,
  enableAmbientCalls,
  findCall,
  StatusCode,
  StatusError,
} from "../../lib/rpc/index.js";
import { type Item, modes, type Probe, startProbe } from "./probe.js";
import { checkAtEnd, turn } from "./support.js";

enableAmbientCalls();

const name = callKey<string>("name");
const Roles = annotation<string[]>("roles");
const Audience = annotation<string>("audience");

/** What the code around and in a handler found as its current call. */
const found = new Map<string, unknown>();
const note = (place: string): void => void found.set(place, findCall()?.get(name));

let answer: (request: never, call: CallContext) => unknown = () => ({});
let calls = 0;
let probe: Probe;
before(async () => {
  const handler = (request: never, call: CallContext) => answer(request, call);
  probe = await startProbe(
    { one: handler, many: handler, collect: handler, chat: handler },
    {
      guards: [
        {
          canActivate: async (call) => {
            call.set(name, `call ${++calls}`);
            await turn();
            note("guard");
            return true;
          },
        },
      ],
      interceptors: [
        {
          intercept: (_call, next) => {
            note("interceptor in");
            return next.handle().pipe(
              map((message) => {
                note("interceptor out");
                return message;
              }),
            );
          },
        },
      ],
      filters: [
        {
          catch: async (error) => {
            note("filter");
            await turn();
            note("filter, later");
            return error instanceof StatusError ? error : StatusError.internal("x");
          },
        },
      ],
    },
    {},
    {
      decorate: (type) => {
        Audience("everybody")(type);
        Roles(["admin"])(type.prototype, "one");
        Audience("staff")(type.prototype, "one");
      },
    },
  );
});
after(() => probe.stop());
checkAtEnd();

function checkFound(...places: string[]): void {
  const expected = `call ${calls}`;
  assert.deepEqual([...found.keys()].sort(), [...places].sort());
  for (const place of places) assert.equal(found.get(place), expected, place);
  found.clear();
}

const around = ["guard", "interceptor in", "interceptor out"];

test("outside of calls there is none, and currentCall says so", () => {
  assert.equal(findCall(), undefined);
  assert.throws(() => currentCall(), /no current call/);
});

test("the call is ambient in guards, interceptors, handlers, promises and timers, in every mode", async () => {
  for (const mode of modes) {
    answer = async () => {
      note("handler");
      await turn();
      note("promise");
      await new Promise<void>((resolve) => {
        setTimeout(() => {
          note("timer");
          resolve();
        }, 1);
      });
      return mode === "one" || mode === "collect" ? {} : [{}];
    };
    const { status } = await probe.client.inMode(mode);
    assert.equal(status.code, StatusCode.OK);
    checkFound(...around, "handler", "promise", "timer");
  }
});

test("it is ambient in Observables, at once and later, and in generators", async () => {
  answer = () =>
    concat(
      defer(() => {
        note("defer");
        return of({});
      }),
      timer(1).pipe(
        map(() => {
          note("timer");
          return {};
        }),
      ),
      interval(1).pipe(
        take(2),
        map(() => {
          note("interval");
          return {};
        }),
      ),
    );
  await probe.client.inMode("many");
  checkFound(...around, "defer", "timer", "interval");
  answer = async function* () {
    note("generator");
    yield {};
    await turn();
    note("generator, later");
    yield {};
  };
  await probe.client.inMode("many");
  checkFound(...around, "generator", "generator, later");
});

test("it is ambient in everything that consumes the requests", async () => {
  const items = Array.from({ length: 50 }, (_, number) => ({ number }));
  for (const [consume, ...places] of [
    [
      (requests: Flow<Item>) =>
        requests.pipe(
          map((item) => {
            note("map");
            return item;
          }),
          concatMap(async (item) => {
            note("concatMap");
            await turn();
            note("concatMap, later");
            return item;
          }),
          mergeMap(async (item) => {
            note("mergeMap");
            return item;
          }, 3),
        ),
      "map",
      "concatMap",
      "concatMap, later",
      "mergeMap",
    ],
    [
      async function* (requests: Flow<Item>) {
        for await (const item of requests) {
          note("for await");
          await turn();
          yield item;
        }
      },
      "for await",
    ],
    [
      (requests: Flow<Item>) =>
        new Promise((resolve) => {
          requests.subscribe({
            next: async () => {
              note("subscribe");
              await turn();
              note("subscribe, later");
            },
            complete: () => {
              note("complete");
              resolve([{}]);
            },
          });
        }),
      "subscribe",
      "subscribe, later",
      "complete",
    ],
  ] as [(requests: Flow<Item>) => unknown, ...string[]][]) {
    answer = consume as never;
    const { status } = await probe.client.chatted(items);
    assert.equal(status.code, StatusCode.OK);
    checkFound(...around, ...places);
  }
});

test("it is ambient in filters, for failures of any time", async () => {
  for (const fail of [
    () => {
      throw StatusError.aborted("x");
    },
    () => Promise.reject(StatusError.aborted("x")),
    () => timer(1).pipe(concatMap(() => throwError(() => StatusError.aborted("x")))),
  ]) {
    answer = fail;
    await probe.client.inMode("many");
    checkFound("guard", "interceptor in", "filter", "filter, later");
  }
});

test("calls at the same time do not see each other", async () => {
  const seen: [string | undefined, string | undefined][] = [];
  answer = async (_request, call) => {
    const own = call.get(name);
    for (let n = 0; n < 10; n++) await turn();
    seen.push([own, findCall()?.get(name)]);
    return {};
  };
  await Promise.all(Array.from({ length: 20 }, () => probe.client.one({})));
  assert.equal(seen.length, 20);
  assert.equal(new Set(seen.map(([own]) => own)).size, 20);
  for (const [own, ambient] of seen) assert.equal(own, ambient);
  found.clear();
});

test("a call knows its method, handler, annotations, peer and authority", async () => {
  let seen: CallContext | undefined;
  answer = (_request, call) => {
    seen = call;
    return {};
  };
  await probe.client.one({});
  assert.equal(seen?.method.path, "/grebe.test.Probe/One");
  assert.equal(seen.method.kind, "unary");
  assert.equal(seen.method.request.message.typeName, "grebe.test.Item");
  assert.equal(seen.handler.controller.name, "ProbeController");
  assert.equal(seen.handler.property, "one");
  assert.deepEqual(Roles.of(seen.handler), ["admin"]);
  assert.equal(Audience.of(seen.handler), "staff");
  assert.match(seen.peer.address, /^127\.0\.0\.1:\d+$/);
  assert.equal(seen.peer.tls, undefined);
  assert.equal(seen.authority, probe.address);
  await probe.client.inMode("collect");
  assert.equal(Audience.of(seen.handler), "everybody");
  assert.equal(Roles.of(seen.handler), undefined);
  found.clear();
});

test("values of a call have the type of their key, and are undefined before they are set", async () => {
  const count = callKey<number>("count");
  const twin = callKey<number>("count");
  let seen: unknown[] = [];
  answer = (_request, call) => {
    seen = [call.get(count)];
    call.set(count, 7);
    seen.push(call.get(count), call.get(twin));
    return {};
  };
  await probe.client.one({});
  assert.deepEqual(seen, [undefined, 7, undefined]);
  found.clear();
});
