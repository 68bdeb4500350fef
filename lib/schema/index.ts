/**
 * The contract: `.proto` files to services, codecs and error details; everything protobuf. {@link loadSchema} reads
 * files, a {@link Schema} says what they declare and has the codec of every message. The parser is in `source/`, what
 * makes and reads bytes in `wire/` and `codec/`. This layer knows nothing of calls and transports.
 */
export type * from "./file-descriptor.js";
export { type GetResponse as InspectResponse, Inspect } from "./generated/grebe/inspect/v1/inspect.js";
export {
  Health,
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  type HealthListResponse,
} from "./generated/grpc/health/v1/health.js";
export {
  type ClientStats,
  type ClientStatsPerToken,
  type LoadBalanceRequest,
  type LoadBalanceRequestInit,
  type LoadBalanceResponse,
  type LoadBalanceResponseInit,
  LoadBalancer,
  type Server as LoadBalancerServer,
  type ServerInit as LoadBalancerServerInit,
  type ServerList as LoadBalancerServerList,
  type ServerListInit as LoadBalancerServerListInit,
} from "./generated/grpc/lb/v1/load_balancer.js";
export {
  type RouteLookupRequest,
  RouteLookupRequest_Reason,
  type RouteLookupRequestInit,
  type RouteLookupResponse,
  type RouteLookupResponseInit,
  RouteLookupService,
} from "./generated/grpc/lookup/v1/rls.js";
export type { OrcaLoadReport, OrcaLoadReportInit } from "./generated/xds/data/orca/v3/orca_load_report.js";
export { OpenRcaService, type OrcaLoadReportRequest } from "./generated/xds/service/orca/v3/orca.js";
export { decodeLoadReport, encodeLoadReport } from "./load-report.js";
export type { MessageForm, SchemaOptions } from "./options.js";
export { loadDescriptorSet, loadSchema, type Schema } from "./schema.js";
export {
  defineFile,
  defineService,
  type GeneratedFile,
  type MethodType,
  type ServiceMethods,
  type ServiceType,
} from "./service-type.js";
export {
  badRequest,
  debugInfo,
  decodeStatusDetails,
  encodeStatusDetails,
  errorInfo,
  help,
  localizedMessage,
  preconditionFailure,
  quotaFailure,
  requestInfo,
  resourceInfo,
  retryInfo,
  type StatusDetails,
} from "./status-details.js";
export type { EnumType, FieldType, MessageType, OneofType, TypeRegistry } from "./type-registry.js";
export { isWellKnownFile } from "./well-known/index.js";
