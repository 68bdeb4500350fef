import type { ConnectivityState } from "../connectivity.js";
import type { EndpointShard, Shard } from "./endpoint-shard.js";
import type { Picker } from "./picker.js";

/** Shards that are in one state, in no particular order, and their pickers in the same order. Both change as shards do. */
export interface ShardGroup {
  readonly shards: readonly Shard[];
  readonly pickers: readonly Picker[];
}

class Group implements ShardGroup {
  readonly shards: EndpointShard[] = [];
  readonly pickers: Picker[] = [];

  add(shard: EndpointShard): void {
    shard.place = this.shards.length;
    this.shards.push(shard);
    this.pickers.push(shard.picker);
  }

  /** The last one takes its place. */
  remove({ place }: EndpointShard): void {
    const last = this.shards.pop()!;
    const picker = this.pickers.pop()!;
    if (last.place === place) return;
    this.shards[place] = last;
    this.pickers[place] = picker;
    last.place = place;
  }
}

/** The shards of a policy by their state: when one changes, no other is looked at. */
export class ShardGroups {
  #groups = emptyGroups();

  /** Starts anew, in the order of the list. */
  fill(shards: readonly EndpointShard[]): void {
    this.#groups = emptyGroups();
    for (const shard of shards) this.#groups[shard.state].add(shard);
  }

  /** A shard has a new state, or a new picker. */
  move(shard: EndpointShard, from: ConnectivityState): void {
    // It is new, and is filled in with the list that it is in.
    if (shard.place < 0) return;
    if (shard.state === from) this.#groups[from].pickers[shard.place] = shard.picker;
    else {
      this.#groups[from].remove(shard);
      this.#groups[shard.state].add(shard);
    }
  }

  in(state: ConnectivityState): ShardGroup {
    return this.#groups[state];
  }

  /** READY before CONNECTING before IDLE before TRANSIENT_FAILURE. */
  get best(): ConnectivityState {
    const { READY, CONNECTING, IDLE } = this.#groups;
    if (READY.shards.length > 0) return "READY";
    if (CONNECTING.shards.length > 0) return "CONNECTING";
    return IDLE.shards.length > 0 ? "IDLE" : "TRANSIENT_FAILURE";
  }
}

function emptyGroups(): Record<ConnectivityState, Group> {
  return {
    READY: new Group(),
    CONNECTING: new Group(),
    IDLE: new Group(),
    TRANSIENT_FAILURE: new Group(),
    SHUTDOWN: new Group(),
  };
}
