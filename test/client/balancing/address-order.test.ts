import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressList } from "../../../lib/client/balancing/address-list.js";
import { orderAddresses, weightedShuffle } from "../../../lib/client/balancing/address-order.js";
import { formatAddress } from "../../../lib/client/naming/endpoint.js";
import { cycle, endpoints, seeded } from "../doubles.js";

const order = (...texts: readonly (string | readonly string[])[]) =>
  orderAddresses(endpoints(...texts)).map(formatAddress);

const v4 = ["1.1.1.1:1111", "2.2.2.2:2", "3.3.3.3:3"] as const;
const mapped = "[::FFFF:192.168.0.1]:2222";
const v6 = ["[1:1:1:1:1:1:1:1]:8080", "[2:2:2:2:2:2:2:2]:8080", "[fe80::1%eth0]:3333"] as const;

test("Leaf_InterleavingIPV4Preferred: families take turns, IPv4 first", () => {
  const expected = [v4[0], v6[0], "grpc.io:80", v4[1], v6[1], v4[2], v6[2], mapped];
  assert.deepEqual(order(...v4, mapped, ...v6, "grpc.io:80"), expected);
  assert.deepEqual(order([...v4, mapped, ...v6, "grpc.io:80"]), expected, "as one endpoint");
});

test("Leaf_InterleavingIPv6Preferred: families take turns, IPv6 first, and duplicates count once", () => {
  assert.deepEqual(order(v6[0], v6[0], ...v4, mapped, v6[1], v6[2], "grpc.io:80"), [
    ...[v6[0], v4[0], "grpc.io:80", v6[1], v4[1], v6[2], v4[2], mapped],
  ]);
});

test("Leaf_InterleavingUnknownPreferred: families take turns, names first", () => {
  assert.deepEqual(order("grpc.io:80", ...v4, mapped, ...v6, "example.com:80"), [
    ...["grpc.io:80", v4[0], v6[0], "example.com:80", v4[1], v6[1], v4[2], v6[2], mapped],
  ]);
});

test("sockets of the file system are a family with names", () => {
  assert.deepEqual(order("unix:/a", "unix:/b", "1.1.1.1:1"), ["unix:/a", "1.1.1.1:1", "unix:/b"]);
});

test("IPv4 inside IPv6 is IPv4, however it is written", () => {
  for (const host of ["::ffff:1.2.3.4", "::ffff:102:304", "0:0:0:0:0:ffff:1.2.3.4", "::FFFF:102:304"]) {
    const text = `[${host}]:1`;
    assert.deepEqual(order("1.1.1.1:1", text, "[::1]:1"), ["1.1.1.1:1", "[::1]:1", text], host);
  }
  assert.deepEqual(order("1.1.1.1:1", "[::ffff]:1", "2.2.2.2:1"), ["1.1.1.1:1", "[::ffff]:1", "2.2.2.2:1"]);
});

test("one family stays in order, and duplicates keep their first place", () => {
  assert.deepEqual(order("2.2.2.2:2", ["1.1.1.1:1", "2.2.2.2:2"], "3.3.3.3:3"), [
    ...["2.2.2.2:2", "1.1.1.1:1", "3.3.3.3:3"],
  ]);
  assert.deepEqual(order(), []);
  assert.deepEqual(orderAddresses([{ addresses: [] }]), []);
});

test("a name to verify makes another address", () => {
  const address = { host: "1.1.1.1", port: 1 };
  const list = orderAddresses([{ addresses: [address, { ...address, serverName: "a" }, { ...address }] }]);
  assert.deepEqual(list, [address, { ...address, serverName: "a" }]);
});

test("a shuffle moves endpoints, not the addresses in them, and every order is as likely", () => {
  const list = endpoints(["1.1.1.1:1", "1.1.1.1:2"], "2.2.2.2:1", "3.3.3.3:1");
  const shuffledOnce = weightedShuffle(list, cycle(0.2, 0.9, 0.5));
  assert.deepEqual(shuffledOnce, [list[1], list[2], list[0]]);

  const random = seeded(7);
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const key = weightedShuffle(list, random)
      .map((endpoint) => list.indexOf(endpoint))
      .join("");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const [key, count] of counts) assert.ok(Math.abs(count - 1000) < 120, `${key}: ${count}`);
});

test("PickFirst_ShuffleAddressList_WeightedShuffling: heavier endpoints come first in proportion", () => {
  const list = endpoints("1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1").map((endpoint, i) => ({
    ...endpoint,
    weight: [1, 2, 5][i]!,
  }));
  const random = seeded(11);
  const first = [0, 0, 0];
  for (let i = 0; i < 8000; i++) first[list.indexOf(weightedShuffle(list, random)[0] as never)]! += 1;
  for (const [i, share] of [1000, 2000, 5000].entries()) {
    assert.ok(Math.abs(first[i]! - share) < 160, `${first}`);
  }
});

test("the largest weights, and chance at its limit, still give an order", () => {
  const [a, b] = endpoints("1.1.1.1:1", "2.2.2.2:1");
  const heavy = [
    { ...a!, weight: 1 },
    { ...b!, weight: 4_294_967_295 },
  ];
  assert.deepEqual(weightedShuffle(heavy, cycle(0.999, 0.001)), [heavy[1], heavy[0]]);
  assert.deepEqual(
    weightedShuffle(heavy, () => 0),
    heavy,
  );
});

const keyed = (...keys: readonly string[]) => new AddressList(keys.map((key) => ({ key })));

test("AddressList_Iteration: ends behind the last item, and starts again", () => {
  const list = keyed("a", "b");
  const place = () => [list.current?.key, list.hasNext];
  assert.deepEqual(place(), ["a", true]);
  assert.equal(list.increment(), true);
  assert.deepEqual(place(), ["b", false]);
  assert.equal(list.increment(), false);
  assert.deepEqual(place(), [undefined, false]);
  assert.equal(list.increment(), false, "it stays there");
  list.reset();
  assert.deepEqual(place(), ["a", true]);
  assert.equal(keyed().increment(), false);
});

test("AddressList_SeekTo: goes to an address that is there, and stays where it is for another", () => {
  const list = keyed("a", "b", "c");
  list.increment();
  assert.equal(list.seekTo("c"), true);
  assert.equal(list.current?.key, "c");
  assert.equal(list.seekTo("d"), false);
  assert.equal(list.current?.key, "c");
  assert.equal(list.seekTo("a"), true);
  assert.equal(list.current?.key, "a");
});
