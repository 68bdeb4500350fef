import { StatusError } from "../../../rpc/index.js";
import type { LoadBalancerServer } from "../../../schema/index.js";
import type { PickArgs, Picker, PickResult } from "../picker.js";
import type { CallCounts } from "./call-counts.js";

const dropped: PickResult = { kind: "drop", status: StatusError.unavailable("request dropped by grpclb") };

/** Goes through the whole list of the balancer, entry by entry: the call whose entry says so is dropped. */
export class DropSequence {
  readonly #servers: readonly LoadBalancerServer[];
  readonly #counts: CallCounts;
  #next = 0;

  constructor(servers: readonly LoadBalancerServer[], counts: CallCounts) {
    this.#servers = servers;
    this.#counts = counts;
  }

  /** Drops a call, or asks the other picker, which has its own turns. */
  pick(inner: Picker, args: PickArgs): PickResult {
    const { drop, loadBalanceToken } = this.#servers[this.#next]!;
    this.#next = (this.#next + 1) % this.#servers.length;
    if (!drop) return inner.pick(args);
    this.#counts.drop(loadBalanceToken);
    return dropped;
  }

  /** A picker that goes on where the one before it has got to. */
  picker(inner: Picker): Picker {
    return { pick: (args) => this.pick(inner, args) };
  }
}
