/** Policies of both tiers, and resolvers, that users write and hand to a channel. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Observable, of } from "rxjs";
import {
  aggregateStates,
  type BalancerUpdate,
  type ChannelControlHelper,
  childHelper,
  failPicker,
  GracefulSwitch,
  type LoadBalancer,
  type LoadBalancerFactory,
  type LoadBalancingPolicy,
  type PolicyDescription,
  parseAddress,
  queuePicker,
  type ReadyEndpoint,
  type Resolution,
  type Resolver,
  type ResolverContext,
  type ResolverDefinition,
  type Subchannel,
  shortPolicy,
  subchannelPicker,
  type Target,
} from "../../../lib/client/index.js";
import { StatusCode, StatusError } from "../../../lib/rpc/index.js";
import { checkAtEnd, until } from "../../server/support.js";
import { ManualClock } from "../doubles.js";
import { callerOf, closeAtEnd, failureOf } from "../support.js";
import { addressesOf, type Backend, countsOf, namedCaller, startBackends, untilReady } from "./support.js";

closeAtEnd();
checkAtEnd();

/** The short tier: calls go to endpoints of one zone, if there is one that is ready. */
class NearestZone implements LoadBalancingPolicy {
  createPicker(ready: readonly ReadyEndpoint[], { zone }: { readonly zone?: string }) {
    const near = ready.filter(({ endpoint }) => endpoint.zone === zone);
    const chosen = near.length > 0 ? near : ready;
    let next = 0;
    return {
      pick: (args: Parameters<ReadyEndpoint["picker"]["pick"]>[0]) =>
        chosen[next++ % chosen.length]!.picker.pick(args),
    };
  }
}

const zoned = (backends: readonly Backend[], zones: readonly string[]) =>
  backends.map(({ address }, i) => ({ addresses: [parseAddress(address)], zone: zones[i]! }));

test("the short tier: chooses among ready endpoints by what the resolver says of them", async () => {
  const backends = await startBackends(3);
  const caller = namedCaller(zoned(backends, ["west", "east", "east"]), {
    policies: [shortPolicy("nearest_zone", new NearestZone())],
    policy: { nearest_zone: { zone: "east" } },
  });
  const { client, names } = caller;
  await client.one({});
  await untilReady(caller, 3);
  assert.deepEqual(await countsOf(backends, client, 4), [0, 2, 2]);
  names.set(zoned(backends, ["east", "west", "west"]));
  assert.deepEqual(await countsOf(backends, client, 4), [4, 0, 0]);
  await backends[0]!.stop();
  await untilReady(caller, 2);
  assert.deepEqual(await countsOf(backends, client, 4), [0, 2, 2], "others are better than none");
});

test("the short tier: its config may come from the resolver, and be changed by it", async () => {
  const backends = await startBackends(2);
  const caller = namedCaller(undefined, {
    policies: [shortPolicy("nearest_zone", new NearestZone())],
  });
  const say = (zone: string) =>
    caller.names.set({
      endpoints: zoned(backends, ["west", "east"]),
      serviceConfig: { loadBalancingConfig: [{ nearest_zone: { zone } }] },
    });
  say("west");
  await caller.client.one({});
  await untilReady(caller, 2);
  assert.deepEqual(await countsOf(backends, caller.client, 3), [3, 0]);
  say("east");
  assert.deepEqual(await countsOf(backends, caller.client, 3), [0, 3]);
  assert.deepEqual(
    backends.map(({ connections }) => connections),
    [1, 1],
  );
});

/** The full tier: calls go to the last of the list that is there. */
class LastOne implements LoadBalancer {
  readonly #helper: ChannelControlHelper;
  #subchannels: Subchannel[] = [];

  constructor(helper: ChannelControlHelper) {
    this.#helper = helper;
  }

  update({ endpoints }: BalancerUpdate): boolean {
    const old = this.#subchannels;
    this.#subchannels = endpoints.map(({ addresses }) => {
      const subchannel = this.#helper.createSubchannel(addresses[0]!);
      subchannel.watch(({ state }) => {
        if (state === "IDLE") subchannel.connect();
        this.#publish();
      });
      return subchannel;
    });
    for (const subchannel of this.#subchannels) subchannel.connect();
    for (const subchannel of old) subchannel.release();
    this.#publish();
    return endpoints.length > 0;
  }

  #publish(): void {
    const last = this.#subchannels.findLast(({ status }) => status.state === "READY");
    const state = aggregateStates(this.#subchannels.map(({ status }) => status.state));
    if (last !== undefined) this.#helper.updateState("READY", subchannelPicker(last));
    else if (state !== "TRANSIENT_FAILURE") this.#helper.updateState(state, queuePicker);
    else this.#helper.updateState(state, failPicker(StatusError.unavailable("nobody is there")));
  }

  resolverError(error: StatusError): void {
    if (this.#subchannels.length === 0) this.#helper.updateState("TRANSIENT_FAILURE", failPicker(error));
  }
  exitIdle(): void {
    for (const subchannel of this.#subchannels) subchannel.connect();
  }
  resetBackoff(): void {
    for (const subchannel of this.#subchannels) subchannel.resetBackoff();
  }
  close(): void {
    for (const subchannel of this.#subchannels) subchannel.release();
  }
  describe(): PolicyDescription {
    return { policy: "last_one", state: "READY" };
  }
}

const lastOne: LoadBalancerFactory = {
  name: "last_one",
  parseConfig: () => ({}),
  createBalancer: (helper) => new LastOne(helper),
};

test("the full tier: owns its connections, and hears of everything", async () => {
  const backends = await startBackends(3);
  const caller = namedCaller(backends, { policies: [lastOne], policy: { last_one: {} } });
  const { channel, client, names } = caller;
  await client.one({});
  await untilReady(caller, 3);
  assert.deepEqual(await countsOf(backends, client, 3), [0, 0, 3]);
  await backends[2]!.stop();
  await untilReady(caller, 2);
  assert.deepEqual(await countsOf(backends, client, 3), [0, 3, 0]);
  names.set(addressesOf(backends.slice(0, 1)));
  await untilReady(caller, 1);
  assert.deepEqual(await countsOf(backends, client, 3), [3, 0, 0]);
  await backends[0]!.stop();
  await until(() => channel.state === "TRANSIENT_FAILURE", "it notices");
  assert.match((await failureOf(client.one({}))).text, /nobody is there/);
  await channel.close();
  assert.deepEqual(channel.inspect().subchannels, []);
});

test("the full tier: a policy around another, which it finds by its config", async () => {
  const backends = await startBackends(2);
  const ends: StatusCode[] = [];
  const counting: LoadBalancerFactory = {
    name: "counting",
    parseConfig: (config, policies) => policies.choose(config.list("childPolicy"), config.at("childPolicy")),
    createBalancer: (helper) => {
      const child = new GracefulSwitch(
        childHelper(helper, {
          updateState: (state, picker) =>
            helper.updateState(state, {
              pick: (args) => {
                const result = picker.pick(args);
                if (result.kind !== "complete") return result;
                return {
                  ...result,
                  headers: { ...result.headers, "x-path": args.path },
                  onEnd: (outcome) => {
                    ends.push(outcome.code);
                    result.onEnd?.(outcome);
                  },
                };
              },
            }),
        }),
      );
      return {
        update: ({ config, ...rest }) =>
          child.update(config as Parameters<GracefulSwitch["update"]>[0], rest),
        resolverError: (error) => child.resolverError(error),
        exitIdle: () => child.exitIdle(),
        resetBackoff: () => child.resetBackoff(),
        close: () => child.close(),
        describe: () => ({ ...child.describe(), policy: "counting" }),
      };
    },
  };
  const policy = { counting: { childPolicy: [{ round_robin: {} }] } };
  const caller = namedCaller(backends, { policies: [counting], policy });
  await caller.client.one({});
  await untilReady(caller, 2);
  await countsOf(backends, caller.client, 3);
  await until(() => ends.length === 4, "each call is counted once");
  assert.deepEqual(ends, [0, 0, 0, 0]);
  assert.equal(backends[0]!.requests[0]!["x-path"], "/grebe.test.Probe/One");
  assert.throws(
    () =>
      callerOf("127.0.0.1:1", { policies: [counting], policy: { counting: { childPolicy: [{ x: {} }] } } }),
    /counting\.childPolicy.*no supported policies/,
  );
});

/** A registry that is asked: each answer is whole, and ends. */
class Registry implements Resolver {
  readonly asked: string[] = [];
  list: readonly string[] = [];
  failure: Error | undefined;

  resolve(target: Target, { logger }: ResolverContext): Observable<Resolution> {
    this.asked.push(target.endpoint);
    logger.debug({ endpoint: target.endpoint }, "asked");
    if (this.failure !== undefined) throw this.failure;
    return of({ endpoints: this.list.map((text) => ({ addresses: [parseAddress(text)] })) });
  }
  authority({ endpoint }: Target): string {
    return `${endpoint}.example`;
  }
  check({ endpoint }: Target): void {
    if (endpoint === "") throw new Error("a name is missing");
  }
}

test("a resolver that is asked: at first, when a connection is lost, not more often than allowed, with back-off", async () => {
  const backends = await startBackends(2);
  const registry = new Registry();
  const clock = new ManualClock();
  const definition: ResolverDefinition = {
    scheme: "registry",
    resolver: registry,
    options: { minIntervalMs: 1000, backoff: { initialMs: 100, maxMs: 100 } },
  };
  const options = { resolvers: [definition], clock, random: () => 0.5 };
  const forever = { deadlineMs: Number.POSITIVE_INFINITY };
  assert.throws(() => callerOf("registry:///", options), /a name is missing/);
  registry.list = addressesOf(backends.slice(0, 1));
  const { channel, client } = callerOf("registry:///orders", options);
  await client.one({}, forever);
  assert.equal(backends[0]!.requests[0]![":authority"], "orders.example");
  assert.deepEqual(registry.asked, ["orders"]);
  registry.list = addressesOf(backends.slice(1));
  await backends[0]!.stop();
  await until(() => channel.state !== "READY", "it is lost");
  const waiting = client.one({}, { ...forever, waitForReady: true });
  assert.equal(registry.asked.length, 1, "not so soon");
  registry.failure = new Error("the registry restarts");
  clock.advance(1000);
  assert.equal(registry.asked.length, 2);
  registry.failure = undefined;
  clock.advance(100);
  await waiting;
  assert.equal(registry.asked.length, 3);
  assert.equal(backends[1]!.calls, 1);
});

test("a resolver that watches: subscribed with the first call, unsubscribed when idle and when closed", async () => {
  const [backend] = (await startBackends(1)) as [Backend];
  const clock = new ManualClock();
  let watchers = 0;
  const resolver: Resolver = {
    resolve: () =>
      new Observable((subscriber) => {
        watchers += 1;
        subscriber.next({ endpoints: [{ addresses: [parseAddress(backend.address)] }] });
        return () => {
          watchers -= 1;
        };
      }),
  };
  const forever = { deadlineMs: Number.POSITIVE_INFINITY };
  const { channel, client } = callerOf("watched:///orders", {
    resolvers: [{ scheme: "watched", resolver }],
    clock,
    idleTimeoutMs: 1000,
  });
  assert.equal(watchers, 0);
  await client.one({}, forever);
  assert.equal(watchers, 1);
  clock.advance(1000);
  assert.equal(watchers, 0);
  await client.one({}, forever);
  assert.equal(watchers, 1);
  await channel.close();
  assert.equal(watchers, 0);
});

test("two channels of one process: the same scheme and the same policy name, and nothing in common", async () => {
  const backends = await startBackends(2);
  const callers = backends.map((backend, i) => {
    const named: LoadBalancingPolicy = { createPicker: (ready) => ready[0]!.picker };
    const resolver: Resolver = {
      resolve: () => of({ endpoints: [{ addresses: [parseAddress(backend.address)] }] }),
    };
    return callerOf("same:///name", {
      resolvers: [{ scheme: "same", resolver }],
      policies: i === 0 ? [shortPolicy("same", named)] : [{ ...lastOne, name: "same" }],
      policy: { same: {} },
    });
  });
  for (const { client } of callers) for (let i = 0; i < 3; i++) await client.one({});
  assert.deepEqual(
    backends.map(({ calls }) => calls),
    [3, 3],
  );
});

test("a policy may refuse a list: the name is asked again with back-off, until it takes one", async () => {
  const backends = await startBackends(1);
  const registry = new Registry();
  const clock = new ManualClock();
  const { client } = callerOf("registry:///orders", {
    resolvers: [
      { scheme: "registry", resolver: registry, options: { backoff: { initialMs: 100, maxMs: 100 } } },
    ],
    policies: [lastOne],
    policy: { last_one: {} },
    clock,
    random: () => 0.5,
  });
  const waiting = client.one({}, { waitForReady: true, deadlineMs: Number.POSITIVE_INFINITY });
  await until(() => registry.asked.length === 1, "it is asked");
  registry.list = addressesOf(backends);
  clock.advance(99);
  assert.equal(registry.asked.length, 1);
  clock.advance(1);
  await waiting;
  assert.equal(registry.asked.length, 2);
});
