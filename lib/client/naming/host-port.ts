import { isIPv6 } from "node:net";
import type { Address, TcpAddress } from "./endpoint.js";

/** The port of a TCP target that names none. */
export const DEFAULT_PORT = 443;

/**
 * `host`, `host:port`, `[::1]:port`, `::1`, or `:port` for localhost. A port is a number. Throws an Error, in words,
 * for anything else; so for `host:`, which is a port forgotten.
 */
export function parseHostPort(text: string, defaultPort = DEFAULT_PORT): TcpAddress {
  if (text === "") throw new Error("the address is empty");
  if (isIPv6(text)) return { host: text, port: defaultPort };
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) {
    const host = bracketed[1]!;
    if (!isIPv6(host)) throw new Error(`"${text}" has no IPv6 address in its brackets`);
    return { host, port: parsePort(bracketed[2], text, defaultPort) };
  }
  const [host, port, ...more] = text.split(":");
  if (more.length > 0)
    throw new Error(`"${text}" has too many colons; an IPv6 address is written in brackets`);
  const checked = parsePort(port, text, defaultPort);
  if (host === "") return { host: "localhost", port: checked };
  if (!/^[\p{L}\p{N}_.-]+$/u.test(host!)) throw new Error(`"${text}" is no host name, address or host:port`);
  return { host: host!, port: checked };
}

/** As {@link parseHostPort}, and `unix:` with the path of a socket, as `formatAddress` writes them. */
export function parseAddress(text: string, defaultPort = DEFAULT_PORT): Address {
  if (!text.startsWith("unix:")) return parseHostPort(text, defaultPort);
  const path = text.slice("unix:".length).replace(/^@/, "\0");
  if (path === "" || path === "\0") throw new Error(`"${text}" names no socket`);
  return { path };
}

function parsePort(port: string | undefined, text: string, defaultPort: number): number {
  if (port === undefined) return defaultPort;
  if (port === "") throw new Error(`"${text}" has no port after its colon`);
  const number = /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN;
  if (number >= 1 && number <= 65_535) return number;
  throw new Error(`"${text}" has no port but "${port}" after its colon; a port is a number from 1 to 65535`);
}
