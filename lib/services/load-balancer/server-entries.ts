import { isIPv4, isIPv6 } from "node:net";
import type { LoadBalancerServerInit } from "../../schema/index.js";
import type { Backend, BackendList } from "./backend-list.js";

const MAX_TOKEN_BYTES = 50;
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

function toEntry({ host, port, token = "", weight = 1 }: Backend): LoadBalancerServerInit {
  const ipAddress = toBytes(host);
  if (ipAddress === undefined) throw new TypeError(`a backend needs an IP address, got "${host}"`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`the port of ${host} must be a whole number from 0 to 65535, got ${port}`);
  }
  if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
    throw new TypeError(`the weight of ${host}:${port} must be above 0, got ${weight}`);
  }
  checkToken(token, `${host}:${port}`);
  return { ipAddress, port, loadBalanceToken: token };
}

/** Whether there is anything to drop. */
function checkDrop(token: string, share: number): boolean {
  checkToken(token, "a drop");
  if (!(share >= 0 && share <= 1)) {
    throw new TypeError(`the share of the drop "${token}" must be from 0 to 1, got ${share}`);
  }
  return share > 0;
}

function checkToken(token: string, what: string): void {
  if (Buffer.byteLength(token) > MAX_TOKEN_BYTES || !/^[\x20-\x7e]*$/.test(token)) {
    throw new TypeError(`the token of ${what} must be at most 50 bytes of printable ASCII, got "${token}"`);
  }
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
