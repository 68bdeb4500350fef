/** What the service promises beyond the official cases. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import { checkAtEnd, settled, turn, until } from "../server/support.js";
import { type Message, type Outcome, outcomeOf, zeros } from "./client.js";
import { type Service, startService } from "./service.js";

let service: Service;
checkAtEnd();
before(async () => {
  service = await startService();
});

test("an unknown response_type or a negative size is INVALID_ARGUMENT, and size 0 is legal", async () => {
  const { client } = service;
  const stream = (request: Message) => outcomeOf(client.serverStream("StreamingOutputCall", request));
  const refused: Outcome[] = [
    await client.unary("UnaryCall", { responseType: 7 }),
    await client.unary("UnaryCall", { responseSize: -1 }),
    await stream({ responseType: 7, responseParameters: [{ size: 1 }] }),
    await stream({ responseParameters: [{ size: 1 }, { size: -1 }] }),
  ];
  const conversation = client.converse("FullDuplexCall");
  conversation.send({ responseParameters: [{ size: -1 }] });
  refused.push(await conversation.outcome);
  for (const { status: end, messages } of refused) {
    assert.equal(end.code, status.INVALID_ARGUMENT, end.details);
    assert.deepEqual(messages, []);
  }
  const empty = await client.unary("UnaryCall", { responseSize: 0 });
  assert.equal(empty.messages[0]?.payload?.body.length, 0);
  const emptyStream = await stream({ responseParameters: [{ size: 0 }] });
  assert.equal(emptyStream.messages[0]?.payload?.body.length, 0);
});

test("each metadata key is echoed by itself, on EmptyCall and on failed calls too", async () => {
  const initial = new Metadata();
  initial.set("x-grpc-test-echo-initial", "first");
  const trailing = new Metadata();
  trailing.set("x-grpc-test-echo-trailing-bin", Buffer.from([0, 1, 254, 255]));
  const both = initial.clone();
  both.merge(trailing);

  const echoes = ({ headers, status: end }: Outcome) => [
    headers?.get("x-grpc-test-echo-initial") ?? [],
    end.metadata.get("x-grpc-test-echo-trailing-bin"),
  ];
  const bytes = Buffer.from([0, 1, 254, 255]);
  const { client } = service;
  assert.deepEqual(echoes(await client.unary("EmptyCall", {}, { metadata: initial })), [["first"], []]);
  assert.deepEqual(echoes(await client.unary("EmptyCall", {}, { metadata: trailing })), [[], [bytes]]);
  const failed = { responseStatus: { code: 9, message: "as asked" } };
  const unary = await client.unary("UnaryCall", failed, { metadata: both });
  const conversation = client.converse("FullDuplexCall", { metadata: both });
  conversation.send(failed);
  const invalid = await client.unary("UnaryCall", { responseSize: -1 }, { metadata: both });
  for (const outcome of [unary, await conversation.outcome, invalid]) {
    assert.notEqual(outcome.status.code, status.OK);
    assert.deepEqual(echoes(outcome), [["first"], [bytes]]);
  }
});

test("a response_status ends a stream, and what comes after it is ignored", async () => {
  const conversation = service.client.converse("FullDuplexCall");
  conversation.send({ responseParameters: [{ size: 1 }] });
  conversation.send({ responseStatus: { code: 10, message: "enough" }, responseParameters: [{ size: 2 }] });
  conversation.send({ responseParameters: [{ size: 3 }] });
  const { messages, status: end } = await conversation.end();
  assert.deepEqual([end.code, end.details, messages.length], [status.ABORTED, "enough", 1]);
});

test("a response_status of code 0 is none", async () => {
  const { messages, status: end } = await service.client.unary("UnaryCall", {
    responseStatus: { code: 0, message: "nothing" },
    responseSize: 5,
  });
  assert.deepEqual([end.code, messages[0]?.payload?.body.length], [status.OK, 5]);
});

test("interval_us is waited for before each reply, one after the other", async () => {
  const { client, clock } = service;
  const conversation = client.converse("FullDuplexCall");
  conversation.send({
    responseParameters: [
      { size: 1, intervalUs: 2000 },
      { size: 2, intervalUs: 3000 },
    ],
  });
  for (const [size, intervalMs] of [
    [1, 2],
    [2, 3],
  ] as const) {
    await until(() => clock.pending === 1, "the reply is due");
    clock.advance(intervalMs - 1);
    await turn();
    assert.equal(clock.pending, 1);
    clock.advance(1);
    assert.equal((await conversation.next())?.payload?.body.length, size);
  }
  assert.equal((await conversation.end()).status.code, status.OK);
});

test("a cancelled call waits no longer", async () => {
  const { client, clock } = service;
  const conversation = client.converse("FullDuplexCall");
  conversation.send({ responseParameters: [{ size: 1, intervalUs: 2_000_000_000 }] });
  await until(() => clock.pending === 1, "the reply is due");
  conversation.cancel();
  await until(() => clock.pending === 0, "the pause has ended");
  assert.equal((await conversation.outcome).status.code, status.CANCELLED);
});

test("HalfDuplexCall answers when the client has sent the last message", async () => {
  const conversation = service.client.converse("HalfDuplexCall");
  conversation.send({ responseParameters: [{ size: 1 }, { size: 2 }] });
  conversation.send({ responseParameters: [{ size: 3 }] });
  await settled(() => service.witness.received);
  assert.equal(conversation.waiting, 0);
  const { messages, status: end } = await conversation.end();
  assert.equal(end.code, status.OK);
  assert.deepEqual(
    messages.map(({ payload }) => payload?.body.length),
    [1, 2, 3],
  );
});

test("CacheableUnaryCall answers with the time in nanoseconds and headers that let proxies keep it", async () => {
  const metadata = new Metadata();
  metadata.set("x-user-ip", "1.2.3.4");
  const request = { payload: { body: Buffer.from("1") }, responseType: 7 };
  const {
    headers,
    messages,
    status: end,
  } = await service.client.unary("CacheableUnaryCall", request, { metadata });
  assert.equal(end.code, status.OK);
  assert.equal(String(messages[0]?.payload?.body), `${service.clock.now()}000000`);
  assert.deepEqual(headers?.get("cache-control"), ["max-age=60, public"]);
});

test("a bearer token fills username and oauth_scope, and an unknown one is UNAUTHENTICATED", async () => {
  const { client } = service;
  const request = { fillUsername: true, fillOauthScope: true };
  const authorized = (token: string): Metadata => {
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${token}`);
    return metadata;
  };
  const known = await client.unary("UnaryCall", request, { metadata: authorized("interop-token") });
  assert.equal(known.messages[0]?.username, "grebe-interop@example.com");
  assert.equal(known.messages[0]?.oauthScope, "interop.testing");
  const unasked = await client.unary("UnaryCall", {}, { metadata: authorized("interop-token") });
  assert.deepEqual([unasked.messages[0]?.username, unasked.messages[0]?.oauthScope], ["", ""]);
  const anonymous = await client.unary("UnaryCall", request);
  assert.deepEqual([anonymous.status.code, anonymous.messages[0]?.username], [status.OK, ""]);
  const unknown = await client.unary("UnaryCall", request, { metadata: authorized("stolen") });
  assert.equal(unknown.status.code, status.UNAUTHENTICATED);
});

test("load reports are at least a second apart, and show the request costs that are asked for", async () => {
  const { client, clock } = service;
  const conversation = client.converse("FullDuplexCall");
  conversation.send({
    orcaOobReport: { cpuUtilization: 0.5, requestCost: { disk: 1, net: 2 } },
    responseParameters: [{}],
  });
  await conversation.next();
  await conversation.end();
  const watch = client.watchLoad({ seconds: "0", nanos: 1_000_000 }, ["disk"]);
  assert.deepEqual((await watch.next())?.requestCost, { disk: 1 });
  for (let report = 0; report < 3; report++) {
    await until(() => clock.pending === 1, "the next report is due");
    clock.advance(999);
    await turn();
    assert.equal(clock.pending, 1);
    assert.equal(watch.waiting, 0);
    clock.advance(1);
    assert.equal((await watch.next())?.cpuUtilization, 0.5);
  }
  await until(() => clock.pending === 1, "the next report is due");
  watch.cancel();
  await until(() => clock.pending === 0, "the reports have ended");
});

test("one call at a time sets the server's metrics, until it ends; who gives up waiting is passed over", async () => {
  const { client } = service;
  const report = { orcaOobReport: { cpuUtilization: 0.1 }, responseParameters: [{ size: 1 }] };
  const [first, second, third] = [1, 2, 3].map(() => client.converse("FullDuplexCall"));
  first!.send(report);
  await first!.next();
  second!.send(report);
  third!.send(report);
  await settled(() => service.witness.received);
  assert.deepEqual([second!.waiting, third!.waiting], [0, 0]);
  second!.cancel();
  await second!.outcome;
  first!.send(report);
  assert.equal((await first!.next())?.payload?.body.length, 1);
  assert.equal((await first!.end()).status.code, status.OK);
  assert.equal((await third!.next())?.payload?.body.length, 1);
  assert.equal((await third!.end()).status.code, status.OK);
});

test("long_lived_channel: all calls of a channel go over one connection, as fill_peer_socket_address tells", async () => {
  const request = { responseParameters: [{ size: 1, fillPeerSocketAddress: { value: true } }] };
  const channel = service.client.another();
  const open = channel.converse("FullDuplexCall");
  const addresses = new Set<unknown>();
  for (let i = 0; i < 50; i++) {
    open.send(request);
    addresses.add((await open.next())?.peerSocketAddress);
    const { messages } = await outcomeOf(channel.serverStream("StreamingOutputCall", request));
    addresses.add(messages[0]?.peerSocketAddress);
    assert.equal((await channel.unary("EmptyCall", {})).status.code, status.OK);
  }
  assert.equal((await open.end()).status.code, status.OK);
  assert.equal(addresses.size, 1);
  assert.match(String([...addresses][0]), /^127\.0\.0\.1:\d+$/);
  channel.close();
});

test("very_large_request: 16 MiB are taken, more is RESOURCE_EXHAUSTED", async () => {
  const { client } = service;
  const frame = 16 * 1024 * 1024;
  // Field numbers, lengths: what the message has beside the body.
  const largest = await client.unary("UnaryCall", { responseSize: 1, payload: zeros(frame - 64) });
  assert.equal(largest.status.code, status.OK);
  const tooLarge = await client.unary("UnaryCall", { responseSize: 1, payload: zeros(frame) });
  assert.equal(tooLarge.status.code, status.RESOURCE_EXHAUSTED);
});

test("a connection limited to two calls lets the third one wait", async () => {
  const limited = await startService({ maxConcurrentStreams: 2 });
  const request = { responseParameters: [{ size: 1, fillPeerSocketAddress: { value: true } }] };
  // The client learns the limit from the server's settings, which come with the connection.
  assert.equal((await limited.client.unary("EmptyCall", {})).status.code, status.OK);
  const [first, second, third] = [1, 2, 3].map(() => limited.client.converse("FullDuplexCall"));
  first!.send(request);
  second!.send(request);
  assert.equal((await first!.next())?.peerSocketAddress, (await second!.next())?.peerSocketAddress);
  third!.send(request);
  await settled(() => limited.witness.started);
  assert.equal(limited.witness.started, 3);
  assert.equal((await first!.end()).status.code, status.OK);
  assert.equal((await third!.next())?.payload?.body.length, 1);
  assert.equal((await second!.end()).status.code, status.OK);
  assert.equal((await third!.end()).status.code, status.OK);
  await limited.stop();
});

test("nothing is left open, and the log is empty", async () => {
  await until(() => service.witness.ended === service.witness.started, "all calls have ended");
  assert.deepEqual(service.logger.lines, []);
  await service.stop();
});
