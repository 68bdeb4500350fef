import { StatusError } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import { ConfigReader } from "../service-config/config-reader.js";
import { BalancerGroup, type GroupMember } from "./balancer-group.js";
import { groupByPath } from "./hierarchy.js";
import { failPicker, type Picker } from "./picker.js";
import type {
  BalancerUpdate,
  ChannelControlHelper,
  LoadBalancer,
  LoadBalancerFactory,
  PolicyDescription,
} from "./policy.js";
import type { PolicyChoice, PolicyRegistry } from "./policy-registry.js";
import { PriorityChild } from "./priority-child.js";

export interface PriorityChildConfig {
  readonly policy: PolicyChoice;
  readonly ignoreReresolutionRequests: boolean;
}

export interface PriorityConfig {
  readonly children: ReadonlyMap<string, PriorityChildConfig>;
  /** Names of children, the most wanted first. */
  readonly priorities: readonly string[];
}

const NAME = "priority_experimental";

/**
 * Sends all calls to the first of its children that can serve (A56): the next one starts once those before it have
 * failed or have been connecting for 10 s, and ends once one before it is back. The first name of an endpoint's path
 * says to which child it belongs.
 */
export const priorityPolicy: LoadBalancerFactory<PriorityConfig> = {
  name: NAME,
  aliases: ["priority"],
  parseConfig: (reader, policies) => {
    const fields = reader.object("children");
    const names = Object.keys(fields?.fields ?? {});
    const children = new Map(names.map((name) => [name, parseChild(fields!, name, policies)]));
    const priorities: string[] = [];
    for (const name of reader.list("priorities") ?? []) {
      if (typeof name !== "string" || !children.has(name)) {
        throw reader.error("priorities", `names of children (${names.join(", ") || "there are none"})`, name);
      }
      if (priorities.includes(name)) throw reader.error("priorities", "without duplicates", name);
      priorities.push(name);
    }
    return { children, priorities };
  },
  createBalancer: (helper) => new Priority(helper),
};

function parseChild(children: ConfigReader, name: string, policies: PolicyRegistry): PriorityChildConfig {
  // Not a field of ours: the name is to be taken as it is.
  const child = ConfigReader.of(children.fields[name], children.at(name));
  return {
    policy: policies.choose(child.value("config"), child.at("config")),
    ignoreReresolutionRequests: child.boolean("ignoreReresolutionRequests") ?? false,
  };
}

class Priority implements LoadBalancer<PriorityConfig> {
  readonly #helper: ChannelControlHelper;
  readonly #group: BalancerGroup;
  #config: PriorityConfig = { children: new Map(), priorities: [] };
  #lists: ReturnType<typeof groupByPath> = new Map();
  #attributes: BalancerUpdate["attributes"] = {};
  /** Whether all children can use the newest list. */
  #accepted = true;
  /** Those that have been started. */
  readonly #children = new Map<string, PriorityChild>();
  #inUse: string | undefined;
  /** While children start and stop: what they publish is looked at afterwards. */
  #settling = false;
  #unsettled = false;
  #published: { readonly state: ConnectivityState; readonly picker: Picker } | undefined;
  #closed = false;

  constructor(helper: ChannelControlHelper) {
    this.#helper = helper;
    this.#group = new BalancerGroup(helper, {
      onChange: (member) => this.#onChange(member),
      onReresolution: (name) => {
        if (this.#config.children.get(name)?.ignoreReresolutionRequests !== true)
          helper.requestReresolution();
      },
    });
  }

  update({ endpoints, config, attributes }: BalancerUpdate<PriorityConfig>): boolean {
    this.#config = config;
    this.#lists = groupByPath(endpoints);
    this.#attributes = attributes;
    this.#accepted = true;
    this.#settle(() => {
      for (const name of [...this.#children.keys()]) {
        if (config.priorities.includes(name)) this.#hand(name);
        else this.#stop(name);
      }
    });
    return this.#accepted;
  }

  resolverError(error: StatusError): void {
    if (this.#children.size > 0) this.#settle(() => this.#group.resolverError(error));
    else {
      const status = StatusError.unavailable(`name resolver error: ${error.text}`, { cause: error });
      this.#publish("TRANSIENT_FAILURE", failPicker(status));
    }
  }

  exitIdle(): void {
    if (this.#inUse !== undefined) this.#group.exitIdle(this.#inUse);
  }

  resetBackoff(): void {
    this.#group.resetBackoff();
  }

  close(): void {
    this.#closed = true;
    for (const name of [...this.#children.keys()]) this.#stop(name);
    this.#group.close();
  }

  describe(): PolicyDescription {
    const { priorities } = this.#config;
    return {
      policy: NAME,
      state: this.#published?.state ?? "CONNECTING",
      children: this.#group.describe(),
      detail: { priorities, ...(this.#inUse !== undefined && { inUse: this.#inUse }) },
    };
  }

  #onChange({ id, state }: GroupMember): void {
    this.#children.get(id)?.onState(state);
    this.#settle();
  }

  /**
   * Does some work, then starts and stops children until that changes nothing any more: a child may fail from within
   * its start. Publishes at the end.
   */
  #settle(work?: () => void): void {
    this.#unsettled = true;
    if (this.#settling) {
      work?.();
      return;
    }
    this.#settling = true;
    try {
      work?.();
      while (this.#unsettled && !this.#closed) {
        this.#unsettled = false;
        this.#choose();
      }
    } finally {
      this.#settling = false;
    }
    this.#publishInUse();
  }

  /**
   * The first that can serve or may soon is wanted; of those that all have failed, the last. While the wanted one
   * connects, a lower one that is READY goes on serving.
   */
  #choose(): void {
    const { priorities } = this.#config;
    const last = priorities.length - 1;
    const wanted = priorities.findIndex(
      (name, index) => index === last || (this.#children.get(name)?.mayServe ?? true),
    );
    const name = priorities[wanted];
    this.#inUse = name;
    if (name === undefined) return;
    if (!this.#children.has(name)) this.#start(name);
    const lower = priorities.slice(wanted + 1);
    // A115: those that are not needed any more are closed at once.
    if (this.#children.get(name)!.serves) for (const other of lower) this.#stop(other);
    else this.#inUse = lower.find((other) => this.#group.members.get(other)?.state === "READY") ?? name;
  }

  #start(name: string): void {
    this.#children.set(name, new PriorityChild(this.#helper.context.clock, () => this.#settle()));
    this.#hand(name);
  }

  #stop(name: string): void {
    this.#children.get(name)?.stop();
    this.#children.delete(name);
    this.#group.removeImmediately(name);
  }

  /** Hands a child its part of the list. */
  #hand(name: string): void {
    const { policy } = this.#config.children.get(name)!;
    const list = { endpoints: this.#lists.get(name) ?? [], attributes: this.#attributes };
    if (!this.#group.update(name, policy, list)) this.#accepted = false;
  }

  #publishInUse(): void {
    if (this.#inUse === undefined) {
      const nobody = StatusError.unavailable("priority: there are no children to pick from");
      this.#publish("TRANSIENT_FAILURE", failPicker(nobody));
      return;
    }
    const member = this.#group.members.get(this.#inUse);
    if (member === undefined) return;
    const { state, picker } = member;
    if (this.#published?.state !== state || this.#published.picker !== picker) this.#publish(state, picker);
  }

  #publish(state: ConnectivityState, picker: Picker): void {
    if (this.#closed) return;
    this.#published = { state, picker };
    this.#helper.updateState(state, picker);
  }
}
