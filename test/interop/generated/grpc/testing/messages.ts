// Made by "grebe types" from grpc/testing/messages.proto. Do not edit.
import { defineFile } from "../../../../../lib/schema/index.js";

export const LoadBalancerStatsResponse_MetadataType = {
  UNKNOWN: "UNKNOWN",
  INITIAL: "INITIAL",
  TRAILING: "TRAILING",
} as const;
/** A value that the schema does not name is its number. */
export type LoadBalancerStatsResponse_MetadataType = "UNKNOWN" | "INITIAL" | "TRAILING" | number;

export const ClientConfigureRequest_RpcType = {
  EMPTY_CALL: "EMPTY_CALL",
  UNARY_CALL: "UNARY_CALL",
} as const;
/** A value that the schema does not name is its number. */
export type ClientConfigureRequest_RpcType = "EMPTY_CALL" | "UNARY_CALL" | number;

export const HookRequest_HookRequestCommand = {
  UNSPECIFIED: "UNSPECIFIED",
  START: "START",
  STOP: "STOP",
  RETURN: "RETURN",
} as const;
/** A value that the schema does not name is its number. */
export type HookRequest_HookRequestCommand = "UNSPECIFIED" | "START" | "STOP" | "RETURN" | number;

export const PayloadType = {
  /** Bytes that compress well. */
  COMPRESSABLE: "COMPRESSABLE",
} as const;
/** A value that the schema does not name is its number. */
export type PayloadType = "COMPRESSABLE" | number;

/** How a grpclb client chose the backend that served a call. */
export const GrpclbRouteType = {
  GRPCLB_ROUTE_TYPE_UNKNOWN: "GRPCLB_ROUTE_TYPE_UNKNOWN",
  GRPCLB_ROUTE_TYPE_FALLBACK: "GRPCLB_ROUTE_TYPE_FALLBACK",
  GRPCLB_ROUTE_TYPE_BACKEND: "GRPCLB_ROUTE_TYPE_BACKEND",
} as const;
/** A value that the schema does not name is its number. */
export type GrpclbRouteType = "GRPCLB_ROUTE_TYPE_UNKNOWN" | "GRPCLB_ROUTE_TYPE_FALLBACK" | "GRPCLB_ROUTE_TYPE_BACKEND" | number;

/** A wrapper whose presence matters; not google.protobuf.BoolValue. */
export interface BoolValue {
  value: boolean;
}
/** What may be sent as {@link BoolValue}. */
export interface BoolValueInit {
  readonly value?: boolean | undefined;
}

export interface Payload {
  type: PayloadType;
  body: Buffer;
}
/** What may be sent as {@link Payload}. */
export interface PayloadInit {
  readonly type?: PayloadType | undefined;
  readonly body?: Uint8Array | undefined;
}

/** A status that the server is asked to end the call with. */
export interface EchoStatus {
  code: number;
  message: string;
}
/** What may be sent as {@link EchoStatus}. */
export interface EchoStatusInit {
  readonly code?: number | undefined;
  readonly message?: string | undefined;
}

export interface SimpleRequest {
  responseType: PayloadType;
  /** Size of the payload to answer with. */
  responseSize: number;
  payload?: Payload;
  fillUsername: boolean;
  fillOauthScope: boolean;
  responseCompressed?: BoolValue;
  responseStatus?: EchoStatus;
  /** Whether the server should find this request compressed. */
  expectCompressed?: BoolValue;
  fillServerId: boolean;
  fillGrpclbRouteType: boolean;
  orcaPerQueryReport?: TestOrcaReport;
}
/** What may be sent as {@link SimpleRequest}. */
export interface SimpleRequestInit {
  readonly responseType?: PayloadType | undefined;
  readonly responseSize?: number | undefined;
  readonly payload?: PayloadInit | undefined;
  readonly fillUsername?: boolean | undefined;
  readonly fillOauthScope?: boolean | undefined;
  readonly responseCompressed?: BoolValueInit | undefined;
  readonly responseStatus?: EchoStatusInit | undefined;
  readonly expectCompressed?: BoolValueInit | undefined;
  readonly fillServerId?: boolean | undefined;
  readonly fillGrpclbRouteType?: boolean | undefined;
  readonly orcaPerQueryReport?: TestOrcaReportInit | undefined;
}

export interface SimpleResponse {
  payload?: Payload;
  username: string;
  oauthScope: string;
  /** The same for all calls to one server process. */
  serverId: string;
  grpclbRouteType: GrpclbRouteType;
  hostname: string;
}
/** What may be sent as {@link SimpleResponse}. */
export interface SimpleResponseInit {
  readonly payload?: PayloadInit | undefined;
  readonly username?: string | undefined;
  readonly oauthScope?: string | undefined;
  readonly serverId?: string | undefined;
  readonly grpclbRouteType?: GrpclbRouteType | undefined;
  readonly hostname?: string | undefined;
}

export interface StreamingInputCallRequest {
  payload?: Payload;
  expectCompressed?: BoolValue;
}
/** What may be sent as {@link StreamingInputCallRequest}. */
export interface StreamingInputCallRequestInit {
  readonly payload?: PayloadInit | undefined;
  readonly expectCompressed?: BoolValueInit | undefined;
}

export interface StreamingInputCallResponse {
  /** Sum of the sizes of all payloads of the call. */
  aggregatedPayloadSize: number;
}
/** What may be sent as {@link StreamingInputCallResponse}. */
export interface StreamingInputCallResponseInit {
  readonly aggregatedPayloadSize?: number | undefined;
}

/** What one message of the answer should be. */
export interface ResponseParameters {
  size: number;
  /** Wait this long before the message. */
  intervalUs: number;
  compressed?: BoolValue;
  fillPeerSocketAddress?: BoolValue;
}
/** What may be sent as {@link ResponseParameters}. */
export interface ResponseParametersInit {
  readonly size?: number | undefined;
  readonly intervalUs?: number | undefined;
  readonly compressed?: BoolValueInit | undefined;
  readonly fillPeerSocketAddress?: BoolValueInit | undefined;
}

export interface StreamingOutputCallRequest {
  responseType: PayloadType;
  responseParameters: ResponseParameters[];
  payload?: Payload;
  responseStatus?: EchoStatus;
  orcaOobReport?: TestOrcaReport;
}
/** What may be sent as {@link StreamingOutputCallRequest}. */
export interface StreamingOutputCallRequestInit {
  readonly responseType?: PayloadType | undefined;
  readonly responseParameters?: readonly ResponseParametersInit[] | undefined;
  readonly payload?: PayloadInit | undefined;
  readonly responseStatus?: EchoStatusInit | undefined;
  readonly orcaOobReport?: TestOrcaReportInit | undefined;
}

export interface StreamingOutputCallResponse {
  payload?: Payload;
  peerSocketAddress: string;
}
/** What may be sent as {@link StreamingOutputCallResponse}. */
export interface StreamingOutputCallResponseInit {
  readonly payload?: PayloadInit | undefined;
  readonly peerSocketAddress?: string | undefined;
}

export interface ReconnectParams {
  maxReconnectBackoffMs: number;
}
/** What may be sent as {@link ReconnectParams}. */
export interface ReconnectParamsInit {
  readonly maxReconnectBackoffMs?: number | undefined;
}

export interface ReconnectInfo {
  passed: boolean;
  backoffMs: number[];
}
/** What may be sent as {@link ReconnectInfo}. */
export interface ReconnectInfoInit {
  readonly passed?: boolean | undefined;
  readonly backoffMs?: readonly number[] | undefined;
}

export interface LoadBalancerStatsRequest {
  numRpcs: number;
  timeoutSec: number;
  metadataKeys: string[];
}
/** What may be sent as {@link LoadBalancerStatsRequest}. */
export interface LoadBalancerStatsRequestInit {
  readonly numRpcs?: number | undefined;
  readonly timeoutSec?: number | undefined;
  readonly metadataKeys?: readonly string[] | undefined;
}

export interface LoadBalancerStatsResponse {
  rpcsByPeer: { [key: string]: number };
  numFailures: number;
  rpcsByMethod: { [key: string]: LoadBalancerStatsResponse_RpcsByPeer };
  metadatasByPeer: { [key: string]: LoadBalancerStatsResponse_MetadataByPeer };
}
/** What may be sent as {@link LoadBalancerStatsResponse}. */
export interface LoadBalancerStatsResponseInit {
  readonly rpcsByPeer?: { readonly [key: string]: number } | undefined;
  readonly numFailures?: number | undefined;
  readonly rpcsByMethod?: { readonly [key: string]: LoadBalancerStatsResponse_RpcsByPeerInit } | undefined;
  readonly metadatasByPeer?: { readonly [key: string]: LoadBalancerStatsResponse_MetadataByPeerInit } | undefined;
}

export interface LoadBalancerStatsResponse_MetadataEntry {
  key: string;
  value: string;
  type: LoadBalancerStatsResponse_MetadataType;
}
/** What may be sent as {@link LoadBalancerStatsResponse_MetadataEntry}. */
export interface LoadBalancerStatsResponse_MetadataEntryInit {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
  readonly type?: LoadBalancerStatsResponse_MetadataType | undefined;
}

export interface LoadBalancerStatsResponse_RpcMetadata {
  metadata: LoadBalancerStatsResponse_MetadataEntry[];
}
/** What may be sent as {@link LoadBalancerStatsResponse_RpcMetadata}. */
export interface LoadBalancerStatsResponse_RpcMetadataInit {
  readonly metadata?: readonly LoadBalancerStatsResponse_MetadataEntryInit[] | undefined;
}

export interface LoadBalancerStatsResponse_MetadataByPeer {
  rpcMetadata: LoadBalancerStatsResponse_RpcMetadata[];
}
/** What may be sent as {@link LoadBalancerStatsResponse_MetadataByPeer}. */
export interface LoadBalancerStatsResponse_MetadataByPeerInit {
  readonly rpcMetadata?: readonly LoadBalancerStatsResponse_RpcMetadataInit[] | undefined;
}

export interface LoadBalancerStatsResponse_RpcsByPeer {
  rpcsByPeer: { [key: string]: number };
}
/** What may be sent as {@link LoadBalancerStatsResponse_RpcsByPeer}. */
export interface LoadBalancerStatsResponse_RpcsByPeerInit {
  readonly rpcsByPeer?: { readonly [key: string]: number } | undefined;
}

export type LoadBalancerAccumulatedStatsRequest = object;
/** What may be sent as {@link LoadBalancerAccumulatedStatsRequest}. */
export type LoadBalancerAccumulatedStatsRequestInit = object;

export interface LoadBalancerAccumulatedStatsResponse {
  /** @deprecated */
  numRpcsStartedByMethod: { [key: string]: number };
  /** @deprecated */
  numRpcsSucceededByMethod: { [key: string]: number };
  /** @deprecated */
  numRpcsFailedByMethod: { [key: string]: number };
  statsPerMethod: { [key: string]: LoadBalancerAccumulatedStatsResponse_MethodStats };
}
/** What may be sent as {@link LoadBalancerAccumulatedStatsResponse}. */
export interface LoadBalancerAccumulatedStatsResponseInit {
  readonly numRpcsStartedByMethod?: { readonly [key: string]: number } | undefined;
  readonly numRpcsSucceededByMethod?: { readonly [key: string]: number } | undefined;
  readonly numRpcsFailedByMethod?: { readonly [key: string]: number } | undefined;
  readonly statsPerMethod?: { readonly [key: string]: LoadBalancerAccumulatedStatsResponse_MethodStatsInit } | undefined;
}

export interface LoadBalancerAccumulatedStatsResponse_MethodStats {
  rpcsStarted: number;
  /** By status code. */
  result: { [key: string]: number };
}
/** What may be sent as {@link LoadBalancerAccumulatedStatsResponse_MethodStats}. */
export interface LoadBalancerAccumulatedStatsResponse_MethodStatsInit {
  readonly rpcsStarted?: number | undefined;
  readonly result?: { readonly [key: string]: number } | undefined;
}

export interface ClientConfigureRequest {
  types: ClientConfigureRequest_RpcType[];
  metadata: ClientConfigureRequest_Metadata[];
  timeoutSec: number;
}
/** What may be sent as {@link ClientConfigureRequest}. */
export interface ClientConfigureRequestInit {
  readonly types?: readonly ClientConfigureRequest_RpcType[] | undefined;
  readonly metadata?: readonly ClientConfigureRequest_MetadataInit[] | undefined;
  readonly timeoutSec?: number | undefined;
}

export interface ClientConfigureRequest_Metadata {
  type: ClientConfigureRequest_RpcType;
  key: string;
  value: string;
}
/** What may be sent as {@link ClientConfigureRequest_Metadata}. */
export interface ClientConfigureRequest_MetadataInit {
  readonly type?: ClientConfigureRequest_RpcType | undefined;
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

export type ClientConfigureResponse = object;
/** What may be sent as {@link ClientConfigureResponse}. */
export type ClientConfigureResponseInit = object;

export interface MemorySize {
  rss: string;
}
/** What may be sent as {@link MemorySize}. */
export interface MemorySizeInit {
  readonly rss?: string | number | bigint | undefined;
}

/** Utilization figures that the server is asked to report. */
export interface TestOrcaReport {
  cpuUtilization: number;
  memoryUtilization: number;
  requestCost: { [key: string]: number };
  utilization: { [key: string]: number };
}
/** What may be sent as {@link TestOrcaReport}. */
export interface TestOrcaReportInit {
  readonly cpuUtilization?: number | undefined;
  readonly memoryUtilization?: number | undefined;
  readonly requestCost?: { readonly [key: string]: number } | undefined;
  readonly utilization?: { readonly [key: string]: number } | undefined;
}

export interface SetReturnStatusRequest {
  grpcCodeToReturn: number;
  grpcStatusDescription: string;
}
/** What may be sent as {@link SetReturnStatusRequest}. */
export interface SetReturnStatusRequestInit {
  readonly grpcCodeToReturn?: number | undefined;
  readonly grpcStatusDescription?: string | undefined;
}

export interface HookRequest {
  command: HookRequest_HookRequestCommand;
  grpcCodeToReturn: number;
  grpcStatusDescription: string;
  serverPort: number;
}
/** What may be sent as {@link HookRequest}. */
export interface HookRequestInit {
  readonly command?: HookRequest_HookRequestCommand | undefined;
  readonly grpcCodeToReturn?: number | undefined;
  readonly grpcStatusDescription?: string | undefined;
  readonly serverPort?: number | undefined;
}

export type HookResponse = object;
/** What may be sent as {@link HookResponse}. */
export type HookResponseInit = object;

/** The descriptor of grpc/testing/messages.proto. */
export const file = defineFile(
  "ChtncnBjL3Rlc3RpbmcvbWVzc2FnZXMucHJvdG8SDGdycGMudGVzdGluZyIhCglCb29sVmFsdWUSFAoFdmFsdWUYASABKAhSBXZhbHVlIkwKB1BheWxvYWQSLQoEdHlwZRgBIAEoDjIZLmdycGMudGVzdGluZy5QYXlsb2FkVHlwZVIEdHlwZRISCgRib2R5GAIgASgMUgRib2R5IjoKCkVjaG9TdGF0dXMSEgoEY29kZRgBIAEoBVIEY29kZRIYCgdtZXNzYWdlGAIgASgJUgdtZXNzYWdlIvMECg1TaW1wbGVSZXF1ZXN0Ej4KDXJlc3BvbnNlX3R5cGUYASABKA4yGS5ncnBjLnRlc3RpbmcuUGF5bG9hZFR5cGVSDHJlc3BvbnNlVHlwZRIjCg1yZXNwb25zZV9zaXplGAIgASgFUgxyZXNwb25zZVNpemUSLwoHcGF5bG9hZBgDIAEoCzIVLmdycGMudGVzdGluZy5QYXlsb2FkUgdwYXlsb2FkEiMKDWZpbGxfdXNlcm5hbWUYBCABKAhSDGZpbGxVc2VybmFtZRIoChBmaWxsX29hdXRoX3Njb3BlGAUgASgIUg5maWxsT2F1dGhTY29wZRJIChNyZXNwb25zZV9jb21wcmVzc2VkGAYgASgLMhcuZ3JwYy50ZXN0aW5nLkJvb2xWYWx1ZVIScmVzcG9uc2VDb21wcmVzc2VkEkEKD3Jlc3BvbnNlX3N0YXR1cxgHIAEoCzIYLmdycGMudGVzdGluZy5FY2hvU3RhdHVzUg5yZXNwb25zZVN0YXR1cxJEChFleHBlY3RfY29tcHJlc3NlZBgIIAEoCzIXLmdycGMudGVzdGluZy5Cb29sVmFsdWVSEGV4cGVjdENvbXByZXNzZWQSJAoOZmlsbF9zZXJ2ZXJfaWQYCSABKAhSDGZpbGxTZXJ2ZXJJZBIzChZmaWxsX2dycGNsYl9yb3V0ZV90eXBlGAogASgIUhNmaWxsR3JwY2xiUm91dGVUeXBlEk8KFW9yY2FfcGVyX3F1ZXJ5X3JlcG9ydBgLIAEoCzIcLmdycGMudGVzdGluZy5UZXN0T3JjYVJlcG9ydFISb3JjYVBlclF1ZXJ5UmVwb3J0IoICCg5TaW1wbGVSZXNwb25zZRIvCgdwYXlsb2FkGAEgASgLMhUuZ3JwYy50ZXN0aW5nLlBheWxvYWRSB3BheWxvYWQSGgoIdXNlcm5hbWUYAiABKAlSCHVzZXJuYW1lEh8KC29hdXRoX3Njb3BlGAMgASgJUgpvYXV0aFNjb3BlEhsKCXNlcnZlcl9pZBgEIAEoCVIIc2VydmVySWQSSQoRZ3JwY2xiX3JvdXRlX3R5cGUYBSABKA4yHS5ncnBjLnRlc3RpbmcuR3JwY2xiUm91dGVUeXBlUg9ncnBjbGJSb3V0ZVR5cGUSGgoIaG9zdG5hbWUYBiABKAlSCGhvc3RuYW1lIpIBChlTdHJlYW1pbmdJbnB1dENhbGxSZXF1ZXN0Ei8KB3BheWxvYWQYASABKAsyFS5ncnBjLnRlc3RpbmcuUGF5bG9hZFIHcGF5bG9hZBJEChFleHBlY3RfY29tcHJlc3NlZBgCIAEoCzIXLmdycGMudGVzdGluZy5Cb29sVmFsdWVSEGV4cGVjdENvbXByZXNzZWQiVAoaU3RyZWFtaW5nSW5wdXRDYWxsUmVzcG9uc2USNgoXYWdncmVnYXRlZF9wYXlsb2FkX3NpemUYASABKAVSFWFnZ3JlZ2F0ZWRQYXlsb2FkU2l6ZSLUAQoSUmVzcG9uc2VQYXJhbWV0ZXJzEhIKBHNpemUYASABKAVSBHNpemUSHwoLaW50ZXJ2YWxfdXMYAiABKAVSCmludGVydmFsVXMSNwoKY29tcHJlc3NlZBgDIAEoCzIXLmdycGMudGVzdGluZy5Cb29sVmFsdWVSCmNvbXByZXNzZWQSUAoYZmlsbF9wZWVyX3NvY2tldF9hZGRyZXNzGAQgASgLMhcuZ3JwYy50ZXN0aW5nLkJvb2xWYWx1ZVIVZmlsbFBlZXJTb2NrZXRBZGRyZXNzIukCChpTdHJlYW1pbmdPdXRwdXRDYWxsUmVxdWVzdBI+Cg1yZXNwb25zZV90eXBlGAEgASgOMhkuZ3JwYy50ZXN0aW5nLlBheWxvYWRUeXBlUgxyZXNwb25zZVR5cGUSUQoTcmVzcG9uc2VfcGFyYW1ldGVycxgCIAMoCzIgLmdycGMudGVzdGluZy5SZXNwb25zZVBhcmFtZXRlcnNSEnJlc3BvbnNlUGFyYW1ldGVycxIvCgdwYXlsb2FkGAMgASgLMhUuZ3JwYy50ZXN0aW5nLlBheWxvYWRSB3BheWxvYWQSQQoPcmVzcG9uc2Vfc3RhdHVzGAcgASgLMhguZ3JwYy50ZXN0aW5nLkVjaG9TdGF0dXNSDnJlc3BvbnNlU3RhdHVzEkQKD29yY2Ffb29iX3JlcG9ydBgIIAEoCzIcLmdycGMudGVzdGluZy5UZXN0T3JjYVJlcG9ydFINb3JjYU9vYlJlcG9ydCJ+ChtTdHJlYW1pbmdPdXRwdXRDYWxsUmVzcG9uc2USLwoHcGF5bG9hZBgBIAEoCzIVLmdycGMudGVzdGluZy5QYXlsb2FkUgdwYXlsb2FkEi4KE3BlZXJfc29ja2V0X2FkZHJlc3MYAiABKAlSEXBlZXJTb2NrZXRBZGRyZXNzIkoKD1JlY29ubmVjdFBhcmFtcxI3ChhtYXhfcmVjb25uZWN0X2JhY2tvZmZfbXMYASABKAVSFW1heFJlY29ubmVjdEJhY2tvZmZNcyJGCg1SZWNvbm5lY3RJbmZvEhYKBnBhc3NlZBgBIAEoCFIGcGFzc2VkEh0KCmJhY2tvZmZfbXMYAiADKAVSCWJhY2tvZmZNcyJ7ChhMb2FkQmFsYW5jZXJTdGF0c1JlcXVlc3QSGQoIbnVtX3JwY3MYASABKAVSB251bVJwY3MSHwoLdGltZW91dF9zZWMYAiABKAVSCnRpbWVvdXRTZWMSIwoNbWV0YWRhdGFfa2V5cxgDIAMoCVIMbWV0YWRhdGFLZXlzItAJChlMb2FkQmFsYW5jZXJTdGF0c1Jlc3BvbnNlElkKDHJwY3NfYnlfcGVlchgBIAMoCzI3LmdycGMudGVzdGluZy5Mb2FkQmFsYW5jZXJTdGF0c1Jlc3BvbnNlLlJwY3NCeVBlZXJFbnRyeVIKcnBjc0J5UGVlchIhCgxudW1fZmFpbHVyZXMYAiABKAVSC251bUZhaWx1cmVzEl8KDnJwY3NfYnlfbWV0aG9kGAMgAygLMjkuZ3JwYy50ZXN0aW5nLkxvYWRCYWxhbmNlclN0YXRzUmVzcG9uc2UuUnBjc0J5TWV0aG9kRW50cnlSDHJwY3NCeU1ldGhvZBJoChFtZXRhZGF0YXNfYnlfcGVlchgEIAMoCzI8LmdycGMudGVzdGluZy5Mb2FkQmFsYW5jZXJTdGF0c1Jlc3BvbnNlLk1ldGFkYXRhc0J5UGVlckVudHJ5Ug9tZXRhZGF0YXNCeVBlZXIagQEKDU1ldGFkYXRhRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKAlSBXZhbHVlEkgKBHR5cGUYAyABKA4yNC5ncnBjLnRlc3RpbmcuTG9hZEJhbGFuY2VyU3RhdHNSZXNwb25zZS5NZXRhZGF0YVR5cGVSBHR5cGUaYAoLUnBjTWV0YWRhdGESUQoIbWV0YWRhdGEYASADKAsyNS5ncnBjLnRlc3RpbmcuTG9hZEJhbGFuY2VyU3RhdHNSZXNwb25zZS5NZXRhZGF0YUVudHJ5UghtZXRhZGF0YRpoCg5NZXRhZGF0YUJ5UGVlchJWCgxycGNfbWV0YWRhdGEYASADKAsyMy5ncnBjLnRlc3RpbmcuTG9hZEJhbGFuY2VyU3RhdHNSZXNwb25zZS5ScGNNZXRhZGF0YVILcnBjTWV0YWRhdGEasQEKClJwY3NCeVBlZXISZAoMcnBjc19ieV9wZWVyGAEgAygLMkIuZ3JwYy50ZXN0aW5nLkxvYWRCYWxhbmNlclN0YXRzUmVzcG9uc2UuUnBjc0J5UGVlci5ScGNzQnlQZWVyRW50cnlSCnJwY3NCeVBlZXIaPQoPUnBjc0J5UGVlckVudHJ5EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZhbHVlGAIgASgFUgV2YWx1ZToCOAEaPQoPUnBjc0J5UGVlckVudHJ5EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZhbHVlGAIgASgFUgV2YWx1ZToCOAEacwoRUnBjc0J5TWV0aG9kRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSSAoFdmFsdWUYAiABKAsyMi5ncnBjLnRlc3RpbmcuTG9hZEJhbGFuY2VyU3RhdHNSZXNwb25zZS5ScGNzQnlQZWVyUgV2YWx1ZToCOAEaegoUTWV0YWRhdGFzQnlQZWVyRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSTAoFdmFsdWUYAiABKAsyNi5ncnBjLnRlc3RpbmcuTG9hZEJhbGFuY2VyU3RhdHNSZXNwb25zZS5NZXRhZGF0YUJ5UGVlclIFdmFsdWU6AjgBIjYKDE1ldGFkYXRhVHlwZRILCgdVTktOT1dOEAASCwoHSU5JVElBTBABEgwKCFRSQUlMSU5HEAIiJQojTG9hZEJhbGFuY2VyQWNjdW11bGF0ZWRTdGF0c1JlcXVlc3QihgkKJExvYWRCYWxhbmNlckFjY3VtdWxhdGVkU3RhdHNSZXNwb25zZRKOAQoabnVtX3JwY3Nfc3RhcnRlZF9ieV9tZXRob2QYASADKAsyTi5ncnBjLnRlc3RpbmcuTG9hZEJhbGFuY2VyQWNjdW11bGF0ZWRTdGF0c1Jlc3BvbnNlLk51bVJwY3NTdGFydGVkQnlNZXRob2RFbnRyeUICGAFSFm51bVJwY3NTdGFydGVkQnlNZXRob2QSlAEKHG51bV9ycGNzX3N1Y2NlZWRlZF9ieV9tZXRob2QYAiADKAsyUC5ncnBjLnRlc3RpbmcuTG9hZEJhbGFuY2VyQWNjdW11bGF0ZWRTdGF0c1Jlc3BvbnNlLk51bVJwY3NTdWNjZWVkZWRCeU1ldGhvZEVudHJ5QgIYAVIYbnVtUnBjc1N1Y2NlZWRlZEJ5TWV0aG9kEosBChludW1fcnBjc19mYWlsZWRfYnlfbWV0aG9kGAMgAygLMk0uZ3JwYy50ZXN0aW5nLkxvYWRCYWxhbmNlckFjY3VtdWxhdGVkU3RhdHNSZXNwb25zZS5OdW1ScGNzRmFpbGVkQnlNZXRob2RFbnRyeUICGAFSFW51bVJwY3NGYWlsZWRCeU1ldGhvZBJwChBzdGF0c19wZXJfbWV0aG9kGAQgAygLMkYuZ3JwYy50ZXN0aW5nLkxvYWRCYWxhbmNlckFjY3VtdWxhdGVkU3RhdHNSZXNwb25zZS5TdGF0c1Blck1ldGhvZEVudHJ5Ug5zdGF0c1Blck1ldGhvZBrPAQoLTWV0aG9kU3RhdHMSIQoMcnBjc19zdGFydGVkGAEgASgFUgtycGNzU3RhcnRlZBJiCgZyZXN1bHQYAiADKAsySi5ncnBjLnRlc3RpbmcuTG9hZEJhbGFuY2VyQWNjdW11bGF0ZWRTdGF0c1Jlc3BvbnNlLk1ldGhvZFN0YXRzLlJlc3VsdEVudHJ5UgZyZXN1bHQaOQoLUmVzdWx0RW50cnkSEAoDa2V5GAEgASgFUgNrZXkSFAoFdmFsdWUYAiABKAVSBXZhbHVlOgI4ARpJChtOdW1ScGNzU3RhcnRlZEJ5TWV0aG9kRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKAVSBXZhbHVlOgI4ARpLCh1OdW1ScGNzU3VjY2VlZGVkQnlNZXRob2RFbnRyeRIQCgNrZXkYASABKAlSA2tleRIUCgV2YWx1ZRgCIAEoBVIFdmFsdWU6AjgBGkgKGk51bVJwY3NGYWlsZWRCeU1ldGhvZEVudHJ5EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZhbHVlGAIgASgFUgV2YWx1ZToCOAEagQEKE1N0YXRzUGVyTWV0aG9kRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSVAoFdmFsdWUYAiABKAsyPi5ncnBjLnRlc3RpbmcuTG9hZEJhbGFuY2VyQWNjdW11bGF0ZWRTdGF0c1Jlc3BvbnNlLk1ldGhvZFN0YXRzUgV2YWx1ZToCOAEi6QIKFkNsaWVudENvbmZpZ3VyZVJlcXVlc3QSQgoFdHlwZXMYASADKA4yLC5ncnBjLnRlc3RpbmcuQ2xpZW50Q29uZmlndXJlUmVxdWVzdC5ScGNUeXBlUgV0eXBlcxJJCghtZXRhZGF0YRgCIAMoCzItLmdycGMudGVzdGluZy5DbGllbnRDb25maWd1cmVSZXF1ZXN0Lk1ldGFkYXRhUghtZXRhZGF0YRIfCgt0aW1lb3V0X3NlYxgDIAEoBVIKdGltZW91dFNlYxp0CghNZXRhZGF0YRJACgR0eXBlGAEgASgOMiwuZ3JwYy50ZXN0aW5nLkNsaWVudENvbmZpZ3VyZVJlcXVlc3QuUnBjVHlwZVIEdHlwZRIQCgNrZXkYAiABKAlSA2tleRIUCgV2YWx1ZRgDIAEoCVIFdmFsdWUiKQoHUnBjVHlwZRIOCgpFTVBUWV9DQUxMEAASDgoKVU5BUllfQ0FMTBABIhkKF0NsaWVudENvbmZpZ3VyZVJlc3BvbnNlIh4KCk1lbW9yeVNpemUSEAoDcnNzGAEgASgDUgNyc3MiiwMKDlRlc3RPcmNhUmVwb3J0EicKD2NwdV91dGlsaXphdGlvbhgBIAEoAVIOY3B1VXRpbGl6YXRpb24SLQoSbWVtb3J5X3V0aWxpemF0aW9uGAIgASgBUhFtZW1vcnlVdGlsaXphdGlvbhJQCgxyZXF1ZXN0X2Nvc3QYAyADKAsyLS5ncnBjLnRlc3RpbmcuVGVzdE9yY2FSZXBvcnQuUmVxdWVzdENvc3RFbnRyeVILcmVxdWVzdENvc3QSTwoLdXRpbGl6YXRpb24YBCADKAsyLS5ncnBjLnRlc3RpbmcuVGVzdE9yY2FSZXBvcnQuVXRpbGl6YXRpb25FbnRyeVILdXRpbGl6YXRpb24aPgoQUmVxdWVzdENvc3RFbnRyeRIQCgNrZXkYASABKAlSA2tleRIUCgV2YWx1ZRgCIAEoAVIFdmFsdWU6AjgBGj4KEFV0aWxpemF0aW9uRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKAFSBXZhbHVlOgI4ASJ/ChZTZXRSZXR1cm5TdGF0dXNSZXF1ZXN0Ei0KE2dycGNfY29kZV90b19yZXR1cm4YASABKAVSEGdycGNDb2RlVG9SZXR1cm4SNgoXZ3JwY19zdGF0dXNfZGVzY3JpcHRpb24YAiABKAlSFWdycGNTdGF0dXNEZXNjcmlwdGlvbiKlAgoLSG9va1JlcXVlc3QSRgoHY29tbWFuZBgBIAEoDjIsLmdycGMudGVzdGluZy5Ib29rUmVxdWVzdC5Ib29rUmVxdWVzdENvbW1hbmRSB2NvbW1hbmQSLQoTZ3JwY19jb2RlX3RvX3JldHVybhgCIAEoBVIQZ3JwY0NvZGVUb1JldHVybhI2ChdncnBjX3N0YXR1c19kZXNjcmlwdGlvbhgDIAEoCVIVZ3JwY1N0YXR1c0Rlc2NyaXB0aW9uEh8KC3NlcnZlcl9wb3J0GAQgASgFUgpzZXJ2ZXJQb3J0IkYKEkhvb2tSZXF1ZXN0Q29tbWFuZBIPCgtVTlNQRUNJRklFRBAAEgkKBVNUQVJUEAESCAoEU1RPUBACEgoKBlJFVFVSThADIg4KDEhvb2tSZXNwb25zZSofCgtQYXlsb2FkVHlwZRIQCgxDT01QUkVTU0FCTEUQACpvCg9HcnBjbGJSb3V0ZVR5cGUSHQoZR1JQQ0xCX1JPVVRFX1RZUEVfVU5LTk9XThAAEh4KGkdSUENMQl9ST1VURV9UWVBFX0ZBTExCQUNLEAESHQoZR1JQQ0xCX1JPVVRFX1RZUEVfQkFDS0VORBACYgZwcm90bzM=",
  [],
  {},
);
