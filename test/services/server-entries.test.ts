import assert from "node:assert/strict";
import { test } from "node:test";
import type { Backend } from "../../lib/services/index.js";
import { countsOf, toBytes, toServerEntries } from "../../lib/services/load-balancer/server-entries.js";

const backend = (port: number, more: Partial<Backend> = {}): Backend => ({ host: "10.0.0.1", port, ...more });

/** `1 2 drop`: ports, or tokens of drops. */
function textOf(list: Parameters<typeof toServerEntries>[0]): string {
  return toServerEntries(list)
    .map(({ port, drop, loadBalanceToken }) => (drop === true ? loadBalanceToken : port))
    .join(" ");
}

/** How large a share of the list drops. */
function sharesOf(drops: Record<string, number>, backends: readonly Backend[]) {
  const entries = toServerEntries({ backends, drops });
  const counts = Object.keys(drops).map(
    (token) =>
      entries.filter(({ drop, loadBalanceToken }) => drop === true && loadBalanceToken === token).length,
  );
  return { shares: counts.map((count) => count / entries.length), length: entries.length };
}

test("addresses are in network order, without names and zones", () => {
  assert.deepEqual(toBytes("10.1.2.255"), Buffer.from([10, 1, 2, 255]));
  assert.equal(toBytes("::1")?.toString("hex"), `${"00".repeat(15)}01`);
  assert.equal(toBytes("::")?.toString("hex"), "00".repeat(16));
  assert.equal(toBytes("fd00:1::")?.toString("hex"), `fd000001${"00".repeat(12)}`);
  assert.equal(toBytes("1:2:3:4:5:6:7:8")?.toString("hex"), "00010002000300040005000600070008");
  assert.equal(toBytes("::ffff:10.0.0.1")?.toString("hex"), `${"00".repeat(10)}ffff0a000001`);
  for (const text of ["localhost", "fe80::1%eth0", "", "1.2.3", "300.1.1.1"])
    assert.equal(toBytes(text), undefined);
});

test("each backend is listed as often as its weight says, in turn", () => {
  assert.equal(textOf({ backends: [backend(1), backend(2), backend(3)] }), "1 2 3");
  assert.equal(textOf({ backends: [backend(1, { weight: 7 }), backend(2, { weight: 7 })] }), "1 2");
  assert.equal(textOf({ backends: [backend(1, { weight: 2 }), backend(2)] }), "1 2 1");
  assert.equal(textOf({ backends: [backend(1, { weight: 30 }), backend(2, { weight: 10 })] }), "1 1 2 1");
  assert.deepEqual(countsOf([100, 300, 200]), [1, 3, 2]);
});

test("weights that are no small numbers are near enough, and each backend is listed", () => {
  const weights = [812.4, 97.03, 405.5, 1e-9];
  const counts = countsOf(weights);
  const [sum, total] = [weights, counts].map((list) => list.reduce((a, b) => a + b, 0)) as [number, number];
  assert.ok(total <= 100, String(total));
  assert.equal(counts[3], 1);
  for (const [index, weight] of weights.entries())
    assert.ok(Math.abs(counts[index]! / total - weight / sum) < 0.02, String(counts));
  const many = countsOf(Array.from({ length: 5000 }, (_, i) => 1 + (i % 7) + 0.1));
  assert.ok(many.reduce((a, b) => a + b, 0) <= 25_000);
  assert.ok(many.every((count) => count >= 1));
  // Primes are no reason for a list of millions.
  assert.ok(countsOf([1_000_003, 999_983]).reduce((a, b) => a + b, 0) <= 40);
});

test("drops have their share of the list, spread over it", () => {
  const three = [backend(1), backend(2), backend(3)];
  assert.equal(textOf({ backends: three, drops: { overload: 0.25 } }), "1 2 overload 3");
  assert.equal(textOf({ backends: three, drops: {} }), "1 2 3");
  assert.equal(textOf({ backends: three, drops: { none: 0 } }), "1 2 3");
  for (const share of [0.001, 0.01, 0.05, 0.1, 1 / 3, 0.5, 0.9, 0.99, 0.333, 0.0001]) {
    for (const backends of [three, [backend(1)], Array.from({ length: 97 }, (_, i) => backend(i))]) {
      const { shares, length } = sharesOf({ overload: share }, backends);
      assert.ok(Math.abs(shares[0]! - share) <= Math.max(share * 0.02, 1e-4), `${share}: ${shares}`);
      assert.ok(length <= 10_001, String(length));
    }
  }
  const { shares } = sharesOf({ overload: 0.1, quota: 0.25 }, three);
  assert.ok(Math.abs(shares[0]! - 0.1) < 0.001 && Math.abs(shares[1]! - 0.25) < 0.001);
  const entries = toServerEntries({ backends: three, drops: { x: 0.5 } });
  assert.ok(entries.every(({ drop }, i) => drop !== entries[(i + 1) % entries.length]!.drop));
});

test("all calls dropped are a list of drops; no backends are an empty list", () => {
  assert.equal(textOf({ backends: [backend(1)], drops: { all: 1 } }), "all");
  assert.equal(textOf({ backends: [backend(1)], drops: { a: 0.75, b: 0.25 } }), "a a b a");
  assert.equal(textOf({ backends: [], drops: { all: 0.5 } }), "");
});

test("what cannot be told to clients is refused in words", () => {
  const wrong: [Parameters<typeof toServerEntries>[0], RegExp][] = [
    [{ backends: [backend(1, { host: "localhost" })] }, /needs an IP address, got "localhost"/],
    [{ backends: [backend(70_000)] }, /port of 10\.0\.0\.1 must be a whole number/],
    [{ backends: [backend(1.5)] }, /must be a whole number/],
    [{ backends: [backend(1, { weight: 0 })] }, /weight of 10\.0\.0\.1:1 must be above 0, got 0/],
    [{ backends: [backend(1, { weight: Number.NaN })] }, /must be above 0/],
    [
      { backends: [backend(1, { token: "x".repeat(51) })] },
      /token of 10\.0\.0\.1:1 must be at most 50 bytes/,
    ],
    [{ backends: [backend(1, { token: "ü" })] }, /printable ASCII/],
    [{ backends: [backend(1)], drops: { x: 1.1 } }, /share of the drop "x" must be from 0 to 1/],
    [{ backends: [backend(1)], drops: { x: -0.1 } }, /share of the drop "x"/],
    [{ backends: [backend(1)], drops: { x: 0.6, y: 0.6 } }, /add up to 1\.2, more than 1/],
  ];
  for (const [list, message] of wrong) assert.throws(() => toServerEntries(list), message);
});
