import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinPolicies } from "../../../lib/client/balancing/builtin-policies.js";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import { parseServiceConfig } from "../../../lib/client/service-config/parse-service-config.js";
import { policy, roundRobin } from "../../../lib/client/service-config/policies.js";
import { type RlsOptions, rls, target } from "../../../lib/client/service-config/rls-policies.js";

const keyBuilders: RlsOptions["keyBuilders"] = [
  {
    names: [{ service: "shop.Orders", method: "Get" }, { service: "shop.Cart" }],
    headers: { user: ["x-user-id", "x-user"], tenant: "x-tenant" },
    extraKeys: { host: "h", service: "s", method: "m" },
    constantKeys: { env: "prod" },
  },
];

const all: RlsOptions = {
  keyBuilders,
  lookupService: "dns:///lookup:443",
  lookupServiceTimeoutMs: 2500,
  maxAgeMs: 60_000,
  staleAgeMs: 30_000,
  cacheSizeBytes: 1000,
  defaultTarget: "dns:///fallback:443",
  lookupServiceConfig: { loadBalancingConfig: [roundRobin()] },
};

test("rls has the names of the standard's config, and makes each target a name that is resolved", () => {
  assert.deepEqual(rls(all), {
    rls_experimental: {
      routeLookupConfig: {
        grpcKeybuilders: [
          {
            names: [{ service: "shop.Orders", method: "Get" }, { service: "shop.Cart" }],
            headers: [
              { key: "user", names: ["x-user-id", "x-user"] },
              { key: "tenant", names: ["x-tenant"] },
            ],
            extraKeys: { host: "h", service: "s", method: "m" },
            constantKeys: { env: "prod" },
          },
        ],
        lookupService: "dns:///lookup:443",
        lookupServiceTimeout: "2.5s",
        maxAge: "60s",
        staleAge: "30s",
        cacheSizeBytes: 1000,
        defaultTarget: "dns:///fallback:443",
      },
      routeLookupChannelServiceConfig: { loadBalancingConfig: [{ round_robin: {} }] },
      childPolicy: [{ target_experimental: { childPolicy: [{ round_robin: {} }] } }],
      childPolicyConfigTargetFieldName: "target",
    },
  });
});

test("target spreads calls round the endpoints of a name, unless it is told otherwise", () => {
  assert.deepEqual(target({ target: "dns:///orders", childPolicy: policy("pick_first") }), {
    target_experimental: { target: "dns:///orders", childPolicy: [{ pick_first: {} }] },
  });
});

test("the channel takes all of these options", () => {
  const registry = new PolicyRegistry(builtinPolicies);
  const read = (loadBalancingConfig: object) =>
    parseServiceConfig({ loadBalancingConfig: [loadBalancingConfig] }, registry, { unknownFields: "report" });
  const least = { keyBuilders: [{ names: [{ service: "s" }] }], lookupService: "lookup:1" };
  for (const config of [rls(all), rls(least), target({ target: "orders:1" })]) read(config);
  assert.throws(() => read(target()), /target: must be a target/);
  assert.throws(
    () => read(rls({ ...least, childPolicyTargetField: "targett" })),
    /childPolicy config validation/,
  );
});

test("a misspelt option is an error with a suggestion", () => {
  const typo = (options: object) => options as never;
  assert.throws(
    () => rls(typo({ ...all, maxAge: 5 })),
    /rls has no option "maxAge". Did you mean "maxAgeMs"/,
  );
  assert.throws(
    () => rls(typo({ ...all, keyBuilders: [{ name: [] }] })),
    /key builder of rls has no option "name"/,
  );
  assert.throws(() => rls(typo({ ...all, cacheSize: 5 })), /"cacheSize". Did you mean "cacheSizeBytes"/);
  assert.throws(() => target(typo({ name: "x" })), /target has no option "name"/);
});

test("what rls cannot do without, and numbers that make no sense, are told by their names here", () => {
  const wrong: [object, RegExp][] = [
    [{ keyBuilders: undefined }, /^Error: rls needs keyBuilders, at least one/],
    [{ keyBuilders: [] }, /^Error: rls needs keyBuilders/],
    [{ keyBuilders: [{ headers: {} }] }, /^Error: a key builder of rls needs names/],
    [{ lookupService: undefined }, /^Error: rls needs lookupService/],
    [{ lookupService: "" }, /^Error: rls needs lookupService/],
    [{ cacheSizeBytes: -5 }, /^Error: cacheSizeBytes of rls must be a number above 0, got -5/],
    [{ cacheSizeBytes: 0 }, /cacheSizeBytes of rls must be a number above 0, got 0/],
    [{ maxAgeMs: -1 }, /maxAgeMs of rls must be a number above 0, got -1/],
    [{ lookupServiceTimeoutMs: Number.NaN }, /lookupServiceTimeoutMs of rls must be .*, got NaN/],
  ];
  for (const [options, text] of wrong) assert.throws(() => rls({ ...all, ...options } as never), text);
});
