import assert from "node:assert/strict";
import { test } from "node:test";
import { from, map, NEVER, type Observable, of } from "rxjs";
import {
  BalancingPolicy,
  client,
  Inject,
  Injectable,
  InjectClient,
  injectionToken,
  type ModuleOptions,
  NameResolver,
} from "../../../lib/app/index.js";
import {
  type ChannelControlHelper,
  type ConfigReader,
  childHelper,
  type LoadBalancer,
  type LoadBalancingPolicy,
  type Picker,
  PolicyRegistry,
  type ReadyEndpoint,
  type Resolution,
  type Resolver,
  type Target,
} from "../../../lib/client/index.js";
import { createTestingApp } from "../../../lib/testing/index.js";
import { Probe } from "../../generated/probe.js";
import { checkAtEnd, until } from "../../server/support.js";
import { moduleClass } from "../modules/fixture.js";
import { Caller, createApp, type ProbeClient, problemsOf, startBackend } from "./support.js";

checkAtEnd();

/** Where a registry of the test keeps addresses. */
const TABLE = injectionToken<ReadonlyMap<string, readonly string[]>>("TABLE");

@Injectable()
@NameResolver("table")
class TableResolver implements Resolver {
  constructor(@Inject(TABLE) private readonly table: ReadonlyMap<string, readonly string[]>) {}
  resolve({ endpoint }: Target): Observable<Resolution> {
    return of({ endpoints: (this.table.get(endpoint) ?? []).map(toEndpoint) });
  }
  check({ endpoint }: Target): void {
    if (!this.table.has(endpoint)) throw new Error(`the table has no "${endpoint}"`);
  }
}

function toEndpoint(address: string) {
  const [host, port] = address.split(":");
  return { addresses: [{ host: host!, port: Number(port) }] };
}

/** An application whose client finds the probe by a table. */
function tableModule(addresses: readonly string[], options: ModuleOptions = {}, target = "table:///probe") {
  const { providers = [], ...rest } = options;
  return moduleClass("App", {
    providers: [Caller, { provide: TABLE, useValue: new Map([["probe", addresses]]) }, ...providers],
    resolvers: [TableResolver],
    clients: [client(Probe, target)],
    ...rest,
  });
}

test("a resolver is a class with injection, and two applications of one process each have their own", async () => {
  const [one, two] = [await startBackend(() => ({ number: 1 })), await startBackend(() => ({ number: 2 }))];
  const first = await createApp(tableModule([one.address]));
  const second = await createApp(tableModule([two.address]));
  assert.equal((await first.get(Caller).probe.one({})).number, 1);
  assert.equal((await second.get(Caller).probe.one({})).number, 2);
  for (const each of [first, second, one, two]) await each.close();
});

test("a target that the resolver says it can never resolve is told at start", async () => {
  assert.deepEqual(await problemsOf(tableModule([], {}, "table:///prob")), [
    'BAD_CLIENT client of grebe.test.Probe (App): the table has no "prob"',
  ]);
});

test("all channels of the application know the resolvers of all modules, ready ones as well, and tests replace them", async () => {
  const backend = await startBackend(() => ({ number: 3 }));
  const Naming = moduleClass("Naming", {
    resolvers: [
      TableResolver,
      { scheme: "fixed", resolver: { resolve: () => of({ endpoints: [toEndpoint(backend.address)] }) } },
    ],
    providers: [{ provide: TABLE, useValue: new Map() }],
  });
  const root = (target: string) =>
    moduleClass("App", { imports: [Naming], providers: [Caller], clients: [client(Probe, target)] });
  const app = await createApp(root("fixed:///any"));
  assert.equal((await app.get(Caller).probe.one({})).number, 3);
  await app.close();
  const fake: Resolver = { resolve: () => of({ endpoints: [toEndpoint(backend.address)] }) };
  const testing = await createTestingApp(root("table:///any"))
    .override(TableResolver, fake as TableResolver)
    .start();
  assert.equal((await testing.get(Caller).probe.one({})).number, 3);
  await testing.close();
  await backend.close();
});

test("a client whose target comes from a factory may use any resolver, also one that is built late", async () => {
  const backend = await startBackend(() => ({ number: 4 }));
  const later = { provide: TABLE, useFactory: async () => new Map([["probe", [backend.address]]]) };
  const clients = [client(Probe, { useFactory: () => ({ target: "table:///probe" }) })];
  const app = await createApp(
    moduleClass("App", { providers: [Caller, later], resolvers: [TableResolver], clients }),
  );
  assert.equal((await app.get(Caller).probe.one({})).number, 4);
  await app.close();
  await backend.close();
});

test("a resolver may itself use a client of another scheme, but not of its own", async () => {
  const backend = await startBackend(() => ({ number: 6 }));
  const registry = await startBackend(() => ({ text: backend.address }));
  @Injectable()
  @NameResolver("registry")
  class RegistryResolver implements Resolver {
    constructor(@InjectClient(Probe, "registry") private readonly registry: ProbeClient) {}
    resolve(): Observable<Resolution> {
      return from(this.registry.one({})).pipe(map(({ text }) => ({ endpoints: [toEndpoint(text)] })));
    }
  }
  const root = (target: string) =>
    moduleClass("App", {
      providers: [Caller],
      resolvers: [RegistryResolver],
      clients: [client(Probe, "registry:///probe"), client(Probe, target, { name: "registry" })],
    });
  const app = await createApp(root(`static:///${registry.address}`));
  assert.equal((await app.get(Caller).probe.one({})).number, 6);
  await app.close();
  const [circle] = await problemsOf(root("registry:///itself"));
  assert.match(circle!, /^CYCLIC_PROVIDERS .*RegistryResolver.* depend on each other in a circle in App\./);
  for (const each of [backend, registry]) await each.close();
});

/** Sends every call to the backend with the greatest port. */
@Injectable()
@BalancingPolicy("greatest_port", { aliases: ["gp"] })
class GreatestPort implements LoadBalancingPolicy {
  constructor(@Inject(TABLE) readonly table: unknown) {}
  createPicker(ready: readonly ReadyEndpoint[]): Picker {
    const port = ({ endpoint }: ReadyEndpoint) => Number((endpoint.addresses[0] as { port: number }).port);
    return [...ready].sort((a, b) => port(b) - port(a))[0]!.picker;
  }
}

/** The full tier: what another policy does, counted. */
@Injectable()
@BalancingPolicy("counted")
class Counted {
  created = 0;
  parseConfig(config: ConfigReader, policies: PolicyRegistry) {
    assert.ok(policies instanceof PolicyRegistry);
    return policies.choose(config.list("child"), config.at("child"));
  }
  createBalancer(helper: ChannelControlHelper): LoadBalancer<ReturnType<Counted["parseConfig"]>> {
    this.created += 1;
    const { factory } = helper.context.policies.choose([{ round_robin: {} }], "child");
    const child = factory.createBalancer(childHelper(helper, {}));
    return {
      update: ({ config, ...rest }) => child.update({ ...rest, config: config.config }),
      resolverError: (error) => child.resolverError(error),
      exitIdle: () => child.exitIdle(),
      resetBackoff: () => child.resetBackoff(),
      close: () => child.close(),
      describe: () => ({
        policy: "counted",
        state: "READY",
        children: [{ name: "child", ...child.describe() }],
      }),
    };
  }
}

test("a policy of the short tier spreads calls; it is a class with injection, known under all its names", async () => {
  const backends = [await startBackend(() => ({ number: 0 })), await startBackend(() => ({ number: 1 }))];
  const ports = backends.map(({ address }) => Number(address.split(":")[1]));
  const greatest = ports.indexOf(Math.max(...ports));
  for (const name of ["greatest_port", "gp"]) {
    const app = await createApp(
      tableModule(
        backends.map(({ address }) => address),
        {
          balancingPolicies: [GreatestPort],
          clients: [client(Probe, "table:///probe", { policy: { [name]: {} } })],
        },
      ),
    );
    const { probe } = app.get(Caller);
    await probe.one({});
    // The first call takes what is ready first.
    await until(
      () => app.inspect().channels[0]!.subchannels.every(({ state }) => state === "READY"),
      "all are ready",
    );
    for (let i = 0; i < 5; i++) assert.equal((await probe.one({})).number, greatest);
    await app.close();
  }
  for (const backend of backends) await backend.close();
});

test("a policy of the full tier reads its config and makes balancers", async () => {
  const backend = await startBackend(() => ({ number: 8 }));
  const root = (policy: object) =>
    tableModule([backend.address], {
      balancingPolicies: [Counted],
      clients: [client(Probe, "table:///probe", { policy: { counted: policy } })],
    });
  const app = await createApp(root({ child: [{ round_robin: {} }] }));
  assert.equal((await app.get(Caller).probe.one({})).number, 8);
  assert.equal(app.get(Counted).created, 1);
  assert.equal(app.inspect().channels[0]?.policy?.policy, "counted");
  await app.close();
  assert.deepEqual(
    (await problemsOf(root({ child: [{ round_robbin: {} }] }))).map((problem) => problem.split(":")[0]),
    ["UNKNOWN_POLICY client of grebe.test.Probe (App)"],
  );
  await backend.close();
});

test("what is no resolver or policy, and what is there twice, is told all at once", async () => {
  class Plain {
    resolve = () => NEVER;
    createPicker = () => ({ pick: () => ({ kind: "queue" as const }) });
  }
  @NameResolver("Consul")
  class Misnamed {
    resolve(): Observable<Resolution> {
      return NEVER;
    }
  }
  const Other = moduleClass("Other", {
    resolvers: [TableResolver],
    balancingPolicies: [Counted, Counted],
    providers: [{ provide: TABLE, useValue: new Map() }],
  });
  const root = moduleClass("App", {
    imports: [Other],
    providers: [{ provide: TABLE, useValue: new Map() }],
    resolvers: [Plain, undefined as never, {} as never, TableResolver, Misnamed],
    balancingPolicies: [Plain, {} as never],
  });
  assert.deepEqual(await problemsOf(root), [
    "NOT_A_RESOLVER resolvers[0] of App is Plain, a class without @NameResolver.\n" +
      'Put @NameResolver("scheme") on it.',
    "NOT_A_RESOLVER resolvers[1] of App is undefined.\n" +
      "Do the file that declares it and that of the module import each other in a circle?",
    "NOT_A_RESOLVER resolvers[2] of App is no resolver.\n" +
      "List a class with @NameResolver, or { scheme, resolver }.",
    'NOT_A_RESOLVER resolvers[4] of App is Misnamed, but "Consul" is no scheme: ' +
      'use lower-case letters, digits, "+", "-" and ".", and begin with a letter.',
    "NOT_A_POLICY balancingPolicies[0] of App is Plain, a class without @BalancingPolicy.\n" +
      'Put @BalancingPolicy("name") on it.',
    "NOT_A_POLICY balancingPolicies[1] of App is no policy.\n" +
      "List a class with @BalancingPolicy, or a LoadBalancerFactory.",
    'SCHEME_TWICE TableResolver (Other) and TableResolver (App) both resolve the scheme "table". Remove one of them.',
    'POLICY_TWICE Counted (Other) and Counted (Other) both are policies called "counted". Remove one of them.',
  ]);
});

test("what a resolver or policy lacks is told", async () => {
  const root = moduleClass("App", { resolvers: [TableResolver], balancingPolicies: [GreatestPort] });
  assert.deepEqual(
    (await problemsOf(root)).map((problem) => problem.split("\n")[1]),
    [
      "TableResolver (App) needs TABLE: parameter 1 (table)",
      "GreatestPort (App) needs TABLE: parameter 1 (table)",
    ],
  );
});
