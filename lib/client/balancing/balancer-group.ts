import type { StatusError } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import { GracefulSwitch } from "./graceful-switch.js";
import { type Picker, queuePicker } from "./picker.js";
import {
  type BalancerUpdate,
  type ChannelControlHelper,
  childHelper,
  type PolicyDescription,
} from "./policy.js";
import type { PolicyChoice } from "./policy-registry.js";

/** One child of a group. The object stays the same for as long as the child lives, also while it is retained. */
export interface GroupMember {
  readonly id: string;
  /** What the child published last; CONNECTING, and calls wait, before that. */
  readonly state: ConnectivityState;
  readonly picker: Picker;
  /** As `state`, but one that has failed counts as failed until it is READY. */
  readonly settledState: ConnectivityState;
  /** Goes with `settledState`: while a child that has failed tries again, calls go on failing. */
  readonly settledPicker: Picker;
}

export interface BalancerGroupOptions {
  /**
   * A child has published. Not called for what children publish during {@link BalancerGroup.hold}, nor for children
   * that were removed.
   */
  onChange(member: GroupMember): void;
  /** How long removed children are kept, with their connections, in case they come back, in ms. Default: not at all. */
  readonly retentionMs?: number;
  /** A child asks for a fresh list. Default: the channel is asked. */
  onReresolution?(id: string): void;
}

/**
 * The children of a policy that has several, by name: each is a policy of its own choice, with its own list, and can be
 * exchanged for another policy without a gap.
 */
export class BalancerGroup {
  readonly #helper: ChannelControlHelper;
  readonly #options: BalancerGroupOptions;
  readonly #members = new Map<string, HostedMember>();
  /** Removed, but not closed yet. */
  readonly #retained = new Map<string, { readonly member: HostedMember; readonly timer: unknown }>();
  /** Above 0 while nobody is to be told of changes. */
  #held = 0;
  #changes = 0;
  #closed = false;

  constructor(helper: ChannelControlHelper, options: BalancerGroupOptions) {
    this.#helper = helper;
    this.#options = options;
  }

  /** By name, in the order in which they were added. */
  get members(): ReadonlyMap<string, GroupMember> {
    return this.#members;
  }

  /**
   * Hands a child its list and config; it is made if it is not there. One that is retained comes back, if it still is
   * of the same policy. False if the child cannot use the list.
   */
  update(id: string, choice: PolicyChoice, update: Omit<BalancerUpdate, "config">): boolean {
    if (this.#closed) return true;
    const member = this.#members.get(id) ?? this.#revive(id, choice) ?? this.#create(id);
    this.#members.set(id, member);
    member.policy = choice.factory.name;
    return member.policySwitch.update(choice, update);
  }

  /** Takes a child out of the group, to be retained or, without retention, closed. */
  remove(id: string): void {
    const { retentionMs = 0 } = this.#options;
    const member = this.#members.get(id);
    if (member === undefined || retentionMs <= 0) {
      this.removeImmediately(id);
      return;
    }
    this.#members.delete(id);
    const expire = () => {
      this.#retained.delete(id);
      member.close();
    };
    this.#retained.set(id, { member, timer: this.#helper.context.clock.setTimeout(expire, retentionMs) });
  }

  /** Closes a child, also one that is retained. */
  removeImmediately(id: string): void {
    this.#takeRetained(id)?.close();
    const member = this.#members.get(id);
    this.#members.delete(id);
    member?.close();
  }

  /**
   * Does some work, such as updates of several children, of whose changes `onChange` hears nothing. Returns whether
   * there were any.
   */
  hold(work: () => void): boolean {
    const before = this.#changes;
    this.#held += 1;
    try {
      work();
    } finally {
      this.#held -= 1;
    }
    return this.#changes !== before;
  }

  resolverError(error: StatusError): void {
    for (const member of [...this.#members.values()]) member.policySwitch.resolverError(error);
  }

  /** Connects what is IDLE, in one child or in all. */
  exitIdle(id?: string): void {
    if (id !== undefined) this.#members.get(id)?.policySwitch.exitIdle();
    else for (const member of [...this.#members.values()]) member.policySwitch.exitIdle();
  }

  resetBackoff(): void {
    for (const member of [...this.#members.values()]) member.policySwitch.resetBackoff();
  }

  /** Closes all children, also those that are retained. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#retained.keys(), ...this.#members.keys()]) this.removeImmediately(id);
  }

  /** The children, for a {@link PolicyDescription}. */
  describe(): readonly ({ readonly name: string } & PolicyDescription)[] {
    return [...this.#members.values()].map(({ id, policySwitch }) => ({
      ...policySwitch.describe(),
      name: id,
    }));
  }

  #create(id: string): HostedMember {
    const { onReresolution } = this.#options;
    const member: HostedMember = new HostedMember(id, this.#helper, {
      onPublication: () => {
        if (this.#members.get(id) !== member) return;
        this.#changes += 1;
        if (this.#held === 0) this.#options.onChange(member);
      },
      onReresolution: () => {
        if (this.#members.get(id) !== member) return;
        if (onReresolution === undefined) this.#helper.requestReresolution();
        else onReresolution.call(this.#options, id);
      },
    });
    return member;
  }

  #revive(id: string, choice: PolicyChoice): HostedMember | undefined {
    const member = this.#takeRetained(id);
    if (member?.policy === choice.factory.name) return member;
    member?.close();
    return undefined;
  }

  #takeRetained(id: string): HostedMember | undefined {
    const found = this.#retained.get(id);
    if (found === undefined) return undefined;
    this.#retained.delete(id);
    this.#helper.context.clock.clearTimeout(found.timer);
    return found.member;
  }
}

interface MemberListener {
  onPublication(): void;
  onReresolution(): void;
}

class HostedMember implements GroupMember {
  readonly id: string;
  state: ConnectivityState = "CONNECTING";
  picker: Picker = queuePicker;
  settledState: ConnectivityState = "CONNECTING";
  settledPicker: Picker = queuePicker;
  /** Name of the newest policy. */
  policy: string | undefined;
  readonly policySwitch: GracefulSwitch;
  readonly #listener: MemberListener;
  #closed = false;

  constructor(id: string, helper: ChannelControlHelper, listener: MemberListener) {
    this.id = id;
    this.#listener = listener;
    this.policySwitch = new GracefulSwitch(
      childHelper(helper, {
        updateState: (state, picker) => this.#publish(state, picker),
        requestReresolution: () => {
          if (!this.#closed) listener.onReresolution();
        },
      }),
    );
  }

  close(): void {
    this.#closed = true;
    this.policySwitch.close();
  }

  #publish(state: ConnectivityState, picker: Picker): void {
    if (this.#closed) return;
    this.state = state;
    this.picker = picker;
    const retries = state === "CONNECTING" || state === "IDLE";
    if (this.settledState !== "TRANSIENT_FAILURE" || !retries) {
      this.settledState = state;
      this.settledPicker = picker;
    }
    this.#listener.onPublication();
  }
}
