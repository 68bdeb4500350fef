import "reflect-metadata";

import assert from "node:assert/strict";
import { test } from "node:test";
import { container as globalContainer } from "tsyringe";
import { Inject, Injectable, Optional } from "../../../lib/app/injection.js";
import { injectionToken } from "../../../lib/app/provider.js";
import { failureOf, moduleClass, open } from "./fixture.js";

/** The tokens that tsyringe's global container has heard of. */
function globalTokens(): number {
  const { _registry } = globalContainer as unknown as { _registry: { _registryMap: Map<unknown, unknown> } };
  return _registry._registryMap.size;
}

@Injectable()
class Store {}

@Injectable()
class Shop {
  constructor(
    readonly store: Store,
    @Optional() @Inject("absent") readonly absent: unknown,
  ) {}
}

const AppModule = moduleClass("AppModule", {
  controllers: [Shop],
  providers: [Store, { provide: "transient", useFactory: () => ({}), lifetime: "transient" }],
});

test("two applications of one root module share no instance", async () => {
  const one = await open(AppModule);
  const two = await open(AppModule);
  assert.notEqual(one.container.get(Store), two.container.get(Store));
  assert.notEqual(one.graph.root, two.graph.root);
  const controllerOf = ({ container, graph }: typeof one) =>
    container.controller(graph.root, Shop).get() as Shop;
  assert.equal(controllerOf(one).store, one.container.get(Store));
  assert.equal(controllerOf(two).store, two.container.get(Store));
});

test("tsyringe's global container hears nothing, and what others put there is not seen", async () => {
  const before = globalTokens();
  const { container, graph } = await open(AppModule);
  container.get("transient");
  assert.throws(() => container.get("absent"));
  assert.throws(() => container.get(injectionToken("ABSENT"), graph.root));
  await container.start();
  await container.stop();
  assert.equal(globalTokens(), before);

  class Everywhere {}
  globalContainer.registerInstance(Everywhere, new Everywhere());
  try {
    const providers = [{ provide: "user", useFactory: () => 1, inject: [Everywhere] }];
    assert.match(await failureOf(moduleClass("AppModule", { providers })), /nothing provides Everywhere/);
    const { container } = await open(AppModule);
    assert.throws(() => container.get(Everywhere), /no module provides Everywhere/);
  } finally {
    globalContainer.reset();
  }
});

test("applications that were stopped are forgotten", async () => {
  const stores: WeakRef<Store>[] = [];
  for (let round = 0; round < 200; round++) {
    const { container } = await open(AppModule);
    await container.start();
    stores.push(new WeakRef(container.get(Store)));
    await container.stop();
  }
  const collect = globalThis.gc ?? (await exposedGc());
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  const alive = stores.filter((store) => store.deref() !== undefined).length;
  // The last one may still be on the stack.
  assert(alive <= 1, `${alive} of 200 stores are still reachable`);
});

async function exposedGc(): Promise<() => void> {
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
