import assert from "node:assert/strict";
import { test } from "node:test";
import type { Override } from "../../../lib/app/binding.js";
import { createContainer } from "../../../lib/app/container.js";
import { CALL_CONTEXT, Inject, Injectable, InjectPerCall, Optional } from "../../../lib/app/injection.js";
import { injectionToken, type Token } from "../../../lib/app/provider.js";
import { type CallContext, runInCall } from "../../../lib/rpc/index.js";
import { fakeCall, moduleClass, open } from "./fixture.js";

const NAME = injectionToken<string>("NAME");
const SYMBOL = Symbol("symbol token");

abstract class Greeter {
  abstract greet(): string;
}

@Injectable()
class EnglishGreeter extends Greeter {
  constructor(@Inject(NAME) private readonly who: string) {
    super();
  }
  greet() {
    return `hello ${this.who}`;
  }
}

test("classes, values, factories and aliases are injected by class, token, string and symbol", async () => {
  @Injectable()
  class All {
    constructor(
      readonly greeter: Greeter,
      @Inject("length") readonly length: number,
      @Inject(SYMBOL) readonly alias: Greeter,
      @Inject("nothing") readonly nothing: undefined,
      @Inject("null") readonly none: null,
    ) {}
  }
  const { container } = await open(
    moduleClass("AppModule", {
      providers: [
        All,
        { provide: SYMBOL, useExisting: Greeter },
        { provide: Greeter, useClass: EnglishGreeter },
        { provide: "length", useFactory: (name: string) => name.length, inject: [NAME] },
        { provide: NAME, useValue: "world" },
        { provide: "nothing", useValue: undefined },
        { provide: "null", useFactory: () => null },
      ],
    }),
  );
  const all = container.get(All);
  assert.equal(all.greeter.greet(), "hello world");
  assert.equal(all.length, 5);
  assert.equal(all.alias, all.greeter);
  assert.equal(all.nothing, undefined);
  assert.equal(all.none, null);
  assert.equal(container.get(All), all);
  assert.equal(container.get(NAME), "world");
});

test("asynchronous factories are awaited, also by transient providers, and independent ones run side by side", async () => {
  const events: string[] = [];
  let openGate = () => {};
  const gate = new Promise<void>((resolve) => {
    openGate = resolve;
  });
  const { container } = await open(
    moduleClass("AppModule", {
      providers: [
        {
          provide: "slow",
          useFactory: async () => {
            events.push("slow starts");
            await gate;
            events.push("slow ends");
            return 1;
          },
        },
        { provide: "copy", useFactory: (n: number) => n * 10, inject: ["slow"], lifetime: "transient" },
        { provide: "alias", useExisting: "copy" },
        { provide: "user", useFactory: (n: number) => n + 1, inject: ["alias"] },
        {
          provide: "other",
          useFactory: async () => {
            events.push("other");
            openGate();
            return 2;
          },
        },
      ],
    }),
  );
  assert.equal(container.get("user"), 11);
  assert.deepEqual(events, ["slow starts", "other", "slow ends"]);
});

test("optional dependencies without a provider are undefined, and default values apply", async () => {
  interface Clock {
    readonly now: number;
  }
  class Missing {}
  @Injectable()
  class Tolerant {
    constructor(
      @Optional() @Inject("absent") readonly absent: string | undefined,
      @Optional() readonly missing?: Missing,
      @Inject(NAME) readonly name = "default",
      readonly clock: Clock = { now: 7 },
    ) {}
  }
  const factory = {
    provide: "made",
    useFactory: (value: unknown) => [value],
    inject: [{ token: "absent", optional: true }],
  };
  const { container } = await open(moduleClass("AppModule", { providers: [Tolerant, factory] }));
  const tolerant = container.get(Tolerant);
  assert.deepEqual(
    { ...tolerant },
    { missing: undefined, absent: undefined, name: "default", clock: { now: 7 } },
  );
  assert.deepEqual(container.get("made"), [undefined]);
});

test("a class without a constructor of its own is built as the one it extends", async () => {
  class French extends EnglishGreeter {}
  @Injectable()
  class Polite extends EnglishGreeter {
    override greet() {
      return `${super.greet()}, please`;
    }
  }
  const { container } = await open(
    moduleClass("AppModule", { providers: [French, Polite, { provide: NAME, useValue: "you" }] }),
  );
  assert.equal(container.get(French).greet(), "hello you");
  assert.equal(container.get(Polite).greet(), "hello you, please");
});

test("the last provider of a token in a module wins", async () => {
  const { container } = await open(
    moduleClass("AppModule", {
      providers: [
        { provide: NAME, useValue: "first" },
        { provide: NAME, useValue: "second" },
      ],
    }),
  );
  assert.equal(container.get(NAME), "second");
});

test("a transient provider is built for each place it is injected in", async () => {
  @Injectable({ lifetime: "transient" })
  class Counter {}
  @Injectable()
  class Two {
    constructor(
      readonly first: Counter,
      readonly second: Counter,
    ) {}
  }
  const { container } = await open(moduleClass("AppModule", { providers: [Counter, Two] }));
  const two = container.get(Two);
  assert.notEqual(two.first, two.second);
  assert.notEqual(container.get(Counter), container.get(Counter));
});

test("the lifetime of a provider goes before that of its class", async () => {
  @Injectable({ lifetime: "transient" })
  class Counter {}
  const { container } = await open(
    moduleClass("AppModule", {
      providers: [{ provide: Counter, useClass: Counter, lifetime: "singleton" }],
    }),
  );
  assert.equal(container.get(Counter), container.get(Counter));
});

test("a per-call provider is built once per call, only where it is asked for, and knows its call", async () => {
  let built = 0;
  @Injectable({ lifetime: "call" })
  class TripLog {
    constructor(@Inject(CALL_CONTEXT) readonly call: CallContext) {
      built++;
    }
  }
  @Injectable({ lifetime: "transient" })
  class Writer {
    constructor(readonly log: TripLog) {}
  }
  @Injectable()
  class Lazy {
    constructor(@InjectPerCall(TripLog) readonly log: () => TripLog) {}
  }
  @Injectable()
  class Trips {
    constructor(
      readonly log: TripLog,
      readonly writer: Writer,
      readonly lazy: Lazy,
    ) {}
  }
  class Plain {}
  const { container, graph } = await open(
    moduleClass("AppModule", { controllers: [Trips, Plain], providers: [TripLog, Writer, Lazy] }),
  );
  const trips = container.controller(graph.root, Trips);
  const plain = container.controller(graph.root, Plain);
  assert.equal(trips.perCall, true);
  assert.equal(plain.perCall, false);
  assert.equal(plain.get(), plain.get(fakeCall()));
  assert.equal(built, 0);

  const call = fakeCall();
  const first = trips.get(call) as Trips;
  assert.equal(built, 1);
  assert.equal(first.log.call, call);
  assert.equal(first.writer.log, first.log);
  assert.equal(
    runInCall(call, () => first.lazy.log()),
    first.log,
  );
  assert.equal(trips.get(call), first);
  assert.equal(
    runInCall(call, () => container.get(TripLog)),
    first.log,
  );
  assert.equal(built, 1);

  const second = trips.get(fakeCall()) as Trips;
  assert.notEqual(second.log, first.log);
  assert.equal(second.lazy, first.lazy);
  assert.equal(built, 2);
  assert.throws(() => first.lazy.log(), /there is no current call/);
  assert.throws(() => container.get(TripLog), /there is no current call/);
});

test("a per-call factory runs once per call whatever it returns, and may not return a promise", async () => {
  let runs = 0;
  const { container } = await open(
    moduleClass("AppModule", {
      providers: [
        { provide: "none", useFactory: () => void runs++, lifetime: "call" },
        { provide: "promise", useFactory: () => Promise.reject(new Error("late")), lifetime: "call" },
        {
          provide: "reader",
          useFactory: (none: () => unknown) => none,
          inject: [{ token: "none", perCall: true }],
        },
      ],
    }),
  );
  const none = container.get("reader") as () => unknown;
  runInCall(fakeCall(), () => {
    assert.equal(none(), undefined);
    assert.equal(none(), undefined);
    assert.equal(runs, 1);
    assert.throws(
      () => container.get("promise"),
      /the factory of "promise" \(AppModule\) returned a promise; only singletons may be made asynchronously/,
    );
  });
});

test("a constructor with many parameters is built per call", async () => {
  class Wide {
    readonly values: unknown[];
    constructor(...values: unknown[]) {
      this.values = values;
    }
  }
  for (const [index, token] of ["a", "b", CALL_CONTEXT, "d", "e"].entries()) {
    Inject(token)(Wide, undefined, index);
  }
  Injectable({ lifetime: "call" })(Wide);
  const values = ["a", "b", "d", "e"].map((token) => ({ provide: token, useValue: token }));
  const { container } = await open(moduleClass("AppModule", { providers: [Wide, ...values] }));
  const call = fakeCall();
  const wide = runInCall(call, () => container.get(Wide));
  assert.deepEqual(wide.values, ["a", "b", call, "d", "e"]);
});

test("an interceptor class is the module's provider, or else one singleton built in the module's scope", async () => {
  @Injectable()
  class Registered {}
  @Injectable()
  class Loose {
    constructor(readonly registered: Registered) {}
  }
  @Injectable()
  class Late {
    constructor(readonly registered: Registered) {}
  }
  @Injectable()
  class PerCall {
    constructor(@Inject(CALL_CONTEXT) readonly call: CallContext) {}
  }
  @Injectable()
  class Unbuildable {
    constructor(readonly word: string) {}
  }
  const AppModule = moduleClass("AppModule", { providers: [Registered] });
  const { graph } = await open(AppModule);
  const container = await createContainer(graph, { enhancers: [{ module: graph.root, type: Loose }] });
  const { root } = graph;
  assert.equal(container.resolveIn(root, Registered).get(), container.get(Registered));
  for (const type of [Loose, Late]) {
    const instance = container.resolveIn(root, type).get() as Loose;
    assert.equal(instance.registered, container.get(Registered));
    assert.equal(container.resolveIn(root, type).get(), instance);
  }
  const handle = container.resolveIn(root, PerCall);
  assert.equal(handle.perCall, true);
  const call = fakeCall();
  assert.equal((handle.get(call) as PerCall).call, call);
  assert.throws(() => container.resolveIn(root, Unbuildable), /NOT_INJECTABLE/);
  await assert.rejects(
    createContainer(graph, { enhancers: [{ module: root, type: Unbuildable }] }),
    /NOT_INJECTABLE {2}Unbuildable \(AppModule\)/,
  );
});

test("an override replaces a provider or an interceptor wherever it is declared", async () => {
  class Guard {}
  class FakeGuard {}
  class FakeGreeter {
    greet() {
      return "fake";
    }
  }
  const One = moduleClass("One", { providers: [{ provide: NAME, useValue: "real" }], exports: [NAME] });
  const AppModule = moduleClass("AppModule", {
    imports: [One],
    providers: [
      { provide: "copy", useExisting: NAME },
      { provide: Greeter, useClass: EnglishGreeter },
    ],
  });
  const { graph, container: real } = await open(AppModule);
  const overrides = new Map<Token, Override>([
    [NAME, { useFactory: async () => "overridden" }],
    [Greeter, { useClass: FakeGreeter }],
    [Guard, { useClass: FakeGuard }],
  ]);
  const enhancers = [{ module: graph.root, type: Guard }];
  const container = await createContainer(graph, { enhancers, overrides });
  assert.equal(container.get("copy"), "overridden");
  assert.equal(container.get(Greeter).greet(), "fake");
  assert(container.resolveIn(graph.root, Guard).get() instanceof FakeGuard);
  assert.equal(real.get("copy"), "real");

  // It is built where the provider is declared, and sees what is visible there.
  overrides.set(NAME, { useFactory: (greeter: Greeter) => greeter.greet(), inject: [Greeter] });
  await assert.rejects(createContainer(graph, { enhancers, overrides }), /nothing provides Greeter in One/);
});

test("asking for what is not there names the nearest token", async () => {
  const { container, graph } = await open(
    moduleClass("AppModule", { providers: [{ provide: "connection", useValue: 1 }] }),
  );
  assert.throws(() => container.get("conection"), {
    message: 'no module provides "conection". Did you mean "connection"?',
  });
  assert.throws(() => container.get(EnglishGreeter, graph.root), {
    message: "AppModule does not see EnglishGreeter.",
  });
});
