import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryRegistrar, MemoryRegistry, MemoryResolver } from "../../lib/discovery/index.js";
import { tcp } from "../../lib/server/index.js";

const portsOf = (list: readonly { readonly addresses: readonly object[] }[]) =>
  list.map(({ addresses }) => (addresses[0] as { port: number }).port);

function watched(registry: MemoryRegistry, name: string) {
  const lists: number[][] = [];
  const subscription = registry.watch(name).subscribe((list) => lists.push(portsOf(list)));
  return { lists, subscription };
}

test("an instance is there from its registration until it is taken back", () => {
  const registry = new MemoryRegistry();
  const { lists, subscription } = watched(registry, "svc/orders");
  const removeSecond = registry.register("svc/orders", { address: "h:2" });
  const removeFirst = registry.register("svc/orders", { address: "h:1", metadata: { weight: 2 } });
  registry.register("svc/stock", { address: "h:3" });
  assert.deepEqual(registry.list("svc/orders"), [
    { addresses: [{ host: "h", port: 1 }], weight: 2, metadata: { weight: 2 } },
    { addresses: [{ host: "h", port: 2 }] },
  ]);
  removeSecond();
  removeSecond();
  removeFirst();
  assert.deepEqual(lists, [[], [2], [1, 2], [1], []]);
  subscription.unsubscribe();
  registry.register("svc/orders", { address: "h:4" });
  assert.equal(lists.length, 5);
  assert.deepEqual(portsOf(registry.list("svc/orders")), [4]);
});

test("one address that is registered twice is one endpoint, until both are taken back", () => {
  const registry = new MemoryRegistry();
  const removals = [1, 2].map(() => registry.register("a", { address: "h:1" }));
  assert.deepEqual(portsOf(registry.list("a")), [1]);
  removals[0]!();
  assert.deepEqual(portsOf(registry.list("a")), [1]);
  removals[1]!();
  assert.deepEqual(registry.list("a"), []);
});

test("who changes the registry from inside an update does no harm", () => {
  const registry = new MemoryRegistry();
  const seen: number[][] = [];
  const subscription = registry.watch("a").subscribe((list) => {
    seen.push(portsOf(list));
    if (list.length === 1) registry.register("a", { address: "h:2" });
    if (list.length === 2) subscription.unsubscribe();
  });
  const other = watched(registry, "a");
  registry.register("a", { address: "h:1" });
  assert.deepEqual(other.lists.at(-1), [1, 2]);
  registry.register("a", { address: "h:3" });
  assert.deepEqual(seen, [[], [1], [1, 2]]);
});

test("an address that is none is refused", () => {
  assert.throws(() => new MemoryRegistry().register("a", { address: "h" }), /"h" is no host:port/);
});

test("a registrar registers all that its options name, and takes it back", async () => {
  const registry = new MemoryRegistry();
  const registrar = new MemoryRegistrar(registry, [
    { name: "a", zone: "z" },
    { name: "b", host: "h", port: 7 },
  ]);
  await registrar.register([{ listener: tcp({ port: 0, host: "::" }), address: "[::]:50051", port: 50051 }]);
  assert.deepEqual(registry.list("a"), [
    { addresses: [{ host: "127.0.0.1", port: 50051 }], zone: "z", metadata: { zone: "z" } },
  ]);
  assert.deepEqual(portsOf(registry.list("b")), [7]);
  await registrar.deregister();
  await registrar.deregister();
  assert.deepEqual([registry.list("a"), registry.list("b")], [[], []]);
  assert.throws(() => new MemoryRegistrar(registry, { name: "" }), /MemoryRegistryModule: register\.name/);
});

test("MemoryResolver: targets that can never be resolved are told", () => {
  const resolver = new MemoryResolver(new MemoryRegistry());
  const scheme = "memory";
  assert.throws(
    () => resolver.check({ scheme, text: "memory://a/b", authority: "a", endpoint: "b" }),
    /three slashes/,
  );
  assert.throws(
    () => resolver.check({ scheme, text: "memory:///", authority: "", endpoint: "" }),
    /names no service/,
  );
});
