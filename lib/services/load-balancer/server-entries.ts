import { isIPv4, isIPv6 } from "node:net";
import type { LoadBalancerServerInit } from "../../schema/index.js";
import { inWords } from "../in-words.js";
import { isObject } from "../option-check.js";
import type { Backend, BackendList } from "./backend-list.js";

/** Both are the protocol's own limits. */
export const MAX_NAME_BYTES = 255;
export const MAX_TOKEN_BYTES = 50;
/** A list is not made longer than this for the sake of exact shares, or four times the number of its backends. */
const MAX_ENTRIES = 1000;
const MAX_ENTRIES_WITH_DROPS = 10_000;
/** About how often a backend is listed where weights are no small whole numbers. */
const RESOLUTION = 20;
/** How far the share of drops may be from what was asked: in all, and against itself. */
const TOLERANCE = 0.0005;
const RELATIVE_TOLERANCE = 0.02;

/**
 * A list as clients take it: each backend as often as its weight says, and between them, evenly, as many instructions to
 * drop a call as make up the shares. Throws an Error for what cannot be told to clients.
 */
export function toServerEntries({ backends, drops = {} }: BackendList): LoadBalancerServerInit[] {
  const entries = backends.map(toEntry);
  if (!isObject(drops)) throw new TypeError(`drops must be an object of shares, got ${inWords(drops)}`);
  const dropped = Object.entries(drops).filter(([token, share]) => checkDrop(token, share));
  // Without backends calls fail anyway, and for the better reason.
  if (entries.length === 0) return [];
  const counts = countsOf(backends.map(({ weight = 1 }) => weight));
  const shares = dropped.map(([, share]) => share);
  const [rounds, dropCounts] = withDrops(
    counts.reduce((sum, count) => sum + count, 0),
    shares,
  );
  const listed = interleave(
    entries.map((entry, index) => Array<LoadBalancerServerInit>(counts[index]! * rounds).fill(entry)),
  );
  return interleave([
    listed,
    ...dropped.map(([token], index) =>
      Array<LoadBalancerServerInit>(dropCounts[index]!).fill({ loadBalanceToken: token, drop: true }),
    ),
  ]);
}

function toEntry(backend: Backend): LoadBalancerServerInit {
  const fault = backendFault(backend);
  if (fault !== undefined) throw new TypeError(fault);
  const { host, port, token = "" } = backend;
  return { ipAddress: toBytes(host)!, port, loadBalanceToken: token };
}

/** Undefined for a backend that clients can be told of; otherwise what is wrong with it. */
export function backendFault(backend: unknown): string | undefined {
  if (!isObject(backend)) return `a backend must be an object with host and port, got ${inWords(backend)}`;
  const { host, port, token, weight = 1 } = backend as { readonly [name in keyof Backend]?: unknown };
  if (typeof host !== "string" || toBytes(host) === undefined) {
    return `a backend needs an IP address, got ${inWords(host)}`;
  }
  if (!Number.isInteger(port) || (port as number) < 0 || (port as number) > 65_535) {
    return `the port of ${host} must be a whole number from 0 to 65535, got ${inWords(port)}`;
  }
  if (!(typeof weight === "number" && weight > 0 && weight < Number.POSITIVE_INFINITY)) {
    return `the weight of ${host}:${port} must be above 0, got ${inWords(weight)}`;
  }
  return token === undefined ? undefined : tokenFault(token, `${host}:${port}`);
}

/** Whether there is anything to drop. */
function checkDrop(token: string, share: unknown): boolean {
  const fault = tokenFault(token, "a drop");
  if (fault !== undefined) throw new TypeError(fault);
  if (!(typeof share === "number" && share >= 0 && share <= 1)) {
    throw new TypeError(`the share of the drop "${token}" must be from 0 to 1, got ${inWords(share)}`);
  }
  return share > 0;
}

function tokenFault(token: unknown, what: string): string | undefined {
  const isToken =
    typeof token === "string" && Buffer.byteLength(token) <= MAX_TOKEN_BYTES && /^[\x20-\x7e]*$/.test(token);
  if (isToken) return undefined;
  return `the token of ${what} must be at most ${MAX_TOKEN_BYTES} bytes of printable ASCII, got ${inWords(token)}`;
}

/** In network order: 4 bytes or 16; undefined for what is no address, or holds on one machine only. */
export function toBytes(host: string): Buffer | undefined {
  if (isIPv4(host)) return Buffer.from(host.split(".").map(Number));
  if (!isIPv6(host) || host.includes("%")) return undefined;
  // In the form that a URL gives it there is no IPv4 at its end.
  const [left = [], right = []] = new URL(`http://[${host}]`).hostname
    .slice(1, -1)
    .split("::")
    .map((part) => (part === "" ? [] : part.split(":")));
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}

/** How often each is listed. */
export function countsOf(weights: readonly number[]): readonly number[] {
  const longest = Math.max(MAX_ENTRIES, 4 * weights.length);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (weights.every((weight) => weight === weights[0])) return weights.map(() => 1);
  if (weights.every(Number.isSafeInteger)) {
    const divisor = weights.reduce(greatestDivisor);
    if (sum / divisor <= longest) return weights.map((weight) => weight / divisor);
  }
  const length = Math.min(longest, RESOLUTION * weights.length);
  const counts = weights.map((weight) => Math.max(1, Math.round((weight / sum) * length)));
  const divisor = counts.reduce(greatestDivisor);
  return counts.map((count) => count / divisor);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** How often the backends are gone through, and how many entries drop for each share. */
function withDrops(length: number, shares: readonly number[]): [rounds: number, counts: readonly number[]] {
  const dropped = shares.reduce((sum, share) => sum + share, 0);
  if (dropped === 0) return [1, []];
  if (dropped > 1 + 1e-9) throw new TypeError(`the shares of all drops add up to ${dropped}, more than 1`);
  // Everything is dropped: no backends.
  if (dropped > 1 - TOLERANCE) return [0, countsOf(shares)];
  const longest = Math.max(MAX_ENTRIES_WITH_DROPS, 4 * length);
  let best:
    | { readonly rounds: number; readonly counts: readonly number[]; readonly error: number }
    | undefined;
  for (let rounds = 1; (rounds * length) / (1 - dropped) <= longest; rounds++) {
    const counts = shares.map((share) => Math.round((share * rounds * length) / (1 - dropped)));
    const total = rounds * length + counts.reduce((sum, count) => sum + count, 0);
    // 1 is just as much as may be.
    const error = Math.max(
      ...shares.map((share, index) => {
        const off = Math.abs(counts[index]! / total - share);
        return Math.max(off / TOLERANCE, off / (share * RELATIVE_TOLERANCE));
      }),
    );
    if (best === undefined || error < best.error) best = { rounds, counts, error };
    if (error <= 1) break;
  }
  return best === undefined ? [1, shares.map(() => 1)] : [best.rounds, best.counts];
}

/** Each list spread over the whole, so that neither drops nor calls to one backend come in bursts. */
function interleave(lists: readonly (readonly LoadBalancerServerInit[])[]): LoadBalancerServerInit[] {
  return lists
    .flatMap((list) => list.map((entry, index) => ({ entry, place: (index + 0.5) / list.length })))
    .sort((a, b) => a.place - b.place)
    .map(({ entry }) => entry);
}
