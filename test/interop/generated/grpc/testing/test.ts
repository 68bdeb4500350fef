// Made by "grebe types" from grpc/testing/test.proto. Do not edit.
import { defineFile, defineService, type ServiceType } from "../../../../../lib/schema/index.js";
import { type Empty, type EmptyInit, file as file2 } from "./empty.js";
import { type ClientConfigureRequest, type ClientConfigureRequestInit, type ClientConfigureResponse, type ClientConfigureResponseInit, file as file3, type HookRequest, type HookRequestInit, type HookResponse, type HookResponseInit, type LoadBalancerAccumulatedStatsRequest, type LoadBalancerAccumulatedStatsRequestInit, type LoadBalancerAccumulatedStatsResponse, type LoadBalancerAccumulatedStatsResponseInit, type LoadBalancerStatsRequest, type LoadBalancerStatsRequestInit, type LoadBalancerStatsResponse, type LoadBalancerStatsResponseInit, type ReconnectInfo, type ReconnectInfoInit, type ReconnectParams, type ReconnectParamsInit, type SetReturnStatusRequest, type SetReturnStatusRequestInit, type SimpleRequest, type SimpleRequestInit, type SimpleResponse, type SimpleResponseInit, type StreamingInputCallRequest, type StreamingInputCallRequestInit, type StreamingInputCallResponse, type StreamingInputCallResponseInit, type StreamingOutputCallRequest, type StreamingOutputCallRequestInit, type StreamingOutputCallResponse, type StreamingOutputCallResponseInit } from "./messages.js";

/** The descriptor of grpc/testing/test.proto. */
export const file = defineFile(
  "ChdncnBjL3Rlc3RpbmcvdGVzdC5wcm90bxIMZ3JwYy50ZXN0aW5nGhhncnBjL3Rlc3RpbmcvZW1wdHkucHJvdG8aG2dycGMvdGVzdGluZy9tZXNzYWdlcy5wcm90bzLLBQoLVGVzdFNlcnZpY2USNQoJRW1wdHlDYWxsEhMuZ3JwYy50ZXN0aW5nLkVtcHR5GhMuZ3JwYy50ZXN0aW5nLkVtcHR5EkYKCVVuYXJ5Q2FsbBIbLmdycGMudGVzdGluZy5TaW1wbGVSZXF1ZXN0GhwuZ3JwYy50ZXN0aW5nLlNpbXBsZVJlc3BvbnNlEk8KEkNhY2hlYWJsZVVuYXJ5Q2FsbBIbLmdycGMudGVzdGluZy5TaW1wbGVSZXF1ZXN0GhwuZ3JwYy50ZXN0aW5nLlNpbXBsZVJlc3BvbnNlEmwKE1N0cmVhbWluZ091dHB1dENhbGwSKC5ncnBjLnRlc3RpbmcuU3RyZWFtaW5nT3V0cHV0Q2FsbFJlcXVlc3QaKS5ncnBjLnRlc3RpbmcuU3RyZWFtaW5nT3V0cHV0Q2FsbFJlc3BvbnNlMAESaQoSU3RyZWFtaW5nSW5wdXRDYWxsEicuZ3JwYy50ZXN0aW5nLlN0cmVhbWluZ0lucHV0Q2FsbFJlcXVlc3QaKC5ncnBjLnRlc3RpbmcuU3RyZWFtaW5nSW5wdXRDYWxsUmVzcG9uc2UoARJpCg5GdWxsRHVwbGV4Q2FsbBIoLmdycGMudGVzdGluZy5TdHJlYW1pbmdPdXRwdXRDYWxsUmVxdWVzdBopLmdycGMudGVzdGluZy5TdHJlYW1pbmdPdXRwdXRDYWxsUmVzcG9uc2UoATABEmkKDkhhbGZEdXBsZXhDYWxsEiguZ3JwYy50ZXN0aW5nLlN0cmVhbWluZ091dHB1dENhbGxSZXF1ZXN0GikuZ3JwYy50ZXN0aW5nLlN0cmVhbWluZ091dHB1dENhbGxSZXNwb25zZSgBMAESPQoRVW5pbXBsZW1lbnRlZENhbGwSEy5ncnBjLnRlc3RpbmcuRW1wdHkaEy5ncnBjLnRlc3RpbmcuRW1wdHkyVQoUVW5pbXBsZW1lbnRlZFNlcnZpY2USPQoRVW5pbXBsZW1lbnRlZENhbGwSEy5ncnBjLnRlc3RpbmcuRW1wdHkaEy5ncnBjLnRlc3RpbmcuRW1wdHkyiQEKEFJlY29ubmVjdFNlcnZpY2USOwoFU3RhcnQSHS5ncnBjLnRlc3RpbmcuUmVjb25uZWN0UGFyYW1zGhMuZ3JwYy50ZXN0aW5nLkVtcHR5EjgKBFN0b3ASEy5ncnBjLnRlc3RpbmcuRW1wdHkaGy5ncnBjLnRlc3RpbmcuUmVjb25uZWN0SW5mbzKCAgoYTG9hZEJhbGFuY2VyU3RhdHNTZXJ2aWNlEmEKDkdldENsaWVudFN0YXRzEiYuZ3JwYy50ZXN0aW5nLkxvYWRCYWxhbmNlclN0YXRzUmVxdWVzdBonLmdycGMudGVzdGluZy5Mb2FkQmFsYW5jZXJTdGF0c1Jlc3BvbnNlEoIBChlHZXRDbGllbnRBY2N1bXVsYXRlZFN0YXRzEjEuZ3JwYy50ZXN0aW5nLkxvYWRCYWxhbmNlckFjY3VtdWxhdGVkU3RhdHNSZXF1ZXN0GjIuZ3JwYy50ZXN0aW5nLkxvYWRCYWxhbmNlckFjY3VtdWxhdGVkU3RhdHNSZXNwb25zZTLMAQoLSG9va1NlcnZpY2USMAoESG9vaxITLmdycGMudGVzdGluZy5FbXB0eRoTLmdycGMudGVzdGluZy5FbXB0eRJMCg9TZXRSZXR1cm5TdGF0dXMSJC5ncnBjLnRlc3RpbmcuU2V0UmV0dXJuU3RhdHVzUmVxdWVzdBoTLmdycGMudGVzdGluZy5FbXB0eRI9ChFDbGVhclJldHVyblN0YXR1cxITLmdycGMudGVzdGluZy5FbXB0eRoTLmdycGMudGVzdGluZy5FbXB0eTLVAQoWWGRzVXBkYXRlSGVhbHRoU2VydmljZRI2CgpTZXRTZXJ2aW5nEhMuZ3JwYy50ZXN0aW5nLkVtcHR5GhMuZ3JwYy50ZXN0aW5nLkVtcHR5EjkKDVNldE5vdFNlcnZpbmcSEy5ncnBjLnRlc3RpbmcuRW1wdHkaEy5ncnBjLnRlc3RpbmcuRW1wdHkSSAoPU2VuZEhvb2tSZXF1ZXN0EhkuZ3JwYy50ZXN0aW5nLkhvb2tSZXF1ZXN0GhouZ3JwYy50ZXN0aW5nLkhvb2tSZXNwb25zZTJ7Ch9YZHNVcGRhdGVDbGllbnRDb25maWd1cmVTZXJ2aWNlElgKCUNvbmZpZ3VyZRIkLmdycGMudGVzdGluZy5DbGllbnRDb25maWd1cmVSZXF1ZXN0GiUuZ3JwYy50ZXN0aW5nLkNsaWVudENvbmZpZ3VyZVJlc3BvbnNlYgZwcm90bzM=",
  [file2, file3],
  {},
);

/** The rpcs of grpc.testing.TestService. */
export type TestServiceMethods = {
  emptyCall: {
    kind: "unary";
    request: Empty;
    requestInit: EmptyInit;
    response: Empty;
    responseInit: EmptyInit;
  };
  /** One request, one response. */
  unaryCall: {
    kind: "unary";
    request: SimpleRequest;
    requestInit: SimpleRequestInit;
    response: SimpleResponse;
    responseInit: SimpleResponseInit;
  };
  /** As UnaryCall, with headers that let a proxy keep the answer. */
  cacheableUnaryCall: {
    kind: "unary";
    request: SimpleRequest;
    requestInit: SimpleRequestInit;
    response: SimpleResponse;
    responseInit: SimpleResponseInit;
  };
  /** One request, one response per response parameter. */
  streamingOutputCall: {
    kind: "serverStreaming";
    request: StreamingOutputCallRequest;
    requestInit: StreamingOutputCallRequestInit;
    response: StreamingOutputCallResponse;
    responseInit: StreamingOutputCallResponseInit;
  };
  /** Many requests, then the sum of their sizes. */
  streamingInputCall: {
    kind: "clientStreaming";
    request: StreamingInputCallRequest;
    requestInit: StreamingInputCallRequestInit;
    response: StreamingInputCallResponse;
    responseInit: StreamingInputCallResponseInit;
  };
  /** Answers each request at once. */
  fullDuplexCall: {
    kind: "bidiStreaming";
    request: StreamingOutputCallRequest;
    requestInit: StreamingOutputCallRequestInit;
    response: StreamingOutputCallResponse;
    responseInit: StreamingOutputCallResponseInit;
  };
  /** Answers all requests after the last one. */
  halfDuplexCall: {
    kind: "bidiStreaming";
    request: StreamingOutputCallRequest;
    requestInit: StreamingOutputCallRequestInit;
    response: StreamingOutputCallResponse;
    responseInit: StreamingOutputCallResponseInit;
  };
  /** Stays without an implementation. */
  unimplementedCall: {
    kind: "unary";
    request: Empty;
    requestInit: EmptyInit;
    response: Empty;
    responseInit: EmptyInit;
  };
};

/** What every implementation of gRPC serves, so that the others can be tested against it. */
export const TestService: ServiceType<TestServiceMethods> = defineService("grpc.testing.TestService", file);

/** The rpcs of grpc.testing.UnimplementedService. */
export type UnimplementedServiceMethods = {
  unimplementedCall: {
    kind: "unary";
    request: Empty;
    requestInit: EmptyInit;
    response: Empty;
    responseInit: EmptyInit;
  };
};

/** Stays without an implementation. */
export const UnimplementedService: ServiceType<UnimplementedServiceMethods> = defineService("grpc.testing.UnimplementedService", file);

/** The rpcs of grpc.testing.ReconnectService. */
export type ReconnectServiceMethods = {
  start: {
    kind: "unary";
    request: ReconnectParams;
    requestInit: ReconnectParamsInit;
    response: Empty;
    responseInit: EmptyInit;
  };
  stop: {
    kind: "unary";
    request: Empty;
    requestInit: EmptyInit;
    response: ReconnectInfo;
    responseInit: ReconnectInfoInit;
  };
};

/** Controls the server of a reconnection test. */
export const ReconnectService: ServiceType<ReconnectServiceMethods> = defineService("grpc.testing.ReconnectService", file);

/** The rpcs of grpc.testing.LoadBalancerStatsService. */
export type LoadBalancerStatsServiceMethods = {
  getClientStats: {
    kind: "unary";
    request: LoadBalancerStatsRequest;
    requestInit: LoadBalancerStatsRequestInit;
    response: LoadBalancerStatsResponse;
    responseInit: LoadBalancerStatsResponseInit;
  };
  getClientAccumulatedStats: {
    kind: "unary";
    request: LoadBalancerAccumulatedStatsRequest;
    requestInit: LoadBalancerAccumulatedStatsRequestInit;
    response: LoadBalancerAccumulatedStatsResponse;
    responseInit: LoadBalancerAccumulatedStatsResponseInit;
  };
};

/** Tells how a client spread its calls. */
export const LoadBalancerStatsService: ServiceType<LoadBalancerStatsServiceMethods> = defineService("grpc.testing.LoadBalancerStatsService", file);

/** The rpcs of grpc.testing.HookService. */
export type HookServiceMethods = {
  hook: {
    kind: "unary";
    request: Empty;
    requestInit: EmptyInit;
    response: Empty;
    responseInit: EmptyInit;
  };
  setReturnStatus: {
    kind: "unary";
    request: SetReturnStatusRequest;
    requestInit: SetReturnStatusRequestInit;
    response: Empty;
    responseInit: EmptyInit;
  };
  clearReturnStatus: {
    kind: "unary";
    request: Empty;
    requestInit: EmptyInit;
    response: Empty;
    responseInit: EmptyInit;
  };
};

/** Runs before a server stops. */
export const HookService: ServiceType<HookServiceMethods> = defineService("grpc.testing.HookService", file);

/** The rpcs of grpc.testing.XdsUpdateHealthService. */
export type XdsUpdateHealthServiceMethods = {
  setServing: {
    kind: "unary";
    request: Empty;
    requestInit: EmptyInit;
    response: Empty;
    responseInit: EmptyInit;
  };
  setNotServing: {
    kind: "unary";
    request: Empty;
    requestInit: EmptyInit;
    response: Empty;
    responseInit: EmptyInit;
  };
  sendHookRequest: {
    kind: "unary";
    request: HookRequest;
    requestInit: HookRequestInit;
    response: HookResponse;
    responseInit: HookResponseInit;
  };
};

/** Switches the health of a server. */
export const XdsUpdateHealthService: ServiceType<XdsUpdateHealthServiceMethods> = defineService("grpc.testing.XdsUpdateHealthService", file);

/** The rpcs of grpc.testing.XdsUpdateClientConfigureService. */
export type XdsUpdateClientConfigureServiceMethods = {
  configure: {
    kind: "unary";
    request: ClientConfigureRequest;
    requestInit: ClientConfigureRequestInit;
    response: ClientConfigureResponse;
    responseInit: ClientConfigureResponseInit;
  };
};

/** Switches what a client calls. */
export const XdsUpdateClientConfigureService: ServiceType<XdsUpdateClientConfigureServiceMethods> = defineService("grpc.testing.XdsUpdateClientConfigureService", file);
