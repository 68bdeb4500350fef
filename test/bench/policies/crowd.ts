/** A policy above thousands of endpoints that are all connected, or would be if they were wanted. */
import { setImmediate as turn } from "node:timers/promises";
import { builtinPolicies } from "../../../lib/client/balancing/builtin-policies.js";
import type { PolicyChoice } from "../../../lib/client/balancing/policy-registry.js";
import {
  type Address,
  type AttemptOutcome,
  addressKey,
  type CompletePick,
  type ConnectivityState,
  type ControlChannel,
  type ControlChannelOptions,
  type Endpoint,
  type LoadBalancer,
  type PickArgs,
  type Picker,
  type PickResult,
  queuePicker,
  type Subchannel,
} from "../../../lib/client/index.js";
import { Metadata } from "../../../lib/rpc/index.js";
import { FakeHelper, FakeSubchannel, seeded } from "../../client/doubles.js";
import type { ControlPlane } from "./control-planes.js";
import { benchPolicies, type PolicySetup, ringSizeCap, SERVICE } from "./setups.js";

/** Within so many turns of the event loop everything is connected. */
const maxTurns = 1000;

const path = `/${SERVICE}/Echo`;
/** So many users take turns to call. */
const users = 1000;

/** Calls that differ in their hash and their user. */
const calls: readonly PickArgs[] = createCalls(4096);

export class Crowd extends FakeHelper {
  readonly size: number;
  picker: Picker = queuePicker;
  /** Subchannels made since the last {@link forget}. */
  made = 0;
  /** Subchannels let go since then, by their address. */
  readonly dropped = new Set<string>();
  readonly #living = new Map<string, FakeSubchannel>();
  readonly #controlPlane: ControlPlane | undefined;
  readonly #balancer: LoadBalancer;
  readonly #choice: PolicyChoice;

  constructor(setup: PolicySetup, size: number) {
    super({ policies: [...builtinPolicies, ...benchPolicies], random: seeded(size), ringSizeCap });
    this.size = size;
    this.#controlPlane = setup.createControlPlane?.();
    this.#choice = this.context.policies.choose([setup.config(size)], setup.name);
    this.#balancer = this.#choice.factory.createBalancer(this);
  }

  /** The policy of a setup, with this many endpoints, after what it needs to be as in the midst of its work. */
  static async gather(setup: PolicySetup, size: number): Promise<Crowd> {
    const crowd = new Crowd(setup, size);
    crowd.update(createEndpoints(setup, size));
    await crowd.connect();
    setup.warmUp?.(crowd);
    return crowd;
  }

  override createSubchannel(address: Address): Subchannel {
    const key = addressKey(address);
    const subchannel = new CountedSubchannel(address, () => {
      this.dropped.add(key);
      if (this.#living.get(key) === subchannel) this.#living.delete(key);
    });
    this.#living.set(key, subchannel);
    this.made += 1;
    return subchannel;
  }

  override updateState(_state: ConnectivityState, picker: Picker): void {
    this.picker = picker;
  }

  override createControlChannel(target: string, options: ControlChannelOptions = {}): ControlChannel {
    return this.#controlPlane!.createChannel(target, options);
  }

  /** The list reaches the policy by way of the resolver, or of somebody whom it asks. */
  update(endpoints: readonly Endpoint[]): void {
    const { config } = this.#choice;
    const given =
      this.#controlPlane === undefined ? { endpoints, attributes: {} } : this.#controlPlane.tell(endpoints);
    if (given !== undefined && !this.#balancer.update({ ...given, config })) {
      throw new Error("the policy has refused the list");
    }
  }

  /** Whatever the policy wants connected is, also what it only wants once calls come. */
  async connect(): Promise<void> {
    let isComplete = false;
    for (let turns = 0; !isComplete; turns++) {
      if (turns === maxTurns) throw new Error(`calls still wait after ${maxTurns} turns`);
      for (const subchannel of this.#living.values()) {
        if (subchannel.status.state === "CONNECTING") subchannel.become("READY");
      }
      isComplete = true;
      for (let index = 0; index < calls.length; index++) if (!this.#endOne(index)) isComplete = false;
      // Policies wake endpoints behind the pick that wants them.
      await turn();
    }
  }

  forget(): void {
    this.made = 0;
    this.dropped.clear();
  }

  /** False if a call would have to wait. */
  #endOne(index: number): boolean {
    const result = this.tryPick(index);
    if (result.kind === "complete") result.onEnd?.(notStarted);
    return result.kind !== "queue";
  }

  tryPick(index: number): PickResult {
    return this.picker.pick(calls[index % calls.length]!);
  }

  /** Throws an Error unless a connection takes the call. */
  pickOne(index: number): CompletePick {
    const result = this.tryPick(index);
    if (result.kind !== "complete") throw new Error(`a pick is ${result.kind}, not complete`);
    return result;
  }
}

const notStarted: AttemptOutcome = { started: false, code: 1, trailers: undefined, answered: false };

class CountedSubchannel extends FakeSubchannel {
  readonly #onRelease: () => void;

  constructor(address: Address, onRelease: () => void) {
    super(address);
    this.#onRelease = onRelease;
  }

  override release(): void {
    if (!this.released) this.#onRelease();
    super.release();
  }
}

/** A list as a resolver gives it: all objects are new. The one at `changed` has moved to another address each time. */
export function createEndpoints(
  setup: PolicySetup,
  size: number,
  changed?: { readonly index: number; readonly port: number },
): readonly Endpoint[] {
  return Array.from({ length: size }, (_, index) => ({
    addresses: [
      {
        host: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
        port: index === changed?.index ? changed.port : 50051,
      },
    ],
    ...setup.attributes?.(index, size),
  }));
}

function createCalls(count: number): readonly PickArgs[] {
  const random = seeded(1);
  const word = (): bigint => BigInt(Math.floor(random() * 2 ** 32));
  const headers = Array.from({ length: users }, (_, user) => {
    const metadata = new Metadata();
    metadata.set("user", `user-${user}`);
    return metadata;
  });
  return Array.from({ length: count }, (_, index) => ({
    path,
    metadata: headers[index % users]!,
    requestHash: (word() << 32n) | word(),
  }));
}
