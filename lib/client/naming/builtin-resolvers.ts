import { dnsResolver } from "./dns-resolver.js";
import { fileResolver } from "./file-resolver.js";
import { ipResolver } from "./ip-resolver.js";
import { passthroughResolver } from "./passthrough-resolver.js";
import type { ResolverDefinition } from "./resolver.js";
import { staticResolver } from "./static-resolver.js";
import { unixAbstractResolver, unixResolver } from "./unix-resolver.js";

/** What every channel has. They hold no state, so channels and applications do not meet in them. */
export const builtinResolvers: readonly ResolverDefinition[] = [
  dnsResolver(),
  fileResolver(),
  ipResolver(4),
  ipResolver(6),
  passthroughResolver,
  staticResolver(),
  unixResolver,
  unixAbstractResolver,
];
