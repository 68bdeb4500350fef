import type { LoadBalancerServer } from "../../../schema/index.js";
import { addressKey, type Endpoint } from "../../naming/endpoint.js";

/** The longest token that the protocol allows. */
const MAX_TOKEN_BYTES = 50;
/** As many as one process can be connected to by right; a balancer that lists ever more opens no more connections. */
export const MAX_BACKENDS = 20_000;

/** A list of the balancer, as the client uses it. */
export interface ServerList {
  /** As it came: what the next one is compared with. */
  readonly servers: readonly LoadBalancerServer[];
  /** Those that can take calls, with their tokens, in order; one that is listed twice is here twice. */
  readonly backends: readonly Endpoint[];
  /** Whether some entry, or every one, says to drop a call. */
  readonly drops: "none" | "some" | "all";
  /** How many entries make no sense: nobody can be reached there, or the token cannot be sent. */
  readonly unusable: number;
  /** How many entries name backends beyond {@link MAX_BACKENDS}, and are left out. */
  readonly excess: number;
}

export function readServerList(servers: readonly LoadBalancerServer[]): ServerList {
  const backends: Endpoint[] = [];
  const keys = new Set<string>();
  let drops = 0;
  let excess = 0;
  for (const server of servers) {
    if (server.drop) {
      drops += 1;
      continue;
    }
    const endpoint = toEndpoint(server);
    if (endpoint === undefined) continue;
    const key = addressKey(endpoint.addresses[0]!);
    if (keys.size < MAX_BACKENDS) keys.add(key);
    if (keys.has(key)) backends.push(endpoint);
    else excess += 1;
  }
  return {
    servers,
    backends,
    drops: drops === 0 ? "none" : drops === servers.length ? "all" : "some",
    unusable: servers.length - drops - backends.length - excess,
    excess,
  };
}

export function sameServers(
  some: readonly LoadBalancerServer[],
  others: readonly LoadBalancerServer[],
): boolean {
  return (
    some.length === others.length &&
    some.every((server, i) => {
      const other = others[i]!;
      return (
        server.port === other.port &&
        server.drop === other.drop &&
        server.loadBalanceToken === other.loadBalanceToken &&
        server.ipAddress.equals(other.ipAddress)
      );
    })
  );
}

function toEndpoint({ ipAddress, port, loadBalanceToken }: LoadBalancerServer): Endpoint | undefined {
  const host = formatIp(ipAddress);
  if (host === undefined || port < 0 || port > 65_535 || !isToken(loadBalanceToken)) return undefined;
  const addresses = [{ host, port }];
  return loadBalanceToken === "" ? { addresses } : { addresses, lbToken: loadBalanceToken };
}

/** Whether it may be the value of a header. */
function isToken(token: string): boolean {
  return !isTokenTooLong(token) && /^[\x20-\x7e]*$/.test(token);
}

export function isTokenTooLong(token: string): boolean {
  return token.length > MAX_TOKEN_BYTES || Buffer.byteLength(token) > MAX_TOKEN_BYTES;
}

/** 4 or 16 bytes in network order; undefined for any other length. */
function formatIp(bytes: Buffer): string | undefined {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return undefined;
  // IPv4 in the clothes of IPv6.
  if (bytes.readUInt16BE(10) === 0xffff && bytes.subarray(0, 10).every((byte) => byte === 0)) {
    return bytes.subarray(12).join(".");
  }
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
