/** What tests of resolvers and policies share: a clock, chance, subchannels and a channel that tests drive by hand. */

import type { AttemptOutcome, PickArgs, Picker, PickResult } from "../../lib/client/balancing/picker.js";
import type {
  BalancerUpdate,
  BalancingContext,
  ChannelControlHelper,
  ControlChannel,
  ControlChannelOptions,
  LoadBalancer,
  LoadBalancerFactory,
  PolicyDescription,
  WatchedName,
} from "../../lib/client/balancing/policy.js";
import { PolicyRegistry } from "../../lib/client/balancing/policy-registry.js";
import type { Connection } from "../../lib/client/connection/connection.js";
import type {
  StreamObserver,
  Subchannel,
  SubchannelListener,
  SubchannelStatus,
} from "../../lib/client/connection/subchannel.js";
import type { ConnectivityState } from "../../lib/client/connectivity.js";
import { type Address, type Endpoint, formatAddress } from "../../lib/client/naming/endpoint.js";
import type { NameWatchListener } from "../../lib/client/naming/name-watch.js";
import {
  type Clock,
  type Logger,
  Metadata,
  type MethodDescriptor,
  type Random,
  StatusError,
  silentLogger,
} from "../../lib/rpc/index.js";

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A clock that goes on only when it is told to. */
export class ManualClock implements Clock {
  #nowMs = 1_700_000_000_000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer; undefined if none waits. */
  get nextInMs(): number | undefined {
    const first = this.#first(Number.POSITIVE_INFINITY);
    return first === undefined ? undefined : first.atMs - this.#nowMs;
  }

  /** Goes on, and calls what falls due on the way, each at its own time. */
  advance(delayMs: number): void {
    const end = this.#nowMs + delayMs;
    for (let timer = this.#first(end); timer !== undefined; timer = this.#first(end)) {
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      this.#timers.delete(timer);
      timer.callback();
    }
    this.#nowMs = end;
  }

  #first(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= end && (first === undefined || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }
}

/** Chance that gives the listed numbers, over and over. */
export function cycle(...values: readonly number[]): Random {
  let next = 0;
  return () => values[next++ % values.length]!;
}

/** Chance with a seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A stream that a policy opened on a fake subchannel. */
export interface FakeStream {
  readonly method: MethodDescriptor;
  readonly request: unknown;
  readonly observer: StreamObserver<unknown>;
  cancelled: boolean;
}

/** A subchannel whose state and health the test sets. */
export class FakeSubchannel implements Subchannel {
  status: SubchannelStatus = { state: "IDLE" };
  health: SubchannelStatus = { state: "READY" };
  /** How often `connect()` was called while IDLE. */
  connects = 0;
  backoffResets = 0;
  released = false;
  readonly streams: FakeStream[] = [];
  readonly connection: Connection | undefined = undefined;
  readonly #listeners = new Set<SubchannelListener>();
  readonly #healthListeners = new Set<SubchannelListener>();

  constructor(readonly address: Address) {}

  get name(): string {
    return formatAddress(this.address);
  }

  connect(): void {
    if (this.released || this.status.state !== "IDLE") return;
    this.connects += 1;
    this.become("CONNECTING");
  }

  watch(listener: SubchannelListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  watchHealth(listener: SubchannelListener): () => void {
    this.#healthListeners.add(listener);
    listener(this.health);
    return () => void this.#healthListeners.delete(listener);
  }

  get watchesHealth(): boolean {
    return this.#healthListeners.size > 0;
  }

  openStream<Request, Response>(
    method: MethodDescriptor<Request, Response>,
    request: Request,
    observer: StreamObserver<Response>,
  ): () => void {
    const stream: FakeStream = {
      method: method as MethodDescriptor,
      request,
      observer: observer as StreamObserver<unknown>,
      cancelled: false,
    };
    this.streams.push(stream);
    return () => {
      stream.cancelled = true;
    };
  }

  resetBackoff(): void {
    this.backoffResets += 1;
  }

  release(): void {
    this.released = true;
    this.status = { state: "SHUTDOWN" };
    this.#listeners.clear();
    this.#healthListeners.clear();
  }

  /** The test says what has happened to the connection. */
  become(state: ConnectivityState, error = `${this.name} refused`): void {
    if (this.released) return;
    this.status =
      state === "TRANSIENT_FAILURE" ? { state, error: StatusError.unavailable(error) } : { state };
    for (const listener of [...this.#listeners]) listener(this.status);
  }

  becomeHealthy(health: SubchannelStatus): void {
    this.health = health;
    for (const listener of [...this.#healthListeners]) listener(health);
  }

  /** IDLE or CONNECTING to READY. */
  succeed(): void {
    if (this.status.state === "IDLE") this.connect();
    this.become("READY");
  }
}

/** What a policy published. */
export interface Publication {
  readonly state: ConnectivityState;
  readonly picker: Picker;
}

export interface FakeHelperOptions {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly policies?: Iterable<LoadBalancerFactory>;
  readonly ringSizeCap?: number;
  readonly endpoint?: string;
  readonly authority?: string;
  readonly logger?: Logger;
}

/** A channel that keeps what its policy does. */
export class FakeHelper implements ChannelControlHelper {
  readonly clock: ManualClock;
  readonly context: BalancingContext;
  /** Every subchannel that was ever made. */
  readonly subchannels: FakeSubchannel[] = [];
  readonly published: Publication[] = [];
  reresolutions = 0;

  constructor({
    clock = new ManualClock(),
    random = () => 0,
    policies = [],
    ringSizeCap = 4096,
    endpoint = "service",
    authority = "service",
    logger = silentLogger,
  }: FakeHelperOptions = {}) {
    this.clock = clock as ManualClock;
    this.context = {
      target: `fake:///${endpoint}`,
      endpoint,
      authority,
      clock,
      random,
      logger,
      policies: new PolicyRegistry(policies),
      ringSizeCap,
      createControlChannel: (target, options) => this.createControlChannel(target, options),
      watchName: (target, listener) => this.watchName(target, listener),
    };
  }

  /** Tests of policies that ask somebody override it. */
  createControlChannel(target: string, _options?: ControlChannelOptions): ControlChannel {
    throw new Error(`this test has no control channel to ${target}`);
  }

  /** Tests of policies that resolve a name of their own override it. */
  watchName(target: string, _listener: NameWatchListener): WatchedName {
    throw new Error(`this test does not resolve ${target}`);
  }

  createSubchannel(address: Address): Subchannel {
    const subchannel = new FakeSubchannel(address);
    this.subchannels.push(subchannel);
    return subchannel;
  }

  updateState(state: ConnectivityState, picker: Picker): void {
    this.published.push({ state, picker });
  }

  requestReresolution(): void {
    this.reresolutions += 1;
  }

  /** Those that are not released. */
  get alive(): readonly FakeSubchannel[] {
    return this.subchannels.filter(({ released }) => !released);
  }

  /** The living subchannel to an address, `host:port`. */
  at(address: string): FakeSubchannel {
    const found = this.alive.find(({ name }) => name === address);
    if (found === undefined)
      throw new Error(`no subchannel to ${address}; there are ${this.alive.map((s) => s.name)}`);
    return found;
  }

  get state(): ConnectivityState | undefined {
    return this.published.at(-1)?.state;
  }

  get states(): readonly ConnectivityState[] {
    return this.published.map(({ state }) => state);
  }

  /** Picks with the newest picker. */
  pick(args: Partial<PickArgs> = {}): PickResult {
    const picker = this.published.at(-1)?.picker;
    if (picker === undefined) throw new Error("nothing was published");
    return picker.pick({ path: "/service/Method", metadata: new Metadata(), ...args });
  }

  /** Picks, which must be complete, and says whereto. */
  pickAddress(args: Partial<PickArgs> = {}): string {
    const result = this.pick(args);
    if (result.kind !== "complete") throw new Error(`the pick is ${result.kind}, not complete`);
    return formatAddress(result.subchannel.address);
  }

  /** Picks and ends each call at once; how often each address was taken. */
  pickCounts(picks: number, outcome: AttemptOutcome = okOutcome): Record<string, number> {
    const counts: Record<string, number> = {};
    for (let i = 0; i < picks; i++) {
      const result = this.pick();
      if (result.kind !== "complete") throw new Error(`the pick is ${result.kind}, not complete`);
      result.onEnd?.(outcome);
      const name = formatAddress(result.subchannel.address);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  /** The status of a pick that fails or drops. */
  pickError(args: Partial<PickArgs> = {}): StatusError {
    const result = this.pick(args);
    if (result.kind !== "fail" && result.kind !== "drop")
      throw new Error(`the pick is ${result.kind}, no failure`);
    return result.status;
  }
}

export const okOutcome: AttemptOutcome = { started: true, code: 0, trailers: undefined, answered: true };
export const failedOutcome: AttemptOutcome = {
  started: true,
  code: 14,
  trailers: undefined,
  answered: false,
};

/** `"10.0.0.1:80"` as an address; `unix:/path` too. */
export function address(text: string): Address {
  if (text.startsWith("unix:")) return { path: text.slice(5) };
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(text.slice(colon + 1)) };
}

/** One endpoint of one address for each text, or with several addresses for a list. */
export function endpoints(...texts: readonly (string | readonly string[])[]): Endpoint[] {
  return texts.map((text) => ({ addresses: [text].flat().map(address) }));
}

export function update<Config>(
  list: readonly Endpoint[],
  config: Config,
  attributes: Readonly<Record<string, unknown>> = {},
): BalancerUpdate<Config> {
  return { endpoints: list, config, attributes };
}

/** A policy that keeps what its parent tells it, and publishes what the test says. */
export class StubBalancer implements LoadBalancer {
  readonly updates: BalancerUpdate[] = [];
  readonly errors: StatusError[] = [];
  exits = 0;
  backoffResets = 0;
  closed = false;
  accepts = true;

  constructor(
    readonly helper: ChannelControlHelper,
    readonly policy: string,
  ) {}

  update(received: BalancerUpdate): boolean {
    this.updates.push(received);
    return this.accepts;
  }
  resolverError(error: StatusError): void {
    this.errors.push(error);
  }
  exitIdle(): void {
    this.exits += 1;
  }
  resetBackoff(): void {
    this.backoffResets += 1;
  }
  close(): void {
    this.closed = true;
  }
  describe(): PolicyDescription {
    return { policy: this.policy, state: "IDLE" };
  }
  /** Publishes a picker whose picks fail with the given text, unless another is given. */
  publish(state: ConnectivityState, picker: Picker | string = `${this.policy} ${state}`): void {
    const made: Picker =
      typeof picker === "string"
        ? { pick: () => ({ kind: "fail", status: StatusError.unavailable(picker) }) }
        : picker;
    this.helper.updateState(state, made);
  }
}

/** A policy that makes {@link StubBalancer}s and keeps them. Its config is its JSON. */
export function stubPolicy(name: string): LoadBalancerFactory & { readonly made: StubBalancer[] } {
  const made: StubBalancer[] = [];
  return {
    name,
    made,
    parseConfig: (config) => config.fields,
    createBalancer: (helper) => {
      const balancer = new StubBalancer(helper, name);
      made.push(balancer);
      return balancer;
    },
  };
}
