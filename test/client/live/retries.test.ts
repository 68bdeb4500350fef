/** Retries and hedges over several backends, with interceptors and deadlines around them. */
import assert from "node:assert/strict";
import { constants } from "node:http2";
import { test } from "node:test";
import { Observable, retry } from "rxjs";
import type { ChannelOptions, MethodConfigJson } from "../../../lib/client/index.js";
import { type ClientInterceptor, StatusCode, StatusError } from "../../../lib/rpc/index.js";
import { checkAtEnd, turn, until } from "../../server/support.js";
import { ManualClock } from "../doubles.js";
import { callerOf, closeAtEnd, failureOf, reply } from "../support.js";
import {
  type Answer,
  Backend,
  emptyFrame,
  failWith,
  keepSilent,
  namedCaller,
  startBackends,
  succeed,
  untilReady,
} from "./support.js";

closeAtEnd();
checkAtEnd();

const { UNAVAILABLE, INTERNAL } = StatusCode;
const forever = { deadlineMs: Number.POSITIVE_INFINITY };

const retryPolicy = {
  maxAttempts: 4,
  initialBackoff: "0.001s",
  maxBackoff: "0.001s",
  backoffMultiplier: 1,
  retryableStatusCodes: ["UNAVAILABLE"],
} as const;

const configured = (config: Partial<MethodConfigJson>, more: object = {}): ChannelOptions => ({
  serviceConfig: { methodConfig: [{ name: [{}], ...config }], ...more },
});

/** A backend whose calls end as the list says, by their number; later ones as the last. */
async function scripted(...codes: readonly number[]): Promise<Backend> {
  const backend = await Backend.start();
  backend.answer = (stream, headers) => {
    const code = codes[Math.min(backend.calls, codes.length) - 1]!;
    (code === 0 ? succeed : failWith(code))(stream, headers);
  };
  return backend;
}

test("RetryUnary: the table of the reference", async () => {
  const good = [0, 2, 5];
  const internal = [6, 8, 11];
  const backend = await scripted(
    ...Array.from({ length: 40 }, (_, i) =>
      good.includes(i) ? 0 : internal.includes(i) ? INTERNAL : UNAVAILABLE,
    ),
  );
  const { client } = callerOf(backend.address, configured({ retryPolicy }));
  const table: [number, number][] = [
    [0, 0],
    [0, 2],
    [0, 5],
    [INTERNAL, 6],
    [INTERNAL, 8],
    [INTERNAL, 11],
    [UNAVAILABLE, 15],
    [UNAVAILABLE, 19],
  ];
  for (const [code, last] of table) {
    const got = await client.one({}).then(
      () => 0,
      (error: StatusError) => error.code,
    );
    assert.deepEqual([got, backend.calls - 1], [code, last]);
  }
});

test("RetryThrottling: the vector of 16.5, over the wire", async () => {
  const good = [0, 3, 6, 10, 11, 12, 13, 14, 16, 18];
  const backend = await scripted(
    ...Array.from({ length: 40 }, (_, i) => (good.includes(i) ? 0 : UNAVAILABLE)),
  );
  const { client } = callerOf(
    backend.address,
    configured({ retryPolicy }, { retryThrottling: { maxTokens: 10, tokenRatio: 0.5 } }),
  );
  const seen: [number, number][] = [];
  for (let i = 0; i < 12; i++) {
    const code = await client.one({}).then(
      () => 0,
      (error: StatusError) => error.code,
    );
    seen.push([code, backend.calls - 1]);
  }
  assert.deepEqual(seen, [
    [0, 0],
    [0, 3],
    [0, 6],
    [UNAVAILABLE, 8],
    [UNAVAILABLE, 9],
    [0, 10],
    [0, 11],
    [0, 12],
    [0, 13],
    [0, 14],
    [0, 16],
    [UNAVAILABLE, 17],
  ]);
});

test("MaxCallAttempts: the channel's cap counts if it is below the config's", async () => {
  for (const [cap, wanted] of [
    [2, 2],
    [5, 4],
  ] as const) {
    const backend = await scripted(UNAVAILABLE);
    const { client } = callerOf(backend.address, {
      ...configured({ retryPolicy }),
      retry: { maxAttempts: cap },
    });
    await failureOf(client.one({}));
    assert.equal(backend.calls, wanted);
  }
});

test("NoRetry: switched off, a policy is as good as none", async () => {
  const backend = await scripted(UNAVAILABLE);
  for (const config of [{ retryPolicy }, { hedgingPolicy: { maxAttempts: 3 } }]) {
    const { client } = callerOf(backend.address, { ...configured(config), retry: { enabled: false } });
    const before = backend.calls;
    await failureOf(client.one({}));
    assert.equal(backend.calls, before + 1);
  }
});

test("a retry is picked for anew: of three backends, one that is broken costs no call", async () => {
  const backends = await startBackends(3);
  backends[1]!.answer = failWith(UNAVAILABLE);
  const caller = namedCaller(backends, {
    serviceConfig: {
      loadBalancingConfig: [{ round_robin: {} }],
      methodConfig: [{ name: [{}], retryPolicy }],
    },
  });
  caller.channel.connect();
  await untilReady(caller, 3);
  await Promise.all(Array.from({ length: 30 }, () => caller.client.one({})));
  assert.ok(backends[1]!.calls >= 10);
  assert.equal(backends[0]!.calls + backends[2]!.calls, 30);
});

test("hedges go to other backends; the slow one's attempt is reset, and only one is answered for", async () => {
  const backends = await startBackends(3);
  const resets: number[] = [];
  const slow: Answer = (stream) => {
    stream.resume();
    stream.on("close", () => resets.push(stream.rstCode));
  };
  const caller = namedCaller(backends, {
    serviceConfig: {
      loadBalancingConfig: [{ round_robin: {} }],
      methodConfig: [{ name: [{}], hedgingPolicy: { maxAttempts: 3, hedgingDelay: "0.01s" } }],
    },
  });
  caller.channel.connect();
  await untilReady(caller, 3);
  for (const backend of backends.slice(0, 2)) backend.answer = slow;
  for (let i = 0; i < 3; i++) await caller.client.one({});
  assert.equal(backends[2]!.calls, 3);
  await until(() => resets.length === backends[0]!.calls + backends[1]!.calls, "the others are reset");
  assert.ok(resets.length >= 3);
  assert.ok(resets.every((code) => code === constants.NGHTTP2_CANCEL));
});

test("hedging of a stream: the responses are those of one attempt", async () => {
  const backends = await startBackends(2);
  for (const [i, backend] of backends.entries()) {
    backend.answer = (stream) => {
      stream.resume();
      // number = i + 1, thrice.
      const frame = Buffer.from([0, 0, 0, 0, 2, 8, i + 1]);
      reply(stream, Buffer.concat([frame, frame, frame]));
    };
  }
  const caller = namedCaller(backends, {
    serviceConfig: {
      loadBalancingConfig: [{ round_robin: {} }],
      methodConfig: [{ name: [{}], hedgingPolicy: { maxAttempts: 2 } }],
    },
  });
  caller.channel.connect();
  await untilReady(caller, 2);
  const numbers: number[] = [];
  for await (const { number } of caller.client.many({})) numbers.push(number);
  assert.equal(numbers.length, 3);
  assert.equal(new Set(numbers).size, 1);
});

test("RetryTransparent: what a server refuses is tried again once, with a policy too, and does not count", async () => {
  const backend = await Backend.start();
  backend.answer = (stream, headers) => {
    if (backend.calls === 1) stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else if (backend.calls <= 4) failWith(UNAVAILABLE)(stream, headers);
    else succeed(stream, headers);
  };
  const { client } = callerOf(backend.address, configured({ retryPolicy }));
  await client.one({});
  assert.deepEqual(
    backend.requests.map((headers) => headers["grpc-previous-rpc-attempts"]),
    [undefined, undefined, "1", "2", "3"],
  );
});

test("TestAuthorityOverrideNotReusedAcrossAttempts: the authority of a pick is that of its attempt", async () => {
  const backends = await startBackends(2);
  backends[0]!.answer = failWith(UNAVAILABLE);
  const endpointsWithName = backends.map(({ address }, i) => {
    const [host, port] = address.split(":") as [string, string];
    return { addresses: [{ host, port: Number(port), ...(i === 0 && { serverName: "special.example" }) }] };
  });
  const caller = namedCaller(endpointsWithName, {
    serviceConfig: {
      loadBalancingConfig: [{ round_robin: {} }],
      methodConfig: [{ name: [{}], retryPolicy }],
    },
  });
  caller.channel.connect();
  await untilReady(caller, 2);
  await caller.client.one({});
  await caller.client.one({});
  assert.ok(backends[0]!.calls > 0);
  assert.deepEqual(
    backends.map(({ requests }) => [...new Set(requests.map((headers) => headers[":authority"]))]),
    [["special.example"], ["fleet"]],
  );
});

test("interceptors see one call, however often it is tried; their own retries are calls of their own", async () => {
  const backend = await scripted(UNAVAILABLE, UNAVAILABLE, INTERNAL, UNAVAILABLE, 0);
  let seen = 0;
  const interceptor: ClientInterceptor = {
    intercept: (_call, next) =>
      new Observable<unknown>((subscriber) => {
        seen += 1;
        return next.handle().subscribe(subscriber);
      }).pipe(retry(1)),
  };
  const { client } = callerOf(backend.address, configured({ retryPolicy }), { interceptors: [interceptor] });
  await client.one({});
  assert.equal(seen, 2);
  assert.deepEqual(
    backend.requests.map((headers) => headers["grpc-previous-rpc-attempts"]),
    [undefined, "1", "2", undefined, "1"],
  );
});

test("the deadline ends a call in its back-off, and a call that is retried by an interceptor", async () => {
  const backend = await scripted(UNAVAILABLE);
  const clock = new ManualClock();
  const slowPolicy = { ...retryPolicy, initialBackoff: "10s", maxBackoff: "10s" } as const;
  const waiting = callerOf(backend.address, {
    ...configured({ retryPolicy: slowPolicy }),
    clock,
    random: () => 0.5,
  });
  const failure = failureOf(waiting.client.one({}, { deadlineMs: 15_000 }));
  await until(() => clock.nextInMs === 10_000, "it waits");
  backend.answer = keepSilent;
  clock.advance(10_000);
  await until(() => backend.calls === 2, "it is tried again");
  clock.advance(5000);
  assert.equal((await failure).code, StatusCode.DEADLINE_EXCEEDED);
  assert.equal(backend.requests[1]!["grpc-timeout"], "5000m");
  await waiting.channel.close();

  backend.answer = failWith(UNAVAILABLE);
  const endless: ClientInterceptor = {
    intercept: (_call, next) => next.handle().pipe(retry({ delay: () => turn() })),
  };
  const retrying = callerOf(backend.address, {}, { interceptors: [endless] });
  assert.equal(
    (await failureOf(retrying.client.one({}, { deadlineMs: 50 }))).code,
    StatusCode.DEADLINE_EXCEEDED,
  );
  await until(() => retrying.channel.inspect().calls === 0, "nothing goes on");
});

test("calls of a channel that are cancelled in the middle of it all leave its buffers free", async () => {
  const backend = await Backend.start(keepSilent);
  const { channel, client } = callerOf(backend.address, configured({ retryPolicy }));
  const free = channel.replayBudget.free;
  for (let i = 0; i < 20; i++) {
    const controller = new AbortController();
    const failure = failureOf(
      client.collect([{ text: "x".repeat(1000) }, { number: 2 }], { ...forever, signal: controller.signal }),
    );
    await turn();
    if (i === 0) await until(() => backend.calls === 1, "it is there");
    controller.abort();
    assert.equal((await failure).code, StatusCode.CANCELLED);
  }
  assert.equal(channel.replayBudget.free, free);
  assert.equal(channel.inspect().calls, 0);
});

test("a request stream that is still being sent when an attempt fails goes on with the next", async () => {
  const backend = await Backend.start();
  const received: Buffer[] = [];
  backend.answer = (stream) => {
    const index = backend.calls - 1;
    received[index] = Buffer.alloc(0);
    stream.on("data", (chunk: Buffer) => {
      received[index] = Buffer.concat([received[index]!, chunk]);
      if (index === 0 && !stream.headersSent) failWith(UNAVAILABLE)(stream, {});
    });
    stream.on("end", () => {
      if (index > 0) reply(stream, emptyFrame);
    });
  };
  const { client } = callerOf(backend.address, configured({ retryPolicy }));
  async function* requests() {
    for (let number = 1; number <= 5; number++) {
      yield { number };
      await until(() => backend.calls === 1 || received.length === 2, "the server has heard of it");
      if (number === 1) await until(() => backend.calls === 2, "it is tried again");
    }
  }
  await client.collect(requests());
  assert.equal(backend.calls, 2);
  const numbers = Array.from({ length: 5 }, (_, i) => [0, 0, 0, 0, 2, 8, i + 1]).flat();
  assert.deepEqual([...received[1]!], numbers);
});
