import { parseHostPort } from "./host-port.js";
import type { ResolverDefinition } from "./resolver.js";
import { fixed } from "./static-resolver.js";

/** The scheme `passthrough`: one address, whose host is looked up by each connection attempt for itself. */
export const passthroughResolver: ResolverDefinition = {
  scheme: "passthrough",
  resolver: {
    check: ({ endpoint }) => void parseHostPort(endpoint),
    resolve: ({ endpoint }) => fixed({ endpoints: [{ addresses: [parseHostPort(endpoint)] }] }),
  },
};
