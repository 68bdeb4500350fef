import type { Clock } from "../../rpc/index.js";
import { ConfigError } from "../service-config/config-reader.js";
import { type DnsLookups, isNotFound } from "./dns-lookups.js";
import { chooseServiceConfig, type DnsClient } from "./dns-service-config.js";
import { type DnsQuestion, mayHaveRecords } from "./dns-target.js";
import type { Endpoint } from "./endpoint.js";
import { GRPCLB_BALANCERS, type Resolution, type ResolverContext } from "./resolver.js";
import { serviceEndpoints } from "./srv-records.js";

/** What is asked for beside addresses, and what its absence means. */
export interface DnsLookupOptions {
  /** Reads service configs from TXT records at `_grpc_config.<host>` (A2). Default: true. */
  readonly serviceConfig: boolean;
  /**
   * What a TXT record that cannot be had does: nothing (`ignore`), or it counts as a wrong service config, which keeps
   * the last one (`report`). Default: `ignore`.
   */
  readonly txtErrors: "ignore" | "report";
  /** How long addresses wait for a TXT record that takes longer, in milliseconds. Default: 2,000. */
  readonly txtWaitMs: number;
  /** What choices of service configs compare `clientHostname` with. Default: this machine's name. */
  readonly hostname: string;
  /** Asks for balancers of `grpclb` at `_grpclb._tcp.<host>`. Default: false. */
  readonly srv: boolean;
  /** How long addresses wait for balancers whose SRV records take longer, in milliseconds. Default: 2,000. */
  readonly srvWaitMs: number;
  /**
   * Which servers of an SRV name are listed: those of the `first` priority, or `all`, in order, with the priority as
   * their path for the policy `priority`. Default: `first`.
   */
  readonly srvPriorities: "first" | "all";
}

/** One look-up: its questions, asked side by side, and what an answer or its absence means. */
export class DnsLookup {
  readonly #lookups: DnsLookups;
  readonly #options: DnsLookupOptions;
  readonly #client: DnsClient;
  readonly #context: ResolverContext;
  readonly #signal: AbortSignal;

  constructor(
    lookups: DnsLookups,
    options: DnsLookupOptions,
    client: DnsClient,
    context: ResolverContext,
    signal: AbortSignal,
  ) {
    this.#lookups = lookups;
    this.#options = options;
    this.#client = client;
    this.#context = context;
    this.#signal = signal;
  }

  async run(question: Exclude<DnsQuestion, { kind: "fixed" }>): Promise<Resolution> {
    const isHost = question.kind === "host";
    const name = isHost ? question.host : question.domain;
    const records = mayHaveRecords(name);
    const hosts = isHost ? this.#hosts(question.host, question.port) : this.#servers(question.name);
    const lists = Promise.allSettled([
      hosts,
      records && this.#options.srv
        ? this.#balancers(name, this.#tooLate(hosts, this.#options.srvWaitMs))
        : [],
    ]);
    const config = records && this.#options.serviceConfig ? this.#serviceConfig(name, lists) : undefined;
    const [endpoints, balancers] = await lists;
    const found = endpoints.status === "fulfilled" ? endpoints.value : [];
    // An Error in their place: `grpclb` keeps those that it knows, and has the name resolved again, with back-off.
    const attribute = balancers.status === "fulfilled" ? balancers.value : (balancers.reason as Error);
    if (found.length === 0 && !(Array.isArray(attribute) && attribute.length > 0)) {
      // With balancers the hosts are only what is fallen back to; without both there is nothing to be had now.
      if (endpoints.status === "rejected") throw endpoints.reason;
      if (balancers.status === "rejected") throw balancers.reason;
    }
    if (attribute instanceof Error)
      this.#context.logger.warn({ name, error: attribute.message }, "the balancers cannot be looked up");
    const serviceConfig = await config;
    return {
      endpoints: found,
      ...(serviceConfig === undefined ? {} : { serviceConfig }),
      ...(attribute instanceof Error || attribute.length > 0
        ? { attributes: { [GRPCLB_BALANCERS]: attribute } }
        : {}),
    };
  }

  async #hosts(host: string, port: number): Promise<Endpoint[]> {
    const found = await this.#addresses(host);
    return [...new Set(found)].map((address) => ({ addresses: [{ host: address, port }] }));
  }

  async #servers(name: string): Promise<Endpoint[]> {
    const records = await orNone(this.#lookups.services(name));
    return serviceEndpoints(records, this.#options.srvPriorities, (host) => this.#addresses(host));
  }

  /**
   * Each address of each balancer, named as in its SRV record; priority and weight do not count. Those whose host cannot
   * be looked up are left out, as long as there are others. Rejects if none can be had, or not in time.
   */
  async #balancers(host: string, tooLate: Promise<never>): Promise<Endpoint[]> {
    const services = orNone(this.#lookups.services(`_grpclb._tcp.${host}`));
    const records = await Promise.race([services, tooLate]);
    const lists = await Promise.allSettled(
      records.map(async ({ name, port }) => {
        const serverName = name.replace(/\.$/, "");
        const addresses = await Promise.race([this.#addresses(serverName), tooLate]);
        return addresses.map((address) => ({ addresses: [{ host: address, port, serverName }] }));
      }),
    );
    return someOf(lists);
  }

  #addresses(host: string): Promise<readonly string[]> {
    return orNone(this.#lookups.addresses(host));
  }

  /** The config, undefined for none, or an Error in its place. */
  async #serviceConfig(host: string, addresses: Promise<unknown>): Promise<unknown> {
    const name = `_grpc_config.${host}`;
    try {
      const tooLate = this.#tooLate(addresses, this.#options.txtWaitMs);
      const records = await Promise.race([orNone(this.#lookups.texts(name)), tooLate]);
      return chooseServiceConfig(records, this.#client, `TXT ${name}`, this.#context.logger);
    } catch (error) {
      if (error instanceof ConfigError) return error;
      const { message } = error as Error;
      if (this.#options.txtErrors === "report") return new Error(`TXT ${name}: ${message}`, { cause: error });
      this.#context.logger.debug(
        { name, error: message },
        "the TXT record cannot be looked up, and is ignored",
      );
      return undefined;
    }
  }

  /** Rejects so long after the addresses are there, or have failed; not if nobody is left who waits. */
  #tooLate(addresses: Promise<unknown>, waitMs: number): Promise<never> {
    const tooLate = addresses
      .catch(() => undefined)
      .then(() => sleep(waitMs, this.#context.clock, this.#signal))
      .then(() => Promise.reject(new Error("it takes too long")));
    // Who is in time looks at it no more.
    tooLate.catch(() => undefined);
    return tooLate;
  }
}

/** What was found; if that is nothing, and something has failed, rejects with that. */
function someOf<T>(answers: readonly PromiseSettledResult<readonly T[]>[]): T[] {
  const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  const failure = answers.find((answer) => answer.status === "rejected");
  if (found.length === 0 && failure !== undefined) throw failure.reason;
  return found;
}

/** That there is nothing is an answer too. */
async function orNone<T>(answer: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** Sleeps for ever once the signal aborts: nobody is left who waits. */
function sleep(delayMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return;
    const timer = clock.setTimeout(resolve, delayMs);
    signal.addEventListener("abort", () => clock.clearTimeout(timer), { once: true });
  });
}
