// Made by "grebe types" from grpc/lookup/v1/rls.proto. Do not edit.
import { defineFile, defineService, type ServiceType } from "../../../../service-type.js";
import type { Any, AnyInit } from "../../../google/protobuf/any.js";

/** Why a route is asked for: there is none, or the one there is grows old. */
export const RouteLookupRequest_Reason = {
  REASON_UNKNOWN: "REASON_UNKNOWN",
  REASON_MISS: "REASON_MISS",
  REASON_STALE: "REASON_STALE",
} as const;
/** A value that the schema does not name is its number. */
export type RouteLookupRequest_Reason = "REASON_UNKNOWN" | "REASON_MISS" | "REASON_STALE" | number;

export interface RouteLookupRequest {
  /** What kind of target is asked for; gRPC clients say "grpc". */
  targetType: string;
  /** What the client's key builders made of the request. */
  keyMap: { [key: string]: string };
  reason: RouteLookupRequest_Reason;
  /** With REASON_STALE, the header_data of the response that grows old. */
  staleHeaderData: string;
  extensions: Any[];
}
/** What may be sent as {@link RouteLookupRequest}. */
export interface RouteLookupRequestInit {
  readonly targetType?: string | undefined;
  readonly keyMap?: { readonly [key: string]: string } | undefined;
  readonly reason?: RouteLookupRequest_Reason | undefined;
  readonly staleHeaderData?: string | undefined;
  readonly extensions?: readonly AnyInit[] | undefined;
}

export interface RouteLookupResponse {
  /** Sent to the backend with each request that goes this way, as x-google-rls-data; opaque to the client. */
  headerData: string;
  /** In order of preference: the client takes the first that can be reached. */
  targets: string[];
  extensions: Any[];
}
/** What may be sent as {@link RouteLookupResponse}. */
export interface RouteLookupResponseInit {
  readonly headerData?: string | undefined;
  readonly targets?: readonly string[] | undefined;
  readonly extensions?: readonly AnyInit[] | undefined;
}

/** The descriptor of grpc/lookup/v1/rls.proto. */
export const file = defineFile(
  "ChhncnBjL2xvb2t1cC92MS9ybHMucHJvdG8SDmdycGMubG9va3VwLnYxGhlnb29nbGUvcHJvdG9idWYvYW55LnByb3RvIqsDChJSb3V0ZUxvb2t1cFJlcXVlc3QSHwoLdGFyZ2V0X3R5cGUYAyABKAlSCnRhcmdldFR5cGUSRwoHa2V5X21hcBgEIAMoCzIuLmdycGMubG9va3VwLnYxLlJvdXRlTG9va3VwUmVxdWVzdC5LZXlNYXBFbnRyeVIGa2V5TWFwEkEKBnJlYXNvbhgFIAEoDjIpLmdycGMubG9va3VwLnYxLlJvdXRlTG9va3VwUmVxdWVzdC5SZWFzb25SBnJlYXNvbhIqChFzdGFsZV9oZWFkZXJfZGF0YRgGIAEoCVIPc3RhbGVIZWFkZXJEYXRhEjQKCmV4dGVuc2lvbnMYByADKAsyFC5nb29nbGUucHJvdG9idWYuQW55UgpleHRlbnNpb25zGjkKC0tleU1hcEVudHJ5EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZhbHVlGAIgASgJUgV2YWx1ZToCOAEiPwoGUmVhc29uEhIKDlJFQVNPTl9VTktOT1dOEAASDwoLUkVBU09OX01JU1MQARIQCgxSRUFTT05fU1RBTEUQAkoECAEQAkoECAIQAyKMAQoTUm91dGVMb29rdXBSZXNwb25zZRIfCgtoZWFkZXJfZGF0YRgCIAEoCVIKaGVhZGVyRGF0YRIYCgd0YXJnZXRzGAMgAygJUgd0YXJnZXRzEjQKCmV4dGVuc2lvbnMYBCADKAsyFC5nb29nbGUucHJvdG9idWYuQW55UgpleHRlbnNpb25zSgQIARACMmwKElJvdXRlTG9va3VwU2VydmljZRJWCgtSb3V0ZUxvb2t1cBIiLmdycGMubG9va3VwLnYxLlJvdXRlTG9va3VwUmVxdWVzdBojLmdycGMubG9va3VwLnYxLlJvdXRlTG9va3VwUmVzcG9uc2ViBnByb3RvMw==",
  [],
  {},
);

/** The rpcs of grpc.lookup.v1.RouteLookupService. */
export type RouteLookupServiceMethods = {
  /** The targets of one key map. */
  routeLookup: {
    kind: "unary";
    request: RouteLookupRequest;
    requestInit: RouteLookupRequestInit;
    response: RouteLookupResponse;
    responseInit: RouteLookupResponseInit;
  };
};

export const RouteLookupService: ServiceType<RouteLookupServiceMethods> = defineService("grpc.lookup.v1.RouteLookupService", file);
