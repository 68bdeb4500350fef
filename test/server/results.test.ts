import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { concat, EMPTY, finalize, NEVER, Observable, of, throwError } from "rxjs";
import { type Flow, flowOf } from "../../lib/flow/index.js";
import { NEUTRAL_TEXT, StatusCode, StatusError } from "../../lib/rpc/index.js";
import { type Item, type Mode, modes, type Outcome, type Probe, startProbe } from "./probe.js";
import { checkAtEnd, recordingLogger, until } from "./support.js";

const logger = recordingLogger();
let answer: (requests: unknown) => unknown = () => ({});
/** While this is set, rpc Nothing answers by itself. */
const unanswered = (): unknown => ({});
let probe: Probe;
before(async () => {
  const handler = (requests: never) => answer(requests);
  const nothing = () => (answer === unanswered ? undefined : answer(undefined));
  probe = await startProbe(
    { one: handler, many: handler, collect: handler, chat: handler, nothing },
    { logger },
  );
});
after(() => probe.stop());
checkAtEnd();

function ask(mode: Mode, result: (requests: unknown) => unknown): Promise<Outcome> {
  answer = result;
  logger.lines.length = 0;
  return probe.client.inMode(mode, { number: 1 });
}

const numbers = ({ messages }: Outcome): unknown[] => messages.map((message) => message["number"]);

const single: readonly Mode[] = ["one", "collect"];
const streaming: readonly Mode[] = ["many", "chat"];
const message = { number: 7 };

for (const [what, result] of Object.entries<() => unknown>({
  "a value": () => message,
  "a Promise": () => Promise.resolve(message),
  "an Observable": () => of(message),
  "a Flow": () => flowOf(message),
  "an AsyncIterable": async function* () {
    yield message;
  },
  "a Promise of an Observable": () => Promise.resolve(of(message)),
  // biome-ignore lint/suspicious/noThenProperty: that is what a thenable is.
  "a thenable": () => ({ then: (resolve: (value: Item) => void) => resolve(message) }),
})) {
  for (const mode of single) {
    test(`${mode}: ${what} is the response`, async () => {
      const outcome = await ask(mode, result);
      assert.equal(outcome.status.code, StatusCode.OK);
      assert.deepEqual(numbers(outcome), [7]);
    });
  }
}

const three = [{ number: 1 }, { number: 2 }, { number: 3 }];
for (const [what, result] of Object.entries<() => unknown>({
  "an Observable": () => of(...three),
  "a Flow": () => flowOf(...three),
  "an AsyncIterable": async function* () {
    yield* three;
  },
  "an Iterable": () => three,
  "a generator": function* () {
    yield* three;
  },
  "a Promise of an Observable": () => Promise.resolve(of(...three)),
  "a Promise of an AsyncIterable": () =>
    Promise.resolve(
      (async function* () {
        yield* three;
      })(),
    ),
})) {
  for (const mode of streaming) {
    test(`${mode}: ${what} gives all responses in order`, async () => {
      const outcome = await ask(mode, result);
      assert.equal(outcome.status.code, StatusCode.OK);
      assert.deepEqual(numbers(outcome), [1, 2, 3]);
    });
  }
}

test("an empty response stream ends well, with headers", async () => {
  for (const mode of streaming) {
    const outcome = await ask(mode, () => EMPTY);
    assert.equal(outcome.status.code, StatusCode.OK);
    assert.deepEqual(outcome.messages, []);
    assert.ok(outcome.headers);
  }
});

for (const mode of single) {
  for (const [what, result, text] of [
    ["completes without a value", () => EMPTY, /completed without a message/],
    ["emits twice", () => of(message, message), /gave more than one message/],
    ["is undefined", () => undefined, /gave no message/],
    ["is null", () => null, /gave no message/],
    ["is a Promise of undefined", () => Promise.resolve(), /gave no message/],
    ["is an empty async generator", async function* () {}, /completed without a message/],
  ] as [string, () => unknown, RegExp][]) {
    test(`${mode}: a response that ${what} is INTERNAL and says so`, async () => {
      const outcome = await ask(mode, result);
      assert.equal(outcome.status.code, StatusCode.INTERNAL);
      assert.match(outcome.status.details, text);
      assert.match(outcome.status.details, /grebe\.test\.Probe/);
      assert.deepEqual(outcome.messages, []);
    });
  }
}

test("a second value unsubscribes the handler's Observable", async () => {
  let ended = false;
  const outcome = await ask("one", () =>
    concat(of(message, message), NEVER).pipe(
      finalize(() => {
        ended = true;
      }),
    ),
  );
  assert.equal(outcome.status.code, StatusCode.INTERNAL);
  assert.ok(ended);
});

test("an rpc whose response has no fields may return nothing", async () => {
  for (const result of [() => undefined, async () => undefined, () => ({})]) {
    answer = result;
    const outcome = await probe.client.unary("Nothing", {});
    assert.equal(outcome.status.code, StatusCode.OK);
    assert.equal(outcome.messages.length, 1);
  }
});

test("a unary response that comes after the cancel, or never, leaves nothing behind", async () => {
  let unsubscribed = 0;
  answer = () => NEVER.pipe(finalize(() => unsubscribed++));
  const { path, serialize, deserialize } = probe.client.method("One");
  for (let n = 1; n <= 3; n++) {
    const call = probe.client.makeUnaryRequest(path, serialize, deserialize, {}, () => undefined);
    let started = false;
    answer = () => {
      started = true;
      return NEVER.pipe(finalize(() => unsubscribed++));
    };
    await until(() => started, "the handler runs");
    call.cancel();
    await until(() => unsubscribed === n, "the handler is unsubscribed");
  }
});

test("a promise of an Observable that comes after the cancel is not subscribed", async () => {
  for (const name of ["One", "Many"] as const) {
    let subscribed = 0;
    let release!: (value: Observable<Item>) => void;
    let ended = false;
    answer = (_request) => new Promise((resolve) => (release = resolve as never));
    const { path, serialize, deserialize } = probe.client.method(name);
    const call =
      name === "One"
        ? probe.client.makeUnaryRequest(path, serialize, deserialize, {}, () => (ended = true))
        : probe.client
            .makeServerStreamRequest(path, serialize, deserialize, {})
            .on("error", () => (ended = true));
    await until(() => release !== undefined, "the handler runs");
    call.cancel();
    await until(() => ended, "the client sees the end");
    // The server hears of it a few turns later than the client; another call on the same connection comes behind.
    answer = unanswered;
    await probe.client.unary("Nothing", {});
    release(
      new Observable((subscriber) => {
        subscribed += 1;
        subscriber.next(message);
        subscriber.complete();
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(subscribed, 0, name);
  }
});

const failure = new Error("the database password is hunter2");
for (const mode of modes) {
  for (const [what, result] of [
    [
      "throws",
      () => {
        throw failure;
      },
    ],
    ["rejects", () => Promise.reject(failure)],
    ["gives throwError", () => throwError(() => failure)],
    [
      "gives an async generator that throws",
      // biome-ignore lint/correctness/useYield: it fails before its first message.
      async function* () {
        throw failure;
      },
    ],
  ] as [string, () => unknown][]) {
    test(`${mode}: a handler that ${what} ends the call with UNKNOWN, and the cause is only in the log`, async () => {
      const outcome = await ask(mode, result);
      assert.equal(outcome.status.code, StatusCode.UNKNOWN);
      assert.equal(outcome.status.details, NEUTRAL_TEXT);
      assert.equal(JSON.stringify(outcome.status.metadata.getMap()).includes("hunter2"), false);
      assert.equal(logger.lines.length, 1);
      assert.equal(logger.lines[0]?.level, "error");
      assert.equal(logger.lines[0]?.fields["err"], failure);
    });
  }
  for (const thrown of ["a string", undefined, null, 0, { code: 5, details: "from grpc-js" }]) {
    test(`${mode}: throwing ${JSON.stringify(thrown)} is UNKNOWN`, async () => {
      for (const result of [
        () => {
          throw thrown;
        },
        () => Promise.reject(thrown),
        () => throwError(() => thrown),
      ]) {
        const outcome = await ask(mode, result);
        assert.equal(outcome.status.code, StatusCode.UNKNOWN);
        assert.equal(outcome.status.details, NEUTRAL_TEXT);
        assert.equal(logger.lines.length, 1);
      }
    });
  }
}

for (const mode of streaming) {
  test(`${mode}: an error after the first value comes behind that value`, async () => {
    for (const result of [
      () =>
        concat(
          of(message),
          throwError(() => StatusError.aborted("enough")),
        ),
      async function* () {
        yield message;
        throw StatusError.aborted("enough");
      },
      function* () {
        yield message;
        throw StatusError.aborted("enough");
      },
    ]) {
      const outcome = await ask(mode, result);
      assert.deepEqual(numbers(outcome), [7]);
      assert.equal(outcome.status.code, StatusCode.ABORTED);
      assert.equal(outcome.status.details, "enough");
    }
  });

  test(`${mode}: a handler that returns no stream ends with INTERNAL`, async () => {
    for (const result of [
      () => undefined,
      () => null,
      () => message,
      () => 7,
      () => Promise.resolve("text"),
    ]) {
      const outcome = await ask(mode, result);
      assert.equal(outcome.status.code, StatusCode.INTERNAL);
      assert.match(outcome.status.details, /no stream/);
    }
  });

  test(`${mode}: a source whose methods throw ends the call, not the process`, async () => {
    const broken = new Error("broken source");
    const fail = (): never => {
      throw broken;
    };
    for (const source of [
      { [Symbol.asyncIterator]: fail },
      { [Symbol.iterator]: fail },
      { [Symbol.asyncIterator]: () => ({ next: fail }) },
      { [Symbol.iterator]: () => ({ next: fail }) },
      { [Symbol.asyncIterator]: () => ({ next: () => undefined }) },
      new Observable(fail),
    ]) {
      for (const result of [() => source, () => Promise.resolve(source)]) {
        const outcome = await ask(mode, result);
        assert.equal(outcome.status.code, StatusCode.UNKNOWN);
        assert.equal(outcome.status.details, NEUTRAL_TEXT);
      }
    }
  });
}

const circular: Record<string, unknown> = {};
circular["inner"] = circular;
for (const mode of modes) {
  for (const [what, value] of [
    ["of the wrong type", { number: "many" }],
    ["that is a primitive", 7],
    ["with a circle", circular],
    [
      "whose getter throws",
      {
        get number() {
          throw new Error("no");
        },
      },
    ],
  ] as [string, unknown][]) {
    test(`${mode}: a response ${what} cannot be serialized: INTERNAL, and the log says why`, async () => {
      const outcome = await ask(mode, () => (mode === "one" || mode === "collect" ? value : of(value)));
      assert.equal(outcome.status.code, StatusCode.INTERNAL);
      assert.equal(outcome.status.details, "the response cannot be serialized");
      assert.equal(logger.lines.length, 1);
    });
  }
}

test("a teardown that throws does not end the process", async () => {
  const broken = () => {
    throw new Error("teardown");
  };
  const results: [Mode, () => unknown][] = [
    ["one", () => concat(of(message, message), NEVER).pipe(finalize(broken))],
    ["many", () => concat(of({ number: "wrong" }), NEVER).pipe(finalize(broken))],
    [
      "many",
      function* () {
        try {
          yield { number: "wrong" };
        } finally {
          broken();
        }
      },
    ],
    [
      "chat",
      () => ({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ value: { number: "wrong" } }),
          return: broken,
        }),
      }),
    ],
    [
      "chat",
      () => ({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ value: { number: "wrong" } }),
          return: () => undefined,
        }),
      }),
    ],
  ];
  for (const [mode, result] of results) {
    const outcome = await ask(mode, result);
    assert.equal(outcome.status.code, StatusCode.INTERNAL);
  }
  const fine = await ask("collect", (requests) => (requests as Flow<Item>).pipe(finalize(() => undefined)));
  assert.equal(fine.status.code, StatusCode.OK);
});
