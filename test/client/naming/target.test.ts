import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress } from "../../../lib/client/naming/endpoint.js";
import { parseAddress, parseHostPort } from "../../../lib/client/naming/host-port.js";
import { filePath, parseTarget, UnknownSchemeError } from "../../../lib/client/naming/target.js";

const schemes = ["dns", "unix", "unix-abstract", "ipv4", "static", "etcd", "my_registry"];
const parse = (text: string) => parseTarget(text, schemes);

test("a target is scheme, authority and endpoint", async (context) => {
  const cases: [text: string, scheme: string, authority: string, endpoint: string][] = [
    ["dns:///orders:50051", "dns", "", "orders:50051"],
    ["dns:orders:50051", "dns", "", "orders:50051"],
    ["dns:/orders", "dns", "", "orders"],
    ["dns://8.8.8.8/orders", "dns", "8.8.8.8", "orders"],
    ["dns://[::1]:53/orders", "dns", "[::1]:53", "orders"],
    ["dns://orders", "dns", "orders", ""],
    ["DNS:///orders", "dns", "", "orders"],
    ["etcd:///svc/orders", "etcd", "", "svc/orders"],
    ["etcd:svc/orders", "etcd", "", "svc/orders"],
    ["etcd://a:2379,b:2379/svc/orders", "etcd", "a:2379,b:2379", "svc/orders"],
    ["etcd:////svc", "etcd", "", "/svc"],
    ["etcd:///a%2Fb%20%C3%BC", "etcd", "", "a/b ü"],
    ["my_registry:///x", "my_registry", "", "x"],
    ["unix-abstract:name", "unix-abstract", "", "name"],
    ["ipv4:10.0.0.1:1,10.0.0.2:2", "ipv4", "", "10.0.0.1:1,10.0.0.2:2"],
  ];
  for (const [text, scheme, authority, endpoint] of cases) {
    await context.test(text, () => assert.deepEqual(parse(text), { scheme, authority, endpoint, text }));
  }
});

test("without a known scheme, what looks like a host is one for dns", async (context) => {
  const hosts = [
    ...["orders", "orders:50051", "orders.example.com:443", "localhost:50051", "consul:8500", ":80", "host:"],
    ...[
      "10.0.0.1",
      "10.0.0.1:80",
      "::1",
      "[::1]",
      "[::1]:80",
      "fe80::1%eth0",
      "[fe80::1%eth0]:80",
      "bücher.example",
    ],
  ];
  for (const text of hosts) {
    await context.test(text, () =>
      assert.deepEqual(parse(text), { scheme: "dns", authority: "", endpoint: text, text }),
    );
  }
});

test("an unknown scheme is told, with those that are known, and with the one that may be meant", () => {
  assert.throws(() => parse("consul:///inventory"), {
    name: "UnknownSchemeError",
    message: `No resolver for "consul:///inventory". Add one to the resolvers; known: ${schemes.join(", ")}.`,
  });
  assert.throws(() => parse("etc:///inventory"), /Did you mean "etcd"\?/);
  assert.throws(
    () => parse("orders:http"),
    (error) =>
      error instanceof UnknownSchemeError && error.scheme === "orders" && error.known.includes("dns"),
  );
});

test("malformed targets are told in words", async (context) => {
  const cases: [text: string, words: RegExp][] = [
    ["", /^Error: The target is empty/],
    ["//orders", /"\/\/orders" is no target/],
    ["or ders", /"or ders" is no target/],
    ["etcd:///a%zz", /cannot be percent-decoded/],
    ["etcd:///%ff", /cannot be percent-decoded/],
  ];
  for (const [text, words] of cases)
    await context.test(`"${text}"`, () => assert.throws(() => parse(text), words));
});

test("paths of files keep the slash that makes them absolute", () => {
  for (const [text, path] of [
    ["unix:rel/x.sock", "rel/x.sock"],
    ["unix:./x.sock", "./x.sock"],
    ["unix:/abs/x.sock", "/abs/x.sock"],
    ["unix:///abs/x.sock", "/abs/x.sock"],
    ["unix:a%20b", "a b"],
  ] as const) {
    assert.equal(filePath(parse(text)), path, text);
  }
});

test("ResolverBuild: hosts with and without ports", async (context) => {
  const right: [text: string, host: string, port: number][] = [
    ["orders", "orders", 443],
    ["orders:12345", "orders", 12_345],
    ["orders_1.example.com.:1", "orders_1.example.com.", 1],
    [":80", "localhost", 80],
    ["4.3.2.1", "4.3.2.1", 443],
    ["4.3.2.1:1", "4.3.2.1", 1],
    ["2001:db8::1", "2001:db8::1", 443],
    ["[2001:db8::1]", "2001:db8::1", 443],
    ["[2001:db8::1]:65535", "2001:db8::1", 65_535],
    ["[fe80::1%eth0]:80", "fe80::1%eth0", 80],
  ];
  for (const [text, host, port] of right) {
    await context.test(text, () => assert.deepEqual(parseHostPort(text), { host, port }));
  }
  const wrong: [text: string, words: RegExp][] = [
    ["", /is empty/],
    [":", /no port after its colon/],
    ["orders:", /"orders:" has no port after its colon/],
    ["[2001:db8::1]:", /no port after its colon/],
    ["[orders]:80", /no IPv6 address in its brackets/],
    ["[]:80", /no IPv6 address in its brackets/],
    ["2001:db8::1:zz", /too many colons/],
    ["a:1:2", /too many colons/],
    ["orders:http", /a port is a number from 1 to 65535/],
    ["orders:0", /a number from 1/],
    ["orders:65536", /to 65535/],
    ["orders:-1", /a number/],
    ["a/b:80", /no host name/],
    ["a b", /no host name/],
    ["[::1", /no host|colons/],
  ];
  for (const [text, words] of wrong) {
    await context.test(`"${text}" is wrong`, () => assert.throws(() => parseHostPort(text), words));
  }
});

test("an address is written as it is read", () => {
  for (const text of ["orders:1", "[::1]:1", "unix:/run/x.sock", "unix:@abstract"]) {
    assert.equal(formatAddress(parseAddress(text)), text);
  }
  assert.deepEqual(parseAddress("unix:@abstract"), { path: "\0abstract" });
  assert.throws(() => parseAddress("unix:"), /names no socket/);
});
