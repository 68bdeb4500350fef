// Made by "grebe types" from shapes/everything.proto. Do not edit.
import { defineFile, defineService, type ServiceType } from "../../../../lib/schema/index.js";
import type { Any, AnyInit } from "../google/protobuf/any.js";
import type { Duration, DurationInit } from "../google/protobuf/duration.js";
import type { Struct, StructInit } from "../google/protobuf/struct.js";
import type { Timestamp, TimestampInit } from "../google/protobuf/timestamp.js";
import type { Int64Value, Int64ValueInit, StringValue, StringValueInit } from "../google/protobuf/wrappers.js";
import type { Color } from "./base.js";
import { file as file2 } from "./options.js";
import { file as file3 } from "./weak.js";

export const Everything_Inner_Kind = {
  INNER_ZERO: "INNER_ZERO",
} as const;
/** A value that the schema does not name is its number. */
export type Everything_Inner_Kind = "INNER_ZERO" | number;

export const Everything_Kind = {
  KIND_UNSPECIFIED: "KIND_UNSPECIFIED",
  /** @deprecated */
  KIND_ONE: "KIND_ONE",
  KIND_TWO: "KIND_TWO",
  KIND_LARGE: "KIND_LARGE",
  KIND_NEGATIVE: "KIND_NEGATIVE",
} as const;
/** A value that the schema does not name is its number. */
export type Everything_Kind = "KIND_UNSPECIFIED" | "KIND_ONE" | "KIND_TWO" | "KIND_LARGE" | "KIND_NEGATIVE" | number;

/**
 * Every kind of field.
 *
 * @deprecated
 */
export type Everything = {
  fDouble: number;
  fFloat: number;
  fInt32: number;
  fInt64: string;
  fUint32: number;
  fUint64: string;
  fSint32: number;
  fSint64: string;
  fFixed32: number;
  fFixed64: string;
  fSfixed32: number;
  fSfixed64: string;
  fBool: boolean;
  fString: string;
  fBytes: Buffer;
  fKind: Everything_Kind;
  /** behind it */
  fInner?: Everything_Inner;
  fColor: Color;
  fAbsolute: Color;
  packedDefault: number[];
  packedOff: number[];
  packedOn: number[];
  strings: string[];
  inners: Everything_Inner[];
  kinds: Everything_Kind[];
  longs: string[];
  zigzags: string[];
  fixeds: string[];
  bools: boolean[];
  blobs: Buffer[];
  maybeInt32?: number;
  maybeString?: string;
  maybeInner?: Everything_Inner;
  maybeKind?: Everything_Kind;
  maybeInt64?: string;
  maybeBytes?: Buffer;
  byString: { [key: string]: string };
  byInt32: { [key: string]: Everything_Inner };
  byInt64: { [key: string]: string };
  byUint64: { [key: string]: Everything_Kind };
  bySint32: { [key: string]: number };
  bySint64: { [key: string]: Buffer };
  byFixed32: { [key: string]: boolean };
  byFixed64: { [key: string]: string };
  byBool: { [key: string]: string };
  byUint32: { [key: string]: Everything };
  bySfixed32: { [key: string]: number };
  bySfixed64: { [key: string]: string };
  /** @deprecated */
  withRule: string;
  underscore_Name_2: string;
  CamelCase: string;
  _leading: string;
  timestamp?: Timestamp;
  duration?: Duration;
  any?: Any;
  struct?: Struct;
  stringValue?: StringValue;
  int64Value?: Int64Value;
  timestamps: Timestamp[];
  durations: { [key: string]: Duration };
} & (
  | { choice: "number"; number: number; text?: never; message?: never; kind?: never; data?: never; flag?: never }
  | { choice: "text"; text: string; number?: never; message?: never; kind?: never; data?: never; flag?: never }
  | { choice: "message"; message: Everything_Inner; number?: never; text?: never; kind?: never; data?: never; flag?: never }
  | { choice: "kind"; kind: Everything_Kind; number?: never; text?: never; message?: never; data?: never; flag?: never }
  | { choice: "data"; data: Buffer; number?: never; text?: never; message?: never; kind?: never; flag?: never }
  | { choice: "flag"; flag: boolean; number?: never; text?: never; message?: never; kind?: never; data?: never }
  | { choice?: never; number?: never; text?: never; message?: never; kind?: never; data?: never; flag?: never }
);
/** What may be sent as {@link Everything}. */
export type EverythingInit = {
  readonly fDouble?: number | undefined;
  readonly fFloat?: number | undefined;
  readonly fInt32?: number | undefined;
  readonly fInt64?: string | number | bigint | undefined;
  readonly fUint32?: number | undefined;
  readonly fUint64?: string | number | bigint | undefined;
  readonly fSint32?: number | undefined;
  readonly fSint64?: string | number | bigint | undefined;
  readonly fFixed32?: number | undefined;
  readonly fFixed64?: string | number | bigint | undefined;
  readonly fSfixed32?: number | undefined;
  readonly fSfixed64?: string | number | bigint | undefined;
  readonly fBool?: boolean | undefined;
  readonly fString?: string | undefined;
  readonly fBytes?: Uint8Array | undefined;
  readonly fKind?: Everything_Kind | undefined;
  readonly fInner?: Everything_InnerInit | undefined;
  readonly fColor?: Color | undefined;
  readonly fAbsolute?: Color | undefined;
  readonly packedDefault?: readonly number[] | undefined;
  readonly packedOff?: readonly number[] | undefined;
  readonly packedOn?: readonly number[] | undefined;
  readonly strings?: readonly string[] | undefined;
  readonly inners?: readonly Everything_InnerInit[] | undefined;
  readonly kinds?: readonly Everything_Kind[] | undefined;
  readonly longs?: readonly (string | number | bigint)[] | undefined;
  readonly zigzags?: readonly (string | number | bigint)[] | undefined;
  readonly fixeds?: readonly (string | number | bigint)[] | undefined;
  readonly bools?: readonly boolean[] | undefined;
  readonly blobs?: readonly Uint8Array[] | undefined;
  readonly maybeInt32?: number | undefined;
  readonly maybeString?: string | undefined;
  readonly maybeInner?: Everything_InnerInit | undefined;
  readonly maybeKind?: Everything_Kind | undefined;
  readonly maybeInt64?: string | number | bigint | undefined;
  readonly maybeBytes?: Uint8Array | undefined;
  readonly byString?: { readonly [key: string]: string } | undefined;
  readonly byInt32?: { readonly [key: string]: Everything_InnerInit } | undefined;
  readonly byInt64?: { readonly [key: string]: string | number | bigint } | undefined;
  readonly byUint64?: { readonly [key: string]: Everything_Kind } | undefined;
  readonly bySint32?: { readonly [key: string]: number } | undefined;
  readonly bySint64?: { readonly [key: string]: Uint8Array } | undefined;
  readonly byFixed32?: { readonly [key: string]: boolean } | undefined;
  readonly byFixed64?: { readonly [key: string]: string } | undefined;
  readonly byBool?: { readonly [key: string]: string } | undefined;
  readonly byUint32?: { readonly [key: string]: EverythingInit } | undefined;
  readonly bySfixed32?: { readonly [key: string]: number } | undefined;
  readonly bySfixed64?: { readonly [key: string]: string | number | bigint } | undefined;
  readonly withRule?: string | number | bigint | undefined;
  readonly underscore_Name_2?: string | undefined;
  readonly CamelCase?: string | undefined;
  readonly _leading?: string | undefined;
  readonly timestamp?: TimestampInit | undefined;
  readonly duration?: DurationInit | undefined;
  readonly any?: AnyInit | undefined;
  readonly struct?: StructInit | undefined;
  readonly stringValue?: StringValueInit | undefined;
  readonly int64Value?: Int64ValueInit | undefined;
  readonly timestamps?: readonly TimestampInit[] | undefined;
  readonly durations?: { readonly [key: string]: DurationInit } | undefined;
} & (
  | { readonly choice?: "number" | undefined; readonly number: number; readonly text?: undefined; readonly message?: undefined; readonly kind?: undefined; readonly data?: undefined; readonly flag?: undefined }
  | { readonly choice?: "text" | undefined; readonly text: string; readonly number?: undefined; readonly message?: undefined; readonly kind?: undefined; readonly data?: undefined; readonly flag?: undefined }
  | { readonly choice?: "message" | undefined; readonly message: Everything_InnerInit; readonly number?: undefined; readonly text?: undefined; readonly kind?: undefined; readonly data?: undefined; readonly flag?: undefined }
  | { readonly choice?: "kind" | undefined; readonly kind: Everything_Kind; readonly number?: undefined; readonly text?: undefined; readonly message?: undefined; readonly data?: undefined; readonly flag?: undefined }
  | { readonly choice?: "data" | undefined; readonly data: Uint8Array; readonly number?: undefined; readonly text?: undefined; readonly message?: undefined; readonly kind?: undefined; readonly flag?: undefined }
  | { readonly choice?: "flag" | undefined; readonly flag: boolean; readonly number?: undefined; readonly text?: undefined; readonly message?: undefined; readonly kind?: undefined; readonly data?: undefined }
  | { readonly choice?: undefined; readonly number?: undefined; readonly text?: undefined; readonly message?: undefined; readonly kind?: undefined; readonly data?: undefined; readonly flag?: undefined }
);

export interface Everything_Inner {
  inner?: Everything_Inner_Inner;
  name: string;
  parent?: Everything;
  again?: Everything_Inner;
}
/** What may be sent as {@link Everything_Inner}. */
export interface Everything_InnerInit {
  readonly inner?: Everything_Inner_InnerInit | undefined;
  readonly name?: string | undefined;
  readonly parent?: EverythingInit | undefined;
  readonly again?: Everything_InnerInit | undefined;
}

/** Names resolve from the inside. */
export interface Everything_Inner_Inner {
  kind: Everything_Inner_Kind;
}
/** What may be sent as {@link Everything_Inner_Inner}. */
export interface Everything_Inner_InnerInit {
  readonly kind?: Everything_Inner_Kind | undefined;
}

export type Empty = object;
/** What may be sent as {@link Empty}. */
export type EmptyInit = object;

/** Keywords are names, too. */
export interface Keywords {
  message: number;
  service: number;
  reserved: number;
  oneof: number;
  map: number;
  repeated: number;
  stream: number;
  optional: number;
  option: number;
  package: number;
  constructor: number;
  hasOwnProperty: number;
}
/** What may be sent as {@link Keywords}. */
export interface KeywordsInit {
  readonly message?: number | undefined;
  readonly service?: number | undefined;
  readonly reserved?: number | undefined;
  readonly oneof?: number | undefined;
  readonly map?: number | undefined;
  readonly repeated?: number | undefined;
  readonly stream?: number | undefined;
  readonly optional?: number | undefined;
  readonly option?: number | undefined;
  readonly package?: number | undefined;
  readonly constructor?: number | undefined;
  readonly hasOwnProperty?: number | undefined;
}

/** The descriptor of shapes/everything.proto. */
export const file = defineFile(
  "ChdzaGFwZXMvZXZlcnl0aGluZy5wcm90bxIKc2hhcGVzLmFsbBoZZ29vZ2xlL3Byb3RvYnVmL2FueS5wcm90bxoeZ29vZ2xlL3Byb3RvYnVmL2R1cmF0aW9uLnByb3RvGhxnb29nbGUvcHJvdG9idWYvc3RydWN0LnByb3RvGh9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvGh5nb29nbGUvcHJvdG9idWYvd3JhcHBlcnMucHJvdG8aFHNoYXBlcy9vcHRpb25zLnByb3RvGhFzaGFwZXMvd2Vhay5wcm90byL7IgoKRXZlcnl0aGluZxIZCghmX2RvdWJsZRgBIAEoAVIHZkRvdWJsZRIXCgdmX2Zsb2F0GAIgASgCUgZmRmxvYXQSFwoHZl9pbnQzMhgDIAEoBVIGZkludDMyEhcKB2ZfaW50NjQYBCABKANSBmZJbnQ2NBIZCghmX3VpbnQzMhgFIAEoDVIHZlVpbnQzMhIZCghmX3VpbnQ2NBgGIAEoBFIHZlVpbnQ2NBIZCghmX3NpbnQzMhgHIAEoEVIHZlNpbnQzMhIZCghmX3NpbnQ2NBgIIAEoElIHZlNpbnQ2NBIbCglmX2ZpeGVkMzIYCSABKAdSCGZGaXhlZDMyEhsKCWZfZml4ZWQ2NBgKIAEoBlIIZkZpeGVkNjQSHQoKZl9zZml4ZWQzMhgLIAEoD1IJZlNmaXhlZDMyEh0KCmZfc2ZpeGVkNjQYDCABKBBSCWZTZml4ZWQ2NBIVCgZmX2Jvb2wYDSABKAhSBWZCb29sEhkKCGZfc3RyaW5nGA4gASgJUgdmU3RyaW5nEhcKB2ZfYnl0ZXMYDyABKAxSBmZCeXRlcxIyCgZmX2tpbmQYECABKA4yGy5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuS2luZFIFZktpbmQSNQoHZl9pbm5lchgRIAEoCzIcLnNoYXBlcy5hbGwuRXZlcnl0aGluZy5Jbm5lclIGZklubmVyEiYKB2ZfY29sb3IYEiABKA4yDS5zaGFwZXMuQ29sb3JSBmZDb2xvchIsCgpmX2Fic29sdXRlGBMgASgOMg0uc2hhcGVzLkNvbG9yUglmQWJzb2x1dGUSJQoOcGFja2VkX2RlZmF1bHQYHiADKAVSDXBhY2tlZERlZmF1bHQSIQoKcGFja2VkX29mZhgfIAMoBUICEABSCXBhY2tlZE9mZhIfCglwYWNrZWRfb24YICADKAFCAhABUghwYWNrZWRPbhIYCgdzdHJpbmdzGCEgAygJUgdzdHJpbmdzEjQKBmlubmVycxgiIAMoCzIcLnNoYXBlcy5hbGwuRXZlcnl0aGluZy5Jbm5lclIGaW5uZXJzEjEKBWtpbmRzGCMgAygOMhsuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLktpbmRSBWtpbmRzEhQKBWxvbmdzGCQgAygDUgVsb25ncxIYCgd6aWd6YWdzGCUgAygSUgd6aWd6YWdzEhYKBmZpeGVkcxgmIAMoBlIGZml4ZWRzEhQKBWJvb2xzGCcgAygIUgVib29scxIUCgVibG9icxgoIAMoDFIFYmxvYnMSJAoLbWF5YmVfaW50MzIYMiABKAVIAVIKbWF5YmVJbnQzMogBARImCgxtYXliZV9zdHJpbmcYMyABKAlIAlILbWF5YmVTdHJpbmeIAQESQgoLbWF5YmVfaW5uZXIYNCABKAsyHC5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuSW5uZXJIA1IKbWF5YmVJbm5lcogBARI/CgptYXliZV9raW5kGDUgASgOMhsuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLktpbmRIBFIJbWF5YmVLaW5kiAEBEiQKC21heWJlX2ludDY0GDYgASgDSAVSCm1heWJlSW50NjSIAQESJAoLbWF5YmVfYnl0ZXMYNyABKAxIBlIKbWF5YmVCeXRlc4gBARJBCglieV9zdHJpbmcYPCADKAsyJC5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuQnlTdHJpbmdFbnRyeVIIYnlTdHJpbmcSPgoIYnlfaW50MzIYPSADKAsyIy5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuQnlJbnQzMkVudHJ5UgdieUludDMyEj4KCGJ5X2ludDY0GD4gAygLMiMuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLkJ5SW50NjRFbnRyeVIHYnlJbnQ2NBJBCglieV91aW50NjQYPyADKAsyJC5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuQnlVaW50NjRFbnRyeVIIYnlVaW50NjQSQQoJYnlfc2ludDMyGEAgAygLMiQuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLkJ5U2ludDMyRW50cnlSCGJ5U2ludDMyEkEKCWJ5X3NpbnQ2NBhBIAMoCzIkLnNoYXBlcy5hbGwuRXZlcnl0aGluZy5CeVNpbnQ2NEVudHJ5UghieVNpbnQ2NBJECgpieV9maXhlZDMyGEIgAygLMiUuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLkJ5Rml4ZWQzMkVudHJ5UglieUZpeGVkMzISRAoKYnlfZml4ZWQ2NBhDIAMoCzIlLnNoYXBlcy5hbGwuRXZlcnl0aGluZy5CeUZpeGVkNjRFbnRyeVIJYnlGaXhlZDY0EjsKB2J5X2Jvb2wYRCADKAsyIi5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuQnlCb29sRW50cnlSBmJ5Qm9vbBJBCglieV91aW50MzIYRSADKAsyJC5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuQnlVaW50MzJFbnRyeVIIYnlVaW50MzISRwoLYnlfc2ZpeGVkMzIYRiADKAsyJi5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuQnlTZml4ZWQzMkVudHJ5UgpieVNmaXhlZDMyEkcKC2J5X3NmaXhlZDY0GEcgAygLMiYuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLkJ5U2ZpeGVkNjRFbnRyeVIKYnlTZml4ZWQ2NBIYCgZudW1iZXIYUCABKAVIAFIGbnVtYmVyEhQKBHRleHQYUSABKAlIAFIEVEVYVBI4CgdtZXNzYWdlGFIgASgLMhwuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLklubmVySABSB21lc3NhZ2USMQoEa2luZBhTIAEoDjIbLnNoYXBlcy5hbGwuRXZlcnl0aGluZy5LaW5kSABSBGtpbmQSFAoEZGF0YRhUIAEoDEgAUgRkYXRhEhQKBGZsYWcYVSABKAhIAFIEZmxhZxKSAQoJd2l0aF9ydWxlGFogASgDQnUYATABirUYKwgBETVYAGYt60H+Gg9zaW5nbGUgInF1b3RlcyI4AUD///////////8BUAGStRgSgYCAgICAgBDw//////////8BmrUYBAD/ClyitRgDGgF4orUYDzINEQAAAAAAAPD/SgIBAqq1GAYyBDICCA9SCHdpdGhSdWxlEisKEnVuZGVyc2NvcmVfX25hbWVfMhhbIAEoCVIPdW5kZXJzY29yZU5hbWUyEhwKCUNhbWVsQ2FzZRhcIAEoCVIJQ2FtZWxDYXNlEhkKCF9sZWFkaW5nGF0gASgJUgdMZWFkaW5nEjgKCXRpbWVzdGFtcBhkIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSCXRpbWVzdGFtcBI1CghkdXJhdGlvbhhlIAEoCzIZLmdvb2dsZS5wcm90b2J1Zi5EdXJhdGlvblIIZHVyYXRpb24SJgoDYW55GGYgASgLMhQuZ29vZ2xlLnByb3RvYnVmLkFueVIDYW55Ei8KBnN0cnVjdBhnIAEoCzIXLmdvb2dsZS5wcm90b2J1Zi5TdHJ1Y3RSBnN0cnVjdBI/CgxzdHJpbmdfdmFsdWUYaCABKAsyHC5nb29nbGUucHJvdG9idWYuU3RyaW5nVmFsdWVSC3N0cmluZ1ZhbHVlEjwKC2ludDY0X3ZhbHVlGGkgASgLMhsuZ29vZ2xlLnByb3RvYnVmLkludDY0VmFsdWVSCmludDY0VmFsdWUSOgoKdGltZXN0YW1wcxhqIAMoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSCnRpbWVzdGFtcHMSQwoJZHVyYXRpb25zGGsgAygLMiUuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLkR1cmF0aW9uc0VudHJ5UglkdXJhdGlvbnMaOwoNQnlTdHJpbmdFbnRyeRIQCgNrZXkYASABKAlSA2tleRIUCgV2YWx1ZRgCIAEoCVIFdmFsdWU6AjgBGlgKDEJ5SW50MzJFbnRyeRIQCgNrZXkYASABKAVSA2tleRIyCgV2YWx1ZRgCIAEoCzIcLnNoYXBlcy5hbGwuRXZlcnl0aGluZy5Jbm5lclIFdmFsdWU6AjgBGjoKDEJ5SW50NjRFbnRyeRIQCgNrZXkYASABKANSA2tleRIUCgV2YWx1ZRgCIAEoA1IFdmFsdWU6AjgBGlgKDUJ5VWludDY0RW50cnkSEAoDa2V5GAEgASgEUgNrZXkSMQoFdmFsdWUYAiABKA4yGy5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuS2luZFIFdmFsdWU6AjgBGjsKDUJ5U2ludDMyRW50cnkSEAoDa2V5GAEgASgRUgNrZXkSFAoFdmFsdWUYAiABKAFSBXZhbHVlOgI4ARo7Cg1CeVNpbnQ2NEVudHJ5EhAKA2tleRgBIAEoElIDa2V5EhQKBXZhbHVlGAIgASgMUgV2YWx1ZToCOAEaPAoOQnlGaXhlZDMyRW50cnkSEAoDa2V5GAEgASgHUgNrZXkSFAoFdmFsdWUYAiABKAhSBXZhbHVlOgI4ARo8Cg5CeUZpeGVkNjRFbnRyeRIQCgNrZXkYASABKAZSA2tleRIUCgV2YWx1ZRgCIAEoCVIFdmFsdWU6AjgBGjkKC0J5Qm9vbEVudHJ5EhAKA2tleRgBIAEoCFIDa2V5EhQKBXZhbHVlGAIgASgJUgV2YWx1ZToCOAEaUwoNQnlVaW50MzJFbnRyeRIQCgNrZXkYASABKA1SA2tleRIsCgV2YWx1ZRgCIAEoCzIWLnNoYXBlcy5hbGwuRXZlcnl0aGluZ1IFdmFsdWU6AjgBGj0KD0J5U2ZpeGVkMzJFbnRyeRIQCgNrZXkYASABKA9SA2tleRIUCgV2YWx1ZRgCIAEoBVIFdmFsdWU6AjgBGj0KD0J5U2ZpeGVkNjRFbnRyeRIQCgNrZXkYASABKBBSA2tleRIUCgV2YWx1ZRgCIAEoBFIFdmFsdWU6AjgBGlcKDkR1cmF0aW9uc0VudHJ5EhAKA2tleRgBIAEoCVIDa2V5Ei8KBXZhbHVlGAIgASgLMhkuZ29vZ2xlLnByb3RvYnVmLkR1cmF0aW9uUgV2YWx1ZToCOAEakQIKBUlubmVyEjgKBWlubmVyGAEgASgLMiIuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLklubmVyLklubmVyUgVpbm5lchISCgRuYW1lGAIgASgJUgRuYW1lEi4KBnBhcmVudBgDIAEoCzIWLnNoYXBlcy5hbGwuRXZlcnl0aGluZ1IGcGFyZW50EjIKBWFnYWluGAQgASgLMhwuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLklubmVyUgVhZ2Fpbho+CgVJbm5lchI1CgRraW5kGAEgASgOMiEuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLklubmVyLktpbmRSBGtpbmQiFgoES2luZBIOCgpJTk5FUl9aRVJPEAAiewoES2luZBIUChBLSU5EX1VOU1BFQ0lGSUVEEAASGwoIS0lORF9PTkUQARoNCAGJtRgAAAAAAADgPxIMCghLSU5EX1RXTxACEhAKCktJTkRfTEFSR0UQoI0GEhoKDUtJTkRfTkVHQVRJVkUQ////////////ARoEiLUYDTosGAGKtRgmCPz//////////wEiAWEiAWIiAWMqBQoBaxACMgkRAAAAAABwl0BCDgoGY2hvaWNlEgSItRgBQg4KDF9tYXliZV9pbnQzMkIPCg1fbWF5YmVfc3RyaW5nQg4KDF9tYXliZV9pbm5lckINCgtfbWF5YmVfa2luZEIOCgxfbWF5YmVfaW50NjRCDgoMX21heWJlX2J5dGVzSgYIyAEQyQFKBgjSARDdAUoJCOgHEICAgIACUgNvbGRSBW9sZGVyIgcKBUVtcHR5ItACCghLZXl3b3JkcxIYCgdtZXNzYWdlGAEgASgFUgdtZXNzYWdlEhgKB3NlcnZpY2UYAiABKAVSB3NlcnZpY2USGgoIcmVzZXJ2ZWQYAyABKAVSCHJlc2VydmVkEhQKBW9uZW9mGAQgASgFUgVvbmVvZhIQCgNtYXAYBSABKAVSA21hcBIaCghyZXBlYXRlZBgGIAEoBVIIcmVwZWF0ZWQSFgoGc3RyZWFtGAcgASgFUgZzdHJlYW0SGgoIb3B0aW9uYWwYCCABKAVSCG9wdGlvbmFsEhYKBm9wdGlvbhgJIAEoBVIGb3B0aW9uEhgKB3BhY2thZ2UYCiABKAVSB3BhY2thZ2USIAoLY29uc3RydWN0b3IYCyABKAVSC2NvbnN0cnVjdG9yEigKEGhhc19vd25fcHJvcGVydHkYDCABKAVSDmhhc093blByb3BlcnR5MpUCCgZTaGFwZXMSMgoFVW5hcnkSFi5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcaES5zaGFwZXMuYWxsLkVtcHR5EkIKDFNlcnZlclN0cmVhbRIWLnNoYXBlcy5hbGwuRXZlcnl0aGluZxoWLnNoYXBlcy5hbGwuRXZlcnl0aGluZyIAMAESVQoMQ2xpZW50U3RyZWFtEhYuc2hhcGVzLmFsbC5FdmVyeXRoaW5nGhEuc2hhcGVzLmFsbC5FbXB0eSIYiAIBkAIBirUYBQgDIgF3krUYBWFkbWluKAESNgoEQmlkaRIULnNoYXBlcy5hbGwuS2V5d29yZHMaFC5zaGFwZXMuYWxsLktleXdvcmRzKAEwARoEiLUYEEIuWhJleGFtcGxlLmNvbS9zaGFwZXOKtRgWdHdvIHN0cmluZ3MgImFuZCIgQULDqVgGYgZwcm90bzM=",
  [file2, file3],
  {},
);

/** The rpcs of shapes.all.Shapes. */
export type ShapesMethods = {
  unary: {
    kind: "unary";
    request: Everything;
    requestInit: EverythingInit;
    response: Empty;
    responseInit: EmptyInit;
  };
  /** Streams to the client. */
  serverStream: {
    kind: "serverStreaming";
    request: Everything;
    requestInit: EverythingInit;
    response: Everything;
    responseInit: EverythingInit;
  };
  /** @deprecated */
  clientStream: {
    kind: "clientStreaming";
    request: Everything;
    requestInit: EverythingInit;
    response: Empty;
    responseInit: EmptyInit;
  };
  bidi: {
    kind: "bidiStreaming";
    request: Keywords;
    requestInit: KeywordsInit;
    response: Keywords;
    responseInit: KeywordsInit;
  };
};

export const Shapes: ServiceType<ShapesMethods> = defineService("shapes.all.Shapes", file);
