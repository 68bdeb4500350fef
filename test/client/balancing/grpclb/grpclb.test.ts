/** What the balancer says is done: lists, drops, tokens. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress } from "../../../../lib/client/naming/endpoint.js";
import { StatusCode } from "../../../../lib/rpc/index.js";
import { endpoints, seeded } from "../../doubles.js";
import { BALANCER, dropEntry, entry, OTHER_BALANCER, serving, start, tokenOf } from "./support.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";
const C = "3.3.3.3:3";

const pickFirst = { childPolicy: [{ pick_first: {} }] };

test("GRPCLB_Basic: the balancer is asked, a call reaches its backend and carries the token", () => {
  const { helper } = start();
  assert.equal(helper.state, "CONNECTING");
  assert.equal(helper.pick().kind, "queue");
  assert.equal(helper.control.options.authority, "authority.test");
  assert.equal(helper.control.options.serviceConfig, undefined);
  assert.deepEqual(helper.control.options.keepalive, {
    timeMs: 20_000,
    timeoutMs: 10_000,
    withoutCalls: true,
  });
  assert.deepEqual(helper.control.addresses, [BALANCER]);
  assert.equal(helper.stream.options.waitForReady, true);
  assert.equal(helper.stream.name, "svc/orders:80");
  helper.stream.welcome();
  helper.stream.list(entry(A, "secret"));
  assert.equal(helper.state, "CONNECTING");
  helper.at(A).become("READY");
  assert.equal(helper.state, "READY");
  const pick = helper.completePick();
  assert.deepEqual(pick.headers, { "lb-token": "secret" });
  assert.equal(pick.subchannel.address, helper.at(A).address);
});

test("a backend without a token gets none", () => {
  const { helper } = start();
  helper.stream.welcome();
  helper.stream.list(entry(A));
  helper.connectAll();
  assert.equal(helper.completePick().headers, undefined);
});

test("GRPCLB_Weighted: one that is listed twice gets twice the calls, each entry with its own token", () => {
  const { helper } = start({}, seeded(7));
  helper.stream.welcome();
  helper.stream.list(entry(A, "a1"), entry(B, "b"), entry(A, "a2"));
  assert.equal(helper.alive.length, 2);
  helper.connectAll();
  assert.deepEqual(helper.pickCounts(3000), { [A]: 2000, [B]: 1000 });
  const tokens = Array.from({ length: 6 }, () => tokenOf(helper.pick()));
  const from = tokens.indexOf("a1");
  assert.deepEqual([...tokens.slice(from), ...tokens.slice(0, from)], ["a1", "b", "a2", "a1", "b", "a2"]);
  helper.stream.list(entry(A, "a"), ...Array.from({ length: 4 }, (_, i) => entry(B, `b${i}`)));
  assert.deepEqual(helper.pickCounts(5000), { [A]: 1000, [B]: 4000 });
});

test("GRPCLB_Weighted: in pick_first mode the tokens of the picked address take turns", () => {
  const { helper } = start({ config: pickFirst });
  helper.stream.welcome();
  helper.stream.list(entry(A, "a1"), entry(B, "b"), entry(A, "a2"), entry(A));
  helper.at(A).become("READY");
  const tokens = Array.from({ length: 4 }, () => tokenOf(helper.pick()));
  assert.deepEqual(tokens, ["a1", "a2", undefined, "a1"]);
});

test("GRPCLB_DropRequest: the sequence of the list, which a change among the backends does not begin anew", () => {
  const { helper } = start();
  helper.stream.welcome();
  helper.stream.list(entry(A, "a"), entry(B, "b"), dropEntry("d"));
  // Nothing is dropped before there is a backend that calls could go to.
  assert.deepEqual(helper.sequence(3), ["queue", "queue", "queue"]);
  helper.connectAll();
  assert.deepEqual(helper.sequence(6), [A, B, "drop", A, B, "drop"]);
  const error = (() => {
    helper.sequence(2);
    return helper.pickError();
  })();
  assert.equal(error.code, StatusCode.UNAVAILABLE);
  assert.equal(error.text, "request dropped by grpclb");
  helper.sequence(1);
  helper.at(A).become("IDLE");
  assert.deepEqual(helper.sequence(5), [B, "drop", B, B, "drop"]);
  // Without any, calls wait, and drops with them.
  helper.at(B).become("IDLE");
  assert.deepEqual(helper.sequence(3), ["queue", "queue", "queue"]);
  helper.at(B).become("READY");
  assert.deepEqual(helper.sequence(3), [B, B, "drop"]);
  // Another list begins at its first entry.
  helper.sequence(1);
  helper.stream.list(entry(B, "b"), dropEntry("d"));
  assert.deepEqual(helper.sequence(4), [B, "drop", B, "drop"]);
});

test("GRPCLB_DropRequest: in pick_first mode too", () => {
  const { helper } = start({ config: pickFirst });
  helper.stream.welcome();
  helper.stream.list(dropEntry("d"), entry(A, "a"), entry(B, "b"));
  helper.at(A).become("READY");
  assert.deepEqual(helper.sequence(4), ["drop", A, A, "drop"]);
});

test("a list of nothing but drops drops every call, at once", () => {
  const { helper } = start();
  helper.stream.welcome();
  helper.stream.list(dropEntry("d"), dropEntry("e"));
  assert.deepEqual(helper.sequence(3), ["drop", "drop", "drop"]);
  helper.stream.list(entry(A));
  helper.connectAll();
  assert.deepEqual(helper.sequence(2), [A, A]);
});

test("when backends come and go, the others' turns go on", () => {
  const { helper } = serving([A, B, C]);
  assert.deepEqual(helper.sequence(4), [A, B, C, A]);
  helper.at(C).become("IDLE");
  assert.deepEqual(helper.sequence(3), [B, A, B]);
  helper.at(C).become("READY");
  assert.deepEqual(helper.sequence(4), [C, A, B, C]);
});

test("GRPCLB_BalancerDisconnects: all balancers are known to their channel, which takes the next; a stream follows", () => {
  const { helper, give } = serving([A], { balancers: endpoints(BALANCER, OTHER_BALANCER) });
  assert.deepEqual(helper.control.addresses, [BALANCER, OTHER_BALANCER]);
  helper.stream.end(new Error("connection lost"));
  // The backends of the last list stay in use.
  assert.deepEqual(helper.sequence(1), [A]);
  assert.equal(helper.reresolutions, 1);
  assert.equal(helper.control.streams.length, 2);
  assert.equal(helper.controls.length, 1);
  helper.stream.welcome();
  helper.stream.backends(B);
  helper.connectAll();
  assert.deepEqual(helper.sequence(2), [B, B]);
  // More addresses are told to the same channel; its stream goes on.
  const all = endpoints("9.9.9.3:3", OTHER_BALANCER, BALANCER);
  give({ balancers: all });
  assert.deepEqual(helper.control.addresses, ["9.9.9.3:3", OTHER_BALANCER, BALANCER]);
  assert.equal(helper.control.streams.length, 2);
  // When one has left, it may be the one that the stream goes to.
  for (const [i, balancers] of [all.slice(1), all.slice(1, 2), endpoints("9.9.9.4:4")].entries()) {
    const old = helper.stream;
    give({ balancers });
    assert.equal(old.cancelled, true);
    assert.equal(helper.control.streams.length, 3 + i);
  }
  assert.equal(helper.controls.length, 1);
  assert.deepEqual(helper.sequence(2), [B, B]);
});

test("7(c)4: a list that is the same on the stream that follows other balancers is a new list", () => {
  const { helper, give } = start();
  const list = () => helper.stream.list(entry(A, "a"), dropEntry("d"));
  helper.stream.welcome();
  list();
  helper.connectAll();
  assert.deepEqual(helper.sequence(1), [A]);
  give({ balancers: endpoints(OTHER_BALANCER) });
  helper.stream.welcome();
  list();
  assert.deepEqual(helper.sequence(2), [A, "drop"]);
});

test("a stream that was greeted is followed by another at once; one that was not, after growing waits", () => {
  const { helper } = start({ fallback: [C] }, () => 0.5);
  const waits: (number | undefined)[] = [];
  for (let i = 0; i < 14; i++) {
    const streams = helper.control.streams.length;
    helper.stream.end(new Error("refused"));
    assert.equal(helper.control.streams.length, streams);
    waits.push(helper.clock.nextInMs);
    helper.clock.advance(helper.clock.nextInMs!);
    assert.equal(helper.control.streams.length, streams + 1);
  }
  assert.deepEqual(
    waits.map((ms) => Math.round(ms!)),
    [1000, 1600, 2560, 4096, 6554, 10486, 16777, 26844, 42950, 68719, 109951, 120000, 120000, 120000],
  );
  helper.stream.welcome();
  helper.clock.advance(5000);
  const streams = helper.control.streams.length;
  helper.stream.end();
  assert.equal(helper.control.streams.length, streams + 1);
  helper.stream.end();
  assert.equal(helper.clock.nextInMs, 1000);
  assert.equal(helper.reresolutions, 16);
});

test("a first message that greets nobody is an error of the stream", () => {
  const { helper } = start({ fallback: [C] });
  const stream = helper.stream;
  stream.backends(A);
  assert.equal(stream.cancelled, true);
  assert.deepEqual(
    helper.alive.map(({ name }) => name),
    [C],
  );
  assert.equal(helper.control.streams.length, 1);
  helper.clock.advance(helper.clock.nextInMs!);
  assert.equal(helper.control.streams.length, 2);
  helper.stream.welcome();
  // Later ones that say nothing, or greet again, are ignored.
  helper.stream.send({});
  helper.stream.welcome(1);
  assert.equal(helper.stream.cancelled, false);
});

test("resetBackoff ends the wait for the next stream, and goes to the backends", () => {
  const { helper, balancer } = start({ fallback: [C] });
  helper.stream.end();
  balancer.resetBackoff();
  assert.equal(helper.control.streams.length, 2);
  assert.equal(helper.at(C).backoffResets, 1);
  helper.stream.welcome();
  balancer.resetBackoff();
  assert.equal(helper.control.streams.length, 2);
});

test("GRPCLB_PickFirst: the first address that answers; a list change moves calls only if it must; then round_robin", () => {
  const { helper, give } = start({ config: pickFirst });
  helper.stream.welcome();
  helper.stream.backends(A, B, C);
  helper.at(A).become("READY");
  assert.deepEqual(helper.sequence(3), [A, A, A]);
  helper.stream.backends(C);
  helper.at(C).become("READY");
  assert.deepEqual(helper.sequence(3), [C, C, C]);
  // Its connection is in the new list too.
  helper.stream.backends(B, C);
  assert.deepEqual(helper.sequence(3), [C, C, C]);
  assert.equal(tokenOf(helper.pick()), "token-1");
  // Another config, and all of the list are used; the connection that there is stays.
  const before = helper.at(C);
  give();
  assert.deepEqual(helper.sequence(2), [C, C]);
  assert.equal(helper.at(C), before);
  helper.connectAll();
  assert.deepEqual([...new Set(helper.sequence(4))].sort(), [B, C]);
  helper.stream.backends(A, B, C);
  helper.connectAll();
  assert.deepEqual(helper.sequence(6), [A, B, C, A, B, C]);
  // And back.
  give({ config: pickFirst });
  assert.deepEqual(helper.sequence(3), [A, A, A]);
});

test("resetBackoff forgives streams that were short", () => {
  const { helper, balancer } = start({ fallback: [C] });
  const hangUp = () => {
    const { stream } = helper;
    stream.welcome();
    stream.end();
    return helper.control.streams.length;
  };
  assert.deepEqual([hangUp(), hangUp(), hangUp(), hangUp()], [2, 3, 4, 4]);
  balancer.resetBackoff();
  assert.deepEqual([hangUp(), hangUp(), hangUp(), hangUp()], [6, 7, 8, 8]);
});

test("GRPCLB_PickFirst: A is lost, B takes over, A comes back: calls go by the connection that there is", () => {
  const { helper } = start({ config: pickFirst });
  helper.stream.welcome();
  helper.stream.backends(A, B);
  const goes = (address: string, token: string) => {
    const pick = helper.completePick();
    assert.equal(formatAddress(pick.subchannel.address), address);
    assert.equal(pick.subchannel.status.state, "READY");
    assert.equal(tokenOf(pick), token);
    return pick.subchannel;
  };
  helper.at(A).become("READY");
  const first = goes(A, "token-0");
  helper.at(A).become("IDLE");
  helper.at(A).become("TRANSIENT_FAILURE");
  helper.at(B).become("READY");
  goes(B, "token-1");
  helper.at(B).become("IDLE");
  helper.at(A).become("IDLE");
  helper.at(A).succeed();
  assert.notEqual(goes(A, "token-0"), first);
});

test("GRPCLB_PickFirst: a lost connection is mended without waiting for a call", () => {
  const { helper } = start({ config: pickFirst });
  helper.stream.welcome();
  helper.stream.backends(A, B);
  helper.at(A).become("READY");
  const { connects } = helper.at(A);
  helper.at(A).become("IDLE");
  assert.equal(helper.at(A).connects, connects + 1);
  assert.equal(helper.state, "CONNECTING");
  assert.ok(!helper.states.includes("IDLE"));
});

for (const [mode, config] of [
  ["RoundRobin", {}],
  ["PickFirst", pickFirst],
] as const) {
  test(`EmptyServerList${mode}: calls fail while the list is empty, and go on with the next`, () => {
    const { helper } = serving([A], { config });
    assert.deepEqual(helper.sequence(1), [A]);
    helper.stream.list();
    assert.equal(helper.state, "TRANSIENT_FAILURE");
    assert.equal(helper.pickError().code, StatusCode.UNAVAILABLE);
    assert.match(helper.pickError().text, /^all SubConns are in TransientFailure/);
    helper.stream.backends(A);
    helper.connectAll();
    assert.deepEqual(helper.sequence(1), [A]);
    // The connection was kept, for a while.
    assert.equal(helper.subchannels.length, 1);
  });

  test(`an empty list as the first one is no reason to fall back (${mode})`, () => {
    const { helper } = start({ config, fallback: [C] });
    helper.stream.welcome();
    helper.stream.list();
    helper.clock.advance(60_000);
    assert.equal(helper.state, "TRANSIENT_FAILURE");
    assert.deepEqual(helper.alive, []);
  });
}

test("WithTargetNameFieldInConfig: the name is what the target names, port and all, unless the config has one; another name, another stream", () => {
  const { helper, give } = serving([A]);
  const first = helper.stream;
  assert.equal(first.name, "svc/orders:80");
  give({ config: { serviceName: "orders.prod" } });
  assert.equal(first.cancelled, true);
  assert.equal(helper.stream.name, "orders.prod");
  assert.equal(helper.controls.length, 1);
  assert.deepEqual(helper.sequence(1), [A]);
  // The new stream's list is applied, though it is the same.
  const published = helper.published.length;
  helper.stream.welcome();
  helper.stream.backends(A);
  assert.equal(helper.published.length, published + 1);
  give({ config: { serviceName: "orders.prod" } });
  assert.equal(helper.control.streams.length, 2);
  give();
  assert.equal(helper.stream.name, "svc/orders:80");
});

test("a target too long to be told is no name: the fallback serves, until the config has a name", () => {
  const long = "x".repeat(256);
  const { helper, give } = start({ fallback: [C] }, undefined, long);
  assert.equal(helper.controls.length, 0);
  helper.connectAll();
  assert.deepEqual(helper.sequence(1), [C]);
  const [line] = helper.logger.lines.filter(({ level }) => level === "warn");
  assert.match(
    String(line!.fields.reason),
    /^the target is longer than the 255 bytes of a name: set serviceName$/,
  );
  give({ fallback: [C], config: { serviceName: "orders" } });
  assert.equal(helper.stream.name, "orders");
  // Back to none: there is nobody to ask.
  give({ fallback: [C] });
  assert.equal(helper.control.closed, true);
  const { helper: other } = start({}, undefined, long);
  assert.match(
    other.pickError().text,
    /no addresses to fall back to: the target is longer than the 255 bytes/,
  );
  assert.equal(start({}, undefined, long.slice(1)).helper.stream.name, long.slice(1));
});

test("the same list again changes nothing; on the next stream it is a new list", () => {
  const { helper } = start();
  helper.stream.welcome();
  helper.stream.list(entry(A, "a"), dropEntry("d"));
  helper.connectAll();
  assert.deepEqual(helper.sequence(1), [A]);
  const published = helper.published.length;
  helper.stream.list(entry(A, "a"), dropEntry("d"));
  assert.equal(helper.published.length, published);
  assert.deepEqual(helper.sequence(2), ["drop", A]);
  helper.stream.end();
  helper.stream.welcome();
  helper.stream.list(entry(A, "a"), dropEntry("d"));
  assert.deepEqual(helper.sequence(2), [A, "drop"]);
  assert.equal(helper.subchannels.length, 1);
});

test("a backend that is no longer listed keeps its connection for 10 s", () => {
  const { helper } = serving([A, B]);
  const kept = helper.at(B);
  helper.stream.backends(A);
  assert.deepEqual(helper.sequence(3), [A, A, A]);
  helper.clock.advance(9999);
  helper.stream.backends(A, B);
  assert.deepEqual(helper.sequence(2), [A, B]);
  assert.equal(helper.at(B), kept);
  helper.stream.backends(A);
  helper.clock.advance(10_000);
  assert.equal(kept.released, true);
});

test("in pick_first mode addresses that lost the race are let go at once", () => {
  const { helper } = start({ config: pickFirst });
  helper.stream.welcome();
  helper.stream.backends(A, B);
  helper.clock.advance(250);
  const loser = helper.at(B);
  helper.at(A).become("READY");
  assert.equal(loser.released, true);
});

test("A17: no backend of the balancer is asked for its health", () => {
  for (const config of [{}, pickFirst]) {
    const { helper } = start({ config });
    helper.stream.welcome();
    helper.stream.backends(A);
    helper.at(A).health = { state: "CONNECTING" };
    helper.at(A).become("READY");
    assert.equal(helper.at(A).watchesHealth, false);
    assert.equal(helper.state, "READY");
  }
});

test("backends of the balancer never make the resolver look again; its errors are ignored while there is a list", () => {
  const { helper, balancer } = serving([A], { fallback: [C] });
  helper.at(A).become("IDLE");
  helper.at(A).become("TRANSIENT_FAILURE");
  assert.equal(helper.reresolutions, 0);
  assert.equal(helper.state, "TRANSIENT_FAILURE");
  assert.match(helper.pickError().text, /1\.1\.1\.1:1 refused/);
  balancer.resolverError(helper.pickError());
  assert.match(helper.pickError().text, /^1\.1\.1\.1:1 refused/);
});

test("states are those of the backends, and one that has failed stays so until it is READY", () => {
  const { helper } = start();
  helper.stream.welcome();
  helper.stream.backends(A, B);
  helper.at(A).become("TRANSIENT_FAILURE");
  assert.equal(helper.state, "CONNECTING");
  helper.at(B).become("TRANSIENT_FAILURE");
  assert.equal(helper.state, "TRANSIENT_FAILURE");
  helper.at(A).become("IDLE");
  assert.equal(helper.at(A).status.state, "CONNECTING");
  assert.equal(helper.state, "TRANSIENT_FAILURE");
  helper.at(A).become("READY");
  assert.equal(helper.state, "READY");
});

test("describe tells the mode, the balancers and the backends", () => {
  const { helper, balancer } = serving([A]);
  const { policy, state, detail, children } = balancer.describe();
  assert.deepEqual([policy, state], ["grpclb", "READY"]);
  assert.deepEqual(detail, {
    mode: "list",
    balancers: [BALANCER],
    serviceName: "svc/orders:80",
    inContact: true,
  });
  assert.deepEqual(
    children!.map(({ name, policy: child, children: below }) => [name, child, below?.[0]?.name]),
    [["list", "round_robin", A]],
  );
  assert.equal(helper.clock.pending, 0);
});

test("close ends everything, and nobody is heard any more", () => {
  const { helper, balancer } = serving([A, B]);
  const { control, stream } = helper;
  helper.stream.backends(A);
  const published = helper.published.length;
  balancer.close();
  assert.equal(control.closed, true);
  assert.equal(stream.cancelled, true);
  assert.deepEqual(helper.alive, []);
  assert.equal(helper.clock.pending, 0);
  stream.responses.next({});
  control.connectivity.next("TRANSIENT_FAILURE");
  assert.equal(helper.published.length, published);
  assert.equal(helper.subchannels.length, 2);
});
