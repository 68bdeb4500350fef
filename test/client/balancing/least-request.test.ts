import assert from "node:assert/strict";
import { test } from "node:test";
import { type LeastRequestConfig, leastRequestPolicy } from "../../../lib/client/balancing/least-request.js";
import type { CompletePick } from "../../../lib/client/balancing/picker.js";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import { formatAddress } from "../../../lib/client/naming/endpoint.js";
import { ConfigReader } from "../../../lib/client/service-config/config-reader.js";
import { type Random, StatusCode, StatusError } from "../../../lib/rpc/index.js";
import { cycle, endpoints, failedOutcome, okOutcome, seeded, update } from "../doubles.js";
import { Bench } from "./policy-bench.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";
const C = "3.3.3.3:3";

class LeastRequestBench extends Bench<LeastRequestConfig> {
  constructor(random: Random, choiceCount = 2) {
    super(leastRequestPolicy, { choiceCount }, { random });
  }

  /** Starts a call that does not end by itself. */
  start(): CompletePick & { readonly to: string } {
    const result = this.pick();
    assert.ok(result.kind === "complete");
    return { ...result, to: formatAddress(result.subchannel.address) };
  }

  starts(count: number): string[] {
    return Array.from({ length: count }, () => this.start().to);
  }

  get underWay(): unknown[] {
    return this.policy.describe().children!.map(({ detail }) => detail!.callsUnderWay);
  }

  underWayAt(name: string): unknown {
    return this.policy.describe().children!.find((child) => child.name === name)?.detail?.callsUnderWay;
  }
}

/** Three READY backends; the numbers are the indexes that are drawn. */
function readyBench(...draws: readonly number[]): LeastRequestBench {
  let next: Iterator<number> | undefined;
  const channel = new LeastRequestBench(() => (next === undefined ? 0 : (next.next().value as number) / 3));
  channel.resolve(A, B, C);
  channel.succeedAll();
  next = draws[Symbol.iterator]();
  return channel;
}

const parse = (json: object) =>
  leastRequestPolicy.parseConfig(ConfigReader.of(json, "least_request"), new PolicyRegistry([])).choiceCount;

test("ParseConfig: 2 by default, at least 2, at most 10", () => {
  assert.equal(parse({}), 2);
  assert.equal(parse({ choiceCount: 2 }), 2);
  assert.equal(parse({ choiceCount: "3" }), 3);
  assert.equal(parse({ choice_count: 10 }), 10);
  assert.equal(parse({ choiceCount: 11 }), 10);
  assert.equal(parse({ choiceCount: 4_294_967_295 }), 10);
  for (const wrong of [0, 1, -1, 2.5, 4_294_967_296, "x", true, {}]) {
    assert.throws(() => parse({ choiceCount: wrong }), /least_request.choiceCount: must be/, String(wrong));
  }
});

test("the standard name has an alias", () => {
  const registry = new PolicyRegistry([leastRequestPolicy]);
  assert.equal(registry.find("least_request"), registry.find("least_request_experimental"));
});

test("LeastRequestE2E: calls land as the algorithm predicts, ties go to the first draw", () => {
  // Draws:            tie   A has 1  tie     all 1  B has 2  same one
  const channel = readyBench(0, 1, 0, 1, 2, 2, 1, 0, 1, 2, 1, 1);
  assert.deepEqual(channel.starts(6), [A, B, C, B, C, B]);
  assert.deepEqual(channel.underWay, [1, 3, 2]);
});

test("LeastRequestE2E: more choices find the least of more", () => {
  const draws = [2, 1, 0];
  let next = -1;
  const channel = new LeastRequestBench(() => (next < 0 ? 0 : draws[next++ % 3]! / 3), 3);
  channel.resolve(A, B, C);
  channel.succeedAll();
  next = 0;
  assert.deepEqual(channel.starts(6), [C, B, A, C, B, A]);
});

test("LeastRequestPersistsCounts: a new backend takes all new calls until it has as many", () => {
  // Each pick draws every one of up to three.
  const channel = new LeastRequestBench(cycle(0, 0.34, 0.67), 3);
  channel.resolve(A, B);
  channel.succeedAll();
  channel.starts(100);
  channel.resolve(A, B, C);
  channel.at(C).succeed();
  assert.deepEqual(new Set(channel.starts(40)), new Set([C]));
  const counts = channel.underWay as number[];
  assert.deepEqual(
    counts.reduce((sum, count) => sum + count),
    140,
  );
});

test("a call that ends counts no more, however it ends, and whether it started or not", () => {
  const channel = readyBench(0, 0, 0, 0, 0, 0, 0, 1);
  const calls = [channel.start(), channel.start(), channel.start()];
  assert.deepEqual(channel.underWay, [3, 0, 0]);
  calls[0]!.onEnd!(okOutcome);
  calls[1]!.onEnd!(failedOutcome);
  calls[2]!.onEnd!({ ...failedOutcome, started: false });
  assert.deepEqual(channel.underWay, [0, 0, 0]);
  assert.equal(channel.start().to, A);
});

test("ConcurrentRPCs: 100 calls at once spread evenly", () => {
  const channel = new LeastRequestBench(seeded(5));
  channel.resolve(A, B, C);
  channel.succeedAll();
  const calls = Array.from({ length: 100 }, () => channel.start());
  for (const count of channel.underWay as number[]) assert.ok(count >= 29 && count <= 38, `${count}`);
  for (const call of calls) call.onEnd!(okOutcome);
  assert.deepEqual(channel.underWay, [0, 0, 0]);
});

test("Endpoints_MultipleAddresses: an endpoint fails over to its second address, and its count starts again", () => {
  const channel = new LeastRequestBench(seeded(1), 10);
  channel.resolve([A, B], C);
  channel.at(A).succeed();
  channel.at(C).succeed();
  const old = channel.starts(20).filter((name) => name === A).length;
  assert.ok(old > 5);
  const stale = channel.start();
  channel.at(A).become("IDLE");
  channel.at(A).become("TRANSIENT_FAILURE");
  channel.at(B).succeed();
  assert.equal(channel.underWayAt(`${A},${B}`), 0);
  assert.deepEqual(new Set(channel.starts(8)), new Set([B]));
  stale.onEnd!(okOutcome);
  assert.equal(channel.underWayAt(`${A},${B}`), 8, "a call of before counts for before");
});

test("Endpoints_ResolverError: calls fail with the resolver's text, and UNAVAILABLE", () => {
  const channel = new LeastRequestBench(() => 0);
  channel.policy.resolverError(StatusError.unavailable("no such name"));
  assert.match(channel.pickError().text, /no such name/);
  assert.equal(channel.pickError().code, StatusCode.UNAVAILABLE);
  assert.equal(channel.resolve(), false);
  assert.match(channel.pickError().text, /least_request has no children to pick from/);
});

test("without a READY child it is as round_robin is", () => {
  const channel = new LeastRequestBench(() => 0);
  channel.resolve(A, B);
  assert.equal(channel.state, "CONNECTING");
  assert.equal(channel.pick().kind, "queue");
  for (const name of [A, B]) channel.at(name).become("TRANSIENT_FAILURE");
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  assert.match(channel.pickError().text, /refused/);
  channel.at(A).become("IDLE");
  channel.at(A).succeed();
  assert.equal(channel.state, "READY");
});

test("another choiceCount applies to the next picker", () => {
  let draws = 0;
  const channel = new LeastRequestBench(() => {
    draws += 1;
    return 0;
  });
  channel.resolve(A);
  channel.at(A).succeed();
  channel.start();
  draws = 0;
  channel.start();
  assert.equal(draws, 2);
  channel.policy.update(update(endpoints(A), { choiceCount: 5 }));
  draws = 0;
  channel.start();
  assert.equal(draws, 5);
  assert.deepEqual(channel.underWay, [3]);
});

test("a pick makes no new result, as long as the connection is the same", () => {
  const channel = readyBench(0, 0, 0, 0);
  assert.equal(channel.pick(), channel.pick());
});
