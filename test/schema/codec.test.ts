import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import protobuf from "protobufjs";
import type { MessageShape } from "../../lib/rpc/index.js";
import { loadSchema, type SchemaOptions } from "../../lib/schema/index.js";
import { projectFolder } from "./proto-roots.js";

const includeDirs = [join(projectFolder, "test/schema/protos")];
const load = (options: SchemaOptions = {}) =>
  loadSchema(["shapes/everything.proto"], { includeDirs, ...options });
const everything = load().codec("shapes.all.Everything");

const full = {
  fDouble: -0.1,
  fFloat: 1.5,
  fInt32: -2147483648,
  fInt64: "-9223372036854775808",
  fUint32: 4294967295,
  fUint64: "18446744073709551615",
  fSint32: -5,
  fSint64: "-9007199254740993",
  fFixed32: 7,
  fFixed64: "9007199254740993",
  fSfixed32: -7,
  fSfixed64: "-1",
  fBool: true,
  fString: "Zürich 🐦 and more than forty characters of plain text",
  fBytes: Buffer.from([0, 1, 255]),
  fKind: "KIND_LARGE",
  fInner: { name: "inner", inner: { kind: "INNER_ZERO" } },
  fColor: "RED",
  fAbsolute: "BLUE",
  packedDefault: [1, -1, 300],
  packedOff: [1, 2],
  packedOn: [0.5, -0],
  strings: ["", "a", "b".repeat(300)],
  inners: [{ name: "" }, { name: "x" }],
  kinds: ["KIND_ONE", "KIND_NEGATIVE", 77],
  longs: ["0", "1", "-1"],
  zigzags: ["-3", "3"],
  fixeds: ["1"],
  bools: [true, false],
  blobs: [Buffer.alloc(0), Buffer.alloc(200, 1)],
  maybeInt32: 0,
  maybeString: "",
  maybeInner: { name: "" },
  maybeKind: "KIND_UNSPECIFIED",
  maybeInt64: "0",
  maybeBytes: Buffer.alloc(0),
  byString: { "": "empty", constructor: "own", toString: "own" },
  byInt32: { "-1": { name: "minus" } },
  byInt64: { "-9223372036854775808": "1", "1": "2" },
  byUint64: { "18446744073709551615": "KIND_TWO" },
  bySint32: { "-2": 2.5 },
  bySint64: { "-9007199254740993": Buffer.from("x") },
  byFixed32: { "4294967295": false },
  byFixed64: { "9007199254740993": "big" },
  byBool: { true: "yes", false: "no" },
  bySfixed32: { "-3": 3 },
  bySfixed64: { "-4": "4" },
  choice: "text",
  text: "chosen",
  withRule: "1",
  underscore_Name_2: "kept",
  CamelCase: "kept",
  _leading: "kept",
  timestamp: { seconds: "1700000000", nanos: 5 },
  duration: { seconds: "-1", nanos: -5 },
};

test("every kind of field survives a round trip", () => {
  const decoded = everything.decode(everything.encode(full)) as typeof full & Record<string, unknown>;
  for (const [name, value] of Object.entries(full)) {
    const got = decoded[name];
    if (name === "fInner") assert.equal((got as typeof full.fInner).inner.kind, "INNER_ZERO");
    else if (["inners", "maybeInner", "byInt32"].includes(name))
      assert.equal(JSON.stringify(got).includes('"name"'), true);
    else assert.deepEqual(got, value, name);
  }
});

test("a decoded message has the defaults of fields without presence, and nothing for the others", () => {
  const empty = everything.decode(Buffer.alloc(0)) as Record<string, unknown>;
  assert.equal(empty.fInt64, "0");
  assert.equal(empty.fKind, "KIND_UNSPECIFIED");
  assert.deepEqual(empty.strings, []);
  assert.deepEqual(empty.byString, {});
  for (const absent of ["fInner", "maybeInt32", "maybeBytes", "choice", "text", "timestamp"]) {
    assert.equal(absent in empty, false, absent);
  }
  assert.equal(Object.getPrototypeOf(empty), Object.prototype);
});

test("protobufjs reads the same from our bytes, and we from its", () => {
  const file = join(includeDirs[0]!, "shapes/city.proto");
  const theirs = protobuf.parse(readFileSync(file, "utf8")).root.lookupType("shapes.city.City");
  const ours = loadSchema([file], { includeDirs }).codec("shapes.city.City");
  const city = {
    id: "-1234567890123",
    name: "Genève",
    kind: "KIND_CITY",
    area: 15.93,
    digest: Buffer.from([1, 2, 3]),
    tags: ["lake", "", "x".repeat(200)],
    counts: { bridges: 7, fountains: -1 },
    location: { latitude: 46.2, longitude: -0 },
    isCapital: true,
    elevation: -375,
    years: [58, 1536, -1],
  };
  const theirBytes = Buffer.from(theirs.encode(theirs.fromObject(city)).finish());
  assert.deepEqual(ours.encode(city), theirBytes);
  assert.deepEqual(ours.decode(theirBytes), city);
  const readByThem = theirs.toObject(theirs.decode(ours.encode(city)), { longs: String, enums: String });
  assert.deepEqual({ ...readByThem }, city);
});

describe("the options decide how messages look", () => {
  const bytes = everything.encode(full);
  const look = (options: SchemaOptions) =>
    load(options).codec("shapes.all.Everything").decode(bytes) as Record<string, unknown>;

  test("longs as numbers or bigints", () => {
    assert.equal(look({ longs: Number }).fSfixed64, -1);
    assert.equal(look({ longs: BigInt }).fUint64, 18446744073709551615n);
    assert.deepEqual(look({ longs: "bigint" }).byInt64, { "-9223372036854775808": 1n, "1": 2n });
  });

  test("enums as numbers", () => {
    assert.equal(look({ enums: Number }).fKind, 100000);
    assert.deepEqual(look({ enums: "number" }).kinds, [1, -1, 77]);
  });

  test("bytes as base64, both ways", () => {
    const codec = load({ bytes: String }).codec("shapes.all.Everything");
    const decoded = codec.decode(bytes) as { fBytes: string };
    assert.equal(decoded.fBytes, "AAH/");
    assert.deepEqual(codec.encode({ fBytes: "AAH/" }), everything.encode({ fBytes: full.fBytes }));
  });

  test("proto names", () => {
    assert.equal(look({ keepCase: true }).with_rule, "1");
  });

  test("no defaults", () => {
    const codec = load({ defaults: false }).codec("shapes.all.Everything");
    assert.deepEqual(codec.decode(Buffer.alloc(0)), {});
    assert.deepEqual(codec.decode(everything.encode({ strings: ["a"], fInt32: 1 })), {
      strings: ["a"],
      fInt32: 1,
    });
    const arrays = load({ defaults: false, arrays: true, objects: true }).codec("shapes.all.Everything");
    assert.deepEqual((arrays.decode(Buffer.alloc(0)) as typeof full).byBool, {});
  });

  test("no oneof names", () => {
    const decoded = look({ oneofs: false });
    assert.equal("choice" in decoded, false);
    assert.equal(decoded.text, "chosen");
  });

  test("timestamps as Dates and durations as milliseconds", () => {
    const codec = load({ timestamps: "date", durations: "ms" }).codec("shapes.all.Everything");
    const message = {
      timestamp: new Date(-1),
      duration: -1500.25,
      timestamps: [new Date(0), new Date("2024-02-29T12:00:00.123Z")],
      durations: { short: 0.5 },
    };
    const decoded = codec.decode(codec.encode(message)) as typeof message;
    assert.deepEqual(decoded.timestamp, message.timestamp);
    assert.equal(decoded.duration, message.duration);
    assert.deepEqual(decoded.timestamps, message.timestamps);
    assert.deepEqual(decoded.durations, message.durations);
    assert.throws(
      () => codec.encode({ timestamp: new Date(Number.NaN) }),
      /timestamp.*google\.protobuf\.Timestamp/,
    );
    assert.throws(() => codec.encode({ duration: "1s" }), /google\.protobuf\.Duration/);
    const plain = everything.decode(codec.encode(message)) as typeof full;
    assert.deepEqual(plain.timestamp, { seconds: "-1", nanos: 999_000_000 });
    assert.deepEqual(plain.duration, { seconds: "-1", nanos: -500_250_000 });
  });
});

describe("encode takes what is unambiguous", () => {
  const same = (a: object, b: object) => assert.deepEqual(everything.encode(a), everything.encode(b));

  test("64-bit integers as string, number or bigint", () => {
    same({ fInt64: -5 }, { fInt64: "-5" });
    same({ fUint64: 2n ** 63n }, { fUint64: "9223372036854775808" });
    same({ fSint64: "-7" }, { fSint64: -7n, maybeInt64: undefined });
  });

  test("enums as name or number, null and undefined as absent, any Uint8Array as bytes", () => {
    same({ fKind: 1, fString: null, fInner: undefined }, { fKind: "KIND_ONE" });
    same({ fBytes: Uint8Array.of(1, 2) }, { fBytes: Buffer.from([1, 2]) });
    same({ fColor: "CRIMSON" }, { fColor: "RED" });
  });

  test("the case of a oneof by its name or by the field that is set", () => {
    same({ choice: "number", number: 0, text: "not this" }, { number: 0 });
    same({ flag: false }, { choice: "flag", flag: false });
    assert.equal(everything.encode({ choice: "number" }).length, 0);
    assert.throws(() => everything.encode({ number: 1, text: "x" }), {
      name: "TypeError",
      message: "shapes.all.Everything.choice: both number and text are set; a oneof has one",
    });
    assert.throws(
      () => everything.encode({ choice: "nunber" }),
      /choice: expected one of number, text, .* got string "nunber"/,
    );
  });

  test("a lone surrogate as U+FFFD", () => {
    const decoded = everything.decode(
      everything.encode({ fString: "a\ud800b", strings: ["\udfff"] }),
    ) as typeof full;
    assert.equal(decoded.fString, "a\ufffdb");
    assert.deepEqual(decoded.strings, ["\ufffd"]);
  });
});

describe("encode refuses what does not fit, and says where", () => {
  const cases: [object, string][] = [
    [{ fInt64: {} }, "fInt64: expected int64 (string, number or bigint), got object"],
    [{ fInt64: "" }, 'fInt64: expected int64 (string, number or bigint), got string ""'],
    [{ fInt64: 1.5 }, "fInt64: expected int64 (string, number or bigint), got number 1.5"],
    [
      { fInt64: "9223372036854775808" },
      'fInt64: expected int64 (string, number or bigint), got string "9223372036854775808"',
    ],
    [{ fUint64: -1 }, "fUint64: expected uint64 (string, number or bigint), got number -1"],
    [
      { fInt32: 2147483648 },
      "fInt32: expected int32 (integer from -2147483648 to 2147483647), got number 2147483648",
    ],
    [
      { fInt32: Number.NaN },
      "fInt32: expected int32 (integer from -2147483648 to 2147483647), got number NaN",
    ],
    [{ fInt32: "1" }, 'fInt32: expected int32 (integer from -2147483648 to 2147483647), got string "1"'],
    [{ fInt32: 1n }, "fInt32: expected int32 (integer from -2147483648 to 2147483647), got bigint 1"],
    [{ fUint32: -1 }, "fUint32: expected uint32 (integer from 0 to 4294967295), got number -1"],
    [{ fDouble: "1" }, 'fDouble: expected double (number), got string "1"'],
    [{ fBool: 1 }, "fBool: expected bool (boolean), got number 1"],
    [{ fString: 5 }, "fString: expected string, got number 5"],
    [{ fBytes: "AAH/" }, 'fBytes: expected bytes (Buffer or Uint8Array), got string "AAH/"'],
    [{ fInner: "x" }, 'fInner: expected shapes.all.Everything.Inner, got string "x"'],
    [{ fInner: [] }, "fInner: expected shapes.all.Everything.Inner, got array"],
    [{ strings: "x" }, 'strings: expected array of string, got string "x"'],
    [{ strings: ["a", undefined] }, "strings[1]: expected string, got undefined"],
    [
      { inners: [{ name: "a" }, { parent: { fBool: "x" } }] },
      'inners[1].parent.fBool: expected bool (boolean), got string "x"',
    ],
    [
      { byInt32: { x: {} } },
      'byInt32["x"]: expected key of type int32 (integer from -2147483648 to 2147483647), got string "x"',
    ],
    [{ byBool: { yes: "x" } }, 'byBool["yes"]: expected key of type bool (boolean), got string "yes"'],
    [{ byInt32: { 7: { name: 1 } } }, 'byInt32["7"].name: expected string, got number 1'],
    [{ byString: [] }, "byString: expected object (a map), got array"],
  ];
  for (const [value, message] of cases) {
    test(message, () => {
      assert.throws(() => everything.encode(value), {
        name: "TypeError",
        message: `shapes.all.Everything.${message}`,
      });
    });
  }

  test("an enum's name is suggested", () => {
    assert.throws(() => everything.encode({ fKind: "KIND_THREE" }), {
      message:
        /fKind: expected shapes\.all\.Everything\.Kind \(KIND_UNSPECIFIED, KIND_ONE, .* or a number\), got string "KIND_THREE"/,
    });
  });

  test("what is no message at all, and one that holds itself", () => {
    for (const value of [null, undefined, 5, "x", []]) {
      assert.throws(
        () => everything.encode(value),
        /^TypeError: shapes\.all\.Everything: expected an object, got /,
      );
    }
    const circle: { parent?: object } = {};
    circle.parent = { fInner: circle };
    assert.throws(() => everything.encode({ fInner: circle }), /TypeError.*nested too deeply/);
  });

  test("and goes on working", () => {
    assert.equal(everything.encode({ fInt32: 1 }).toString("hex"), "1801");
  });
});

test("a message that is encoded while another one is being encoded does not disturb it", () => {
  const nested: Buffer[] = [];
  const message = {
    fInt32: 1,
    get fString() {
      nested.push(everything.encode({ fInt32: 3 }));
      return "outer";
    },
  };
  assert.deepEqual(everything.encode(message), everything.encode({ fInt32: 1, fString: "outer" }));
  assert.equal(nested[0]?.toString("hex"), "1803");
});

test("messages larger than the encoder's buffer come out whole, and earlier ones stay as they were", () => {
  const small = everything.encode({ fString: "before" });
  const copy = Buffer.from(small);
  for (const length of [100, 127, 128, 16_383, 16_384, 70_000, 3_000_000]) {
    const text = "ä".repeat(length);
    const message = { fInner: { name: text, inner: {} }, strings: [text, "x".repeat(length)] };
    const decoded = everything.decode(everything.encode(message)) as typeof full;
    assert.equal(decoded.fInner.name, text);
    assert.equal(decoded.strings[1]?.length, length);
  }
  assert.deepEqual(small, copy);
});

test("a shape builds its classes, nested ones too, and keeps what a class sets for absent fields", () => {
  class Inner {
    name!: string;
  }
  class Request {
    fString = "own default";
    maybeInt32 = 7;
    fInner?: Inner;
    inners!: Inner[];
    byInt32!: Record<string, Inner>;
  }
  const inner: MessageShape = { create: Inner, fields: new Map() };
  const shape: MessageShape = {
    create: Request,
    fields: new Map([
      ["fInner", inner],
      ["inners", inner],
      ["byInt32", inner],
    ]),
  };
  const bytes = everything.encode({
    fInner: { name: "a" },
    inners: [{ name: "b" }],
    byInt32: { 1: { name: "c" } },
  });
  const request = everything.withShape(shape).decode(bytes) as Request;
  assert.ok(request instanceof Request);
  assert.ok(request.fInner instanceof Inner);
  assert.ok(request.inners[0] instanceof Inner);
  assert.ok(request.byInt32["1"] instanceof Inner);
  assert.equal(request.fString, "");
  assert.equal(request.maybeInt32, 7);
  assert.equal(everything.decode(bytes) instanceof Request, false);
});

test("parts of a message that come twice are merged, and the last field of a oneof wins", () => {
  const two = Buffer.concat([
    everything.encode({ fInner: { name: "a" }, number: 1, fInt32: 1 }),
    everything.encode({ fInner: { inner: {} }, text: "last", fInt32: 2 }),
  ]);
  const decoded = everything.decode(two) as typeof full & { number?: number };
  assert.equal(decoded.fInner.name, "a");
  assert.ok(decoded.fInner.inner);
  assert.equal(decoded.fInt32, 2);
  assert.equal(decoded.choice, "text");
  assert.equal("number" in decoded, false);
});
