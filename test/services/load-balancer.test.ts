import assert from "node:assert/strict";
import { test } from "node:test";
import { BehaviorSubject, EMPTY, NEVER, type Observable, of, Subject, throwError } from "rxjs";
import { Injectable, Module } from "../../lib/app/index.js";
import { createChannel, createClient } from "../../lib/client/index.js";
import { type Logger, StartupError, StatusCode, StatusError } from "../../lib/rpc/index.js";
import {
  type LoadBalanceRequestInit,
  type LoadBalanceResponse,
  LoadBalancer,
  type LoadBalancerServer,
} from "../../lib/schema/index.js";
import {
  type BackendList,
  type BackendLists,
  type BackendListsClassOptions,
  type BackendListsOptions,
  ClientStatsLog,
  LoadBalancerModule,
} from "../../lib/services/index.js";
import { createTestingApp, type TestingApp } from "../../lib/testing/index.js";
import { ManualClock } from "../client/doubles.js";
import { checkAtEnd, recordingLogger, settled, until } from "../server/support.js";

checkAtEnd();

const listOf = (...ports: number[]): BackendList => ({
  backends: ports.map((port) => ({ host: "10.0.0.1", port })),
});

/** What a client of the balancer has heard. */
class Stream {
  readonly requests = new Subject<LoadBalanceRequestInit>();
  readonly responses: LoadBalanceResponse[] = [];
  ended: StatusError | "completed" | undefined;
  readonly #subscription;

  constructor(app: TestingApp, name?: string) {
    const responses = app.client(LoadBalancer).balanceLoad(this.requests);
    this.#subscription = responses.subscribe({
      next: (response) => {
        this.responses.push(response);
      },
      error: (error: StatusError) => {
        this.ended = error;
      },
      complete: () => {
        this.ended = "completed";
      },
    });
    if (name !== undefined) this.requests.next({ initialRequest: { name } });
  }

  /** Each list as text: `1 2 drop`. */
  get lists(): string[] {
    return this.responses.flatMap((response) => {
      if (response.fallbackResponse !== undefined) return ["fallback"];
      return response.serverList === undefined ? [] : [response.serverList.servers.map(textOf).join(" ")];
    });
  }

  async hears(...lists: string[]): Promise<void> {
    await until(() => this.lists.length >= lists.length, `${lists} came, and not ${this.lists}`);
    assert.deepEqual(this.lists, lists);
  }

  async ends(): Promise<StatusError | "completed"> {
    await until(() => this.ended !== undefined, "the stream ends");
    return this.ended!;
  }

  async refuses(code: StatusCode, text: RegExp): Promise<void> {
    const error = (await this.ends()) as StatusError;
    assert.equal(error.code, code, error.message);
    assert.match(error.text, text);
  }

  cancel(): void {
    this.#subscription.unsubscribe();
  }
}

const textOf = ({ port, drop, loadBalanceToken }: LoadBalancerServer): string =>
  drop ? loadBalanceToken : String(port);

async function serve(
  options: BackendListsOptions | BackendListsClassOptions,
  logger?: Logger,
): Promise<TestingApp> {
  return createTestingApp(LoadBalancerModule.forRoot(options), {
    ...(logger !== undefined && { logger }),
  }).start();
}

/** One list for whoever asks. */
const serving = (lists: Observable<BackendList | "fallback">, options: object = {}) =>
  serve({ lists: () => lists, ...options });

test("a client says what it calls, and hears the report interval, then the list, then each new one", async () => {
  const asked: string[] = [];
  const lists = new BehaviorSubject<BackendList | "fallback">(listOf(1, 2));
  const app = await serve({
    lists: (name, call) => {
      asked.push(`${name} ${call.method.name}`);
      return lists;
    },
    reportIntervalMs: 1500,
  });
  const stream = new Stream(app, "orders");
  await stream.hears("1 2");
  assert.deepEqual(asked, ["orders BalanceLoad"]);
  const [first] = stream.responses;
  assert.deepEqual(first?.initialResponse?.clientStatsReportInterval, { seconds: "1", nanos: 500_000_000 });
  lists.next(listOf(2));
  await stream.hears("1 2", "2");
  lists.next("fallback");
  lists.next(listOf());
  await stream.hears("1 2", "2", "fallback", "");
  stream.cancel();
  await until(() => !lists.observed, "the list is watched no more");
  await app.close();
});

test("servers are sent with their addresses, tokens, weights and drops", async () => {
  const list: BackendList = {
    backends: [
      { host: "10.0.0.1", port: 50051, token: "first" },
      { host: "fd00::1", port: 50052, weight: 2 },
    ],
    drops: { overload: 0.25 },
  };
  const app = await serving(of(list));
  const stream = new Stream(app, "orders");
  await until(() => stream.lists.length === 1, "the list comes");
  const servers = stream.responses[1]!.serverList!.servers;
  const [four, six] = [Buffer.from([10, 0, 0, 1]), Buffer.from("fd000000000000000000000000000001", "hex")];
  assert.deepEqual(
    servers.map(({ ipAddress, port, loadBalanceToken, drop }) => [ipAddress, port, loadBalanceToken, drop]),
    [
      [six, 50052, "", false],
      [four, 50051, "first", false],
      [Buffer.alloc(0), 0, "overload", true],
      [six, 50052, "", false],
    ],
  );
  stream.cancel();
  await app.close();
});

test("a list that is the same is not sent again", async () => {
  const lists = new BehaviorSubject<BackendList | "fallback">(listOf(1));
  const app = await serving(lists);
  const stream = new Stream(app, "orders");
  await stream.hears("1");
  lists.next(listOf(1));
  lists.next({ backends: [{ host: "10.0.0.1", port: 1, weight: 5 }], drops: { none: 0 } });
  lists.next(listOf(2));
  await stream.hears("1", "2");
  stream.cancel();
  await app.close();
});

test("without an interval no reports are asked for; a finite list stays", async () => {
  const app = await serving(of(listOf(1)), { reportIntervalMs: 0 });
  const stream = new Stream(app, "orders");
  await stream.hears("1");
  assert.equal(stream.responses[0]!.initialResponse?.clientStatsReportInterval, undefined);
  assert.equal(await settled(() => stream.responses.length), 2);
  assert.equal(stream.ended, undefined);
  stream.cancel();
  await app.close();
});

test("a name that nobody knows is NOT_FOUND; the strategy's failure is told as it is", async () => {
  const app = await serve({
    lists: (name) =>
      name === "broken" ? throwError(() => StatusError.unavailable("registry down")) : undefined,
  });
  await new Stream(app, "nobody").refuses(StatusCode.NOT_FOUND, /^no backends are known for "nobody"$/);
  const broken = new Stream(app, "broken");
  await broken.refuses(StatusCode.UNAVAILABLE, /^registry down$/);
  await app.close();
});

test("what breaks the protocol is INVALID_ARGUMENT, and says why", async () => {
  const app = await serving(of(listOf(1)));
  const statsFirst = new Stream(app);
  statsFirst.requests.next({ clientStats: { numCallsStarted: 1 } });
  await statsFirst.refuses(StatusCode.INVALID_ARGUMENT, /first message is no initial_request/);
  const nothing = new Stream(app);
  nothing.requests.next({});
  await nothing.refuses(StatusCode.INVALID_ARGUMENT, /first message is no initial_request/);
  const silent = new Stream(app);
  silent.requests.complete();
  await silent.refuses(StatusCode.INVALID_ARGUMENT, /no initial_request/);
  await new Stream(app, "x".repeat(256)).refuses(StatusCode.INVALID_ARGUMENT, /longer than 255 bytes/);
  const twice = new Stream(app, "orders");
  twice.requests.next({ initialRequest: { name: "orders" } });
  await twice.refuses(StatusCode.INVALID_ARGUMENT, /second initial_request/);
  const negative = new Stream(app, "orders");
  negative.requests.next({ clientStats: { numCallsStarted: -1 } });
  await negative.refuses(StatusCode.INVALID_ARGUMENT, /negative count/);
  const newer = new Stream(app, "x".repeat(255));
  newer.requests.next({});
  newer.requests.complete();
  await newer.hears("1");
  assert.equal(newer.ended, undefined);
  newer.cancel();
  await until(() => app.get(ClientStatsLog).clients.length === 0, "all have gone");
  assert.equal(app.get(ClientStatsLog).total("orders").started, 0);
  await app.close();
});

test("a client that does not say what it wants is not kept", async () => {
  const clock = new ManualClock();
  const app = await serving(of(listOf(1)), { clock });
  const served = new Stream(app, "orders");
  await served.hears("1");
  assert.equal(clock.pending, 0);
  const silent = new Stream(app);
  await until(() => clock.pending === 1, "the balancer waits");
  clock.advance(9_999);
  assert.equal(silent.ended, undefined);
  clock.advance(1);
  await silent.refuses(StatusCode.DEADLINE_EXCEEDED, /no initial_request has come/);
  const gone = new Stream(app);
  await until(() => clock.pending === 1, "the balancer waits again");
  gone.cancel();
  await until(() => clock.pending === 0, "and no longer than its client");
  assert.equal(served.ended, undefined);
  served.cancel();
  await app.close();
});

test("reports add up by client and by name, and are heard as they come", async () => {
  const app = await serving(NEVER);
  const log = app.get(ClientStatsLog);
  const heard: string[] = [];
  const subscription = log.reports.subscribe(({ client, counts }) =>
    heard.push(`${client.name} ${counts.started}/${client.counts.started} ${client.reports}`),
  );
  const [a, b, other] = [new Stream(app, "orders"), new Stream(app, "orders"), new Stream(app, "stock")];
  a.requests.next({
    clientStats: {
      ...{ numCallsStarted: 10, numCallsFinished: 9, numCallsFinishedWithClientFailedToSend: 1 },
      numCallsFinishedKnownReceived: 5,
      callsFinishedWithDrop: [
        { loadBalanceToken: "overload", numCalls: 2 },
        { loadBalanceToken: "quota", numCalls: 1 },
      ],
    },
  });
  a.requests.next({
    clientStats: { numCallsStarted: 5, callsFinishedWithDrop: [{ loadBalanceToken: "quota", numCalls: 3 }] },
  });
  other.requests.next({ clientStats: { numCallsStarted: 1000 } });
  await until(() => heard.length === 3, "three reports came");
  b.requests.next({ clientStats: { numCallsStarted: "7" } });
  await until(() => heard.length === 4, "the fourth came");
  assert.deepEqual([...heard].sort(), [
    "orders 10/10 1",
    "orders 5/15 2",
    "orders 7/7 1",
    "stock 1000/1000 1",
  ]);
  assert.deepEqual(log.clients.map(({ name, counts }) => `${name} ${counts.started}`).sort(), [
    ...["orders 15", "orders 7", "stock 1000"],
  ]);
  assert.match(log.clients[0]!.peer, /^127\.0\.0\.1:\d+$/);
  a.cancel();
  await until(() => log.clients.length === 2, "one has gone");
  const { droppedByToken, ...total } = log.total("orders");
  assert.deepEqual(total, { started: 22, finished: 9, failedToSend: 1, knownReceived: 5, dropped: 6 });
  assert.deepEqual(
    [...droppedByToken],
    [
      ["overload", 2],
      ["quota", 4],
    ],
  );
  assert.equal(log.total("nobody").started, 0);
  subscription.unsubscribe();
  b.cancel();
  other.cancel();
  await app.close();
});

test("tokens that a client makes up take no more than so much memory, and lose no drop", async () => {
  const app = await serving(NEVER);
  const stream = new Stream(app, "orders");
  const callsFinishedWithDrop = (from: number) =>
    Array.from({ length: 1000 }, (_, i) => ({ loadBalanceToken: `t${from + i}`, numCalls: 1 }));
  stream.requests.next({ clientStats: { callsFinishedWithDrop: callsFinishedWithDrop(0) } });
  stream.requests.next({ clientStats: { callsFinishedWithDrop: callsFinishedWithDrop(500) } });
  const log = app.get(ClientStatsLog);
  await until(() => log.total("orders").dropped === 2000, "both reports came");
  assert.equal(log.total("orders").droppedByToken.size, 256);
  assert.equal(log.clients[0]!.counts.dropped, 2000);
  stream.cancel();
  await app.close();
});

test("a client that does not read gets the newest list when it reads again, and holds up nobody", async () => {
  const wide = (ports: number): BackendList => ({
    backends: Array.from({ length: 3000 }, (_, i) => ({
      host: "10.0.0.1",
      port: ports + i,
      token: "x".repeat(40),
    })),
  });
  const lists = new BehaviorSubject<BackendList | "fallback">(wide(0));
  const app = await serving(lists);
  const channel = createChannel(`static:///${app.address}`, { flowControlWindow: 65_535 });
  const requests = new Subject<LoadBalanceRequestInit>();
  const responses = createClient(LoadBalancer, channel).balanceLoad(requests)[Symbol.asyncIterator]();
  const first = responses.next();
  requests.next({ initialRequest: { name: "orders" } });
  assert.ok((await first).value?.initialResponse);
  const quick = new Stream(app, "orders");
  await until(() => quick.lists.length === 1, "the other client is served");
  for (let i = 1; i <= 200; i++) {
    lists.next(wide(i));
    if (i % 20 === 0) await until(() => quick.lists.at(-1)!.startsWith(`${i} `), "and goes on to be");
  }
  let seen = 0;
  for (let port = -1; port !== 200; seen++)
    port = (await responses.next()).value!.serverList!.servers[0]!.port;
  assert.ok(seen < 100, String(seen));
  await responses.return?.();
  quick.cancel();
  await channel.close();
  await app.close();
});

test("a list that cannot be told to clients ends their streams, and is in the log", async () => {
  const logger = recordingLogger();
  const app = await serve({ lists: () => of({ backends: [{ host: "nowhere", port: 1 }] }) }, logger);
  const stream = new Stream(app, "orders");
  const error = (await stream.ends()) as StatusError;
  assert.equal(error.code, StatusCode.UNKNOWN);
  assert.doesNotMatch(error.text, /nowhere/);
  const failure = logger.lines.find(({ level }) => level === "error");
  assert.match(String(failure?.fields.err), /needs an IP address, got "nowhere"/);
  await app.close();
});

test("a drain ends streams at once, so that clients go elsewhere", async () => {
  const lists = new BehaviorSubject<BackendList | "fallback">(listOf(1));
  const app = await createTestingApp(LoadBalancerModule.forRoot({ lists: () => lists }), {
    drainLimitMs: 10_000,
  }).start();
  const streams = [new Stream(app, "orders"), new Stream(app, "orders")];
  for (const stream of streams) await stream.hears("1");
  const { cut, durationMs } = await app.close();
  assert.deepEqual(cut, []);
  assert.ok(durationMs < 2000);
  for (const stream of streams) assert.equal(await stream.ends(), "completed");
  assert.equal(lists.observed, false);
});

test("a strategy may be a class with injection that others inject as well, or come late", async () => {
  @Injectable()
  class Ports {
    readonly first = 7;
  }
  @Module({ providers: [Ports], exports: [Ports] })
  class PortsModule {}
  @Injectable()
  class Lists implements BackendLists {
    readonly current: BehaviorSubject<BackendList>;
    constructor(ports: Ports) {
      this.current = new BehaviorSubject(listOf(ports.first));
    }
    watch(): Observable<BackendList> {
      return this.current;
    }
  }
  const app = await serve({ lists: Lists, imports: [PortsModule] });
  const stream = new Stream(app, "orders");
  await stream.hears("7");
  app.get(Lists).current.next(listOf(8));
  await stream.hears("7", "8");
  stream.cancel();
  await app.close();
  const late = await createTestingApp(
    LoadBalancerModule.forRootAsync({ useFactory: async () => ({ lists: { watch: () => of(listOf(9)) } }) }),
  ).start();
  const other = new Stream(late, "orders");
  await other.hears("9");
  other.cancel();
  await late.close();
});

test("wrong options are told at the start", async () => {
  for (const reportIntervalMs of [-1, Number.NaN, 2 ** 31]) {
    await assert.rejects(serve({ lists: () => EMPTY, reportIntervalMs }), (error: unknown) => {
      assert.ok(error instanceof StartupError);
      assert.match(
        error.message,
        /BAD_OPTION +LoadBalancerModule: reportIntervalMs must be a number of milliseconds from 0 to/,
      );
      return true;
    });
  }
});
