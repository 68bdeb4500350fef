/** Balancers, backends and channels over real connections. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChannelOptions, dnsResolver, staticResolver } from "../../../../lib/client/index.js";
import { grpclb, pickFirst } from "../../../../lib/client/service-config/policies.js";
import { StatusCode, StatusError } from "../../../../lib/rpc/index.js";
import { checkAtEnd, until } from "../../../server/support.js";
import { seeded } from "../../doubles.js";
import { DnsServer } from "../../naming/dns-server.js";
import {
  callerOf,
  closeAtEnd,
  closeLater,
  failureOf,
  type ProbeClient,
  responseHeaders,
  startHttp2,
} from "../../support.js";
import { LiveBackend, LiveBalancer, LiveName } from "./live-balancer.js";
import { dropEntry, entry } from "./support.js";

closeAtEnd();
checkAtEnd();

const gone = "127.0.0.1:1";
const ready = { waitForReady: true };

/** A client of `static:///shop`, whose balancers the test sets. */
function shop(options: ChannelOptions = {}) {
  const name = new LiveName();
  const caller = callerOf("static:///shop", {
    policy: grpclb(),
    random: seeded(1),
    resolvers: [staticResolver({ shop: name })],
    backoff: { initialMs: 20, maxMs: 50 },
    ...options,
  });
  return { name, ...caller };
}

async function startAll(count: number) {
  const backends: LiveBackend[] = [];
  for (let i = 0; i < count; i++) backends.push(await LiveBackend.start());
  return { balancer: await LiveBalancer.start(), backends };
}

/** Calls, one after the other, until each of these has got one; then they start to count. */
async function reach(client: ProbeClient, ...backends: readonly LiveBackend[]): Promise<void> {
  for (const { tokens } of backends) tokens.length = 0;
  while (backends.some(({ calls }) => calls === 0))
    await client.one({}, { ...ready, deadlineMs: 5000 }).catch(okToDrop);
  for (const { tokens } of backends) tokens.length = 0;
}

function okToDrop(error: StatusError): void {
  if (error.text !== "request dropped by grpclb") throw error;
}

/** Which of the backends each call reaches; `-` for one that is dropped. */
async function sequence(client: ProbeClient, backends: readonly LiveBackend[], calls: number, options = {}) {
  let text = "";
  for (let i = 0; i < calls; i++) {
    const before = backends.map((backend) => backend.calls);
    await client.one({}, options).catch(okToDrop);
    const index = backends.findIndex((backend, j) => backend.calls > before[j]!);
    text += index < 0 ? "-" : index;
  }
  return text;
}

test("GRPCLB_Basic: a call reaches a backend of the list, with its token; the user agent goes both ways", async () => {
  const { balancer, backends } = await startAll(1);
  const [backend] = backends as [LiveBackend];
  balancer.list(entry(backend.address, "secret"));
  const { name, client, channel } = shop({ userAgent: "till/1.0" });
  name.give([balancer.address]);
  for (let i = 0; i < 3; i++) await client.one({}, ready);
  assert.deepEqual(backend.tokens, ["secret", "secret", "secret"]);
  assert.deepEqual(balancer.names, ["shop"]);
  assert.equal(channel.state, "READY");
  for (const agent of [...backend.userAgents, ...balancer.userAgents])
    assert.match(agent, /^till\/1\.0 grebe/);
  assert.equal(balancer.streams, 1);
  await channel.close();
  await until(() => balancer.streams === 0, "the stream is over");
});

test("WithTargetNameFieldInConfig: the name is what the target names, whatever the authority", async () => {
  const { balancer, backends } = await startAll(1);
  balancer.list(entry(backends[0]!.address));
  const name = new LiveName();
  name.give([balancer.address]);
  for (const options of [{}, { authority: "tls-name.example" }]) {
    const { client } = callerOf("reg:///svc/orders", {
      policy: grpclb(),
      resolvers: [{ scheme: "reg", resolver: name }],
      ...options,
    });
    await client.one({}, ready);
  }
  assert.deepEqual(balancer.names, ["svc/orders", "svc/orders"]);
  assert.deepEqual(balancer.authorities, ["svc%2Forders", "tls-name.example"]);
});

test("GRPCLB_Weighted: calls follow the list exactly", async () => {
  const { balancer, backends } = await startAll(2);
  const [a, b] = backends as [LiveBackend, LiveBackend];
  balancer.list(entry(a.address, "a1"), entry(b.address, "b"), entry(a.address, "a2"));
  const { name, client } = shop();
  name.give([balancer.address]);
  await reach(client, a, b);
  for (let done = 0; done < 900; done += 90) {
    await Promise.all(Array.from({ length: 90 }, () => client.one({})));
  }
  const count = (token: string) => [...a.tokens, ...b.tokens].filter((each) => each === token).length;
  assert.deepEqual([a.calls, b.calls, count("a1"), count("a2")], [600, 300, 300, 300]);
});

test("GRPCLB_DropRequest: every third call is dropped, also one that waits for ready; never retried; a stop is no new start", async () => {
  const { balancer, backends } = await startAll(2);
  const [a, b] = backends as [LiveBackend, LiveBackend];
  balancer.list(entry(a.address, "a"), entry(b.address, "b"), dropEntry("d"));
  const retryPolicy = {
    maxAttempts: 3,
    initialBackoff: "0.001s",
    maxBackoff: "0.001s",
    backoffMultiplier: 1,
    retryableStatusCodes: ["UNAVAILABLE"],
  } as const;
  const { name, client, channel } = shop({ serviceConfig: { methodConfig: [{ name: [{}], retryPolicy }] } });
  name.give([balancer.address]);
  await reach(client, a, b);
  for (const options of [{}, ready]) {
    const text = await sequence(client, backends, 9, options);
    assert.match(text.repeat(2), /(?:01-01-01-|10-10-10-)/);
  }
  const dropped = await (async () => {
    while (true) {
      const error = await client.one({}, ready).then(
        () => undefined,
        (reason: StatusError) => reason,
      );
      if (error !== undefined) return error;
    }
  })();
  assert.equal(dropped.code, StatusCode.UNAVAILABLE);
  assert.equal(dropped.text, "request dropped by grpclb");
  // Two calls, then a drop is next.
  await sequence(client, backends, 2);
  await a.stop();
  const lost = () => channel.inspect().subchannels.some(({ state }) => state !== "READY");
  await until(lost, "its connection is gone");
  assert.match(await sequence(client, backends, 6, ready), /^-11-11$/);
});

test("GRPCLB_BalancerDisconnects: the second balancer takes over when the first one is stopped", async () => {
  const { balancer: first, backends } = await startAll(2);
  const second = await LiveBalancer.start();
  const [a, b] = backends as [LiveBackend, LiveBackend];
  first.list(entry(a.address));
  second.list(entry(b.address));
  const { name, client } = shop();
  name.give([first.address, second.address]);
  await reach(client, a);
  assert.equal(second.streams, 0);
  await first.stop();
  await reach(client, b);
  assert.equal(second.streams, 1);
  assert.match(await sequence(client, backends, 4), /^1111$/);
});

test("a balancer that is no longer listed steers no more, though it lives on", async () => {
  const { balancer: first, backends } = await startAll(2);
  const second = await LiveBalancer.start();
  const [a, b] = backends as [LiveBackend, LiveBackend];
  first.list(entry(a.address));
  second.list(entry(b.address));
  const { name, client } = shop();
  name.give([first.address, second.address]);
  await reach(client, a);
  name.give([second.address]);
  await reach(client, b);
  await until(() => first.streams === 0, "the stream to the first is over");
  first.list(entry(a.address, "stale"));
  assert.equal(await sequence(client, backends, 4), "1111");
  assert.deepEqual([first.streams, second.streams], [0, 1]);
});

test("GRPCLB_Fallback: bad balancer; good one; balancer and backend die; both are back", async () => {
  const { balancer, backends } = await startAll(3);
  const [a, b, spare] = backends as [LiveBackend, LiveBackend, LiveBackend];
  balancer.list(entry(a.address, "a"));
  const { name, client } = shop();
  name.give([gone], [spare.address]);
  await reach(client, spare);
  name.give([balancer.address], [spare.address]);
  await reach(client, a);
  balancer.fail(StatusError.unavailable("out of order"));
  assert.equal(await sequence(client, backends, 2), "00");
  await a.stop();
  await reach(client, spare);
  await client.one({});
  assert.deepEqual(spare.tokens, [undefined]);
  balancer.refusal = undefined;
  balancer.list(entry(b.address, "b"));
  await reach(client, b);
  assert.equal(await sequence(client, backends, 2), "11");
});

test("GRPCLB_Fallback: a balancer that never answers is waited for as long as the config says", async () => {
  const { balancer, backends } = await startAll(1);
  const [spare] = backends as [LiveBackend];
  balancer.silent = true;
  const { name, client } = shop({ policy: grpclb({ initialFallbackTimeoutMs: 60 }) });
  name.give([balancer.address], [spare.address]);
  const startedAt = performance.now();
  await client.one({});
  assert.ok(performance.now() - startedAt >= 59);
});

test("GRPCLB_ExplicitFallback: there and back", async () => {
  const { balancer, backends } = await startAll(2);
  const [a, spare] = backends as [LiveBackend, LiveBackend];
  balancer.list(entry(a.address, "a"));
  const { name, client } = shop();
  name.give([balancer.address], [spare.address]);
  await reach(client, a);
  balancer.fallback();
  await reach(client, spare);
  balancer.list(entry(a.address, "a"));
  await reach(client, a);
});

test("GRPCLB_FallBackWithNoServerAddress: balancers come and go", async () => {
  const { balancer, backends } = await startAll(2);
  const [a, spare] = backends as [LiveBackend, LiveBackend];
  balancer.list(entry(a.address, "a"));
  const { name, client } = shop();
  for (let i = 0; i < 2; i++) {
    name.give([], [spare.address]);
    await reach(client, spare);
    name.give([balancer.address], [spare.address]);
    await reach(client, a);
  }
});

test("GRPCLB_BackendConnectionErrorPropagation: calls say why the fallback cannot be reached", async () => {
  const { name, client } = shop();
  name.give([], [gone]);
  const error = await failureOf(client.one({}));
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.match(error.text, /127\.0\.0\.1:1: .*ECONNREFUSED/);
});

test("GRPCLB_PickFirst: one backend, moved by the list", async () => {
  const { balancer, backends } = await startAll(3);
  const [a, , c] = backends as [LiveBackend, LiveBackend, LiveBackend];
  const entries = backends.map(({ address }, i) => entry(address, `t${i}`));
  balancer.list(...entries);
  const { name, client } = shop({ policy: grpclb({ childPolicy: pickFirst() }) });
  name.give([balancer.address]);
  await reach(client, a);
  assert.equal(await sequence(client, backends, 5), "00000");
  balancer.list(...entries.slice(2));
  await reach(client, c);
  balancer.list(...entries.slice(1));
  assert.equal(await sequence(client, backends, 5), "22222");
});

test("EmptyServerList: calls fail while the list is empty", async () => {
  const { balancer, backends } = await startAll(1);
  const [a] = backends as [LiveBackend];
  balancer.list(entry(a.address));
  const { name, client, channel } = shop();
  name.give([balancer.address]);
  await reach(client, a);
  balancer.list();
  await until(() => channel.state === "TRANSIENT_FAILURE", "the list is there");
  assert.equal((await failureOf(client.one({}))).code, StatusCode.UNAVAILABLE);
  balancer.list(entry(a.address));
  await reach(client, a);
});

test("load reports add up to the calls that were made, exactly: unary ones, streams and drops", async () => {
  const backends = [await LiveBackend.start(), await LiveBackend.start()];
  const balancer = await LiveBalancer.start(100);
  balancer.list(
    ...backends.map(({ address }) => entry(address)),
    dropEntry("d"),
    entry(backends[0]!.address),
  );
  const { name, client } = shop();
  name.give([balancer.address]);
  let dropped = 0;
  const count = (error: StatusError): void => {
    okToDrop(error);
    dropped += 1;
  };
  for (let done = 0; done < 1000; done += 100) {
    await Promise.all([
      ...Array.from({ length: 80 }, () => client.one({}, ready).catch(count)),
      ...Array.from({ length: 20 }, async () => {
        try {
          for await (const _ of client.chat([{}, {}], ready));
        } catch (error) {
          count(error as StatusError);
        }
      }),
    ]);
  }
  await until(() => balancer.told.finished >= 1000, "the last report is there");
  const tokens = balancer.reports.flatMap((report) => report.callsFinishedWithDrop);
  assert.deepEqual(
    {
      ...balancer.told,
      dropped: tokens.reduce((total, { numCalls }) => total + Number(numCalls), 0),
      tokens: [...new Set(tokens.map(({ loadBalanceToken }) => loadBalanceToken))],
    },
    { started: 1000, finished: 1000, failedToSend: 0, known: 1000 - dropped, dropped, tokens: ["d"] },
  );
  assert.equal(backends[0]!.calls + backends[1]!.calls, 1000 - dropped);
  assert.ok(Math.abs(dropped - 250) <= 10, String(dropped));
});

test("calls whose headers cannot be sent fail between their pick and their start, and are told as such", async () => {
  const backend = await LiveBackend.start();
  const balancer = await LiveBalancer.start(100);
  balancer.list(entry(backend.address));
  const { name, client } = shop();
  name.give([balancer.address]);
  await client.one({}, ready);
  const metadata = { connection: "close" };
  for (let i = 0; i < 39; i++) {
    assert.match(
      (await failureOf(client.one({}, { metadata }))).text,
      /the header connection is not a call's/,
    );
  }
  await until(() => balancer.told.finished >= 40, "the last report is there");
  assert.deepEqual(balancer.told, { started: 40, finished: 40, failedToSend: 39, known: 1 });
  assert.equal(backend.calls, 1);
});

test("a balancer that sends garbage, before or after its greeting, is fallen back from, and is not asked in a circle", async () => {
  const frame = (...bytes: number[]) => Buffer.from([0, 0, 0, 0, bytes.length, ...bytes]);
  const welcome = frame(0x0a, 0x00);
  const spare = await LiveBackend.start();
  for (const frames of [
    [frame(0xff, 0xff, 0xff)],
    [welcome, frame(0x12, 0x7f, 0x01)],
    [welcome, Buffer.from([9, 9, 9, 9, 9, 9, 9])],
    [welcome, welcome, Buffer.alloc(0)],
  ]) {
    let streams = 0;
    const { address } = await startHttp2((stream) => {
      streams += 1;
      stream.respond(responseHeaders, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.concat(frames));
    });
    const { name, client, channel } = shop();
    name.give([address], [spare.address]);
    await reach(client, spare);
    for (let i = 0; i < 20; i++) await client.one({});
    assert.ok(streams < 10, String(streams));
    await channel.close();
  }
});

test("12.3: balancers are found by SRV records, and are called by their names there", async () => {
  const { balancer, backends } = await startAll(1);
  balancer.list(entry(backends[0]!.address));
  const server = await DnsServer.listen();
  closeLater(() => server.close());
  const port = Number(balancer.address.split(":")[1]);
  server.zones.set("_grpclb._tcp.shop.test", {
    SRV: [{ name: "lb.shop.test", port, priority: 1, weight: 1 }],
  });
  server.zones.set("lb.shop.test", { A: ["127.0.0.1"] });
  const { client } = callerOf(`dns://${server.address}/shop.test:50051`, {
    policy: grpclb(),
    resolvers: [dnsResolver({ srv: true })],
  });
  await reach(client, backends[0]!);
  assert.deepEqual(balancer.names, ["shop.test:50051"]);
  assert.deepEqual(balancer.authorities, ["lb.shop.test"]);
});

test("12.3: SRV records that cannot be had for a moment: no balancer is forgotten, and they are asked for again", async () => {
  const { balancer, backends } = await startAll(2);
  const [a, spare] = backends as [LiveBackend, LiveBackend];
  balancer.list(entry(a.address));
  const server = await DnsServer.listen();
  closeLater(() => server.close());
  const records = "_grpclb._tcp.shop.test";
  const port = Number(balancer.address.split(":")[1]);
  const good = { SRV: [{ name: "lb.shop.test", port, priority: 1, weight: 1 }] };
  const asked = () => server.questions.filter((question) => question === `SRV ${records}`).length;
  server.zones.set("shop.test", { A: ["127.0.0.1"] });
  server.zones.set("lb.shop.test", { A: ["127.0.0.1"] });
  server.zones.set(records, { fails: "SERVFAIL" });
  const { client, channel } = callerOf(`dns://${server.address}/shop.test:${spare.address.split(":")[1]}`, {
    policy: grpclb(),
    resolvers: [dnsResolver({ srv: true, minIntervalMs: 20, backoff: { initialMs: 20, maxMs: 50 } })],
  });
  await reach(client, spare);
  server.zones.set(records, good);
  await reach(client, a);
  spare.tokens.length = 0;
  // The stream is lost, and the name resolved again.
  server.zones.set(records, { fails: "SERVFAIL" });
  const before = asked();
  balancer.fail(StatusError.unavailable("out of order"));
  await until(() => asked() > before + 2, "the records are asked for");
  assert.deepEqual(channel.inspect().policy?.detail?.balancers, [`127.0.0.1:${port}`]);
  assert.equal(await sequence(client, backends, 3), "000");
  balancer.refusal = undefined;
  channel.resetBackoff();
  await until(() => balancer.streams === 1, "the balancer is asked again");
  assert.equal(spare.calls, 0);
});
