/** Many calls of all kinds over connections that break, with cancels, deadlines and retries: each ends, nothing is left. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { map, Subject, take, timer } from "rxjs";
import type { ClientInterceptor } from "../../lib/rpc/index.js";
import { StatusError } from "../../lib/rpc/index.js";
import { type Probe, startProbe } from "../server/probe.js";
import { checkAtEnd } from "../server/support.js";
import { seeded } from "./doubles.js";
import { callerOf, closeAtEnd, FaultyProxy, type ProbeClient } from "./support.js";

const CALLS = 1500;
const IN_FLIGHT = 40;

let probe: Probe;
before(async () => {
  const random = seeded(7);
  const moody = (): void => {
    if (random() < 0.1) throw StatusError.unavailable("moody");
  };
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, random() < 0.05 ? 30 : 0));
  probe = await startProbe({
    one: async (request: object) => {
      await pause();
      moody();
      return request;
    },
    many: async function* () {
      for (let number = 0; number < 20; number++) {
        if (random() < 0.02) moody();
        if (random() < 0.1) await pause();
        yield { number };
      }
    },
    collect: async (requests: AsyncIterable<unknown>) => {
      let number = 0;
      for await (const _ of requests) {
        number += 1;
        if (random() < 0.02) moody();
      }
      return { number };
    },
    chat: (requests: AsyncIterable<unknown>) => requests,
  });
});
closeAtEnd();
after(() => probe.stop());
checkAtEnd();

const retryPolicy = {
  maxAttempts: 3,
  initialBackoff: "0.001s",
  maxBackoff: "0.005s",
  backoffMultiplier: 2,
  retryableStatusCodes: ["UNAVAILABLE"],
} as const;
const hedgingPolicy = {
  maxAttempts: 2,
  hedgingDelay: "0.002s",
  nonFatalStatusCodes: ["UNAVAILABLE"],
} as const;
const passing: ClientInterceptor = { intercept: async (_call, next) => next.handle() };

for (const [name, methodConfig, interceptors] of [
  ["without a policy", {}, []],
  ["with retries, through an interceptor", { retryPolicy }, [passing]],
  ["with hedges", { hedgingPolicy }, []],
] as const) {
  test(`a storm ${name}: every call ends, with a result or a status`, async () => {
    const random = seeded(42);
    const proxy = await FaultyProxy.start(probe.address);
    const { channel, client } = callerOf(
      proxy.address,
      {
        connections: 2,
        backoff: { initialMs: 5, maxMs: 20 },
        serviceConfig: { methodConfig: [{ name: [{}], ...methodConfig }] },
      },
      { interceptors },
    );
    const counts: Record<string, number> = {};
    const settle = (outcome: string): void => {
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    };
    const shared = new AbortController();
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on("warning", warn);
    const run = async (): Promise<void> => {
      const abort = new AbortController();
      const cancelled = random() < 0.2;
      const cancelTimer = cancelled ? setTimeout(() => abort.abort(), random() * 8) : undefined;
      const deadlineMs = random() < 0.2 ? random() * 6 : 5000;
      const signal = random() < 0.5 ? abort.signal : shared.signal;
      try {
        await call(client, random, { deadlineMs, signal });
        settle("ok");
      } catch (error) {
        assert.ok(error instanceof StatusError, String(error));
        settle(String(error.code));
      } finally {
        clearTimeout(cancelTimer);
      }
    };
    let left = CALLS;
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        while (left-- > 0) {
          const accident = random();
          if (accident < 0.004) proxy.cut();
          else if (accident < 0.008) proxy.cutOne();
          await run();
        }
      }),
    );
    assert.equal(
      Object.values(counts).reduce((sum, count) => sum + count, 0),
      CALLS,
    );
    assert.ok(counts.ok! > CALLS / 5, JSON.stringify(counts));
    const { calls, waiting } = channel.inspect();
    assert.deepEqual(
      { calls, waiting },
      { calls: 0, waiting: 0 },
      "nothing is kept of calls that have ended",
    );
    await channel.close();
    process.off("warning", warn);
    assert.deepEqual(warnings, [], "however many calls share a signal");
  });
}

async function call(
  client: ProbeClient,
  random: () => number,
  options: { readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<void> {
  switch (Math.floor(random() * 6)) {
    case 0:
      await client.one({ number: 1 }, options);
      return;
    case 1: {
      const stopAt = random() < 0.3 ? 5 : 100;
      let seen = 0;
      for await (const _ of client.many({}, options)) if (++seen === stopAt) break;
      return;
    }
    case 2:
      await client.collect(
        Array.from({ length: 10 }, (_, number) => ({ number })),
        options,
      );
      return;
    case 3: {
      const requests = new Subject<{ number: number }>();
      const answer = client.collect(requests, options);
      for (let number = 0; number < 5; number++) requests.next({ number });
      if (random() < 0.1) requests.error(new Error("the source broke"));
      else requests.complete();
      await answer;
      return;
    }
    case 4:
      await new Promise<void>((resolve, reject) => {
        client.many({}, options).pipe(take(3)).subscribe({ error: reject, complete: resolve });
      });
      return;
    default:
      for await (const _ of client.chat(
        timer(0, 1).pipe(
          take(4),
          map((number) => ({ number })),
        ),
        options,
      ));
  }
}
