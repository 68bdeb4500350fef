/** Calls that end early, in every phase; parts of the user's own that misbehave; closing in the middle. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { firstValueFrom, NEVER, Observable, of, take, throwError, toArray } from "rxjs";
import {
  type BalancerUpdate,
  type ChannelControlHelper,
  type ChannelOptions,
  type ClientOptions,
  createChannel,
  failPicker,
  type LoadBalancer,
  type LoadBalancerFactory,
  type MethodConfigJson,
  type PickResult,
} from "../../../lib/client/index.js";
import {
  type ClientInterceptor,
  type Clock,
  StatusCode,
  StatusError,
  systemClock,
} from "../../../lib/rpc/index.js";
import { checkAtEnd, deferred, recordingLogger, turn, until } from "../../server/support.js";
import { ManualClock } from "../doubles.js";
import { type Caller, callerOf, closeAtEnd, failureOf, reply, responseHeaders } from "../support.js";
import {
  Backend,
  emptyFrame,
  failWith,
  keepSilent,
  namedCaller,
  startDeafServer,
  statesOf,
  succeed,
} from "./support.js";

closeAtEnd();
checkAtEnd();

const forever = { deadlineMs: Number.POSITIVE_INFINITY };

/** Nothing of any call is left on the channel. */
function assertUnused({ channel }: Caller): void {
  const { calls, waiting } = channel.inspect();
  assert.deepEqual({ calls, waiting }, { calls: 0, waiting: 0 });
}

/** A full policy with a picker of the test's own; it has one connection, to the first endpoint. */
function pickingPolicy(
  pick: (ready: PickResult) => PickResult,
  more: Partial<LoadBalancer> = {},
): LoadBalancerFactory {
  return {
    name: "picking",
    parseConfig: () => ({}),
    createBalancer: (helper: ChannelControlHelper) => {
      let close = (): void => undefined;
      return {
        update: ({ endpoints }: BalancerUpdate) => {
          const subchannel = helper.createSubchannel(endpoints[0]!.addresses[0]!);
          subchannel.watch(({ state }) => {
            if (state !== "READY") return;
            helper.updateState("READY", { pick: () => pick({ kind: "complete", subchannel }) });
          });
          close = () => subchannel.release();
          subchannel.connect();
          return true;
        },
        resolverError: (error) => helper.updateState("TRANSIENT_FAILURE", failPicker(error)),
        exitIdle: () => undefined,
        resetBackoff: () => undefined,
        close: () => close(),
        describe: () => ({ policy: "picking", state: "READY" }),
        ...more,
      };
    },
  };
}

const picking = { policy: { picking: {} } };

test("a call is cancelled in every phase, and leaves nothing: before resolution, queued, in back-off, hedging, streaming", async () => {
  const methodConfig = (more: object) => ({
    random: () => 0.5,
    serviceConfig: { methodConfig: [{ name: [{}], ...more }] },
  });
  const retryPolicy = {
    maxAttempts: 3,
    initialBackoff: "10s",
    maxBackoff: "10s",
    backoffMultiplier: 1,
    retryableStatusCodes: ["UNAVAILABLE"],
  } as const;
  const backend = await Backend.start(keepSilent);
  const failing = await Backend.start(failWith(StatusCode.UNAVAILABLE));
  const clock = new ManualClock();
  const phases: Record<string, [Caller, () => boolean]> = {
    "before resolution": [namedCaller(undefined, { clock }), () => true],
    "queued for a connection": [
      callerOf(await startDeafServer(), { clock }),
      () => phases["queued for a connection"]![0].channel.inspect().waiting === 1,
    ],
    "in back-off": [
      callerOf(failing.address, { clock, ...methodConfig({ retryPolicy }) }),
      () => clock.nextInMs === 10_000,
    ],
    hedging: [
      callerOf(backend.address, {
        clock,
        ...methodConfig({ hedgingPolicy: { maxAttempts: 3, hedgingDelay: "0s" } }),
      }),
      () => backend.calls === 3,
    ],
    streaming: [callerOf(backend.address, { clock }), () => backend.calls === 4],
  };
  for (const [phase, [caller, isThere]] of Object.entries(phases)) {
    const controller = new AbortController();
    const options = { ...forever, signal: controller.signal };
    const failure = failureOf(
      phase === "streaming" ? caller.client.many({}, options) : caller.client.one({}, options),
    );
    await until(isThere, phase);
    controller.abort();
    assert.equal((await failure).code, StatusCode.CANCELLED, phase);
    assertUnused(caller);
    assert.equal(getEventListeners(controller.signal, "abort").length, 0, phase);
    await caller.channel.close();
    await until(() => clock.pending === 0, `no timer is left: ${phase}`);
  }
});

test("closing the channel ends a call in every phase, and none can begin from within its end", async () => {
  const backend = await Backend.start(keepSilent);
  for (const caller of [namedCaller(), callerOf(await startDeafServer()), callerOf(backend.address)]) {
    const { channel, client } = caller;
    let second: Promise<StatusError> | undefined;
    const first = deferred<StatusError>();
    client.many({}, forever).subscribe({
      error: (error) => {
        second = failureOf(client.one({}, { ...forever, waitForReady: true }));
        void channel.close();
        first.resolve(error);
      },
    });
    await turn();
    await channel.close();
    assert.equal((await first.promise).code, StatusCode.CANCELLED);
    assert.equal((await second!).code, StatusCode.CANCELLED);
    assertUnused(caller);
    assert.equal(channel.state, "SHUTDOWN");
  }
});

test("a channel may be closed, or connected, by whoever hears of its states", async () => {
  const backend = await Backend.start();
  for (const state of ["CONNECTING", "READY"]) {
    const clock = new ManualClock();
    const { channel } = callerOf(backend.address, { clock });
    channel.connectivity.subscribe((now) => {
      if (now === state) void channel.close();
      else channel.connect();
    });
    channel.connect();
    await until(() => channel.state === "SHUTDOWN", "it is closed");
    await turn();
    assert.equal(clock.pending, 0);
    assert.deepEqual(channel.inspect().subchannels, []);
    assert.equal(channel.inspect().resolver.state, "stopped");
  }
});

test("TestInvalidMetadataInPickResult: the call is INTERNAL, and the connection stays", async () => {
  const backend = await Backend.start();
  const invalid: Record<string, string | Buffer>[] = [
    { "Upper-Case": "x" },
    { "with space": "x" },
    { ":path": "/elsewhere" },
    { connection: "close" },
    { "x-text": "line\nbreak" },
    { "x-text": "grebe \u{1F986}" },
    { "x-text": Buffer.from("bytes") },
    { "": "x" },
  ];
  for (const headers of invalid) {
    let bad = true;
    const policies = [pickingPolicy((ready) => ({ ...ready, ...(bad && { headers }) }) as PickResult)];
    const { client } = callerOf(backend.address, { ...picking, policies });
    const connections = backend.connections;
    const { code, text } = await failureOf(client.one({}, { deadlineMs: 2000 }));
    assert.equal(code, StatusCode.INTERNAL, JSON.stringify(headers));
    assert.match(text, /header/);
    bad = false;
    await client.one({});
    assert.equal(backend.connections, connections + 1);
  }
});

test("headers of a pick arrive; bytes as base64", async () => {
  const backend = await Backend.start();
  const headers = { "x-token": "a b~!", "x-token-bin": Buffer.from([0, 255]) };
  const policies = [pickingPolicy((ready) => ({ ...ready, headers }) as PickResult)];
  const { client } = callerOf(backend.address, { ...picking, policies });
  await client.one({});
  assert.equal(backend.requests[0]!["x-token"], "a b~!");
  assert.equal(backend.requests[0]!["x-token-bin"], Buffer.from([0, 255]).toString("base64"));
});

test("request headers that HTTP/2 does not allow fail their own call, not the connection", async () => {
  const backend = await Backend.start();
  const { client } = callerOf(backend.address);
  await client.one({});
  const wrong = [
    { connection: "close" },
    { "transfer-encoding": "chunked" },
    { authorization: ["one", "two"] },
  ];
  for (const metadata of wrong) {
    const error = await failureOf(client.one({}, { metadata, deadlineMs: 2000 }));
    assert.equal(error.code, StatusCode.INTERNAL);
    assert.match(error.text, new RegExp(Object.keys(metadata)[0]!));
  }
  await client.one({}, { metadata: { authorization: "one", "x-many": ["a", "b"] } });
  assert.equal(backend.connections, 1);
});

test("a picker that throws fails the call with INTERNAL, and the log says so once", async () => {
  const backend = await Backend.start();
  const logger = recordingLogger();
  const policies = [
    pickingPolicy(() => {
      throw new Error("out of luck");
    }),
  ];
  const caller = callerOf(backend.address, { ...picking, policies, logger });
  // The first waits for the connection, the second finds it there.
  for (let i = 0; i < 2; i++) {
    const error = await failureOf(caller.client.one({}, { deadlineMs: 2000 }));
    assert.equal(error.code, StatusCode.INTERNAL);
  }
  assertUnused(caller);
  assert.equal(logger.lines.filter(({ level }) => level === "error").length, 1);
});

test("a policy that throws at the end of a call does not hold the call up", async () => {
  const backend = await Backend.start();
  const logger = recordingLogger();
  const onEnd = () => {
    throw new Error("cannot count");
  };
  const policies = [pickingPolicy((ready) => ({ ...ready, onEnd }) as PickResult)];
  const caller = callerOf(backend.address, { ...picking, policies, logger });
  await caller.client.one({}, { deadlineMs: 2000 });
  assertUnused(caller);
  assert.ok(logger.lines.some(({ level }) => level === "error"));
});

test("a policy that throws over a list fails calls with INTERNAL; the next list may be right", async () => {
  const backend = await Backend.start();
  const logger = recordingLogger();
  let bad = true;
  const good = pickingPolicy((ready) => ready);
  const policies: LoadBalancerFactory[] = [
    {
      ...good,
      createBalancer: (helper) => {
        const balancer = good.createBalancer(helper);
        return {
          ...balancer,
          update: (update) => {
            if (bad) throw new TypeError("no such zone");
            return balancer.update(update);
          },
        };
      },
    },
  ];
  const { client, names } = namedCaller([backend], { ...picking, policies, logger });
  const error = await failureOf(client.one({}, { deadlineMs: 2000 }));
  assert.equal(error.code, StatusCode.INTERNAL);
  assert.ok(logger.lines.some(({ level }) => level === "error"));
  bad = false;
  names.set([backend.address]);
  await client.one({}, { waitForReady: true });
});

test("A54: what a resolver fails with is INTERNAL if it is a server's to say", async () => {
  for (const code of [StatusCode.NOT_FOUND, StatusCode.INVALID_ARGUMENT, StatusCode.DATA_LOSS]) {
    const { client } = callerOf("lost:///orders", {
      resolvers: [
        {
          scheme: "lost",
          resolver: { resolve: () => throwError(() => new StatusError(code, "no such name")) },
        },
      ],
    });
    const error = await failureOf(client.one({}));
    assert.equal(error.code, StatusCode.INTERNAL);
    assert.match(error.text, /no such name/);
    assert.equal(error.path, "/grebe.test.Probe/One");
  }
});

test("a status code that gRPC does not know is UNKNOWN", async () => {
  const backend = await Backend.start();
  const { client } = callerOf(backend.address);
  for (const status of ["17", "-1", "abc", "2.5"]) {
    backend.answer = failWith(status as never);
    assert.equal((await failureOf(client.one({}))).code, StatusCode.UNKNOWN, status);
  }
});

const intercepted = (intercept: ClientInterceptor["intercept"]): ClientOptions => ({
  interceptors: [{ intercept }],
});

test("a stream that is unsubscribed before an asynchronous interceptor lets it go on is never called", async () => {
  const backend = await Backend.start(keepSilent);
  const gate = deferred();
  const caller = callerOf(
    backend.address,
    {},
    intercepted(async (_call, next) => {
      await gate.promise;
      return next.handle();
    }),
  );
  await caller.channel.connect();
  await until(() => caller.channel.state === "READY", "it is connected");
  const subscription = caller.client.many({}, forever).subscribe();
  subscription.unsubscribe();
  const controller = new AbortController();
  const failure = failureOf(caller.client.one({}, { ...forever, signal: controller.signal }));
  controller.abort();
  await failure;
  gate.resolve();
  await turn();
  await turn();
  assertUnused(caller);
  assert.equal(backend.calls, 0);
});

test("an interceptor that gives no stream fails its call, at once or later", async () => {
  const backend = await Backend.start();
  for (const result of [undefined, Promise.resolve(undefined), 7, null]) {
    const caller = callerOf(
      backend.address,
      {},
      intercepted(() => result as never),
    );
    assert.equal((await failureOf(caller.client.one({}, forever))).code, StatusCode.INTERNAL);
    assert.equal((await failureOf(caller.client.many({}, forever))).code, StatusCode.INTERNAL);
    assertUnused(caller);
  }
});

test("what an interceptor leaves running ends with its call", async () => {
  const backend = await Backend.start(keepSilent);
  for (const mode of ["one", "many"] as const) {
    const caller = callerOf(
      backend.address,
      {},
      intercepted((_call, next) => {
        next.handle().subscribe({ error: () => undefined });
        return new Observable((subscriber) => {
          void until(() => caller.channel.inspect().calls > 0, "it runs").then(() => {
            subscriber.next({ number: 3 });
            subscriber.complete();
          });
        });
      }),
    );
    if (mode === "one") assert.equal((await caller.client.one({}, forever)).number, 3);
    else for await (const item of caller.client.many({}, forever)) assert.equal(item.number, 3);
    await until(() => caller.channel.inspect().calls === 0, "nothing runs any more");
  }
});

test("a replaced request that fails is the call's failure, and nobody else's", async () => {
  const backend = await Backend.start();
  const { client } = callerOf(
    backend.address,
    {},
    intercepted((_call, next) => next.handle(throwError(() => new Error("no request")))),
  );
  assert.match((await failureOf(client.one({}))).message, /no request/);
  const unused = callerOf(
    backend.address,
    {},
    intercepted((_call, next) => {
      next.handle(throwError(() => new Error("no request")));
      return of({ number: 4 });
    }),
  );
  assert.equal((await unused.client.one({})).number, 4);
  let subscribed = 0;
  const waiting = callerOf(
    backend.address,
    {},
    intercepted((_call, next) =>
      next.handle(
        new Observable(() => {
          subscribed += 1;
          return () => {
            subscribed -= 1;
          };
        }),
      ),
    ),
  );
  const controller = new AbortController();
  const failure = failureOf(waiting.client.one({}, { ...forever, signal: controller.signal }));
  assert.equal(subscribed, 1);
  controller.abort();
  await failure;
  assert.equal(subscribed, 0);
});

test("an iterator that was returned makes no call", async () => {
  const backend = await Backend.start();
  const { client } = callerOf(backend.address);
  const iterator = client.many({})[Symbol.asyncIterator]();
  await iterator.return?.();
  assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  assert.equal(backend.calls, 0);
});

test("requests that are no stream fail the call, and leave nothing", async () => {
  const backend = await Backend.start();
  const caller = callerOf(backend.address);
  for (const requests of [undefined, 7, "text"]) {
    assert.equal(
      (await failureOf(caller.client.collect(requests as never, forever))).code,
      StatusCode.INTERNAL,
    );
    assert.equal((await failureOf(caller.client.chat(requests as never, forever))).code, StatusCode.INTERNAL);
  }
  assertUnused(caller);
});

test("calls leave no listener on a signal that outlives them, however they end", async () => {
  const backend = await Backend.start();
  const { client } = callerOf(backend.address);
  const { signal } = new AbortController();
  for (let i = 0; i < 20; i++) {
    await client.one({}, { signal });
    backend.answer = failWith(StatusCode.ABORTED);
    await failureOf(client.one({}, { signal }));
    await failureOf(client.many({}, { signal }));
    await failureOf(client.collect(NEVER, { signal }));
    await assert.rejects(client.one({}, { signal, metadata: { "bad name": "x" } }));
    backend.answer = succeed;
  }
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("a deadline that passes while the server thinks does not speak of failures of other calls", async () => {
  const backend = await Backend.start();
  await backend.stop();
  const clock = new ManualClock();
  const { channel, client } = callerOf(backend.address, { clock });
  const waiting = client.one({}, { ...forever, waitForReady: true });
  await until(() => channel.state === "TRANSIENT_FAILURE", "nobody is there");
  await backend.restart();
  channel.resetBackoff();
  await waiting;
  backend.answer = keepSilent;
  const failure = failureOf(client.one({}, { deadlineMs: 100 }));
  await until(() => backend.calls === 2, "it is there");
  clock.advance(100);
  assert.equal((await failure).text, "the deadline is over");
});

test("calls that are cancelled while states are told are not opened after all", async () => {
  const backend = await Backend.start();
  const caller = callerOf(backend.address);
  const controller = new AbortController();
  const failure = failureOf(caller.client.one({}, { ...forever, signal: controller.signal }));
  caller.channel.connectivity.subscribe((state) => {
    if (state === "READY") controller.abort();
  });
  // Whoever hears of READY hears of it behind the calls that waited for it: the call is on its way, and is reset.
  assert.equal((await failure).code, StatusCode.CANCELLED);
  assertUnused(caller);
});

test("headers without an end do not keep a call that is over", async () => {
  const backend = await Backend.start((stream) => {
    stream.respond(responseHeaders);
    stream.write(emptyFrame);
  });
  const caller = callerOf(backend.address);
  for await (const _ of caller.client.many({}, forever)) break;
  assertUnused(caller);
  assert.equal(statesOf(caller).at(-1), "READY");
});

test("options inside of options are checked as well", () => {
  const wrong: [ChannelOptions, RegExp][] = [
    [{ retry: { maxAttempt: 3 } as never }, /retry has no option "maxAttempt".*Did you mean "maxAttempts"/],
    [{ keepalive: { timeMs: 5000, timeout: 1 } as never }, /keepalive has no option "timeout"/],
    [{ backoff: { initialMS: 5 } as never }, /backoff has no option "initialMS".*Did you mean "initialMs"/],
    [{ backoff: { initialMs: Number.NaN } }, /backoff\.initialMs must be a number from 1/],
    [{ backoff: { jitter: 2 } }, /backoff\.jitter must be a number from 0 to 1/],
    [{ backoff: { maxMs: Number.POSITIVE_INFINITY } }, /backoff\.maxMs/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => createChannel("static:///127.0.0.1:1", options), message);
  }
});

test("waits that are longer than any timer can be are long, not none at all", async () => {
  const long = "9000000s";
  const backend = await Backend.start(failWith(StatusCode.UNAVAILABLE));
  const policy = { maxAttempts: 2, backoffMultiplier: 1, retryableStatusCodes: ["UNAVAILABLE"] } as const;
  const configs: Partial<MethodConfigJson>[] = [
    { retryPolicy: { ...policy, initialBackoff: long, maxBackoff: long } },
    { hedgingPolicy: { maxAttempts: 2, hedgingDelay: long } },
    {
      retryPolicy: { ...policy, initialBackoff: "1s", maxBackoff: "1s", perAttemptRecvTimeout: long },
    },
  ];
  for (const [i, config] of configs.entries()) {
    if (i > 0) backend.answer = keepSilent;
    const delays: number[] = [];
    const clock: Clock = {
      ...systemClock,
      setTimeout: (callback, delayMs) => {
        delays.push(delayMs);
        return systemClock.setTimeout(callback, delayMs);
      },
    };
    const { channel, client } = callerOf(backend.address, {
      clock,
      serviceConfig: { methodConfig: [{ name: [{}], ...config }] },
    });
    const before = backend.calls;
    const failure = failureOf(client.one({}, forever));
    await until(() => backend.calls === before + 1, "it is there");
    await until(() => delays.includes(2 ** 31 - 1), "it waits");
    assert.equal(Math.max(...delays), 2 ** 31 - 1);
    await channel.close();
    assert.equal((await failure).code, StatusCode.CANCELLED);
  }
});

test("calls beyond what the server takes at once wait their turn, and can be cancelled meanwhile", async () => {
  const held: ServerHttp2Stream[] = [];
  const backend = await Backend.start((stream) => void held.push(stream.resume()));
  backend.settings = { maxConcurrentStreams: 1 };
  const caller = callerOf(backend.address);
  const first = caller.client.one({});
  await until(() => held.length === 1, "the first is there");
  const controller = new AbortController();
  const second = failureOf(caller.client.one({}, { signal: controller.signal }));
  const third = caller.client.one({});
  await turn();
  controller.abort();
  assert.equal((await second).code, StatusCode.CANCELLED);
  assert.equal(held.length, 1);
  reply(held[0]!, emptyFrame);
  await first;
  await until(() => held.length === 2, "the third is there");
  reply(held[1]!, emptyFrame);
  await third;
  const cut = failureOf(caller.client.one({}));
  const alsoCut = failureOf(caller.client.one({}));
  await until(() => held.length === 3, "another");
  await caller.channel.close();
  assert.equal((await cut).code, StatusCode.CANCELLED);
  assert.equal((await alsoCut).code, StatusCode.CANCELLED);
  await until(() => backend.open === 0, "the connection is closed");
});

test("no way to consume a response stream leaves a listener, a call or a buffer behind", async () => {
  const backend = await Backend.start((stream) => {
    stream.resume();
    stream.respond(responseHeaders);
    for (let i = 0; i < 5; i++) stream.write(emptyFrame);
  });
  const caller = callerOf(backend.address);
  const { client } = caller;
  const { signal } = new AbortController();
  const options = { ...forever, signal };
  for await (const _ of client.many({}, options)) break;
  const iterator = client.chat(NEVER, options)[Symbol.asyncIterator]();
  await iterator.next();
  const pending = iterator.next().then(() => iterator.return?.());
  await pending;
  await new Promise<void>((resolve) => {
    const subscription = client.many({}, options).subscribe(() => {
      subscription.unsubscribe();
      resolve();
    });
  });
  await assert.rejects(async () => {
    for await (const _ of client.many({}, options)) throw new Error("enough");
  }, /enough/);
  await firstValueFrom(client.many({}, options));
  await firstValueFrom(client.many({}, options).pipe(take(2), toArray()));
  await failureOf(client.many({}, { deadlineMs: 30, signal }));
  assertUnused(caller);
  assert.equal(getEventListeners(signal, "abort").length, 0);
});
