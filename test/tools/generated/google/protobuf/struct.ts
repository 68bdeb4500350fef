// Made by "grebe types" from google/protobuf/struct.proto. Do not edit.
import { defineFile } from "../../../../../lib/schema/index.js";

export const NullValue = {
  NULL_VALUE: "NULL_VALUE",
} as const;
/** A value that the schema does not name is its number. */
export type NullValue = "NULL_VALUE" | number;

export interface Struct {
  fields: { [key: string]: Value };
}
/** What may be sent as {@link Struct}. */
export interface StructInit {
  readonly fields?: { readonly [key: string]: ValueInit } | undefined;
}

export type Value = (
  | { kind: "nullValue"; nullValue: NullValue; numberValue?: never; stringValue?: never; boolValue?: never; structValue?: never; listValue?: never }
  | { kind: "numberValue"; numberValue: number; nullValue?: never; stringValue?: never; boolValue?: never; structValue?: never; listValue?: never }
  | { kind: "stringValue"; stringValue: string; nullValue?: never; numberValue?: never; boolValue?: never; structValue?: never; listValue?: never }
  | { kind: "boolValue"; boolValue: boolean; nullValue?: never; numberValue?: never; stringValue?: never; structValue?: never; listValue?: never }
  | { kind: "structValue"; structValue: Struct; nullValue?: never; numberValue?: never; stringValue?: never; boolValue?: never; listValue?: never }
  | { kind: "listValue"; listValue: ListValue; nullValue?: never; numberValue?: never; stringValue?: never; boolValue?: never; structValue?: never }
  | { kind?: never; nullValue?: never; numberValue?: never; stringValue?: never; boolValue?: never; structValue?: never; listValue?: never }
);
/** What may be sent as {@link Value}. */
export type ValueInit = (
  | { readonly kind?: "nullValue" | undefined; readonly nullValue: NullValue; readonly numberValue?: undefined; readonly stringValue?: undefined; readonly boolValue?: undefined; readonly structValue?: undefined; readonly listValue?: undefined }
  | { readonly kind?: "numberValue" | undefined; readonly numberValue: number; readonly nullValue?: undefined; readonly stringValue?: undefined; readonly boolValue?: undefined; readonly structValue?: undefined; readonly listValue?: undefined }
  | { readonly kind?: "stringValue" | undefined; readonly stringValue: string; readonly nullValue?: undefined; readonly numberValue?: undefined; readonly boolValue?: undefined; readonly structValue?: undefined; readonly listValue?: undefined }
  | { readonly kind?: "boolValue" | undefined; readonly boolValue: boolean; readonly nullValue?: undefined; readonly numberValue?: undefined; readonly stringValue?: undefined; readonly structValue?: undefined; readonly listValue?: undefined }
  | { readonly kind?: "structValue" | undefined; readonly structValue: StructInit; readonly nullValue?: undefined; readonly numberValue?: undefined; readonly stringValue?: undefined; readonly boolValue?: undefined; readonly listValue?: undefined }
  | { readonly kind?: "listValue" | undefined; readonly listValue: ListValueInit; readonly nullValue?: undefined; readonly numberValue?: undefined; readonly stringValue?: undefined; readonly boolValue?: undefined; readonly structValue?: undefined }
  | { readonly kind?: undefined; readonly nullValue?: undefined; readonly numberValue?: undefined; readonly stringValue?: undefined; readonly boolValue?: undefined; readonly structValue?: undefined; readonly listValue?: undefined }
);

export interface ListValue {
  values: Value[];
}
/** What may be sent as {@link ListValue}. */
export interface ListValueInit {
  readonly values?: readonly ValueInit[] | undefined;
}

/** The descriptor of google/protobuf/struct.proto. */
export const file = defineFile(
  "Chxnb29nbGUvcHJvdG9idWYvc3RydWN0LnByb3RvEg9nb29nbGUucHJvdG9idWYimAEKBlN0cnVjdBI7CgZmaWVsZHMYASADKAsyIy5nb29nbGUucHJvdG9idWYuU3RydWN0LkZpZWxkc0VudHJ5UgZmaWVsZHMaUQoLRmllbGRzRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSLAoFdmFsdWUYAiABKAsyFi5nb29nbGUucHJvdG9idWYuVmFsdWVSBXZhbHVlOgI4ASKyAgoFVmFsdWUSOwoKbnVsbF92YWx1ZRgBIAEoDjIaLmdvb2dsZS5wcm90b2J1Zi5OdWxsVmFsdWVIAFIJbnVsbFZhbHVlEiMKDG51bWJlcl92YWx1ZRgCIAEoAUgAUgtudW1iZXJWYWx1ZRIjCgxzdHJpbmdfdmFsdWUYAyABKAlIAFILc3RyaW5nVmFsdWUSHwoKYm9vbF92YWx1ZRgEIAEoCEgAUglib29sVmFsdWUSPAoMc3RydWN0X3ZhbHVlGAUgASgLMhcuZ29vZ2xlLnByb3RvYnVmLlN0cnVjdEgAUgtzdHJ1Y3RWYWx1ZRI7CgpsaXN0X3ZhbHVlGAYgASgLMhouZ29vZ2xlLnByb3RvYnVmLkxpc3RWYWx1ZUgAUglsaXN0VmFsdWVCBgoEa2luZCI7CglMaXN0VmFsdWUSLgoGdmFsdWVzGAEgAygLMhYuZ29vZ2xlLnByb3RvYnVmLlZhbHVlUgZ2YWx1ZXMqGwoJTnVsbFZhbHVlEg4KCk5VTExfVkFMVUUQAEJ/ChNjb20uZ29vZ2xlLnByb3RvYnVmQgtTdHJ1Y3RQcm90b1ABWi9nb29nbGUuZ29sYW5nLm9yZy9wcm90b2J1Zi90eXBlcy9rbm93bi9zdHJ1Y3RwYvgBAaICA0dQQqoCHkdvb2dsZS5Qcm90b2J1Zi5XZWxsS25vd25UeXBlc2IGcHJvdG8z",
  [],
  {},
);
