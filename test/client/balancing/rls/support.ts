/** A route lookup policy with a fake channel around it, and a lookup server that answers what the test says. */
import { setImmediate } from "node:timers/promises";
import { BehaviorSubject } from "rxjs";
import { pickFirstPolicy } from "../../../../lib/client/balancing/pick-first.js";
import type { PickResult } from "../../../../lib/client/balancing/picker.js";
import type {
  BalancerUpdate,
  ControlChannel,
  ControlChannelOptions,
  LoadBalancer,
  LoadBalancerFactory,
  PolicyDescription,
} from "../../../../lib/client/balancing/policy.js";
import { rlsPolicy } from "../../../../lib/client/balancing/rls/rls.js";
import type { RlsConfig } from "../../../../lib/client/balancing/rls/rls-config.js";
import { roundRobinPolicy } from "../../../../lib/client/balancing/round-robin.js";
import { PickQueue } from "../../../../lib/client/call/pick-queue.js";
import type { ConnectivityState } from "../../../../lib/client/connectivity.js";
import { formatAddress } from "../../../../lib/client/naming/endpoint.js";
import { ConfigReader } from "../../../../lib/client/service-config/config-reader.js";
import { Metadata, type StatusError } from "../../../../lib/rpc/index.js";
import type { RouteLookupRequestInit, RouteLookupResponseInit } from "../../../../lib/schema/index.js";
import { deferred } from "../../../server/support.js";
import { endpoints, FakeHelper } from "../../doubles.js";

/** One that the policy has sent. */
export interface Lookup {
  readonly request: RouteLookupRequestInit;
  readonly deadlineMs: number | undefined;
  answer(response: RouteLookupResponseInit): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** Lets answers arrive, and what comes of them be published. */
export const settled = async (): Promise<void> => {
  await setImmediate();
  await setImmediate();
};

export class FakeControlChannel implements ControlChannel {
  readonly connectivity = new BehaviorSubject<ConnectivityState>("CONNECTING");
  readonly lookups: Lookup[] = [];
  closed = false;
  /** Answers at once, if it is set. */
  answer: ((request: RouteLookupRequestInit) => RouteLookupResponseInit) | undefined;

  constructor(
    readonly target: string,
    readonly options: ControlChannelOptions,
  ) {}

  client(): never {
    const routeLookup = (request: RouteLookupRequestInit, { deadlineMs }: { deadlineMs?: number } = {}) => {
      const { promise, resolve, reject } = deferred<object>();
      const complete = (response: RouteLookupResponseInit) =>
        resolve({ targets: [], headerData: "", extensions: [], ...response });
      this.lookups.push({
        request,
        deadlineMs,
        answer: (response) => {
          complete(response);
          return settled();
        },
        fail: (error) => {
          reject(error);
          return settled();
        },
      });
      if (this.answer !== undefined) complete(this.answer(request));
      return promise;
    };
    return { routeLookup } as never;
  }

  close(): void {
    this.closed = true;
  }
}

/** A call that was started. */
export interface Call {
  address: string | undefined;
  headers: Readonly<Record<string, string | Buffer>> | undefined;
  failure: StatusError | undefined;
  dropped: boolean;
}

/** As the reference's tests have it: the target is the address of a backend, in the field `Backend`. */
export interface BackendPolicy extends LoadBalancerFactory {
  readonly made: BackendBalancer[];
}

export class BackendBalancer implements LoadBalancer {
  readonly updates: BalancerUpdate[] = [];
  closed = false;
  errors = 0;
  exits = 0;

  constructor(
    readonly policy: string,
    readonly child: LoadBalancer,
  ) {}

  get target(): string {
    return String((this.updates.at(-1)!.config as { readonly Backend: string }).Backend);
  }

  update(received: BalancerUpdate): boolean {
    this.updates.push(received);
    return this.child.update({ ...received, endpoints: endpoints(this.target), config: { shuffle: false } });
  }
  resolverError(error: StatusError): void {
    this.errors += 1;
    this.child.resolverError(error);
  }
  exitIdle(): void {
    this.exits += 1;
    this.child.exitIdle();
  }
  resetBackoff(): void {
    this.child.resetBackoff();
  }
  close(): void {
    this.closed = true;
    this.child.close();
  }
  describe(): PolicyDescription {
    return this.child.describe();
  }
}

export function backendPolicy(name: string): BackendPolicy {
  const made: BackendBalancer[] = [];
  return {
    name,
    made,
    parseConfig: (reader) => {
      const backend = reader.string("Backend") ?? "";
      if (!/^(?:[\w.]+:\d+|target_name_to_be_filled_in_later)$/.test(backend) || reader.boolean("refuses")) {
        throw reader.error("Backend", "host:port", backend);
      }
      return reader.fields;
    },
    createBalancer: (helper) => {
      const balancer = new BackendBalancer(name, pickFirstPolicy.createBalancer(helper) as LoadBalancer);
      made.push(balancer);
      return balancer;
    },
  };
}

export const METHOD = "/test.Service/Method";

/** A complete config; the rest of it can be overridden. */
export function configJson(lookup: object = {}, rest: object = {}): object {
  return {
    routeLookupConfig: {
      grpcKeybuilders: [{ names: [{ service: "test.Service" }], headers: [{ key: "k", names: ["n"] }] }],
      lookupService: "dns:///lookup.test:1",
      cacheSizeBytes: 1000,
      maxAge: "100s",
      ...lookup,
    },
    childPolicy: [{ backend: {} }],
    childPolicyConfigTargetFieldName: "Backend",
    ...rest,
  };
}

export class RlsFixture extends FakeHelper {
  readonly channels: FakeControlChannel[] = [];
  readonly backend: BackendPolicy;
  readonly other: BackendPolicy;
  readonly policy: LoadBalancer<RlsConfig>;
  /** What every draw gives: no jitter of back-off, and no throttling after few failures. */
  readonly chance: { value: number };
  readonly #queue = new PickQueue();

  constructor(...policies: readonly LoadBalancerFactory[]) {
    const backend = backendPolicy("backend");
    const other = backendPolicy("other_backend");
    const chance = { value: 0.5 };
    super({
      random: () => chance.value,
      policies: [backend, other, roundRobinPolicy, pickFirstPolicy, ...policies],
    });
    this.chance = chance;
    this.backend = backend;
    this.other = other;
    this.policy = rlsPolicy.createBalancer(this);
  }

  override createControlChannel(target: string, options: ControlChannelOptions = {}): ControlChannel {
    const channel = new FakeControlChannel(target, options);
    this.channels.push(channel);
    return channel;
  }

  override updateState(...publication: Parameters<FakeHelper["updateState"]>): void {
    super.updateState(...publication);
    this.#queue?.publish(publication[1]);
  }

  parse(json: object): RlsConfig {
    return rlsPolicy.parseConfig(ConfigReader.of(json, ""), this.context.policies);
  }

  update(json: object = configJson(), list = endpoints("9.9.9.9:9")): boolean {
    return this.policy.update({ endpoints: list, config: this.parse(json), attributes: { seen: 1 } });
  }

  /** The newest one. */
  get channel(): FakeControlChannel {
    return this.channels.at(-1)!;
  }

  get lookups(): readonly Lookup[] {
    return this.channels.flatMap(({ lookups }) => lookups);
  }

  get detail(): Readonly<Record<string, unknown>> {
    return this.policy.describe().detail!;
  }

  /** How many picks a target has decided. */
  picksOf(target: string): { readonly picks: unknown; readonly defaultPicks: unknown } {
    const { picks, defaultPicks } = this.policy.describe().children!.find(({ name }) => name === target)!
      .detail!;
    return { picks, defaultPicks };
  }

  /** Starts a call with the header `n`, unless that is undefined; it waits if it has to. */
  call(n?: string, { path = METHOD, waitForReady = false } = {}): Call {
    const call: Call = { address: undefined, headers: undefined, failure: undefined, dropped: false };
    const metadata = new Metadata();
    if (n !== undefined) metadata.set("n", n);
    this.#queue.add({
      path,
      metadata,
      take: (result: PickResult) => {
        if (result.kind === "complete") {
          call.address = formatAddress(result.subchannel.address);
          call.headers = result.headers;
          result.onEnd?.({ started: true, code: 0, trailers: undefined, answered: true });
        } else if (result.kind === "drop" || (result.kind === "fail" && !waitForReady)) {
          call.failure = result.status;
          call.dropped = result.kind === "drop";
        }
        return call.address !== undefined || call.failure !== undefined;
      },
    });
    return call;
  }

  /** Calls, has the lookup answered, and connects to the targets. */
  async route(n: string, ...targets: readonly string[]): Promise<Call> {
    const call = this.call(n);
    await this.lookups.at(-1)!.answer({ targets });
    this.succeedAll();
    return call;
  }

  succeedAll(): void {
    for (const subchannel of this.alive) if (subchannel.status.state !== "READY") subchannel.succeed();
  }

  /** Has every lookup held back from now on: one has failed, and chance is against the next ones. */
  async throttle(): Promise<void> {
    this.call("overload");
    await this.lookups.at(-1)!.fail(new Error("overloaded"));
    this.chance.value = 0;
  }
}
