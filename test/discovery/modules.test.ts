import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  client,
  GrpcApplication,
  GrpcMethod,
  GrpcService,
  Inject,
  Injectable,
  InjectClient,
  injectionToken,
  Module,
  type ModuleImport,
} from "../../lib/app/index.js";
import type { Client, PolicyConfig } from "../../lib/client/index.js";
import {
  EtcdModule,
  type EtcdModuleOptions,
  FileRegistryModule,
  MemoryRegistry,
  MemoryRegistryModule,
} from "../../lib/discovery/index.js";
import { StartupError, StatusCode, StatusError, silentLogger } from "../../lib/rpc/index.js";
import { tcp } from "../../lib/server/index.js";
import { createTestingApp, type TestingApp } from "../../lib/testing/index.js";
import { type Item, Probe } from "../generated/probe.js";
import { checkAtEnd, deferred, recordingLogger, until } from "../server/support.js";
import { atEnd, noEtcd, ownEtcd } from "./etcd-support.js";

const NAME = injectionToken<string>("NAME");

/** Answers with its name; a request with the text `wait` when the test says so. */
@GrpcService(Probe, { unimplemented: ["many", "collect", "chat", "nothing"] })
@Injectable()
class NamedProbe {
  constructor(@Inject(NAME) private readonly name: string) {}

  @GrpcMethod()
  async one(request: Item): Promise<{ text: string }> {
    if (request.text === "wait") await released.promise;
    return { text: this.name };
  }
}

let released = deferred();

@Module()
class BackendModule {}

@Module()
class FrontModule {}

@Injectable()
class Front {
  constructor(@InjectClient(Probe) readonly probe: Client<typeof Probe>) {}
}

async function backendOf(name: string, registry: ModuleImport, drainLimitMs = 0): Promise<TestingApp> {
  const app = await createTestingApp(
    {
      module: BackendModule,
      imports: [registry],
      controllers: [NamedProbe],
      providers: [{ provide: NAME, useValue: name }],
    },
    { drainLimitMs },
  ).start();
  atEnd(() => app.close());
  return app;
}

async function frontOf(target: string, registry: ModuleImport, policy: PolicyConfig = { round_robin: {} }) {
  const app = await createTestingApp({
    module: FrontModule,
    imports: [registry],
    clients: [client(Probe, target, { policy })],
    providers: [Front],
  }).start();
  atEnd(() => app.close());
  const { probe } = app.get(Front);
  return {
    probe,
    /** Who answers, in how many of so many calls. */
    answers: async (calls: number) => {
      const counts: Record<string, number> = {};
      for (let i = 0; i < calls; i++) {
        const { text } = await probe.one({});
        counts[text] = (counts[text] ?? 0) + 1;
      }
      return counts;
    },
    close: () => app.close(),
  };
}

/** Calls until those who answer are these, all of them. */
async function answered(
  front: { answers(calls: number): Promise<Record<string, number>> },
  ...names: string[]
) {
  const giveUpAt = performance.now() + 8000;
  for (;;) {
    const found = Object.keys(await front.answers(2 * names.length)).sort();
    if (found.join() === names.join()) return;
    assert.ok(performance.now() < giveUpAt, `${found} answer, not ${names}`);
    await new Promise((again) => setTimeout(again, 10));
  }
}

describe("MemoryRegistryModule", () => {
  test("applications that share a registry find each other; who closes is gone", async () => {
    const registry = new MemoryRegistry();
    const serve = () => MemoryRegistryModule.forRoot({ registry, register: { name: "svc/orders" } });
    const [a, b] = [await backendOf("a", serve()), await backendOf("b", serve())];
    const front = await frontOf("memory:///svc/orders", MemoryRegistryModule.forRoot({ registry }));
    await answered(front, "a", "b");
    await a.close();
    assert.deepEqual(await front.answers(4), { b: 4 });
    await front.close();
    await b.close();
  });

  test("two applications with one scheme and registries of their own do not see each other", async () => {
    const [red, blue] = [new MemoryRegistry(), new MemoryRegistry()];
    const serve = (registry: MemoryRegistry) =>
      MemoryRegistryModule.forRoot({ registry, register: { name: "svc/orders" } });
    const backends = [await backendOf("red", serve(red)), await backendOf("blue", serve(blue))];
    const fronts = await Promise.all(
      [red, blue].map((registry) =>
        frontOf("memory:///svc/orders", MemoryRegistryModule.forRoot({ registry })),
      ),
    );
    assert.deepEqual(await fronts[0]!.answers(4), { red: 4 });
    assert.deepEqual(await fronts[1]!.answers(4), { blue: 4 });
    for (const each of [...fronts, ...backends]) await each.close();
  });

  test("without a registry each application has its own", async () => {
    const backend = await backendOf("a", MemoryRegistryModule.forRoot({ register: { name: "svc/orders" } }));
    assert.equal(backend.get(MemoryRegistry).list("svc/orders").length, 1);
    const front = await frontOf("memory:///svc/orders", MemoryRegistryModule.forRoot());
    const failure = await front.probe.one({}).catch((error: unknown) => error);
    assert.ok(failure instanceof StatusError);
    assert.equal(failure.code, StatusCode.UNAVAILABLE);
    await front.close();
    await backend.close();
    assert.equal(backend.get(MemoryRegistry).list("svc/orders").length, 0);
  });

  test("deregistration comes before the drain: calls under way end, and nobody finds us any more", async () => {
    released = deferred();
    const registry = new MemoryRegistry();
    const module = MemoryRegistryModule.forRoot({ registry, register: { name: "svc/orders" } });
    const backend = await backendOf("a", module, 5000);
    const front = await frontOf("memory:///svc/orders", MemoryRegistryModule.forRoot({ registry }));
    const call = front.probe.one({ text: "wait" });
    await front.probe.one({});
    const closed = backend.close();
    await until(() => registry.list("svc/orders").length === 0, "it is deregistered");
    released.resolve();
    assert.equal((await call).text, "a");
    assert.equal((await closed).cut.length, 0);
    await front.close();
  });
});

describe("FileRegistryModule", () => {
  test("applications that share a folder find each other", async () => {
    const folder = await mkdtemp(join(tmpdir(), "grebe-folder-"));
    atEnd(() => rm(folder, { recursive: true, force: true }));
    const serve = () => FileRegistryModule.forRoot({ folder, register: { name: "svc/orders" } });
    const a = await backendOf("a", serve());
    const front = await frontOf(
      "folder:///svc/orders",
      FileRegistryModule.forRootAsync({ useFactory: async () => ({ folder }) }),
    );
    assert.deepEqual(await front.answers(2), { a: 2 });
    const b = await backendOf("b", serve());
    await answered(front, "a", "b");
    await a.close();
    await answered(front, "b");
    await b.close();
    assert.deepEqual(await readdir(join(folder, "svc%2Forders")), []);
    // The last good list is kept: the call fails for the connection, not for want of an address.
    await assert.rejects(front.probe.one({}), { code: StatusCode.UNAVAILABLE });
    await front.close();
  });
});

describe("EtcdModule", { skip: noEtcd }, () => {
  const optionsOf = (address: string, register?: EtcdModuleOptions["register"]): EtcdModuleOptions => ({
    ...{ endpoints: [address] },
    ...(register === undefined ? {} : { register }),
  });
  const serve = (address: string) => EtcdModule.forRoot(optionsOf(address, { name: "svc/orders", ttlS: 2 }));

  test("TestEtcdGrpcResolverRoundRobin: calls reach all that are registered, and follow who comes and goes", async () => {
    const etcd = await ownEtcd();
    const a = await backendOf("a", serve(etcd.address));
    const b = await backendOf("b", serve(etcd.address));
    const front = await frontOf("etcd:///svc/orders", EtcdModule.forRoot(optionsOf(etcd.address)));
    await answered(front, "a", "b");
    assert.deepEqual(await front.answers(10), { a: 5, b: 5 });
    const c = await backendOf("c", serve(etcd.address));
    await answered(front, "a", "b", "c");
    await a.close();
    await answered(front, "b", "c");
    assert.equal(Object.keys(await etcd.entries("svc/orders/")).length, 2);
    for (const each of [front, b, c]) await each.close();
    assert.deepEqual(await etcd.entries("svc/orders/"), {});
    assert.deepEqual(await etcd.leases(), []);
  });

  test("TestEtcdGrpcResolverPickFirst: calls stay with one, and move when it goes", async () => {
    const etcd = await ownEtcd();
    const backends = new Map<string, TestingApp>();
    for (const name of ["a", "b"]) backends.set(name, await backendOf(name, serve(etcd.address)));
    const front = await frontOf("etcd:svc/orders", EtcdModule.forRoot(optionsOf(etcd.address)), {
      pick_first: {},
    });
    const [first, ...more] = Object.keys(await front.answers(6));
    assert.deepEqual(more, []);
    await backends.get(first!)!.close();
    await answered(front, first === "a" ? "b" : "a");
    await front.close();
    for (const each of backends.values()) await each.close();
  });

  test("two applications with one scheme and clusters of their own do not see each other", async () => {
    const [red, blue] = [await ownEtcd(), await ownEtcd()];
    const backends = [
      await backendOf("red", serve(red.address)),
      await backendOf("blue", serve(blue.address)),
    ];
    const fronts = await Promise.all(
      [red, blue].map(({ address }) => frontOf("etcd:///svc/orders", EtcdModule.forRoot(optionsOf(address)))),
    );
    assert.deepEqual(await fronts[0]!.answers(4), { red: 4 });
    assert.deepEqual(await fronts[1]!.answers(4), { blue: 4 });
    const guest = await frontOf(
      `etcd://${blue.address}/svc/orders`,
      EtcdModule.forRoot(optionsOf(red.address)),
    );
    assert.deepEqual(await guest.answers(4), { blue: 4 });
    for (const each of [guest, ...fronts, ...backends]) await each.close();
  });

  test("one application knows several clusters by schemes of their own", async () => {
    const [red, blue] = [await ownEtcd(), await ownEtcd()];
    const backend = await backendOf("blue", serve(blue.address));
    @Module({
      imports: [
        EtcdModule.forRoot(optionsOf(red.address)),
        EtcdModule.forRootAsync({ scheme: "etcd-blue", useFactory: () => optionsOf(blue.address) }),
      ],
    })
    class Clusters {}
    const front = await frontOf("etcd-blue:///svc/orders", Clusters);
    assert.deepEqual(await front.answers(2), { blue: 2 });
    await front.close();
    await backend.close();
  });

  test("while etcd is dead no call fails for it, and what has changed meanwhile is made up for", async () => {
    const etcd = await ownEtcd();
    const a = await backendOf("a", serve(etcd.address));
    const b = await backendOf("b", serve(etcd.address));
    const front = await frontOf("etcd:///svc/orders", EtcdModule.forRoot(optionsOf(etcd.address)));
    await answered(front, "a", "b");
    await etcd.kill();
    const stopping = b.close();
    const c = await backendOf("c", serve(etcd.address));
    await front.answers(20);
    await etcd.wipe();
    await etcd.start();
    await stopping;
    await answered(front, "a", "c");
    for (const each of [front, a, c]) await each.close();
  });

  test("a service that nobody serves yet fails its calls, and answers as soon as one registers", async () => {
    const etcd = await ownEtcd();
    const front = await frontOf("etcd:///svc/orders", EtcdModule.forRoot(optionsOf(etcd.address)));
    await assert.rejects(front.probe.one({}), { code: StatusCode.UNAVAILABLE });
    const backend = await backendOf("a", serve(etcd.address));
    assert.equal((await front.probe.one({}, { waitForReady: true })).text, "a");
    await front.close();
    await backend.close();
  });

  test("what becomes of a registration is in the application's log", async () => {
    const etcd = await ownEtcd();
    const logger = recordingLogger();
    const register = { name: "svc/orders", host: "10.0.0.7", port: 50051 };
    const module = EtcdModule.forRoot({ endpoints: [etcd.address], register });
    const app = await createTestingApp({ module: BackendModule, imports: [module] }, { logger }).start();
    await app.close();
    const messages = logger.lines.map(({ message }) => message);
    assert.deepEqual(messages, [
      "registered svc/orders/10.0.0.7:50051",
      "deregistered svc/orders/10.0.0.7:50051",
    ]);
  });

  test("who registers several services has one entry for each", async () => {
    const etcd = await ownEtcd();
    const names = ["svc/orders", "svc/stock"];
    const options = optionsOf(
      etcd.address,
      names.map((name) => ({ name, ttlS: 2, zone: "eu-1" })),
    );
    const backend = await backendOf("a", EtcdModule.forRoot(options));
    assert.deepEqual(
      await etcd.entries("svc/"),
      Object.fromEntries(
        names.map((name) => [
          `${name}/${backend.address}`,
          `{"Op":0,"Addr":"${backend.address}","Metadata":{"zone":"eu-1"}}`,
        ]),
      ),
    );
    await backend.close();
  });

  test("a listener on all interfaces of a machine with several wants a host", async () => {
    const etcd = await ownEtcd();
    const module = { module: BackendModule, imports: [serve(etcd.address)] };
    const app = await GrpcApplication.create(module, {
      ...{ listeners: [tcp({ port: 0, host: "0.0.0.0" })], signals: [], logger: silentLogger },
    });
    try {
      await app.listen();
      const [key] = Object.keys(await etcd.entries("svc/orders/"));
      assert.match(key!, /^svc\/orders\/\d+\.\d+\.\d+\.\d+:\d+$/);
    } catch (error) {
      assert.match(String(error), /REGISTRATION_FAILED[\s\S]*Set register\.host/);
    } finally {
      await app.close();
    }
  });
});

test("wrong options are told at start", async () => {
  for (const [module, what] of [
    [EtcdModule.forRoot({ endpoints: [] }), /EtcdModule: endpoints must list/],
    [FileRegistryModule.forRoot({ folder: "" }), /FileRegistryModule: folder must be a path/],
    [MemoryRegistryModule.forRoot({ register: { name: "/" } }), /MemoryRegistryModule: register\.name/],
  ] as const) {
    const created = createTestingApp(
      { module: FrontModule, imports: [module] },
      { logger: recordingLogger() },
    ).start();
    await assert.rejects(created, (error) => error instanceof StartupError && what.test(error.message));
  }
});

checkAtEnd();
