import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConcreteClass } from "../../../lib/app/decorator-metadata.js";
import { Inject, Injectable } from "../../../lib/app/injection.js";
import { Global, Module } from "../../../lib/app/module.js";
import { StartupError } from "../../../lib/rpc/index.js";
import { moduleClass, open } from "./fixture.js";

/** A class with all five hooks that write down that they ran. */
function recorder(events: string[], name: string, needs: ConcreteClass[] = []): ConcreteClass {
  class Recorder {
    async onModuleInit() {
      await undefined;
      events.push(`init ${name}`);
    }
    onApplicationBootstrap() {
      events.push(`bootstrap ${name}`);
    }
    onModuleDestroy() {
      events.push(`destroy ${name}`);
    }
    async beforeApplicationShutdown(signal?: string) {
      await undefined;
      events.push(`before ${name} ${signal}`);
    }
    onApplicationShutdown(signal?: string) {
      events.push(`shutdown ${name} ${signal}`);
    }
  }
  for (const [index, need] of needs.entries()) Inject(need)(Recorder, undefined, index);
  Injectable()(Recorder);
  return Object.defineProperty(Recorder, "name", { value: name });
}

test("hooks run in dependency order, each after the other, and exactly the other way round", async () => {
  const events: string[] = [];
  const Base = recorder(events, "Base");
  const User = recorder(events, "User", [Base]);
  const Controller = recorder(events, "Controller", [User]);
  const Lib = recorder(events, "Lib");
  const LibModule = recorder(events, "LibModule");
  Module({ providers: [Lib], exports: [Lib] })(LibModule);
  const GlobalProvider = recorder(events, "GlobalProvider");
  class GlobalModule {}
  Global()(GlobalModule);
  Module({ providers: [GlobalProvider], exports: [GlobalProvider] })(GlobalModule);
  const AppModule = recorder(events, "AppModule", [User]);
  Module({
    imports: [LibModule, GlobalModule],
    controllers: [Controller],
    providers: [User, Base, { provide: "alias", useExisting: Base }],
  })(AppModule);

  const { container, graph } = await open(AppModule);
  container.resolveIn(graph.root, recorder(events, "Guard", [Lib]));
  const order = ["GlobalProvider", "Lib", "LibModule", "Base", "User", "Controller", "Guard", "AppModule"];
  const reverse = [...order].reverse();

  await container.start();
  assert.deepEqual(events.splice(0), [
    ...order.map((name) => `init ${name}`),
    ...order.map((name) => `bootstrap ${name}`),
  ]);
  const failures = await container.stop("SIGTERM", () => void events.push("close"));
  assert.deepEqual(failures, []);
  assert.deepEqual(events.splice(0), [
    ...reverse.map((name) => `before ${name} SIGTERM`),
    "close",
    ...reverse.map((name) => `destroy ${name}`),
    ...reverse.map((name) => `shutdown ${name} SIGTERM`),
  ]);
  await container.stop("SIGINT");
  assert.deepEqual(events, []);
});

test("a global module that uses another global one starts after it", async () => {
  const events: string[] = [];
  const First = recorder(events, "First");
  const Second = recorder(events, "Second", [First]);
  const later = { module: moduleClass("SecondModule", { providers: [Second] }), global: true };
  const earlier = {
    module: moduleClass("FirstModule", { providers: [First], exports: [First] }),
    global: true,
  };
  const { container } = await open(moduleClass("AppModule", { imports: [later, earlier] }));
  await container.start();
  assert.deepEqual(events.slice(0, 2), ["init First", "init Second"]);
});

test("a start hook that throws names its owner, and what had started is stopped again", async () => {
  const events: string[] = [];
  const Base = recorder(events, "Base");
  const cause = new Error("no connection");
  @Injectable()
  class Broken {
    constructor(@Inject(Base) readonly base: object) {}
    onModuleInit() {
      throw cause;
    }
    onModuleDestroy() {
      events.push("never");
    }
  }
  const { container } = await open(moduleClass("AppModule", { providers: [Base, Broken] }));
  await assert.rejects(container.start(), (error) => {
    assert(error instanceof StartupError);
    assert.equal(
      error.message,
      "the application cannot start\n" +
        "  HOOK_FAILED  onModuleInit of Broken (AppModule) threw: Error: no connection",
    );
    assert.equal(error.cause, cause);
    return true;
  });
  assert.deepEqual(events, ["init Base", "before Base undefined", "destroy Base", "shutdown Base undefined"]);
});

test("a bootstrap hook that throws stops every module again, and what fails then is reported too", async () => {
  class Broken {
    async onApplicationBootstrap() {
      throw new Error("no port");
    }
    async onModuleDestroy() {
      throw new Error("no peace");
    }
  }
  const { container } = await open(moduleClass("AppModule", { providers: [Broken] }));
  await assert.rejects(container.start(), {
    message:
      "2 mistakes stop the application\n" +
      "  HOOK_FAILED  onApplicationBootstrap of Broken (AppModule) threw: Error: no port\n" +
      "  HOOK_FAILED  onModuleDestroy of Broken (AppModule) threw: Error: no peace",
  });
});

test("a shutdown hook that throws stops no other, and is returned", async () => {
  const events: string[] = [];
  const Base = recorder(events, "Base");
  const error = new Error("stuck");
  class Stuck {
    onModuleDestroy() {
      throw error;
    }
    async onApplicationShutdown() {
      throw error;
    }
  }
  const { container } = await open(moduleClass("AppModule", { providers: [Base, Stuck] }));
  await container.start();
  events.length = 0;
  assert.deepEqual(await container.stop(), [
    { participant: "Stuck (AppModule)", hook: "onModuleDestroy", error },
    { participant: "Stuck (AppModule)", hook: "onApplicationShutdown", error },
  ]);
  assert.deepEqual(events, ["before Base undefined", "destroy Base", "shutdown Base undefined"]);
});

test("stopping what never started runs no hooks", async () => {
  const events: string[] = [];
  const { container } = await open(moduleClass("AppModule", { providers: [recorder(events, "Base")] }));
  assert.deepEqual(await container.stop(), []);
  assert.deepEqual(events, []);
});

test("stopping during the start waits for it and then stops everything", async () => {
  const events: string[] = [];
  const { container } = await open(
    moduleClass("AppModule", { providers: [recorder(events, "One"), recorder(events, "Two")] }),
  );
  const started = container.start();
  await container.stop("SIGTERM");
  await started;
  assert.deepEqual(events.slice(0, 6), [
    "init One",
    "init Two",
    "bootstrap One",
    "bootstrap Two",
    "before Two SIGTERM",
    "before One SIGTERM",
  ]);
});

test("an object that answers to any name has no hooks", async () => {
  const asked: unknown[] = [];
  const client = new Proxy({}, { get: (_target, name) => () => void asked.push(name) });
  const { container } = await open(
    moduleClass("AppModule", { providers: [{ provide: "client", useValue: client }] }),
  );
  await container.start();
  await container.stop();
  assert.deepEqual(asked, []);
});

test("stopping after a failed start only closes", async () => {
  const events: string[] = [];
  class Broken {
    onModuleInit() {
      throw new Error("no");
    }
  }
  const { container } = await open(
    moduleClass("AppModule", { providers: [recorder(events, "One"), Broken] }),
  );
  await assert.rejects(container.start());
  events.length = 0;
  assert.deepEqual(await container.stop("SIGTERM", () => void events.push("close")), []);
  assert.deepEqual(events, ["close"]);
});
