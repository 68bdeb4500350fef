/** Connections that servers take down, gently and not, while calls are on them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { StatusCode } from "../../../lib/rpc/index.js";
import { tcp } from "../../../lib/server/index.js";
import { startProbe } from "../../server/probe.js";
import { checkAtEnd, deferred, until } from "../../server/support.js";
import { callerOf, closeAtEnd, closeLater, failureOf, reply, responseHeaders } from "../support.js";
import { Backend, emptyFrame, namedCaller, statesOf, succeed } from "./support.js";

closeAtEnd();
checkAtEnd();

const first = (sessions: ReadonlySet<ServerHttp2Session>): ServerHttp2Session => [...sessions][0]!;

/** A backend that holds its calls, and a client with one of them. */
async function holding() {
  const held: ServerHttp2Stream[] = [];
  const backend = await Backend.start((stream) => {
    stream.resume();
    held.push(stream);
  });
  const caller = namedCaller([backend]);
  const states = statesOf(caller);
  const call = caller.client.one({});
  await until(() => held.length === 1, "the call is there");
  return { backend, held, states, call, ...caller };
}

test("ServerGoAway, ServerGoAwayPendingRPC: the call under way is answered, the next has a connection of its own", async () => {
  const { backend, held, call, client, channel, states } = await holding();
  first(backend.sessions).goaway();
  await until(() => channel.state !== "READY", "it is told");
  const next = client.one({});
  await until(() => held.length === 2, "the next is there");
  assert.equal(backend.connections, 2);
  for (const stream of held) reply(stream, emptyFrame);
  await Promise.all([call, next]);
  assert.deepEqual(states, ["IDLE", "CONNECTING", "READY", "IDLE", "CONNECTING", "READY"]);
});

test("ServerMultipleGoAwayPendingRPC: several, as a draining server sends them, change nothing", async () => {
  const { backend, held, call, channel } = await holding();
  const session = first(backend.sessions);
  session.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1);
  await until(() => channel.state !== "READY", "it is told");
  session.goaway(constants.NGHTTP2_NO_ERROR, held[0]!.id!);
  session.goaway(constants.NGHTTP2_NO_ERROR, held[0]!.id!);
  reply(held[0]!, emptyFrame);
  await call;
});

test("GoAwayThenClose: the end of the old connection does not disturb the new one", async () => {
  const { backend, held, call, client, channel, states } = await holding();
  const old = first(backend.sessions);
  old.goaway();
  await until(() => channel.state !== "READY", "it is told");
  backend.answer = succeed;
  await client.one({});
  old.destroy();
  assert.equal((await failureOf(call)).code, StatusCode.UNAVAILABLE);
  await client.one({});
  assert.equal(backend.connections, 2);
  assert.equal(channel.state, "READY");
  assert.equal(states.length, 6);
  assert.equal(held.length, 1);
});

test("GoAwayStreamIDSmallerThanCreatedStreams: calls beyond the last stream are sent again, unseen", async () => {
  const seen: ServerHttp2Stream[] = [];
  const backend = await Backend.start();
  const { client } = namedCaller([backend]);
  await client.one({});
  backend.answer = (stream) => {
    seen.push(stream);
    stream.resume();
    if (seen.length < 3) return;
    // Of three, the server has processed the first, and says so.
    const { session } = stream;
    if (session === undefined) return;
    backend.answer = succeed;
    session.goaway(constants.NGHTTP2_NO_ERROR, seen[0]!.id!);
    reply(seen[0]!, emptyFrame);
  };
  await Promise.all([client.one({}), client.one({}), client.one({})]);
  assert.equal(backend.calls, 1 + 3 + 2);
  assert.equal(backend.connections, 2);
});

test("ClientConnCloseAfterGoAwayWithActiveStream, ConcurrentClientConnCloseAndServerGoAway: closing in the middle", async () => {
  for (const wait of [true, false]) {
    const { backend, call, channel } = await holding();
    const failure = failureOf(call);
    first(backend.sessions).goaway();
    if (wait) await until(() => channel.state !== "READY", "it is told");
    await channel.close();
    assert.equal((await failure).code, StatusCode.CANCELLED);
    await until(() => backend.open === 0, "the connection is closed");
  }
});

test("ConcurrentServerStopAndGoAway: the calls fail, and later ones are answered by whoever is there", async () => {
  const { backend, call, client } = await holding();
  const failure = failureOf(call);
  first(backend.sessions).goaway();
  await backend.stop();
  assert.equal((await failure).code, StatusCode.UNAVAILABLE);
  backend.answer = succeed;
  await backend.restart();
  await client.one({}, { waitForReady: true });
});

test("ClientSendsAGoAway: a channel that is closed says so", async () => {
  const backend = await Backend.start();
  const { channel, client } = namedCaller([backend]);
  await client.one({});
  const told = deferred<number>();
  first(backend.sessions).on("goaway", told.resolve);
  await channel.close();
  assert.equal(await told.promise, constants.NGHTTP2_NO_ERROR);
});

test("GracefulClientOnGoAway: a server whose connections age is never noticed", async () => {
  const probe = await startProbe(
    { one: (request: unknown) => request },
    { listeners: [tcp({ port: 0, maxConnectionAgeMs: 60, maxConnectionAgeGraceMs: 1000 })] },
  );
  closeLater(() => probe.stop());
  // Behind the listener that every testing application has.
  const { channel, client } = callerOf(probe.app.listeners[1]!.address);
  let ages = 0;
  channel.connectivity.subscribe((state) => {
    if (state === "IDLE") ages += 1;
  });
  const giveUpAt = performance.now() + 8000;
  while (ages < 3 && performance.now() < giveUpAt) {
    await Promise.all(Array.from({ length: 5 }, () => client.one({})));
  }
  assert.ok(ages >= 3, `${ages} connections were taken down`);
});

test("an abrupt end says what it was: a reset connection, a protocol error", async () => {
  const { backend, call } = await holding();
  const failure = failureOf(call);
  first(backend.sessions).destroy(undefined, constants.NGHTTP2_INTERNAL_ERROR);
  const error = await failure;
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.notEqual(error.text, "");
  assert.equal(error.peer, backend.address);
});

test("a call that was answered with headers is not sent again when its connection goes", async () => {
  const backend = await Backend.start((stream) => {
    stream.resume();
    stream.respond(responseHeaders);
  });
  const { client } = namedCaller([backend]);
  const failure = failureOf(client.one({}));
  await until(() => backend.calls === 1, "it is there");
  await until(() => backend.sessions.size === 1, "a session");
  backend.cut();
  assert.equal((await failure).code, StatusCode.UNAVAILABLE);
  assert.equal(backend.calls, 1);
});

/** Settings without any, as a server begins. */
const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

test("a peer that reads nothing any more, as one that was paused, does not keep a closed channel's socket", async () => {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.write(emptySettings);
    accepted.push(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
  const atStart = sockets();
  const { channel, client } = callerOf(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  const failure = failureOf(client.one({}));
  await until(() => channel.state === "READY", "it is connected");
  await channel.close();
  await failure;
  // Unused sockets are no active resources; the accepted one is.
  await until(() => sockets() === atStart + 1, "the socket is closed");
  for (const socket of accepted) socket.destroy();
  server.close();
});
