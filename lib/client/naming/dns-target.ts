import { isIP, isIPv6 } from "node:net";
import { isLocalhost } from "./dns-lookups.js";
import type { TcpAddress } from "./endpoint.js";
import { DEFAULT_PORT, parseHostPort } from "./host-port.js";
import type { Target } from "./target.js";

/** What a `dns` target asks for. */
export type DnsQuestion =
  | { readonly kind: "fixed"; readonly address: TcpAddress }
  | {
      readonly kind: "host";
      readonly host: string;
      readonly port: number;
      readonly server: string | undefined;
    }
  | {
      readonly kind: "service";
      readonly name: string;
      readonly domain: string;
      readonly server: string | undefined;
    };

/** `_service._proto.domain` (RFC 2782). */
const serviceName = /^_[^.]+\._(?:tcp|udp)\.(.+)$/i;

/**
 * - `dns:[//server[:53]/]host[:port]`: addresses of the host
 * - `dns:[//server[:53]/]_grpc._tcp.orders.example`: SRV records, which bring the ports
 * - `dns:10.0.0.1[:port]`: that address
 *
 * Throws an Error, in words, for anything else.
 */
export function parseDnsTarget(target: Target): DnsQuestion {
  const server = parseServer(target);
  if (target.endpoint === "") throw new Error(`"${target.text}" names no host`);
  const domain = serviceName.exec(target.endpoint)?.[1];
  if (domain !== undefined) {
    if (domain.includes(":")) {
      throw new Error(`"${target.text}" has a port; SRV records bring their own, so leave it out`);
    }
    parseHostPort(target.endpoint);
    return { kind: "service", name: target.endpoint, domain, server };
  }
  const { host, port } = parseHostPort(target.endpoint);
  if (isIP(host) !== 0) return { kind: "fixed", address: { host, port } };
  return { kind: "host", host, port, server };
}

/** What servers call the target: its host and port as they were written, the domain of SRV records. */
export function dnsAuthority({ endpoint }: Target): string {
  if (isIPv6(endpoint)) return `[${endpoint}]`;
  if (endpoint.startsWith(":")) return `localhost${endpoint}`;
  return serviceName.exec(endpoint)?.[1] ?? endpoint;
}

/** A10: neither addresses nor localhost have records of configs and balancers. */
export function mayHaveRecords(host: string): boolean {
  return isIP(host) === 0 && !isLocalhost(host);
}

function parseServer({ authority, text }: Target): string | undefined {
  if (authority === "") return undefined;
  const { host, port } = parseHostPort(authority, 53);
  if (isIP(host) === 0) {
    throw new Error(
      `"${text}" names the DNS server "${authority}", which is no IP address; ` +
        `for the host itself write three slashes, dns:///${authority}${authority.includes(":") ? "" : `:${DEFAULT_PORT}`}`,
    );
  }
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
