/** When the resolver's own addresses are used, and when no longer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../../../../lib/rpc/index.js";
import { endpoints } from "../../doubles.js";
import { BALANCER, dropEntry, entry, OTHER_BALANCER, serving, start } from "./support.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";
const C = "3.3.3.3:3";
const D = "4.4.4.4:4";

const pickFirst = { childPolicy: [{ pick_first: {} }] };

test("GRPCLB_Fallback: no list in time; a list; balancer and backend die; a list again", () => {
  const { helper, give } = start({ fallback: [C] });
  helper.clock.advance(9999);
  assert.deepEqual(helper.alive, []);
  assert.equal(helper.pick().kind, "queue");
  helper.clock.advance(1);
  helper.at(C).become("READY");
  const pick = helper.completePick();
  assert.equal(pick.headers, undefined);
  assert.deepEqual(helper.sequence(2), [C, C]);
  // A good balancer.
  give({ balancers: endpoints(OTHER_BALANCER), fallback: [C] });
  assert.deepEqual(helper.control.addresses, [OTHER_BALANCER]);
  helper.stream.welcome();
  helper.stream.backends(A);
  assert.equal(helper.alive.length, 1);
  helper.connectAll();
  assert.deepEqual(helper.sequence(2), [A, A]);
  // The balancer dies, then the backend.
  helper.stream.end(new Error("lost"));
  assert.deepEqual(helper.sequence(2), [A, A]);
  helper.at(A).become("IDLE");
  assert.equal(helper.alive.length, 1);
  helper.at(C).become("READY");
  assert.deepEqual(helper.sequence(2), [C, C]);
  // And the other way round.
  helper.stream.welcome();
  helper.stream.backends(A);
  helper.connectAll();
  helper.at(A).become("IDLE");
  assert.equal(helper.at(A).status.state, "CONNECTING");
  helper.stream.end(new Error("lost"));
  helper.at(C).become("READY");
  assert.deepEqual(helper.sequence(2), [C, C]);
});

test("GRPCLB_ExplicitFallback: the balancer says so, even while its backends are READY; the next list leads back", () => {
  const { helper } = serving([A], { fallback: [C] });
  const backend = helper.at(A);
  helper.stream.fallback();
  assert.equal(backend.released, true);
  helper.at(C).become("READY");
  assert.deepEqual(helper.sequence(2), [C, C]);
  helper.stream.fallback();
  assert.deepEqual(helper.sequence(1), [C]);
  const fallback = helper.at(C);
  helper.stream.backends(A);
  assert.equal(fallback.released, true);
  helper.connectAll();
  assert.deepEqual(helper.sequence(2), [A, A]);
});

test("GRPCLB_FallBackWithNoServerAddress: without balancers at once, without looking them up again, and back", () => {
  const { helper, give } = start({ balancers: [], fallback: [C] });
  assert.equal(helper.controls.length, 0);
  for (let i = 0; i < 2; i++) {
    helper.at(C).become("READY");
    assert.deepEqual(helper.sequence(2), [C, C]);
    give({ fallback: [C] });
    assert.equal(helper.controls.length, i + 1);
    assert.deepEqual(helper.sequence(2), [C, C]);
    helper.stream.welcome();
    helper.stream.backends(A);
    helper.connectAll();
    assert.deepEqual(helper.sequence(2), [A, A]);
    give({ balancers: [], fallback: [C] });
    assert.equal(helper.control.closed, true);
    assert.equal(helper.stream.cancelled, true);
  }
  assert.equal(helper.reresolutions, 0);
});

test("GRPCLB_BackendConnectionErrorPropagation: why no fallback backend can be reached stands in the calls' status", () => {
  for (const config of [{}, pickFirst]) {
    const { helper } = start({ balancers: [], fallback: [C], config });
    helper.at(C).become("TRANSIENT_FAILURE", "certificate has expired");
    assert.match(helper.pickError().text, /certificate has expired/);
  }
});

test("at the start, the end of the stream or unreachable balancers are enough", () => {
  const { helper } = start({ fallback: [C] });
  helper.stream.welcome();
  helper.stream.end();
  helper.at(C).become("READY");
  assert.deepEqual(helper.sequence(1), [C]);
  assert.equal(helper.control.streams.length, 2);

  const other = start({ fallback: [C] }).helper;
  other.control.connectivity.next("CONNECTING");
  assert.deepEqual(other.alive, []);
  other.control.connectivity.next("TRANSIENT_FAILURE");
  other.at(C).become("READY");
  assert.deepEqual(other.sequence(1), [C]);
  assert.equal(other.clock.pending, 0);
  // The stream waits for the balancer, and its list is welcome.
  other.stream.welcome();
  other.stream.backends(A);
  other.connectAll();
  assert.deepEqual(other.sequence(1), [A]);
});

test("with a list, unreachable balancers are no reason", () => {
  const { helper } = serving([A], { fallback: [C] });
  helper.control.connectivity.next("TRANSIENT_FAILURE");
  assert.deepEqual(helper.sequence(1), [A]);
});

test("a list in time stops the clock", () => {
  const { helper } = start({ fallback: [C], config: { initialFallbackTimeout: "0.5s" } });
  helper.clock.advance(499);
  helper.stream.welcome();
  helper.stream.backends(A);
  assert.equal(helper.clock.pending, 0);
  helper.clock.advance(1);
  assert.deepEqual(
    helper.alive.map(({ name }) => name),
    [A],
  );
});

test("a time-out beyond what a timer can wait is as long as that, not over at once", () => {
  const { helper } = start({ fallback: [C], config: { initialFallbackTimeout: "315576000000s" } });
  assert.equal(helper.clock.nextInMs, 2 ** 31 - 1);
});

test("all backends down while the balancer is there: calls fail, nobody falls back", () => {
  const { helper } = serving([A, B], { fallback: [C] });
  for (const backend of helper.alive) {
    backend.become("IDLE");
    backend.become("TRANSIENT_FAILURE");
  }
  assert.equal(helper.state, "TRANSIENT_FAILURE");
  assert.match(helper.pickError().text, /refused/);
  helper.clock.advance(100_000);
  assert.equal(helper.subchannels.length, 2);
});

test("the balancer lost while its backends still connect: fallback at once", () => {
  const { helper } = start({ fallback: [C] });
  helper.stream.welcome();
  helper.stream.backends(A);
  helper.stream.end();
  assert.deepEqual(
    helper.alive.map(({ name }) => name),
    [C],
  );
});

test("a balancer that never greets again is no balancer: the backends that fail then are replaced", () => {
  const { helper } = serving([A], { fallback: [C] });
  helper.stream.end();
  assert.equal(helper.control.streams.length, 2);
  helper.at(A).become("IDLE");
  helper.at(C).become("READY");
  assert.deepEqual(helper.sequence(1), [C]);
});

test("without addresses to fall back to, the last list is the only hope, until there are some", () => {
  const { helper, give } = serving([A]);
  helper.stream.end();
  helper.at(A).become("IDLE");
  helper.at(A).become("TRANSIENT_FAILURE");
  assert.match(helper.pickError().text, /1\.1\.1\.1:1 refused/);
  helper.at(A).become("READY");
  assert.deepEqual(helper.sequence(1), [A]);
  helper.at(A).become("IDLE");
  give({ fallback: [C] });
  helper.at(C).become("READY");
  assert.deepEqual(helper.sequence(1), [C]);
});

test("without a list and without addresses, calls fail in so many words", () => {
  const { helper, give } = start();
  helper.clock.advance(10_000);
  assert.equal(helper.state, "TRANSIENT_FAILURE");
  assert.match(
    helper.pickError().text,
    /no list of a balancer, and the resolver gave no addresses to fall back to/,
  );
  assert.equal(give({ fallback: [C] }), true);
  helper.at(C).become("READY");
  assert.deepEqual(helper.sequence(1), [C]);
  give();
  assert.deepEqual(helper.alive, []);
  assert.equal(helper.state, "TRANSIENT_FAILURE");
  helper.stream.welcome();
  helper.stream.backends(A);
  helper.connectAll();
  assert.deepEqual(helper.sequence(1), [A]);
});

test("in fallback, new addresses are used at once, health counts, and the resolver is asked for more", () => {
  const { helper, give, balancer } = start({ balancers: [], fallback: [C] });
  helper.at(C).become("READY");
  assert.equal(helper.at(C).watchesHealth, true);
  give({ balancers: [], fallback: [D] });
  assert.deepEqual(
    helper.alive.map(({ name }) => name),
    [D],
  );
  helper.at(D).become("READY");
  assert.deepEqual(helper.sequence(1), [D]);
  helper.at(D).become("IDLE");
  assert.equal(helper.reresolutions, 1);
  helper.at(D).become("TRANSIENT_FAILURE");
  balancer.resolverError(StatusError.unavailable("registry down"));
  assert.match(helper.pickError().text, /registry down/);
});

test("in fallback, pick_first is connected again at once, and another child policy takes over", () => {
  const { helper, give } = start({ balancers: [], fallback: [C, D], config: pickFirst });
  helper.at(C).become("READY");
  assert.deepEqual(helper.sequence(2), [C, C]);
  helper.at(C).become("IDLE");
  assert.equal(helper.state, "CONNECTING");
  helper.at(C).become("READY");
  give({ balancers: [], fallback: [C, D] });
  helper.connectAll();
  assert.deepEqual(helper.sequence(2), [C, D]);
});

test("no address at all cannot be used, and takes nothing away", () => {
  const { helper, give, balancer } = start({ balancers: [] });
  assert.equal(give({ balancers: [] }), false);
  assert.equal(helper.state, "TRANSIENT_FAILURE");
  assert.match(helper.pickError().text, /produced zero addresses/);
  balancer.resolverError(StatusError.unavailable("registry down"));
  assert.match(helper.pickError().text, /registry down/);
  assert.equal(give({ fallback: [C] }), true);
  helper.stream.welcome();
  helper.stream.backends(A);
  helper.connectAll();
  assert.equal(give({ balancers: [] }), false);
  assert.deepEqual(helper.sequence(1), [A]);
  assert.equal(helper.stream.cancelled, false);
});

test("the resolver's errors before the first list do not count: the balancer may still answer", () => {
  const { helper, balancer } = start();
  balancer.resolverError(StatusError.unavailable("registry down"));
  assert.equal(helper.pick().kind, "queue");
});

test("drops and tokens end with the list", () => {
  const { helper } = start({ fallback: [C] });
  helper.stream.welcome();
  helper.stream.list(entry(A, "a"), dropEntry("d"));
  helper.connectAll();
  assert.deepEqual(helper.sequence(2), [A, "drop"]);
  helper.stream.fallback();
  helper.connectAll();
  assert.deepEqual(helper.sequence(3), [C, C, C]);
  assert.equal(helper.completePick().headers, undefined);
});

test("between list and fallback no connection is shared, not even to the same address", () => {
  const { helper } = serving([A], { fallback: [A] });
  const listed = helper.at(A);
  helper.stream.fallback();
  assert.equal(listed.released, true);
  const fallback = helper.at(A);
  helper.stream.backends(A);
  assert.equal(fallback.released, true);
  assert.equal(helper.clock.pending, 0);
});

test("what somebody's resolver gives as balancers may be anything: what makes no sense is left out, with a warning", () => {
  const odd: readonly unknown[] = [
    "1.1.1.1:1",
    7,
    [null],
    [{}],
    [{ addresses: [] }],
    [{ addresses: "x" }],
    [{ addresses: [null] }],
    [{ addresses: ["127.0.0.1:1"] }],
    [{ addresses: [{ host: "127.0.0.1" }] }],
    [{ addresses: [{ host: "", port: 1 }] }],
    [{ addresses: [{ host: "127.0.0.1", port: 65_536 }] }],
    [{ addresses: [{ host: "127.0.0.1", port: 1.5 }] }],
    [{ addresses: [{ host: "127.0.0.1", port: 1, serverName: 7 }] }],
    [{ addresses: [{ path: 7 }] }],
  ];
  for (const balancers of odd) {
    const { helper } = start({ balancers: balancers as never, fallback: [C] });
    assert.equal(helper.controls.length, 0);
    assert.equal(helper.alive.length, 1);
    assert.deepEqual(
      helper.logged("warn"),
      [
        "the resolver gave balancers of grpclb that make no sense",
        "grpclb falls back to the addresses of the resolver",
      ],
      JSON.stringify(balancers),
    );
    const good = [{ addresses: [{ path: "/run/lb.sock", serverName: "lb" }, null] }, ...endpoints(BALANCER)];
    const { helper: mixed } = start({ balancers: [...[balancers].flat(), ...good] as never });
    assert.deepEqual(mixed.control.addresses, ["unix:/run/lb.sock", BALANCER]);
    assert.equal(mixed.logger.lines[0]!.level, "warn");
  }
  assert.deepEqual(start().helper.logged("warn"), []);
});

test("balancers that cannot be had stay those that they were; the name is to be resolved again", () => {
  const failure = new Error("query ESERVFAIL");
  const { helper, give } = serving([A], { fallback: [C] });
  assert.equal(give({ balancers: failure, fallback: [D] }), false);
  assert.equal(helper.stream.cancelled, false);
  assert.deepEqual(helper.control.addresses, [BALANCER]);
  assert.deepEqual(helper.sequence(1), [A]);
  // Also without other addresses; these are new.
  assert.equal(give({ balancers: failure }), false);
  assert.deepEqual(helper.sequence(1), [A]);
  assert.equal(give({ balancers: endpoints(OTHER_BALANCER), fallback: [D] }), true);
  assert.deepEqual(helper.control.addresses, [OTHER_BALANCER]);
});

test("balancers that cannot be had, and never could, leave the fallback", () => {
  const { helper, give } = start({ balancers: new Error("query ESERVFAIL"), fallback: [C] });
  assert.equal(helper.controls.length, 0);
  helper.connectAll();
  assert.deepEqual(helper.sequence(1), [C]);
  const [line] = helper.logger.lines;
  assert.deepEqual([line!.level, line!.fields.reason], ["warn", "no balancers: query ESERVFAIL"]);
  assert.equal(give({ balancers: new Error("query ESERVFAIL"), fallback: [C] }), false);
  assert.equal(give({ fallback: [C] }), true);
  helper.stream.welcome();
  helper.stream.backends(A);
  helper.connectAll();
  assert.deepEqual(helper.sequence(1), [A]);
});
