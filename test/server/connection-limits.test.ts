/** How long a listener keeps a connection, and what pings it bears: the clock is driven by hand, the sockets are real. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { connect } from "node:net";
import { test } from "node:test";
import { Server } from "@grpc/grpc-js";
import {
  type CallContext,
  type Clock,
  type Random,
  StatusError,
  systemClock,
  systemRandom,
} from "../../lib/rpc/index.js";
import { loadSchema } from "../../lib/schema/index.js";
import { Connections } from "../../lib/server/connections.js";
import { checkListeners, defaultLimits, GrpcServer, type TcpOptions, tcp } from "../../lib/server/index.js";
import { PingPolicing } from "../../lib/server/ping-policing.js";
import { ManualClock } from "../client/doubles.js";
import { PROBE_PROTO, ProbeClient } from "./probe.js";
import { itemFrame, RawClient, rawOutcome } from "./raw-client.js";
import { checkAtEnd, deferred, until } from "./support.js";

checkAtEnd();

type Handler = (call: CallContext) => unknown;

const service = loadSchema([PROBE_PROTO]).findService("grebe.test.Probe")!;

/** A server without an application, so that its clock is the test's. */
async function start(
  limits: Omit<TcpOptions, "port">,
  handlers: Readonly<Record<string, Handler>> = {},
  { clock = new ManualClock() as Clock, random = (() => 0.5) as Random } = {},
) {
  const server = new GrpcServer({
    methods: service.methods.map((method) => ({
      method,
      handler: { controller: Object, property: method.localName },
      request: method.request,
      invoke: (call: CallContext) => handlers[method.localName]!(call),
    })),
    listeners: [tcp({ port: 0, ...limits })],
    onFailure: (_call, error) => assert.fail(String(error)),
    clock,
    random,
  });
  const [bound] = await server.listen();
  return { server, clock: clock as ManualClock, address: bound!.address, port: bound!.port! };
}

interface Watched {
  readonly client: RawClient;
  readonly goaways: { readonly code: number; readonly text: string }[];
  readonly closed: () => boolean;
  ping(): Promise<void>;
}

/** A client that does nothing by itself, and what it is told. */
async function watch(address: string): Promise<Watched> {
  const client = new RawClient(address);
  const goaways: { code: number; text: string }[] = [];
  let closed = false;
  client.session.on("goaway", (code, _lastStream, data) => goaways.push({ code, text: String(data ?? "") }));
  client.socket.on("close", () => {
    closed = true;
  });
  await Promise.all([once(client.session, "connect"), once(client.session, "remoteSettings")]);
  return { client, goaways, closed: () => closed, ping: () => ping(client.session) };
}

function ping(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    session.ping((error) => (error === null ? resolve() : reject(error)));
  });
}

const first = (goaways: Watched["goaways"]): unknown => goaways[0];
const gracefully = (text: string) => ({ code: 0, text });
const expelled = { code: 11, text: "too_many_pings" };

test("MaxConnectionIdle: a connection without calls gets a GOAWAY, and closes", async () => {
  const { server, clock, address } = await start({ maxConnectionIdleMs: 1000 });
  const { client, goaways, closed } = await watch(address);
  clock.advance(999);
  await ping(client.session);
  assert.deepEqual(goaways, []);
  clock.advance(1);
  await until(closed, "the connection is closed");
  assert.deepEqual(first(goaways), gracefully("max_idle"));
  await server.drain(0);
  assert.equal(clock.pending, 0);
});

test("MaxConnectionIdleBusyClient: a connection with a call is kept, and the time runs from the end of its last one", async () => {
  const ends = [deferred<object>(), deferred<object>()];
  let begun = 0;
  const { server, clock, address } = await start(
    { maxConnectionIdleMs: 1000 },
    { one: () => ends[begun++]!.promise },
  );
  const { client, goaways, closed, ping } = await watch(address);
  clock.advance(900);
  const outcomes = [client.send("One", itemFrame({})), client.send("One", itemFrame({}))];
  await until(() => begun === 2, "the calls run");
  clock.advance(10_000);
  ends[0]!.resolve({});
  await outcomes[0];
  clock.advance(10_000);
  await ping();
  assert.deepEqual(goaways, []);
  ends[1]!.resolve({});
  assert.equal((await outcomes[1])?.status, 0);
  await ping();
  clock.advance(999);
  // One more call starts the time anew.
  ends.push(deferred());
  ends[2]!.resolve({});
  await client.send("One", itemFrame({}));
  await ping();
  clock.advance(999);
  await ping();
  assert.deepEqual(goaways, []);
  clock.advance(1);
  await until(closed, "the connection is closed");
  assert.deepEqual(first(goaways), gracefully("max_idle"));
  await server.drain(0);
});

test("MaxConnectionAge: a connection gets a GOAWAY, its calls go on, and what is left after the grace is cut", async () => {
  const { server, clock, address } = await start(
    { maxConnectionAgeMs: 1000, maxConnectionAgeGraceMs: 500 },
    {
      chat: async function* (call) {
        yield {};
        await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
      },
    },
  );
  const { client, goaways, closed } = await watch(address);
  const stream = client.open("Chat");
  await once(stream, "data");
  clock.advance(999);
  await ping(client.session);
  assert.deepEqual(goaways, []);
  clock.advance(1);
  await until(() => goaways.length > 0, "the client is told");
  assert.deepEqual(first(goaways), gracefully("max_age"));
  clock.advance(499);
  await settleTurns();
  assert.deepEqual([stream.destroyed, closed()], [false, false]);
  clock.advance(1);
  await until(closed, "the connection is cut");
  assert.equal(stream.destroyed, true);
  await server.drain(0);
  assert.equal(clock.pending, 0);
});

test("MaxConnectionAge: without a limit of the grace, calls take as long as they need", async () => {
  const end = deferred<object>();
  let begun = false;
  const { server, clock, address } = await start(
    { maxConnectionAgeMs: 1000 },
    {
      one: () => {
        begun = true;
        return end.promise;
      },
    },
  );
  const { client, goaways, closed } = await watch(address);
  const outcome = client.send("One", itemFrame({}));
  await until(() => begun, "the call runs");
  clock.advance(1000);
  await until(() => goaways.length > 0, "the client is told");
  clock.advance(1_000_000);
  end.resolve({});
  assert.equal((await outcome).status, 0);
  await until(closed, "the connection closes behind its last call");
  await server.drain(0);
});

test("MaxConnectionAge: the age is a tenth more or less, by chance", async () => {
  for (const [chance, ageMs] of [
    [0, 900],
    [0.25, 950],
    [0.75, 1050],
  ] as const) {
    const { server, clock, address } = await start(
      { maxConnectionAgeMs: 1000 },
      {},
      { random: () => chance },
    );
    const { closed } = await watch(address);
    assert.equal(clock.nextInMs, ageMs);
    clock.advance(ageMs);
    await until(closed, "the connection is closed");
    await server.drain(0);
  }
});

test("GracefulClientOnGoAway: a client that calls all the time never sees that its connections grow old", async () => {
  const peers = new Set<string>();
  const { server, address } = await start(
    { maxConnectionAgeMs: 20 },
    {
      one: (call) => {
        peers.add(call.peer.address);
        return {};
      },
    },
    { clock: systemClock, random: systemRandom },
  );
  const client = new ProbeClient(address);
  const giveUpAt = performance.now() + 20_000;
  const codes: number[] = [];
  const work = async (): Promise<void> => {
    while (peers.size < 5 && performance.now() < giveUpAt) codes.push((await client.one({})).status.code);
  };
  await Promise.all(Array.from({ length: 8 }, work));
  client.close();
  await server.drain(1000);
  assert.equal(peers.size >= 5, true, `${peers.size} connections, ${codes.length} calls`);
  assert.deepEqual(
    codes.filter((code) => code !== 0),
    [],
  );
});

const http2Start = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1");

test("KeepaliveServerClosesUnresponsiveClient: a client that answers no ping is cut off", async () => {
  const { server, port } = await start({ pingIntervalMs: 20, pingTimeoutMs: 20 });
  const socket = connect(port, "127.0.0.1");
  socket.write(http2Start);
  socket.resume();
  await once(socket, "close");
  await server.drain(0);
});

test("KeepaliveServerWithResponsiveClient: a client that answers pings is kept", async () => {
  const { server, address } = await start({ pingIntervalMs: 5, pingTimeoutMs: 5000 });
  const { client, closed } = await watch(address);
  let pings = 0;
  client.session.on("ping", () => {
    pings += 1;
  });
  await until(() => pings === 10, "ten pings have come");
  assert.equal(closed(), false);
  await client.close();
  await server.drain(0);
});

/** Pings so far apart, until the connection is closed, at most so often. Says how many were sent. */
async function pingEvery(
  watched: Watched,
  clock: ManualClock,
  intervalMs: number,
  most: number,
): Promise<number> {
  for (let sent = 1; sent <= most; sent++) {
    if (sent > 1) clock.advance(intervalMs);
    const { goaways, client } = watched;
    let answered = false;
    client.session.ping(() => {
      answered = true;
    });
    await until(() => answered || goaways.length > 0, "the ping is answered");
    // What else it may lead to comes behind the answer.
    await settle(watched);
    if (goaways.length > 0) return sent;
  }
  return most;
}

async function settle({ client, goaways }: Watched): Promise<void> {
  for (let turn = 0; turn < 20 && goaways.length === 0 && !client.session.destroyed; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A call that is open, and silent for good. */
async function openCall({ client }: Watched): Promise<ClientHttp2Stream> {
  const stream = client.open("Chat");
  stream.write(itemFrame({}));
  await once(stream, "response");
  return stream;
}

const chats: Readonly<Record<string, Handler>> = {
  chat: async function* (call) {
    call.sendHeaders();
    await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
    yield {};
  },
};

test("KeepaliveServerEnforcementWithAbusiveClientNoRPC: the fourth ping ends the connection", async () => {
  const { server, clock, address } = await start({ minPingIntervalMs: 100, permitPingsWithoutCalls: true });
  const watched = await watch(address);
  assert.equal(await pingEvery(watched, clock, 50, 10), 4);
  assert.deepEqual(watched.goaways, [expelled]);
  await until(() => watched.closed(), "the connection is closed");
  await server.drain(0);
});

test("KeepaliveServerEnforcementWithAbusiveClientNoRPC: a client that stays in spite of it is cut off", async () => {
  const { server, clock, port } = await start({});
  const socket = connect(port, "127.0.0.1");
  socket.write(http2Start);
  socket.resume();
  const pingFrame = Buffer.concat([Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0]), Buffer.alloc(8)]);
  let closed = false;
  socket.on("close", () => {
    closed = true;
  });
  for (let sent = 0; sent < 100; sent++) socket.write(pingFrame);
  await until(() => clock.pending > 0, "the connection is condemned");
  clock.advance(99);
  await settleTurns();
  assert.equal(closed, false);
  clock.advance(1);
  await until(() => closed, "the connection is cut");
  await server.drain(0);
  assert.equal(clock.pending, 0);
});

async function settleTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("KeepaliveServerEnforcementWithAbusiveClientWithRPC: a silent call is no excuse", async () => {
  const { server, clock, address } = await start({ minPingIntervalMs: 100 }, chats);
  const watched = await watch(address);
  const stream = await openCall(watched);
  // The first one comes behind the headers of the response, the second is early, …
  assert.equal(await pingEvery(watched, clock, 50, 10), 4);
  assert.deepEqual(watched.goaways, [expelled]);
  await until(() => stream.destroyed, "the call has ended with the connection");
  await until(() => watched.closed(), "the connection is closed");
  await server.drain(0);
});

test("KeepaliveServerEnforcementWithObeyingClientNoRPC: stays", async () => {
  const { server, clock, address } = await start({ minPingIntervalMs: 100, permitPingsWithoutCalls: true });
  const watched = await watch(address);
  assert.equal(await pingEvery(watched, clock, 100, 20), 20);
  assert.deepEqual(watched.goaways, []);
  await watched.client.close();
  await server.drain(0);
});

test("KeepaliveServerEnforcementWithObeyingClientWithRPC: stays", async () => {
  const { server, clock, address } = await start({ minPingIntervalMs: 100 }, chats);
  const watched = await watch(address);
  const stream = await openCall(watched);
  assert.equal(await pingEvery(watched, clock, 100, 20), 20);
  assert.deepEqual(watched.goaways, []);
  stream.destroy();
  await watched.client.close();
  await server.drain(0);
});

test("KeepaliveServerEnforcementWithDormantKeepaliveOnClient: a client whose pings rest without calls stays", async () => {
  const { server, clock, address } = await start({ minPingIntervalMs: 100 }, { one: () => ({}), ...chats });
  const watched = await watch(address);
  // Dormant: nothing is sent. Then a call, with a ping each 100 ms as long as it lasts; dormant again, and so on.
  for (let round = 0; round < 3; round++) {
    clock.advance(10_000);
    const stream = await openCall(watched);
    assert.equal(await pingEvery(watched, clock, 100, 5), 5);
    const closed = once(stream, "close");
    stream.close();
    await closed;
  }
  assert.deepEqual(watched.goaways, []);
  await watched.client.close();
  await server.drain(0);
});

test("without calls pings may come every two hours, unless they are permitted", async () => {
  const { server, clock, address } = await start({ minPingIntervalMs: 100 });
  const watched = await watch(address);
  const twoHours = 2 * 60 * 60 * 1000;
  assert.equal(await pingEvery(watched, clock, twoHours, 5), 5);
  // What was early once is not forgotten by what is on time; the strikes only end with what is sent.
  assert.equal(await pingEvery(watched, clock, twoHours - 1, 10), 3);
  assert.deepEqual(watched.goaways, [expelled]);
  await until(() => watched.closed(), "the connection is closed");
  await server.drain(0);
});

test("pings behind messages, headers and statuses are no strikes, in every mode", async () => {
  let push: (() => void) | undefined;
  const { server, address } = await start(
    { minPingIntervalMs: 1000 },
    {
      one: () => ({}),
      many: async function* (call) {
        while (!call.signal.aborted) {
          await new Promise<void>((resolve) => {
            push = resolve;
            call.signal.addEventListener("abort", () => resolve());
          });
          yield {};
        }
      },
      chat: (call) => {
        throw StatusError.notFound("no such chat", { path: call.method.path });
      },
    },
  );
  const watched = await watch(address);
  const { client, goaways } = watched;
  for (let round = 0; round < 6; round++) {
    assert.equal((await client.send("One", itemFrame({}))).status, 0);
    await watched.ping();
    const failed = rawOutcome(client.open("Chat"));
    assert.equal((await failed).status, 5);
    await watched.ping();
  }
  const stream = client.open("Many");
  stream.end(itemFrame({}));
  for (let message = 0; message < 6; message++) {
    await until(() => push !== undefined, "the handler waits");
    const received = once(stream, "data");
    push!();
    push = undefined;
    await received;
    await watched.ping();
  }
  assert.deepEqual(goaways, []);
  const closed = once(stream, "close");
  stream.close();
  await closed;
  await client.close();
  await server.drain(0);
});

test("an upload that is not answered is no excuse for pings: only what is sent to the client counts", async () => {
  const { server, clock, address } = await start(
    { minPingIntervalMs: 1000 },
    { collect: (call) => new Promise((resolve) => call.signal.addEventListener("abort", () => resolve({}))) },
  );
  const watched = await watch(address);
  const stream = watched.client.open("Collect");
  for (let sent = 0; sent < 3; sent++) {
    // Window updates go out for these.
    stream.write(itemFrame({ text: "x".repeat(10_000) }));
    await pingEvery(watched, clock, 10, 1);
    clock.advance(10);
  }
  stream.write(itemFrame({ text: "x" }));
  await pingEvery(watched, clock, 10, 1);
  assert.deepEqual(watched.goaways, [expelled]);
  await until(() => watched.closed(), "the connection is closed");
  await server.drain(0);
});

test("the algorithm of A9, step by step", () => {
  const policing = (options = {}) =>
    new PingPolicing({
      minPingIntervalMs: 100,
      permitPingsWithoutCalls: false,
      maxPingStrikes: 2,
      ...options,
    });
  const silent = { answered: false, openCalls: 1 };
  const kept = policing();
  // The first never counts; then two strikes; one on time changes nothing; what is sent forgives all.
  const steps = [
    [0, silent],
    [1, silent],
    [2, silent],
    [102, silent],
    [103, { ...silent, answered: true }],
    [104, silent],
    [105, silent],
  ] as const;
  for (const [at, circumstances] of steps) assert.equal(kept.onPing(at, circumstances), false, `at ${at}`);
  assert.equal(kept.onPing(106, silent), true);

  const lenient = policing({ maxPingStrikes: 0 });
  for (let at = 0; at < 100; at++) assert.equal(lenient.onPing(at, silent), false);

  const strict = policing({ maxPingStrikes: 1, permitPingsWithoutCalls: true });
  const quiet = { answered: false, openCalls: 0 };
  assert.deepEqual(
    [0, 100, 150, 200].map((at) => strict.onPing(at, quiet)),
    [false, false, false, true],
  );
});

test("connections that are drained leave no timers, and are not told twice", async () => {
  const { server, clock, address } = await start({
    maxConnectionAgeMs: 1000,
    maxConnectionAgeGraceMs: 1000,
    maxConnectionIdleMs: 1000,
  });
  const { closed } = await watch(address);
  assert.equal(clock.pending, 2);
  await server.drain(0);
  await until(closed, "the connection is closed");
  assert.equal(clock.pending, 0);
  clock.advance(5000);
});

test("limits that cannot be are start-up mistakes in words", () => {
  const problem = (options: object): string =>
    checkListeners([tcp({ port: 1, ...options })])[0]?.message ?? "";
  const at = "listener 127.0.0.1:1:";
  assert.equal(
    problem({ maxConnectionAgeMs: 0 }),
    `${at} maxConnectionAgeMs must be a whole number from 1 to 2147483647, got 0.`,
  );
  assert.equal(
    problem({ minPingIntervalMs: -1 }),
    `${at} minPingIntervalMs must be a whole number from 0 to 2147483647, got -1.`,
  );
  assert.equal(
    problem({ permitPingsWithoutCalls: 1 }),
    `${at} permitPingsWithoutCalls must be true or false, got 1.`,
  );
  assert.equal(problem({ maxConnectionAgeMs: -1, maxConnectionAgeGraceMs: 0, maxPingStrikes: 0 }), "");
});

test("a transport that does not show its sessions is a warning, not a failure", async () => {
  const warned = once(process, "warning");
  const server = new Server();
  Object.assign(server, { http2Servers: undefined });
  const connections = new Connections(server, {
    limits: defaultLimits,
    clock: systemClock,
    random: systemRandom,
  });
  const [warning] = (await warned) as [Error & { code?: string }];
  assert.equal(warning.code, "GREBE_SESSIONS_HIDDEN");
  assert.equal(connections.of({} as never), undefined);
});
