// Made by "grebe types" from bench.proto. Do not edit.
import { defineFile, defineService, type ServiceType } from "../../../lib/schema/index.js";

export const Plan = {
  PLAN_UNSPECIFIED: "PLAN_UNSPECIFIED",
  PLAN_FREE: "PLAN_FREE",
  PLAN_PAID: "PLAN_PAID",
} as const;
/** A value that the schema does not name is its number. */
export type Plan = "PLAN_UNSPECIFIED" | "PLAN_FREE" | "PLAN_PAID" | number;

export interface EchoRequest {
  id: number;
  text: string;
}
/** What may be sent as {@link EchoRequest}. */
export interface EchoRequestInit {
  readonly id?: number | undefined;
  readonly text?: string | undefined;
}

export interface EchoReply {
  id: number;
  text: string;
}
/** What may be sent as {@link EchoReply}. */
export interface EchoReplyInit {
  readonly id?: number | undefined;
  readonly text?: string | undefined;
}

export interface CreateRequest {
  email: string;
  name: string;
  age: number;
  country: string;
  tags: string[];
  address?: Address;
  plan: Plan;
  credit: number;
}
/** What may be sent as {@link CreateRequest}. */
export interface CreateRequestInit {
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly age?: number | undefined;
  readonly country?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly address?: AddressInit | undefined;
  readonly plan?: Plan | undefined;
  readonly credit?: number | undefined;
}

export interface Address {
  street: string;
  city: string;
  zipCode: string;
}
/** What may be sent as {@link Address}. */
export interface AddressInit {
  readonly street?: string | undefined;
  readonly city?: string | undefined;
  readonly zipCode?: string | undefined;
}

export interface CreateReply {
  id: string;
  email: string;
}
/** What may be sent as {@link CreateReply}. */
export interface CreateReplyInit {
  readonly id?: string | number | bigint | undefined;
  readonly email?: string | undefined;
}

export interface StreamRequest {
  count: number;
}
/** What may be sent as {@link StreamRequest}. */
export interface StreamRequestInit {
  readonly count?: number | undefined;
}

export interface Small {
  sequence: number;
  text: string;
}
/** What may be sent as {@link Small}. */
export interface SmallInit {
  readonly sequence?: number | undefined;
  readonly text?: string | undefined;
}

export interface Rich {
  id: string;
  name: string;
  plan: Plan;
  latitude: number;
  longitude: number;
  population: number;
  digest: Buffer;
  tags: string[];
  scores: number[];
  labels: { [key: string]: string };
  address?: Address;
}
/** What may be sent as {@link Rich}. */
export interface RichInit {
  readonly id?: string | number | bigint | undefined;
  readonly name?: string | undefined;
  readonly plan?: Plan | undefined;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  readonly population?: number | undefined;
  readonly digest?: Uint8Array | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly scores?: readonly number[] | undefined;
  readonly labels?: { readonly [key: string]: string } | undefined;
  readonly address?: AddressInit | undefined;
}

export interface CollectReply {
  count: number;
}
/** What may be sent as {@link CollectReply}. */
export interface CollectReplyInit {
  readonly count?: number | undefined;
}

/** The descriptor of bench.proto. */
export const file = defineFile(
  "CgtiZW5jaC5wcm90bxILZ3JlYmUuYmVuY2giMQoLRWNob1JlcXVlc3QSDgoCaWQYASABKAVSAmlkEhIKBHRleHQYAiABKAlSBHRleHQiLwoJRWNob1JlcGx5Eg4KAmlkGAEgASgFUgJpZBISCgR0ZXh0GAIgASgJUgR0ZXh0IugBCg1DcmVhdGVSZXF1ZXN0EhQKBWVtYWlsGAEgASgJUgVlbWFpbBISCgRuYW1lGAIgASgJUgRuYW1lEhAKA2FnZRgDIAEoBVIDYWdlEhgKB2NvdW50cnkYBCABKAlSB2NvdW50cnkSEgoEdGFncxgFIAMoCVIEdGFncxIuCgdhZGRyZXNzGAYgASgLMhQuZ3JlYmUuYmVuY2guQWRkcmVzc1IHYWRkcmVzcxIlCgRwbGFuGAcgASgOMhEuZ3JlYmUuYmVuY2guUGxhblIEcGxhbhIWCgZjcmVkaXQYCCABKAFSBmNyZWRpdCJQCgdBZGRyZXNzEhYKBnN0cmVldBgBIAEoCVIGc3RyZWV0EhIKBGNpdHkYAiABKAlSBGNpdHkSGQoIemlwX2NvZGUYAyABKAlSB3ppcENvZGUiMwoLQ3JlYXRlUmVwbHkSDgoCaWQYASABKANSAmlkEhQKBWVtYWlsGAIgASgJUgVlbWFpbCIlCg1TdHJlYW1SZXF1ZXN0EhQKBWNvdW50GAEgASgFUgVjb3VudCI3CgVTbWFsbBIaCghzZXF1ZW5jZRgBIAEoB1IIc2VxdWVuY2USEgoEdGV4dBgCIAEoCVIEdGV4dCKRAwoEUmljaBIOCgJpZBgBIAEoA1ICaWQSEgoEbmFtZRgCIAEoCVIEbmFtZRIlCgRwbGFuGAMgASgOMhEuZ3JlYmUuYmVuY2guUGxhblIEcGxhbhIaCghsYXRpdHVkZRgEIAEoAVIIbGF0aXR1ZGUSHAoJbG9uZ2l0dWRlGAUgASgBUglsb25naXR1ZGUSHgoKcG9wdWxhdGlvbhgGIAEoDVIKcG9wdWxhdGlvbhIWCgZkaWdlc3QYByABKAxSBmRpZ2VzdBISCgR0YWdzGAggAygJUgR0YWdzEhYKBnNjb3JlcxgJIAMoBVIGc2NvcmVzEjUKBmxhYmVscxgKIAMoCzIdLmdyZWJlLmJlbmNoLlJpY2guTGFiZWxzRW50cnlSBmxhYmVscxIuCgdhZGRyZXNzGAsgASgLMhQuZ3JlYmUuYmVuY2guQWRkcmVzc1IHYWRkcmVzcxo5CgtMYWJlbHNFbnRyeRIQCgNrZXkYASABKAlSA2tleRIUCgV2YWx1ZRgCIAEoCVIFdmFsdWU6AjgBIiQKDENvbGxlY3RSZXBseRIUCgVjb3VudBgBIAEoBVIFY291bnQqOgoEUGxhbhIUChBQTEFOX1VOU1BFQ0lGSUVEEAASDQoJUExBTl9GUkVFEAESDQoJUExBTl9QQUlEEAIyvQIKBUJlbmNoEjgKBEVjaG8SGC5ncmViZS5iZW5jaC5FY2hvUmVxdWVzdBoWLmdyZWJlLmJlbmNoLkVjaG9SZXBseRI+CgZDcmVhdGUSGi5ncmViZS5iZW5jaC5DcmVhdGVSZXF1ZXN0GhguZ3JlYmUuYmVuY2guQ3JlYXRlUmVwbHkSPwoLU3RyZWFtU21hbGwSGi5ncmViZS5iZW5jaC5TdHJlYW1SZXF1ZXN0GhIuZ3JlYmUuYmVuY2guU21hbGwwARI9CgpTdHJlYW1SaWNoEhouZ3JlYmUuYmVuY2guU3RyZWFtUmVxdWVzdBoRLmdyZWJlLmJlbmNoLlJpY2gwARI6CgdDb2xsZWN0EhIuZ3JlYmUuYmVuY2guU21hbGwaGS5ncmViZS5iZW5jaC5Db2xsZWN0UmVwbHkoAWIGcHJvdG8z",
  [],
  {},
);

/** The rpcs of grebe.bench.Bench. */
export type BenchMethods = {
  /** A small message in, a small message out. */
  echo: {
    kind: "unary";
    request: EchoRequest;
    requestInit: EchoRequestInit;
    response: EchoReply;
    responseInit: EchoReplyInit;
  };
  /** A form of the kind that wants validation. */
  create: {
    kind: "unary";
    request: CreateRequest;
    requestInit: CreateRequestInit;
    response: CreateReply;
    responseInit: CreateReplyInit;
  };
  /** `count` messages of 64 bytes each. */
  streamSmall: {
    kind: "serverStreaming";
    request: StreamRequest;
    requestInit: StreamRequestInit;
    response: Small;
    responseInit: SmallInit;
  };
  /** `count` messages of 175 bytes each, eleven fields. */
  streamRich: {
    kind: "serverStreaming";
    request: StreamRequest;
    requestInit: StreamRequestInit;
    response: Rich;
    responseInit: RichInit;
  };
  /** Counts what it is sent. */
  collect: {
    kind: "clientStreaming";
    request: Small;
    requestInit: SmallInit;
    response: CollectReply;
    responseInit: CollectReplyInit;
  };
};

export const Bench: ServiceType<BenchMethods> = defineService("grebe.bench.Bench", file);
