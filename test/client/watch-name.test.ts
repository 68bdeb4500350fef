import assert from "node:assert/strict";
import { test } from "node:test";
import { type Observable, of, Subject, throwError } from "rxjs";
import type { Resolution, ResolverDefinition } from "../../lib/client/index.js";
import { watchName } from "../../lib/client/index.js";
import { StatusError } from "../../lib/rpc/index.js";
import { checkAtEnd, recordingLogger, turn } from "../server/support.js";
import { ManualClock } from "./doubles.js";
import { textOf } from "./naming/support.js";

checkAtEnd();

function definition(resolve: () => Observable<Resolution>): ResolverDefinition {
  return { scheme: "test", resolver: { resolve } };
}

const listOf = (...ports: number[]): Resolution => ({
  endpoints: ports.map((port) => ({ addresses: [{ host: "10.0.0.1", port }] })),
});

interface Heard {
  readonly lists: unknown[];
  readonly errors: unknown[];
}

function listen(name: Observable<Resolution>): Heard & { stop(): void } {
  const heard: Heard = { lists: [], errors: [] };
  const subscription = name.subscribe({
    next: (resolution) => heard.lists.push(textOf(resolution)),
    error: (error: unknown) => heard.errors.push(error),
  });
  return { ...heard, stop: () => subscription.unsubscribe() };
}

test("built-in schemes need nothing else", async () => {
  const heard = listen(watchName("static:///10.0.0.1:1,10.0.0.2:2"));
  assert.deepEqual(heard.lists, []);
  await turn();
  assert.deepEqual(heard.lists, [["10.0.0.1:1", "10.0.0.2:2"]]);
  heard.stop();
});

test("each list comes in full, and nothing after the unsubscription", async () => {
  const lists = new Subject<Resolution>();
  const heard = listen(watchName("test:///x", { resolvers: [definition(() => lists)] }));
  await turn();
  lists.next(listOf(1));
  lists.next(listOf(1, 2));
  heard.stop();
  assert.equal(lists.observed, false);
  assert.deepEqual(heard.lists, [["10.0.0.1:1"], ["10.0.0.1:1", "10.0.0.1:2"]]);
});

test("as long as nothing was found, it fails with the resolver's status, and asks no more", async () => {
  const clock = new ManualClock();
  let asked = 0;
  const failing = definition(() => {
    asked += 1;
    return throwError(() => StatusError.unavailable("no registry"));
  });
  const heard = listen(watchName("test:///x", { resolvers: [failing], clock }));
  await turn();
  assert.deepEqual(
    heard.errors.map((error) => (error as StatusError).text),
    ["no registry"],
  );
  clock.advance(600_000);
  assert.equal(asked, 1);
  assert.equal(clock.pending, 0);
});

test("the last list holds through an outage, which is in the log, and the next one follows", async () => {
  const clock = new ManualClock();
  const logger = recordingLogger();
  const rounds: Subject<Resolution>[] = [];
  const name = watchName("test:///x", {
    resolvers: [
      definition(() => {
        rounds.push(new Subject());
        return rounds.at(-1)!;
      }),
    ],
    ...{ clock, logger, random: () => 0.5 },
  });
  const heard = listen(name);
  await turn();
  rounds[0]!.next(listOf(1));
  rounds[0]!.error(StatusError.unavailable("registry gone"));
  assert.deepEqual(heard.errors, []);
  assert.deepEqual(
    logger.lines.filter(({ level }) => level === "warn").map(({ message }) => message),
    ["registry gone"],
  );
  clock.advance(2000);
  rounds[1]!.next(listOf(2));
  assert.deepEqual(heard.lists, [["10.0.0.1:1"], ["10.0.0.1:2"]]);
  heard.stop();
});

test("a target that cannot be resolved throws before anything is subscribed", () => {
  assert.throws(() => watchName("consul:///orders"), /No resolver for "consul:\/\/\/orders"/);
  assert.throws(() => watchName("file:///"), /names no file/);
});

test("what is looked up, not watched, is looked up again when asked for, as its resolver allows", async () => {
  const clock = new ManualClock();
  const refreshes = new Subject<void>();
  let asked = 0;
  const lookUp: ResolverDefinition = {
    ...definition(() => {
      asked += 1;
      return of(listOf(asked));
    }),
    options: { minIntervalMs: 10_000 },
  };
  const heard = listen(watchName("test:///x", { resolvers: [lookUp], refreshes, clock }));
  await turn();
  assert.deepEqual(heard.lists, [["10.0.0.1:1"]]);
  clock.advance(5000);
  refreshes.next();
  assert.equal(asked, 1);
  clock.advance(5000);
  assert.deepEqual(heard.lists.at(-1), ["10.0.0.1:2"]);
  clock.advance(60_000);
  assert.equal(asked, 2);
  heard.stop();
  assert.equal(refreshes.observed, false);
});
