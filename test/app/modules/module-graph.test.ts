import assert from "node:assert/strict";
import { test } from "node:test";
import { type AsyncOptions, asyncModule, type OptionsFactory } from "../../../lib/app/async-options.js";
import { createContainer } from "../../../lib/app/container.js";
import { Inject, Injectable } from "../../../lib/app/injection.js";
import { type DynamicModule, Global, Module } from "../../../lib/app/module.js";
import { buildModuleGraph } from "../../../lib/app/module-graph.js";
import { injectionToken } from "../../../lib/app/provider.js";
import { moduleClass, open } from "./fixture.js";

interface MailOptions {
  readonly from: string;
}
const MAIL_OPTIONS = injectionToken<MailOptions>("MAIL_OPTIONS");

@Injectable()
class Mailer {
  constructor(@Inject(MAIL_OPTIONS) readonly options: MailOptions) {}
}

@Module({ providers: [Mailer], exports: [Mailer], protos: ["mail.proto"] })
class MailModule {
  static forRoot(options: MailOptions): DynamicModule {
    return {
      module: MailModule,
      providers: [{ provide: MAIL_OPTIONS, useValue: options }],
      protos: ["extra.proto"],
      validation: options,
    };
  }
  static forRootAsync(options: AsyncOptions<MailOptions>): DynamicModule {
    return asyncModule(MailModule, MAIL_OPTIONS, options);
  }
}

test("a module that is imported twice is one, and comes before those that import it", async () => {
  const Shared = moduleClass("Shared", {});
  const Left = moduleClass("Left", { imports: [Shared] });
  const Right = moduleClass("Right", { imports: [Shared] });
  const graph = await buildModuleGraph(moduleClass("AppModule", { imports: [Left, Right] }));
  assert.deepEqual(
    graph.modules.map((module) => module.id),
    ["Grebe", "Shared", "Left", "Right", "AppModule"],
  );
  assert.equal(graph.root, graph.modules.at(-1));
});

test("what a dynamic module lists comes on top of what its class lists", async () => {
  const options = { from: "me" };
  const { root } = await buildModuleGraph(MailModule.forRoot(options));
  assert.deepEqual(root.options.protos, ["mail.proto", "extra.proto"]);
  assert.equal(root.options.providers?.length, 2);
  assert.equal(root.options.validation, options);
});

test("two dynamic modules of one class are two, the same object twice is one", async () => {
  const shared = MailModule.forRoot({ from: "shared" });
  const promised = Promise.resolve(MailModule.forRoot({ from: "promised" }));
  const Left = moduleClass("Left", { imports: [shared, promised] });
  const Right = moduleClass("Right", { imports: [shared, MailModule.forRoot({ from: "shared" }), promised] });
  const graph = await buildModuleGraph(moduleClass("AppModule", { imports: [Left, Right] }));
  assert.deepEqual(
    graph.modules.map((module) => module.id),
    ["Grebe", "MailModule", "MailModule#2", "Left", "MailModule#3", "Right", "AppModule"],
  );
});

test("options that come later are injected into a factory, made by a class, or taken from a provider", async () => {
  const SENDER = injectionToken<string>("SENDER");
  const ConfigModule = moduleClass("ConfigModule", {
    providers: [{ provide: SENDER, useFactory: async () => "config" }],
    exports: [SENDER],
  });
  @Injectable()
  class MailConfig implements OptionsFactory<MailOptions> {
    constructor(@Inject(SENDER) readonly sender: string) {}
    async createOptions() {
      return { from: this.sender };
    }
  }
  const ReadyModule = moduleClass("ReadyModule", {
    imports: [ConfigModule],
    providers: [MailConfig],
    exports: [MailConfig],
  });
  const ways: AsyncOptions<MailOptions>[] = [
    { imports: [ConfigModule], useFactory: (from: string) => ({ from }), inject: [SENDER] },
    { imports: [ConfigModule], useClass: MailConfig },
    { imports: [ReadyModule], useExisting: MailConfig },
  ];
  for (const way of ways) {
    const { container } = await open(moduleClass("AppModule", { imports: [MailModule.forRootAsync(way)] }));
    assert.deepEqual(container.get(Mailer).options, { from: "config" });
  }
});

test("providers are private unless exported, and the nearest one wins", async () => {
  const Inner = moduleClass("Inner", {
    providers: [
      { provide: "private", useValue: 1 },
      { provide: "public", useValue: "inner" },
      { provide: "pair", useFactory: (a: number, b: string) => [a, b], inject: ["private", "public"] },
    ],
    exports: [{ provide: "public", useValue: "as Nest allows it" }, "pair"],
  });
  const Outer = moduleClass("Outer", {
    imports: [Inner],
    providers: [
      { provide: "public", useValue: "outer" },
      { provide: "seen", useExisting: "public" },
    ],
  });
  const { container, graph } = await open(Outer);
  const inner = graph.modules.find((module) => module.name === "Inner");
  assert.equal(container.get("public", inner), "inner");
  assert.equal(container.get("public"), "outer");
  assert.equal(container.get("seen"), "outer");
  assert.deepEqual(container.get("pair", graph.root), [1, "inner"]);
  assert.equal(container.get("private"), 1);
  assert.throws(() => container.get("private", graph.root), /Outer does not see "private"/);
});

test("imported modules and tokens can be exported on", async () => {
  const mail = MailModule.forRoot({ from: "me" });
  const A = moduleClass("A", {
    providers: [
      { provide: "a", useValue: "a" },
      { provide: "b", useValue: "b" },
    ],
    exports: ["a", "b"],
  });
  const Whole = moduleClass("Whole", { imports: [A, mail], exports: [A, mail] });
  const Part = moduleClass("Part", { imports: [Whole], exports: ["a"] });
  const ByClass = moduleClass("ByClass", { imports: [Promise.resolve(mail)], exports: [MailModule] });
  const AppModule = moduleClass("AppModule", { imports: [Part, ByClass] });
  const { container, graph } = await open(AppModule);
  assert.equal(container.get("a", graph.root), "a");
  assert.equal(container.get(Mailer, graph.root).options.from, "me");
  assert.throws(() => container.get("b", graph.root), /does not see "b"/);
  const whole = graph.modules.find((module) => module.name === "Whole");
  assert.equal(container.get("b", whole), "b");
  assert.equal(container.get(Mailer, whole), container.get(Mailer, graph.root));
});

test("global modules are visible everywhere, also in modules that are imported before them", async () => {
  @Global()
  @Module({
    providers: [
      { provide: "static", useValue: 1 },
      { provide: "hidden", useValue: 0 },
    ],
    exports: ["static"],
  })
  class StaticModule {}
  @Module({})
  class DynamicClass {}
  const dynamic: DynamicModule = {
    module: DynamicClass,
    global: true,
    providers: [{ provide: "dynamic", useFactory: (n: number) => n + 1, inject: ["static"] }],
    exports: ["dynamic"],
  };
  const User = moduleClass("User", {
    providers: [
      { provide: "sum", useFactory: (a: number, b: number) => a + b, inject: ["static", "dynamic"] },
    ],
  });
  const { container, graph } = await open(
    moduleClass("AppModule", { imports: [User, dynamic, StaticModule] }),
  );
  assert.equal(container.get("sum"), 3);
  assert.throws(() => container.get("hidden", graph.root), /does not see "hidden"/);
});

test("providers of the application itself are visible in every module", async () => {
  const Inner = moduleClass("Inner", {
    providers: [{ provide: "name", useFactory: (app: string) => `in ${app}`, inject: ["app"] }],
  });
  const graph = await buildModuleGraph(moduleClass("AppModule", { imports: [Inner] }), {
    globals: [{ provide: "app", useValue: "atlas" }],
  });
  assert.equal((await createContainer(graph)).get("name"), "in atlas");
});
