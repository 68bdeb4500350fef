/**
 * What every policy that spreads calls over endpoints stands on: one child for each endpoint, which keeps a connection
 * to one of its addresses. The parent is told whenever something changes, and either publishes what it is given (calls
 * go round those in the best state), or makes its own picker of the shards.
 *
 * A list of 10,000 endpoints must cost little: an update is linear and leaves kept children as they are, a change of one
 * child looks at no other, and pickers share the list of those that are ready.
 */
import { randomInteger, StatusError } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import { type Endpoint, endpointKey, formatAddress } from "../naming/endpoint.js";
import { EndpointShard, type Shard, type ShardHost } from "./endpoint-shard.js";
import { createLeaf } from "./pick-first.js";
import { failPicker, type Picker, queuePicker } from "./picker.js";
import type { ChannelControlHelper, LoadBalancer, PolicyDescription } from "./policy.js";
import { RotatingPicker } from "./rotating-picker.js";
import { type ShardGroup, ShardGroups } from "./shard-groups.js";

export type { Shard } from "./endpoint-shard.js";

export interface ShardingOptions {
  /** Name of the policy that shards, for messages. */
  readonly policy: string;
  /** Connects endpoints again that have become IDLE. Default: true. */
  readonly autoReconnect?: boolean;
  /** Endpoints stay IDLE, and have no child, until `exitIdle()` of their shard. Default: false. */
  readonly lazy?: boolean;
  /**
   * Something has changed: READY before CONNECTING before IDLE before TRANSIENT_FAILURE, and a picker that goes round
   * those in that state. The picker is the same object as before if nothing has changed among them.
   */
  onChange(state: ConnectivityState, picker: Picker, shards: readonly Shard[]): void;
  /** Makes the child of one endpoint; its config is `{}`. Default: `pick_first`, which follows health. */
  createChild?(helper: ChannelControlHelper): LoadBalancer;
}

export class EndpointSharding {
  readonly #helper: ChannelControlHelper;
  readonly #options: ShardingOptions;
  readonly #host: ShardHost;
  #shards: readonly EndpointShard[] = [];
  #byKey: ReadonlyMap<string, EndpointShard> = new Map();
  readonly #groups = new ShardGroups();
  #state: ConnectivityState | undefined;
  #picker: Picker = queuePicker;
  /** Above 0 while children are told something: what they publish meanwhile is published as one, afterwards. */
  #held = 0;
  #changed = false;
  #closed = false;

  constructor(helper: ChannelControlHelper, options: ShardingOptions) {
    this.#helper = helper;
    this.#options = options;
    this.#host = {
      helper,
      autoReconnect: options.autoReconnect ?? true,
      createChild: options.createChild ?? createLeaf,
      hold: (work) => this.#hold(work),
      onChange: (shard, from) => this.#onChange(shard, from),
    };
  }

  /** In the order of the list, which starts anywhere. */
  get shards(): readonly Shard[] {
    return this.#shards;
  }

  /** Those that are READY, now and after each change until the next update. For pickers that need not gather them. */
  get ready(): ShardGroup {
    return this.#groups.in("READY");
  }

  /** False if there is no endpoint, or a child cannot use its own. */
  update(endpoints: readonly Endpoint[], attributes: Readonly<Record<string, unknown>>): boolean {
    if (this.#closed) return true;
    let accepted = true;
    this.#hold(() => {
      const before = this.#byKey;
      const { shards, byKey } = this.#take(endpoints);
      this.#shards = shards;
      this.#byKey = byKey;
      for (const shard of shards) accepted = shard.update(attributes) && accepted;
      for (const [key, shard] of before) if (byKey.get(key) !== shard) shard.close();
      this.#groups.fill(shards);
      this.#state = undefined;
      this.#changed = true;
    });
    return accepted && this.#shards.length > 0;
  }

  /** The shard of each endpoint, kept or new, without duplicates. */
  #take(endpoints: readonly Endpoint[]): { shards: EndpointShard[]; byKey: Map<string, EndpointShard> } {
    const byKey = new Map<string, EndpointShard>();
    const shards: EndpointShard[] = [];
    const count = endpoints.length;
    // Different clients start at different backends.
    const start = randomInteger(this.#helper.context.random, count);
    for (let i = 0; i < count; i++) {
      const endpoint = endpoints[(start + i) % count]!;
      if (endpoint.addresses.length === 0) continue;
      const key = endpointKey(endpoint);
      if (byKey.has(key)) continue;
      const shard = this.#byKey.get(key) ?? new EndpointShard(key, endpoint, this.#host, this.#options.lazy);
      shard.endpoint = endpoint;
      byKey.set(key, shard);
      shards.push(shard);
    }
    return { shards, byKey };
  }

  /** Children use what they know; those that have failed show the error. */
  resolverError(error: StatusError): void {
    if (this.#closed) return;
    if (this.#shards.length > 0) {
      this.#hold(() => {
        for (const shard of this.#shards) shard.resolverError(error);
      });
    } else {
      const status = StatusError.unavailable(`name resolver error: ${error.text}`, { cause: error });
      this.#tell("TRANSIENT_FAILURE", failPicker(status));
    }
  }

  /** Connects all that are IDLE. */
  exitIdle(): void {
    this.#hold(() => {
      for (const shard of this.#shards) if (shard.state === "IDLE") shard.exitIdle();
    });
  }

  resetBackoff(): void {
    this.#hold(() => {
      for (const shard of this.#shards) shard.resetBackoff();
    });
  }

  close(): void {
    this.#closed = true;
    for (const shard of this.#shards) shard.close();
    this.#shards = [];
    this.#byKey = new Map();
    this.#groups.fill([]);
  }

  /** The children, for a {@link PolicyDescription}. */
  describe(): readonly ({ readonly name: string } & PolicyDescription)[] {
    return this.#shards.map((shard) => ({
      ...shard.describe(),
      name: shard.endpoint.addresses.map(formatAddress).join(","),
    }));
  }

  #hold(work: () => void): void {
    this.#held += 1;
    try {
      work();
    } finally {
      this.#held -= 1;
    }
    if (this.#changed) this.#publish();
  }

  #onChange(shard: EndpointShard, from: ConnectivityState): void {
    this.#groups.move(shard, from);
    // Whoever is neither was nor is among those that calls go to changes nothing for them.
    if (from === this.#state || shard.state === this.#state) this.#state = undefined;
    this.#changed = true;
    this.#publish();
  }

  #publish(): void {
    if (this.#held > 0 || this.#closed) return;
    this.#changed = false;
    const { policy } = this.#options;
    if (this.#shards.length === 0) {
      const text = `${policy} has no children to pick from: name resolver error: produced zero addresses`;
      this.#tell("TRANSIENT_FAILURE", failPicker(StatusError.unavailable(text)));
      return;
    }
    const state = this.#groups.best;
    if (state !== this.#state) {
      this.#state = state;
      this.#picker = new RotatingPicker(this.#groups.in(state).pickers, this.#helper.context.random);
    }
    this.#tell(state, this.#picker);
  }

  #tell(state: ConnectivityState, picker: Picker): void {
    this.#options.onChange(state, picker, this.#shards);
  }
}
