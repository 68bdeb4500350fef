/** Builders of the policies that ask a lookup server: `policy: rls({ lookupService: "dns:///lookup:443", … })`. */
import { roundRobin } from "./policies.js";
import { checkNames, duration, fieldsOf, listOfOne, same } from "./policy-fields.js";
import type { PolicyConfig, ServiceConfigJson } from "./service-config.js";

export interface RlsKeyBuilder {
  /** The methods that it is for; without a method, all others of the service. */
  readonly names: readonly { readonly service: string; readonly method?: string }[];
  /** By key, the request header that gives it its value; of several, the first that a request has. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Keys whose values are the channel's host, and the service and method that is called. */
  readonly extraKeys?: { readonly host?: string; readonly service?: string; readonly method?: string };
  /** Keys that are the same for all requests. */
  readonly constantKeys?: Readonly<Record<string, string>>;
}

export interface RlsOptions {
  /** What of a request the lookup server gets to see; requests that agree in it share a route (`grpcKeybuilders`). */
  readonly keyBuilders: readonly RlsKeyBuilder[];
  /** Target of the lookup server, such as `dns:///lookup:443`. */
  readonly lookupService: string;
  /** Default: 10,000 (`lookupServiceTimeout`). */
  readonly lookupServiceTimeoutMs?: number;
  /** How long a route holds. Default: 300,000, which is also the most without `staleAgeMs` (`maxAge`). */
  readonly maxAgeMs?: number;
  /** From when on a route is looked up again while it still holds. Default: not before it ends (`staleAge`). */
  readonly staleAgeMs?: number;
  /** Most bytes of keys and routes that are kept. Default: 5 MiB, which is also the most (`cacheSizeBytes`). */
  readonly cacheSizeBytes?: number;
  /** Where calls go while the lookup server cannot say it. Default: they fail (`defaultTarget`). */
  readonly defaultTarget?: string;
  /** Of the channel to the lookup server. Default: what its resolver says (`routeLookupChannelServiceConfig`). */
  readonly lookupServiceConfig?: ServiceConfigJson;
  /** What becomes of a target. Default: it is a name, and calls go round its endpoints: `target()`. */
  readonly childPolicy?: PolicyConfig;
  /**
   * The field of the child's config that names the target (`childPolicyConfigTargetFieldName`). Default: `target`, and
   * for `grpclb` `serviceName`.
   */
  readonly childPolicyTargetField?: string;
}

export interface TargetOptions {
  /** As a channel has it: `dns:///orders:50051`. Below `rls` it is the lookup server that says it. */
  readonly target?: string;
  /** Spreads calls over its endpoints. Default: `roundRobin()`. */
  readonly childPolicy?: PolicyConfig;
}

const MAX_CACHE_BYTES = 5 * 1024 * 1024;

/** Where a lookup server says, by method and headers of each request (grpc.lookup.v1). */
export function rls({
  keyBuilders,
  lookupServiceConfig,
  childPolicy = target(),
  childPolicyTargetField = "grpclb" in childPolicy ? "serviceName" : "target",
  ...lookup
}: RlsOptions): PolicyConfig {
  if (!Array.isArray(keyBuilders) || keyBuilders.length === 0) {
    throw new Error(
      "rls needs keyBuilders, at least one: what of which requests the lookup server gets to see",
    );
  }
  if (!lookup.lookupService) throw new Error("rls needs lookupService, the target of the lookup server");
  for (const name of ["lookupServiceTimeoutMs", "maxAgeMs", "staleAgeMs", "cacheSizeBytes"] as const) {
    const value = lookup[name];
    if (value === undefined || value > 0) continue;
    throw new Error(`${name} of rls must be a number above 0, got ${String(value)}`);
  }
  const fields = fieldsOf("rls", lookup, {
    lookupService: same,
    lookupServiceTimeoutMs: duration,
    maxAgeMs: duration,
    staleAgeMs: duration,
    cacheSizeBytes: same,
    defaultTarget: same,
  });
  return {
    rls_experimental: {
      routeLookupConfig: {
        grpcKeybuilders: keyBuilders.map(keyBuilderJson),
        cacheSizeBytes: MAX_CACHE_BYTES,
        ...fields,
      },
      ...(lookupServiceConfig !== undefined && { routeLookupChannelServiceConfig: lookupServiceConfig }),
      childPolicy: [childPolicy],
      childPolicyConfigTargetFieldName: childPolicyTargetField,
    },
  };
}

/** To another name than the channel's: it is resolved, and calls go to what it stands for. */
export function target({ childPolicy = roundRobin(), ...options }: TargetOptions = {}): PolicyConfig {
  return {
    target_experimental: fieldsOf(
      "target",
      { ...options, childPolicy },
      { target: same, childPolicy: listOfOne },
    ),
  };
}

function keyBuilderJson({ headers = {}, ...builder }: RlsKeyBuilder): object {
  checkNames("a key builder of rls", builder, ["names", "extraKeys", "constantKeys"]);
  if (!Array.isArray(builder.names))
    throw new Error("a key builder of rls needs names, the methods that it is for");
  return {
    ...builder,
    headers: Object.entries(headers).map(([key, names]) => ({ key, names: [names].flat() })),
  };
}
