import assert from "node:assert/strict";
import { test } from "node:test";
import { PolicyRegistry } from "../../../lib/client/balancing/policy-registry.js";
import { ConfigError } from "../../../lib/client/service-config/config-reader.js";
import { parseServiceConfig } from "../../../lib/client/service-config/parse-service-config.js";
import { StatusCode } from "../../../lib/rpc/index.js";
import { stubPolicy } from "../doubles.js";

const needy = {
  ...stubPolicy("needs_config"),
  parseConfig: (config: { readonly where: string; string(name: string): string | undefined }) => {
    if (config.string("must") === undefined) throw new ConfigError(config.where, "must is required");
    return { must: config.string("must") };
  },
};
const policies = new PolicyRegistry([
  stubPolicy("pick_first"),
  stubPolicy("round_robin"),
  { ...stubPolicy("ring_hash_experimental"), aliases: ["ring_hash"] },
  needy,
]);

const parse = (json: unknown) => parseServiceConfig(json, policies);
const policyOf = (json: unknown) => parse(json).policy.factory.name;
const methodConfig = (fields: object, name: readonly object[] = [{ service: "foo", method: "Bar" }]) => ({
  methodConfig: [{ name, ...fields }],
});
const methodOf = (fields: object) => parse(methodConfig(fields)).method("/foo/Bar")!;

function refused(json: unknown, where: string, why: RegExp, options = {}): void {
  assert.throws(
    () => parseServiceConfig(json, policies, options),
    (error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.equal(error.where, where);
      assert.match(error.reason, why);
      return true;
    },
  );
}

test("TestParseLBConfig: the first policy that is known is chosen, with its config", () => {
  const { policy } = parse(
    '{ "loadBalancingConfig": [{ "unheard_of": { "a": 1 } }, { "round_robin": { "foo": "hi" } }, { "pick_first": {} }] }',
  );
  assert.equal(policy.factory.name, "round_robin");
  assert.deepEqual(policy.config, { foo: "hi" });
});

test("TestParseNoLBConfigSupported: only unknown policies are an error", () => {
  refused(
    { loadBalancingConfig: [{ not_a_policy: {} }, { nor_this: {} }] },
    "loadBalancingConfig",
    /no supported policies found/,
  );
  refused(
    { loadBalancingConfig: [{ round_robbin: {} }] },
    "loadBalancingConfig",
    /Did you mean "round_robin"/,
  );
});

test("TestBalancerConfigUnmarshalJSON: the list and its entries must have the right form", () => {
  const two = { loadBalancingConfig: [{ round_robin: {} }, { pick_first: {}, round_robin: {} }] };
  refused(two, "loadBalancingConfig[1]", /one key/);
  refused({ loadBalancingConfig: [{}] }, "loadBalancingConfig[0]", /one key/);
  refused({ loadBalancingConfig: ["round_robin"] }, "loadBalancingConfig[0]", /one key/);
  refused({ loadBalancingConfig: { round_robin: {} } }, "loadBalancingConfig", /must be a list/);
  refused({ loadBalancingConfig: [{ round_robin: [] }] }, "loadBalancingConfig[0].round_robin", /an object/);
  assert.equal(policyOf({ loadBalancingConfig: [{ ring_hash: null }] }), "ring_hash_experimental");
});

test("TestBalancerConfigUnmarshalJSON: an empty list is as good as none", () => {
  assert.equal(policyOf({ loadBalancingConfig: [] }), "pick_first");
  assert.equal(policyOf({ loadBalancingConfig: [], loadBalancingPolicy: "round_robin" }), "round_robin");
});

test("a wrong config of the chosen policy makes all wrong; later entries are not tried", () => {
  refused(
    { loadBalancingConfig: [{ needs_config: {} }, { round_robin: {} }] },
    "loadBalancingConfig[0].needs_config",
    /must is required/,
  );
});

test("TestParseLoadBalancer: the old text form, in any case, counts where there is no list", () => {
  assert.equal(policyOf({ loadBalancingPolicy: "round_robin" }), "round_robin");
  assert.equal(policyOf({ loadBalancingPolicy: "ROUND_ROBIN" }), "round_robin");
  assert.equal(policyOf({ loadBalancingPolicy: "" }), "pick_first");
  assert.equal(
    policyOf({ loadBalancingPolicy: "round_robin", loadBalancingConfig: [{ pick_first: {} }] }),
    "pick_first",
  );
  refused({ loadBalancingPolicy: 123 }, "loadBalancingPolicy", /a text/);
  refused({ loadBalancingPolicy: "unheard_of" }, "loadBalancingPolicy", /no supported policies found/);
  refused({ loadBalancingPolicy: "needs_config" }, "loadBalancingPolicy[0].needs_config", /must is required/);
});

test("without any policy it is pick_first", () => {
  assert.equal(policyOf("{}"), "pick_first");
  assert.equal(policyOf({ loadBalancingConfig: null, loadBalancingPolicy: null }), "pick_first");
});

test("what is no object is refused", () => {
  refused("{", "service config", /is no JSON/);
  for (const json of ["null", "[]", "1", '"text"', null, undefined, 7]) {
    refused(json, "service config", /must be an object/);
  }
});

test("TestParseWaitForReady: true and false, and nothing else", () => {
  assert.equal(methodOf({ waitForReady: true }).waitForReady, true);
  assert.equal(methodOf({ waitForReady: false }).waitForReady, false);
  assert.equal(methodOf({}).waitForReady, undefined);
  refused(methodConfig({ waitForReady: "fail" }), "methodConfig[0].waitForReady", /true or false/);
  // One wrong entry makes all wrong.
  const second = [{ name: [{ service: "foo" }] }, { name: [{ service: "bar" }], waitForReady: 1 }];
  refused({ methodConfig: second }, "methodConfig[1].waitForReady", /true or false/);
});

test("TestParseTimeOut: a duration in seconds", () => {
  assert.equal(methodOf({ timeout: "1s" }).timeoutMs, 1000);
  assert.equal(methodOf({ timeout: "1.5s" }).timeoutMs, 1500);
  assert.equal(methodOf({ timeout: "0s" }).timeoutMs, 0);
  for (const timeout of ["3c", 1, "1", "-1s", { seconds: 1 }, "315576000001s"]) {
    refused(methodConfig({ timeout }), "methodConfig[0].timeout", /must be/);
  }
});

test("TestParseMsgSize: whole numbers, also as text", () => {
  const config = methodOf({ maxRequestMessageBytes: 1024, maxResponseMessageBytes: "2048" });
  assert.deepEqual([config.maxRequestBytes, config.maxResponseBytes], [1024, 2048]);
  for (const size of [-1, 1.5, "a lot", 4_294_967_296, true]) {
    refused(
      methodConfig({ maxRequestMessageBytes: size }),
      "methodConfig[0].maxRequestMessageBytes",
      /whole number/,
    );
    refused(
      methodConfig({ maxResponseMessageBytes: size }),
      "methodConfig[0].maxResponseMessageBytes",
      /whole number/,
    );
  }
});

test("TestParseDefaultMethodConfig: a name without a service is every method", () => {
  for (const name of [{}, { service: "" }, { service: "", method: "" }, { service: null }]) {
    const config = parse(methodConfig({ waitForReady: true }, [name]));
    assert.equal(config.method("/any/Thing")?.waitForReady, true, JSON.stringify(name));
  }
});

test("TestMethodConfigDefaultService: exact, else of the service, else the default; nothing is merged", () => {
  const config = parse({
    methodConfig: [
      { name: [{}], timeout: "1s" },
      { name: [{ service: "shop.Orders" }], timeout: "2s" },
      {
        name: [
          { service: "shop.Orders", method: "Get" },
          { service: "shop.Carts", method: "Get" },
        ],
        waitForReady: true,
      },
    ],
  });
  const exact = config.method("/shop.Orders/Get");
  assert.deepEqual([exact?.timeoutMs, exact?.waitForReady], [undefined, true]);
  assert.equal(config.method("/shop.Carts/Get"), exact);
  assert.equal(config.method("/shop.Orders/Get"), exact);
  assert.equal(config.method("/shop.Orders/Put")?.timeoutMs, 2000);
  assert.equal(config.method("/shop.Orders2/Get")?.timeoutMs, 1000);
  assert.equal(config.method("/shop/Get")?.timeoutMs, 1000);
  const without = parse(methodConfig({ timeout: "1s" }));
  assert.equal(without.method("/foo/Baz"), undefined);
  assert.equal(parse({}).method("/foo/Bar"), undefined);
});

test("TestParseMethodConfigDuplicatedName: no name may be there twice", () => {
  for (const [first, second] of [
    [{ service: "foo" }, { service: "foo" }],
    [{ service: "foo" }, { service: "foo", method: "" }],
    [
      { service: "foo", method: "Bar" },
      { service: "foo", method: "Bar" },
    ],
    [{}, { service: "" }],
  ]) {
    refused(methodConfig({}, [first!, second!]), "methodConfig[0].name[1]", /named before/);
    refused(
      { methodConfig: [{ name: [first] }, { name: [second] }] },
      "methodConfig[1].name[0]",
      /named before/,
    );
  }
});

test("a method without a service is refused", () => {
  refused(methodConfig({}, [{ method: "Bar" }]), "methodConfig[0].name[0]", /without its service/);
  refused(methodConfig({}, [{ service: 1 }]), "methodConfig[0].name[0].service", /a text/);
});

test("an entry without a name applies to nothing, and must be right all the same", () => {
  assert.equal(parse({ methodConfig: [{ timeout: "1s" }] }).method("/foo/Bar"), undefined);
  refused({ methodConfig: [{ timeout: 1 }] }, "methodConfig[0].timeout", /duration/);
});

const retry = {
  maxAttempts: 4,
  initialBackoff: ".01s",
  maxBackoff: "0.1s",
  backoffMultiplier: 2,
  retryableStatusCodes: ["UNAVAILABLE", "data_loss", 8],
};

test("TestParseRetryPolicy: all fields, codes by name in any case or by number", () => {
  assert.deepEqual(methodOf({ retryPolicy: { ...retry, perAttemptRecvTimeout: "2s" } }).retry, {
    maxAttempts: 4,
    initialBackoffMs: 10,
    maxBackoffMs: 100,
    backoffMultiplier: 2,
    retryableCodes: new Set([StatusCode.UNAVAILABLE, StatusCode.DATA_LOSS, StatusCode.RESOURCE_EXHAUSTED]),
    perAttemptRecvTimeoutMs: 2000,
  });
  assert.equal(methodOf({ retryPolicy: retry }).retry?.perAttemptRecvTimeoutMs, undefined);
  assert.equal(methodOf({ retryPolicy: { ...retry, maxAttempts: 99 } }).retry?.maxAttempts, 99);
});

for (const [what, field, value] of [
  ["negative maxAttempts", "maxAttempts", -1],
  ["maxAttempts of one", "maxAttempts", 1],
  ["no maxAttempts", "maxAttempts", undefined],
  ["zero initialBackoff", "initialBackoff", "0s"],
  ["no initialBackoff", "initialBackoff", undefined],
  ["zero maxBackoff", "maxBackoff", "0s"],
  ["negative maxBackoff", "maxBackoff", "-1s"],
  ["no maxBackoff", "maxBackoff", undefined],
  ["zero backoffMultiplier", "backoffMultiplier", 0],
  ["no backoffMultiplier", "backoffMultiplier", undefined],
  ["no status codes", "retryableStatusCodes", []],
  ["absent status codes", "retryableStatusCodes", undefined],
  ["zero perAttemptRecvTimeout", "perAttemptRecvTimeout", "0s"],
] as const) {
  test(`TestParseRetryPolicy: ${what} is refused`, () => {
    refused(
      methodConfig({ retryPolicy: { ...retry, [field]: value } }),
      `methodConfig[0].retryPolicy.${field}`,
      /must be|is required/,
    );
  });
}

test("TestParseRetryPolicy: unknown status codes are refused, with a suggestion", () => {
  for (const [code, why] of [
    ["UNAVAILBLE", /Did you mean "UNAVAILABLE"/],
    [17, /from 0 to 16, got 17/],
    [1.5, /from 0 to 16/],
    [null, /got null/],
  ] as const) {
    const where = "methodConfig[0].retryPolicy.retryableStatusCodes[1]";
    refused(methodConfig({ retryPolicy: { ...retry, retryableStatusCodes: ["ABORTED", code] } }), where, why);
  }
});

test("hedging: the delay and the codes may be left out", () => {
  assert.deepEqual(methodOf({ hedgingPolicy: { maxAttempts: 3 } }).hedging, {
    maxAttempts: 3,
    hedgingDelayMs: 0,
    nonFatalCodes: new Set(),
  });
  const hedging = { maxAttempts: 2, hedgingDelay: "0.5s", nonFatalStatusCodes: ["unavailable", 10] };
  assert.deepEqual(methodOf({ hedgingPolicy: hedging }).hedging, {
    maxAttempts: 2,
    hedgingDelayMs: 500,
    nonFatalCodes: new Set([StatusCode.UNAVAILABLE, StatusCode.ABORTED]),
  });
  const where = "methodConfig[0].hedgingPolicy";
  refused(methodConfig({ hedgingPolicy: {} }), `${where}.maxAttempts`, /is required/);
  refused(methodConfig({ hedgingPolicy: { maxAttempts: 1 } }), `${where}.maxAttempts`, /greater than 1/);
  refused(
    methodConfig({ hedgingPolicy: { maxAttempts: 2, hedgingDelay: "-1s" } }),
    `${where}.hedgingDelay`,
    /0s/,
  );
});

test("a method has a retry policy or a hedging policy, never both", () => {
  const both = methodConfig({ retryPolicy: retry, hedgingPolicy: { maxAttempts: 2 } });
  refused(both, "methodConfig[0]", /only one of them/);
});

test("throttling: both fields, within their ranges", () => {
  const throttling = (fields: object) => ({ retryThrottling: fields });
  assert.deepEqual(parse(throttling({ maxTokens: 1000, tokenRatio: 0.001 })).retryThrottling, {
    maxTokens: 1000,
    tokenRatio: 0.001,
  });
  assert.equal(parse({}).retryThrottling, undefined);
  for (const maxTokens of [0, -1, 1001, undefined, "ten"]) {
    refused(throttling({ maxTokens, tokenRatio: 1 }), "retryThrottling.maxTokens", /must be a number/);
  }
  for (const tokenRatio of [0, -1, 0.0009, undefined, true]) {
    refused(throttling({ maxTokens: 10, tokenRatio }), "retryThrottling.tokenRatio", /must be a number/);
  }
});

test("health checks: only with a name, which may be empty", () => {
  const health = (healthCheckConfig: unknown) => parse({ healthCheckConfig }).healthServiceName;
  assert.equal(health({ serviceName: "shop.Orders" }), "shop.Orders");
  assert.equal(health({ serviceName: "" }), "");
  assert.equal(health({}), undefined);
  assert.equal(health(null), undefined);
  refused({ healthCheckConfig: { serviceName: 1 } }, "healthCheckConfig.serviceName", /a text/);
});

test("names in snake_case are as good; both spellings must agree", () => {
  const config = parse({
    load_balancing_config: [{ round_robin: {} }],
    method_config: [{ name: [{ service: "foo" }], max_request_message_bytes: 7, retry_policy: snake(retry) }],
    health_check_config: { service_name: "s" },
  });
  assert.equal(config.policy.factory.name, "round_robin");
  assert.equal(config.method("/foo/Bar")?.maxRequestBytes, 7);
  assert.equal(config.method("/foo/Bar")?.retry?.initialBackoffMs, 10);
  assert.equal(config.healthServiceName, "s");
  assert.equal(methodOf({ waitForReady: true, wait_for_ready: true }).waitForReady, true);
  refused(
    methodConfig({ waitForReady: true, wait_for_ready: false }),
    "methodConfig[0]",
    /both there and differ/,
  );
});

function snake(fields: object): object {
  const name = (camel: string) => camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [name(key), value]));
}

test("unknown fields are ignored, unless the config is the user's own", () => {
  const report = { unknownFields: "report" };
  const own = (fields: object, where: string, why: RegExp) => {
    parse(fields);
    refused(fields, where, why, report);
  };
  own({ metodConfig: [] }, "metodConfig", /not known here. Did you mean "methodConfig"/);
  own(methodConfig({ timout: "1s" }), "methodConfig[0].timout", /Did you mean "timeout"/);
  own(
    methodConfig({}, [{ service: "a", metod: "b" }]),
    "methodConfig[0].name[0].metod",
    /Did you mean "method"/,
  );
  const codes = { ...retry, retryableCodes: [] };
  own(methodConfig({ retryPolicy: codes }), "methodConfig[0].retryPolicy.retryableCodes", /not known/);
  const hedging = { maxAttempts: 2, delay: "1s" };
  own(methodConfig({ hedgingPolicy: hedging }), "methodConfig[0].hedgingPolicy.delay", /not known/);
  own({ retryThrottling: { maxTokens: 1, tokenRatio: 1, ratio: 1 } }, "retryThrottling.ratio", /not known/);
  own(
    { healthCheckConfig: { service: "" } },
    "healthCheckConfig.service",
    /Did you mean "serviceName"|not known/,
  );
  const complete = {
    loadBalancingPolicy: "round_robin",
    loadBalancingConfig: [{ round_robin: { mine: 1 } }],
    method_config: [{ name: [{}], timeout: "1s", waitForReady: true, retryPolicy: snake(retry) }],
    retryThrottling: { maxTokens: 1, tokenRatio: 1 },
    healthCheckConfig: { serviceName: "" },
    connectionScaling: { maxConnectionsPerSubchannel: 2 },
    absent: undefined,
  };
  parseServiceConfig(complete, policies, { unknownFields: "report" });
});

test("fields of the prototype are no fields", () => {
  const json = '{ "__proto__": { "loadBalancingPolicy": "round_robin" }, "constructor": {} }';
  assert.equal(policyOf(json), "pick_first");
});
