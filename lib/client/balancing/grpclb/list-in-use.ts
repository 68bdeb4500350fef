import { StatusError } from "../../../rpc/index.js";
import type { LoadBalancerServer } from "../../../schema/index.js";
import type { ConnectivityState } from "../../connectivity.js";
import type { Endpoint } from "../../naming/endpoint.js";
import { failPicker, type Picker } from "../picker.js";
import type { CallCounts } from "./call-counts.js";
import type { CalmLog } from "./calm-log.js";
import { DropSequence } from "./drop-sequence.js";
import { MAX_BACKENDS, readServerList, type ServerList, sameServers } from "./server-list.js";

const nobodyListed = failPicker(
  StatusError.unavailable("all SubConns are in TransientFailure: the balancer's list names no backend"),
);

/** The list of the balancer that calls go by, and how far its drops have got. */
export class ListInUse {
  readonly #content: ServerList;
  readonly #drops: DropSequence;

  constructor(servers: readonly LoadBalancerServer[], counts: CallCounts) {
    this.#content = readServerList(servers);
    this.#drops = new DropSequence(servers, counts);
  }

  get backends(): readonly Endpoint[] {
    return this.#content.backends;
  }

  tell(log: CalmLog): void {
    const { backends, drops, unusable, excess } = this.#content;
    log.info({ backends: backends.length, drops }, "grpclb has a list of the balancer");
    if (unusable > 0) log.warn({ unusable }, "the balancer of grpclb lists what cannot be used");
    if (excess > 0)
      log.warn({ excess, most: MAX_BACKENDS }, "the balancer of grpclb lists more backends than are used");
  }

  consistsOf(servers: readonly LoadBalancerServer[]): boolean {
    return sameServers(servers, this.#content.servers);
  }

  /** Calls are dropped while there are backends that they could go to, or if the list consists of nothing else. */
  picker(state: ConnectivityState, inner: Picker): Picker {
    const { backends, drops } = this.#content;
    if (drops === "all" || (drops === "some" && state === "READY")) return this.#drops.picker(inner);
    return backends.length === 0 ? nobodyListed : inner;
  }
}
