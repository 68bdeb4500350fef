import assert from "node:assert/strict";
import { test } from "node:test";
import type { Picker, PickResult } from "../../../lib/client/balancing/picker.js";
import type { LoadBalancingPolicy, ReadyEndpoint } from "../../../lib/client/balancing/policy.js";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import { shortPolicy } from "../../../lib/client/balancing/short-policy.js";
import { StatusCode, StatusError } from "../../../lib/rpc/index.js";
import { endpoints, okOutcome, update } from "../doubles.js";
import { Bench } from "./policy-bench.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";

type Json = Readonly<Record<string, unknown>>;

/** Sends everything to the last endpoint; keeps what it was given. */
class Last implements LoadBalancingPolicy {
  readonly given: { readonly ready: readonly ReadyEndpoint[]; readonly config: Json }[] = [];

  createPicker(ready: readonly ReadyEndpoint[], config: Json): Picker {
    this.given.push({ ready, config });
    return ready.at(-1)!.picker;
  }
}

function bench(policy: LoadBalancingPolicy, config: Json = {}): Bench<Json> {
  const channel = new Bench(shortPolicy("last", policy), config);
  channel.resolve(A, B);
  return channel;
}

/** READY on both endpoints, with a picker that does what the test says. */
function picking(pick: () => unknown): Bench<Json> {
  const channel = bench({ createPicker: () => ({ pick: pick as () => PickResult }) });
  channel.succeedAll();
  return channel;
}

test("it is asked for a picker whenever the ready endpoints change, and only then", () => {
  const policy = new Last();
  const channel = bench(policy, { size: 3 });
  assert.equal(channel.state, "CONNECTING");
  assert.equal(channel.pick().kind, "queue");
  assert.equal(policy.given.length, 0);
  channel.at(A).succeed();
  assert.equal(channel.pickAddress(), A);
  channel.at(B).become("TRANSIENT_FAILURE");
  channel.at(B).become("IDLE");
  assert.equal(policy.given.length, 1);
  channel.at(B).succeed();
  assert.equal(channel.pickAddress(), B);
  assert.deepEqual(
    policy.given.map(({ ready, config }) => [ready.length, config]),
    [
      [1, { size: 3 }],
      [2, { size: 3 }],
    ],
  );
  assert.equal(policy.given[1]!.ready[0], policy.given[0]!.ready[0], "an endpoint is the same object");
  channel.at(B).become("IDLE");
  assert.equal(channel.pickAddress(), A);
  channel.at(A).become("IDLE");
  assert.equal(channel.state, "CONNECTING");
  assert.equal(policy.given.length, 3);
});

test("a new list with other attributes, or another config, asks for a new picker", () => {
  const policy = new Last();
  const channel = bench(policy);
  channel.succeedAll();
  const before = policy.given.length;
  const list = endpoints(A, B).map((endpoint) => ({ ...endpoint, weight: 2 }));
  channel.policy.update(update(list, { size: 4 }));
  assert.equal(policy.given.length, before + 1);
  assert.deepEqual(policy.given.at(-1)!.config, { size: 4 });
  assert.deepEqual(
    policy.given.at(-1)!.ready.map(({ endpoint }) => endpoint.weight),
    [2, 2],
  );
});

test("its config is its JSON", () => {
  const factory = shortPolicy("last", new Last());
  const choice = new PolicyRegistry([factory]).choose([{ last: { size: 3, other: ["x"] } }], "policy");
  assert.deepEqual(choice.config, { size: 3, other: ["x"] });
});

test("a picker that throws fails the call with INTERNAL, which names the policy", () => {
  const cause = new Error("no idea");
  const channel = picking(() => {
    throw cause;
  });
  const error = channel.pickError();
  assert.equal(error.code, StatusCode.INTERNAL);
  assert.equal(error.text, "policy last could not pick: no idea");
  assert.equal(error.cause, cause);
  assert.equal(channel.state, "READY", "the channel lives");
});

test("a picker that returns no result fails the call with INTERNAL", () => {
  const wrong = [
    undefined,
    null,
    7,
    {},
    { kind: "all" },
    { kind: "complete" },
    { kind: "fail" },
    Promise.resolve(),
  ];
  for (const result of wrong) {
    const error = picking(() => result).pickError();
    assert.equal(error.code, StatusCode.INTERNAL);
    assert.match(error.text, /policy last could not pick: pick\(\) returned no result/);
  }
});

test("results of every kind are passed on as they are", () => {
  const status = StatusError.resourceExhausted("enough");
  for (const result of [{ kind: "queue" }, { kind: "fail", status }, { kind: "drop", status }] as const) {
    assert.equal(picking(() => result).pick(), result);
  }
});

test("a createPicker that throws is TRANSIENT_FAILURE, until it does not", () => {
  let broken: unknown = new Error("no idea");
  const channel = bench({
    createPicker: (ready) => {
      if (broken !== undefined) throw broken;
      return ready[0]!.picker;
    },
  });
  channel.at(A).succeed();
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  assert.equal(channel.pickError().code, StatusCode.INTERNAL);
  assert.equal(channel.pickError().text, "policy last made no picker: no idea");
  assert.equal(channel.policy.describe().state, "TRANSIENT_FAILURE");
  broken = undefined;
  channel.at(B).succeed();
  assert.equal(channel.state, "READY");
});

test("a createPicker that returns no picker is TRANSIENT_FAILURE", () => {
  for (const wrong of [undefined, null, {}, Promise.resolve({ pick: () => ({ kind: "queue" }) })]) {
    const channel = bench({ createPicker: () => wrong as Picker });
    channel.succeedAll();
    assert.equal(channel.state, "TRANSIENT_FAILURE");
    assert.match(channel.pickError().text, /createPicker\(\) returned no picker/);
  }
});

test("an onEnd that throws is kept away from the call", () => {
  let ends = 0;
  const results: PickResult[] = [];
  const channel = bench({
    createPicker: (ready) => ({
      pick: (args) => {
        const result = ready[0]!.picker.pick(args);
        if (result.kind !== "complete") return result;
        results[0] ??= {
          ...result,
          onEnd: () => {
            ends += 1;
            throw new Error("no idea");
          },
        };
        return results[0];
      },
    }),
  });
  channel.succeedAll();
  const picked = channel.pick();
  assert.ok(picked.kind === "complete");
  picked.onEnd!(okOutcome);
  picked.onEnd!(okOutcome);
  assert.equal(ends, 2);
  assert.equal(channel.pick(), picked, "a result that is handed out again is guarded once");
});

test("lost connections are mended, the empty list and resolver errors are dealt with", () => {
  const channel = bench(new Last());
  channel.succeedAll();
  channel.at(A).become("IDLE");
  assert.equal(channel.at(A).status.state, "CONNECTING");
  assert.equal(channel.resolve(), false);
  assert.match(channel.pickError().text, /last has no children to pick from/);
  channel.policy.resolverError(StatusError.unavailable("no such name"));
  assert.match(channel.pickError().text, /no such name/);
  channel.policy.close();
  assert.deepEqual(channel.alive, []);
});
