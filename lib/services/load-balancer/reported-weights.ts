import { Observable, type OperatorFunction, type Subscription } from "rxjs";
import {
  Backoff,
  type Channel,
  type ChannelOptions,
  ConfigReader,
  createChannel,
  createClient,
  EndpointWeight,
  parseWeightedRoundRobinConfig,
  WeightCounters,
  type WeightedRoundRobinConfig,
  type WeightedRoundRobinOptions,
  weightedRoundRobin,
} from "../../client/index.js";
import { type Clock, type Logger, type Random, StatusError } from "../../rpc/index.js";
import { OpenRcaService } from "../../schema/index.js";
import { type Backend, backendAddress } from "./backend-list.js";

/** Which reports to ask for, and what they weigh (A58). */
export interface ReportedWeightsOptions extends Omit<WeightedRoundRobinOptions, "enableOobLoadReport"> {
  /** How often clients are told of other weights, in milliseconds; at least 100. Default: 10,000. */
  readonly weightUpdatePeriodMs?: number;
  /** How backends are reached: TLS, keepalive. */
  readonly channel?: ChannelOptions;
}

interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Throws an Error for options that make no sense. */
export function weightConfig({ channel: _, ...options }: ReportedWeightsOptions): WeightedRoundRobinConfig {
  const policy = weightedRoundRobin({ weightUpdatePeriodMs: 10_000, ...options });
  return parseWeightedRoundRobinConfig(ConfigReader.of(Object.values(policy)[0], "loadReports"));
}

/** Asks each backend for load reports, and says what they weigh by them; those who say nothing are in the middle. */
export function withReportedWeights(
  options: ReportedWeightsOptions,
  surroundings: Surroundings,
): OperatorFunction<readonly Backend[], readonly Backend[]> {
  const config = weightConfig(options);
  return (lists) =>
    new Observable((subscriber) => {
      const scales = new Map<string, Scale>();
      let backends: readonly Backend[] | undefined;
      let timer: unknown;
      const publish = (): void => {
        if (backends !== undefined) subscriber.next(weigh(backends, scales, config, surroundings.clock));
      };
      const tick = (): void => {
        timer = surroundings.clock.setTimeout(tick, config.weightUpdatePeriodMs);
        publish();
      };
      tick();
      subscriber.add(() => {
        surroundings.clock.clearTimeout(timer);
        for (const scale of scales.values()) scale.close();
      });
      subscriber.add(
        lists.subscribe({
          next: (list) => {
            backends = list;
            const addresses = new Set(list.map(backendAddress));
            for (const [address, scale] of scales) {
              if (addresses.has(address)) continue;
              scales.delete(address);
              scale.close();
            }
            for (const address of addresses) {
              if (!scales.has(address))
                scales.set(address, new Scale(address, config, options.channel, surroundings));
            }
            publish();
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}

function weigh(
  backends: readonly Backend[],
  scales: ReadonlyMap<string, Scale>,
  config: WeightedRoundRobinConfig,
  clock: Clock,
): readonly Backend[] {
  const counters = new WeightCounters();
  const weights = backends.map((backend) =>
    scales.get(backendAddress(backend))!.weight.read(config, clock.now(), counters),
  );
  const known = weights.filter((weight) => weight > 0);
  // A58: what is not known is taken for the mean of the others.
  const mean = known.length === 0 ? 1 : known.reduce((sum, weight) => sum + weight, 0) / known.length;
  return backends.map((backend, index) => ({
    ...backend,
    weight: weights[index]! > 0 ? weights[index]! : mean,
  }));
}

/** Hears the load reports of one backend, for as long as there are any to be had. */
class Scale {
  readonly weight = new EndpointWeight();
  readonly #channel: Channel;
  readonly #address: string;
  readonly #config: WeightedRoundRobinConfig;
  readonly #surroundings: Surroundings;
  readonly #backoff: Backoff;
  #reports: Subscription | undefined;
  #timer: unknown;

  constructor(
    address: string,
    config: WeightedRoundRobinConfig,
    options: ChannelOptions | undefined,
    surroundings: Surroundings,
  ) {
    this.#address = address;
    this.#config = config;
    this.#surroundings = surroundings;
    this.#backoff = new Backoff(surroundings.random);
    this.#channel = createChannel(`static:///${address}`, options);
    this.#ask();
  }

  close(): void {
    this.#surroundings.clock.clearTimeout(this.#timer);
    this.#reports?.unsubscribe();
    void this.#channel.close();
  }

  #ask(): void {
    const { clock, logger } = this.#surroundings;
    const client = createClient(OpenRcaService, this.#channel, { inherit: false, waitForReady: true });
    const { oobReportingPeriodMs } = this.#config;
    const reportInterval = {
      seconds: Math.floor(oobReportingPeriodMs / 1000),
      nanos: Math.floor((oobReportingPeriodMs % 1000) * 1e6),
    };
    const retry = (reason: string): void => {
      logger.debug({ backend: this.#address, reason }, "no load reports");
      // Another process may answer at the address by then.
      this.weight.reset();
      this.#timer = clock.setTimeout(() => this.#ask(), this.#backoff.nextMs());
    };
    this.#reports = client.streamCoreMetrics({ reportInterval }).subscribe({
      next: (report) => {
        this.#backoff.reset();
        this.weight.report(report, this.#config, clock.now());
      },
      error: (error: unknown) => retry(error instanceof StatusError ? error.message : String(error)),
      complete: () => retry("the stream has ended"),
    });
  }
}
