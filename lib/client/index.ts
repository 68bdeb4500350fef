/**
 * The calling side: names to addresses, policies, connections, and calls over them. `channel.ts` is where the parts
 * meet, `client.ts` is what users hold, `naming/` and `balancing/` are what they may extend. grpc-js gives the
 * connections (`connection/grpc-transport.ts`) and nothing else; no state is shared between channels.
 */
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
  childHelper,
  type LoadBalancer,
  type LoadBalancerFactory,
  type LoadBalancingPolicy,
  type PolicyDescription,
  type ReadyEndpoint,
} from "./balancing/policy.js";
export { type PolicyChoice, PolicyRegistry, UnknownPolicyError } from "./balancing/policy-registry.js";
export { shortPolicy } from "./balancing/short-policy.js";
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
export type {
  Resolution,
  Resolver,
  ResolverContext,
  ResolverDefinition,
  ResolverOptions,
} from "./naming/resolver.js";
export { type Target, UnknownSchemeError } from "./naming/target.js";
export { ConfigError, ConfigReader } from "./service-config/config-reader.js";
export type {
  HedgingPolicyJson,
  MethodConfigJson,
  PolicyConfig,
  RetryPolicyJson,
  ServiceConfigJson,
} from "./service-config/service-config.js";
