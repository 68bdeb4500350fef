import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, ConfigReader } from "../../../lib/client/service-config/config-reader.js";
import { formatDuration } from "../../../lib/client/service-config/duration-text.js";

const durationOf = (value: unknown) => ConfigReader.of({ value }, "").durationMs("value");

for (const [text, ms] of [
  ["0s", 0],
  ["-0s", -0],
  ["1s", 1000],
  ["10s", 10_000],
  ["1.s", 1000],
  [".01s", 10],
  ["-1.5s", -1500],
  ["0.5s", 500],
  ["1.000000001s", 1000.000001],
  ["0.123456789s", 123.456789],
  ["315576000000s", 315_576_000_000_000],
  ["315576000000.000s", 315_576_000_000_000],
  ["-315576000000s", -315_576_000_000_000],
] as const) {
  test(`TestDuration_MarshalUnmarshal: ${text} is ${ms} ms`, () => assert.equal(durationOf(text), ms));
}

for (const value of [
  ...["", "s", ".s", "-s", "1", "1.5", "1m", "1.2.3s", "1.0000000001s", " 1s", "1s ", "+1s", "1e3s", "--1s"],
  ...["315576000001s", "-315576000001s", "315576000000.1s", "99999999999999999999s"],
  ...[1, 0, true, { seconds: 1 }, ["1s"]],
]) {
  test(`TestDuration_MarshalUnmarshal: ${JSON.stringify(value)} is no duration`, () => {
    assert.throws(() => durationOf(value), ConfigError);
  });
}

for (const [ms, text] of [
  [0, "0s"],
  [-0, "0s"],
  [1, "0.001s"],
  [1500, "1.5s"],
  [10_000, "10s"],
  [-250, "-0.25s"],
  [0.000001, "0.000000001s"],
  [0.0000001, "0s"],
  [-0.0000001, "0s"],
  [123.456789, "0.123456789s"],
  [999.9999999, "1s"],
  [0.1 + 0.2, "0.0003s"],
  [315_576_000_000_000, "315576000000s"],
] as const) {
  test(`TestDuration_MarshalUnmarshal: ${ms} ms is ${text}`, () => {
    assert.equal(formatDuration(ms), text);
    assert.equal(durationOf(text)?.toFixed(6), (ms + 0).toFixed(6).replace(/^-(0\.0+)$/, "$1"));
  });
}

test("what is no duration in milliseconds is refused", () => {
  for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, -Number.POSITIVE_INFINITY, 4e14]) {
    assert.throws(() => formatDuration(ms), RangeError);
  }
});

test("whole numbers: from 0 to the largest of 32 bits, also as text", () => {
  const read = (value: unknown) => ConfigReader.of({ value }, "").uint32("value");
  assert.deepEqual([read(0), read(4_294_967_295), read("12"), read(null)], [0, 4_294_967_295, 12, undefined]);
  for (const value of [-1, 1.5, 4_294_967_296, "1.5", "-1", "", "x", true, Number.NaN]) {
    assert.throws(() => read(value), ConfigError);
  }
});

test("an error says where, what is expected, and what is there", () => {
  const reader = ConfigReader.of({ child: { maxSize: "x" } }, "root").object("child")!;
  assert.throws(() => reader.uint32("maxSize", 10), {
    message: 'root.child.maxSize: must be a whole number from 0 to 10, got "x"',
    where: "root.child.maxSize",
  });
});

test("null is as good as absent, in either spelling", () => {
  assert.equal(ConfigReader.of({ maxSize: null, max_size: 3 }, "").uint32("maxSize"), 3);
  assert.equal(ConfigReader.of({ maxSize: 4, max_size: null }, "").uint32("maxSize"), 4);
  assert.equal(ConfigReader.of({ max_size: null }, "").uint32("maxSize"), undefined);
});
