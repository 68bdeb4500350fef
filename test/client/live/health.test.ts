/** Health watches on the wire (A17): when there is one, on which connection, and what it outlives. */
import assert from "node:assert/strict";
import type { ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import type { ChannelOptions, PolicyConfig } from "../../../lib/client/index.js";
import { StatusCode } from "../../../lib/rpc/index.js";
import { checkAtEnd, turn, until } from "../../server/support.js";
import { ManualClock } from "../doubles.js";
import { closeAtEnd, failureOf, responseHeaders } from "../support.js";
import { type Answer, Backend, namedCaller, startBackends, succeed } from "./support.js";

closeAtEnd();
checkAtEnd();

const WATCH = "/grpc.health.v1.Health/Watch";
const [SERVING, NOT_SERVING, SERVICE_UNKNOWN] = [1, 2, 3] as const;
const forever = { deadlineMs: Number.POSITIVE_INFINITY };

const statusFrame = (status: number): Buffer => Buffer.from([0, 0, 0, 0, 2, 8, status]);

/** A backend's watches, and its answer to them and to calls. */
class Watched {
  readonly watches: ServerHttp2Stream[] = [];
  constructor(public first: number | undefined = SERVING) {}

  readonly answer: Answer = (stream, headers) => {
    if (headers[":path"] !== WATCH) {
      succeed(stream, headers);
      return;
    }
    this.watches.push(stream.resume());
    stream.on("close", () => this.watches.splice(this.watches.indexOf(stream), 1));
    stream.respond(responseHeaders);
    if (this.first !== undefined) stream.write(statusFrame(this.first));
  };

  say(status: number): void {
    this.first = status;
    for (const watch of this.watches) watch.write(statusFrame(status));
  }
}

async function watching(options: ChannelOptions = {}, policy: PolicyConfig = { round_robin: {} }) {
  const health = new Watched();
  const backend = await Backend.start(health.answer);
  const serviceConfig = { loadBalancingConfig: [policy], healthCheckConfig: { serviceName: "orders" } };
  return { health, backend, ...namedCaller([backend], { serviceConfig, ...options }) };
}

test("HealthCheckWatchStateChange: a channel follows what its backend says, and keeps the connection", async () => {
  const { health, backend, channel, client } = await watching();
  await client.one({});
  for (const [status, state] of [
    [NOT_SERVING, "TRANSIENT_FAILURE"],
    [SERVING, "READY"],
    [SERVICE_UNKNOWN, "TRANSIENT_FAILURE"],
    [SERVING, "READY"],
    [0, "TRANSIENT_FAILURE"],
  ] as const) {
    health.say(status);
    await until(() => channel.state === state, `${status} is ${state}`);
  }
  const error = await failureOf(client.one({}));
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.match(error.text, /health check failed\. status=UNKNOWN/);
  const waiting = client.one({}, { waitForReady: true });
  health.say(SERVING);
  await waiting;
  assert.equal(backend.connections, 1);
});

test("HealthCheckWithoutSetConnectivityStateCalled: calls wait for the first status", async () => {
  const { health, channel, client } = await watching();
  health.first = undefined;
  const call = client.one({});
  await until(() => health.watches.length === 1, "it is watched");
  await turn();
  assert.deepEqual([channel.state, channel.inspect().waiting], ["CONNECTING", 1]);
  health.say(SERVING);
  await call;
});

test("HealthCheckWithGoAway, HealthCheckWithConnClose: each connection has a watch of its own", async () => {
  const { health, backend, channel, client } = await watching();
  for (let round = 1; round <= 4; round++) {
    await client.one({}, { waitForReady: true });
    assert.equal(backend.connections, round);
    const [session] = backend.sessions;
    if (round % 2 === 0) session!.goaway();
    else session!.destroy();
    await until(() => backend.connections === round + 1, "it connects anew");
    await until(() => channel.state === "READY", "it is well");
    await until(() => health.watches.length === 1, "the old watch has ended");
  }
});

test("HealthCheckWithAddrConnDrain, HealthCheckWithClientConnClose: the watch ends with its subchannel, and with the channel", async () => {
  const { health, channel, client, names } = await watching();
  await client.one({});
  const other = await Backend.start(health.answer);
  names.set([other.address]);
  await until(() => other.connections === 1, "the other is there");
  await client.one({}, { waitForReady: true });
  await until(() => health.watches.length === 1, "the watch of the first has ended");
  await channel.close();
  await until(() => health.watches.length === 0, "and that of the other");
});

test("HealthCheckDisable: by option, with pick_first, without a config", async () => {
  const { health: byOption, client: first } = await watching({ healthCheck: false });
  byOption.first = NOT_SERVING;
  await first.one({});
  const { health: byPolicy, client: second } = await watching({}, { pick_first: {} });
  byPolicy.first = NOT_SERVING;
  await second.one({});
  const { health: byConfig, client: third } = await watching({
    serviceConfig: { loadBalancingConfig: [{ round_robin: {} }], healthCheckConfig: {} },
  });
  byConfig.first = NOT_SERVING;
  await third.one({});
  assert.deepEqual(
    [byOption, byPolicy, byConfig].map(({ watches }) => watches.length),
    [0, 0, 0],
  );
});

test("a watch is no call: it neither keeps the channel awake nor counts as a pick", async () => {
  const clock = new ManualClock();
  const { health, channel, client } = await watching({ clock, idleTimeoutMs: 1000 });
  await client.one({}, forever);
  assert.equal(channel.inspect().calls, 0);
  assert.equal(channel.inspect().subchannels[0]!.picks, 1);
  clock.advance(1000);
  assert.equal(channel.state, "IDLE");
  await until(() => health.watches.length === 0, "the watch has ended");
  await client.one({}, forever);
});

test("one of three that is not well gets no calls", async () => {
  const states = [new Watched(), new Watched(NOT_SERVING), new Watched()];
  const backends = await startBackends(3);
  for (const [i, backend] of backends.entries()) backend.answer = states[i]!.answer;
  const { client } = namedCaller(backends, {
    serviceConfig: { loadBalancingConfig: [{ round_robin: {} }], healthCheckConfig: { serviceName: "" } },
  });
  await until(() => {
    void client.one({}, { waitForReady: true }).catch(() => undefined);
    return backends.every(({ calls }) => calls > 1) || (backends[0]!.calls > 5 && backends[2]!.calls > 5);
  }, "two are well");
  assert.equal(backends[1]!.calls, 1, "its watch");
  states[1]!.say(SERVING);
  await until(() => {
    void client.one({}, { waitForReady: true }).catch(() => undefined);
    return backends[1]!.calls > 5;
  }, "it gets calls");
});

test("with several connections the loss of the watched one is no failure of the others", async () => {
  const { backend, health, channel, client } = await watching({ connections: 2 });
  await client.one({});
  await until(() => channel.inspect().subchannels.every(({ state }) => state === "READY"), "both are up");
  let failures = 0;
  const subscription = channel.connectivity.subscribe((state) => {
    if (state === "TRANSIENT_FAILURE") failures += 1;
  });
  const watched = health.watches[0]!.session!;
  watched.destroy();
  await until(() => backend.connections === 3, "it is made anew");
  await until(() => channel.state === "READY" && health.watches.length === 1, "it is watched again");
  await client.one({});
  assert.equal(failures, 0);
  subscription.unsubscribe();
});
