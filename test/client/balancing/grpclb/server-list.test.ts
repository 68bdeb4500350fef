import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MAX_BACKENDS,
  readServerList,
  sameServers,
} from "../../../../lib/client/balancing/grpclb/server-list.js";
import { formatAddress } from "../../../../lib/client/naming/endpoint.js";
import type { LoadBalancerServer } from "../../../../lib/schema/index.js";
import { dropEntry, entry } from "./support.js";

const hosts = (servers: LoadBalancerServer[]) =>
  readServerList(servers).backends.map(({ addresses }) => formatAddress(addresses[0]!));

const at = (bytes: number[], port = 80): LoadBalancerServer => ({
  ipAddress: Buffer.from(bytes),
  port,
  loadBalanceToken: "",
  drop: false,
});

test("addresses are read in network order, IPv4 and IPv6", () => {
  const v6 = [0x20, 0x01, 0x0d, 0xb8, ...new Array<number>(11).fill(0), 1];
  const mapped = [...new Array<number>(10).fill(0), 0xff, 0xff, 10, 0, 0, 7];
  assert.deepEqual(
    hosts([at([10, 1, 2, 3], 0), at(v6, 65_535), at(mapped), at([...new Array(15).fill(0), 1])]),
    ["10.1.2.3:0", "[2001:db8::1]:65535", "10.0.0.7:80", "[::1]:80"],
  );
});

test("entries nobody can be reached at, or whose token cannot be sent, are left out and counted", () => {
  const good = entry("1.1.1.1:1", "t".repeat(50));
  const list = readServerList([
    at([]),
    at([1, 2, 3]),
    at([1, 2, 3, 4, 5]),
    at([1, 1, 1, 1], -1),
    at([1, 1, 1, 1], 65_536),
    entry("1.1.1.1:1", "t".repeat(51)),
    entry("1.1.1.1:1", "line\nbreak"),
    entry("1.1.1.1:1", "ünsendable"),
    good,
  ]);
  assert.equal(list.unusable, 8);
  assert.deepEqual(list.backends, [
    { addresses: [{ host: "1.1.1.1", port: 1 }], lbToken: good.loadBalanceToken },
  ]);
});

test("backends beyond the most are left out and counted, however often one of the others is listed", () => {
  const servers = Array.from({ length: MAX_BACKENDS + 5 }, (_, i) =>
    at([10, i >> 16, (i >> 8) & 255, i & 255]),
  );
  const list = readServerList([
    servers[0]!,
    ...servers,
    dropEntry("d"),
    at([]),
    servers[1]!,
    servers.at(-1)!,
  ]);
  assert.equal(list.backends.length, MAX_BACKENDS + 2);
  assert.deepEqual(list.backends.at(-1), { addresses: [{ host: "10.0.0.1", port: 80 }] });
  assert.deepEqual([list.excess, list.unusable, list.drops], [6, 1, "some"]);
});

test("a list knows whether it drops calls, and whether it does nothing else", () => {
  assert.equal(readServerList([]).drops, "none");
  assert.equal(readServerList([entry("1.1.1.1:1")]).drops, "none");
  assert.equal(readServerList([entry("1.1.1.1:1"), dropEntry()]).drops, "some");
  assert.equal(readServerList([dropEntry(), dropEntry("x")]).drops, "all");
});

test("lists are the same if every entry is, in order", () => {
  const list = () => [entry("1.1.1.1:1", "a"), entry("2.2.2.2:2", "b"), dropEntry("c")];
  assert.ok(sameServers(list(), list()));
  assert.ok(!sameServers(list(), list().reverse()));
  assert.ok(!sameServers(list(), list().slice(1)));
  assert.ok(!sameServers(list(), [entry("1.1.1.1:1", "x"), ...list().slice(1)]));
  assert.ok(!sameServers(list(), [entry("1.1.1.9:1", "a"), ...list().slice(1)]));
  assert.ok(!sameServers(list(), [entry("1.1.1.1:9", "a"), ...list().slice(1)]));
});
