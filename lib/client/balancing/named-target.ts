import { StatusError } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import type { Resolution } from "../naming/resolver.js";
import { ConfigError } from "../service-config/config-reader.js";
import { GracefulSwitch } from "./graceful-switch.js";
import { failPicker, type Picker, queuePicker } from "./picker.js";
import {
  type BalancerUpdate,
  type ChannelControlHelper,
  childHelper,
  type LoadBalancer,
  type LoadBalancerFactory,
  type PolicyDescription,
  type WatchedName,
} from "./policy.js";
import type { PolicyChoice } from "./policy-registry.js";

export interface NamedTargetConfig {
  /** As a channel has it: `dns:///orders:50051`. */
  readonly target: string;
  readonly policy: PolicyChoice;
}

const NAME = "target_experimental";

/**
 * Sends calls to another name than the channel's: resolves it, and spreads calls over what it stands for. The channel's
 * own endpoints are not used. For children of `rls`, whose targets are such names.
 */
export const namedTargetPolicy: LoadBalancerFactory<NamedTargetConfig> = {
  name: NAME,
  aliases: ["target"],
  parseConfig: (reader, policies) => {
    const target = reader.string("target") ?? "";
    if (target === "") throw reader.error("target", "a target", target);
    try {
      policies.checkTarget(target);
    } catch (error) {
      throw new ConfigError(reader.at("target"), (error as Error).message);
    }
    const list = reader.list("childPolicy") ?? [];
    const policy = policies.choose(list.length === 0 ? [{ pick_first: {} }] : list, reader.at("childPolicy"));
    return { target, policy };
  },
  createBalancer: (helper) => new NamedTarget(helper),
};

class NamedTarget implements LoadBalancer<NamedTargetConfig> {
  readonly #helper: ChannelControlHelper;
  readonly #switch: GracefulSwitch;
  #config: NamedTargetConfig | undefined;
  #watch: WatchedName | undefined;
  /** What the name stands for, once that is known. */
  #resolution: Resolution | undefined;
  #state: ConnectivityState = "CONNECTING";

  constructor(helper: ChannelControlHelper) {
    this.#helper = helper;
    this.#switch = new GracefulSwitch(
      // The name that has grown old is this one's, not the channel's.
      childHelper(helper, {
        requestReresolution: () => this.#watch?.refresh(),
        updateState: (state, picker) => this.#tell(state, picker),
      }),
    );
  }

  update({ config }: BalancerUpdate<NamedTargetConfig>): boolean {
    const before = this.#config;
    const isOther = config.target !== before?.target;
    if (isOther && !this.#follow(config.target)) return false;
    this.#config = config;
    if (this.#resolution === undefined) {
      if (isOther) this.#tell("CONNECTING", queuePicker);
    } else if (!isOther && config.policy !== before.policy) this.#hand(this.#resolution);
    return true;
  }

  /** Another name takes over once it is resolved; what the one before stands for serves until then. */
  #follow(target: string): boolean {
    try {
      const watch = this.#helper.context.watchName(target, {
        onResolution: (resolution) => this.#watch === watch && this.#hand(resolution),
        onError: (status) => {
          if (this.#watch === watch) this.#switch.resolverError(status);
        },
      });
      this.#watch?.stop();
      this.#watch = watch;
      return true;
    } catch (error) {
      this.#refuse(error as Error);
      return false;
    }
  }

  /** What was in force before stays so. */
  #refuse(error: Error): void {
    if (this.#config !== undefined) return;
    const status = StatusError.unavailable(`the target cannot be used: ${error.message}`, { cause: error });
    this.#tell("TRANSIENT_FAILURE", failPicker(status));
  }

  /** What a resolver says of the channel's config and calls is not for a part of it. */
  #hand(resolution: Resolution): boolean {
    this.#resolution = resolution;
    const { endpoints, attributes = {} } = resolution;
    return this.#switch.update(this.#config!.policy, { endpoints, attributes });
  }

  /** Says something of the channel's name. */
  resolverError(): void {}

  exitIdle(): void {
    this.#switch.exitIdle();
  }

  resetBackoff(): void {
    this.#switch.resetBackoff();
  }

  close(): void {
    this.#watch?.stop();
    this.#watch = undefined;
    this.#switch.close();
  }

  #tell(state: ConnectivityState, picker: Picker): void {
    this.#state = state;
    this.#helper.updateState(state, picker);
  }

  describe(): PolicyDescription {
    const child = this.#switch.describe();
    const children = this.#resolution === undefined ? [] : [{ ...child, name: this.#config!.target }];
    return {
      policy: NAME,
      state: this.#state,
      children,
      detail: { target: this.#config?.target },
    };
  }
}
