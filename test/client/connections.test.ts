/** Connections: found dead, taken down, refused, slow; what calls and channels see of it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { constants, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { type ChannelOptions, createChannel, createClient } from "../../lib/client/index.js";
import { type CallContext, StatusCode } from "../../lib/rpc/index.js";
import { tcp, unix } from "../../lib/server/index.js";
import { Probe as ProbeService } from "../generated/probe.js";
import { type Probe, startProbe } from "../server/probe.js";
import { checkAtEnd, recordingLogger, until } from "../server/support.js";
import { ManualClock } from "./doubles.js";
import { callerOf, closeAtEnd, FaultyProxy, failureOf, reply, startHttp2 } from "./support.js";

let probe: Probe;
let peers: Set<string>;
let received: Buffer[];
const socketPath = `/tmp/grebe-connections-${process.pid}.sock`;
before(async () => {
  peers = new Set();
  const handler = (request: unknown, call: CallContext) => {
    peers.add(call.peer.address);
    return request;
  };
  probe = await startProbe(
    { one: handler, chat: handler },
    {
      listeners: [
        tcp({ port: 0, tls: { cert: "test/certs/server.crt", key: "test/certs/server.key" } }),
        tcp({
          port: 0,
          tls: {
            cert: "test/certs/server.crt",
            key: "test/certs/server.key",
            ca: "test/certs/ca.crt",
            clientCertificate: "require",
          },
        }),
        unix(socketPath),
      ],
    },
  );
});
closeAtEnd();
after(() => probe.stop());
checkAtEnd();

const empty = Buffer.from([0, 0, 0, 0, 0]);

test("a connection that was cut is made anew at once, and only the calls on it fail", async () => {
  const proxy = await FaultyProxy.start(probe.address);
  const { channel, client } = callerOf(proxy.address);
  await client.one({});
  const states: string[] = [];
  const subscription = channel.connectivity.subscribe((state) => states.push(state));
  const open = client.chat(
    (async function* () {
      yield {};
      await new Promise(() => undefined);
    })(),
  );
  const iterator = open[Symbol.asyncIterator]();
  await iterator.next();
  proxy.cut();
  const error = await failureOf(iterator.next());
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  await client.one({});
  assert.deepEqual(states, ["READY", "IDLE", "CONNECTING", "READY"]);
  assert.equal(proxy.connections, 2);
  subscription.unsubscribe();
});

test("keepalive: a peer that is silent is noticed, its calls fail, and the connection is closed", async () => {
  const proxy = await FaultyProxy.start(probe.address);
  const { channel, client } = callerOf(proxy.address, { keepalive: { timeMs: 1000, timeoutMs: 100 } });
  await client.one({});
  proxy.silence();
  const startedAt = performance.now();
  const error = await failureOf(client.one({}, { deadlineMs: 10_000 }));
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.ok(performance.now() - startedAt < 3000);
  assert.equal(channel.state, "IDLE");
});

test("TestCloseConnectionWhenServerPrefaceNotReceived: who accepts and says nothing is given up", async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const clock = new ManualClock();
  const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const { channel, client } = callerOf(address, { clock, random: () => 0.5 });
  const failure = failureOf(client.one({}));
  await until(() => sockets.length === 1, "the connection is accepted");
  const closed = once(sockets[0]!, "close");
  sockets[0]!.resume();
  // 20 s are MIN_CONNECT_TIMEOUT.
  clock.advance(19_999);
  assert.equal(channel.state, "CONNECTING");
  clock.advance(1);
  const error = await failure;
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.match(error.text, /no connection within 20000 ms/);
  await closed;
  await channel.close();
  silent.close();
});

test("TestBackoffWhenNoServerPrefaceReceived: attempts come in growing distances, and resetBackoff ends the wait", async () => {
  let connections = 0;
  const rude = createServer((socket) => {
    connections += 1;
    socket.on("error", () => undefined);
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(rude, "listening");
  const clock = new ManualClock();
  const { channel } = callerOf(`127.0.0.1:${(rude.address() as AddressInfo).port}`, {
    clock,
    random: () => 0.5,
  });
  channel.connect();
  let attempts = 0;
  const failed = async (): Promise<void> => {
    attempts += 1;
    const wanted = attempts;
    await until(
      () => connections === wanted && channel.inspect().subchannels[0]?.state === "TRANSIENT_FAILURE",
      "it failed",
    );
  };
  await failed();
  for (const waitMs of [1000, 1600, 2560]) {
    clock.advance(waitMs - 1);
    assert.equal(channel.inspect().subchannels[0]?.state, "TRANSIENT_FAILURE");
    clock.advance(1);
    await failed();
  }
  channel.resetBackoff();
  await failed();
  clock.advance(999);
  assert.equal(channel.inspect().subchannels[0]?.state, "TRANSIENT_FAILURE");
  clock.advance(1);
  await failed();
  assert.equal(channel.state, "TRANSIENT_FAILURE", "sticky");
  await channel.close();
  rude.close();
});

test("GoAwayThenClose, GracefulClientOnGoAway: no call fails when a server takes a connection down gently", async () => {
  const sessions: ServerHttp2Session[] = [];
  const { server, address } = await startHttp2((stream) => {
    setImmediate(() => {
      if (!stream.destroyed) reply(stream, empty);
    });
  });
  server.on("session", (session) => sessions.push(session));
  const { client } = callerOf(address);
  for (let round = 0; round < 5; round++) {
    const calls = Array.from({ length: 20 }, () => client.one({}));
    await until(() => sessions.length > round, "a connection");
    sessions[round]!.goaway();
    await Promise.all(calls);
    await client.one({});
    sessions[round]!.close();
  }
  assert.ok(sessions.length >= 5);
});

test("ClientUpdatesParamsAfterGoAway: who complains of pings makes keepalive slower, once, for the whole channel", async () => {
  const sessions: ServerHttp2Session[] = [];
  const { server, address } = await startHttp2((stream) => reply(stream, empty));
  server.on("session", (session) => sessions.push(session));
  const logger = recordingLogger();
  const complaints = () => logger.lines.filter(({ message }) => message.includes("too many pings"));
  const { channel, client } = callerOf(address, {
    keepalive: { timeMs: 10_000 },
    logger,
    connections: 2,
  });
  const times: unknown[] = [];
  for (const expected of [2, 4]) {
    await client.one({});
    await until(() => channel.inspect().subchannels.every(({ state }) => state === "READY"), "both are up");
    assert.equal(sessions.length, expected);
    for (const session of sessions.slice(-2)) {
      session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from("too_many_pings"));
    }
    await until(() => complaints().length === expected, "the log says so");
    times.push(complaints().at(-1)!.fields.timeMs);
  }
  assert.deepEqual(times, [20_000, 40_000]);
});

test("connections: n makes n connections to an address, and calls take turns on them", async () => {
  const { channel, client } = callerOf(probe.address, { connections: 3 });
  await client.one({});
  await until(() => channel.inspect().subchannels.every(({ state }) => state === "READY"), "all are up");
  peers.clear();
  for (let i = 0; i < 9; i++) await client.one({});
  assert.equal(peers.size, 3);
  assert.deepEqual(
    channel.inspect().subchannels.map(({ state }) => state),
    ["READY", "READY", "READY"],
  );
});

test("a lost connection of several is mended while the others go on", async () => {
  const proxy = await FaultyProxy.start(probe.address);
  const { channel, client } = callerOf(proxy.address, { connections: 2 });
  await client.one({});
  await until(() => proxy.connections === 2, "both are up");
  proxy.cutOne();
  await until(() => proxy.connections === 3, "the lost one is made anew");
  await until(() => channel.inspect().subchannels.every(({ state }) => state === "READY"), "all are up");
  assert.equal(channel.state, "READY");
  await client.one({});
});

test("unix sockets", async () => {
  const { client } = callerOf(`unix:${socketPath}`);
  assert.equal((await client.one({ number: 3 })).number, 3);
});

test("TLS: by authority and name; mTLS with a client's certificate", async () => {
  const [plain, secure, mutual] = [
    probe.address,
    ...probe.app.listeners.slice(1, 3).map(({ address }) => address),
  ];
  assert.ok(plain);
  const ca = "test/certs/ca.crt";
  const one = async (target: string, tls: ChannelOptions["tls"]) =>
    (await callerOf(target, { ...(tls !== undefined && { tls }) }).client.one({ number: 5 })).number;
  assert.equal(await one(secure!, { ca, serverName: "localhost" }), 5);
  assert.equal(
    await one(mutual!, {
      ca,
      serverName: "localhost",
      cert: "test/certs/client.crt",
      key: "test/certs/client.key",
    }),
    5,
  );
  const wrong = await failureOf(one(secure!, { ca, serverName: "other.example" }));
  assert.equal(wrong.code, StatusCode.UNAVAILABLE);
  assert.match(wrong.text, /other\.example/);
  const stranger = await failureOf(
    one(secure!, { ca: "test/certs/stranger-ca.crt", serverName: "localhost" }),
  );
  assert.match(stranger.text, /certificate/);
  const none = await failureOf(one(mutual!, { ca, serverName: "localhost" }));
  assert.equal(none.code, StatusCode.UNAVAILABLE);
  const plaintext = await failureOf(one(plain!, { ca, serverName: "localhost" }));
  assert.equal(plaintext.code, StatusCode.UNAVAILABLE);
});

test("TLS options that are wrong are told at once", () => {
  const make = (tls: ChannelOptions["tls"]) => () => createChannel("static:///127.0.0.1:1", { tls: tls! });
  assert.throws(make({ ca: "no/such.crt" }), /tls\.ca "no\/such\.crt"/);
  assert.throws(make({ cert: "test/certs/client.crt" }), /cert and key together/);
  assert.throws(make({ cert: "test/certs/client.crt", key: "test/certs/server.key" }), /tls: /);
  assert.throws(make({ caa: "x" } as never), /"caa".*Did you mean "ca"/);
});

test("requests can be compressed; the server's limit and ours hold", async () => {
  received = [];
  const { address } = await startHttp2((stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      received.push(Buffer.concat(chunks));
      assert.equal(headers["grpc-encoding"], "gzip");
      assert.match(String(headers["grpc-accept-encoding"]), /gzip/);
      stream.respond(
        { ":status": 200, "content-type": "application/grpc", "grpc-encoding": "gzip" },
        { waitForTrailers: true },
      );
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(received.at(-1));
    });
  });
  const { client } = callerOf(
    address,
    { maxReceiveBytes: 50_000, maxSendBytes: 60_000 },
    { compression: "gzip" },
  );
  const text = "again and again ".repeat(1000);
  assert.equal((await client.one({ text })).text, text, "and the answer is taken apart");
  assert.equal(received[0]![0], 1);
  assert.ok(received[0]!.length < 1000);
  assert.ok(gunzipSync(received[0]!.subarray(5)).length > 16_000);
  const bomb = await failureOf(client.one({ text: "x".repeat(55_000) }));
  assert.equal(
    bomb.code,
    StatusCode.RESOURCE_EXHAUSTED,
    "the answer is larger than our limit once decompressed",
  );
  const tooLarge = await failureOf(client.one({ text: "x".repeat(61_000) }));
  assert.equal(tooLarge.code, StatusCode.RESOURCE_EXHAUSTED);
  assert.equal(received.length, 2, "and was not sent");
});

test("answers that are no gRPC are a status each", async () => {
  const answers: Record<string, (stream: Parameters<Parameters<typeof startHttp2>[0]>[0]) => void> = {
    html: (stream) => {
      stream.respond({ ":status": 502, "content-type": "text/html" });
      stream.end("<html>bad gateway</html>");
    },
    "no status": (stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      stream.end(empty);
    },
    "half a message": (stream) => reply(stream, Buffer.from([0, 0, 0, 0, 9, 1])),
    "no message": (stream) => reply(stream, Buffer.alloc(0)),
    "two messages": (stream) => reply(stream, Buffer.concat([empty, empty])),
    garbage: (stream) => reply(stream, Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff])),
    "flagged compressed": (stream) => reply(stream, Buffer.from([1, 0, 0, 0, 1, 0])),
    reset: (stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
  };
  let answer = answers.html!;
  const { address } = await startHttp2((stream) => answer(stream));
  const { client } = callerOf(address);
  const codes: Record<string, number> = {};
  for (const [name, way] of Object.entries(answers)) {
    answer = way;
    codes[name] = (await failureOf(client.one({}, { deadlineMs: 2000 }))).code;
  }
  assert.deepEqual(codes, {
    html: StatusCode.UNAVAILABLE,
    "no status": StatusCode.INTERNAL,
    "half a message": StatusCode.INTERNAL,
    "no message": StatusCode.INTERNAL,
    "two messages": StatusCode.INTERNAL,
    garbage: StatusCode.INTERNAL,
    "flagged compressed": StatusCode.INTERNAL,
    reset: StatusCode.INTERNAL,
  });
});

test("ChannelIdleness: without calls the connections are closed, and the next call opens them again", async () => {
  const clock = new ManualClock();
  const { channel, client } = callerOf(probe.address, { clock, idleTimeoutMs: 60_000 });
  await client.one({}, { deadlineMs: Number.POSITIVE_INFINITY });
  clock.advance(59_999);
  assert.equal(channel.state, "READY");
  await client.one({}, { deadlineMs: Number.POSITIVE_INFINITY });
  clock.advance(59_999);
  assert.equal(channel.state, "READY", "it counts from the last call");
  clock.advance(1);
  assert.equal(channel.state, "IDLE");
  assert.deepEqual(channel.inspect().subchannels, []);
  await client.one({}, { deadlineMs: Number.POSITIVE_INFINITY });
  assert.equal(channel.state, "READY");
  channel.connect();
});

test("opening and closing a channel 200 times leaves nothing behind", async () => {
  for (let i = 0; i < 200; i++) {
    const channel = createChannel(`static:///${probe.address}`);
    const client = createClient(ProbeService, channel);
    if (i % 2 === 0) await client.one({});
    else channel.connect();
    await channel.close();
  }
});

test("TestNewClientWithMultipleBackendsNotSendingServerPreface: the next address is tried", async () => {
  const rude = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(rude, "listening");
  const { client } = callerOf(`static:///127.0.0.1:${(rude.address() as AddressInfo).port},${probe.address}`);
  assert.equal((await client.one({ number: 8 })).number, 8);
  rude.close();
});

test("TestConnectParamsWithMinConnectTimeout: an attempt has the time that the option gives, and at least its back-off", async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined).resume();
  }).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const clock = new ManualClock();
  const { channel } = callerOf(`127.0.0.1:${(silent.address() as AddressInfo).port}`, {
    clock,
    random: () => 0.5,
    connectTimeoutMs: 500,
    backoff: { initialMs: 300, multiplier: 3 },
  });
  channel.connect();
  for (const [attempt, limitMs] of [500, 900].entries()) {
    await until(() => sockets.length === attempt + 1, "the connection is accepted");
    clock.advance(limitMs - 1);
    await until(() => channel.inspect().subchannels[0]?.state === "CONNECTING", "it waits");
    clock.advance(1);
    await until(() => channel.inspect().subchannels[0]?.state !== "CONNECTING", "it is given up");
    assert.match(channel.inspect().subchannels[0]!.lastError!, new RegExp(`within ${limitMs} ms`));
    // The back-off has passed meanwhile: what is left of it is nothing.
    clock.advance(0);
  }
  await channel.close();
  silent.close();
});
