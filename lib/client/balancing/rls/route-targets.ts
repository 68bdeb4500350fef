import { StatusError } from "../../../rpc/index.js";
import { aggregateStates, type ConnectivityState } from "../../connectivity.js";
import { ConfigError } from "../../service-config/config-reader.js";
import { BalancerGroup, type GroupMember } from "../balancer-group.js";
import { failPicker, idlePicker, type Picker, queuePicker } from "../picker.js";
import type { BalancerUpdate, ChannelControlHelper, PolicyDescription } from "../policy.js";
import { type ChildPolicyConfig, childFor } from "./rls-config.js";

/** Whereto calls can go, by the name that the lookup server has for it: a policy of its own, shared by all routes. */
export class RouteTarget {
  readonly name: string;
  /** Routes that lead here, and one for the default target; it is closed when there are none. */
  references = 0;
  /** One that has failed counts as failed until it is READY. */
  state: ConnectivityState = "CONNECTING";
  picker: Picker = queuePicker;
  /** Why its policy cannot have the config that there is now. */
  refusal: StatusError | undefined;
  readonly picks = createCounts();
  readonly defaultPicks = createCounts();
  readonly #wake: () => void;

  constructor(name: string, wake: () => void) {
    this.name = name;
    this.#wake = wake;
  }

  /** What its policy has published. */
  take({ state, picker, settledState, settledPicker }: GroupMember): void {
    if (this.refusal !== undefined) return;
    this.state = settledState;
    this.picker = state === "IDLE" ? idlePicker(this.#wake, picker) : settledPicker;
  }

  /** Calls fail until its policy is {@link accept accepted} again. */
  refuse(status: StatusError): void {
    this.refusal = status;
    this.state = "TRANSIENT_FAILURE";
    this.picker = failPicker(status);
  }

  accept(): void {
    this.refusal = undefined;
  }
}

/** How picks ended that a target decided; those that wait are not counted. */
export interface PickCounts {
  complete: number;
  fail: number;
  drop: number;
}

function createCounts(): PickCounts {
  return { complete: 0, fail: 0, drop: 0 };
}

/** All targets that some route leads to. */
export class RouteTargets {
  readonly #helper: ChannelControlHelper;
  readonly #group: BalancerGroup;
  readonly #onChange: () => void;
  readonly #targets = new Map<string, RouteTarget>();
  #config: { readonly child: ChildPolicyConfig; readonly list: Omit<BalancerUpdate, "config"> } | undefined;

  /** `onChange` is called when a target has published or is gone, also from within the methods here. */
  constructor(helper: ChannelControlHelper, onChange: () => void) {
    this.#helper = helper;
    this.#onChange = onChange;
    this.#group = new BalancerGroup(helper, {
      onChange: (member) => {
        // Calls may go on to the next target, so that none would ever wake it.
        if (member.state === "IDLE" && member.settledState === "TRANSIENT_FAILURE") {
          this.#group.hold(() => this.#group.exitIdle(member.id));
        }
        this.#targets.get(member.id)?.take(member);
        onChange();
      },
    });
  }

  /** Of all targets together; IDLE without any. */
  get state(): ConnectivityState {
    const states = [...this.#targets.values()].map(({ state }) => state);
    return states.length === 0 ? "IDLE" : aggregateStates(states);
  }

  /** The policy of all targets, and the list that each of them gets. */
  configure(child: ChildPolicyConfig, list: Omit<BalancerUpdate, "config">): void {
    this.#config = { child, list };
    for (const target of [...this.#targets.values()]) this.#hand(target);
  }

  /** Give it back with {@link release}. */
  acquire(name: string): RouteTarget {
    let target = this.#targets.get(name);
    if (target === undefined) {
      target = new RouteTarget(name, () => this.#group.exitIdle(name));
      this.#targets.set(name, target);
      this.#hand(target);
    }
    target.references += 1;
    return target;
  }

  release(target: RouteTarget): void {
    target.references -= 1;
    if (target.references > 0) return;
    this.#targets.delete(target.name);
    this.#group.removeImmediately(target.name);
    this.#onChange();
  }

  #hand(target: RouteTarget): void {
    const { child, list } = this.#config!;
    const { name } = target;
    try {
      const choice = childFor(child, name, this.#helper.context.policies);
      target.accept();
      this.#group.update(name, choice, list);
      target.take(this.#group.members.get(name)!);
    } catch (error) {
      target.refuse(this.#refusalOf(name, error));
    }
  }

  /** The lookup server says what targets are called: none of them may do harm, whatever the child makes of it. */
  #refusalOf(name: string, error: unknown): StatusError {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `the target ${JSON.stringify(name)} cannot be used: ${reason}`;
    if (error instanceof ConfigError) return StatusError.unavailable(text, { cause: error });
    const { logger, target } = this.#helper.context;
    logger.error({ target, error }, `the policy has thrown: ${text}`);
    // It is in no known state.
    this.#group.removeImmediately(name);
    return StatusError.internal(text, { cause: error });
  }

  resolverError(error: StatusError): void {
    this.#group.resolverError(error);
  }

  exitIdle(): void {
    this.#group.exitIdle();
  }

  resetBackoff(): void {
    this.#group.resetBackoff();
  }

  close(): void {
    this.#targets.clear();
    this.#group.close();
  }

  /** With how many picks each of them decided: as a route, and as the default. */
  describe(): readonly ({ readonly name: string } & PolicyDescription)[] {
    const children = new Map(this.#group.describe().map((child) => [child.name, child]));
    return [...this.#targets.values()].map(({ name, state, refusal, picks, defaultPicks }) => {
      const child = children.get(name) ?? { name, policy: "none", state };
      const detail = { ...child.detail, picks: { ...picks }, defaultPicks: { ...defaultPicks } };
      return refusal === undefined
        ? { ...child, detail }
        : { ...child, state, detail: { ...detail, refusal: refusal.text } };
    });
  }
}
