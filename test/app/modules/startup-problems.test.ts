import assert from "node:assert/strict";
import { test } from "node:test";
import { Inject, Injectable, InjectPerCall, Optional } from "../../../lib/app/injection.js";
import type { Lifecycle, OnModuleInit } from "../../../lib/app/lifecycle.js";
import { type DynamicModule, Module } from "../../../lib/app/module.js";
import { injectionToken } from "../../../lib/app/provider.js";
import { failureOf, moduleClass, startupErrorOf } from "./fixture.js";

interface Clock {
  now(): number;
}

@Injectable()
class Store {}

@Injectable()
class StockIndex {
  constructor(readonly store: Store) {}
}

@Injectable()
class OrdersController {
  constructor(readonly stock: StockIndex) {}
}

function text(...lines: string[]): string {
  return lines.join("\n");
}

test("a circle of imports is told with its whole path from the root, once", async () => {
  class AppModule {}
  class OrdersModule {}
  class StockModule {}
  Module({ imports: [OrdersModule, StockModule] })(AppModule);
  Module({ imports: [StockModule] })(OrdersModule);
  Module({ imports: [OrdersModule], exports: [OrdersModule] })(StockModule);
  assert.equal(
    await failureOf(AppModule),
    text(
      "  CYCLIC_IMPORTS  AppModule -> OrdersModule -> StockModule -> OrdersModule import each other in a circle.",
      "                  Move what they share into a module of its own that both import.",
    ),
  );
});

test("what is missing because of a circle or an entry that is no module is not reported on its own", async () => {
  class AppModule {}
  class OrdersModule {}
  class StockModule {}
  Module({ imports: [OrdersModule], controllers: [OrdersController] })(AppModule);
  Module({ imports: [StockModule], providers: [Store], exports: [Store, StockIndex] })(OrdersModule);
  Module({ imports: [OrdersModule], providers: [StockIndex], exports: [StockIndex, Store] })(StockModule);
  assert.deepEqual(
    (await startupErrorOf(AppModule)).problems.map((problem) => problem.code),
    ["CYCLIC_IMPORTS"],
  );
  const Half = moduleClass("Half", {
    imports: [undefined as never],
    providers: [StockIndex],
    exports: [Store],
  });
  assert.deepEqual(
    (await startupErrorOf(Half)).problems.map((problem) => problem.code),
    ["NOT_A_MODULE"],
  );
});

test("a module that imports itself is a circle", async () => {
  class AppModule {}
  Module({ imports: [AppModule] })(AppModule);
  assert.match(await failureOf(AppModule), /CYCLIC_IMPORTS {2}AppModule -> AppModule import/);
});

test("what is imported but no module is reported, entry by entry", async () => {
  const imports = [
    Store,
    undefined,
    { module: Store },
    { modul: Store },
    Promise.reject(new Error("no network")),
  ] as unknown as DynamicModule[];
  assert.equal(
    await failureOf(moduleClass("AppModule", { imports })),
    text(
      "  NOT_A_MODULE  imports[0] of AppModule is Store, a class without @Module.",
      '                Put @Module() on it; if it is a provider, list it under "providers".',
      "  NOT_A_MODULE  imports[1] of AppModule is undefined.",
      "                Do the files of the two modules import each other, or is its name misspelt?",
      "  NOT_A_MODULE  imports[2] of AppModule is a dynamic module of Store, a class without @Module.",
      "                Put @Module() on Store.",
      "  NOT_A_MODULE  imports[3] of AppModule is an object without a module class, no module.",
      "                List a class with @Module, or what its forRoot returns.",
      "  NOT_A_MODULE  imports[4] of AppModule is a promise that was rejected: Error: no network",
    ),
  );
});

test("a root class without @Module is reported", async () => {
  assert.match(await failureOf(Store), /NOT_A_MODULE {2}the root module is Store, a class without @Module/);
});

test("a parameter whose type is an interface has no type at run time", async () => {
  @Injectable()
  class Scheduler {
    constructor(
      readonly store: Store,
      readonly clock: Clock,
    ) {}
  }
  assert.equal(
    await failureOf(moduleClass("AppModule", { providers: [Store, Scheduler] })),
    text(
      "  NOT_INJECTABLE  Scheduler (AppModule) cannot be built: parameter 2 (clock) has no type at run time.",
      '                  Is its class imported with "import type", or is its type an interface or a union? Import the class itself, or name a token with @Inject(token).',
    ),
  );
});

test("a class that is imported as a type only has no type at run time", async () => {
  @Injectable()
  class Scheduler {
    constructor(readonly lifecycle: Lifecycle) {}
  }
  assert.match(
    await failureOf(moduleClass("AppModule", { providers: [Scheduler] })),
    /parameter 1 \(lifecycle\) has no type at run time\.\n +Is its class imported with "import type"/,
  );
});

test("a class with parameters but without any decorator is told to take @Injectable", async () => {
  class Plain {
    constructor(readonly store: Store) {}
  }
  assert.equal(
    await failureOf(moduleClass("AppModule", { providers: [Store, Plain] })),
    text(
      "  NOT_INJECTABLE  Plain (AppModule) cannot be built: parameter 1 (store) has no type at run time.",
      "                  Put @Injectable() on Plain; the compiler writes types down only for decorated classes.",
    ),
  );
});

test("a decorated class whose compiler wrote no types down is told about the compiler", async () => {
  class Stripped {
    constructor(readonly store: Store) {}
  }
  Injectable()(Stripped);
  assert.equal(
    await failureOf(moduleClass("AppModule", { providers: [Store, Stripped] })),
    text(
      "  NOT_INJECTABLE  Stripped (AppModule) cannot be built: parameter 1 (store) has no type at run time.",
      "                  Compile with tsc and emitDecoratorMetadata: esbuild and tsx leave the types out.",
    ),
  );
});

test("an undefined token hints at a circle of files", async () => {
  const missing = undefined as unknown as symbol;
  @Injectable()
  class Late {
    constructor(@Inject(missing) readonly value: string) {}
  }
  assert.equal(
    await failureOf(
      moduleClass("AppModule", {
        providers: [Late, { provide: "made", useFactory: () => 1, inject: [missing] }],
      }),
    ),
    text(
      "  NOT_INJECTABLE  Late (AppModule) cannot be built: parameter 1 (value) asks for @Inject(undefined).",
      "                  Do the file that declares the token and this one import each other in a circle?",
      '  NOT_INJECTABLE  "made" (AppModule) cannot be built: argument 1 of its factory is asked for by an undefined token.',
      "                  Do the file that declares the token and this one import each other in a circle?",
    ),
  );
});

test("a parameter of a built-in type asks for a token", async () => {
  @Injectable()
  class Greeter {
    constructor(readonly word: string) {}
  }
  assert.equal(
    await failureOf(moduleClass("AppModule", { providers: [Greeter] })),
    text(
      "  NOT_INJECTABLE  Greeter (AppModule) cannot be built: parameter 1 (word) is a String, which is no provider.",
      "                  Name a token with @Inject(token).",
    ),
  );
});

test("an undefined provider, one without a recipe and an undefined useClass are reported", async () => {
  const providers = [undefined, { provide: "bare" }, { provide: "none", useClass: undefined }] as never[];
  assert.equal(
    await failureOf(moduleClass("AppModule", { providers })),
    text(
      "  NOT_INJECTABLE  providers[0] of AppModule is undefined, or has an undefined token.",
      "                  Do the file that declares it and that of the module import each other in a circle?",
      '  NOT_INJECTABLE  "bare" (AppModule) cannot be built: its provider needs one of useClass, useValue, useFactory and useExisting, and not undefined.',
      '  NOT_INJECTABLE  "none" (AppModule) cannot be built: its provider needs one of useClass, useValue, useFactory and useExisting, and not undefined.',
    ),
  );
});

test("a missing provider is told with the chain of those that need it", async () => {
  const StockModule = moduleClass("StockModule", { providers: [StockIndex], exports: [StockIndex] });
  const AppModule = moduleClass("AppModule", { imports: [StockModule], controllers: [OrdersController] });
  assert.equal(
    await failureOf(AppModule),
    text(
      "  UNKNOWN_PROVIDER  nothing provides Store in StockModule.",
      "                    OrdersController (AppModule) needs StockIndex: parameter 1 (stock)",
      "                      StockIndex (StockModule) needs Store: parameter 1 (store)",
      "                        Add Store to the providers of StockModule, or import a module that exports it.",
    ),
  );
});

test("a provider that an imported module keeps to itself is to be exported", async () => {
  const StorageModule = moduleClass("StorageModule", { providers: [Store] });
  const AppModule = moduleClass("AppModule", { imports: [StorageModule], providers: [StockIndex] });
  assert.equal(
    await failureOf(AppModule),
    text(
      "  UNKNOWN_PROVIDER  nothing provides Store in AppModule.",
      "                    StockIndex (AppModule) needs Store: parameter 1 (store)",
      "                      StorageModule provides it but does not export it: add Store to the exports of StorageModule.",
    ),
  );
});

test("a provider that another module exports is to be imported, one it keeps to be exported as well", async () => {
  const StorageModule = moduleClass("StorageModule", { providers: [Store], exports: [Store] });
  const OrdersModule = moduleClass("OrdersModule", { providers: [StockIndex] });
  const AppModule = moduleClass("AppModule", { imports: [OrdersModule, StorageModule] });
  assert.match(
    await failureOf(AppModule),
    /StorageModule exports it: import StorageModule in OrdersModule\./,
  );

  const Closed = moduleClass("StorageModule", { providers: [Store] });
  assert.match(
    await failureOf(moduleClass("AppModule", { imports: [OrdersModule, Closed] })),
    /StorageModule provides it: export it there, and import StorageModule in OrdersModule\./,
  );
});

test("a misspelt token is answered with the nearest one, a controller and a double token with what they are", async () => {
  const real = injectionToken<string>("ROOT");
  const providers = [
    { provide: "connection", useValue: 1 },
    { provide: real, useValue: "" },
    { provide: "a", useFactory: () => 1, inject: ["conection"] },
    { provide: "b", useFactory: () => 1, inject: [injectionToken("ROOT")] },
    { provide: "c", useFactory: () => 1, inject: [Store] },
  ];
  const failure = await failureOf(moduleClass("AppModule", { providers, controllers: [Store] }));
  assert.match(failure, /Did you mean "connection"\?/);
  assert.match(failure, /AppModule sees another token called ROOT: is it declared twice/);
  assert.match(failure, /Store is a controller, and controllers are not injected/);
});

test("providers that need each other are told as a path", async () => {
  class Hen {
    constructor(readonly egg: object) {}
  }
  class Egg {
    constructor(readonly hen: object) {}
  }
  Inject(Egg)(Hen, undefined, 0);
  Inject(Hen)(Egg, undefined, 0);
  assert.equal(
    await failureOf(moduleClass("AppModule", { providers: [Hen, Egg] })),
    text(
      "  CYCLIC_PROVIDERS  Hen -> Egg -> Hen depend on each other in a circle in AppModule.",
      "                    Move what they share into a provider of its own that both inject.",
    ),
  );
});

test("an alias of itself is a circle", async () => {
  const AppModule = moduleClass("AppModule", { providers: [{ provide: "x", useExisting: "x" }] });
  assert.match(await failureOf(AppModule), /CYCLIC_PROVIDERS {2}"x" -> "x" depend on each other/);
});

test("what a module exports but does not have is reported", async () => {
  const Inner = moduleClass("Inner", { providers: [Store] });
  const Other = moduleClass("Other", {});
  const AppModule = moduleClass("AppModule", {
    imports: [Inner],
    exports: [Store, StockIndex, Other, { module: Other }],
  });
  assert.equal(
    await failureOf(AppModule),
    text(
      "  NOT_EXPORTABLE  AppModule exports Other, but it does not import it.",
      "  NOT_EXPORTABLE  AppModule exports a dynamic Other, but it does not import that very object.",
      "  NOT_EXPORTABLE  AppModule exports Store, but neither provides nor imports it.",
      "                  Inner, which it imports, provides Store but does not export it.",
      "  NOT_EXPORTABLE  AppModule exports StockIndex, but neither provides nor imports it.",
      "                  Add StockIndex to its providers, or import the module that exports it.",
    ),
  );
});

test("a singleton that depends on what lives per call is told to inject a handle", async () => {
  @Injectable({ lifetime: "call" })
  class TripLog {}
  @Injectable({ lifetime: "transient" })
  class Formatter {
    constructor(readonly log: TripLog) {}
  }
  @Injectable()
  class CityIndex {
    constructor(readonly formatter: Formatter) {}
  }
  assert.equal(
    await failureOf(moduleClass("AppModule", { providers: [TripLog, Formatter, CityIndex] })),
    text(
      "  WRONG_LIFETIME  CityIndex (AppModule) is a singleton, but depends on TripLog, which lives per call.",
      "                  CityIndex (AppModule) needs Formatter: parameter 1 (formatter)",
      "                    Formatter (AppModule) needs TripLog: parameter 1 (log)",
      "                  Inject a handle instead: @InjectPerCall(Formatter) is a function that returns the instance of the current call.",
      "                  Or let CityIndex live per call as well.",
    ),
  );
});

test("an asynchronous factory and hooks do not go with a life per call", async () => {
  @Injectable({ lifetime: "call" })
  class TripLog implements OnModuleInit {
    onModuleInit() {}
  }
  const AppModule = moduleClass("AppModule", {
    providers: [TripLog, { provide: "later", useFactory: async () => 1, lifetime: "transient" }],
  });
  assert.equal(
    await failureOf(AppModule),
    text(
      "  WRONG_LIFETIME  TripLog (AppModule) has onModuleInit, but lives per call, or depends on what does.",
      "                  Hooks run for singletons only: move them to a singleton.",
      '  WRONG_LIFETIME  the factory of "later" (AppModule) is asynchronous, so what it makes can only be a singleton.',
      "                  Make it synchronous, or provide a singleton with an asynchronous method.",
    ),
  );
});

test("every constructor and factory that throws is reported, those behind it are not, and the cause is kept", async () => {
  const cause = new Error("no disk");
  @Injectable()
  class Disk {
    constructor() {
      throw cause;
    }
  }
  @Injectable()
  class Reader {
    constructor(readonly disk: Disk) {}
  }
  const error = await startupErrorOf(
    moduleClass("AppModule", {
      providers: [Reader, Disk, { provide: "net", useFactory: () => Promise.reject("unplugged") }],
    }),
  );
  assert.equal(
    error.message,
    text(
      "2 mistakes stop the application",
      "  PROVIDER_FAILED  Disk (AppModule) could not be built: its constructor threw Error: no disk",
      '  PROVIDER_FAILED  "net" (AppModule) could not be built: its factory threw unplugged',
    ),
  );
  assert.equal(error.cause, cause);
});

test("all mistakes come at once, and nothing is built before they are mended", async () => {
  let built = 0;
  @Injectable()
  class Eager {
    constructor() {
      built++;
    }
  }
  const Sibling = moduleClass("Sibling", {
    providers: [Eager, StockIndex, { provide: "x", useFactory: (n: number) => n, inject: ["y"] }],
    exports: ["z"],
  });
  const error = await startupErrorOf(moduleClass("AppModule", { imports: [Store, Sibling] }));
  assert.deepEqual(
    error.problems.map((problem) => problem.code),
    ["NOT_A_MODULE", "NOT_EXPORTABLE", "UNKNOWN_PROVIDER", "UNKNOWN_PROVIDER"],
  );
  assert.equal(built, 0);
});

test("an override of what nothing provides is reported", async () => {
  const AppModule = moduleClass("AppModule", { providers: [{ provide: "connection", useValue: 1 }] });
  assert.equal(
    await failureOf(AppModule, { overrides: new Map([["conection", { useValue: 2 }]]) }),
    text(
      '  UNKNOWN_PROVIDER  override of "conection" replaces nothing: no module provides it. Did you mean "connection"?',
    ),
  );
});

test("a handle of an unknown token and an optional one of an unknown type are told apart", async () => {
  @Injectable()
  class Trips {
    constructor(
      @InjectPerCall(Store) readonly store: () => Store,
      @Optional() readonly index?: StockIndex,
    ) {}
  }
  assert.equal(
    await failureOf(moduleClass("AppModule", { providers: [Trips] })),
    text(
      "  UNKNOWN_PROVIDER  nothing provides Store in AppModule.",
      "                    Trips (AppModule) needs Store: parameter 1 (store)",
      "                      Add Store to the providers of AppModule, or import a module that exports it.",
    ),
  );
});
