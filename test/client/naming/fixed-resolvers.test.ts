import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinResolvers } from "../../../lib/client/naming/builtin-resolvers.js";
import { dnsResolver } from "../../../lib/client/naming/dns-resolver.js";
import { ipResolver } from "../../../lib/client/naming/ip-resolver.js";
import { passthroughResolver } from "../../../lib/client/naming/passthrough-resolver.js";
import type { ResolverDefinition } from "../../../lib/client/naming/resolver.js";
import { StaticResolver, staticResolver } from "../../../lib/client/naming/static-resolver.js";
import { unixAbstractResolver, unixResolver } from "../../../lib/client/naming/unix-resolver.js";
import { turn } from "../../server/support.js";
import { targetOf, watchName } from "./support.js";

const authorityOf = (definition: ResolverDefinition, text: string) =>
  definition.resolver.authority?.(targetOf(definition, text));
const check = (definition: ResolverDefinition, text: string) =>
  definition.resolver.check?.(targetOf(definition, text));

async function resolved(definition: ResolverDefinition, text: string) {
  check(definition, text);
  const name = watchName(definition, text);
  await turn();
  assert.deepEqual(name.errors, []);
  assert.equal(name.resolutions.length, 1);
  return name;
}

const lists: [definition: ResolverDefinition, text: string, addresses: string[], authority: string][] = [
  [dnsResolver(), "127.0.0.1", ["127.0.0.1:443"], "127.0.0.1"],
  [dnsResolver(), "dns:///10.0.0.1:80", ["10.0.0.1:80"], "10.0.0.1:80"],
  [dnsResolver(), "dns:///::1", ["[::1]:443"], "[::1]"],
  [dnsResolver(), "[2001:db8::1]:80", ["[2001:db8::1]:80"], "[2001:db8::1]:80"],
  [dnsResolver(), "dns:///[fe80::1%25eth0]", ["[fe80::1%eth0]:443"], "[fe80::1%eth0]"],
  [ipResolver(4), "ipv4:10.0.0.1:80,10.0.0.2", ["10.0.0.1:80", "10.0.0.2:443"], "10.0.0.1:80"],
  [ipResolver(4), "ipv4:///10.0.0.1", ["10.0.0.1:443"], "10.0.0.1"],
  [ipResolver(6), "ipv6:::1", ["[::1]:443"], "[::1]"],
  [ipResolver(6), "ipv6:[::1]:80, ::2", ["[::1]:80", "[::2]:443"], "[::1]:80"],
  [staticResolver(), "static:///a:1,b:2", ["a:1", "b:2"], "a:1"],
  [staticResolver(), "static:a", ["a:443"], "a"],
  [staticResolver(), "static:///unix:/run/a.sock", ["unix:/run/a.sock"], "unix:/run/a.sock"],
  [
    staticResolver({ orders: ["a:1", { addresses: [{ host: "b", port: 2 }] }] }),
    "static:///orders",
    ["a:1", "b:2"],
    "orders",
  ],
  [unixResolver, "unix:rel/a.sock", ["unix:rel/a.sock"], "localhost"],
  [unixResolver, "unix:/run/a.sock", ["unix:/run/a.sock"], "localhost"],
  [unixResolver, "unix:///run/a%20b.sock", ["unix:/run/a b.sock"], "localhost"],
  [unixAbstractResolver, "unix-abstract:name", ["unix:@name"], "localhost"],
  [passthroughResolver, "passthrough:///orders:80", ["orders:80"], "orders:80"],
];

for (const [definition, text, addresses, authority] of lists) {
  test(`IPResolver: ${text} is one fixed result, and nothing more when asked again`, async () => {
    const name = await resolved(definition, text);
    assert.deepEqual(name.list, addresses);
    assert.equal(authorityOf(definition, text) ?? targetOf(definition, text).endpoint, authority);
    for (let i = 0; i < 3; i++) name.watch.refresh();
    await turn();
    name.clock.advance(24 * 3_600_000);
    await turn();
    assert.equal(name.events, 1);
    assert.equal(name.clock.pending, 0);
    name.watch.stop();
  });
}

test("targets that can never be resolved are told at start", () => {
  const wrong: [definition: ResolverDefinition, text: string, words: RegExp][] = [
    [ipResolver(4), "ipv4:", /"ipv4:" is no list of addresses: it lists no address/],
    [ipResolver(4), "ipv4:orders:80", /"orders:80" is no IPv4 address/],
    [ipResolver(4), "ipv4:[::1]:80", /no IPv4 address/],
    [ipResolver(4), "ipv4:10.0.0.1,,10.0.0.2", /the address is empty/],
    [ipResolver(4), "ipv4://10.0.0.1:80", /has an authority; write ipv4:10.0.0.1:80/],
    [ipResolver(6), "ipv6:10.0.0.1", /no IPv6 address/],
    [staticResolver(), "static:///", /no list of addresses/],
    [staticResolver(), "static:///a:x", /a port is a number/],
    [staticResolver({ orders: [] }), "static:///or ders", /nor one of the known names: orders/],
    [staticResolver(), "static://a:1,b:2", /use three/],
    [unixResolver, "unix:", /names no socket/],
    [unixResolver, "unix://run/a.sock", /use none, one or three/],
    [unixAbstractResolver, "unix-abstract:", /names no socket/],
    [passthroughResolver, "passthrough:///", /is empty/],
    [passthroughResolver, "passthrough:///a:", /no port after its colon/],
  ];
  for (const [definition, text, words] of wrong) assert.throws(() => check(definition, text), words, text);
});

test("a list that a program sets reaches every channel at once", async () => {
  const orders = new StaticResolver();
  const definition = staticResolver({ orders });
  const names = [watchName(definition, "static:///orders"), watchName(definition, "static:///orders")];
  await turn();
  for (const name of names) assert.equal(name.events, 0, "nothing is known yet");
  orders.set(["a:1"]);
  for (const name of names) assert.deepEqual(name.list, ["a:1"]);
  orders.set({ endpoints: [], attributes: { some: "thing" } });
  for (const name of names) assert.deepEqual(name.resolutions.at(-1)!.attributes, { some: "thing" });
  for (const name of names) name.watch.stop();
  orders.set(["b:1"]);
  for (const name of names) assert.equal(name.events, 2);
});

test("a list that fails is asked for again until one is set", async () => {
  const orders = new StaticResolver(["a:1"]);
  const name = watchName({ scheme: "manual", resolver: orders }, "manual:anything");
  await turn();
  orders.fail(new Error("the registry is gone"));
  assert.match(name.errors[0]!.text, /manual:anything failed: the registry is gone/);
  name.clock.advance(1000);
  assert.equal(name.errors.length, 2);
  orders.set(["b:1"]);
  name.clock.advance(1600);
  assert.deepEqual(name.list, ["b:1"]);
  name.watch.stop();
  assert.equal(name.clock.pending, 0);
});

test("built-in resolvers have a scheme each", () => {
  assert.deepEqual(builtinResolvers.map(({ scheme }) => scheme).sort(), [
    ...["dns", "file", "ipv4", "ipv6", "passthrough", "static", "unix", "unix-abstract"],
  ]);
});
