import { StatusError } from "../../rpc/index.js";
import { aggregateStates, type ConnectivityState } from "../connectivity.js";
import { ConfigReader } from "../service-config/config-reader.js";
import { BalancerGroup, type GroupMember } from "./balancer-group.js";
import { groupByPath } from "./hierarchy.js";
import { failPicker, idlePicker, type Picker, queuePicker } from "./picker.js";
import type {
  BalancerUpdate,
  ChannelControlHelper,
  LoadBalancer,
  LoadBalancerFactory,
  PolicyDescription,
} from "./policy.js";
import type { PolicyChoice, PolicyRegistry } from "./policy-registry.js";
import { weightedPicker } from "./weighted-picker.js";

export interface WeightedTarget {
  readonly weight: number;
  readonly policy: PolicyChoice;
}

export interface WeightedTargetConfig {
  readonly targets: ReadonlyMap<string, WeightedTarget>;
}

const NAME = "weighted_target_experimental";

/**
 * Splits calls between named policies by weight (A28). The first name of an endpoint's path says to which target it
 * belongs; the target sees the rest of the path.
 */
export const weightedTargetPolicy: LoadBalancerFactory<WeightedTargetConfig> = {
  name: NAME,
  aliases: ["weighted_target"],
  parseConfig: (reader, policies) => {
    const targets = reader.object("targets");
    const names = Object.keys(targets?.fields ?? {});
    return { targets: new Map(names.map((name) => [name, parseTarget(targets!, name, policies)])) };
  },
  createBalancer: (helper) => new WeightedTargets(helper),
};

function parseTarget(targets: ConfigReader, name: string, policies: PolicyRegistry): WeightedTarget {
  // Not a field of ours: the name is to be taken as it is.
  const target = ConfigReader.of(targets.fields[name], targets.at(name));
  const weight = target.uint32("weight") ?? 0;
  if (weight === 0) throw target.error("weight", "a whole number from 1 on", target.value("weight"));
  return { weight, policy: policies.choose(target.value("childPolicy"), target.at("childPolicy")) };
}

class WeightedTargets implements LoadBalancer<WeightedTargetConfig> {
  readonly #helper: ChannelControlHelper;
  readonly #group: BalancerGroup;
  #targets: WeightedTargetConfig["targets"] = new Map();
  #state: ConnectivityState = "CONNECTING";
  /** Endpoints that belong to no target. */
  #left = 0;
  #closed = false;

  constructor(helper: ChannelControlHelper) {
    this.#helper = helper;
    this.#group = new BalancerGroup(helper, { onChange: (member) => this.#onChange(member) });
  }

  update({ endpoints, config, attributes }: BalancerUpdate<WeightedTargetConfig>): boolean {
    const group = this.#group;
    const lists = groupByPath(endpoints, (locality) => ({ locality }));
    let accepted = true;
    group.hold(() => {
      for (const name of group.members.keys()) if (!config.targets.has(name)) group.removeImmediately(name);
      for (const [name, { policy }] of config.targets) {
        accepted = group.update(name, policy, { endpoints: lists.get(name) ?? [], attributes }) && accepted;
      }
      for (const member of group.members.values()) this.#wake(member);
    });
    this.#targets = config.targets;
    const left = [...lists].flatMap(([name, list]) => (config.targets.has(name) ? [] : list));
    this.#tellLeft(left.length + endpoints.length - [...lists.values()].flat().length);
    this.#publish();
    return accepted;
  }

  /** They get no calls, which is rarely what is meant. */
  #tellLeft(endpoints: number): void {
    if (endpoints > 0 && endpoints !== this.#left) {
      const { logger, target } = this.#helper.context;
      const targets = [...this.#targets.keys()];
      logger.warn(
        { target, endpoints, targets },
        "endpoints have a path that begins with none of the targets",
      );
    }
    this.#left = endpoints;
  }

  resolverError(error: StatusError): void {
    if (this.#group.members.size > 0) {
      if (this.#group.hold(() => this.#group.resolverError(error))) this.#publish();
    } else {
      const status = StatusError.unavailable(`name resolver error: ${error.text}`, { cause: error });
      this.#tell("TRANSIENT_FAILURE", failPicker(status));
    }
  }

  exitIdle(): void {
    if (this.#group.hold(() => this.#group.exitIdle())) this.#publish();
  }

  resetBackoff(): void {
    this.#group.resetBackoff();
  }

  close(): void {
    this.#closed = true;
    this.#group.close();
  }

  describe(): PolicyDescription {
    const weights = Object.fromEntries([...this.#targets].map(([name, { weight }]) => [name, weight]));
    return { policy: NAME, state: this.#state, children: this.#group.describe(), detail: { weights } };
  }

  #onChange(member: GroupMember): void {
    // One that has failed counts as failed while it tries again: nothing has changed for calls.
    if (member.picker !== member.settledPicker && member.state === "CONNECTING") return;
    this.#group.hold(() => this.#wake(member));
    this.#publish();
  }

  /** No call reaches an IDLE target while another is READY: it would never connect again and lose its share. */
  #wake(member: GroupMember): void {
    if (member.state === "IDLE") this.#group.exitIdle(member.id);
  }

  #publish(): void {
    if (this.#closed) return;
    const members = [...this.#group.members.values()];
    const state = aggregateStates(members.map(({ settledState }) => settledState));
    this.#tell(state, this.#createPicker(state, members));
  }

  #createPicker(state: ConnectivityState, members: readonly GroupMember[]): Picker {
    if (members.length === 0) return failPicker(StatusError.unavailable("no targets to pick from"));
    if (state === "CONNECTING") return queuePicker;
    if (state === "IDLE") return idlePicker(() => this.exitIdle());
    const asked = members.filter(({ settledState }) => settledState === state);
    const choices = asked.map((member) => ({
      weight: this.#targets.get(member.id)!.weight,
      // One that has failed, and now waits for a call, must get one.
      picker: member.state === "IDLE" ? member.picker : member.settledPicker,
    }));
    return weightedPicker(choices, this.#helper.context.random);
  }

  #tell(state: ConnectivityState, picker: Picker): void {
    this.#state = state;
    this.#helper.updateState(state, picker);
  }
}
