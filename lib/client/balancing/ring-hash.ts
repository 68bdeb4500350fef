import { StatusError } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import { type Endpoint, endpointKey, formatAddress } from "../naming/endpoint.js";
import type { ConfigReader } from "../service-config/config-reader.js";
import { EndpointSharding, type Shard } from "./endpoint-sharding.js";
import { HashRing, type RingPlace, type RingSizes } from "./hash-ring.js";
import type { Picker } from "./picker.js";
import type {
  BalancerUpdate,
  ChannelControlHelper,
  LoadBalancer,
  LoadBalancerFactory,
  PolicyDescription,
} from "./policy.js";
import { RingPicker } from "./ring-picker.js";

export interface RingHashConfig extends RingSizes {
  /** Calls with equal values of it go to the same endpoint. Without it the hash comes with the call. */
  readonly requestHashHeader: string | undefined;
}

const NAME = "ring_hash_experimental";
const MAX_SIZE = 8_388_608;

/** Consistent hashing (A42, A61, A76): calls of equal hash go to the same endpoint, and few move when the list changes. */
export const ringHashPolicy: LoadBalancerFactory<RingHashConfig> = {
  name: NAME,
  aliases: ["ring_hash"],
  parseConfig: (reader) => {
    const minRingSize = reader.uint32("minRingSize", MAX_SIZE) || 1024;
    const maxRingSize = reader.uint32("maxRingSize", MAX_SIZE) || 4096;
    if (minRingSize > maxRingSize) {
      throw reader.error("minRingSize", `at most maxRingSize, which is ${maxRingSize}`, minRingSize);
    }
    return { minRingSize, maxRingSize, requestHashHeader: parseHeader(reader) };
  },
  createBalancer: (helper) => new RingHash(helper),
};

function parseHeader(reader: ConfigReader): string | undefined {
  const header = reader.string("requestHashHeader")?.toLowerCase();
  if (header === undefined || header === "") return undefined;
  if (!/^[0-9a-z_.-]+$/.test(header) || header.endsWith("-bin")) {
    throw reader.error("requestHashHeader", "the name of a header with text values", header);
  }
  return header;
}

/** A42: no client builds larger rings than it is allowed to, whatever it is told. */
export function capRingSizes({ minRingSize, maxRingSize }: RingSizes, cap: number): RingSizes {
  const limit = Math.min(cap, MAX_SIZE);
  return { minRingSize: Math.min(minRingSize, limit), maxRingSize: Math.min(maxRingSize, limit) };
}

/** A ring, and who stands on it. */
interface BuiltRing {
  readonly ring: HashRing;
  readonly members: readonly Shard[];
}

class RingHash implements LoadBalancer<RingHashConfig> {
  readonly #helper: ChannelControlHelper;
  readonly #sharding: EndpointSharding;
  #sizes: RingSizes = { minRingSize: 0, maxRingSize: 0 };
  #header: string | undefined;
  /** By the key of the endpoint. */
  #places: ReadonlyMap<string, RingPlace> = new Map();
  #built: BuiltRing | undefined;
  #state: ConnectivityState = "CONNECTING";
  #closed = false;

  constructor(helper: ChannelControlHelper) {
    this.#helper = helper;
    this.#sharding = new EndpointSharding(helper, {
      policy: NAME,
      autoReconnect: false,
      lazy: true,
      onChange: (state, picker, shards) => this.#onChange(state, picker, shards),
    });
  }

  update({ endpoints, config, attributes }: BalancerUpdate<RingHashConfig>): boolean {
    // Of duplicates the first counts, whatever order the children are in.
    const unique = new Map<string, Endpoint>();
    const places = new Map<string, RingPlace>();
    for (const endpoint of endpoints) {
      const key = endpointKey(endpoint);
      if (endpoint.addresses.length === 0 || unique.has(key)) continue;
      unique.set(key, endpoint);
      places.set(key, placeOf(endpoint));
    }
    const sizes = capRingSizes(config, this.#helper.context.ringSizeCap);
    if (!sameSizes(sizes, this.#sizes) || !samePlaces(places, this.#places)) this.#built = undefined;
    this.#sizes = sizes;
    this.#places = places;
    this.#header = config.requestHashHeader;
    return this.#sharding.update([...unique.values()], attributes);
  }

  resolverError(error: StatusError): void {
    this.#sharding.resolverError(error);
  }

  /** Endpoints connect when calls want them; without a call, one is enough to be READY. */
  exitIdle(): void {
    const { shards } = this.#sharding;
    if (!shards.some(({ state }) => state === "READY" || state === "CONNECTING")) this.#connectFirst(shards);
  }

  resetBackoff(): void {
    this.#sharding.resetBackoff();
  }

  close(): void {
    this.#closed = true;
    this.#sharding.close();
  }

  describe(): PolicyDescription {
    return {
      policy: NAME,
      state: this.#state,
      children: this.#sharding.describe(),
      detail: { ringSize: this.#built?.ring.size ?? 0 },
    };
  }

  #onChange(state: ConnectivityState, picker: Picker, shards: readonly Shard[]): void {
    if (this.#closed) return;
    if (shards.length === 0) {
      this.#state = state;
      this.#helper.updateState(state, picker);
      return;
    }
    this.#built ??= this.#build(shards);
    const { ring, members } = this.#built;
    this.#state = aggregate(shards);
    this.#helper.updateState(
      this.#state,
      new RingPicker(ring, members, this.#header, this.#helper.context.random),
    );
    // The publication may have led to anything.
    if (!this.#closed) this.#proceed();
  }

  /** A61: on the way out of failure one endpoint connects at a time, also if there are no calls. */
  #proceed(): void {
    const { shards } = this.#sharding;
    const state = aggregate(shards);
    if (state !== "CONNECTING" && state !== "TRANSIENT_FAILURE") return;
    if (!shards.some((shard) => shard.state === "CONNECTING")) this.#connectFirst(shards);
  }

  #connectFirst(shards: readonly Shard[]): void {
    let first: Shard | undefined;
    let least = "";
    for (const shard of shards) {
      if (shard.state !== "IDLE") continue;
      const { key } = this.#places.get(shard.key)!;
      if (first === undefined || key < least) {
        first = shard;
        least = key;
      }
    }
    first?.exitIdle();
  }

  #build(shards: readonly Shard[]): BuiltRing {
    const byKey = new Map(shards.map((shard) => [shard.key, shard]));
    const members = [...this.#places.keys()].map((key) => byKey.get(key)!);
    return { ring: new HashRing([...this.#places.values()], this.#sizes), members };
  }
}

/** An attribute that makes no sense is as good as none. */
function placeOf({ addresses, weight, hashKey }: Endpoint): RingPlace {
  const usable = weight !== undefined && weight > 0 && Number.isFinite(weight);
  return { key: hashKey || formatAddress(addresses[0]!), weight: usable ? weight : 1 };
}

function sameSizes(one: RingSizes, other: RingSizes): boolean {
  return one.minRingSize === other.minRingSize && one.maxRingSize === other.maxRingSize;
}

function samePlaces(one: ReadonlyMap<string, RingPlace>, other: ReadonlyMap<string, RingPlace>): boolean {
  if (one.size !== other.size) return false;
  for (const [endpoint, { key, weight }] of one) {
    const place = other.get(endpoint);
    if (place === undefined || place.key !== key || place.weight !== weight) return false;
  }
  return true;
}

/** A61: two failures are enough to be failing, so that a parent can turn elsewhere. */
function aggregate(shards: readonly Shard[]): ConnectivityState {
  let connecting = 0;
  let idle = 0;
  let failed = 0;
  for (const { state } of shards) {
    if (state === "READY") return "READY";
    if (state === "CONNECTING") connecting += 1;
    else if (state === "IDLE") idle += 1;
    else failed += 1;
  }
  if (failed >= 2) return "TRANSIENT_FAILURE";
  if (connecting > 0) return "CONNECTING";
  if (failed === 1 && shards.length > 1) return "CONNECTING";
  return idle > 0 ? "IDLE" : "TRANSIENT_FAILURE";
}
