import assert from "node:assert/strict";
import { test } from "node:test";
import { grpclb, pickFirst } from "../../../../lib/client/service-config/policies.js";
import { GrpclbHelper, parse } from "./support.js";

test("config Parse: defaults, every field in both spellings, unknown ones ignored", () => {
  const { child, ...defaults } = parse({});
  assert.deepEqual(defaults, { mode: "round_robin", serviceName: "", initialFallbackTimeoutMs: 10_000 });
  assert.equal(child.factory.name, "round_robin");
  const config = {
    childPolicy: [{ pick_first: { shuffleAddressList: true } }],
    serviceName: "orders.prod",
    initialFallbackTimeout: "2.5s",
    newField: 1,
  };
  const { child: first, ...parsed } = parse(config);
  assert.deepEqual(parsed, {
    mode: "pick_first",
    serviceName: "orders.prod",
    initialFallbackTimeoutMs: 2500,
  });
  assert.deepEqual(first.config, { shuffleAddressList: true });
  const { child: _, ...snake } = parse({
    child_policy: [{ pick_first: {} }],
    service_name: "orders.prod",
    initial_fallback_timeout: "2.5s",
  });
  assert.deepEqual(snake, parsed);
});

test("config Parse: what is wrong is told with its place", () => {
  const wrong: [object, RegExp][] = [
    [{ childPolicy: {} }, /grpclb\.childPolicy: must be a list/],
    [{ childPolicy: ["round_robin"] }, /grpclb\.childPolicy\[0\]: must be an object with one key/],
    [{ childPolicy: [{ a: {} }, {}] }, /grpclb\.childPolicy\[1\]: must be an object with one key/],
    [
      { childPolicy: [{ pick_first: { shuffleAddressList: 1 } }] },
      /shuffleAddressList: must be true or false/,
    ],
    [
      { childPolicy: [{ unknown: {} }, { pick_first: { shuffleAddressList: 1 } }] },
      /grpclb\.childPolicy\[1\]\.pick_first\.shuffleAddressList: must be true or false/,
    ],
    // Also behind the one that is chosen.
    [{ childPolicy: [{ pick_first: {} }, 7] }, /grpclb\.childPolicy\[1\]: must be an object with one key/],
    [
      { childPolicy: [{ a: {}, pick_first: {} }] },
      /grpclb\.childPolicy\[0\]: must be an object with one key/,
    ],
    [{ serviceName: 7 }, /grpclb\.serviceName: must be a text/],
    [{ serviceName: "x".repeat(256) }, /grpclb\.serviceName: must be at most 255 bytes/],
    [{ initialFallbackTimeout: "3c" }, /grpclb\.initialFallbackTimeout: must be a duration/],
    [{ initialFallbackTimeout: "-1s" }, /grpclb\.initialFallbackTimeout: must be at least 0/],
  ];
  for (const [config, message] of wrong) assert.throws(() => parse(config), { message });
});

test("config ChildIsPickFirst: the first of the two that the list names decides, others are skipped", () => {
  const cases: [object[], string][] = [
    [[], "round_robin"],
    [[{ pick_first: {} }], "pick_first"],
    [[{ round_robin: {} }], "round_robin"],
    [[{ unknown: {} }, { pick_first: {} }], "pick_first"],
    [[{ weighted_round_robin: {} }, { pick_first: {} }, { round_robin: {} }], "pick_first"],
    [[{ round_robin: {} }, { pick_first: {} }], "round_robin"],
    [[{ unknown: {} }], "round_robin"],
  ];
  for (const [childPolicy, mode] of cases) {
    assert.equal(parse({ childPolicy }).mode, mode, JSON.stringify(childPolicy));
  }
});

test("the builder writes what the policy reads", () => {
  const helper = new GrpclbHelper();
  const { grpclb: json } = grpclb({
    childPolicy: pickFirst(),
    serviceName: "orders",
    initialFallbackTimeoutMs: 1500,
  });
  assert.deepEqual(json, {
    childPolicy: [{ pick_first: {} }],
    serviceName: "orders",
    initialFallbackTimeout: "1.5s",
  });
  assert.equal(parse(json!, helper).mode, "pick_first");
  assert.deepEqual(grpclb(), { grpclb: {} });
  assert.throws(() => grpclb({ servicename: "x" } as never), /did you mean "serviceName"/i);
});
