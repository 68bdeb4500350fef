/** A balancer that tests play by hand, and a channel whose policy asks it. */
import { BehaviorSubject, Observable, type Subscriber } from "rxjs";
import { grpclbPolicy } from "../../../../lib/client/balancing/grpclb/grpclb.js";
import {
  type GrpclbConfig,
  parseGrpclbConfig,
} from "../../../../lib/client/balancing/grpclb/grpclb-config.js";
import { pickFirstPolicy } from "../../../../lib/client/balancing/pick-first.js";
import type { CompletePick, PickResult } from "../../../../lib/client/balancing/picker.js";
import type {
  LoadBalancer as Balancer,
  BalancerUpdate,
  ControlChannel,
  ControlChannelOptions,
} from "../../../../lib/client/balancing/policy.js";
import { roundRobinPolicy } from "../../../../lib/client/balancing/round-robin.js";
import type { CallOptions } from "../../../../lib/client/call/call-options.js";
import type { ConnectivityState } from "../../../../lib/client/connectivity.js";
import { type Endpoint, formatAddress } from "../../../../lib/client/naming/endpoint.js";
import { GRPCLB_BALANCERS } from "../../../../lib/client/naming/resolver.js";
import { ConfigReader } from "../../../../lib/client/service-config/config-reader.js";
import { Gate, withDemand } from "../../../../lib/flow/index.js";
import type { Random } from "../../../../lib/rpc/index.js";
import type {
  ClientStats,
  LoadBalanceRequest,
  LoadBalanceRequestInit,
  LoadBalanceResponse,
  LoadBalancerServer,
} from "../../../../lib/schema/index.js";
import { recordingLogger } from "../../../server/support.js";
import { address, endpoints, FakeHelper, okOutcome } from "../../doubles.js";

export function entry(text: string, token = "", drop = false): LoadBalancerServer {
  if (drop) return { ipAddress: Buffer.alloc(0), port: 0, loadBalanceToken: token, drop };
  const { host, port } = address(text) as { host: string; port: number };
  return { ipAddress: Buffer.from(host.split(".").map(Number)), port, loadBalanceToken: token, drop };
}

export const dropEntry = (token = "") => entry("", token, true);

/** One `BalanceLoad` stream, seen from the balancer. */
export class FakeStream {
  readonly requests: LoadBalanceRequest[] = [];
  cancelled = false;
  ended = false;
  /** Whether the transport takes another request. */
  readonly demand = new Gate(true);

  constructor(
    readonly options: CallOptions,
    readonly responses: Subscriber<LoadBalanceResponse>,
  ) {}

  /** The name of the initial request. */
  get name(): string | undefined {
    return this.requests[0]?.initialRequest?.name;
  }

  get reports(): ClientStats[] {
    return this.requests.flatMap(({ clientStats }) => clientStats ?? []);
  }

  welcome(reportSeconds?: number): void {
    const nanos = ((reportSeconds ?? 0) % 1) * 1e9;
    const interval = { seconds: String(Math.floor(reportSeconds ?? 0)), nanos };
    this.send({
      loadBalanceResponseType: "initialResponse",
      initialResponse: reportSeconds === undefined ? {} : { clientStatsReportInterval: interval },
    });
  }

  list(...servers: readonly LoadBalancerServer[]): void {
    this.send({ loadBalanceResponseType: "serverList", serverList: { servers: [...servers] } });
  }

  /** A list of addresses, each with a token of its own. */
  backends(...texts: readonly string[]): void {
    this.list(...texts.map((text, i) => entry(text, `token-${i}`)));
  }

  fallback(): void {
    this.send({ loadBalanceResponseType: "fallbackResponse", fallbackResponse: {} });
  }

  send(response: LoadBalanceResponse): void {
    this.responses.next(response);
  }

  end(error?: Error): void {
    this.ended = true;
    if (error === undefined) this.responses.complete();
    else this.responses.error(error);
  }
}

/** The channel to the balancers. */
export class FakeControl implements ControlChannel {
  readonly connectivity = new BehaviorSubject<ConnectivityState>("IDLE");
  readonly streams: FakeStream[] = [];
  /** As its resolver gives them. */
  balancers: readonly Endpoint[] = [];
  closed = false;

  constructor(
    readonly target: string,
    readonly options: ControlChannelOptions,
  ) {
    const { resolver } = options.resolvers![0]!;
    resolver
      .resolve(undefined as never, undefined as never)
      .subscribe((resolution) => (this.balancers = resolution.endpoints));
  }

  client(): never {
    return {
      balanceLoad: (requests: Observable<LoadBalanceRequestInit>, options: CallOptions) =>
        new Observable<LoadBalanceResponse>((subscriber) => {
          const stream = new FakeStream(options, subscriber);
          this.streams.push(stream);
          const sent = withDemand(stream.demand, () =>
            requests.subscribe((request) => stream.requests.push(request as LoadBalanceRequest)),
          );
          return () => {
            sent.unsubscribe();
            stream.cancelled = !stream.ended;
          };
        }),
    } as never;
  }

  get addresses(): string[] {
    return this.balancers.map(({ addresses }) => addresses.map(formatAddress).join());
  }

  close(): void {
    this.closed = true;
  }
}

export class GrpclbHelper extends FakeHelper {
  readonly controls: FakeControl[] = [];

  readonly logger: ReturnType<typeof recordingLogger>;

  constructor(random: Random = () => 0, endpoint = "svc/orders:80") {
    const logger = recordingLogger();
    const policies = [pickFirstPolicy, roundRobinPolicy];
    super({ random, policies, endpoint, authority: "authority.test", logger });
    this.logger = logger;
  }

  /** What was logged at these levels. */
  logged(...levels: readonly string[]): string[] {
    return this.logger.lines.filter(({ level }) => levels.includes(level)).map(({ message }) => message);
  }

  override createControlChannel(target: string, options: ControlChannelOptions = {}): ControlChannel {
    const control = new FakeControl(target, options);
    this.controls.push(control);
    return control;
  }

  /** The newest channel to balancers. */
  get control(): FakeControl {
    return this.controls.at(-1)!;
  }

  /** The newest stream on it. */
  get stream(): FakeStream {
    return this.control.streams.at(-1)!;
  }

  /** All that are not released become READY. */
  connectAll(): void {
    for (const subchannel of this.alive) if (subchannel.status.state !== "READY") subchannel.succeed();
  }

  completePick(): CompletePick {
    const result = this.pick();
    if (result.kind !== "complete") throw new Error(`the pick is ${result.kind}, not complete`);
    return result;
  }

  /** What so many calls, ended at once, meet with: the address, `drop`, `fail` or `queue`. */
  sequence(picks: number, outcome = okOutcome): string[] {
    return Array.from({ length: picks }, () => {
      const result = this.pick();
      if (result.kind !== "complete") return result.kind;
      result.onEnd?.(outcome);
      return formatAddress(result.subchannel.address);
    });
  }
}

export function tokenOf(result: PickResult): string | undefined {
  if (result.kind !== "complete") throw new Error(`the pick is ${result.kind}, not complete`);
  return result.headers?.["lb-token"] as string | undefined;
}

export interface Given {
  readonly balancers?: readonly Endpoint[] | Error;
  readonly fallback?: readonly string[];
  readonly config?: object;
}

export const BALANCER = "9.9.9.1:1";
export const OTHER_BALANCER = "9.9.9.2:2";

/** What the resolver gives. */
export function given(
  helper: FakeHelper,
  { balancers = endpoints(BALANCER), fallback = [], config = {} }: Given = {},
): BalancerUpdate<GrpclbConfig> {
  return {
    endpoints: endpoints(...fallback),
    attributes: Array.isArray(balancers) && balancers.length === 0 ? {} : { [GRPCLB_BALANCERS]: balancers },
    config: parse(config, helper),
  };
}

export function parse(config: object, helper: FakeHelper = new GrpclbHelper()): GrpclbConfig {
  return parseGrpclbConfig(ConfigReader.of(config, "grpclb"), helper.context.policies);
}

export interface Started {
  readonly helper: GrpclbHelper;
  readonly balancer: Balancer<GrpclbConfig>;
  /** Another word of the resolver. False if it cannot be used. */
  give(what?: Given): boolean;
}

/** A policy to which the resolver has given something. */
export function start(what: Given = {}, random?: Random, endpoint?: string): Started {
  const helper = new GrpclbHelper(random, endpoint);
  const balancer = grpclbPolicy.createBalancer(helper) as Balancer<GrpclbConfig>;
  const give = (next: Given = {}) => balancer.update(given(helper, next));
  give(what);
  return { helper, balancer, give };
}

/** One whose balancer has greeted and listed these, which are all READY. */
export function serving(texts: readonly string[], what: Given = {}, random?: Random): Started {
  const started = start(what, random);
  const { helper } = started;
  helper.stream.welcome();
  helper.stream.backends(...texts);
  helper.connectAll();
  return started;
}
