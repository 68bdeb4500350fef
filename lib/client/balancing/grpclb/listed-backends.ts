/**
 * The policies below `grpclb` while it has a list of the balancer: `round_robin`, in which an entry that is listed twice
 * gets twice the calls, and `pick_first`. Both give calls the tokens of the list, count them, and ask no backend for its
 * health: the balancer is trusted (A17).
 */
import type { StatusError } from "../../../rpc/index.js";
import type { ConnectivityState } from "../../connectivity.js";
import { type Endpoint, endpointKey } from "../../naming/endpoint.js";
import { EndpointSharding, type Shard } from "../endpoint-sharding.js";
import { pickFirstPolicy } from "../pick-first.js";
import { type PickArgs, type Picker, type PickResult, queuePicker } from "../picker.js";
import {
  type BalancerUpdate,
  type ChannelControlHelper,
  childHelper,
  type LoadBalancer,
  type PolicyDescription,
} from "../policy.js";
import type { CallCounts } from "./call-counts.js";
import type { GrpclbConfig } from "./grpclb-config.js";
import { EntryMark, MarksByAddress, Turn } from "./marked-picks.js";

export function createListedBackends(
  { mode, child }: GrpclbConfig,
  helper: ChannelControlHelper,
  counts: CallCounts,
): LoadBalancer {
  if (mode === "round_robin") return new BackendsInTurn(helper, counts);
  return new FirstBackend(helper, counts, (own) => child.factory.createBalancer(own));
}

interface Entry {
  readonly shard: Shard;
  readonly mark: EntryMark;
}

/** All that are READY, each as often as it is listed. */
class BackendsInTurn implements LoadBalancer {
  readonly #helper: ChannelControlHelper;
  readonly #counts: CallCounts;
  readonly #sharding: EndpointSharding;
  #list: readonly Endpoint[] = [];
  /** The list's entries with their shards; made when first needed. */
  #entries: readonly Entry[] | undefined;
  #turn: Turn;
  #state: ConnectivityState = "CONNECTING";
  #offered: Picker | undefined;

  constructor(helper: ChannelControlHelper, counts: CallCounts) {
    this.#helper = helper;
    this.#counts = counts;
    this.#turn = new Turn(helper.context.random);
    this.#sharding = new EndpointSharding(helper, {
      policy: "grpclb",
      onChange: (state, picker) => this.#onChange(state, picker),
      createChild: (child) => pickFirstPolicy.createBalancer(child),
    });
  }

  update({ endpoints, attributes }: BalancerUpdate): boolean {
    this.#list = endpoints;
    this.#entries = undefined;
    this.#turn = new Turn(this.#helper.context.random);
    return this.#sharding.update(endpoints, attributes);
  }

  #onChange(state: ConnectivityState, picker: Picker): void {
    if (picker === this.#offered) return;
    this.#offered = picker;
    this.#state = state;
    const own = state === "READY" ? new TurnPicker(this.#turn, () => this.#readyEntries()) : picker;
    this.#helper.updateState(state, own);
  }

  #readyEntries(): readonly Entry[] {
    this.#entries ??= this.#createEntries();
    return this.#entries.filter(({ shard }) => shard.state === "READY");
  }

  #createEntries(): Entry[] {
    const shards = new Map(this.#sharding.shards.map((shard) => [shard.key, shard]));
    return this.#list.map((endpoint) => ({
      // The list is the one that the shards were made of.
      shard: shards.get(endpointKey(endpoint))!,
      mark: new EntryMark(endpoint, this.#counts),
    }));
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
    return { policy: "round_robin", state: this.#state, children: this.#sharding.describe() };
  }
}

/** Gathers those that are READY with its first pick: while a long list connects, most pickers never have one. */
class TurnPicker implements Picker {
  readonly #turn: Turn;
  readonly #gather: () => readonly Entry[];
  #entries: readonly Entry[] | undefined;

  constructor(turn: Turn, gather: () => readonly Entry[]) {
    this.#turn = turn;
    this.#gather = gather;
  }

  pick(args: PickArgs): PickResult {
    this.#entries ??= this.#gather();
    const entries = this.#entries;
    // Nobody is left only for a picker that was replaced.
    if (entries.length === 0) return queuePicker.pick(args);
    const { shard, mark } = entries[this.#turn.take(entries.length)]!;
    return mark.mark(shard.picker.pick(args));
  }
}

/** The first that can be reached, as another policy finds it. */
class FirstBackend implements LoadBalancer {
  readonly #child: LoadBalancer;
  readonly #counts: CallCounts;
  readonly #helper: ChannelControlHelper;
  #marks: MarksByAddress;
  /** What the child published last. */
  #published: { readonly state: ConnectivityState; readonly picker: Picker } | undefined;
  #held = false;

  constructor(
    helper: ChannelControlHelper,
    counts: CallCounts,
    createChild: (helper: ChannelControlHelper) => LoadBalancer,
  ) {
    this.#helper = helper;
    this.#counts = counts;
    this.#marks = new MarksByAddress([], counts, helper.context.random);
    this.#child = createChild(
      childHelper(helper, {
        updateState: (state, picker) => {
          this.#published = { state, picker };
          if (!this.#held) this.#publish();
        },
      }),
    );
  }

  update({ endpoints, attributes, config }: BalancerUpdate): boolean {
    this.#marks = new MarksByAddress(endpoints, this.#counts, this.#helper.context.random);
    this.#held = true;
    try {
      return this.#child.update({ endpoints, attributes, config });
    } finally {
      this.#held = false;
      // Also if the child sees no change: the tokens are other ones.
      this.#publish();
    }
  }

  #publish(): void {
    if (this.#published === undefined) return;
    const { state, picker } = this.#published;
    this.#helper.updateState(state, state === "READY" ? this.#marks.picker(picker) : picker);
  }

  resolverError(error: StatusError): void {
    this.#child.resolverError(error);
  }

  exitIdle(): void {
    this.#child.exitIdle();
  }

  resetBackoff(): void {
    this.#child.resetBackoff();
  }

  close(): void {
    this.#child.close();
  }

  describe(): PolicyDescription {
    return this.#child.describe();
  }
}
