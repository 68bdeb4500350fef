// Made by "grebe types" from grpc/lb/v1/load_balancer.proto. Do not edit.
import { defineFile, defineService, type ServiceType } from "../../../../service-type.js";
import type { Duration, DurationInit } from "../../../google/protobuf/duration.js";
import type { Timestamp, TimestampInit } from "../../../google/protobuf/timestamp.js";

export type LoadBalanceRequest = (
  | { loadBalanceRequestType: "initialRequest"; initialRequest: InitialLoadBalanceRequest; clientStats?: never }
  | { loadBalanceRequestType: "clientStats"; clientStats: ClientStats; initialRequest?: never }
  | { loadBalanceRequestType?: never; initialRequest?: never; clientStats?: never }
);
/** What may be sent as {@link LoadBalanceRequest}. */
export type LoadBalanceRequestInit = (
  | { readonly loadBalanceRequestType?: "initialRequest" | undefined; readonly initialRequest: InitialLoadBalanceRequestInit; readonly clientStats?: undefined }
  | { readonly loadBalanceRequestType?: "clientStats" | undefined; readonly clientStats: ClientStatsInit; readonly initialRequest?: undefined }
  | { readonly loadBalanceRequestType?: undefined; readonly initialRequest?: undefined; readonly clientStats?: undefined }
);

export interface InitialLoadBalanceRequest {
  /** The service that is called; less than 256 bytes. */
  name: string;
}
/** What may be sent as {@link InitialLoadBalanceRequest}. */
export interface InitialLoadBalanceRequestInit {
  readonly name?: string | undefined;
}

export interface ClientStatsPerToken {
  loadBalanceToken: string;
  numCalls: string;
}
/** What may be sent as {@link ClientStatsPerToken}. */
export interface ClientStatsPerTokenInit {
  readonly loadBalanceToken?: string | undefined;
  readonly numCalls?: string | number | bigint | undefined;
}

/** What has happened since the last report. */
export interface ClientStats {
  /** When the report was made. */
  timestamp?: Timestamp;
  numCallsStarted: string;
  numCallsFinished: string;
  /** Ended before anything was sent. */
  numCallsFinishedWithClientFailedToSend: string;
  /** Ended after something was received from the server. */
  numCallsFinishedKnownReceived: string;
  /** Dropped as the list said, by the token of the entry that said it. */
  callsFinishedWithDrop: ClientStatsPerToken[];
}
/** What may be sent as {@link ClientStats}. */
export interface ClientStatsInit {
  readonly timestamp?: TimestampInit | undefined;
  readonly numCallsStarted?: string | number | bigint | undefined;
  readonly numCallsFinished?: string | number | bigint | undefined;
  readonly numCallsFinishedWithClientFailedToSend?: string | number | bigint | undefined;
  readonly numCallsFinishedKnownReceived?: string | number | bigint | undefined;
  readonly callsFinishedWithDrop?: readonly ClientStatsPerTokenInit[] | undefined;
}

export type LoadBalanceResponse = (
  | { loadBalanceResponseType: "initialResponse"; initialResponse: InitialLoadBalanceResponse; serverList?: never; fallbackResponse?: never }
  | { loadBalanceResponseType: "serverList"; serverList: ServerList; initialResponse?: never; fallbackResponse?: never }
  | { loadBalanceResponseType: "fallbackResponse"; fallbackResponse: FallbackResponse; initialResponse?: never; serverList?: never }
  | { loadBalanceResponseType?: never; initialResponse?: never; serverList?: never; fallbackResponse?: never }
);
/** What may be sent as {@link LoadBalanceResponse}. */
export type LoadBalanceResponseInit = (
  | { readonly loadBalanceResponseType?: "initialResponse" | undefined; readonly initialResponse: InitialLoadBalanceResponseInit; readonly serverList?: undefined; readonly fallbackResponse?: undefined }
  | { readonly loadBalanceResponseType?: "serverList" | undefined; readonly serverList: ServerListInit; readonly initialResponse?: undefined; readonly fallbackResponse?: undefined }
  | { readonly loadBalanceResponseType?: "fallbackResponse" | undefined; readonly fallbackResponse: FallbackResponseInit; readonly initialResponse?: undefined; readonly serverList?: undefined }
  | { readonly loadBalanceResponseType?: undefined; readonly initialResponse?: undefined; readonly serverList?: undefined; readonly fallbackResponse?: undefined }
);

export type FallbackResponse = object;
/** What may be sent as {@link FallbackResponse}. */
export type FallbackResponseInit = object;

export interface InitialLoadBalanceResponse {
  /** How often the client shall send its ClientStats; never if unset or 0. */
  clientStatsReportInterval?: Duration;
}
/** What may be sent as {@link InitialLoadBalanceResponse}. */
export interface InitialLoadBalanceResponseInit {
  readonly clientStatsReportInterval?: DurationInit | undefined;
}

export interface ServerList {
  /** In order; a server that is listed more than once gets more calls. */
  servers: Server[];
}
/** What may be sent as {@link ServerList}. */
export interface ServerListInit {
  readonly servers?: readonly ServerInit[] | undefined;
}

/** A backend, or the instruction to drop a call. */
export interface Server {
  /** 4 or 16 bytes, in network order. */
  ipAddress: Buffer;
  port: number;
  /** Sent to the backend with each call, as lb-token; opaque to the client. At most 50 bytes. */
  loadBalanceToken: string;
  /** The call whose turn this entry is fails on purpose. */
  drop: boolean;
}
/** What may be sent as {@link Server}. */
export interface ServerInit {
  readonly ipAddress?: Uint8Array | undefined;
  readonly port?: number | undefined;
  readonly loadBalanceToken?: string | undefined;
  readonly drop?: boolean | undefined;
}

/** The descriptor of grpc/lb/v1/load_balancer.proto. */
export const file = defineFile(
  "Ch5ncnBjL2xiL3YxL2xvYWRfYmFsYW5jZXIucHJvdG8SCmdycGMubGIudjEaHmdvb2dsZS9wcm90b2J1Zi9kdXJhdGlvbi5wcm90bxofZ29vZ2xlL3Byb3RvYnVmL3RpbWVzdGFtcC5wcm90byLBAQoSTG9hZEJhbGFuY2VSZXF1ZXN0ElAKD2luaXRpYWxfcmVxdWVzdBgBIAEoCzIlLmdycGMubGIudjEuSW5pdGlhbExvYWRCYWxhbmNlUmVxdWVzdEgAUg5pbml0aWFsUmVxdWVzdBI8CgxjbGllbnRfc3RhdHMYAiABKAsyFy5ncnBjLmxiLnYxLkNsaWVudFN0YXRzSABSC2NsaWVudFN0YXRzQhsKGWxvYWRfYmFsYW5jZV9yZXF1ZXN0X3R5cGUiLwoZSW5pdGlhbExvYWRCYWxhbmNlUmVxdWVzdBISCgRuYW1lGAEgASgJUgRuYW1lImAKE0NsaWVudFN0YXRzUGVyVG9rZW4SLAoSbG9hZF9iYWxhbmNlX3Rva2VuGAEgASgJUhBsb2FkQmFsYW5jZVRva2VuEhsKCW51bV9jYWxscxgCIAEoA1IIbnVtQ2FsbHMisAMKC0NsaWVudFN0YXRzEjgKCXRpbWVzdGFtcBgBIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSCXRpbWVzdGFtcBIqChFudW1fY2FsbHNfc3RhcnRlZBgCIAEoA1IPbnVtQ2FsbHNTdGFydGVkEiwKEm51bV9jYWxsc19maW5pc2hlZBgDIAEoA1IQbnVtQ2FsbHNGaW5pc2hlZBJdCi1udW1fY2FsbHNfZmluaXNoZWRfd2l0aF9jbGllbnRfZmFpbGVkX3RvX3NlbmQYBiABKANSJm51bUNhbGxzRmluaXNoZWRXaXRoQ2xpZW50RmFpbGVkVG9TZW5kEkgKIW51bV9jYWxsc19maW5pc2hlZF9rbm93bl9yZWNlaXZlZBgHIAEoA1IdbnVtQ2FsbHNGaW5pc2hlZEtub3duUmVjZWl2ZWQSWAoYY2FsbHNfZmluaXNoZWRfd2l0aF9kcm9wGAggAygLMh8uZ3JwYy5sYi52MS5DbGllbnRTdGF0c1BlclRva2VuUhVjYWxsc0ZpbmlzaGVkV2l0aERyb3BKBAgEEAVKBAgFEAYikAIKE0xvYWRCYWxhbmNlUmVzcG9uc2USUwoQaW5pdGlhbF9yZXNwb25zZRgBIAEoCzImLmdycGMubGIudjEuSW5pdGlhbExvYWRCYWxhbmNlUmVzcG9uc2VIAFIPaW5pdGlhbFJlc3BvbnNlEjkKC3NlcnZlcl9saXN0GAIgASgLMhYuZ3JwYy5sYi52MS5TZXJ2ZXJMaXN0SABSCnNlcnZlckxpc3QSSwoRZmFsbGJhY2tfcmVzcG9uc2UYAyABKAsyHC5ncnBjLmxiLnYxLkZhbGxiYWNrUmVzcG9uc2VIAFIQZmFsbGJhY2tSZXNwb25zZUIcChpsb2FkX2JhbGFuY2VfcmVzcG9uc2VfdHlwZSISChBGYWxsYmFja1Jlc3BvbnNlIn4KGkluaXRpYWxMb2FkQmFsYW5jZVJlc3BvbnNlEloKHGNsaWVudF9zdGF0c19yZXBvcnRfaW50ZXJ2YWwYAiABKAsyGS5nb29nbGUucHJvdG9idWYuRHVyYXRpb25SGWNsaWVudFN0YXRzUmVwb3J0SW50ZXJ2YWxKBAgBEAIiQAoKU2VydmVyTGlzdBIsCgdzZXJ2ZXJzGAEgAygLMhIuZ3JwYy5sYi52MS5TZXJ2ZXJSB3NlcnZlcnNKBAgDEAQigwEKBlNlcnZlchIdCgppcF9hZGRyZXNzGAEgASgMUglpcEFkZHJlc3MSEgoEcG9ydBgCIAEoBVIEcG9ydBIsChJsb2FkX2JhbGFuY2VfdG9rZW4YAyABKAlSEGxvYWRCYWxhbmNlVG9rZW4SEgoEZHJvcBgEIAEoCFIEZHJvcEoECAUQBjJiCgxMb2FkQmFsYW5jZXISUgoLQmFsYW5jZUxvYWQSHi5ncnBjLmxiLnYxLkxvYWRCYWxhbmNlUmVxdWVzdBofLmdycGMubGIudjEuTG9hZEJhbGFuY2VSZXNwb25zZSgBMAFiBnByb3RvMw==",
  [],
  {},
);

/** The rpcs of grpc.lb.v1.LoadBalancer. */
export type LoadBalancerMethods = {
  /** The client says whom it calls, then how it goes; the balancer answers with lists of backends. */
  balanceLoad: {
    kind: "bidiStreaming";
    request: LoadBalanceRequest;
    requestInit: LoadBalanceRequestInit;
    response: LoadBalanceResponse;
    responseInit: LoadBalanceResponseInit;
  };
};

export const LoadBalancer: ServiceType<LoadBalancerMethods> = defineService("grpc.lb.v1.LoadBalancer", file);
