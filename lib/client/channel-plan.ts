import {
  type Clock,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
} from "../rpc/index.js";
import { builtinPolicies } from "./balancing/builtin-policies.js";
import type { ControlChannelOptions } from "./balancing/policy.js";
import { PolicyRegistry } from "./balancing/policy-registry.js";
import type { CallCredentials } from "./call/call-credentials.js";
import {
  checkOptions,
  integer,
  optionNames,
  readBackoff,
  readKeepalive,
  readRetry,
} from "./channel-option-checks.js";
import type { ChannelOptions, ClientTlsOptions, RetryOptions } from "./channel-options.js";
import type { BackoffOptions } from "./connection/backoff.js";
import { ClientTls } from "./connection/client-tls.js";
import type { TransportOptions } from "./connection/grpc-transport.js";
import { builtinResolvers } from "./naming/builtin-resolvers.js";
import type { ResolverDefinition } from "./naming/resolver.js";
import { parseTarget, type Target } from "./naming/target.js";
import { ConfigError } from "./service-config/config-reader.js";
import { parseServiceConfig } from "./service-config/parse-service-config.js";
import type { ServiceConfig } from "./service-config/service-config.js";

/** Options that were checked and completed. */
export interface ChannelPlan {
  readonly target: Target;
  readonly authority: string;
  readonly resolver: ResolverDefinition;
  /** All that the channel knows, by scheme. */
  readonly resolvers: ReadonlyMap<string, ResolverDefinition>;
  readonly policies: PolicyRegistry;
  readonly config: ServiceConfig;
  readonly ignoreResolvedConfig: boolean;
  readonly healthCheck: boolean;
  readonly connections: number;
  readonly transport: Omit<TransportOptions, "secure">;
  readonly tls: ClientTls | undefined;
  readonly callCredentials: CallCredentials | undefined;
  readonly connectTimeoutMs: number;
  readonly backoff: BackoffOptions;
  readonly idleTimeoutMs: number;
  readonly maxReceiveBytes: number;
  readonly maxSendBytes: number;
  readonly retry: Required<RetryOptions>;
  readonly ringSizeCap: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const USER_AGENT = "grebe";
const MAX_RECEIVE_BYTES = 4 * 1024 * 1024;

/** Throws an Error that says what is wrong. */
export function planChannel(text: string, options: ChannelOptions): ChannelPlan {
  checkOptions("a channel", options, optionNames);
  const resolvers = new Map(
    [...builtinResolvers, ...(options.resolvers ?? [])].map((definition) => [definition.scheme, definition]),
  );
  const { target, resolver } = findResolver(text, resolvers);
  const policies = new PolicyRegistry(
    [...builtinPolicies, ...(options.policies ?? [])],
    (name) => void findResolver(name, resolvers),
  );
  const maxReceiveBytes = integer(options, "maxReceiveBytes", MAX_RECEIVE_BYTES, -1);
  return {
    target,
    authority: options.authority ?? authorityOf(target, resolver),
    resolver,
    resolvers,
    policies,
    config: readConfig(options, policies),
    ignoreResolvedConfig: options.ignoreResolvedConfig ?? false,
    healthCheck: options.healthCheck ?? true,
    connections: integer(options, "connections", 1, 1, 1000),
    transport: {
      userAgent: options.userAgent === undefined ? USER_AGENT : `${options.userAgent} ${USER_AGENT}`,
      maxReceiveBytes,
      flowControlWindow: integer(options, "flowControlWindow", 4 * 1024 * 1024, 65_535),
      keepalive: options.keepalive && readKeepalive(options.keepalive),
    },
    tls: readTls(options.tls),
    callCredentials: readCallCredentials(options),
    connectTimeoutMs: integer(options, "connectTimeoutMs", 20_000, 1),
    backoff: readBackoff(options.backoff ?? {}),
    idleTimeoutMs: integer(options, "idleTimeoutMs", 30 * 60_000, 0),
    maxReceiveBytes,
    maxSendBytes: integer(options, "maxSendBytes", -1, -1),
    retry: readRetry(options.retry ?? {}),
    ringSizeCap: integer(options, "ringSizeCap", 4096, 1, 8 * 1024 * 1024),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    logger: options.logger ?? silentLogger,
  };
}

/** The plan of a channel that a policy of another channel opens. Throws an Error that says what is wrong. */
export function planControlChannel(
  parent: ChannelPlan,
  text: string,
  options: ControlChannelOptions = {},
): ChannelPlan {
  const { serviceConfig = {}, ignoreResolvedConfig = true, authority, resolvers = [], keepalive } = options;
  const { callCredentials = false } = options;
  const maxReceiveBytes = MAX_RECEIVE_BYTES;
  const own = resolvers.map((definition) => [definition.scheme, definition] as const);
  const { target, resolver } = findResolver(text, new Map([...parent.resolvers, ...own]));
  return {
    ...parent,
    target,
    resolver,
    authority: authority ?? authorityOf(target, resolver),
    config: parseServiceConfig(serviceConfig, parent.policies),
    ignoreResolvedConfig,
    connections: 1,
    callCredentials: callCredentials ? parent.callCredentials : undefined,
    // Those of the parent are meant for its own messages.
    maxReceiveBytes,
    maxSendBytes: -1,
    transport: { ...parent.transport, keepalive: keepalive ?? parent.transport.keepalive, maxReceiveBytes },
  };
}

/** What a target says, and who resolves it. Throws an Error that says what is wrong. */
export function findResolver(text: string, resolvers: ReadonlyMap<string, ResolverDefinition>) {
  const target = parseTarget(text, resolvers.keys());
  const resolver = resolvers.get(target.scheme)!;
  resolver.resolver.check?.(target);
  return { target, resolver };
}

function authorityOf(target: Target, { resolver }: ResolverDefinition): string {
  return resolver.authority?.(target) ?? encodeAuthority(target.endpoint);
}

/** The channel's own config: that of the options, with the policy of the options in front. */
function readConfig({ serviceConfig = {}, policy }: ChannelOptions, policies: PolicyRegistry): ServiceConfig {
  let json: unknown = serviceConfig;
  if (typeof serviceConfig === "string") {
    try {
      json = JSON.parse(serviceConfig);
    } catch (cause) {
      throw new ConfigError("serviceConfig", `is no JSON: ${(cause as Error).message}`);
    }
  }
  if (policy !== undefined && typeof json === "object") json = { ...json, loadBalancingConfig: [policy] };
  return parseServiceConfig(json, policies, { unknownFields: "report" });
}

function readCallCredentials({ callCredentials, tls }: ChannelOptions): CallCredentials | undefined {
  if (callCredentials === undefined) return undefined;
  if (typeof callCredentials?.generateMetadata !== "function") {
    throw new Error(`callCredentials must have the method generateMetadata, got ${String(callCredentials)}`);
  }
  if (tls === undefined || tls === false) {
    throw new Error("callCredentials need tls: nobody on the way may read what proves who calls");
  }
  return callCredentials;
}

function readTls(tls: boolean | ClientTlsOptions | undefined): ClientTls | undefined {
  if (tls === undefined || tls === false) return undefined;
  return new ClientTls(tls === true ? {} : tls);
}

/** What may not stand in `:authority` is percent-encoded, as grpc-go does it. */
function encodeAuthority(endpoint: string): string {
  return encodeURIComponent(endpoint).replace(
    /%(?:3A|5B|5D|2C|24|26|2B|3B|3D|40|21|27|28|29|2A)/g,
    decodeURIComponent,
  );
}
