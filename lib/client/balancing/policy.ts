/**
 * How calls are spread. A policy comes in two tiers:
 *
 * - {@link LoadBalancingPolicy}, the short one: picks among the endpoints that are ready. Grebe keeps a connection to
 *   each endpoint, mends lost ones, and asks for a new {@link Picker} whenever the set of ready endpoints changes.
 * - {@link LoadBalancerFactory}, the full one, in the words of gRPC: its {@link LoadBalancer} gets every update of the
 *   resolver, owns its subchannels and publishes state and picker through its {@link ChannelControlHelper}.
 *
 * Everything happens on one thread, and `updateState` runs the waiting calls through the new picker at once: publish
 * last, never in the middle of a loop over children.
 */
import type { Observable } from "rxjs";
import type { Clock, Logger, Random, StatusError } from "../../rpc/index.js";
import type { ServiceMethods, ServiceType } from "../../schema/index.js";
import type { KeepaliveOptions } from "../channel-options.js";
import type { Client } from "../client.js";
import type { Subchannel } from "../connection/subchannel.js";
import type { ConnectivityState } from "../connectivity.js";
import type { Address, Endpoint } from "../naming/endpoint.js";
import type { NameWatch, NameWatchListener } from "../naming/name-watch.js";
import type { ResolverDefinition } from "../naming/resolver.js";
import type { ConfigReader } from "../service-config/config-reader.js";
import type { Picker } from "./picker.js";
import type { PolicyRegistry } from "./policy-registry.js";

/** What the resolver knows, and what this policy is told to do with it. */
export interface BalancerUpdate<Config = unknown> {
  readonly endpoints: readonly Endpoint[];
  readonly config: Config;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** One living policy of one channel. No method is called after `close`. */
export interface LoadBalancer<Config = unknown> {
  /** Takes a new list or config. False if it cannot be used: the name is then resolved again, with back-off. */
  update(update: BalancerUpdate<Config>): boolean;
  /** The resolver has failed. What is known goes on being used; with nothing known, calls fail with this. */
  resolverError(error: StatusError): void;
  /** Connects what is IDLE. */
  exitIdle(): void;
  /** Ends the waits of connections that failed. */
  resetBackoff(): void;
  /** Releases all subchannels and timers, and publishes nothing any more. */
  close(): void;
  /** For `app.inspect()`. */
  describe(): PolicyDescription;
}

/** A policy and what is below it, as `app.inspect()` shows it. */
export interface PolicyDescription {
  readonly policy: string;
  readonly state: ConnectivityState;
  /** Names of children are the policy's own: targets, priorities, endpoints. */
  readonly children?: readonly ({ readonly name: string } & PolicyDescription)[];
  /** What is particular to the policy: weights, ejections, the size of a ring. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** What a policy has of its channel. */
export interface ChannelControlHelper {
  readonly context: BalancingContext;
  createSubchannel(address: Address): Subchannel;
  /** Publishes; calls that wait are picked for anew. */
  updateState(state: ConnectivityState, picker: Picker): void;
  /** Asks the resolver for a fresh list; a hint. */
  requestReresolution(): void;
}

export interface BalancingContext {
  /** What the channel was made for. */
  readonly target: string;
  /** What the target names, as it is written there: `svc/orders` of `etcd:///svc/orders`, host and port of a host. */
  readonly endpoint: string;
  /** The channel's `:authority`. */
  readonly authority: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Finds the policies of children. */
  readonly policies: PolicyRegistry;
  /** Largest ring of `ring_hash` (`grpc.lb.ring_hash.ring_size_cap`). */
  readonly ringSizeCap: number;
  /**
   * Opens a channel of the policy's own, to a server that tells it where calls go. It has the resolvers, policies, TLS and
   * logger of the policy's channel. Throws an Error for a target or a config that cannot be used.
   */
  createControlChannel(target: string, options?: ControlChannelOptions): ControlChannel;
  /**
   * Resolves a name of the policy's own, with the channel's resolvers, until it is stopped. The listener is not called
   * before this returns. Throws an Error for a target that cannot be resolved.
   */
  watchName(target: string, listener: NameWatchListener): WatchedName;
}

/** A name that a policy resolves by itself. */
export type WatchedName = Pick<NameWatch, "refresh" | "stop">;

export interface ControlChannelOptions {
  /** Default: the plain `pick_first`. */
  readonly serviceConfig?: unknown;
  /** Whether a service config that its resolver gives counts for nothing. Default: true. */
  readonly ignoreResolvedConfig?: boolean;
  /** Connects at once, not with the first call. Default: false. */
  readonly eager?: boolean;
  /** `:authority`. Default: that of its target. */
  readonly authority?: string;
  /** Whether its calls carry what proves who calls over the policy's channel. Default: false. */
  readonly callCredentials?: boolean;
  /** Beside those of the policy's channel; the same scheme replaces. */
  readonly resolvers?: readonly ResolverDefinition[];
  /** Default: as the policy's channel. */
  readonly keepalive?: Required<KeepaliveOptions>;
}

/** A channel that a policy asks over; its state never becomes that of the policy's channel. */
export interface ControlChannel {
  readonly connectivity: Observable<ConnectivityState>;
  /** Calls over it inherit nothing. */
  client<M extends ServiceMethods>(service: ServiceType<M>): Client<ServiceType<M>>;
  close(): void;
}

/** A kind of policy: its name, its config, and how one is made. */
export interface LoadBalancerFactory<Config = unknown> {
  /** As service configs name it: `round_robin`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Throws a {@link ConfigError} for what the policy cannot be configured with. */
  parseConfig(config: ConfigReader, policies: PolicyRegistry): Config;
  createBalancer(helper: ChannelControlHelper): LoadBalancer<Config>;
}

/** An endpoint that can take calls. The object stays the same for as long as the endpoint is in the list. */
export interface ReadyEndpoint {
  readonly endpoint: Endpoint;
  /** Sends a call there. */
  readonly picker: Picker;
}

/** The short tier: only the choice among ready endpoints. */
export interface LoadBalancingPolicy {
  /** Called whenever the ready endpoints change; there is at least one. `config` is the policy's JSON. */
  createPicker(ready: readonly ReadyEndpoint[], config: Readonly<Record<string, unknown>>): Picker;
}

/** A helper that differs from its parent's in some things. */
export function childHelper(
  parent: ChannelControlHelper,
  overrides: Partial<ChannelControlHelper>,
): ChannelControlHelper {
  return {
    context: overrides.context ?? parent.context,
    createSubchannel: overrides.createSubchannel ?? ((address) => parent.createSubchannel(address)),
    updateState: overrides.updateState ?? ((state, picker) => parent.updateState(state, picker)),
    requestReresolution: overrides.requestReresolution ?? (() => parent.requestReresolution()),
  };
}
