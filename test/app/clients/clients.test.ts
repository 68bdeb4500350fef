import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ClientInterceptorEntry,
  client,
  clientToken,
  Inject,
  Injectable,
  InjectClient,
  injectionToken,
  type ModuleOptions,
  UseClientInterceptors,
} from "../../../lib/app/index.js";
import {
  type CallHandler,
  type ClientInterceptor,
  type OutgoingCall,
  StatusCode,
} from "../../../lib/rpc/index.js";
import { createTestingApp } from "../../../lib/testing/index.js";
import { type ItemInit, Probe } from "../../generated/probe.js";
import { checkAtEnd, deferred, recordingLogger } from "../../server/support.js";
import { moduleClass } from "../modules/fixture.js";
import {
  Caller,
  createApp,
  frontModule,
  type ProbeClient,
  probeModule,
  problemsOf,
  startBackend,
} from "./support.js";

checkAtEnd();

const at = (address: string): string => `static:///${address}`;

test("an injected client calls the service that its module names", async () => {
  const backend = await startBackend(({ number }) => ({ number: number + 1 }));
  const front = moduleClass("Front", { clients: [client(Probe, at(backend.address))], providers: [Caller] });
  const app = await createApp(front);
  assert.equal((await app.get(Caller).probe.one({ number: 41 })).number, 42);
  await app.close();
  await backend.close();
});

test("a client connects with its first call, an eager one when the application listens", async () => {
  const backend = await startBackend(() => ({}));
  const target = at(backend.address);
  const lazy = moduleClass("Lazy", { clients: [client(Probe, target)], providers: [Caller] });
  const app = await createApp(lazy);
  await app.listen();
  assert.equal(app.inspect().channels[0]?.state, "IDLE");
  await app.get(Caller).probe.one({});
  assert.equal(app.inspect().channels[0]?.state, "READY");
  await app.close();
  const eager = moduleClass("Eager", { clients: [client(Probe, target, { connect: "eager" })] });
  const eagerApp = await createApp(eager);
  assert.equal(eagerApp.inspect().channels[0]?.state, "IDLE");
  await eagerApp.listen();
  assert.notEqual(eagerApp.inspect().channels[0]?.state, "IDLE");
  await eagerApp.close();
  await backend.close();
});

test("deadline, cancellation and trace context flow from the call being served through injected clients", async () => {
  const seen: { left: number; trace: unknown }[] = [];
  const cancelled = deferred();
  const reached = deferred();
  const backend = await startBackend((_request, call) => {
    seen.push({ left: call.deadline - Date.now(), trace: call.metadata.get("traceparent")[0] });
    call.signal.addEventListener("abort", () => cancelled.resolve());
    reached.resolve();
    return new Promise<ItemInit>(() => undefined);
  });
  const middle = await createTestingApp(
    frontModule({ clients: [client(Probe, at(backend.address))] }),
  ).start();
  const front = await createTestingApp(frontModule({ clients: [client(Probe, at(middle.address))] })).start();
  const abort = new AbortController();
  const call = front
    .client(Probe)
    .one({}, { deadlineMs: 5000, signal: abort.signal, metadata: { traceparent: "00-1-2-01" } });
  await reached.promise;
  assert.ok(seen[0]!.left <= 5000 && seen[0]!.left > 3000, String(seen[0]!.left));
  assert.equal(seen[0]!.trace, "00-1-2-01");
  abort.abort();
  await assert.rejects(call, { code: StatusCode.CANCELLED });
  await cancelled.promise;
  for (const app of [front, middle, backend]) await app.close();
});

test("a client is private to its module unless that exports it, by its service, token or declaration", async () => {
  const declared = client(Probe, "static:///localhost:1");
  const withoutExport = moduleClass("Weather", { clients: [declared] });
  const App = (imported: ReturnType<typeof moduleClass>) =>
    moduleClass("App", { imports: [imported], providers: [Caller] });
  assert.deepEqual(await problemsOf(App(withoutExport)), [
    "UNKNOWN_PROVIDER nothing provides client of grebe.test.Probe in App.\n" +
      "Caller (App) needs client of grebe.test.Probe: parameter 1 (probe)\n" +
      "  Weather provides it but does not export it: add client of grebe.test.Probe to the exports of Weather.",
  ]);
  for (const exported of [Probe, clientToken(Probe), declared]) {
    const app = await createApp(App(moduleClass("Weather", { clients: [declared], exports: [exported] })));
    assert.equal(typeof app.get(Caller).probe.one, "function");
    await app.close();
  }
});

test("a client that nobody lists is told with what to add", async () => {
  assert.deepEqual(await problemsOf(moduleClass("App", { providers: [Caller] })), [
    "UNKNOWN_PROVIDER nothing provides client of grebe.test.Probe in App.\n" +
      "Caller (App) needs client of grebe.test.Probe: parameter 1 (probe)\n" +
      '  Add client(Probe, "dns:///host:port") to the clients of App, or import a module that exports it.',
  ]);
});

test("a module has several clients of one service under names", async () => {
  @Injectable()
  class Both {
    constructor(
      @InjectClient(Probe) readonly first: ProbeClient,
      @InjectClient(Probe, "spare") readonly spare: ProbeClient,
    ) {}
  }
  const [one, two] = [await startBackend(() => ({ number: 1 })), await startBackend(() => ({ number: 2 }))];
  const clients = [client(Probe, at(one.address)), client(Probe, at(two.address), { name: "spare" })];
  const app = await createApp(moduleClass("App", { clients, providers: [Both] }));
  const { first, spare } = app.get(Both);
  assert.deepEqual([(await first.one({})).number, (await spare.one({})).number], [1, 2]);
  assert.deepEqual(
    app.inspect().channels.map((channel) => channel.clients),
    [["grebe.test.Probe"], ['grebe.test.Probe "spare"']],
  );
  await app.close();
  for (const backend of [one, two]) await backend.close();
  assert.deepEqual(await problemsOf(moduleClass("App", { clients: [clients[0]!, clients[0]!] })), [
    'CLIENT_TWICE App lists the client of grebe.test.Probe twice. Give one of them a name: { name: "…" }.',
  ]);
});

test("target and options may come from what is injected, also later", async () => {
  const backend = await startBackend(() => ({ number: 7 }));
  const TARGET = injectionToken<string>("TARGET");
  const providers = [{ provide: TARGET, useFactory: async () => at(backend.address) }, Caller];
  for (const useFactory of [
    (target: string) => ({ target, deadlineMs: 500 }),
    async (target: string) => ({ target, deadlineMs: 500 }),
  ]) {
    const clients = [client(Probe, { inject: [TARGET], useFactory })];
    const app = await createApp(moduleClass("App", { clients, providers }));
    assert.equal((await app.get(Caller).probe.one({})).number, 7);
    await app.close();
  }
  await backend.close();
});

test("a test puts a fake in the place of a client, and no channel is made for it", async () => {
  const broken = client(Probe, "nowhere:///x", { tls: { ca: "/does/not/exist.pem" } });
  const fake = { one: async () => ({ number: 5 }) } as unknown as ProbeClient;
  const app = await createTestingApp(frontModule({ clients: [broken] }))
    .override(clientToken(Probe), fake)
    .start();
  assert.equal((await app.client(Probe).one({})).number, 5);
  assert.deepEqual(app.app.inspect().channels, []);
  await app.close();
});

test("clients share a channel if their targets and settings are equal", async () => {
  const clock = { now: () => 0, setTimeout: () => 0, clearTimeout: () => undefined };
  const target = "static:///localhost:1";
  const policy = () => ({ round_robin: {} });
  const options = [
    ...[{ policy: policy() }, { policy: policy(), deadlineMs: 5 }, { policy: policy(), connections: 2 }],
    ...[
      { policy: policy(), clock },
      { clock, policy: policy(), waitForReady: true },
    ],
    { policy: policy(), clock: { ...clock, now: () => 0 } },
  ];
  const clients = options.map((each, index) => client(Probe, target, { ...each, name: `c${index}` }));
  const app = await createApp(moduleClass("App", { clients }));
  const shared = app.inspect().channels.map((channel) => channel.clients.map((name) => name.slice(-3, -1)));
  assert.deepEqual(shared, [["c0", "c1"], ["c2"], ["c3", "c4"], ["c5"]]);
  await app.close();
});

test("channels are closed behind the drain: handlers that still run need them", async () => {
  const inBackend = deferred();
  const goOn = deferred();
  const backend = await startBackend(async ({ number }) => {
    inBackend.resolve();
    await goOn.promise;
    return { number };
  });
  const testing = createTestingApp(frontModule({ clients: [client(Probe, at(backend.address))] }), {
    drainLimitMs: 5000,
  });
  const front = await testing.start();
  const call = front.client(Probe).one({ number: 3 });
  await inBackend.promise;
  const closing = front.close();
  goOn.resolve();
  assert.equal((await call).number, 3);
  assert.deepEqual((await closing).cut, []);
  assert.deepEqual(front.app.inspect().channels, []);
  await backend.close();
});

test("who uses a client may still call it in onModuleDestroy", async () => {
  const backend = await startBackend(() => ({ number: 9 }));
  const answers: number[] = [];
  @Injectable()
  class Flusher {
    constructor(@InjectClient(Probe) private readonly probe: ProbeClient) {}
    async onModuleDestroy(): Promise<void> {
      answers.push((await this.probe.one({})).number);
    }
  }
  const clients = [client(Probe, at(backend.address))];
  const app = await createApp(moduleClass("App", { clients, providers: [Flusher] }));
  await app.listen();
  assert.deepEqual((await app.close()).hookFailures, []);
  assert.deepEqual(answers, [9]);
  await backend.close();
});

test("what is called while the application is created leaves nothing open if that fails", async () => {
  const backend = await startBackend(() => ({}));
  const CALLED = injectionToken<object>("CALLED");
  const useFactory = async (probe: ProbeClient): Promise<never> => {
    await probe.one({});
    throw new Error("no");
  };
  const providers = [{ provide: CALLED, useFactory, inject: [clientToken(Probe)] }];
  const clients = [client(Probe, at(backend.address))];
  assert.deepEqual(await problemsOf(moduleClass("App", { clients, providers })), [
    "PROVIDER_FAILED CALLED (App) could not be built: its factory threw Error: no",
  ]);
  await backend.close();
});

test("mistakes in clients are told all at once, with all others", async () => {
  const clients: ModuleOptions["clients"] = [
    client(Probe, "consul:///inventory"),
    client(Probe, "localhost:1", { name: "a", policy: { round_robbin: {} } }),
    client(Probe, "localhost:1", { name: "b", connections: 0 }),
    client(Probe, "localhost:1", { name: "c", deadlineMs: -5 }),
    client(Probe, "localhost:1", { name: "d", deadlinMs: 5 } as never),
    client(Probe, "localhost:1", { name: "e", serviceConfig: '{"methodConfig": 1}' }),
    client(Probe, "localhost:1", { name: "f", connect: "now" as never }),
    undefined as never,
    client(undefined as never, "localhost:1"),
    {} as never,
  ];
  const problems = await problemsOf(moduleClass("App", { clients, controllers: [Caller] }));
  assert.deepEqual(
    problems.map((problem) => problem.replace(/ known: .*/s, "").replace(/ Known: .*\n/s, "\n")),
    [
      'NOT_A_CONTROLLER Caller, listed under controllers of App, has no @GrpcService. Add @GrpcService("package.Service").',
      'UNKNOWN_SCHEME client of grebe.test.Probe (App): No resolver for "consul:///inventory". Add one to the resolvers;',
      'UNKNOWN_POLICY client "a" of grebe.test.Probe (App): loadBalancingConfig: no supported policies found: it names round_robbin. Did you mean "round_robin"?\nAdd it to balancingPolicies of a module.',
      'BAD_CLIENT client "b" of grebe.test.Probe (App): connections must be a whole number from 1 to 1000, got 0',
      'BAD_CLIENT client "c" of grebe.test.Probe (App): deadlineMs must be a positive number of milliseconds, or Infinity, got -5',
      'BAD_CLIENT client "d" of grebe.test.Probe (App): a client has no option "deadlinMs". Did you mean "deadlineMs"?',
      'BAD_CLIENT client "e" of grebe.test.Probe (App): methodConfig: must be a list, got 1',
      'BAD_CLIENT client "f" of grebe.test.Probe (App): connect must be "lazy" or "eager", got "now"',
      "BAD_CLIENT clients[7] of App is undefined.\nDo the file that declares it and that of the module import each other in a circle?",
      "BAD_CLIENT clients[8] of App is a client of an undefined service.\nDo the file that declares it and that of the module import each other in a circle?",
      "BAD_CLIENT clients[9] of App is no client.\nMake it with client(Service, target).",
    ],
  );
});

test("what the factory of a client makes is checked in the same words", async () => {
  const made = [{ target: "consul:///x" }, { target: "localhost:1", connections: -1 }, undefined, {}];
  const clients = made.map((settings, index) =>
    client(Probe, { name: `c${index}`, useFactory: () => settings as never }),
  );
  clients.push(client(Probe, { name: "c4", useFactory: () => Promise.reject(new Error("no settings")) }));
  const problems = await problemsOf(moduleClass("App", { clients }));
  assert.deepEqual(problems.map((problem) => problem.replace(/ known: .*/s, "")).sort(), [
    'BAD_CLIENT client "c1" of grebe.test.Probe (App): connections must be a whole number from 1 to 1000, got -1',
    'BAD_CLIENT client "c2" of grebe.test.Probe (App): its factory made undefined, not { target, … }',
    'BAD_CLIENT client "c3" of grebe.test.Probe (App): its target must be a text, got undefined',
    'PROVIDER_FAILED channel of the client "c4" of grebe.test.Probe (App) could not be built: its factory threw Error: no settings',
    'UNKNOWN_SCHEME client "c0" of grebe.test.Probe (App): No resolver for "consul:///x". Add one to the resolvers;',
  ]);
});

/** Notes its name in the order in which interceptors see a call. */
class Note implements ClientInterceptor {
  constructor(
    readonly name: string,
    readonly order: string[],
  ) {}
  intercept(call: OutgoingCall, next: CallHandler) {
    this.order.push(this.name);
    call.metadata.add("seen", this.name);
    return next.handle();
  }
}

const ORDER = injectionToken<string[]>("ORDER");

@Injectable()
class Injected extends Note {
  constructor(@Inject(ORDER) order: string[]) {
    super("injected", order);
  }
}

test("interceptors of clients stand in the order application, module, class, client", async () => {
  const order: string[] = [];
  const note = (name: string): ClientInterceptorEntry => new Note(name, order);
  const backend = await startBackend((_request, call) => ({ text: call.metadata.get("seen").join() }));
  @Injectable()
  @UseClientInterceptors(note("class 1"), Injected)
  @UseClientInterceptors(note("class 2"))
  class Decorated extends Caller {}
  @Injectable()
  class Plain {
    constructor(@Inject(clientToken(Probe)) readonly probe: ProbeClient) {}
  }
  const root = moduleClass("App", {
    providers: [Decorated, Plain, { provide: ORDER, useValue: order }],
    clientInterceptors: [note("module")],
    clients: [client(Probe, at(backend.address), { interceptors: [note("client")] })],
  });
  const app = await createApp(root, { clientInterceptors: [note("application")] });
  await app.get(Plain).probe.one({});
  assert.deepEqual(order.splice(0), ["application", "module", "client"]);
  const { text } = await app.get(Decorated).probe.one({});
  const all = ["application", "module", "class 1", "injected", "class 2", "client"];
  assert.deepEqual(order, all);
  // grpc-js joins the values of a name.
  assert.equal(text.replaceAll(", ", ","), all.join());
  assert.equal(app.inspect().channels.length, 1);
  await app.close();
  await backend.close();
});

test("interceptor classes are built with injection, each in its module, and what they lack is told", async () => {
  const backend = await startBackend(() => ({}));
  const order: string[] = [];
  const provide = { provide: ORDER, useValue: order };
  const Weather = moduleClass("Weather", {
    clients: [client(Probe, at(backend.address), { interceptors: [Injected] })],
    clientInterceptors: [Injected],
    providers: [provide],
    exports: [Probe],
  });
  @Injectable()
  @UseClientInterceptors(Injected)
  class Decorated extends Caller {}
  const root = (providers: ModuleOptions["providers"] = []) =>
    moduleClass("App", { imports: [Weather], providers: [Decorated, ...providers] });
  assert.deepEqual(await problemsOf(root()), [
    "UNKNOWN_PROVIDER nothing provides ORDER in App.\n" +
      "Decorated (App) needs client of grebe.test.Probe: parameter 1 (probe)\n" +
      "  client of grebe.test.Probe in Decorated (App) needs Injected: argument 2 of its factory\n" +
      "    Injected (App) needs ORDER: parameter 1 (order)\n" +
      "      Weather provides it but does not export it: add ORDER to the exports of Weather.",
  ]);
  const app = await createApp(root([provide]));
  await app.get(Decorated).probe.one({});
  assert.deepEqual(order, ["injected", "injected", "injected"]);
  await app.close();
  // Those of the application are built in the root module.
  const twice = await createApp(root([provide]), { clientInterceptors: [Injected] });
  await twice.get(Decorated).probe.one({});
  assert.equal(order.length, 7);
  await twice.close();
  await backend.close();
});

test("an interceptor that lives per call fits no client, which is a singleton", async () => {
  @Injectable({ lifetime: "call" })
  class PerCall implements ClientInterceptor {
    intercept(_call: OutgoingCall, next: CallHandler) {
      return next.handle();
    }
  }
  const clients = [client(Probe, "static:///localhost:1", { interceptors: [PerCall] })];
  const [problem] = await problemsOf(moduleClass("App", { clients }));
  assert.match(
    problem!,
    /^WRONG_LIFETIME channel of the client .* depends on PerCall, which lives per call\./,
  );
});

test("an interceptor cannot need the client that it stands around", async () => {
  @Injectable()
  class Circular extends Caller implements ClientInterceptor {
    intercept(_call: OutgoingCall, next: CallHandler) {
      return next.handle();
    }
  }
  const clients = [client(Probe, "static:///localhost:1", { interceptors: [Circular] })];
  const [problem] = await problemsOf(moduleClass("App", { clients }));
  assert.match(problem!, /^CYCLIC_PROVIDERS .*Circular.* depend on each other in a circle in App\./);
});

test("changes of a channel's state are lines of the application's log", async () => {
  const backend = await startBackend(() => ({}));
  const logger = recordingLogger();
  const clients = [client(Probe, at(backend.address))];
  const app = await createApp(moduleClass("App", { clients, providers: [Caller] }), { logger });
  await app.get(Caller).probe.one({});
  await app.close();
  await backend.close();
  const states = logger.lines
    .filter(({ message }) => message.startsWith("channel "))
    .map(({ fields }) => fields.to);
  assert.deepEqual(states.slice(0, 2), ["CONNECTING", "READY"]);
});

test("a service may be served and called in one application", async () => {
  const backend = await startBackend(({ text }) => ({ text: `${text}!` }));
  const front = await createTestingApp(
    probeModule(({ text }) => ({ text }), {
      clients: [client(Probe, at(backend.address))],
      providers: [Caller],
    }),
  ).start();
  assert.equal((await front.get(Caller).probe.one({ text: "a" })).text, "a!");
  assert.equal((await front.client(Probe).one({ text: "a" })).text, "a");
  await front.close();
  await backend.close();
});
