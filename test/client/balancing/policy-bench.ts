/** A policy on the bench: a fake channel around it, and calls that wait as they do in a real one. */
import type { PickResult } from "../../../lib/client/balancing/picker.js";
import type { LoadBalancer, LoadBalancerFactory } from "../../../lib/client/balancing/policy.js";
import { PickQueue } from "../../../lib/client/call/pick-queue.js";
import { formatAddress } from "../../../lib/client/naming/endpoint.js";
import { Metadata, type StatusError } from "../../../lib/rpc/index.js";
import { endpoints, FakeHelper, type FakeHelperOptions, type FakeSubchannel, update } from "../doubles.js";

/** A call that was started on a fake channel. */
export interface BenchCall {
  /** Where it went. */
  address: string | undefined;
  failure: StatusError | undefined;
}

export class Bench<Config = unknown> extends FakeHelper {
  readonly policy: LoadBalancer<Config>;
  readonly #queue = new PickQueue();
  readonly #config: Config;

  constructor(factory: LoadBalancerFactory<Config>, config: Config, options: FakeHelperOptions = {}) {
    super(options);
    this.#config = config;
    this.policy = factory.createBalancer(this);
  }

  override updateState(...publication: Parameters<FakeHelper["updateState"]>): void {
    super.updateState(...publication);
    this.#queue?.publish(publication[1]);
  }

  /** Gives the policy a list: `"1.1.1.1:1"` is an endpoint of one address, `["…", "…"]` one of several. */
  resolve(...texts: readonly (string | readonly string[])[]): boolean {
    return this.policy.update(update(endpoints(...texts), this.#config));
  }

  /** Starts a call, which waits if it has to. */
  call({ waitForReady = false } = {}): BenchCall {
    const call: BenchCall = { address: undefined, failure: undefined };
    this.#queue.add({
      path: "/service/Method",
      metadata: new Metadata(),
      take: (result: PickResult) => {
        if (result.kind === "complete") call.address = formatAddress(result.subchannel.address);
        else if (result.kind === "drop" || (result.kind === "fail" && !waitForReady))
          call.failure = result.status;
        return call.address !== undefined || call.failure !== undefined;
      },
    });
    return call;
  }

  /** Names of the subchannels that are being connected or are connected. */
  get busy(): readonly string[] {
    return this.alive.filter(({ status }) => status.state !== "IDLE").map(({ name }) => name);
  }

  /** Forgets what was published. */
  forget(): void {
    this.published.length = 0;
  }

  /** All living subchannels connect. */
  succeedAll(): void {
    for (const subchannel of this.alive) succeed(subchannel);
  }
}

function succeed(subchannel: FakeSubchannel): void {
  if (subchannel.status.state !== "READY") subchannel.succeed();
}

/** Lets what waits for a microtask happen. */
export const microtasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
