import assert from "node:assert/strict";
import { test } from "node:test";
import { IsInt, Max } from "class-validator";
import { catchError, concat, from, map, of, retry, tap, throwError, timer } from "rxjs";
import {
  type ApplicationOptions,
  Catch,
  type ConcreteClass,
  Inject,
  Injectable,
  injectionToken,
  type ModuleOptions,
  UseFilters,
  UseGuards,
  UseInterceptors,
  Validate,
} from "../../lib/app/index.js";
import { concatMap, type Flow, flowOf, toFlow } from "../../lib/flow/index.js";
import {
  type CallContext,
  type CallHandler,
  type ExceptionFilter,
  type Guard,
  type Interceptor,
  StatusCode,
  StatusError,
} from "../../lib/rpc/index.js";
import {
  type ControllerOptions,
  type Item,
  type Mode,
  modes,
  type Outcome,
  type Probe,
  type ProbeHandlers,
  startProbe,
} from "../server/probe.js";
import { checkAtEnd, deferred, recordingLogger, turn, until } from "../server/support.js";

/** Every mode answers with what it got. */
const echo: ProbeHandlers = {
  one: (request: Item) => request,
  many: (request: Item) => [request],
  collect: async (requests: Flow<Item>) => {
    let number = 0;
    for await (const item of requests) number += item["number"] as number;
    return { number };
  },
  chat: (requests: Flow<Item>) => requests.pipe(map((item) => item)),
};

async function eachMode(
  check: (probe: Probe, mode: Mode) => Promise<void>,
  options: ApplicationOptions,
  { handlers = echo, module = {}, controller = {} }: Setup = {},
): Promise<void> {
  const probe = await startProbe(handlers, options, module, controller);
  for (const mode of modes) await check(probe, mode);
  await probe.stop();
}

interface Setup {
  readonly handlers?: ProbeHandlers;
  readonly module?: ModuleOptions;
  readonly controller?: ControllerOptions;
}

const numbers = ({ messages }: Outcome): unknown[] => messages.map((message) => message["number"]);

const events: string[] = [];
const guard = (name: string): Guard => ({ canActivate: () => events.push(`guard ${name}`) > 0 });
const interceptor = (name: string): Interceptor => ({
  intercept: (_call, next) => {
    events.push(`in ${name}`);
    return next.handle().pipe(tap({ error: () => events.push(`out ${name}`) }));
  },
});
const filter = (name: string): ExceptionFilter => ({
  catch: (error) => {
    events.push(`filter ${name}`);
    throw error;
  },
});
const at = (name: string) => ({
  guards: [guard(name)],
  interceptors: [interceptor(name)],
  filters: [filter(name)],
});

test("guards, interceptors in, validation, handler, interceptors out, filters; application, module, controller, method", async () => {
  const fail = (): never => {
    events.push("handler");
    throw new Error("x");
  };
  const drained = async (requests: Flow<Item>): Promise<never> => {
    for await (const _ of requests);
    return fail();
  };
  class Dto {
    @Max(10) number!: number;
  }
  const decorate = (type: ConcreteClass): void => {
    UseGuards(guard("controller"))(type);
    UseInterceptors(interceptor("controller"))(type);
    UseFilters(filter("controller"))(type);
    for (const mode of modes) {
      UseGuards(guard("method"))(type.prototype, mode);
      UseInterceptors(interceptor("method"))(type.prototype, mode);
      UseFilters(filter("method"))(type.prototype, mode);
      Validate(Dto)(type.prototype, mode);
    }
  };
  const places = ["application", "module", "controller", "method"];
  const before = [...places.map((place) => `guard ${place}`), ...places.map((place) => `in ${place}`)];
  const behind = [
    ...[...places].reverse().map((place) => `out ${place}`),
    ...[...places].reverse().map((place) => `filter ${place}`),
  ];
  await eachMode(
    async (probe, mode) => {
      events.length = 0;
      const failed = await probe.client.inMode(mode, { number: 1 });
      assert.equal(failed.status.code, StatusCode.UNKNOWN);
      assert.deepEqual(events, [...before, "handler", ...behind], mode);
      events.length = 0;
      const invalid = await probe.client.inMode(mode, { number: 11 });
      assert.equal(invalid.status.code, StatusCode.INVALID_ARGUMENT);
      assert.deepEqual(events, [...before, ...behind], mode);
    },
    { ...at("application"), logger: recordingLogger() },
    {
      handlers: {
        one: fail,
        many: fail,
        collect: drained,
        chat: (requests: Flow<Item>) => from(drained(requests)),
      },
      module: at("module"),
      controller: { decorate },
    },
  );
});

test("a guard that refuses keeps interceptors from running; filters see its refusal", async () => {
  await eachMode(
    async (probe, mode) => {
      events.length = 0;
      const { status } = await probe.client.inMode(mode);
      assert.equal(status.code, StatusCode.PERMISSION_DENIED);
      assert.deepEqual(events, ["filter a"]);
    },
    { guards: [{ canActivate: () => false }], interceptors: [interceptor("a")], filters: [filter("a")] },
  );
});

test("an interceptor may look at and change responses", async () => {
  const twice: Interceptor = {
    intercept: (_call, next) =>
      next.handle().pipe(map((message) => ({ number: ((message as Item)["number"] as number) * 2 }))),
  };
  await eachMode(
    async (probe, mode) => assert.deepEqual(numbers(await probe.client.inMode(mode, { number: 4 })), [8]),
    {
      interceptors: [twice],
    },
  );
});

test("an interceptor may replace the requests", async () => {
  const plusOne = (requests: CallHandler["requests"]) =>
    toFlow(requests).pipe(
      map((message) => ({ ...(message as Item), number: ((message as Item)["number"] as number) + 1 })),
    );
  await eachMode(
    async (probe, mode) => assert.deepEqual(numbers(await probe.client.inMode(mode, { number: 4 })), [6]),
    {
      interceptors: [
        { intercept: (_call, next) => next.handle(plusOne(next.requests)) },
        { intercept: (_call, next) => next.handle(plusOne(next.requests)) },
      ],
    },
  );
});

test("requests that an interceptor replaces by none fail the call with a status, no hang", async () => {
  await eachMode(
    async (probe, mode) => {
      const { status } = await probe.client.inMode(mode, { number: 4 });
      if (mode === "collect" || mode === "chat") assert.equal(status.code, StatusCode.OK);
      else assert.equal(status.code, StatusCode.INTERNAL);
    },
    { interceptors: [{ intercept: (_call, next) => next.handle(of()) }], logger: recordingLogger() },
  );
});

test("an interceptor may answer by itself, and the handler does not run", async () => {
  let handled = 0;
  const count = () => {
    handled += 1;
    return [];
  };
  for (const intercept of [
    () => of({ number: 9 }),
    async () => of({ number: 9 }),
    () => flowOf({ number: 9 }),
    async function* () {
      yield { number: 9 };
    },
  ] as Interceptor["intercept"][]) {
    await eachMode(
      async (probe, mode) => assert.deepEqual(numbers(await probe.client.inMode(mode)), [9]),
      { interceptors: [{ intercept }] },
      { handlers: { one: count, many: count, collect: count, chat: count } },
    );
  }
  assert.equal(handled, 0);
});

test("an interceptor may wait before the handler: nothing of a request stream is lost meanwhile", async () => {
  const wait: Interceptor = {
    intercept: async (_call, next) => {
      for (let n = 0; n < 20; n++) await turn();
      return next.handle();
    },
  };
  await eachMode(
    async (probe, mode) => assert.deepEqual(numbers(await probe.client.inMode(mode, { number: 3 })), [3]),
    {
      interceptors: [wait],
    },
  );
});

test("a slow asynchronous guard loses no message of a stream", async () => {
  const gate = deferred();
  const probe = await startProbe(echo, {
    guards: [
      {
        canActivate: async () => {
          await gate.promise;
          return true;
        },
      },
    ],
  });
  const sent = Array.from({ length: 500 }, () => ({ number: 1, payload: Buffer.alloc(1000) }));
  const pending = probe.client.collected(sent);
  for (let n = 0; n < 100; n++) await turn();
  gate.resolve();
  assert.deepEqual(numbers(await pending), [500]);
  const chat = await probe.client.chatted(sent);
  assert.equal(chat.messages.length, 500);
  await probe.stop();
});

test("an interceptor may try the rest of the call again", async () => {
  let attempts = 0;
  const flaky = () => {
    attempts += 1;
    if (attempts < 3) throw StatusError.unavailable("not yet");
    return [{ number: attempts }];
  };
  for (const again of [retry(2), retry({ count: 2, delay: () => timer(1) })]) {
    for (const mode of ["one", "many"] as const) {
      attempts = 0;
      const probe = await startProbe(
        { one: () => of(...flaky()), many: flaky },
        { interceptors: [{ intercept: (_call, next) => next.handle().pipe(again as never) }] },
      );
      const outcome = await probe.client.inMode(mode);
      assert.deepEqual(numbers(outcome), [3]);
      await probe.stop();
    }
  }
});

test("an interceptor that throws, rejects or returns nothing fails the call with a status", async () => {
  for (const [intercept, code] of [
    [
      () => {
        throw StatusError.aborted("a");
      },
      StatusCode.ABORTED,
    ],
    [() => Promise.reject(StatusError.aborted("a")), StatusCode.ABORTED],
    [() => throwError(() => StatusError.aborted("a")), StatusCode.ABORTED],
    [() => undefined, StatusCode.INTERNAL],
    [() => Promise.resolve(), StatusCode.INTERNAL],
  ] as [Interceptor["intercept"], StatusCode][]) {
    await eachMode(async (probe, mode) => assert.equal((await probe.client.inMode(mode)).status.code, code), {
      interceptors: [interceptor("outer"), { intercept }],
      logger: recordingLogger(),
    });
  }
});

test("an interceptor sees each message of both directions as it passes", async () => {
  const seen: string[] = [];
  const watch: Interceptor = {
    intercept: (_call, next) =>
      next
        .handle(toFlow(next.requests).pipe(tap((message) => seen.push(`in ${(message as Item)["number"]}`))))
        .pipe(tap((message) => seen.push(`out ${(message as Item)["number"]}`))),
  };
  const probe = await startProbe(echo, { interceptors: [watch] });
  await probe.client.chatted([{ number: 1 }, { number: 2 }]);
  assert.deepEqual([...seen].sort(), ["in 1", "in 2", "out 1", "out 2"]);
  await probe.stop();
});

class NotThere extends Error {}
class Broken extends Error {}

@Catch(NotThere)
class NotThereFilter implements ExceptionFilter<NotThere> {
  catch(error: NotThere): StatusError {
    return StatusError.notFound(error.message);
  }
}

@Catch(Broken, TypeError)
class BrokenFilter implements ExceptionFilter<Error> {
  catch(error: Error): StatusError {
    return StatusError.unavailable(error.constructor.name);
  }
}

test("a filter sees failures of the types its @Catch names, wherever they come from", async () => {
  for (const [error, code, text] of [
    [new NotThere("no city"), StatusCode.NOT_FOUND, "no city"],
    [new (class extends NotThere {})("sub"), StatusCode.NOT_FOUND, "sub"],
    [new Broken(), StatusCode.UNAVAILABLE, "Broken"],
    [new TypeError(), StatusCode.UNAVAILABLE, "TypeError"],
    [new RangeError(), StatusCode.UNKNOWN, "internal error"],
    [StatusError.aborted("mine"), StatusCode.ABORTED, "mine"],
  ] as const) {
    const fails = () => throwError(() => error);
    await eachMode(
      async (probe, mode) => {
        const { status } = await probe.client.inMode(mode);
        assert.deepEqual([status.code, status.details], [code, text]);
      },
      { filters: [BrokenFilter, NotThereFilter], logger: recordingLogger() },
      { handlers: { one: fails, many: fails, collect: fails, chat: fails } },
    );
  }
});

test("what a filter throws goes to the next one outwards, StatusErrors too; what it returns ends the call", async () => {
  events.length = 0;
  const seen: unknown[] = [];
  const probe = await startProbe(
    { one: () => Promise.reject(StatusError.notFound("first")) },
    {
      filters: [
        { catch: (error) => StatusError.aborted(`outer saw ${(error as StatusError).text}`) },
        {
          catch: (error) => {
            seen.push(error);
            throw StatusError.internal("second");
          },
        },
        filter("inner"),
      ],
    },
  );
  const { status } = await probe.client.one({});
  assert.deepEqual([status.code, status.details], [StatusCode.ABORTED, "outer saw second"]);
  assert.equal((seen[0] as StatusError).text, "first");
  assert.deepEqual(events, ["filter inner"]);
  await probe.stop();
});

test("a filter may be asynchronous, and may go on with messages in the place of the failure", async () => {
  const fails = () => throwError(() => new Error("x"));
  const failsLate = () =>
    concat(
      of({ number: 1 }),
      throwError(() => new Error("x")),
    );
  for (const recover of [
    () => of({ number: 5 }),
    async () => of({ number: 5 }),
    async () => flowOf({ number: 5 }),
  ]) {
    await eachMode(
      async (probe, mode) => {
        const outcome = await probe.client.inMode(mode);
        assert.equal(outcome.status.code, StatusCode.OK);
        assert.deepEqual(numbers(outcome), mode === "many" || mode === "chat" ? [1, 5] : [5]);
      },
      { filters: [{ catch: recover }] },
      { handlers: { one: fails, many: failsLate, collect: fails, chat: failsLate } },
    );
  }
});

test("messages that a filter goes on with wait for the reader", async () => {
  let produced = 0;
  function* endless() {
    for (;;) yield { number: ++produced, payload: Buffer.alloc(10_000) };
  }
  const probe = await startProbe(
    { many: () => Promise.reject(new Error("x")) },
    { filters: [{ catch: () => toFlow(endless()) }] },
  );
  const call = probe.client.many({});
  call.on("error", () => undefined);
  await until(() => produced > 0, "it goes on");
  for (let n = 0; n < 50; n++) await turn();
  const held = produced;
  assert.ok(held < 500, `${held}`);
  call.cancel();
  await probe.stop();
});

const REGION = injectionToken<string>("region");

@Injectable()
class InjectedGuard implements Guard {
  constructor(@Inject(REGION) private readonly region: string) {}
  canActivate(call: CallContext): boolean {
    events.push(`guard in ${this.region} for ${call.method.name}`);
    return true;
  }
}

let built = 0;
@Injectable({ lifetime: "call" })
class PerCallInterceptor implements Interceptor {
  readonly id = ++built;
  intercept(call: CallContext, next: CallHandler) {
    call.headers.set("instance", String(this.id));
    return next.handle();
  }
}

@Catch()
@Injectable()
class InjectedFilter implements ExceptionFilter {
  constructor(@Inject(REGION) private readonly region: string) {}
  catch(): StatusError {
    return StatusError.aborted(this.region);
  }
}

test("guards, interceptors and filters are built with injection; per-call ones once for each call", async () => {
  built = 0;
  events.length = 0;
  const handlers: ProbeHandlers = { ...echo, many: () => throwError(() => new Error("x")) };
  const probe = await startProbe(
    handlers,
    {},
    {
      providers: [{ provide: REGION, useValue: "north" }],
      guards: [InjectedGuard],
      interceptors: [PerCallInterceptor],
      filters: [InjectedFilter],
    },
  );
  for (const id of ["1", "2"]) {
    const { headers } = await probe.client.one({ number: 1 });
    assert.deepEqual(headers?.get("instance"), [id]);
  }
  const { status } = await probe.client.inMode("many");
  assert.deepEqual([status.code, status.details], [StatusCode.ABORTED, "north"]);
  assert.deepEqual(events, ["guard in north for One", "guard in north for One", "guard in north for Many"]);
  assert.equal(built, 3);
  await probe.stop();
});

test("a per-call controller is built once for each call, and only for calls", async () => {
  let controllers = 0;
  const probe = await startProbe(
    echo,
    {},
    {},
    {
      decorate: (type) => {
        Injectable({ lifetime: "call" })(type);
        Object.defineProperty(type.prototype, "one", {
          value(this: { id?: number }) {
            this.id ??= ++controllers;
            return { number: this.id };
          },
        });
      },
    },
  );
  assert.deepEqual(numbers(await probe.client.one({})), [1]);
  assert.deepEqual(numbers(await probe.client.one({})), [2]);
  await probe.stop();
});

class Numbered {
  @IsInt() @Max(3) number!: number;
}

test("each message of a stream is checked as it is taken, and the first bad one ends the stream", async () => {
  const taken: number[] = [];
  const probe = await startProbe(
    {
      chat: (requests: Flow<Item>) =>
        requests.pipe(
          concatMap(async (item) => {
            assert.ok(item instanceof Numbered);
            taken.push(item.number);
            return { number: item.number };
          }),
        ),
    },
    {},
    {},
    { decorate: (type) => Validate(Numbered)(type.prototype, "chat") },
  );
  const outcome = await probe.client.chatted([1, 2, 3, 4, 1].map((number) => ({ number })));
  assert.equal(outcome.status.code, StatusCode.INVALID_ARGUMENT);
  assert.deepEqual(taken, [1, 2, 3]);
  assert.deepEqual(numbers(outcome), [1, 2, 3]);
  await probe.stop();
});

test("a handler may catch the bad message of a stream and answer all the same", async () => {
  const probe = await startProbe(
    {
      chat: (requests: Flow<Item>) => requests.pipe(catchError(() => of({ number: -1 }))),
    },
    {},
    {},
    { decorate: (type) => Validate(Numbered)(type.prototype, "chat") },
  );
  const outcome = await probe.client.chatted([{ number: 1 }, { number: 9 }]);
  assert.equal(outcome.status.code, StatusCode.OK);
  assert.deepEqual(numbers(outcome), [1, -1]);
  await probe.stop();
});

checkAtEnd();
