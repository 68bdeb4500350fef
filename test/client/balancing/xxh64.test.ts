import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ascendingOrder,
  type Hash64,
  hashBytes,
  hashText,
  toHash64,
  xxh64,
} from "../../../lib/client/balancing/xxh64.js";
import { seeded } from "../doubles.js";

const vectors: Readonly<Record<string, bigint>> = {
  "": 0xef46db3751d8e999n,
  a: 0xd24ec4f1a98c6e5bn,
  as: 0x1c330fb2d66be179n,
  asd: 0x631c37ce72a97393n,
  asdf: 0x415872f599cea71en,
  abc: 0x44bc2cf5ad770999n,
  "some-value": 0x0f2ef05377a6474fn,
  "value1,value2": 0x696f446d0a1a1b6an,
  "Call me Ishmael. Some years ago--never mind how long precisely-": 0x02a2e85470d6fd96n,
  "10.0.0.1:50051_0": 0x742389647ea72c09n,
  "10.0.0.1:50051_1": 0x583290db217695a0n,
};

const joined = ({ high, low }: Hash64) => (BigInt(high) << 32n) | BigInt(low);

function fastText(text: string, seed = 0n): bigint {
  const hash = { high: 0, low: 0 };
  hashText(hash, text, toHash64(seed));
  return joined(hash);
}

function fastBytes(bytes: Uint8Array, seed = 0n): bigint {
  const hash = { high: 0, low: 0 };
  hashBytes(hash, bytes, bytes.length, toHash64(seed));
  return joined(hash);
}

test("XXH64 gives the reference vectors, in bigints and in halves", () => {
  for (const [text, expected] of Object.entries(vectors)) {
    assert.equal(xxh64(text), expected, text);
    assert.equal(xxh64(Buffer.from(text)), expected, text);
    assert.equal(fastText(text), expected, text);
    assert.equal(fastBytes(Buffer.from(text)), expected, text);
  }
});

test("both forms of XXH64 agree for any bytes, of any length, with any seed", () => {
  const random = seeded(64);
  const seeds = [0n, 1n, 0xffffffffn, 0xffffffffffffffffn, 0x8000000000000000n];
  for (let length = 0; length < 300; length++) {
    const bytes = Uint8Array.from({ length }, () => random() * 256);
    const drawn = (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | BigInt(Math.floor(random() * 2 ** 32));
    for (const seed of [drawn, seeds[length % seeds.length]!]) {
      assert.equal(fastBytes(bytes, seed), xxh64(bytes, seed), `${length} bytes, seed ${seed}`);
    }
  }
});

test("a text is hashed as UTF-8, whatever its length", () => {
  for (const text of [
    "é",
    "日本語",
    "𝄞 clef",
    `${"x".repeat(63)}é`,
    "é".repeat(500),
    "a".repeat(5000),
    "\ud800",
  ]) {
    assert.equal(fastText(text), xxh64(Buffer.from(text)), text);
    assert.equal(xxh64(text), xxh64(Buffer.from(text)));
  }
});

test("only the first bytes count where a length is given", () => {
  const hash = { high: 0, low: 0 };
  hashBytes(hash, Buffer.from("asdf"), 3);
  assert.equal(joined(hash), vectors.asd);
});

test("hashes in halves are ordered as unsigned numbers of 64 bits", () => {
  const random = seeded(1);
  const values = Array.from(
    { length: 500 },
    () => [Math.floor(random() * 4) * 0x7fffffff, random() * 2 ** 32] as const,
  );
  values.push(values[0]!, values[0]!);
  const highs = Uint32Array.from(values, ([high]) => high);
  const lows = Uint32Array.from(values, ([, low]) => low);
  const number = (position: number) => (BigInt(highs[position]!) << 32n) | BigInt(lows[position]!);
  const order = [...ascendingOrder(highs, lows)];
  const expected = [...values.keys()].sort((a, b) =>
    number(a) < number(b) ? -1 : number(a) > number(b) ? 1 : a - b,
  );
  assert.deepEqual(order, expected);
});
