import { hostname } from "node:os";
import { Observable } from "rxjs";
import { randomInteger } from "../../rpc/index.js";
import { DnsLookup, type DnsLookupOptions } from "./dns-lookup.js";
import { type DnsLookupsFactory, systemDnsLookups } from "./dns-lookups.js";
import { dnsAuthority, parseDnsTarget } from "./dns-target.js";
import type { ResolverContext, ResolverDefinition, ResolverOptions } from "./resolver.js";
import { fixed } from "./static-resolver.js";

export interface DnsOptions extends ResolverOptions, Partial<DnsLookupOptions> {
  /** Time for one look-up, in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number;
  /** Who answers. Default: the system for addresses, c-ares for the rest. */
  readonly lookups?: DnsLookupsFactory;
}

/** The scheme `dns`, which is also that of targets without a scheme. {@link parseDnsTarget} tells the forms. */
export function dnsResolver({
  lookups = systemDnsLookups,
  timeoutMs = 30_000,
  serviceConfig = true,
  txtErrors = "ignore",
  srv = false,
  srvPriorities = "first",
  txtWaitMs = 2_000,
  srvWaitMs = 2_000,
  hostname: ownHostname = hostname(),
  ...options
}: DnsOptions = {}): ResolverDefinition {
  const how = { serviceConfig, txtErrors, srv, srvPriorities, txtWaitMs, srvWaitMs, hostname: ownHostname };
  // A channel that is among the chosen percent stays among them, or its config would change from look-up to look-up.
  const percentiles = new WeakMap<ResolverContext, number>();
  const percentileOf = (context: ResolverContext): number => {
    const percentile = percentiles.get(context) ?? randomInteger(context.random, 100);
    percentiles.set(context, percentile);
    return percentile;
  };
  return {
    scheme: "dns",
    options,
    resolver: {
      check: (target) => void parseDnsTarget(target),
      authority: dnsAuthority,
      resolve(target, context) {
        const question = parseDnsTarget(target);
        if (question.kind === "fixed") return fixed({ endpoints: [{ addresses: [question.address] }] });
        return new Observable((subscriber) => {
          const end = new AbortController();
          const client = { hostname: how.hostname, percentile: percentileOf(context) };
          const lookup = new DnsLookup(
            lookups(question.server, end.signal),
            how,
            client,
            context,
            end.signal,
          );
          const timer = context.clock.setTimeout(() => {
            subscriber.error(new Error(`DNS has not answered within ${timeoutMs / 1000} s`));
          }, timeoutMs);
          subscriber.add(() => {
            context.clock.clearTimeout(timer);
            end.abort();
          });
          lookup.run(question).then(
            (resolution) => {
              subscriber.next(resolution);
              subscriber.complete();
            },
            (error: unknown) => subscriber.error(error),
          );
        });
      },
    },
  };
}
