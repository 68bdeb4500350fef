/**
 * A virtual connection to a name: it resolves the name, keeps connections to the backends that its policy wants, and
 * takes calls ({@link createClient}). Nothing is opened before the first call, or `connect()`; without calls for
 * `idleTimeoutMs` everything is closed until the next one. A channel is meant to be long-lived and shared.
 */
import { Observable, Subject } from "rxjs";
import { StatusError } from "../rpc/index.js";
import type { Picker } from "./balancing/picker.js";
import { failPicker, queuePicker } from "./balancing/picker.js";
import type { BalancingContext, PolicyDescription } from "./balancing/policy.js";
import type { Attempt, AttemptEvents } from "./call/attempt.js";
import { restrictControlPlaneStatus } from "./call/control-plane-status.js";
import { PickQueue } from "./call/pick-queue.js";
import { type AttemptHost, PickedAttempt } from "./call/picked-attempt.js";
import { ReplayBudget } from "./call/replay-budget.js";
import type { CallRequest } from "./call/request-headers.js";
import { RetryThrottle } from "./call/retry-throttle.js";
import { ChannelBalancer } from "./channel-balancer.js";
import { Idleness } from "./channel-idleness.js";
import type { ChannelOptions } from "./channel-options.js";
import { type ChannelPlan, findResolver, planChannel, planControlChannel } from "./channel-plan.js";
import { ConnectionGroup } from "./connection/connection-group.js";
import { HealthCheckedSubchannel } from "./connection/health-check.js";
import type { Subchannel } from "./connection/subchannel.js";
import { type SubchannelInspection, TransportSubchannel } from "./connection/transport-subchannel.js";
import type { ConnectivityState } from "./connectivity.js";
import { controlChannel } from "./control-channel.js";
import type { Address } from "./naming/endpoint.js";
import { NameWatch } from "./naming/name-watch.js";
import type { ServiceConfig } from "./service-config/service-config.js";

/** What `app.inspect()` shows of a channel. */
export interface ChannelInspection {
  readonly target: string;
  readonly state: ConnectivityState;
  /** Calls under way, and those of them that wait for a connection. */
  readonly calls: number;
  readonly waiting: number;
  readonly resolver: ReturnType<NameWatch["describe"]>;
  /** Undefined while the name was not resolved yet, or the channel is idle. */
  readonly policy: PolicyDescription | undefined;
  readonly subchannels: readonly SubchannelInspection[];
  readonly lastError?: string;
}

/** A call of the layer above, as the channel sees it. */
export interface ChannelCall {
  readonly waitForReady: boolean | undefined;
  /** The config is known; the call starts. */
  begin(config: ServiceConfig): void;
  /** There is none, and the call does not wait for it. */
  refuse(status: StatusError): void;
  /** Ends it: the channel is closed. */
  cut(status: StatusError): void;
}

/** Makes a channel; opens nothing yet. Throws an Error that says what is wrong with the target or the options. */
export function createChannel(target: string, options: ChannelOptions = {}): Channel {
  return new Channel(planChannel(target, options));
}

export class Channel {
  readonly target: string;
  readonly plan: ChannelPlan;
  readonly replayBudget: ReplayBudget;
  readonly #attempts: AttemptHost;
  readonly #picks: PickQueue;
  readonly #watch: NameWatch;
  readonly #context: BalancingContext;
  readonly #states = new Subject<ConnectivityState>();
  readonly #subchannels = new Set<TransportSubchannel>();
  readonly #calls = new Set<ChannelCall>();
  readonly #unconfigured = new Set<ChannelCall>();
  #state: ConnectivityState = "IDLE";
  #balancer: ChannelBalancer | undefined;
  #config: ServiceConfig | undefined;
  #throttle: RetryThrottle | undefined;
  #failure: StatusError | undefined;
  #lastError: StatusError | undefined;
  readonly #idleness: Idleness;
  readonly #pings: { timeMs: number };
  #closed = false;

  /** Use {@link createChannel}. */
  constructor(plan: ChannelPlan) {
    this.plan = plan;
    this.target = plan.target.text;
    this.replayBudget = new ReplayBudget(plan.retry.maxBytes);
    this.#picks = new PickQueue((error) => {
      plan.logger.error({ target: this.target, error }, "the policy could not pick: its picker threw");
    });
    this.#attempts = { ...plan, picks: this.#picks };
    this.#pings = { timeMs: plan.transport.keepalive?.timeMs ?? 0 };
    this.#idleness = new Idleness({
      clock: plan.clock,
      timeoutMs: plan.idleTimeoutMs,
      isBusy: () => this.#calls.size > 0,
      onIdle: () => this.#becomeIdle(),
    });
    this.#context = {
      ...plan,
      target: this.target,
      endpoint: plan.target.endpoint,
      createControlChannel: (text, options) => {
        const channel = new Channel(planControlChannel(plan, text, options));
        if (options?.eager === true) channel.connect();
        return controlChannel(channel);
      },
      watchName: (text, listener) => {
        const { target, resolver } = findResolver(text, plan.resolvers);
        const watch = new NameWatch(resolver, target, plan, listener);
        watch.start();
        return watch;
      },
    };
    this.#watch = new NameWatch(plan.resolver, plan.target, plan, {
      onResolution: (resolution) => this.#balancer?.resolved(resolution) ?? true,
      onError: (status) => {
        this.#lastError = status;
        this.#balancer?.resolverError(status);
      },
    });
  }

  get state(): ConnectivityState {
    return this.#state;
  }

  /** The state now, and each change of it; ends when the channel is closed. */
  get connectivity(): Observable<ConnectivityState> {
    return new Observable((subscriber) => {
      // Whoever hears of the state may change it, and then hears of that too.
      if (!this.#closed) subscriber.add(this.#states.subscribe(subscriber));
      subscriber.next(this.#state);
      if (this.#closed) subscriber.complete();
    });
  }

  /** Connects without waiting for a call. */
  connect(): void {
    if (this.#closed) return;
    this.#start();
    this.#balancer?.exitIdle();
  }

  /** Ends all waits between connection attempts. */
  resetBackoff(): void {
    this.#balancer?.resetBackoff();
  }

  #start(): void {
    if (this.#balancer !== undefined) return;
    this.#balancer = new ChannelBalancer({
      context: this.#context,
      logger: this.plan.logger,
      defaultConfig: this.plan.config,
      ignoreResolvedConfig: this.plan.ignoreResolvedConfig,
      createSubchannel: (address, config) => this.#createSubchannel(address, config),
      requestReresolution: () => this.#watch.refresh(),
      onState: (state, picker) => this.#publish(state, picker),
      onConfig: (config, status) => this.#onConfig(config, status),
    });
    this.#watch.start();
    this.#idleness.start();
    // Last, for whoever hears of it may close the channel.
    this.#publish("CONNECTING", queuePicker);
  }

  #createSubchannel(address: Address, { healthServiceName }: ServiceConfig): Subchannel {
    const { plan } = this;
    const members = Array.from({ length: plan.connections }, () => {
      const member = new TransportSubchannel(address, {
        ...plan,
        target: this.target,
        pings: this.#pings,
        onRelease: (released) => void this.#subchannels.delete(released),
      });
      this.#subchannels.add(member);
      return member;
    });
    const subchannel = members.length === 1 ? members[0]! : new ConnectionGroup(members);
    return healthServiceName === undefined || !plan.healthCheck
      ? subchannel
      : new HealthCheckedSubchannel(subchannel, { ...plan, service: healthServiceName });
  }

  #publish(state: ConnectivityState, picker: Picker): void {
    const from = this.#state;
    this.#state = state;
    this.#picks.publish(picker);
    if (from === state) return;
    this.plan.logger.info({ target: this.target, from, to: state }, `channel ${state}`);
    this.#states.next(state);
  }

  #onConfig(config: ServiceConfig | undefined, status: StatusError | undefined): void {
    this.#failure = config === undefined ? status && restrictControlPlaneStatus(status) : undefined;
    if (status !== undefined) this.#lastError = status;
    if (config !== undefined && config !== this.#config) {
      this.#config = config;
      this.#configureThrottle(config);
    }
    for (const call of [...this.#unconfigured]) {
      // One that ends may end others.
      if (this.#unconfigured.has(call)) this.#configure(call);
    }
  }

  #configureThrottle({ retryThrottling }: ServiceConfig): void {
    if (retryThrottling === undefined) this.#throttle = undefined;
    else if (this.#throttle === undefined) this.#throttle = new RetryThrottle(retryThrottling);
    else this.#throttle.configure(retryThrottling);
  }

  /** Begins a call when it is known by which config. */
  #configure(call: ChannelCall): void {
    if (this.#config !== undefined) {
      this.#unconfigured.delete(call);
      call.begin(this.#config);
    } else if (this.#failure !== undefined && call.waitForReady !== true) {
      this.#unconfigured.delete(call);
      call.refuse(this.#failure);
    } else this.#unconfigured.add(call);
  }

  /** The budget that the retries of all calls share, if the service config has one. */
  get throttle(): RetryThrottle | undefined {
    return this.#throttle;
  }

  /** Why calls that wait for ready have no connection. */
  get waitingFor(): StatusError | undefined {
    return this.#config === undefined ? this.#failure : this.#picks.lastFailure;
  }

  /** Takes a call; `begin` or `refuse` follows, at once or when the name is resolved. Give it back with `remove`. */
  add(call: ChannelCall): void {
    if (this.#closed) {
      call.refuse(closedError(this.target));
      return;
    }
    this.#calls.add(call);
    this.#start();
    this.#configure(call);
  }

  remove(call: ChannelCall): void {
    this.#calls.delete(call);
    this.#unconfigured.delete(call);
    this.#idleness.touch();
  }

  startAttempt(request: CallRequest, events: AttemptEvents, previousAttempts: number): Attempt {
    return new PickedAttempt(this.#attempts, request, events, previousAttempts);
  }

  #becomeIdle(): void {
    this.#stop();
    this.#publish("IDLE", queuePicker);
  }

  #stop(): void {
    this.#idleness.stop();
    this.#watch.stop();
    this.#balancer?.close();
    this.#balancer = undefined;
  }

  inspect(): ChannelInspection {
    const lastError = this.#lastError;
    return {
      target: this.target,
      state: this.#state,
      calls: this.#calls.size,
      waiting: this.#picks.length + this.#unconfigured.size,
      resolver: this.#watch.describe(),
      policy: this.#balancer?.describe(),
      subchannels: [...this.#subchannels].map((subchannel) => subchannel.inspect()),
      ...(lastError !== undefined && { lastError: lastError.text }),
    };
  }

  /** Ends all calls with CANCELLED and closes the connections. May be called again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    // First: whoever hears that his call has ended may make another.
    this.#closed = true;
    const reason = closedError(this.target);
    for (const call of [...this.#calls]) call.cut(reason);
    this.#stop();
    this.#publish("SHUTDOWN", failPicker(reason));
    this.#states.complete();
  }
}

function closedError(target: string): StatusError {
  return StatusError.cancelled(`the channel to ${target} is closed`);
}
