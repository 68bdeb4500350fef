import assert from "node:assert/strict";
import { test } from "node:test";
import { PolicyRegistry } from "../../../../lib/client/balancing/policy-registry.js";
import { childFor, parseRlsConfig } from "../../../../lib/client/balancing/rls/rls-config.js";
import { roundRobinPolicy } from "../../../../lib/client/balancing/round-robin.js";
import { parseTarget } from "../../../../lib/client/naming/target.js";
import { ConfigReader } from "../../../../lib/client/service-config/config-reader.js";
import { backendPolicy, configJson } from "./support.js";

const grpclb = {
  ...roundRobinPolicy,
  name: "grpclb",
  parseConfig: (reader: ConfigReader) => ({
    serviceName: reader.string("serviceName"),
    child: reader.list("childPolicy"),
  }),
};
const policies = new PolicyRegistry([roundRobinPolicy, grpclb, backendPolicy("backend")], (text) => {
  parseTarget(text, ["dns", "passthrough"]);
});

const parse = (json: object) => parseRlsConfig(ConfigReader.of(json, ""), policies);

const grpcKeybuilders = [
  { names: [{ service: "service", method: "method" }], headers: [{ key: "k1", names: ["v1"] }] },
];

test("ParseConfig: with transformations 1", () => {
  const config = parse({
    "top-level-unknown-field": "unknown-value",
    routeLookupConfig: {
      "unknown-field": "unknown-value",
      grpcKeybuilders,
      maxAge: "500s",
      staleAge: "600s",
      cacheSizeBytes: 100_000_000,
      defaultTarget: "passthrough:///default",
      lookupService: "dns:///target",
    },
    routeLookupChannelServiceConfig: { loadBalancingConfig: [{ round_robin: {} }] },
    childPolicy: [
      { cds_experimental: { Cluster: "my-fav-cluster" } },
      { "unknown-policy": { "unknown-field": "unknown-value" } },
      { grpclb: { childPolicy: [{ pickfirst: {} }] } },
    ],
    childPolicyConfigTargetFieldName: "serviceName",
  });
  assert.equal(config.lookupServer.target, "dns:///target");
  assert.equal(config.lookupServer.timeoutMs, 10_000);
  assert.equal(config.maxAgeMs, 500_000);
  assert.equal(config.staleAgeMs, 300_000);
  assert.equal(config.cacheBytes, 5 * 1024 * 1024);
  assert.equal(config.defaultTarget, "passthrough:///default");
  assert.equal(config.child.name, "grpclb");
  assert.deepEqual(childFor(config.child, "somewhere", policies).config, {
    serviceName: "somewhere",
    child: [{ pickfirst: {} }],
  });
});

test("ParseConfig: maxAge not clamped when staleAge is set", () => {
  const { maxAgeMs, staleAgeMs } = parse(configJson({ maxAge: "500s", staleAge: "200s" }));
  assert.deepEqual({ maxAgeMs, staleAgeMs }, { maxAgeMs: 500_000, staleAgeMs: 200_000 });
});

test("ParseConfig: maxAge clamped when staleAge is not set", () => {
  const { maxAgeMs, staleAgeMs } = parse(configJson({ maxAge: "500s" }));
  assert.deepEqual({ maxAgeMs, staleAgeMs }, { maxAgeMs: 300_000, staleAgeMs: 300_000 });
});

test("ParseConfig: without transformations", () => {
  const serviceConfig = { loadBalancingConfig: [{ round_robin: {} }] };
  const config = parse({
    routeLookupConfig: {
      grpcKeybuilders,
      lookupService: "target",
      lookupServiceTimeout: "100s",
      maxAge: "60s",
      staleAge: "50s",
      cacheSizeBytes: "1000",
      defaultTarget: "passthrough:///default",
    },
    routeLookupChannelServiceConfig: serviceConfig,
    childPolicy: [{ grpclb: { childPolicy: [{ pickfirst: {} }] } }],
    childPolicyConfigTargetFieldName: "serviceName",
  });
  assert.deepEqual(config.lookupServer, { target: "target", timeoutMs: 100_000, serviceConfig });
  const { maxAgeMs, staleAgeMs, cacheBytes, defaultTarget } = config;
  assert.deepEqual(
    { maxAgeMs, staleAgeMs, cacheBytes, defaultTarget },
    { maxAgeMs: 60_000, staleAgeMs: 50_000, cacheBytes: 1000, defaultTarget: "passthrough:///default" },
  );
  assert.deepEqual([...config.keyBuilders.keys()], ["/service/method"]);
});

test("without ages, answers hold for five minutes, and none is refreshed before", () => {
  const { maxAgeMs, staleAgeMs } = parse(configJson({ maxAge: null }));
  assert.deepEqual({ maxAgeMs, staleAgeMs }, { maxAgeMs: 300_000, staleAgeMs: 300_000 });
  assert.equal(parse(configJson({ maxAge: "5s", staleAge: "9s" })).staleAgeMs, 5000);
  assert.equal(parse(configJson({ defaultTarget: "" })).defaultTarget, undefined);
});

test("names of fields may be in snake_case", () => {
  const json = {
    route_lookup_config: {
      grpc_keybuilders: [{ names: [{ service: "s" }], extra_keys: { host: "h" }, constant_keys: { a: "b" } }],
      lookup_service: "target",
      lookup_service_timeout: "2s",
      max_age: "3s",
      stale_age: "1s",
      cache_size_bytes: 10,
      default_target: "x",
    },
    child_policy: [{ round_robin: {} }],
    child_policy_config_target_field_name: "f",
  };
  const { lookupServer, maxAgeMs, staleAgeMs, cacheBytes, defaultTarget } = parse(json);
  assert.deepEqual(
    { timeoutMs: lookupServer.timeoutMs, maxAgeMs, staleAgeMs, cacheBytes, defaultTarget },
    { timeoutMs: 2000, maxAgeMs: 3000, staleAgeMs: 1000, cacheBytes: 10, defaultTarget: "x" },
  );
});

const lookup = (overrides: object) => configJson(overrides);
const errors: readonly (readonly [name: string, json: object, problem: string])[] = [
  ["no routeLookupConfig", {}, "json unmarshal failed for service config"],
  ["bad json", configJson({}, { childPolicy: "x" }), "json unmarshal failed for service config"],
  ["a field of the wrong type", lookup({ lookupService: 5 }), "json unmarshal failed for service config"],
  [
    "bad grpcKeyBuilder",
    lookup({ grpcKeybuilders: [{ names: [{ service: "", method: "m" }] }] }),
    "contains a Name field with no Service",
  ],
  ["empty lookup service", lookup({ lookupService: "" }), "empty lookup_service"],
  [
    "unregistered scheme in lookup service URI",
    lookup({ lookupService: "badScheme:///target" }),
    "unregistered scheme in lookup_service",
  ],
  [
    "invalid lookup service URI",
    lookup({ lookupService: "passthrough:///%zz" }),
    "invalid target URI in lookup_service",
  ],
  [
    "invalid lookup service timeout",
    lookup({ lookupServiceTimeout: "315576000001s" }),
    "Duration value out of range",
  ],
  ["invalid max age", lookup({ maxAge: "315576000001s" }), "Duration value out of range"],
  ["invalid stale age", lookup({ staleAge: "315576000001s" }), "Duration value out of range"],
  ["negative max age", lookup({ maxAge: "-1s" }), "Duration value out of range"],
  ["max age a little below zero", lookup({ maxAge: "-.5s" }), "Duration value out of range"],
  ["max age a little too long", lookup({ maxAge: "315576000000.5s" }), "Duration value out of range"],
  [
    "invalid max age stale age combo",
    lookup({ maxAge: null, staleAge: "10s" }),
    "stale_age is set, but max_age is not",
  ],
  [
    "cache_size_bytes field is not set",
    lookup({ cacheSizeBytes: undefined }),
    "cache_size_bytes must be set to a non-zero value",
  ],
  [
    "negative cache size",
    lookup({ cacheSizeBytes: "-5" }),
    "cache_size_bytes must be set to a non-zero value",
  ],
  [
    "routeLookupChannelServiceConfig is not in service config format",
    configJson({}, { routeLookupChannelServiceConfig: "unknown" }),
    "bad control channel service config",
  ],
  [
    "routeLookupChannelServiceConfig contains unknown LB policy",
    configJson({}, { routeLookupChannelServiceConfig: { loadBalancingConfig: [{ not_a_balancer: {} }] } }),
    "no supported policies found in config",
  ],
  [
    "no childPolicyConfigTargetFieldName",
    configJson({}, { childPolicyConfigTargetFieldName: "" }),
    "childPolicyConfigTargetFieldName field is not set",
  ],
  [
    "no child policy",
    configJson({}, { childPolicy: [] }),
    "invalid childPolicy config: no supported policies found",
  ],
  [
    "no known child policy",
    configJson({}, { childPolicy: [{ cds_experimental: {} }, { unknown: {} }] }),
    "invalid childPolicy config: no supported policies found",
  ],
  [
    "invalid child policy config - more than one entry in map",
    configJson({}, { childPolicy: [{ cds_experimental: {}, unknown: {} }] }),
    "does not contain exactly 1 policy/config pair",
  ],
  [
    "child policy config validation failure",
    configJson({}, { childPolicy: [{ backend: { refuses: true } }] }),
    "childPolicy config validation failed",
  ],
];

for (const [name, json, problem] of errors) {
  test(`ParseConfigErrors: ${name}`, () => {
    assert.throws(() => parse(json), new RegExp(problem));
  });
}

test("ParseConfigErrors: of several faults the first in order is told", () => {
  const faults: readonly (readonly [object, string])[] = [
    [{ maxAge: "315576000001s" }, "out of range"],
    [{ grpcKeybuilders: [] }, "any GrpcKeyBuilder"],
    [{ lookupService: "" }, "empty lookup_service"],
    [{ maxAge: null, staleAge: "1s" }, "stale_age is set"],
    [{ cacheSizeBytes: 0 }, "cache_size_bytes"],
  ];
  const rest = { routeLookupChannelServiceConfig: 5, childPolicyConfigTargetFieldName: "", childPolicy: [] };
  for (let first = faults.length - 1; first >= 0; first--) {
    // Later faults first, so that earlier ones win where they are of the same field.
    const overrides = Object.assign(
      {},
      ...faults
        .slice(first)
        .reverse()
        .map(([fault]) => fault),
    );
    assert.throws(() => parse(configJson(overrides, rest)), new RegExp(faults[first]![1]));
  }
  assert.throws(() => parse(configJson({}, rest)), /bad control channel service config/);
  const { routeLookupChannelServiceConfig: _, ...last } = rest;
  assert.throws(() => parse(configJson({}, last)), /childPolicyConfigTargetFieldName/);
});

test("a config of the user's own may not misspell a field, also of the child", () => {
  const rls = { name: "rls", parseConfig: parseRlsConfig, createBalancer: roundRobinPolicy.createBalancer };
  const strict = new PolicyRegistry([rls, backendPolicy("backend")]).strict();
  const read = (json: object) => strict.choose([{ rls: json }], "x");
  assert.throws(() => read(configJson({ maxAgee: "5s" })), /maxAgee: is not known here/);
  assert.throws(() => read(configJson({}, { childPolicies: [] })), /childPolicies: is not known here/);
  read(configJson({ validTargets: ["x"], httpKeybuilders: [] }));
});
