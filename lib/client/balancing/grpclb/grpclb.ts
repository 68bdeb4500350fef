/**
 * `grpclb`: a balancer says where calls go (grpc.lb.v1). The resolver gives the addresses of balancers; one of them
 * streams lists of backends, with tokens for the calls to them and with instructions to drop some, and is told how the
 * calls went. While there is no list, the resolver's ordinary addresses are used: the fallback.
 *
 * ```text
 * starting ──list──> list ──no balancer and nobody READY, or the balancer says so──> fallback ──list──> list
 *     └──────────time-out, no balancer can be reached, or its stream ends──────────────^
 * ```
 */
import { MAX_TIMER_MS, StatusError } from "../../../rpc/index.js";
import type { LoadBalancerServer } from "../../../schema/index.js";
import type { Subchannel } from "../../connection/subchannel.js";
import type { ConnectivityState } from "../../connectivity.js";
import type { Endpoint } from "../../naming/endpoint.js";
import { failPicker, type Picker, queuePicker } from "../picker.js";
import {
  type BalancerUpdate,
  type ChannelControlHelper,
  childHelper,
  type LoadBalancer,
  type LoadBalancerFactory,
  type PolicyDescription,
} from "../policy.js";
import { ActiveBackends } from "./active-backends.js";
import { BalancerLink } from "./balancer-link.js";
import { CallCounts } from "./call-counts.js";
import { CalmLog } from "./calm-log.js";
import { readBalancers } from "./given-balancers.js";
import { type GrpclbConfig, MAX_NAME_BYTES, parseGrpclbConfig } from "./grpclb-config.js";
import { ListInUse } from "./list-in-use.js";
import { createListedBackends } from "./listed-backends.js";
import { SubchannelCache } from "./subchannel-cache.js";

export const grpclbPolicy: LoadBalancerFactory<GrpclbConfig> = {
  name: "grpclb",
  parseConfig: parseGrpclbConfig,
  createBalancer: (helper) => new Grpclb(helper),
};

class Grpclb implements LoadBalancer<GrpclbConfig> {
  readonly #helper: ChannelControlHelper;
  /** What the child has while there is a list: its connections outlive it for a while. */
  readonly #listHelper: ChannelControlHelper;
  readonly #cache: SubchannelCache;
  readonly #counts = new CallCounts();
  readonly #log: CalmLog;
  #mode: "starting" | "list" | "fallback" = "starting";
  /** The resolver's last word; undefined until it gave something. */
  #given: BalancerUpdate<GrpclbConfig> | undefined;
  /** The balancers of the last list of them that could be had. */
  #balancers: readonly Endpoint[] = [];
  #link: BalancerLink | undefined;
  #fallbackReason = "";
  #startTimer: unknown;
  /** The list in use. */
  #list: ListInUse | undefined;
  /** Whether the list in use, sent again, says nothing new. */
  #listIsFresh = false;
  #backends: ActiveBackends | undefined;
  #state: ConnectivityState = "CONNECTING";
  #closed = false;

  constructor(helper: ChannelControlHelper) {
    this.#helper = helper;
    this.#log = new CalmLog(helper.context);
    this.#cache = new SubchannelCache(helper.context.clock);
    this.#listHelper = childHelper(helper, {
      createSubchannel: (address) =>
        this.#cache.lease(
          address,
          () => helper.createSubchannel(address),
          (subchannel) => this.#keeps(subchannel),
        ),
      // The balancer knows where backends are, not the resolver.
      requestReresolution: () => undefined,
    });
  }

  update(update: BalancerUpdate<GrpclbConfig>): boolean {
    const { balancers, failure, odd } = readBalancers(update.attributes);
    if (odd.length > 0) this.#log.warn({ odd }, "the resolver gave balancers of grpclb that make no sense");
    const whyNone = failure === undefined ? "there are no balancers" : `no balancers: ${failure.message}`;
    const accepted = this.#take(update, failure === undefined ? balancers : this.#balancers, whyNone);
    // Balancers that could not be had are asked for again, with back-off.
    return accepted && failure === undefined;
  }

  #take(update: BalancerUpdate<GrpclbConfig>, balancers: readonly Endpoint[], whyNone: string): boolean {
    if (balancers.length + update.endpoints.length === 0) {
      if (this.#given === undefined) this.#fail("name resolver error: produced zero addresses");
      return false;
    }
    const before = this.#given?.config;
    const { config } = update;
    this.#given = update;
    this.#balancers = balancers;
    if (before === undefined) this.#publish("CONNECTING", queuePicker);
    if (this.#closed) return true;
    if (before !== undefined && before.child.factory !== config.child.factory) this.#closeBackends();
    const mode = this.#mode;
    if (balancers.length === 0) this.#leaveBalancers(whyNone);
    else this.#askBalancers(config);
    // One that was just entered has the update already.
    if (this.#closed || mode !== this.#mode) return true;
    if (mode === "fallback") return this.#useFallback();
    if (mode === "list" && before?.child !== config.child) this.#useList();
    this.#fallBackIfLost();
    return true;
  }

  #leaveBalancers(reason: string): void {
    this.#link?.close();
    this.#link = undefined;
    this.#counts.forget();
    this.#enterFallback(reason);
  }

  #askBalancers(config: GrpclbConfig): void {
    const { context } = this.#helper;
    const balancers = this.#balancers;
    const name = config.serviceName === "" ? context.endpoint : config.serviceName;
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
      // Only that of the target can be: a config is refused.
      this.#leaveBalancers(
        `the target is longer than the ${MAX_NAME_BYTES} bytes of a name: set serviceName`,
      );
    } else if (this.#link !== undefined) {
      const reopened = this.#link.setBalancers(balancers);
      const renamed = this.#link.setName(name);
      if (renamed) this.#counts.forget();
      if (renamed || reopened) this.#listIsFresh = false;
    } else {
      if (this.#mode === "starting") this.#startWaiting(config.initialFallbackTimeoutMs);
      this.#link = new BalancerLink(
        { context, counts: this.#counts, log: this.#log, balancers, name },
        {
          onServers: (servers) => this.#onServers(servers),
          onFallback: () => this.#enterFallback("the balancer says so"),
          onLost: () => this.#onLost(),
          onUnreachable: () => {
            if (this.#mode === "starting") this.#enterFallback("no balancer can be reached");
          },
        },
      );
      this.#link.start();
    }
  }

  #startWaiting(timeoutMs: number): void {
    const { clock } = this.#helper.context;
    this.#startTimer = clock.setTimeout(
      () => this.#enterFallback(`there is no list within ${timeoutMs} ms`),
      Math.min(timeoutMs, MAX_TIMER_MS),
    );
  }

  #onServers(servers: readonly LoadBalancerServer[]): void {
    if (this.#closed) return;
    if (this.#listIsFresh && this.#list?.consistsOf(servers) === true) return;
    this.#helper.context.clock.clearTimeout(this.#startTimer);
    const list = new ListInUse(servers, this.#counts);
    list.tell(this.#log);
    if (this.#mode === "fallback") this.#leaveMode();
    this.#mode = "list";
    this.#list = list;
    this.#listIsFresh = true;
    this.#useList();
  }

  #onLost(): void {
    this.#listIsFresh = false;
    this.#helper.requestReresolution();
    if (this.#mode === "starting") this.#enterFallback("the balancer ended its stream without a list");
    else this.#fallBackIfLost();
  }

  /** True if it did: there is neither a balancer nor a backend of its list, but there are other addresses. */
  #fallBackIfLost(): boolean {
    if (this.#closed || this.#mode !== "list" || this.#backends?.state === "READY") return false;
    // Without them, backends of the last list that come back are the only hope.
    if (this.#link?.inContact === true || this.#given!.endpoints.length === 0) return false;
    this.#enterFallback("the balancer is lost, and no backend is READY");
    return true;
  }

  #enterFallback(reason: string): void {
    if (this.#closed) return;
    this.#fallbackReason = reason;
    if (this.#mode === "fallback") return;
    this.#helper.context.clock.clearTimeout(this.#startTimer);
    this.#log.warn({ reason }, "grpclb falls back to the addresses of the resolver");
    this.#leaveMode();
    this.#mode = "fallback";
    this.#list = undefined;
    this.#listIsFresh = false;
    this.#useFallback();
  }

  /** False if the resolver's addresses cannot be used. */
  #useFallback(): boolean {
    const { endpoints, attributes, config } = this.#given!;
    if (endpoints.length === 0) {
      this.#closeBackends();
      this.#fail(
        `grpclb has no list of a balancer, and the resolver gave no addresses to fall back to: ${this.#fallbackReason}`,
      );
      return true;
    }
    this.#backends ??= new ActiveBackends({
      helper: this.#helper,
      createChild: (helper) => config.child.factory.createBalancer(helper),
      onChange: () => this.#publishBackends(),
    });
    const accepted = this.#backends.update({ endpoints, attributes, config: config.child.config });
    this.#publishBackends();
    return accepted;
  }

  #useList(): void {
    const { attributes, config } = this.#given!;
    this.#backends ??= new ActiveBackends({
      helper: this.#listHelper,
      createChild: (helper) => createListedBackends(config, helper, this.#counts),
      onChange: () => {
        if (!this.#fallBackIfLost()) this.#publishBackends();
      },
    });
    const endpoints = this.#list!.backends;
    this.#backends.update({ endpoints, attributes, config: config.child.config });
    this.#publishBackends();
  }

  /** A backend that is no longer listed is kept; an address that `pick_first` has lost interest in is not. */
  #keeps({ status }: Subchannel): boolean {
    if (this.#closed) return false;
    return this.#given!.config.mode === "round_robin" || status.state !== "CONNECTING";
  }

  #closeBackends(): void {
    this.#backends?.close();
    this.#backends = undefined;
  }

  /** Between list and fallback no connection is shared. */
  #leaveMode(): void {
    this.#closeBackends();
    this.#cache.clear();
  }

  #publishBackends(): void {
    const backends = this.#backends;
    if (backends === undefined) return;
    const { state, picker } = backends;
    this.#publish(state, this.#list?.picker(state, picker) ?? picker);
  }

  #fail(text: string): void {
    this.#publish("TRANSIENT_FAILURE", failPicker(StatusError.unavailable(text)));
  }

  #publish(state: ConnectivityState, picker: Picker): void {
    if (this.#closed) return;
    this.#state = state;
    this.#helper.updateState(state, picker);
  }

  resolverError(error: StatusError): void {
    if (this.#given === undefined) this.#fail(`name resolver error: ${error.text}`);
    else if (this.#mode === "fallback") this.#backends?.resolverError(error);
  }

  exitIdle(): void {
    this.#backends?.exitIdle();
  }

  resetBackoff(): void {
    this.#backends?.resetBackoff();
    this.#link?.resetBackoff();
  }

  close(): void {
    this.#closed = true;
    this.#helper.context.clock.clearTimeout(this.#startTimer);
    this.#link?.close();
    this.#closeBackends();
    this.#cache.clear();
  }

  describe(): PolicyDescription {
    const children = this.#backends === undefined ? [] : [{ name: this.#mode, ...this.#backends.describe() }];
    return {
      policy: grpclbPolicy.name,
      state: this.#state,
      children,
      detail: { mode: this.#mode, ...this.#link?.describe() },
    };
  }
}
