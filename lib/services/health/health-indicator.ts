import {
  Inject,
  Injectable,
  type InjectionToken,
  injectionToken,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  Optional,
} from "../../app/index.js";
import { type Clock, consoleLogger, type Logger, systemClock } from "../../rpc/index.js";
import { HealthStatuses } from "./health-statuses.js";

/** Tells whether something that services depend on is well: a database, a queue, the disk. */
export interface HealthIndicator {
  /** The services that depend on it, `""` for the server as a whole. Default: all of them. */
  readonly services?: readonly string[];
  /** Asked for each of its services, again and again. `false`, or anything thrown, is NOT_SERVING. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a check that only throws returns nothing.
  check(service: string): boolean | void | Promise<boolean | void>;
}

export interface HealthOptions {
  readonly indicators?: readonly HealthIndicator[];
  /** From the end of one round of checks to the next, in milliseconds. Default: 5,000. */
  readonly intervalMs?: number;
  /** A check that takes longer has failed. Default: 2,000. */
  readonly timeoutMs?: number;
  /** Told when checks begin to fail, and when they are well again. Default: the console. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

export const HEALTH_OPTIONS: InjectionToken<HealthOptions> = injectionToken<HealthOptions>("HEALTH_OPTIONS");

/** Asks all indicators before the application listens, and then in rounds. */
@Injectable()
export class HealthRounds implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #statuses: HealthStatuses;
  readonly #indicators: readonly HealthIndicator[];
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #logger: Logger;
  readonly #clock: Clock;
  /** Checks that have not ended, perhaps since several rounds. */
  readonly #running = new Map<HealthIndicator, Set<string>>();
  /** Why a service is not well, as far as the log knows. */
  readonly #failing = new Map<string, string>();
  #timer: unknown;
  #stopped = false;

  constructor(
    @Inject(HealthStatuses) statuses: HealthStatuses,
    @Optional() @Inject(HEALTH_OPTIONS) options: HealthOptions = {},
  ) {
    this.#statuses = statuses;
    this.#indicators = options.indicators ?? [];
    this.#intervalMs = positive("intervalMs", options.intervalMs ?? 5000);
    this.#timeoutMs = positive("timeoutMs", options.timeoutMs ?? 2000);
    this.#logger = options.logger ?? consoleLogger;
    this.#clock = options.clock ?? systemClock;
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.#indicators.length > 0) await this.#round();
  }

  onModuleDestroy(): void {
    this.#stopped = true;
    this.#clock.clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    const services = new Set(this.#statuses.list().keys());
    for (const indicator of this.#indicators) for (const each of indicator.services ?? []) services.add(each);
    await Promise.all(Array.from(services, (service) => this.#judge(service)));
    if (this.#stopped) return;
    this.#timer = this.#clock.setTimeout(() => void this.#round(), this.#intervalMs);
  }

  async #judge(service: string): Promise<void> {
    const asked = this.#indicators.filter(({ services }) => services?.includes(service) ?? true);
    if (asked.length === 0) return;
    const failures = await Promise.all(asked.map((indicator) => this.#ask(indicator, service)));
    if (this.#stopped) return;
    this.#log(
      service,
      failures.find((failure) => failure !== undefined),
    );
    this.#statuses.indicate(
      service,
      failures.every((failure) => failure === undefined),
    );
  }

  /** Why the check failed, if it did. Never rejects. */
  async #ask(indicator: HealthIndicator, service: string): Promise<string | undefined> {
    const running = this.#running.get(indicator) ?? new Set<string>();
    this.#running.set(indicator, running);
    const name = indicator.constructor.name;
    // One that hangs is not asked again, or its checks would pile up.
    if (running.has(service)) return `${name} has not answered yet`;
    running.add(service);
    let timer: unknown;
    const overdue = new Promise<string>((resolve) => {
      const text = `${name} took longer than ${this.#timeoutMs} ms`;
      timer = this.#clock.setTimeout(() => resolve(text), this.#timeoutMs);
    });
    const checked = check(indicator, service).then(
      (healthy) => (healthy === false ? `${name} said no` : undefined),
      (error: unknown) => `${name} failed: ${String(error)}`,
    );
    const ended = checked.finally(() => running.delete(service));
    const failure = await Promise.race([ended, overdue]);
    this.#clock.clearTimeout(timer);
    return failure;
  }

  #log(service: string, failure: string | undefined): void {
    if (this.#failing.has(service) === (failure !== undefined)) return;
    const name = service === "" ? "the server" : service;
    if (failure === undefined) {
      this.#failing.delete(service);
      this.#logger.info({ service }, `${name} is well again`);
    } else {
      this.#failing.set(service, failure);
      this.#logger.warn({ service, reason: failure }, `${name} is not well`);
    }
  }
}

// biome-ignore lint/suspicious/noConfusingVoidType: as above.
async function check(indicator: HealthIndicator, service: string): Promise<boolean | void> {
  return indicator.check(service);
}

function positive(name: string, value: number): number {
  if (value > 0 && value < 2 ** 31) return value;
  throw new RangeError(`${name} must be a positive number of milliseconds, got ${value}`);
}
