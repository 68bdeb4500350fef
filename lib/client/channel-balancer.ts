import { type Logger, StatusError } from "../rpc/index.js";
import { GracefulSwitch } from "./balancing/graceful-switch.js";
import { failPicker, type Picker } from "./balancing/picker.js";
import type { BalancingContext, ChannelControlHelper, PolicyDescription } from "./balancing/policy.js";
import type { Subchannel } from "./connection/subchannel.js";
import type { ConnectivityState } from "./connectivity.js";
import type { Address } from "./naming/endpoint.js";
import type { Resolution } from "./naming/resolver.js";
import { ConfigError } from "./service-config/config-reader.js";
import { parseServiceConfig } from "./service-config/parse-service-config.js";
import type { ServiceConfig } from "./service-config/service-config.js";

/** What the channel gives its balancer. */
export interface BalancerHost {
  readonly context: BalancingContext;
  readonly logger: Logger;
  /** Applies while the resolver gives none. */
  readonly defaultConfig: ServiceConfig;
  readonly ignoreResolvedConfig: boolean;
  createSubchannel(address: Address, config: ServiceConfig): Subchannel;
  requestReresolution(): void;
  onState(state: ConnectivityState, picker: Picker): void;
  /** Calls may go by this config from now on; `status` if there is none to go by. */
  onConfig(config: ServiceConfig | undefined, status: StatusError | undefined): void;
}

/**
 * Between the resolver and the policy: decides which service config is in force, and hands lists on to the policy that
 * it names.
 */
export class ChannelBalancer {
  readonly #host: BalancerHost;
  readonly #helper: ChannelControlHelper;
  #switch: GracefulSwitch;
  /** What is in force. */
  #config: ServiceConfig | undefined;
  #exitIdleWanted = false;
  /** The last one of the resolver that was right, as it came. */
  #lastGood: { readonly json: string; readonly config: ServiceConfig } | undefined;
  #rejected: string | undefined;
  #closed = false;

  constructor(host: BalancerHost) {
    this.#host = host;
    const helper: ChannelControlHelper = {
      context: host.context,
      createSubchannel: (address) => host.createSubchannel(address, this.#config ?? host.defaultConfig),
      updateState: (state, picker) => {
        if (!this.#closed) host.onState(state, picker);
      },
      requestReresolution: () => {
        if (!this.#closed) host.requestReresolution();
      },
    };
    this.#helper = helper;
    this.#switch = new GracefulSwitch(helper);
  }

  /** False if the result cannot be used as it is: the name is then resolved again, with back-off. */
  resolved({ endpoints, serviceConfig, attributes = {} }: Resolution): boolean {
    const read = this.#readConfig(serviceConfig);
    if (read.config === undefined) {
      // A21: there never was a valid one.
      const status = StatusError.unavailable(`error parsing service config: ${read.problem}`);
      this.#host.onConfig(undefined, status);
      this.#host.onState("TRANSIENT_FAILURE", failPicker(status));
      return false;
    }
    const { config, problem } = read;
    this.#config = config;
    this.#host.onConfig(config, undefined);
    const accepted = this.#guard(() => {
      const taken = this.#switch.update(config.policy, { endpoints, attributes });
      if (this.#exitIdleWanted) this.#switch.exitIdle();
      this.#exitIdleWanted = false;
      return taken;
    });
    return accepted && problem === undefined;
  }

  /** A policy that throws is in no known state: calls fail, and the next list is for a new one. */
  #guard(run: () => boolean): boolean {
    try {
      return run();
    } catch (error) {
      const { logger, context } = this.#host;
      const text = `the policy has thrown: ${error instanceof Error ? error.message : String(error)}`;
      logger.error({ target: context.target, error }, text);
      this.#switch.close();
      if (this.#closed) return false;
      this.#switch = new GracefulSwitch(this.#helper);
      this.#host.onState("TRANSIENT_FAILURE", failPicker(StatusError.internal(text, { cause: error })));
      return false;
    }
  }

  /** A21: a config that is wrong leaves the last valid one in force, with the new addresses. */
  #readConfig(json: unknown): { readonly config: ServiceConfig | undefined; readonly problem?: string } {
    const { ignoreResolvedConfig, defaultConfig, context, logger } = this.#host;
    if (json === undefined || json === null || ignoreResolvedConfig) return { config: defaultConfig };
    try {
      if (json instanceof Error) throw new ConfigError("resolver", json.message);
      const text = typeof json === "string" ? json : JSON.stringify(json);
      if (text === this.#lastGood?.json) return { config: this.#lastGood.config };
      const config = parseServiceConfig(json, context.policies);
      this.#lastGood = { json: text, config };
      this.#rejected = undefined;
      return { config };
    } catch (error) {
      // Of a user's policy it may be anything.
      const problem = error instanceof Error ? error.message : String(error);
      if (this.#rejected !== problem) {
        this.#rejected = problem;
        logger.warn(
          { target: context.target, problem, kept: this.#config !== undefined },
          "the resolver gave a service config that cannot be used",
        );
      }
      return { config: this.#config, problem };
    }
  }

  resolverError(status: StatusError): void {
    if (this.#config === undefined) {
      // Calls go by the channel's own config, as long as the resolver has not given any.
      this.#host.onConfig(this.#host.defaultConfig, status);
      this.#host.onState("TRANSIENT_FAILURE", failPicker(status));
    } else {
      this.#guard(() => {
        this.#switch.resolverError(status);
        return true;
      });
    }
  }

  /** Without a policy yet, as soon as there is one. */
  exitIdle(): void {
    if (this.#config === undefined) this.#exitIdleWanted = true;
    else this.#switch.exitIdle();
  }

  resetBackoff(): void {
    this.#switch.resetBackoff();
  }

  close(): void {
    this.#closed = true;
    this.#switch.close();
  }

  describe(): PolicyDescription | undefined {
    return this.#config === undefined ? undefined : this.#switch.describe();
  }
}
