import type { Clock, StatusError } from "../../rpc/index.js";
import type { OrcaLoadReport } from "../../schema/index.js";
import type { Subchannel } from "../connection/subchannel.js";
import type { ConnectivityState } from "../connectivity.js";
import { type Address, formatAddress } from "../naming/endpoint.js";
import { readLoadReport } from "./load-report-trailer.js";
import { watchLoadReports } from "./load-report-watch.js";
import { createLeaf } from "./pick-first.js";
import type { AttemptOutcome, CompletePick, PickArgs, Picker, PickResult } from "./picker.js";
import {
  type BalancerUpdate,
  type ChannelControlHelper,
  childHelper,
  type LoadBalancer,
  type PolicyDescription,
} from "./policy.js";
import type { WeightedRoundRobinConfig } from "./weighted-round-robin-config.js";
import { EndpointWeight } from "./weighted-round-robin-weight.js";

/** What the endpoints of one policy share. */
export interface WeightedRoundRobinHost {
  /** The newest. */
  readonly config: WeightedRoundRobinConfig;
}

/** The child of one endpoint: a leaf, and what its backend reports; kept for as long as the endpoint is in the list. */
export class WeightedLeaf implements LoadBalancer {
  readonly weight = new EndpointWeight();
  readonly #helper: ChannelControlHelper;
  readonly #host: WeightedRoundRobinHost;
  readonly #leaf: LoadBalancer;
  /** The one that is READY. */
  #subchannel: Subchannel | undefined;
  #watched: { readonly intervalMs: number; readonly stop: () => void } | undefined;

  constructor(helper: ChannelControlHelper, host: WeightedRoundRobinHost) {
    this.#helper = helper;
    this.#host = host;
    const leaf = childHelper(helper, {
      createSubchannel: (address) => this.#createSubchannel(address),
      updateState: (state, picker) => this.#updateState(state, picker),
    });
    this.#leaf = createLeaf(leaf);
  }

  #createSubchannel(address: Address): Subchannel {
    const subchannel = this.#helper.createSubchannel(address);
    if (subchannel.status.state === "READY") this.#onReady(subchannel);
    // Before the leaf's own watch: a new connection has a clean slate when its picker is published.
    subchannel.watch(({ state }) => {
      if (state === "READY") this.#onReady(subchannel);
      else if (subchannel === this.#subchannel) this.#onLost();
    });
    return subchannel;
  }

  #onReady(subchannel: Subchannel): void {
    this.#onLost();
    this.#subchannel = subchannel;
    this.weight.reset();
    this.#adaptWatch();
  }

  #onLost(): void {
    this.#subchannel = undefined;
    this.#adaptWatch();
  }

  #updateState(state: ConnectivityState, picker: Picker): void {
    this.#helper.updateState(state, state === "READY" ? new WeightedEndpoint(picker, this) : picker);
  }

  update(update: BalancerUpdate): boolean {
    this.#adaptWatch();
    return this.#leaf.update(update);
  }

  /** Watches reports of the connection there is, at the interval of the newest config, or not at all. */
  #adaptWatch(): void {
    const { enableOobLoadReport, oobReportingPeriodMs: intervalMs } = this.#host.config;
    const subchannel = enableOobLoadReport ? this.#subchannel : undefined;
    const old = this.#watched;
    if (subchannel !== undefined && old?.intervalMs === intervalMs) return;
    this.#watched = undefined;
    if (subchannel !== undefined) {
      const { clock, random, logger } = this.#helper.context;
      const stop = watchLoadReports(subchannel, { intervalMs, clock, random, logger }, (report) =>
        this.#report(report),
      );
      this.#watched = { intervalMs, stop };
    }
    old?.stop();
  }

  #report(report: OrcaLoadReport): void {
    this.weight.report(report, this.#host.config, this.#clock.now());
  }

  /** A call has ended that was sent here. */
  onCallEnd(address: Address, { trailers }: AttemptOutcome): void {
    if (this.#host.config.enableOobLoadReport) return;
    let report: OrcaLoadReport | undefined;
    try {
      report = readLoadReport(trailers);
    } catch (error) {
      // It is no concern of the call.
      this.#helper.context.logger.debug(
        { address: formatAddress(address), error: (error as Error).message },
        "a load report cannot be read",
      );
    }
    if (report !== undefined) this.#report(report);
  }

  get #clock(): Clock {
    return this.#helper.context.clock;
  }

  resolverError(error: StatusError): void {
    this.#leaf.resolverError(error);
  }

  exitIdle(): void {
    this.#leaf.exitIdle();
  }

  resetBackoff(): void {
    this.#leaf.resetBackoff();
  }

  close(): void {
    this.#onLost();
    this.#leaf.close();
  }

  describe(): PolicyDescription {
    const description = this.#leaf.describe();
    return { ...description, detail: { ...description.detail, weight: this.weight.inUse } };
  }
}

/** A READY endpoint's picker: what is picked reads the call's load report at its end. */
export class WeightedEndpoint implements Picker {
  readonly weight: EndpointWeight;
  readonly #inner: Picker;
  readonly #leaf: WeightedLeaf;
  #innerResult: CompletePick | undefined;
  #result: CompletePick | undefined;

  constructor(inner: Picker, leaf: WeightedLeaf) {
    this.weight = leaf.weight;
    this.#inner = inner;
    this.#leaf = leaf;
  }

  pick(args: PickArgs): PickResult {
    const result = this.#inner.pick(args);
    if (result.kind !== "complete") return result;
    // A leaf gives the same result each time.
    if (result !== this.#innerResult || this.#result === undefined) {
      this.#innerResult = result;
      this.#result = this.#withReport(result);
    }
    return this.#result;
  }

  #withReport(result: CompletePick): CompletePick {
    const { subchannel, onEnd } = result;
    return {
      ...result,
      onEnd: (outcome) => {
        this.#leaf.onCallEnd(subchannel.address, outcome);
        onEnd?.(outcome);
      },
    };
  }
}
