// Made by "grebe types" from google/protobuf/struct.proto. Do not edit.
import { defineFile } from "../../../../../../lib/schema/index.js";

export const NullValue = {
  NULL_VALUE: 0,
} as const;
export type NullValue = number;

export interface Struct {
  fields?: { [key: string]: Value };
}
/** What may be sent as {@link Struct}. */
export interface StructInit {
  readonly fields?: { readonly [key: string]: ValueInit } | undefined;
}

export type Value = (
  | { null_value: NullValue; number_value?: never; string_value?: never; bool_value?: never; struct_value?: never; list_value?: never }
  | { number_value: number; null_value?: never; string_value?: never; bool_value?: never; struct_value?: never; list_value?: never }
  | { string_value: string; null_value?: never; number_value?: never; bool_value?: never; struct_value?: never; list_value?: never }
  | { bool_value: boolean; null_value?: never; number_value?: never; string_value?: never; struct_value?: never; list_value?: never }
  | { struct_value: Struct; null_value?: never; number_value?: never; string_value?: never; bool_value?: never; list_value?: never }
  | { list_value: ListValue; null_value?: never; number_value?: never; string_value?: never; bool_value?: never; struct_value?: never }
  | { null_value?: never; number_value?: never; string_value?: never; bool_value?: never; struct_value?: never; list_value?: never }
);
/** What may be sent as {@link Value}. */
export type ValueInit = (
  | { readonly null_value: NullValue; readonly number_value?: undefined; readonly string_value?: undefined; readonly bool_value?: undefined; readonly struct_value?: undefined; readonly list_value?: undefined }
  | { readonly number_value: number; readonly null_value?: undefined; readonly string_value?: undefined; readonly bool_value?: undefined; readonly struct_value?: undefined; readonly list_value?: undefined }
  | { readonly string_value: string; readonly null_value?: undefined; readonly number_value?: undefined; readonly bool_value?: undefined; readonly struct_value?: undefined; readonly list_value?: undefined }
  | { readonly bool_value: boolean; readonly null_value?: undefined; readonly number_value?: undefined; readonly string_value?: undefined; readonly struct_value?: undefined; readonly list_value?: undefined }
  | { readonly struct_value: StructInit; readonly null_value?: undefined; readonly number_value?: undefined; readonly string_value?: undefined; readonly bool_value?: undefined; readonly list_value?: undefined }
  | { readonly list_value: ListValueInit; readonly null_value?: undefined; readonly number_value?: undefined; readonly string_value?: undefined; readonly bool_value?: undefined; readonly struct_value?: undefined }
  | { readonly null_value?: undefined; readonly number_value?: undefined; readonly string_value?: undefined; readonly bool_value?: undefined; readonly struct_value?: undefined; readonly list_value?: undefined }
);

export interface ListValue {
  values?: Value[];
}
/** What may be sent as {@link ListValue}. */
export interface ListValueInit {
  readonly values?: readonly ValueInit[] | undefined;
}

/** The descriptor of google/protobuf/struct.proto. */
export const file = defineFile(
  "Chxnb29nbGUvcHJvdG9idWYvc3RydWN0LnByb3RvEg9nb29nbGUucHJvdG9idWYimAEKBlN0cnVjdBI7CgZmaWVsZHMYASADKAsyIy5nb29nbGUucHJvdG9idWYuU3RydWN0LkZpZWxkc0VudHJ5UgZmaWVsZHMaUQoLRmllbGRzRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSLAoFdmFsdWUYAiABKAsyFi5nb29nbGUucHJvdG9idWYuVmFsdWVSBXZhbHVlOgI4ASKyAgoFVmFsdWUSOwoKbnVsbF92YWx1ZRgBIAEoDjIaLmdvb2dsZS5wcm90b2J1Zi5OdWxsVmFsdWVIAFIJbnVsbFZhbHVlEiMKDG51bWJlcl92YWx1ZRgCIAEoAUgAUgtudW1iZXJWYWx1ZRIjCgxzdHJpbmdfdmFsdWUYAyABKAlIAFILc3RyaW5nVmFsdWUSHwoKYm9vbF92YWx1ZRgEIAEoCEgAUglib29sVmFsdWUSPAoMc3RydWN0X3ZhbHVlGAUgASgLMhcuZ29vZ2xlLnByb3RvYnVmLlN0cnVjdEgAUgtzdHJ1Y3RWYWx1ZRI7CgpsaXN0X3ZhbHVlGAYgASgLMhouZ29vZ2xlLnByb3RvYnVmLkxpc3RWYWx1ZUgAUglsaXN0VmFsdWVCBgoEa2luZCI7CglMaXN0VmFsdWUSLgoGdmFsdWVzGAEgAygLMhYuZ29vZ2xlLnByb3RvYnVmLlZhbHVlUgZ2YWx1ZXMqGwoJTnVsbFZhbHVlEg4KCk5VTExfVkFMVUUQAEJ/ChNjb20uZ29vZ2xlLnByb3RvYnVmQgtTdHJ1Y3RQcm90b1ABWi9nb29nbGUuZ29sYW5nLm9yZy9wcm90b2J1Zi90eXBlcy9rbm93bi9zdHJ1Y3RwYvgBAaICA0dQQqoCHkdvb2dsZS5Qcm90b2J1Zi5XZWxsS25vd25UeXBlc2IGcHJvdG8z",
  [],
  { keepCase: true, longs: "bigint", enums: "number", bytes: "base64", defaults: false, oneofs: false, timestamps: "date", durations: "ms" },
);
