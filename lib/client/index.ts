/**
 * The calling side: names to addresses, policies, connections, and calls over them. `channel.ts` is where the parts
 * meet, `client.ts` is what users hold, `naming/` and `balancing/` are what they may extend. grpc-js gives the
 * connections (`connection/grpc-transport.ts`) and nothing else; no state is shared between channels.
 */
export { BalancerGroup, type BalancerGroupOptions, type GroupMember } from "./balancing/balancer-group.js";
export { EndpointSharding, type Shard, type ShardingOptions } from "./balancing/endpoint-sharding.js";
export { GracefulSwitch } from "./balancing/graceful-switch.js";
export { groupByPath } from "./balancing/hierarchy.js";
export { type LoadReportWatchOptions, watchLoadReports } from "./balancing/load-report-watch.js";
export {
  type AttemptOutcome,
  type CompletePick,
  failPicker,
  idlePicker,
  type PickArgs,
  type Picker,
  type PickResult,
  queuePicker,
  subchannelPicker,
} from "./balancing/picker.js";
export {
  type BalancerUpdate,
  type BalancingContext,
  type ChannelControlHelper,
  type ControlChannel,
  type ControlChannelOptions,
  childHelper,
  type LoadBalancer,
  type LoadBalancerFactory,
  type LoadBalancingPolicy,
  type PolicyDescription,
  type ReadyEndpoint,
  type WatchedName,
} from "./balancing/policy.js";
export { type PolicyChoice, PolicyRegistry, UnknownPolicyError } from "./balancing/policy-registry.js";
export { shortPolicy } from "./balancing/short-policy.js";
export { weightedPicker } from "./balancing/weighted-picker.js";
export {
  parseWeightedRoundRobinConfig,
  type UtilizationMetric,
  type WeightedRoundRobinConfig,
} from "./balancing/weighted-round-robin-config.js";
export { EndpointWeight, WeightCounters } from "./balancing/weighted-round-robin-weight.js";
export type { CallCredentials } from "./call/call-credentials.js";
export {
  type CallOptions,
  type ClientOptions,
  type InheritOptions,
  type MetadataInit,
  TRACE_CONTEXT,
} from "./call/call-options.js";
export type { Compression } from "./call/framing.js";
export { type Channel, type ChannelInspection, createChannel } from "./channel.js";
export type { ChannelOptions, ClientTlsOptions, KeepaliveOptions, RetryOptions } from "./channel-options.js";
export { type Client, createClient, type RequestSource } from "./client.js";
export { Backoff, type BackoffOptions } from "./connection/backoff.js";
export {
  type StreamObserver,
  type Subchannel,
  type SubchannelListener,
  type SubchannelStatus,
  SubchannelWrapper,
} from "./connection/subchannel.js";
export type { SubchannelInspection } from "./connection/transport-subchannel.js";
export { aggregateStates, type ConnectivityState } from "./connectivity.js";
export { type DnsOptions, dnsResolver } from "./naming/dns-resolver.js";
export {
  type Address,
  addressKey,
  type Endpoint,
  type EndpointAttributes,
  endpointKey,
  formatAddress,
  type TcpAddress,
  type UnixAddress,
} from "./naming/endpoint.js";
export { type FileOptions, fileResolver } from "./naming/file-resolver.js";
export { type FileWatchOptions, watchFile } from "./naming/file-watch.js";
export { parseAddress, parseHostPort } from "./naming/host-port.js";
export type { NameWatchListener } from "./naming/name-watch.js";
export {
  GRPCLB_BALANCERS,
  type Resolution,
  type Resolver,
  type ResolverContext,
  type ResolverDefinition,
  type ResolverOptions,
} from "./naming/resolver.js";
export { type EndpointSource, StaticResolver, staticResolver } from "./naming/static-resolver.js";
export { parseTarget, type Target, UnknownSchemeError } from "./naming/target.js";
export { ConfigError, ConfigReader } from "./service-config/config-reader.js";
export {
  type GrpclbOptions,
  grpclb,
  type LeastRequestOptions,
  leastRequest,
  type OutlierDetectionOptions,
  outlierDetection,
  type PickFirstOptions,
  type PriorityOptions,
  pickFirst,
  policy,
  priority,
  type RandomSubsettingOptions,
  type RingHashOptions,
  randomSubsetting,
  ringHash,
  roundRobin,
  type WeightedRoundRobinOptions,
  type WeightedTargetOptions,
  weightedRoundRobin,
  weightedTarget,
} from "./service-config/policies.js";
export {
  type RlsKeyBuilder,
  type RlsOptions,
  rls,
  type TargetOptions,
  target,
} from "./service-config/rls-policies.js";
export type {
  HedgingPolicyJson,
  MethodConfigJson,
  PolicyConfig,
  RetryPolicyJson,
  ServiceConfigJson,
} from "./service-config/service-config.js";
export { type WatchNameOptions, watchName } from "./watch-name.js";
