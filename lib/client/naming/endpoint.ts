/**
 * What a name stands for. An {@link Endpoint} is one backend, which may be reached at several {@link Address}es;
 * its attributes are for policies and change no connection.
 */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
  /** Name to verify the server's certificate against, and `:authority`, instead of the channel's. */
  readonly serverName?: string;
}

export interface UnixAddress {
  /** Of a Unix domain socket; one that starts with NUL is abstract (Linux). */
  readonly path: string;
  readonly serverName?: string;
}

export type Address = TcpAddress | UnixAddress;

export interface EndpointAttributes {
  /** Relative share, a whole number from 1 on. Default: 1. */
  readonly weight?: number;
  readonly zone?: string;
  /** Where it stands on a ring; without it its first address says. */
  readonly hashKey?: string;
  /** The way through nested policies: names of targets or children, outermost first. */
  readonly path?: readonly string[];
  /** The target of `weighted_target` that it belongs to; that policy sets it. */
  readonly locality?: string;
  /** Sent as `lb-token` with each call to it (`grpclb`). */
  readonly lbToken?: string;
  /** Whatever the registry knows of it. */
  readonly metadata?: unknown;
}

export interface Endpoint extends EndpointAttributes {
  readonly addresses: readonly Address[];
}

/** `host:port`, `[::1]:port` or `unix:path`. */
export function formatAddress(address: Address): string {
  if ("path" in address) return `unix:${address.path.replace(/^\0/, "@")}`;
  const { host, port } = address;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Tells connections apart: two addresses with equal keys may share one. */
export function addressKey(address: Address): string {
  const name = formatAddress(address);
  return address.serverName === undefined ? name : `${name} ${address.serverName}`;
}

/** Tells endpoints apart: the set of their addresses, in whatever order, without attributes. */
export function endpointKey({ addresses }: Endpoint): string {
  return addresses.length === 1 ? addressKey(addresses[0]!) : addresses.map(addressKey).sort().join(",");
}
