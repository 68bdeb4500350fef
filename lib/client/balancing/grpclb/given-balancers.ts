import type { Address, Endpoint } from "../../naming/endpoint.js";
import { GRPCLB_BALANCERS } from "../../naming/resolver.js";

/** What the resolver tells of balancers; somebody's own resolver may tell anything. */
export interface GivenBalancers {
  readonly balancers: readonly Endpoint[];
  /** Why they cannot be had now: an Error in the place of the list. Those that are known stay then. */
  readonly failure: Error | undefined;
  /** What makes no sense, at least in part, which is left out. */
  readonly odd: readonly unknown[];
}

export function readBalancers(attributes: Readonly<Record<string, unknown>>): GivenBalancers {
  const value = attributes[GRPCLB_BALANCERS] ?? [];
  if (value instanceof Error) return { balancers: [], failure: value, odd: [] };
  const balancers: Endpoint[] = [];
  const odd: unknown[] = [];
  for (const each of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
    const listed: unknown = isObject(each) ? each.addresses : undefined;
    const addresses = Array.isArray(listed) ? listed.filter(isAddress) : [];
    if (addresses.length > 0) balancers.push({ addresses });
    if (addresses.length === 0 || addresses.length < (listed as unknown[]).length) odd.push(each);
  }
  return { balancers, failure: undefined, odd };
}

function isAddress(value: unknown): value is Address {
  if (!isObject(value)) return false;
  const { path, host, port, serverName } = value;
  if (serverName !== undefined && !isText(serverName)) return false;
  if (path !== undefined) return isText(path);
  return isText(host) && Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65_535;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
