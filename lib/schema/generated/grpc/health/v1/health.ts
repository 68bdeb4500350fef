// Made by "grebe types" from grpc/health/v1/health.proto. Do not edit.
import { defineFile, defineService, type ServiceType } from "../../../../service-type.js";

export const HealthCheckResponse_ServingStatus = {
  UNKNOWN: "UNKNOWN",
  SERVING: "SERVING",
  NOT_SERVING: "NOT_SERVING",
  /** Only from Watch: there is no such service, at least not yet. */
  SERVICE_UNKNOWN: "SERVICE_UNKNOWN",
} as const;
/** A value that the schema does not name is its number. */
export type HealthCheckResponse_ServingStatus = "UNKNOWN" | "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN" | number;

export interface HealthCheckRequest {
  /** Full name of the service; empty for the server as a whole. */
  service: string;
}
/** What may be sent as {@link HealthCheckRequest}. */
export interface HealthCheckRequestInit {
  readonly service?: string | undefined;
}

export interface HealthCheckResponse {
  status: HealthCheckResponse_ServingStatus;
}
/** What may be sent as {@link HealthCheckResponse}. */
export interface HealthCheckResponseInit {
  readonly status?: HealthCheckResponse_ServingStatus | undefined;
}

export type HealthListRequest = object;
/** What may be sent as {@link HealthListRequest}. */
export type HealthListRequestInit = object;

export interface HealthListResponse {
  /** By full name; the empty one is the server as a whole. */
  statuses: { [key: string]: HealthCheckResponse };
}
/** What may be sent as {@link HealthListResponse}. */
export interface HealthListResponseInit {
  readonly statuses?: { readonly [key: string]: HealthCheckResponseInit } | undefined;
}

/** The descriptor of grpc/health/v1/health.proto. */
export const file = defineFile(
  "ChtncnBjL2hlYWx0aC92MS9oZWFsdGgucHJvdG8SDmdycGMuaGVhbHRoLnYxIi4KEkhlYWx0aENoZWNrUmVxdWVzdBIYCgdzZXJ2aWNlGAEgASgJUgdzZXJ2aWNlIrEBChNIZWFsdGhDaGVja1Jlc3BvbnNlEkkKBnN0YXR1cxgBIAEoDjIxLmdycGMuaGVhbHRoLnYxLkhlYWx0aENoZWNrUmVzcG9uc2UuU2VydmluZ1N0YXR1c1IGc3RhdHVzIk8KDVNlcnZpbmdTdGF0dXMSCwoHVU5LTk9XThAAEgsKB1NFUlZJTkcQARIPCgtOT1RfU0VSVklORxACEhMKD1NFUlZJQ0VfVU5LTk9XThADIhMKEUhlYWx0aExpc3RSZXF1ZXN0IsQBChJIZWFsdGhMaXN0UmVzcG9uc2USTAoIc3RhdHVzZXMYASADKAsyMC5ncnBjLmhlYWx0aC52MS5IZWFsdGhMaXN0UmVzcG9uc2UuU3RhdHVzZXNFbnRyeVIIc3RhdHVzZXMaYAoNU3RhdHVzZXNFbnRyeRIQCgNrZXkYASABKAlSA2tleRI5CgV2YWx1ZRgCIAEoCzIjLmdycGMuaGVhbHRoLnYxLkhlYWx0aENoZWNrUmVzcG9uc2VSBXZhbHVlOgI4ATL9AQoGSGVhbHRoElAKBUNoZWNrEiIuZ3JwYy5oZWFsdGgudjEuSGVhbHRoQ2hlY2tSZXF1ZXN0GiMuZ3JwYy5oZWFsdGgudjEuSGVhbHRoQ2hlY2tSZXNwb25zZRJNCgRMaXN0EiEuZ3JwYy5oZWFsdGgudjEuSGVhbHRoTGlzdFJlcXVlc3QaIi5ncnBjLmhlYWx0aC52MS5IZWFsdGhMaXN0UmVzcG9uc2USUgoFV2F0Y2gSIi5ncnBjLmhlYWx0aC52MS5IZWFsdGhDaGVja1JlcXVlc3QaIy5ncnBjLmhlYWx0aC52MS5IZWFsdGhDaGVja1Jlc3BvbnNlMAFiBnByb3RvMw==",
  [],
  {},
);

/** The rpcs of grpc.health.v1.Health. */
export type HealthMethods = {
  /** The status of a service now; NOT_FOUND if there is no such service. */
  check: {
    kind: "unary";
    request: HealthCheckRequest;
    requestInit: HealthCheckRequestInit;
    response: HealthCheckResponse;
    responseInit: HealthCheckResponseInit;
  };
  /** The status of every service now. */
  list: {
    kind: "unary";
    request: HealthListRequest;
    requestInit: HealthListRequestInit;
    response: HealthListResponse;
    responseInit: HealthListResponseInit;
  };
  /** The status of a service now, and again whenever it changes. */
  watch: {
    kind: "serverStreaming";
    request: HealthCheckRequest;
    requestInit: HealthCheckRequestInit;
    response: HealthCheckResponse;
    responseInit: HealthCheckResponseInit;
  };
};

export const Health: ServiceType<HealthMethods> = defineService("grpc.health.v1.Health", file);
