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
    const addresses = Promise.allSettled([
      isHost ? this.#hosts(question.host, question.port) : this.#servers(question.name),
      records && this.#options.srv ? this.#balancers(name) : [],
    ]);
    const config = records && this.#options.serviceConfig ? this.#serviceConfig(name, addresses) : undefined;
    const [hosts, balancers] = await addresses;
    const found = balancers.status === "fulfilled" ? balancers.value : [];
    // With balancers the hosts are only what is fallen back to.
    if (hosts.status === "rejected" && found.length === 0) throw hosts.reason;
    if (balancers.status === "rejected") {
      const { message } = balancers.reason as Error;
      this.#context.logger.warn({ name, error: message }, "the balancers cannot be looked up");
    }
    const serviceConfig = await config;
    return {
      endpoints: hosts.status === "fulfilled" ? hosts.value : [],
      ...(serviceConfig === undefined ? {} : { serviceConfig }),
      ...(found.length === 0 ? {} : { attributes: { [GRPCLB_BALANCERS]: found } }),
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

  /** Each address of each balancer, named as in its SRV record; priority and weight do not count. */
  async #balancers(host: string): Promise<Endpoint[]> {
    const records = await orNone(this.#lookups.services(`_grpclb._tcp.${host}`));
    const lists = await Promise.all(
      records.map(async ({ name, port }) => {
        const serverName = name.replace(/\.$/, "");
        const addresses = await this.#addresses(serverName);
        return addresses.map((address) => ({ addresses: [{ host: address, port, serverName }] }));
      }),
    );
    return lists.flat();
  }

  #addresses(host: string): Promise<readonly string[]> {
    return orNone(this.#lookups.addresses(host));
  }

  /** The config, undefined for none, or an Error in its place. */
  async #serviceConfig(host: string, addresses: Promise<unknown>): Promise<unknown> {
    const name = `_grpc_config.${host}`;
    try {
      const records = await Promise.race([orNone(this.#lookups.texts(name)), this.#tooLate(addresses)]);
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

  async #tooLate(addresses: Promise<unknown>): Promise<never> {
    await addresses;
    await sleep(this.#options.txtWaitMs, this.#context.clock, this.#signal);
    throw new Error("it takes too long");
  }
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
