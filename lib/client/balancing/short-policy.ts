import { type Logger, StatusError } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import { EndpointSharding, type Shard } from "./endpoint-sharding.js";
import { type CompletePick, failPicker, type PickArgs, type Picker, type PickResult } from "./picker.js";
import type {
  BalancerUpdate,
  ChannelControlHelper,
  LoadBalancer,
  LoadBalancerFactory,
  LoadBalancingPolicy,
  PolicyDescription,
} from "./policy.js";

type Json = Readonly<Record<string, unknown>>;

/**
 * Makes a full policy of the short tier: Grebe connects to every endpoint and mends what is lost, the policy chooses
 * among those that are ready. What it throws fails calls with INTERNAL, never the channel.
 */
export function shortPolicy(name: string, policy: LoadBalancingPolicy): LoadBalancerFactory<Json> {
  return {
    name,
    parseConfig: (config) => config.fields,
    createBalancer: (helper) => new ShortBalancer(name, policy, helper),
  };
}

class ShortBalancer implements LoadBalancer<Json> {
  readonly #name: string;
  readonly #policy: LoadBalancingPolicy;
  readonly #helper: ChannelControlHelper;
  readonly #sharding: EndpointSharding;
  #config: Json = {};
  #state: ConnectivityState = "CONNECTING";
  /** What the sharding offered last. */
  #offered: Picker | undefined;

  constructor(name: string, policy: LoadBalancingPolicy, helper: ChannelControlHelper) {
    this.#name = name;
    this.#policy = policy;
    this.#helper = helper;
    this.#sharding = new EndpointSharding(helper, {
      policy: name,
      onChange: (state, picker) => this.#onChange(state, picker),
    });
  }

  update({ endpoints, config, attributes }: BalancerUpdate<Json>): boolean {
    this.#config = config;
    return this.#sharding.update(endpoints, attributes);
  }

  #onChange(state: ConnectivityState, picker: Picker): void {
    if (picker === this.#offered) return;
    this.#offered = picker;
    if (state === "READY") this.#publishChosen([...this.#sharding.ready.shards]);
    else this.#publish(state, picker);
  }

  #publishChosen(ready: readonly Shard[]): void {
    const { logger } = this.#helper.context;
    let picker: Picker;
    try {
      const made: unknown = this.#policy.createPicker(ready, this.#config);
      if (!isPicker(made)) throw new TypeError("createPicker() returned no picker");
      picker = new GuardedPicker(made, this.#name, logger);
    } catch (error) {
      const status = internal(`policy ${this.#name} made no picker`, error);
      logger.error({ policy: this.#name, target: this.#helper.context.target, error }, status.text);
      this.#publish("TRANSIENT_FAILURE", failPicker(status));
      return;
    }
    this.#publish("READY", picker);
  }

  #publish(state: ConnectivityState, picker: Picker): void {
    this.#state = state;
    this.#helper.updateState(state, picker);
  }

  resolverError(error: StatusError): void {
    this.#sharding.resolverError(error);
  }

  exitIdle(): void {
    this.#sharding.exitIdle();
  }

  resetBackoff(): void {
    this.#sharding.resetBackoff();
  }

  close(): void {
    this.#sharding.close();
  }

  describe(): PolicyDescription {
    return { policy: this.#name, state: this.#state, children: this.#sharding.describe() };
  }
}

/** Keeps what a user's picker throws away from the calls of others. */
class GuardedPicker implements Picker {
  readonly #inner: Picker;
  readonly #policy: string;
  readonly #logger: Logger;
  /** Results with a guarded `onEnd`; those that are handed out again and again are guarded once. */
  readonly #guarded = new WeakMap<CompletePick, CompletePick>();
  #logged = false;

  constructor(inner: Picker, policy: string, logger: Logger) {
    this.#inner = inner;
    this.#policy = policy;
    this.#logger = logger;
  }

  pick(args: PickArgs): PickResult {
    try {
      const result = this.#inner.pick(args);
      if (!isPickResult(result)) throw new TypeError("pick() returned no result");
      return result.kind === "complete" && result.onEnd !== undefined ? this.#guard(result) : result;
    } catch (error) {
      const status = internal(`policy ${this.#policy} could not pick`, error);
      this.#log(error, status.text);
      return { kind: "fail", status };
    }
  }

  #guard(result: CompletePick): CompletePick {
    let guarded = this.#guarded.get(result);
    if (guarded === undefined) {
      guarded = {
        ...result,
        onEnd: (outcome) => {
          try {
            result.onEnd?.(outcome);
          } catch (error) {
            this.#log(error, `policy ${this.#policy} threw at the end of a call`);
          }
        },
      };
      this.#guarded.set(result, guarded);
    }
    return guarded;
  }

  /** Once: the same mistake is made in each call. */
  #log(error: unknown, message: string): void {
    if (this.#logged) return;
    this.#logged = true;
    this.#logger.error({ policy: this.#policy, error }, message);
  }
}

function isPicker(value: unknown): value is Picker {
  return typeof (value as Picker | undefined)?.pick === "function";
}

/** Of a known kind, and with what that needs. */
function isPickResult(value: unknown): value is PickResult {
  if (typeof value !== "object" || value === null) return false;
  const { kind, subchannel, status } = value as Readonly<Record<string, unknown>>;
  if (kind === "complete") return subchannel !== undefined;
  return kind === "queue" || ((kind === "fail" || kind === "drop") && status instanceof StatusError);
}

function internal(text: string, cause: unknown): StatusError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return StatusError.internal(`${text}: ${reason}`, { cause });
}
