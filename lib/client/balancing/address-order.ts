/** In which order the addresses of a list are tried: shuffled if so asked, without duplicates, families in turn. */
import { isIPv4, isIPv6 } from "node:net";
import type { Random } from "../../rpc/index.js";
import { type Address, addressKey, type Endpoint } from "../naming/endpoint.js";

type Family = "ipv4" | "ipv6" | "unknown";

/** IPv4 inside IPv6, `::ffff:1.2.3.4` or `::ffff:102:304`. */
const mappedIPv4 = /^(?:::|(?:0{1,4}:){5})ffff:(?:[\d.]+|[\da-f]{1,4}:[\da-f]{1,4})$/i;

function familyOf(address: Address): Family {
  if ("path" in address) return "unknown";
  const { host } = address;
  if (isIPv4(host)) return "ipv4";
  if (!isIPv6(host)) return "unknown";
  return mappedIPv4.test(host) ? "ipv4" : "ipv6";
}

/** All addresses, flattened, each once, interleaved. */
export function orderAddresses(endpoints: readonly Endpoint[]): readonly Address[] {
  const [only] = endpoints;
  if (only !== undefined && endpoints.length === 1 && only.addresses.length === 1) return only.addresses;
  const byKey = new Map<string, Address>();
  for (const { addresses } of endpoints) {
    for (const address of addresses) {
      const key = addressKey(address);
      if (!byKey.has(key)) byKey.set(key, address);
    }
  }
  return interleaved([...byKey.values()]);
}

/** RFC 8305, section 4: one of each family in turn, families in the order in which they appear. */
export function interleaved(addresses: readonly Address[]): readonly Address[] {
  const families = new Map<Family, Address[]>();
  for (const address of addresses) {
    const family = familyOf(address);
    const members = families.get(family);
    if (members === undefined) families.set(family, [address]);
    else members.push(address);
  }
  if (families.size < 2) return addresses;
  const groups = [...families.values()];
  const longest = Math.max(...groups.map((members) => members.length));
  return Array.from({ length: longest }, (_, i) =>
    groups.flatMap((members) => members.slice(i, i + 1)),
  ).flat();
}

/** A113: by `U^(1/weight)`, largest first, so that heavier endpoints tend to come first; equal weights, any order. */
export function weightedShuffle(endpoints: readonly Endpoint[], random: Random): readonly Endpoint[] {
  // The logarithm has the same order, and does not run into 1 for large weights.
  const keyed = endpoints.map((endpoint) => ({ endpoint, key: Math.log(random()) / (endpoint.weight ?? 1) }));
  // Not the difference: that of two infinities is NaN.
  return keyed.sort((a, b) => (a.key === b.key ? 0 : b.key > a.key ? 1 : -1)).map(({ endpoint }) => endpoint);
}
