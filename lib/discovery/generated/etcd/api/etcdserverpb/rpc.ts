// Made by "grebe types" from etcd/api/etcdserverpb/rpc.proto. Do not edit.
import { defineFile, defineService, type ServiceType } from "../../../../../schema/index.js";
import { type Event, type EventInit, file as file2, type KeyValue, type KeyValueInit } from "../mvccpb/kv.js";

export const RangeRequest_SortOrder = {
  NONE: "NONE",
  ASCEND: "ASCEND",
  DESCEND: "DESCEND",
} as const;
/** A value that the schema does not name is its number. */
export type RangeRequest_SortOrder = "NONE" | "ASCEND" | "DESCEND" | number;

export const RangeRequest_SortTarget = {
  KEY: "KEY",
  VERSION: "VERSION",
  CREATE: "CREATE",
  MOD: "MOD",
  VALUE: "VALUE",
} as const;
/** A value that the schema does not name is its number. */
export type RangeRequest_SortTarget = "KEY" | "VERSION" | "CREATE" | "MOD" | "VALUE" | number;

export const Compare_CompareResult = {
  EQUAL: "EQUAL",
  GREATER: "GREATER",
  LESS: "LESS",
  NOT_EQUAL: "NOT_EQUAL",
} as const;
/** A value that the schema does not name is its number. */
export type Compare_CompareResult = "EQUAL" | "GREATER" | "LESS" | "NOT_EQUAL" | number;

export const Compare_CompareTarget = {
  VERSION: "VERSION",
  CREATE: "CREATE",
  MOD: "MOD",
  VALUE: "VALUE",
  LEASE: "LEASE",
} as const;
/** A value that the schema does not name is its number. */
export type Compare_CompareTarget = "VERSION" | "CREATE" | "MOD" | "VALUE" | "LEASE" | number;

export const WatchCreateRequest_FilterType = {
  NOPUT: "NOPUT",
  NODELETE: "NODELETE",
} as const;
/** A value that the schema does not name is its number. */
export type WatchCreateRequest_FilterType = "NOPUT" | "NODELETE" | number;

export interface ResponseHeader {
  clusterId: string;
  memberId: string;
  /** Revision of the store when the request was applied. */
  revision: string;
  raftTerm: string;
}
/** What may be sent as {@link ResponseHeader}. */
export interface ResponseHeaderInit {
  readonly clusterId?: string | number | bigint | undefined;
  readonly memberId?: string | number | bigint | undefined;
  readonly revision?: string | number | bigint | undefined;
  readonly raftTerm?: string | number | bigint | undefined;
}

export interface RangeRequest {
  key: Buffer;
  /** The key behind the last one; empty for the one key only, one NUL byte for all from it on. */
  rangeEnd: Buffer;
  limit: string;
  /** Reads the store as it was then; 0 for now. */
  revision: string;
  sortOrder: RangeRequest_SortOrder;
  sortTarget: RangeRequest_SortTarget;
  /** Answered by the member that is asked, from what it knows. */
  serializable: boolean;
  keysOnly: boolean;
  countOnly: boolean;
  minModRevision: string;
  maxModRevision: string;
  minCreateRevision: string;
  maxCreateRevision: string;
}
/** What may be sent as {@link RangeRequest}. */
export interface RangeRequestInit {
  readonly key?: Uint8Array | undefined;
  readonly rangeEnd?: Uint8Array | undefined;
  readonly limit?: string | number | bigint | undefined;
  readonly revision?: string | number | bigint | undefined;
  readonly sortOrder?: RangeRequest_SortOrder | undefined;
  readonly sortTarget?: RangeRequest_SortTarget | undefined;
  readonly serializable?: boolean | undefined;
  readonly keysOnly?: boolean | undefined;
  readonly countOnly?: boolean | undefined;
  readonly minModRevision?: string | number | bigint | undefined;
  readonly maxModRevision?: string | number | bigint | undefined;
  readonly minCreateRevision?: string | number | bigint | undefined;
  readonly maxCreateRevision?: string | number | bigint | undefined;
}

export interface RangeResponse {
  header?: ResponseHeader;
  kvs: KeyValue[];
  /** Whether the limit left some out. */
  more: boolean;
  count: string;
}
/** What may be sent as {@link RangeResponse}. */
export interface RangeResponseInit {
  readonly header?: ResponseHeaderInit | undefined;
  readonly kvs?: readonly KeyValueInit[] | undefined;
  readonly more?: boolean | undefined;
  readonly count?: string | number | bigint | undefined;
}

export interface PutRequest {
  key: Buffer;
  value: Buffer;
  /** The key is deleted when this lease ends; 0 for none. */
  lease: string;
  prevKv: boolean;
  ignoreValue: boolean;
  ignoreLease: boolean;
}
/** What may be sent as {@link PutRequest}. */
export interface PutRequestInit {
  readonly key?: Uint8Array | undefined;
  readonly value?: Uint8Array | undefined;
  readonly lease?: string | number | bigint | undefined;
  readonly prevKv?: boolean | undefined;
  readonly ignoreValue?: boolean | undefined;
  readonly ignoreLease?: boolean | undefined;
}

export interface PutResponse {
  header?: ResponseHeader;
  prevKv?: KeyValue;
}
/** What may be sent as {@link PutResponse}. */
export interface PutResponseInit {
  readonly header?: ResponseHeaderInit | undefined;
  readonly prevKv?: KeyValueInit | undefined;
}

export interface DeleteRangeRequest {
  key: Buffer;
  rangeEnd: Buffer;
  prevKv: boolean;
}
/** What may be sent as {@link DeleteRangeRequest}. */
export interface DeleteRangeRequestInit {
  readonly key?: Uint8Array | undefined;
  readonly rangeEnd?: Uint8Array | undefined;
  readonly prevKv?: boolean | undefined;
}

export interface DeleteRangeResponse {
  header?: ResponseHeader;
  deleted: string;
  prevKvs: KeyValue[];
}
/** What may be sent as {@link DeleteRangeResponse}. */
export interface DeleteRangeResponseInit {
  readonly header?: ResponseHeaderInit | undefined;
  readonly deleted?: string | number | bigint | undefined;
  readonly prevKvs?: readonly KeyValueInit[] | undefined;
}

export type RequestOp = (
  | { request: "requestRange"; requestRange: RangeRequest; requestPut?: never; requestDeleteRange?: never; requestTxn?: never }
  | { request: "requestPut"; requestPut: PutRequest; requestRange?: never; requestDeleteRange?: never; requestTxn?: never }
  | { request: "requestDeleteRange"; requestDeleteRange: DeleteRangeRequest; requestRange?: never; requestPut?: never; requestTxn?: never }
  | { request: "requestTxn"; requestTxn: TxnRequest; requestRange?: never; requestPut?: never; requestDeleteRange?: never }
  | { request?: never; requestRange?: never; requestPut?: never; requestDeleteRange?: never; requestTxn?: never }
);
/** What may be sent as {@link RequestOp}. */
export type RequestOpInit = (
  | { readonly request?: "requestRange" | undefined; readonly requestRange: RangeRequestInit; readonly requestPut?: undefined; readonly requestDeleteRange?: undefined; readonly requestTxn?: undefined }
  | { readonly request?: "requestPut" | undefined; readonly requestPut: PutRequestInit; readonly requestRange?: undefined; readonly requestDeleteRange?: undefined; readonly requestTxn?: undefined }
  | { readonly request?: "requestDeleteRange" | undefined; readonly requestDeleteRange: DeleteRangeRequestInit; readonly requestRange?: undefined; readonly requestPut?: undefined; readonly requestTxn?: undefined }
  | { readonly request?: "requestTxn" | undefined; readonly requestTxn: TxnRequestInit; readonly requestRange?: undefined; readonly requestPut?: undefined; readonly requestDeleteRange?: undefined }
  | { readonly request?: undefined; readonly requestRange?: undefined; readonly requestPut?: undefined; readonly requestDeleteRange?: undefined; readonly requestTxn?: undefined }
);

export type ResponseOp = (
  | { response: "responseRange"; responseRange: RangeResponse; responsePut?: never; responseDeleteRange?: never; responseTxn?: never }
  | { response: "responsePut"; responsePut: PutResponse; responseRange?: never; responseDeleteRange?: never; responseTxn?: never }
  | { response: "responseDeleteRange"; responseDeleteRange: DeleteRangeResponse; responseRange?: never; responsePut?: never; responseTxn?: never }
  | { response: "responseTxn"; responseTxn: TxnResponse; responseRange?: never; responsePut?: never; responseDeleteRange?: never }
  | { response?: never; responseRange?: never; responsePut?: never; responseDeleteRange?: never; responseTxn?: never }
);
/** What may be sent as {@link ResponseOp}. */
export type ResponseOpInit = (
  | { readonly response?: "responseRange" | undefined; readonly responseRange: RangeResponseInit; readonly responsePut?: undefined; readonly responseDeleteRange?: undefined; readonly responseTxn?: undefined }
  | { readonly response?: "responsePut" | undefined; readonly responsePut: PutResponseInit; readonly responseRange?: undefined; readonly responseDeleteRange?: undefined; readonly responseTxn?: undefined }
  | { readonly response?: "responseDeleteRange" | undefined; readonly responseDeleteRange: DeleteRangeResponseInit; readonly responseRange?: undefined; readonly responsePut?: undefined; readonly responseTxn?: undefined }
  | { readonly response?: "responseTxn" | undefined; readonly responseTxn: TxnResponseInit; readonly responseRange?: undefined; readonly responsePut?: undefined; readonly responseDeleteRange?: undefined }
  | { readonly response?: undefined; readonly responseRange?: undefined; readonly responsePut?: undefined; readonly responseDeleteRange?: undefined; readonly responseTxn?: undefined }
);

export type Compare = {
  result: Compare_CompareResult;
  target: Compare_CompareTarget;
  key: Buffer;
  rangeEnd: Buffer;
} & (
  | { targetUnion: "version"; version: string; createRevision?: never; modRevision?: never; value?: never; lease?: never }
  | { targetUnion: "createRevision"; createRevision: string; version?: never; modRevision?: never; value?: never; lease?: never }
  | { targetUnion: "modRevision"; modRevision: string; version?: never; createRevision?: never; value?: never; lease?: never }
  | { targetUnion: "value"; value: Buffer; version?: never; createRevision?: never; modRevision?: never; lease?: never }
  | { targetUnion: "lease"; lease: string; version?: never; createRevision?: never; modRevision?: never; value?: never }
  | { targetUnion?: never; version?: never; createRevision?: never; modRevision?: never; value?: never; lease?: never }
);
/** What may be sent as {@link Compare}. */
export type CompareInit = {
  readonly result?: Compare_CompareResult | undefined;
  readonly target?: Compare_CompareTarget | undefined;
  readonly key?: Uint8Array | undefined;
  readonly rangeEnd?: Uint8Array | undefined;
} & (
  | { readonly targetUnion?: "version" | undefined; readonly version: string | number | bigint; readonly createRevision?: undefined; readonly modRevision?: undefined; readonly value?: undefined; readonly lease?: undefined }
  | { readonly targetUnion?: "createRevision" | undefined; readonly createRevision: string | number | bigint; readonly version?: undefined; readonly modRevision?: undefined; readonly value?: undefined; readonly lease?: undefined }
  | { readonly targetUnion?: "modRevision" | undefined; readonly modRevision: string | number | bigint; readonly version?: undefined; readonly createRevision?: undefined; readonly value?: undefined; readonly lease?: undefined }
  | { readonly targetUnion?: "value" | undefined; readonly value: Uint8Array; readonly version?: undefined; readonly createRevision?: undefined; readonly modRevision?: undefined; readonly lease?: undefined }
  | { readonly targetUnion?: "lease" | undefined; readonly lease: string | number | bigint; readonly version?: undefined; readonly createRevision?: undefined; readonly modRevision?: undefined; readonly value?: undefined }
  | { readonly targetUnion?: undefined; readonly version?: undefined; readonly createRevision?: undefined; readonly modRevision?: undefined; readonly value?: undefined; readonly lease?: undefined }
);

export interface TxnRequest {
  compare: Compare[];
  /** Done if all comparisons hold; also if there are none. */
  success: RequestOp[];
  failure: RequestOp[];
}
/** What may be sent as {@link TxnRequest}. */
export interface TxnRequestInit {
  readonly compare?: readonly CompareInit[] | undefined;
  readonly success?: readonly RequestOpInit[] | undefined;
  readonly failure?: readonly RequestOpInit[] | undefined;
}

export interface TxnResponse {
  header?: ResponseHeader;
  succeeded: boolean;
  responses: ResponseOp[];
}
/** What may be sent as {@link TxnResponse}. */
export interface TxnResponseInit {
  readonly header?: ResponseHeaderInit | undefined;
  readonly succeeded?: boolean | undefined;
  readonly responses?: readonly ResponseOpInit[] | undefined;
}

export type WatchRequest = (
  | { requestUnion: "createRequest"; createRequest: WatchCreateRequest; cancelRequest?: never; progressRequest?: never }
  | { requestUnion: "cancelRequest"; cancelRequest: WatchCancelRequest; createRequest?: never; progressRequest?: never }
  | { requestUnion: "progressRequest"; progressRequest: WatchProgressRequest; createRequest?: never; cancelRequest?: never }
  | { requestUnion?: never; createRequest?: never; cancelRequest?: never; progressRequest?: never }
);
/** What may be sent as {@link WatchRequest}. */
export type WatchRequestInit = (
  | { readonly requestUnion?: "createRequest" | undefined; readonly createRequest: WatchCreateRequestInit; readonly cancelRequest?: undefined; readonly progressRequest?: undefined }
  | { readonly requestUnion?: "cancelRequest" | undefined; readonly cancelRequest: WatchCancelRequestInit; readonly createRequest?: undefined; readonly progressRequest?: undefined }
  | { readonly requestUnion?: "progressRequest" | undefined; readonly progressRequest: WatchProgressRequestInit; readonly createRequest?: undefined; readonly cancelRequest?: undefined }
  | { readonly requestUnion?: undefined; readonly createRequest?: undefined; readonly cancelRequest?: undefined; readonly progressRequest?: undefined }
);

export interface WatchCreateRequest {
  key: Buffer;
  rangeEnd: Buffer;
  /** First revision whose events are sent; 0 for those from now on. */
  startRevision: string;
  /** Sends a response without events every ten minutes if there is nothing else to send. */
  progressNotify: boolean;
  filters: WatchCreateRequest_FilterType[];
  prevKv: boolean;
  watchId: string;
  /** Allows events of one revision to come in several responses. */
  fragment: boolean;
}
/** What may be sent as {@link WatchCreateRequest}. */
export interface WatchCreateRequestInit {
  readonly key?: Uint8Array | undefined;
  readonly rangeEnd?: Uint8Array | undefined;
  readonly startRevision?: string | number | bigint | undefined;
  readonly progressNotify?: boolean | undefined;
  readonly filters?: readonly WatchCreateRequest_FilterType[] | undefined;
  readonly prevKv?: boolean | undefined;
  readonly watchId?: string | number | bigint | undefined;
  readonly fragment?: boolean | undefined;
}

export interface WatchCancelRequest {
  watchId: string;
}
/** What may be sent as {@link WatchCancelRequest}. */
export interface WatchCancelRequestInit {
  readonly watchId?: string | number | bigint | undefined;
}

export type WatchProgressRequest = object;
/** What may be sent as {@link WatchProgressRequest}. */
export type WatchProgressRequestInit = object;

export interface WatchResponse {
  header?: ResponseHeader;
  watchId: string;
  /** The answer to a create_request. */
  created: boolean;
  /** The last response of this watch. */
  canceled: boolean;
  /** Set if the watch asked for revisions that are no longer there: the first one that is. */
  compactRevision: string;
  cancelReason: string;
  /** More events of the same revision follow in the next response. */
  fragment: boolean;
  events: Event[];
}
/** What may be sent as {@link WatchResponse}. */
export interface WatchResponseInit {
  readonly header?: ResponseHeaderInit | undefined;
  readonly watchId?: string | number | bigint | undefined;
  readonly created?: boolean | undefined;
  readonly canceled?: boolean | undefined;
  readonly compactRevision?: string | number | bigint | undefined;
  readonly cancelReason?: string | undefined;
  readonly fragment?: boolean | undefined;
  readonly events?: readonly EventInit[] | undefined;
}

export interface LeaseGrantRequest {
  /** In seconds; etcd may choose more. */
  TTL: string;
  /** 0 lets etcd choose. */
  ID: string;
}
/** What may be sent as {@link LeaseGrantRequest}. */
export interface LeaseGrantRequestInit {
  readonly TTL?: string | number | bigint | undefined;
  readonly ID?: string | number | bigint | undefined;
}

export interface LeaseGrantResponse {
  header?: ResponseHeader;
  ID: string;
  TTL: string;
  error: string;
}
/** What may be sent as {@link LeaseGrantResponse}. */
export interface LeaseGrantResponseInit {
  readonly header?: ResponseHeaderInit | undefined;
  readonly ID?: string | number | bigint | undefined;
  readonly TTL?: string | number | bigint | undefined;
  readonly error?: string | undefined;
}

export interface LeaseRevokeRequest {
  ID: string;
}
/** What may be sent as {@link LeaseRevokeRequest}. */
export interface LeaseRevokeRequestInit {
  readonly ID?: string | number | bigint | undefined;
}

export interface LeaseRevokeResponse {
  header?: ResponseHeader;
}
/** What may be sent as {@link LeaseRevokeResponse}. */
export interface LeaseRevokeResponseInit {
  readonly header?: ResponseHeaderInit | undefined;
}

export interface LeaseKeepAliveRequest {
  ID: string;
}
/** What may be sent as {@link LeaseKeepAliveRequest}. */
export interface LeaseKeepAliveRequestInit {
  readonly ID?: string | number | bigint | undefined;
}

export interface LeaseKeepAliveResponse {
  header?: ResponseHeader;
  ID: string;
  /** Seconds from now; 0 or less if there is no such lease any more. */
  TTL: string;
}
/** What may be sent as {@link LeaseKeepAliveResponse}. */
export interface LeaseKeepAliveResponseInit {
  readonly header?: ResponseHeaderInit | undefined;
  readonly ID?: string | number | bigint | undefined;
  readonly TTL?: string | number | bigint | undefined;
}

export interface AuthenticateRequest {
  name: string;
  password: string;
}
/** What may be sent as {@link AuthenticateRequest}. */
export interface AuthenticateRequestInit {
  readonly name?: string | undefined;
  readonly password?: string | undefined;
}

export interface AuthenticateResponse {
  header?: ResponseHeader;
  /** Goes with each call as metadata "token". */
  token: string;
}
/** What may be sent as {@link AuthenticateResponse}. */
export interface AuthenticateResponseInit {
  readonly header?: ResponseHeaderInit | undefined;
  readonly token?: string | undefined;
}

/** The descriptor of etcd/api/etcdserverpb/rpc.proto. */
export const file = defineFile(
  "Ch9ldGNkL2FwaS9ldGNkc2VydmVycGIvcnBjLnByb3RvEgxldGNkc2VydmVycGIaGGV0Y2QvYXBpL212Y2NwYi9rdi5wcm90byKFAQoOUmVzcG9uc2VIZWFkZXISHQoKY2x1c3Rlcl9pZBgBIAEoBFIJY2x1c3RlcklkEhsKCW1lbWJlcl9pZBgCIAEoBFIIbWVtYmVySWQSGgoIcmV2aXNpb24YAyABKANSCHJldmlzaW9uEhsKCXJhZnRfdGVybRgEIAEoBFIIcmFmdFRlcm0ihAUKDFJhbmdlUmVxdWVzdBIQCgNrZXkYASABKAxSA2tleRIbCglyYW5nZV9lbmQYAiABKAxSCHJhbmdlRW5kEhQKBWxpbWl0GAMgASgDUgVsaW1pdBIaCghyZXZpc2lvbhgEIAEoA1IIcmV2aXNpb24SQwoKc29ydF9vcmRlchgFIAEoDjIkLmV0Y2RzZXJ2ZXJwYi5SYW5nZVJlcXVlc3QuU29ydE9yZGVyUglzb3J0T3JkZXISRgoLc29ydF90YXJnZXQYBiABKA4yJS5ldGNkc2VydmVycGIuUmFuZ2VSZXF1ZXN0LlNvcnRUYXJnZXRSCnNvcnRUYXJnZXQSIgoMc2VyaWFsaXphYmxlGAcgASgIUgxzZXJpYWxpemFibGUSGwoJa2V5c19vbmx5GAggASgIUghrZXlzT25seRIdCgpjb3VudF9vbmx5GAkgASgIUgljb3VudE9ubHkSKAoQbWluX21vZF9yZXZpc2lvbhgKIAEoA1IObWluTW9kUmV2aXNpb24SKAoQbWF4X21vZF9yZXZpc2lvbhgLIAEoA1IObWF4TW9kUmV2aXNpb24SLgoTbWluX2NyZWF0ZV9yZXZpc2lvbhgMIAEoA1IRbWluQ3JlYXRlUmV2aXNpb24SLgoTbWF4X2NyZWF0ZV9yZXZpc2lvbhgNIAEoA1IRbWF4Q3JlYXRlUmV2aXNpb24iLgoJU29ydE9yZGVyEggKBE5PTkUQABIKCgZBU0NFTkQQARILCgdERVNDRU5EEAIiQgoKU29ydFRhcmdldBIHCgNLRVkQABILCgdWRVJTSU9OEAESCgoGQ1JFQVRFEAISBwoDTU9EEAMSCQoFVkFMVUUQBCKTAQoNUmFuZ2VSZXNwb25zZRI0CgZoZWFkZXIYASABKAsyHC5ldGNkc2VydmVycGIuUmVzcG9uc2VIZWFkZXJSBmhlYWRlchIiCgNrdnMYAiADKAsyEC5tdmNjcGIuS2V5VmFsdWVSA2t2cxISCgRtb3JlGAMgASgIUgRtb3JlEhQKBWNvdW50GAQgASgDUgVjb3VudCKpAQoKUHV0UmVxdWVzdBIQCgNrZXkYASABKAxSA2tleRIUCgV2YWx1ZRgCIAEoDFIFdmFsdWUSFAoFbGVhc2UYAyABKANSBWxlYXNlEhcKB3ByZXZfa3YYBCABKAhSBnByZXZLdhIhCgxpZ25vcmVfdmFsdWUYBSABKAhSC2lnbm9yZVZhbHVlEiEKDGlnbm9yZV9sZWFzZRgGIAEoCFILaWdub3JlTGVhc2UibgoLUHV0UmVzcG9uc2USNAoGaGVhZGVyGAEgASgLMhwuZXRjZHNlcnZlcnBiLlJlc3BvbnNlSGVhZGVyUgZoZWFkZXISKQoHcHJldl9rdhgCIAEoCzIQLm12Y2NwYi5LZXlWYWx1ZVIGcHJldkt2IlwKEkRlbGV0ZVJhbmdlUmVxdWVzdBIQCgNrZXkYASABKAxSA2tleRIbCglyYW5nZV9lbmQYAiABKAxSCHJhbmdlRW5kEhcKB3ByZXZfa3YYAyABKAhSBnByZXZLdiKSAQoTRGVsZXRlUmFuZ2VSZXNwb25zZRI0CgZoZWFkZXIYASABKAsyHC5ldGNkc2VydmVycGIuUmVzcG9uc2VIZWFkZXJSBmhlYWRlchIYCgdkZWxldGVkGAIgASgDUgdkZWxldGVkEisKCHByZXZfa3ZzGAMgAygLMhAubXZjY3BiLktleVZhbHVlUgdwcmV2S3ZzIqkCCglSZXF1ZXN0T3ASQQoNcmVxdWVzdF9yYW5nZRgBIAEoCzIaLmV0Y2RzZXJ2ZXJwYi5SYW5nZVJlcXVlc3RIAFIMcmVxdWVzdFJhbmdlEjsKC3JlcXVlc3RfcHV0GAIgASgLMhguZXRjZHNlcnZlcnBiLlB1dFJlcXVlc3RIAFIKcmVxdWVzdFB1dBJUChRyZXF1ZXN0X2RlbGV0ZV9yYW5nZRgDIAEoCzIgLmV0Y2RzZXJ2ZXJwYi5EZWxldGVSYW5nZVJlcXVlc3RIAFIScmVxdWVzdERlbGV0ZVJhbmdlEjsKC3JlcXVlc3RfdHhuGAQgASgLMhguZXRjZHNlcnZlcnBiLlR4blJlcXVlc3RIAFIKcmVxdWVzdFR4bkIJCgdyZXF1ZXN0IrcCCgpSZXNwb25zZU9wEkQKDnJlc3BvbnNlX3JhbmdlGAEgASgLMhsuZXRjZHNlcnZlcnBiLlJhbmdlUmVzcG9uc2VIAFINcmVzcG9uc2VSYW5nZRI+CgxyZXNwb25zZV9wdXQYAiABKAsyGS5ldGNkc2VydmVycGIuUHV0UmVzcG9uc2VIAFILcmVzcG9uc2VQdXQSVwoVcmVzcG9uc2VfZGVsZXRlX3JhbmdlGAMgASgLMiEuZXRjZHNlcnZlcnBiLkRlbGV0ZVJhbmdlUmVzcG9uc2VIAFITcmVzcG9uc2VEZWxldGVSYW5nZRI+CgxyZXNwb25zZV90eG4YBCABKAsyGS5ldGNkc2VydmVycGIuVHhuUmVzcG9uc2VIAFILcmVzcG9uc2VUeG5CCgoIcmVzcG9uc2Ui6QMKB0NvbXBhcmUSOwoGcmVzdWx0GAEgASgOMiMuZXRjZHNlcnZlcnBiLkNvbXBhcmUuQ29tcGFyZVJlc3VsdFIGcmVzdWx0EjsKBnRhcmdldBgCIAEoDjIjLmV0Y2RzZXJ2ZXJwYi5Db21wYXJlLkNvbXBhcmVUYXJnZXRSBnRhcmdldBIQCgNrZXkYAyABKAxSA2tleRIaCgd2ZXJzaW9uGAQgASgDSABSB3ZlcnNpb24SKQoPY3JlYXRlX3JldmlzaW9uGAUgASgDSABSDmNyZWF0ZVJldmlzaW9uEiMKDG1vZF9yZXZpc2lvbhgGIAEoA0gAUgttb2RSZXZpc2lvbhIWCgV2YWx1ZRgHIAEoDEgAUgV2YWx1ZRIWCgVsZWFzZRgIIAEoA0gAUgVsZWFzZRIbCglyYW5nZV9lbmQYQCABKAxSCHJhbmdlRW5kIkAKDUNvbXBhcmVSZXN1bHQSCQoFRVFVQUwQABILCgdHUkVBVEVSEAESCAoETEVTUxACEg0KCU5PVF9FUVVBTBADIkcKDUNvbXBhcmVUYXJnZXQSCwoHVkVSU0lPThAAEgoKBkNSRUFURRABEgcKA01PRBACEgkKBVZBTFVFEAMSCQoFTEVBU0UQBEIOCgx0YXJnZXRfdW5pb24iowEKClR4blJlcXVlc3QSLwoHY29tcGFyZRgBIAMoCzIVLmV0Y2RzZXJ2ZXJwYi5Db21wYXJlUgdjb21wYXJlEjEKB3N1Y2Nlc3MYAiADKAsyFy5ldGNkc2VydmVycGIuUmVxdWVzdE9wUgdzdWNjZXNzEjEKB2ZhaWx1cmUYAyADKAsyFy5ldGNkc2VydmVycGIuUmVxdWVzdE9wUgdmYWlsdXJlIpkBCgtUeG5SZXNwb25zZRI0CgZoZWFkZXIYASABKAsyHC5ldGNkc2VydmVycGIuUmVzcG9uc2VIZWFkZXJSBmhlYWRlchIcCglzdWNjZWVkZWQYAiABKAhSCXN1Y2NlZWRlZBI2CglyZXNwb25zZXMYAyADKAsyGC5ldGNkc2VydmVycGIuUmVzcG9uc2VPcFIJcmVzcG9uc2VzIoYCCgxXYXRjaFJlcXVlc3QSSQoOY3JlYXRlX3JlcXVlc3QYASABKAsyIC5ldGNkc2VydmVycGIuV2F0Y2hDcmVhdGVSZXF1ZXN0SABSDWNyZWF0ZVJlcXVlc3QSSQoOY2FuY2VsX3JlcXVlc3QYAiABKAsyIC5ldGNkc2VydmVycGIuV2F0Y2hDYW5jZWxSZXF1ZXN0SABSDWNhbmNlbFJlcXVlc3QSTwoQcHJvZ3Jlc3NfcmVxdWVzdBgDIAEoCzIiLmV0Y2RzZXJ2ZXJwYi5XYXRjaFByb2dyZXNzUmVxdWVzdEgAUg9wcm9ncmVzc1JlcXVlc3RCDwoNcmVxdWVzdF91bmlvbiLRAgoSV2F0Y2hDcmVhdGVSZXF1ZXN0EhAKA2tleRgBIAEoDFIDa2V5EhsKCXJhbmdlX2VuZBgCIAEoDFIIcmFuZ2VFbmQSJQoOc3RhcnRfcmV2aXNpb24YAyABKANSDXN0YXJ0UmV2aXNpb24SJwoPcHJvZ3Jlc3Nfbm90aWZ5GAQgASgIUg5wcm9ncmVzc05vdGlmeRJFCgdmaWx0ZXJzGAUgAygOMisuZXRjZHNlcnZlcnBiLldhdGNoQ3JlYXRlUmVxdWVzdC5GaWx0ZXJUeXBlUgdmaWx0ZXJzEhcKB3ByZXZfa3YYBiABKAhSBnByZXZLdhIZCgh3YXRjaF9pZBgHIAEoA1IHd2F0Y2hJZBIaCghmcmFnbWVudBgIIAEoCFIIZnJhZ21lbnQiJQoKRmlsdGVyVHlwZRIJCgVOT1BVVBAAEgwKCE5PREVMRVRFEAEiLwoSV2F0Y2hDYW5jZWxSZXF1ZXN0EhkKCHdhdGNoX2lkGAEgASgDUgd3YXRjaElkIhYKFFdhdGNoUHJvZ3Jlc3NSZXF1ZXN0IqkCCg1XYXRjaFJlc3BvbnNlEjQKBmhlYWRlchgBIAEoCzIcLmV0Y2RzZXJ2ZXJwYi5SZXNwb25zZUhlYWRlclIGaGVhZGVyEhkKCHdhdGNoX2lkGAIgASgDUgd3YXRjaElkEhgKB2NyZWF0ZWQYAyABKAhSB2NyZWF0ZWQSGgoIY2FuY2VsZWQYBCABKAhSCGNhbmNlbGVkEikKEGNvbXBhY3RfcmV2aXNpb24YBSABKANSD2NvbXBhY3RSZXZpc2lvbhIjCg1jYW5jZWxfcmVhc29uGAYgASgJUgxjYW5jZWxSZWFzb24SGgoIZnJhZ21lbnQYByABKAhSCGZyYWdtZW50EiUKBmV2ZW50cxgLIAMoCzINLm12Y2NwYi5FdmVudFIGZXZlbnRzIjUKEUxlYXNlR3JhbnRSZXF1ZXN0EhAKA1RUTBgBIAEoA1IDVFRMEg4KAklEGAIgASgDUgJJRCKCAQoSTGVhc2VHcmFudFJlc3BvbnNlEjQKBmhlYWRlchgBIAEoCzIcLmV0Y2RzZXJ2ZXJwYi5SZXNwb25zZUhlYWRlclIGaGVhZGVyEg4KAklEGAIgASgDUgJJRBIQCgNUVEwYAyABKANSA1RUTBIUCgVlcnJvchgEIAEoCVIFZXJyb3IiJAoSTGVhc2VSZXZva2VSZXF1ZXN0Eg4KAklEGAEgASgDUgJJRCJLChNMZWFzZVJldm9rZVJlc3BvbnNlEjQKBmhlYWRlchgBIAEoCzIcLmV0Y2RzZXJ2ZXJwYi5SZXNwb25zZUhlYWRlclIGaGVhZGVyIicKFUxlYXNlS2VlcEFsaXZlUmVxdWVzdBIOCgJJRBgBIAEoA1ICSUQicAoWTGVhc2VLZWVwQWxpdmVSZXNwb25zZRI0CgZoZWFkZXIYASABKAsyHC5ldGNkc2VydmVycGIuUmVzcG9uc2VIZWFkZXJSBmhlYWRlchIOCgJJRBgCIAEoA1ICSUQSEAoDVFRMGAMgASgDUgNUVEwiRQoTQXV0aGVudGljYXRlUmVxdWVzdBISCgRuYW1lGAEgASgJUgRuYW1lEhoKCHBhc3N3b3JkGAIgASgJUghwYXNzd29yZCJiChRBdXRoZW50aWNhdGVSZXNwb25zZRI0CgZoZWFkZXIYASABKAsyHC5ldGNkc2VydmVycGIuUmVzcG9uc2VIZWFkZXJSBmhlYWRlchIUCgV0b2tlbhgCIAEoCVIFdG9rZW4ykgIKAktWEkAKBVJhbmdlEhouZXRjZHNlcnZlcnBiLlJhbmdlUmVxdWVzdBobLmV0Y2RzZXJ2ZXJwYi5SYW5nZVJlc3BvbnNlEjoKA1B1dBIYLmV0Y2RzZXJ2ZXJwYi5QdXRSZXF1ZXN0GhkuZXRjZHNlcnZlcnBiLlB1dFJlc3BvbnNlElIKC0RlbGV0ZVJhbmdlEiAuZXRjZHNlcnZlcnBiLkRlbGV0ZVJhbmdlUmVxdWVzdBohLmV0Y2RzZXJ2ZXJwYi5EZWxldGVSYW5nZVJlc3BvbnNlEjoKA1R4bhIYLmV0Y2RzZXJ2ZXJwYi5UeG5SZXF1ZXN0GhkuZXRjZHNlcnZlcnBiLlR4blJlc3BvbnNlMk0KBVdhdGNoEkQKBVdhdGNoEhouZXRjZHNlcnZlcnBiLldhdGNoUmVxdWVzdBobLmV0Y2RzZXJ2ZXJwYi5XYXRjaFJlc3BvbnNlKAEwATKNAgoFTGVhc2USTwoKTGVhc2VHcmFudBIfLmV0Y2RzZXJ2ZXJwYi5MZWFzZUdyYW50UmVxdWVzdBogLmV0Y2RzZXJ2ZXJwYi5MZWFzZUdyYW50UmVzcG9uc2USUgoLTGVhc2VSZXZva2USIC5ldGNkc2VydmVycGIuTGVhc2VSZXZva2VSZXF1ZXN0GiEuZXRjZHNlcnZlcnBiLkxlYXNlUmV2b2tlUmVzcG9uc2USXwoOTGVhc2VLZWVwQWxpdmUSIy5ldGNkc2VydmVycGIuTGVhc2VLZWVwQWxpdmVSZXF1ZXN0GiQuZXRjZHNlcnZlcnBiLkxlYXNlS2VlcEFsaXZlUmVzcG9uc2UoATABMl0KBEF1dGgSVQoMQXV0aGVudGljYXRlEiEuZXRjZHNlcnZlcnBiLkF1dGhlbnRpY2F0ZVJlcXVlc3QaIi5ldGNkc2VydmVycGIuQXV0aGVudGljYXRlUmVzcG9uc2ViBnByb3RvMw==",
  [file2],
  {},
);

/** The rpcs of etcdserverpb.KV. */
export type KVMethods = {
  range: {
    kind: "unary";
    request: RangeRequest;
    requestInit: RangeRequestInit;
    response: RangeResponse;
    responseInit: RangeResponseInit;
  };
  put: {
    kind: "unary";
    request: PutRequest;
    requestInit: PutRequestInit;
    response: PutResponse;
    responseInit: PutResponseInit;
  };
  deleteRange: {
    kind: "unary";
    request: DeleteRangeRequest;
    requestInit: DeleteRangeRequestInit;
    response: DeleteRangeResponse;
    responseInit: DeleteRangeResponseInit;
  };
  /** Several operations as one: all of them or none, at one revision. */
  txn: {
    kind: "unary";
    request: TxnRequest;
    requestInit: TxnRequestInit;
    response: TxnResponse;
    responseInit: TxnResponseInit;
  };
};

export const KV: ServiceType<KVMethods> = defineService("etcdserverpb.KV", file);

/** The rpcs of etcdserverpb.Watch. */
export type WatchMethods = {
  watch: {
    kind: "bidiStreaming";
    request: WatchRequest;
    requestInit: WatchRequestInit;
    response: WatchResponse;
    responseInit: WatchResponseInit;
  };
};

export const Watch: ServiceType<WatchMethods> = defineService("etcdserverpb.Watch", file);

/** The rpcs of etcdserverpb.Lease. */
export type LeaseMethods = {
  leaseGrant: {
    kind: "unary";
    request: LeaseGrantRequest;
    requestInit: LeaseGrantRequestInit;
    response: LeaseGrantResponse;
    responseInit: LeaseGrantResponseInit;
  };
  /** Ends a lease and deletes the keys that are attached to it. */
  leaseRevoke: {
    kind: "unary";
    request: LeaseRevokeRequest;
    requestInit: LeaseRevokeRequestInit;
    response: LeaseRevokeResponse;
    responseInit: LeaseRevokeResponseInit;
  };
  leaseKeepAlive: {
    kind: "bidiStreaming";
    request: LeaseKeepAliveRequest;
    requestInit: LeaseKeepAliveRequestInit;
    response: LeaseKeepAliveResponse;
    responseInit: LeaseKeepAliveResponseInit;
  };
};

export const Lease: ServiceType<LeaseMethods> = defineService("etcdserverpb.Lease", file);

/** The rpcs of etcdserverpb.Auth. */
export type AuthMethods = {
  authenticate: {
    kind: "unary";
    request: AuthenticateRequest;
    requestInit: AuthenticateRequestInit;
    response: AuthenticateResponse;
    responseInit: AuthenticateResponseInit;
  };
};

export const Auth: ServiceType<AuthMethods> = defineService("etcdserverpb.Auth", file);
