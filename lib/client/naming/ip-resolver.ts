import { isIP, isIPv6 } from "node:net";
import type { Endpoint } from "./endpoint.js";
import { parseHostPort } from "./host-port.js";
import type { ResolverDefinition } from "./resolver.js";
import { fixed, parseEndpoints } from "./static-resolver.js";
import type { Target } from "./target.js";

/** The schemes `ipv4` and `ipv6`: `ipv4:10.0.0.1:50051,10.0.0.2`, `ipv6:[::1]:50051`. Each address is an endpoint. */
export function ipResolver(family: 4 | 6): ResolverDefinition {
  const scheme = `ipv${family}`;
  const parse = (part: string): Endpoint => {
    const address = parseHostPort(part);
    if (isIP(address.host) !== family) throw new Error(`"${part}" is no IPv${family} address`);
    return { addresses: [address] };
  };
  const listIn = ({ authority, endpoint, text }: Target): Endpoint[] => {
    if (authority !== "") throw new Error(`"${text}" has an authority; write ${scheme}:${authority}`);
    try {
      return parseEndpoints(endpoint, parse);
    } catch (cause) {
      throw new Error(`"${text}" is no list of addresses: ${(cause as Error).message}`, { cause });
    }
  };
  return {
    scheme,
    resolver: {
      check: (target) => void listIn(target),
      resolve: (target) => fixed({ endpoints: listIn(target) }),
      authority({ endpoint }) {
        const first = endpoint.split(",", 1)[0]!.trim();
        return isIPv6(first) ? `[${first}]` : first;
      },
    },
  };
}
