/**
 * The questions that the `dns` resolver asks, and who answers them. Addresses are asked for with `getaddrinfo`, as every
 * other program of the machine does it: `/etc/hosts`, `localhost`, search domains (short names in Kubernetes) and the
 * order of RFC 6724 all count; c-ares, which Node has beside it, knows none of them. Its price is a thread of libuv's
 * pool for as long as it takes. Only c-ares can ask a server of the target's choice, and for SRV and TXT.
 */
import { type LookupAddress, lookup, Resolver, type SrvRecord } from "node:dns";

export type { SrvRecord } from "node:dns";

/** Each rejects with an error whose `code` tells what happened; `ENOTFOUND` and `ENODATA` are no failure. */
export interface DnsLookups {
  /** A and AAAA. */
  addresses(host: string): Promise<readonly string[]>;
  /** SRV. */
  services(name: string): Promise<readonly SrvRecord[]>;
  /** TXT, the strings of each record joined. */
  texts(name: string): Promise<readonly string[]>;
}

/** Makes those of one look-up, which is over when the signal aborts. `server` is `ip:port`; without it the machine's. */
export type DnsLookupsFactory = (server: string | undefined, signal: AbortSignal) => DnsLookups;

export const systemDnsLookups: DnsLookupsFactory = (server, signal) => {
  const resolver = new Resolver();
  if (server !== undefined) resolver.setServers([server]);
  signal.addEventListener("abort", () => resolver.cancel(), { once: true });
  const ask = <Answer>(
    run: (callback: (error: NodeJS.ErrnoException | null, answer: Answer) => void) => void,
  ) =>
    new Promise<Answer>((resolve, reject) =>
      run((error, answer) => (error === null ? resolve(answer) : reject(error))),
    );
  return {
    async addresses(host) {
      // No server but this machine can know what its localhost is.
      if (server === undefined || isLocalhost(host)) {
        const found = await ask<LookupAddress[]>((callback) =>
          lookup(host, { all: true, verbatim: true }, callback),
        );
        return found.map(({ address }) => address);
      }
      return joinFamilies(
        await Promise.allSettled([
          ask<string[]>((callback) => resolver.resolve4(host, callback)),
          ask<string[]>((callback) => resolver.resolve6(host, callback)),
        ]),
      );
    },
    services: (name) => ask<SrvRecord[]>((callback) => resolver.resolveSrv(name, callback)),
    async texts(name) {
      const records = await ask<string[][]>((callback) => resolver.resolveTxt(name, callback));
      return records.map((strings) => strings.join(""));
    },
  };
};

/** Whether an error says that there is no such name, or no record of this type: an answer, and an empty one. */
export function isNotFound(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOTFOUND" || code === "ENODATA";
}

/** RFC 6761: also everything below it. */
export function isLocalhost(host: string): boolean {
  return /^(?:.*\.)?localhost\.?$/i.test(host);
}

/** Of two families one may be missing, or fail, as long as the other has something. */
function joinFamilies(answers: readonly PromiseSettledResult<readonly string[]>[]): readonly string[] {
  const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  if (found.length > 0) return found;
  const errors = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as Error] : []));
  const failure = errors.find((error) => !isNotFound(error)) ?? errors[0];
  if (failure !== undefined) throw failure;
  return [];
}
