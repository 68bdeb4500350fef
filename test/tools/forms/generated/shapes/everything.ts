// Made by "grebe types" from shapes/everything.proto. Do not edit.
import { defineFile, defineService, type ServiceType } from "../../../../../lib/schema/index.js";
import type { Any, AnyInit } from "../google/protobuf/any.js";
import type { Struct, StructInit } from "../google/protobuf/struct.js";
import type { Int64Value, Int64ValueInit, StringValue, StringValueInit } from "../google/protobuf/wrappers.js";
import type { Color } from "./base.js";
import { file as file2 } from "./options.js";
import { file as file3 } from "./weak.js";

export const Everything_Inner_Kind = {
  INNER_ZERO: 0,
} as const;
export type Everything_Inner_Kind = number;

export const Everything_Kind = {
  KIND_UNSPECIFIED: 0,
  /** @deprecated */
  KIND_ONE: 1,
  KIND_TWO: 2,
  KIND_LARGE: 100000,
  KIND_NEGATIVE: -1,
} as const;
export type Everything_Kind = number;

/**
 * Every kind of field.
 *
 * @deprecated
 */
export type Everything = {
  f_double?: number;
  f_float?: number;
  f_int32?: number;
  f_int64?: bigint;
  f_uint32?: number;
  f_uint64?: bigint;
  f_sint32?: number;
  f_sint64?: bigint;
  f_fixed32?: number;
  f_fixed64?: bigint;
  f_sfixed32?: number;
  f_sfixed64?: bigint;
  f_bool?: boolean;
  f_string?: string;
  f_bytes?: string;
  f_kind?: Everything_Kind;
  /** behind it */
  f_inner?: Everything_Inner;
  f_color?: Color;
  f_absolute?: Color;
  packed_default?: number[];
  packed_off?: number[];
  packed_on?: number[];
  strings?: string[];
  inners?: Everything_Inner[];
  kinds?: Everything_Kind[];
  longs?: bigint[];
  zigzags?: bigint[];
  fixeds?: bigint[];
  bools?: boolean[];
  blobs?: string[];
  maybe_int32?: number;
  maybe_string?: string;
  maybe_inner?: Everything_Inner;
  maybe_kind?: Everything_Kind;
  maybe_int64?: bigint;
  maybe_bytes?: string;
  by_string?: { [key: string]: string };
  by_int32?: { [key: string]: Everything_Inner };
  by_int64?: { [key: string]: bigint };
  by_uint64?: { [key: string]: Everything_Kind };
  by_sint32?: { [key: string]: number };
  by_sint64?: { [key: string]: string };
  by_fixed32?: { [key: string]: boolean };
  by_fixed64?: { [key: string]: string };
  by_bool?: { [key: string]: string };
  by_uint32?: { [key: string]: Everything };
  by_sfixed32?: { [key: string]: number };
  by_sfixed64?: { [key: string]: bigint };
  /** @deprecated */
  with_rule?: bigint;
  underscore__name_2?: string;
  CamelCase?: string;
  _leading?: string;
  timestamp?: Date;
  duration?: number;
  any?: Any;
  struct?: Struct;
  string_value?: StringValue;
  int64_value?: Int64Value;
  timestamps?: Date[];
  durations?: { [key: string]: number };
} & (
  | { number: number; text?: never; message?: never; kind?: never; data?: never; flag?: never }
  | { text: string; number?: never; message?: never; kind?: never; data?: never; flag?: never }
  | { message: Everything_Inner; number?: never; text?: never; kind?: never; data?: never; flag?: never }
  | { kind: Everything_Kind; number?: never; text?: never; message?: never; data?: never; flag?: never }
  | { data: string; number?: never; text?: never; message?: never; kind?: never; flag?: never }
  | { flag: boolean; number?: never; text?: never; message?: never; kind?: never; data?: never }
  | { number?: never; text?: never; message?: never; kind?: never; data?: never; flag?: never }
);
/** What may be sent as {@link Everything}. */
export type EverythingInit = {
  readonly f_double?: number | undefined;
  readonly f_float?: number | undefined;
  readonly f_int32?: number | undefined;
  readonly f_int64?: string | number | bigint | undefined;
  readonly f_uint32?: number | undefined;
  readonly f_uint64?: string | number | bigint | undefined;
  readonly f_sint32?: number | undefined;
  readonly f_sint64?: string | number | bigint | undefined;
  readonly f_fixed32?: number | undefined;
  readonly f_fixed64?: string | number | bigint | undefined;
  readonly f_sfixed32?: number | undefined;
  readonly f_sfixed64?: string | number | bigint | undefined;
  readonly f_bool?: boolean | undefined;
  readonly f_string?: string | undefined;
  readonly f_bytes?: string | Uint8Array | undefined;
  readonly f_kind?: Everything_Kind | undefined;
  readonly f_inner?: Everything_InnerInit | undefined;
  readonly f_color?: Color | undefined;
  readonly f_absolute?: Color | undefined;
  readonly packed_default?: readonly number[] | undefined;
  readonly packed_off?: readonly number[] | undefined;
  readonly packed_on?: readonly number[] | undefined;
  readonly strings?: readonly string[] | undefined;
  readonly inners?: readonly Everything_InnerInit[] | undefined;
  readonly kinds?: readonly Everything_Kind[] | undefined;
  readonly longs?: readonly (string | number | bigint)[] | undefined;
  readonly zigzags?: readonly (string | number | bigint)[] | undefined;
  readonly fixeds?: readonly (string | number | bigint)[] | undefined;
  readonly bools?: readonly boolean[] | undefined;
  readonly blobs?: readonly (string | Uint8Array)[] | undefined;
  readonly maybe_int32?: number | undefined;
  readonly maybe_string?: string | undefined;
  readonly maybe_inner?: Everything_InnerInit | undefined;
  readonly maybe_kind?: Everything_Kind | undefined;
  readonly maybe_int64?: string | number | bigint | undefined;
  readonly maybe_bytes?: string | Uint8Array | undefined;
  readonly by_string?: { readonly [key: string]: string } | undefined;
  readonly by_int32?: { readonly [key: string]: Everything_InnerInit } | undefined;
  readonly by_int64?: { readonly [key: string]: string | number | bigint } | undefined;
  readonly by_uint64?: { readonly [key: string]: Everything_Kind } | undefined;
  readonly by_sint32?: { readonly [key: string]: number } | undefined;
  readonly by_sint64?: { readonly [key: string]: string | Uint8Array } | undefined;
  readonly by_fixed32?: { readonly [key: string]: boolean } | undefined;
  readonly by_fixed64?: { readonly [key: string]: string } | undefined;
  readonly by_bool?: { readonly [key: string]: string } | undefined;
  readonly by_uint32?: { readonly [key: string]: EverythingInit } | undefined;
  readonly by_sfixed32?: { readonly [key: string]: number } | undefined;
  readonly by_sfixed64?: { readonly [key: string]: string | number | bigint } | undefined;
  readonly with_rule?: string | number | bigint | undefined;
  readonly underscore__name_2?: string | undefined;
  readonly CamelCase?: string | undefined;
  readonly _leading?: string | undefined;
  readonly timestamp?: Date | undefined;
  readonly duration?: number | undefined;
  readonly any?: AnyInit | undefined;
  readonly struct?: StructInit | undefined;
  readonly string_value?: StringValueInit | undefined;
  readonly int64_value?: Int64ValueInit | undefined;
  readonly timestamps?: readonly Date[] | undefined;
  readonly durations?: { readonly [key: string]: number } | undefined;
} & (
  | { readonly number: number; readonly text?: undefined; readonly message?: undefined; readonly kind?: undefined; readonly data?: undefined; readonly flag?: undefined }
  | { readonly text: string; readonly number?: undefined; readonly message?: undefined; readonly kind?: undefined; readonly data?: undefined; readonly flag?: undefined }
  | { readonly message: Everything_InnerInit; readonly number?: undefined; readonly text?: undefined; readonly kind?: undefined; readonly data?: undefined; readonly flag?: undefined }
  | { readonly kind: Everything_Kind; readonly number?: undefined; readonly text?: undefined; readonly message?: undefined; readonly data?: undefined; readonly flag?: undefined }
  | { readonly data: string | Uint8Array; readonly number?: undefined; readonly text?: undefined; readonly message?: undefined; readonly kind?: undefined; readonly flag?: undefined }
  | { readonly flag: boolean; readonly number?: undefined; readonly text?: undefined; readonly message?: undefined; readonly kind?: undefined; readonly data?: undefined }
  | { readonly number?: undefined; readonly text?: undefined; readonly message?: undefined; readonly kind?: undefined; readonly data?: undefined; readonly flag?: undefined }
);

export interface Everything_Inner {
  inner?: Everything_Inner_Inner;
  name?: string;
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
  kind?: Everything_Inner_Kind;
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
  message?: number;
  service?: number;
  reserved?: number;
  oneof?: number;
  map?: number;
  repeated?: number;
  stream?: number;
  optional?: number;
  option?: number;
  package?: number;
  constructor?: number;
  has_own_property?: number;
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
  readonly has_own_property?: number | undefined;
}

/** The descriptor of shapes/everything.proto. */
export const file = defineFile(
  "ChdzaGFwZXMvZXZlcnl0aGluZy5wcm90bxIKc2hhcGVzLmFsbBoZZ29vZ2xlL3Byb3RvYnVmL2FueS5wcm90bxoeZ29vZ2xlL3Byb3RvYnVmL2R1cmF0aW9uLnByb3RvGhxnb29nbGUvcHJvdG9idWYvc3RydWN0LnByb3RvGh9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvGh5nb29nbGUvcHJvdG9idWYvd3JhcHBlcnMucHJvdG8aFHNoYXBlcy9vcHRpb25zLnByb3RvGhFzaGFwZXMvd2Vhay5wcm90byL7IgoKRXZlcnl0aGluZxIZCghmX2RvdWJsZRgBIAEoAVIHZkRvdWJsZRIXCgdmX2Zsb2F0GAIgASgCUgZmRmxvYXQSFwoHZl9pbnQzMhgDIAEoBVIGZkludDMyEhcKB2ZfaW50NjQYBCABKANSBmZJbnQ2NBIZCghmX3VpbnQzMhgFIAEoDVIHZlVpbnQzMhIZCghmX3VpbnQ2NBgGIAEoBFIHZlVpbnQ2NBIZCghmX3NpbnQzMhgHIAEoEVIHZlNpbnQzMhIZCghmX3NpbnQ2NBgIIAEoElIHZlNpbnQ2NBIbCglmX2ZpeGVkMzIYCSABKAdSCGZGaXhlZDMyEhsKCWZfZml4ZWQ2NBgKIAEoBlIIZkZpeGVkNjQSHQoKZl9zZml4ZWQzMhgLIAEoD1IJZlNmaXhlZDMyEh0KCmZfc2ZpeGVkNjQYDCABKBBSCWZTZml4ZWQ2NBIVCgZmX2Jvb2wYDSABKAhSBWZCb29sEhkKCGZfc3RyaW5nGA4gASgJUgdmU3RyaW5nEhcKB2ZfYnl0ZXMYDyABKAxSBmZCeXRlcxIyCgZmX2tpbmQYECABKA4yGy5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuS2luZFIFZktpbmQSNQoHZl9pbm5lchgRIAEoCzIcLnNoYXBlcy5hbGwuRXZlcnl0aGluZy5Jbm5lclIGZklubmVyEiYKB2ZfY29sb3IYEiABKA4yDS5zaGFwZXMuQ29sb3JSBmZDb2xvchIsCgpmX2Fic29sdXRlGBMgASgOMg0uc2hhcGVzLkNvbG9yUglmQWJzb2x1dGUSJQoOcGFja2VkX2RlZmF1bHQYHiADKAVSDXBhY2tlZERlZmF1bHQSIQoKcGFja2VkX29mZhgfIAMoBUICEABSCXBhY2tlZE9mZhIfCglwYWNrZWRfb24YICADKAFCAhABUghwYWNrZWRPbhIYCgdzdHJpbmdzGCEgAygJUgdzdHJpbmdzEjQKBmlubmVycxgiIAMoCzIcLnNoYXBlcy5hbGwuRXZlcnl0aGluZy5Jbm5lclIGaW5uZXJzEjEKBWtpbmRzGCMgAygOMhsuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLktpbmRSBWtpbmRzEhQKBWxvbmdzGCQgAygDUgVsb25ncxIYCgd6aWd6YWdzGCUgAygSUgd6aWd6YWdzEhYKBmZpeGVkcxgmIAMoBlIGZml4ZWRzEhQKBWJvb2xzGCcgAygIUgVib29scxIUCgVibG9icxgoIAMoDFIFYmxvYnMSJAoLbWF5YmVfaW50MzIYMiABKAVIAVIKbWF5YmVJbnQzMogBARImCgxtYXliZV9zdHJpbmcYMyABKAlIAlILbWF5YmVTdHJpbmeIAQESQgoLbWF5YmVfaW5uZXIYNCABKAsyHC5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuSW5uZXJIA1IKbWF5YmVJbm5lcogBARI/CgptYXliZV9raW5kGDUgASgOMhsuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLktpbmRIBFIJbWF5YmVLaW5kiAEBEiQKC21heWJlX2ludDY0GDYgASgDSAVSCm1heWJlSW50NjSIAQESJAoLbWF5YmVfYnl0ZXMYNyABKAxIBlIKbWF5YmVCeXRlc4gBARJBCglieV9zdHJpbmcYPCADKAsyJC5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuQnlTdHJpbmdFbnRyeVIIYnlTdHJpbmcSPgoIYnlfaW50MzIYPSADKAsyIy5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuQnlJbnQzMkVudHJ5UgdieUludDMyEj4KCGJ5X2ludDY0GD4gAygLMiMuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLkJ5SW50NjRFbnRyeVIHYnlJbnQ2NBJBCglieV91aW50NjQYPyADKAsyJC5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuQnlVaW50NjRFbnRyeVIIYnlVaW50NjQSQQoJYnlfc2ludDMyGEAgAygLMiQuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLkJ5U2ludDMyRW50cnlSCGJ5U2ludDMyEkEKCWJ5X3NpbnQ2NBhBIAMoCzIkLnNoYXBlcy5hbGwuRXZlcnl0aGluZy5CeVNpbnQ2NEVudHJ5UghieVNpbnQ2NBJECgpieV9maXhlZDMyGEIgAygLMiUuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLkJ5Rml4ZWQzMkVudHJ5UglieUZpeGVkMzISRAoKYnlfZml4ZWQ2NBhDIAMoCzIlLnNoYXBlcy5hbGwuRXZlcnl0aGluZy5CeUZpeGVkNjRFbnRyeVIJYnlGaXhlZDY0EjsKB2J5X2Jvb2wYRCADKAsyIi5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuQnlCb29sRW50cnlSBmJ5Qm9vbBJBCglieV91aW50MzIYRSADKAsyJC5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuQnlVaW50MzJFbnRyeVIIYnlVaW50MzISRwoLYnlfc2ZpeGVkMzIYRiADKAsyJi5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuQnlTZml4ZWQzMkVudHJ5UgpieVNmaXhlZDMyEkcKC2J5X3NmaXhlZDY0GEcgAygLMiYuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLkJ5U2ZpeGVkNjRFbnRyeVIKYnlTZml4ZWQ2NBIYCgZudW1iZXIYUCABKAVIAFIGbnVtYmVyEhQKBHRleHQYUSABKAlIAFIEVEVYVBI4CgdtZXNzYWdlGFIgASgLMhwuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLklubmVySABSB21lc3NhZ2USMQoEa2luZBhTIAEoDjIbLnNoYXBlcy5hbGwuRXZlcnl0aGluZy5LaW5kSABSBGtpbmQSFAoEZGF0YRhUIAEoDEgAUgRkYXRhEhQKBGZsYWcYVSABKAhIAFIEZmxhZxKSAQoJd2l0aF9ydWxlGFogASgDQnUYATABirUYKwgBETVYAGYt60H+Gg9zaW5nbGUgInF1b3RlcyI4AUD///////////8BUAGStRgSgYCAgICAgBDw//////////8BmrUYBAD/ClyitRgDGgF4orUYDzINEQAAAAAAAPD/SgIBAqq1GAYyBDICCA9SCHdpdGhSdWxlEisKEnVuZGVyc2NvcmVfX25hbWVfMhhbIAEoCVIPdW5kZXJzY29yZU5hbWUyEhwKCUNhbWVsQ2FzZRhcIAEoCVIJQ2FtZWxDYXNlEhkKCF9sZWFkaW5nGF0gASgJUgdMZWFkaW5nEjgKCXRpbWVzdGFtcBhkIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSCXRpbWVzdGFtcBI1CghkdXJhdGlvbhhlIAEoCzIZLmdvb2dsZS5wcm90b2J1Zi5EdXJhdGlvblIIZHVyYXRpb24SJgoDYW55GGYgASgLMhQuZ29vZ2xlLnByb3RvYnVmLkFueVIDYW55Ei8KBnN0cnVjdBhnIAEoCzIXLmdvb2dsZS5wcm90b2J1Zi5TdHJ1Y3RSBnN0cnVjdBI/CgxzdHJpbmdfdmFsdWUYaCABKAsyHC5nb29nbGUucHJvdG9idWYuU3RyaW5nVmFsdWVSC3N0cmluZ1ZhbHVlEjwKC2ludDY0X3ZhbHVlGGkgASgLMhsuZ29vZ2xlLnByb3RvYnVmLkludDY0VmFsdWVSCmludDY0VmFsdWUSOgoKdGltZXN0YW1wcxhqIAMoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSCnRpbWVzdGFtcHMSQwoJZHVyYXRpb25zGGsgAygLMiUuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLkR1cmF0aW9uc0VudHJ5UglkdXJhdGlvbnMaOwoNQnlTdHJpbmdFbnRyeRIQCgNrZXkYASABKAlSA2tleRIUCgV2YWx1ZRgCIAEoCVIFdmFsdWU6AjgBGlgKDEJ5SW50MzJFbnRyeRIQCgNrZXkYASABKAVSA2tleRIyCgV2YWx1ZRgCIAEoCzIcLnNoYXBlcy5hbGwuRXZlcnl0aGluZy5Jbm5lclIFdmFsdWU6AjgBGjoKDEJ5SW50NjRFbnRyeRIQCgNrZXkYASABKANSA2tleRIUCgV2YWx1ZRgCIAEoA1IFdmFsdWU6AjgBGlgKDUJ5VWludDY0RW50cnkSEAoDa2V5GAEgASgEUgNrZXkSMQoFdmFsdWUYAiABKA4yGy5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcuS2luZFIFdmFsdWU6AjgBGjsKDUJ5U2ludDMyRW50cnkSEAoDa2V5GAEgASgRUgNrZXkSFAoFdmFsdWUYAiABKAFSBXZhbHVlOgI4ARo7Cg1CeVNpbnQ2NEVudHJ5EhAKA2tleRgBIAEoElIDa2V5EhQKBXZhbHVlGAIgASgMUgV2YWx1ZToCOAEaPAoOQnlGaXhlZDMyRW50cnkSEAoDa2V5GAEgASgHUgNrZXkSFAoFdmFsdWUYAiABKAhSBXZhbHVlOgI4ARo8Cg5CeUZpeGVkNjRFbnRyeRIQCgNrZXkYASABKAZSA2tleRIUCgV2YWx1ZRgCIAEoCVIFdmFsdWU6AjgBGjkKC0J5Qm9vbEVudHJ5EhAKA2tleRgBIAEoCFIDa2V5EhQKBXZhbHVlGAIgASgJUgV2YWx1ZToCOAEaUwoNQnlVaW50MzJFbnRyeRIQCgNrZXkYASABKA1SA2tleRIsCgV2YWx1ZRgCIAEoCzIWLnNoYXBlcy5hbGwuRXZlcnl0aGluZ1IFdmFsdWU6AjgBGj0KD0J5U2ZpeGVkMzJFbnRyeRIQCgNrZXkYASABKA9SA2tleRIUCgV2YWx1ZRgCIAEoBVIFdmFsdWU6AjgBGj0KD0J5U2ZpeGVkNjRFbnRyeRIQCgNrZXkYASABKBBSA2tleRIUCgV2YWx1ZRgCIAEoBFIFdmFsdWU6AjgBGlcKDkR1cmF0aW9uc0VudHJ5EhAKA2tleRgBIAEoCVIDa2V5Ei8KBXZhbHVlGAIgASgLMhkuZ29vZ2xlLnByb3RvYnVmLkR1cmF0aW9uUgV2YWx1ZToCOAEakQIKBUlubmVyEjgKBWlubmVyGAEgASgLMiIuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLklubmVyLklubmVyUgVpbm5lchISCgRuYW1lGAIgASgJUgRuYW1lEi4KBnBhcmVudBgDIAEoCzIWLnNoYXBlcy5hbGwuRXZlcnl0aGluZ1IGcGFyZW50EjIKBWFnYWluGAQgASgLMhwuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLklubmVyUgVhZ2Fpbho+CgVJbm5lchI1CgRraW5kGAEgASgOMiEuc2hhcGVzLmFsbC5FdmVyeXRoaW5nLklubmVyLktpbmRSBGtpbmQiFgoES2luZBIOCgpJTk5FUl9aRVJPEAAiewoES2luZBIUChBLSU5EX1VOU1BFQ0lGSUVEEAASGwoIS0lORF9PTkUQARoNCAGJtRgAAAAAAADgPxIMCghLSU5EX1RXTxACEhAKCktJTkRfTEFSR0UQoI0GEhoKDUtJTkRfTkVHQVRJVkUQ////////////ARoEiLUYDTosGAGKtRgmCPz//////////wEiAWEiAWIiAWMqBQoBaxACMgkRAAAAAABwl0BCDgoGY2hvaWNlEgSItRgBQg4KDF9tYXliZV9pbnQzMkIPCg1fbWF5YmVfc3RyaW5nQg4KDF9tYXliZV9pbm5lckINCgtfbWF5YmVfa2luZEIOCgxfbWF5YmVfaW50NjRCDgoMX21heWJlX2J5dGVzSgYIyAEQyQFKBgjSARDdAUoJCOgHEICAgIACUgNvbGRSBW9sZGVyIgcKBUVtcHR5ItACCghLZXl3b3JkcxIYCgdtZXNzYWdlGAEgASgFUgdtZXNzYWdlEhgKB3NlcnZpY2UYAiABKAVSB3NlcnZpY2USGgoIcmVzZXJ2ZWQYAyABKAVSCHJlc2VydmVkEhQKBW9uZW9mGAQgASgFUgVvbmVvZhIQCgNtYXAYBSABKAVSA21hcBIaCghyZXBlYXRlZBgGIAEoBVIIcmVwZWF0ZWQSFgoGc3RyZWFtGAcgASgFUgZzdHJlYW0SGgoIb3B0aW9uYWwYCCABKAVSCG9wdGlvbmFsEhYKBm9wdGlvbhgJIAEoBVIGb3B0aW9uEhgKB3BhY2thZ2UYCiABKAVSB3BhY2thZ2USIAoLY29uc3RydWN0b3IYCyABKAVSC2NvbnN0cnVjdG9yEigKEGhhc19vd25fcHJvcGVydHkYDCABKAVSDmhhc093blByb3BlcnR5MpUCCgZTaGFwZXMSMgoFVW5hcnkSFi5zaGFwZXMuYWxsLkV2ZXJ5dGhpbmcaES5zaGFwZXMuYWxsLkVtcHR5EkIKDFNlcnZlclN0cmVhbRIWLnNoYXBlcy5hbGwuRXZlcnl0aGluZxoWLnNoYXBlcy5hbGwuRXZlcnl0aGluZyIAMAESVQoMQ2xpZW50U3RyZWFtEhYuc2hhcGVzLmFsbC5FdmVyeXRoaW5nGhEuc2hhcGVzLmFsbC5FbXB0eSIYiAIBkAIBirUYBQgDIgF3krUYBWFkbWluKAESNgoEQmlkaRIULnNoYXBlcy5hbGwuS2V5d29yZHMaFC5zaGFwZXMuYWxsLktleXdvcmRzKAEwARoEiLUYEEIuWhJleGFtcGxlLmNvbS9zaGFwZXOKtRgWdHdvIHN0cmluZ3MgImFuZCIgQULDqVgGYgZwcm90bzM=",
  [file2, file3],
  { keepCase: true, longs: "bigint", enums: "number", bytes: "base64", defaults: false, oneofs: false, timestamps: "date", durations: "ms" },
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
