import assert from "node:assert/strict";
import { test } from "node:test";
import { HashRing, type RingPlace } from "../../../lib/client/balancing/hash-ring.js";
import { toHash64, xxh64 } from "../../../lib/client/balancing/xxh64.js";
import { seeded } from "../doubles.js";

const places: readonly RingPlace[] = [
  { key: "a", weight: 3 },
  { key: "b", weight: 3 },
  { key: "c", weight: 4 },
];

function counts(ring: HashRing, of: readonly RingPlace[] = places): number[] {
  const found = of.map(() => 0);
  for (const owner of ring.owners) found[owner]! += 1;
  return found;
}

const number = (ring: HashRing, position: number) => {
  const { high, low } = ring.at(position);
  return (BigInt(high) << 32n) | BigInt(low);
};

test("RingNew: a ring has the size that its bounds allow, and entries by weight", () => {
  const table: readonly (readonly [number, number, readonly number[]])[] = [
    [3, 20, [1, 1, 2]],
    [4, 20, [2, 2, 3]],
    [6, 20, [2, 2, 3]],
    [8, 20, [3, 3, 4]],
    [8, 8, [3, 2, 3]],
    [10, 20, [3, 3, 4]],
  ];
  for (const [minRingSize, maxRingSize, expected] of table) {
    const ring = new HashRing(places, { minRingSize, maxRingSize });
    assert.deepEqual(counts(ring), expected, `${minRingSize} to ${maxRingSize}`);
  }
});

test("RingNew: shares of a large ring are those of the weights", () => {
  const random = seeded(10);
  const many = Array.from({ length: 100 }, (_, i) => ({
    key: `e${i}`,
    weight: 1 + Math.floor(random() * 9),
  }));
  const sum = many.reduce((total, { weight }) => total + weight, 0);
  const ring = new HashRing(many, { minRingSize: 1024, maxRingSize: 4096 });
  assert.ok(ring.size >= 1024 && ring.size <= 4096, String(ring.size));
  for (const [i, count] of counts(ring, many).entries()) {
    assert.ok(Math.abs(count - (ring.size * many[i]!.weight) / sum) <= 1, many[i]!.key);
  }
});

test("RingNew: entries stand where the golden ring has them", () => {
  const ring = new HashRing(places, { minRingSize: 10, maxRingSize: 20 });
  const golden = [
    ["a_2", 0x3991a6824c7153a5n],
    ["b_2", 0x3a24988080def0d8n],
    ["c_1", 0x461afe862b8563d7n],
    ["b_0", 0x4e3d083a4cbbd78cn],
    ["b_1", 0x5b0cfd75da0157ccn],
    ["a_0", 0x6d2cebf82cdbf7acn],
    ["c_2", 0x71005f193d29a49fn],
    ["c_3", 0xc9faa5220563fbacn],
    ["c_0", 0xcd69c9d35c202bc2n],
    ["a_1", 0xfa0cc5004b3d4c53n],
  ] as const;
  assert.equal(ring.size, golden.length);
  for (const [position, [entry, hash]] of golden.entries()) {
    assert.equal(number(ring, position), hash, entry);
    assert.equal(places[ring.owners[position]!]!.key, entry[0]);
    assert.equal(xxh64(entry), hash);
  }
  const picked = ["1", "2", "3", "4"].map((text) => golden[ring.find(toHash64(xxh64(text)))]![0]);
  assert.deepEqual(picked, ["c_3", "a_0", "a_2", "c_3"]);
});

test("RingPick: the entry found is the first whose hash is not below the one asked for", () => {
  const ring = new HashRing(places, { minRingSize: 10, maxRingSize: 20 });
  const random = seeded(3);
  for (let i = 0; i < 2000; i++) {
    const at = i % ring.size;
    const drawn = (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | BigInt(Math.floor(random() * 2 ** 32));
    for (const hash of [drawn, number(ring, at), number(ring, at) + 1n, number(ring, at) - 1n]) {
      const found = ring.find(toHash64(hash));
      if (hash > number(ring, ring.size - 1)) assert.equal(found, 0);
      else {
        assert.ok(number(ring, found) >= hash);
        assert.ok(found === 0 || number(ring, found - 1) < hash);
      }
    }
  }
});

test("RingNext: behind the last entry comes the first", () => {
  const ring = new HashRing(places, { minRingSize: 10, maxRingSize: 20 });
  assert.equal(ring.find({ high: 0xffffffff, low: 0xffffffff }), 0);
  assert.equal(ring.find({ high: 0, low: 0 }), 0);
});

test("a ring does not depend on the order of its places", () => {
  const names = (list: readonly RingPlace[]) => {
    const ring = new HashRing(list, { minRingSize: 64, maxRingSize: 128 });
    return [...ring.owners].map((owner) => list[owner]!.key);
  };
  assert.deepEqual(names([...places].reverse()), names(places));
});

test("keys are in the order of their bytes, which is not that of JavaScript's texts", () => {
  // U+FF5E is three bytes from EF on, U+1F426 four from F0 on; in UTF-16 the latter comes first.
  const odd = [
    { key: "\u{1f426}", weight: 1 },
    { key: "\uff5e", weight: 1 },
  ];
  // One entry has room: it belongs to the first key.
  const ring = new HashRing(odd, { minRingSize: 1, maxRingSize: 1 });
  assert.deepEqual(
    [...ring.owners].map((owner) => odd[owner]!.key),
    ["\uff5e"],
  );
});

test("a ring that is smaller than its list leaves places out, and a single place has all", () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ key: `e${i}`, weight: 1 }));
  assert.equal(new HashRing(many, { minRingSize: 10, maxRingSize: 10 }).size, 10);
  assert.equal(new HashRing([{ key: "x", weight: 7 }], { minRingSize: 5, maxRingSize: 5 }).size, 5);
});
