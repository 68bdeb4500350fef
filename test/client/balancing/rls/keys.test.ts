import assert from "node:assert/strict";
import { test } from "node:test";
import { indexKeyBuilders, readKeyBuilder } from "../../../../lib/client/balancing/rls/key-builders.js";
import { formatKeys, hostOf, planKeys } from "../../../../lib/client/balancing/rls/key-plan.js";
import { ConfigReader } from "../../../../lib/client/service-config/config-reader.js";
import { Metadata } from "../../../../lib/rpc/index.js";

const index = (...builders: readonly object[]) =>
  indexKeyBuilders(
    builders.map((json, i) => readKeyBuilder(ConfigReader.of(json, `b[${i}]`))),
    "b",
  );

const foo = {
  names: [{ service: "gFoo" }],
  headers: [
    { key: "k1", names: ["n1"] },
    { key: "k2", names: ["n1"] },
  ],
};
const bar = {
  names: [{ service: "gBar", method: "method1" }, { service: "gFoobar" }],
  headers: [{ key: "k1", names: ["n1", "n2"] }],
};

test("keys: MakeBuilderMap: methods, and services as a whole", () => {
  assert.deepEqual([...index(foo, bar).keys()], ["/gFoo/", "/gBar/method1", "/gFoobar/"]);
});

const builderErrors: readonly (readonly [string, readonly object[], string])[] = [
  ["no builder", [], "does not contain any GrpcKeyBuilder"],
  ["no names", [foo, { headers: [] }], "does not contain any Name"],
  ["no service", [{ names: [{ method: "m" }] }], "contains a Name field with no Service"],
  ["a method with a slash", [{ names: [{ service: "s", method: "a/b" }] }], "contains a method with a slash"],
  [
    "repeated name",
    [{ names: [{ service: "s" }, { service: "s", method: "" }] }],
    "contains repeated Name field",
  ],
  ["repeated name across builders", [foo, foo], "contains repeated Name field"],
  [
    "required match",
    [{ names: [{ service: "s" }], headers: [{ key: "k", names: ["n"], requiredMatch: true }] }],
    "has required_match field set",
  ],
  [
    "repeated header key",
    [
      {
        names: [{ service: "s" }],
        headers: [
          { key: "k1", names: ["a"] },
          { key: "k1", names: ["b"] },
        ],
      },
    ],
    'contains repeated key "k1" across headers, constant_keys and extra_keys',
  ],
  [
    "constant repeats header key",
    [{ names: [{ service: "s" }], headers: [{ key: "k1", names: ["a"] }], constantKeys: { k1: "v" } }],
    'contains repeated key "k1" across headers, constant_keys and extra_keys',
  ],
  [
    "extra repeats header key",
    [{ names: [{ service: "s" }], headers: [{ key: "k1", names: ["a"] }], extraKeys: { method: "k1" } }],
    'contains repeated key "k1" in extra_keys from constant_keys or headers',
  ],
  [
    "extra repeats constant key",
    [{ names: [{ service: "s" }], constantKeys: { k1: "v" }, extraKeys: { host: "k1" } }],
    'contains repeated key "k1" in extra_keys from constant_keys or headers',
  ],
  [
    "extra keys repeat each other",
    [{ names: [{ service: "s" }], extraKeys: { host: "k1", service: "k1" } }],
    'contains repeated key "k1" in extra_keys',
  ],
  ["empty constant key", [{ names: [{ service: "s" }], constantKeys: { "": "v" } }], "empty key"],
  [
    "header without names",
    [{ names: [{ service: "s" }], headers: [{ key: "k", names: [] }] }],
    "without the name",
  ],
  [
    "empty header name",
    [{ names: [{ service: "s" }], headers: [{ key: "k", names: [""] }] }],
    "without the name",
  ],
  [
    "empty header key",
    [{ names: [{ service: "s" }], headers: [{ key: "", names: ["n"] }] }],
    "empty key in headers",
  ],
];

for (const [name, builders, problem] of builderErrors) {
  test(`keys: MakeBuilderMapErrors: ${name}`, () => {
    assert.throws(
      () => index(...builders),
      (error: Error) => error.message.includes(problem),
    );
  });
}

const rich = {
  names: [{ service: "gFoo", method: "method1" }],
  headers: [
    { key: "k1", names: ["n1"] },
    { key: "k2", names: ["n1"] },
  ],
  extraKeys: { host: "host", service: "service", method: "method" },
  constantKeys: { "const-key-1": "const-val-1", "const-key-2": "const-val-2" },
};

function keyOf(
  builders: readonly object[],
  path: string,
  headers: Record<string, string | string[]>,
): string {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) for (const v of [value].flat()) metadata.add(name, v);
  const plan = planKeys(path, index(...builders), "dummy-host:443");
  return formatKeys(plan!.keysOf(metadata));
}

const keyCases: readonly (readonly [
  string,
  readonly object[],
  string,
  Record<string, string | string[]>,
  string,
])[] = [
  ["unknown service", [foo, bar], "/gUnknown/method", { n1: "v1" }, ""],
  ["unknown method without wildcard", [foo, bar], "/gBar/method2", { n1: "v1" }, ""],
  ["no header", [foo, bar], "/gBar/method1", { other: "v1" }, ""],
  ["a single header", [foo, bar], "/gBar/method1", { n1: "v1" }, "k1=v1"],
  ["the first name wins", [foo, bar], "/gBar/method1", { n2: "v2", n1: "v1" }, "k1=v1"],
  ["the second name, if it is alone", [foo, bar], "/gBar/method1", { n2: "v2" }, "k1=v2"],
  ["wildcard", [foo, bar], "/gFoobar/any", { n1: "v1" }, "k1=v1"],
  ["wildcard with two matchers", [foo, bar], "/gFoo/any", { n1: "v1" }, "k1=v1,k2=v1"],
  [
    "matchers, extra and constant keys",
    [rich],
    "/gFoo/method1",
    { n1: "v1" },
    "const-key-1=const-val-1,const-key-2=const-val-2,host=dummy-host,k1=v1,k2=v1,method=method1,service=gFoo",
  ],
  ["repeated header", [bar], "/gFoobar/any", { n1: ["v1", "v2", "v3"] }, "k1=v1,v2,v3"],
];

for (const [name, builders, path, headers, expected] of keyCases) {
  test(`keys: RLSKey: ${name}`, () => assert.equal(keyOf(builders, path, headers), expected));
}

test("keys: MapToString: sorted by key", () => {
  assert.equal(formatKeys({ b: "2", a: "1", c: "" }), "a=1,b=2,c=");
  assert.equal(formatKeys({}), "");
});

test("keys: BuilderEqual: the order of names counts, that of headers and constants does not", () => {
  const plan = (builder: object) => planKeys("/s/m", index({ names: [{ service: "s" }], ...builder }), "h")!;
  const headers = (...names: string[]) => plan({ headers: [{ key: "k", names }] });
  const read = (a: string, b: string) => {
    const metadata = new Metadata();
    metadata.set("a", "of-a");
    metadata.set("b", "of-b");
    return headers(a, b).keysOf(metadata);
  };
  assert.notDeepEqual(read("a", "b"), read("b", "a"));
  assert.deepEqual(
    plan({ constantKeys: { a: "1", b: "2" } }).keysOf(new Metadata()),
    plan({ constantKeys: { b: "2", a: "1" } }).keysOf(new Metadata()),
  );
});

test("IsFullMethodNameValid: only /service/method is a path", () => {
  const isValid = (path: string) => planKeys(path, new Map(), "h") !== undefined;
  for (const path of ["service/method", "/service", "/service/path/to/method", "", "/", "//", "/service/"]) {
    assert.equal(isValid(path), false, path);
  }
  assert.equal(isValid("/service/method"), true);
});

test("the host is the authority without its port", () => {
  const hosts = {
    "a.test:443": "a.test",
    "a.test": "a.test",
    "[::1]:80": "::1",
    "[::1]": "::1",
    "1.2.3.4:5": "1.2.3.4",
    "": "",
  };
  for (const [authority, host] of Object.entries(hosts)) assert.equal(hostOf(authority), host);
});

test("headers whose value is no text are skipped, and names are found in any case", () => {
  const builder = {
    names: [{ service: "s" }],
    headers: [{ key: "k", names: ["x-bin", "bad name", "X-User"] }],
  };
  const metadata = new Metadata();
  metadata.set("x-bin", Buffer.from("bytes"));
  metadata.set("x-user", "ada");
  assert.deepEqual(planKeys("/s/m", index(builder), "h")!.keysOf(metadata), { k: "ada" });
});

test("a key is that of a plan only if a request of the plan can have it", () => {
  const plan = planKeys("/gFoo/method1", index(rich), "dummy-host")!;
  const metadata = new Metadata();
  metadata.set("n1", "v");
  const keys = plan.keysOf(metadata);
  assert.deepEqual(plan.valuesOf(keys), ["v", "v"]);
  assert.deepEqual(plan.valuesOf(plan.keysOf(new Metadata())), [undefined, undefined]);
  assert.equal(plan.valuesOf({ ...keys, more: "x" }), undefined);
  assert.equal(plan.valuesOf({ ...keys, host: "other" }), undefined);
  assert.equal(plan.valuesOf({}), undefined);
});
