// Made by "grebe types" from google/protobuf/wrappers.proto. Do not edit.
import { defineFile } from "../../../../../../lib/schema/index.js";

export interface DoubleValue {
  value?: number;
}
/** What may be sent as {@link DoubleValue}. */
export interface DoubleValueInit {
  readonly value?: number | undefined;
}

export interface FloatValue {
  value?: number;
}
/** What may be sent as {@link FloatValue}. */
export interface FloatValueInit {
  readonly value?: number | undefined;
}

export interface Int64Value {
  value?: bigint;
}
/** What may be sent as {@link Int64Value}. */
export interface Int64ValueInit {
  readonly value?: string | number | bigint | undefined;
}

export interface UInt64Value {
  value?: bigint;
}
/** What may be sent as {@link UInt64Value}. */
export interface UInt64ValueInit {
  readonly value?: string | number | bigint | undefined;
}

export interface Int32Value {
  value?: number;
}
/** What may be sent as {@link Int32Value}. */
export interface Int32ValueInit {
  readonly value?: number | undefined;
}

export interface UInt32Value {
  value?: number;
}
/** What may be sent as {@link UInt32Value}. */
export interface UInt32ValueInit {
  readonly value?: number | undefined;
}

export interface BoolValue {
  value?: boolean;
}
/** What may be sent as {@link BoolValue}. */
export interface BoolValueInit {
  readonly value?: boolean | undefined;
}

export interface StringValue {
  value?: string;
}
/** What may be sent as {@link StringValue}. */
export interface StringValueInit {
  readonly value?: string | undefined;
}

export interface BytesValue {
  value?: string;
}
/** What may be sent as {@link BytesValue}. */
export interface BytesValueInit {
  readonly value?: string | Uint8Array | undefined;
}

/** The descriptor of google/protobuf/wrappers.proto. */
export const file = defineFile(
  "Ch5nb29nbGUvcHJvdG9idWYvd3JhcHBlcnMucHJvdG8SD2dvb2dsZS5wcm90b2J1ZiIjCgtEb3VibGVWYWx1ZRIUCgV2YWx1ZRgBIAEoAVIFdmFsdWUiIgoKRmxvYXRWYWx1ZRIUCgV2YWx1ZRgBIAEoAlIFdmFsdWUiIgoKSW50NjRWYWx1ZRIUCgV2YWx1ZRgBIAEoA1IFdmFsdWUiIwoLVUludDY0VmFsdWUSFAoFdmFsdWUYASABKARSBXZhbHVlIiIKCkludDMyVmFsdWUSFAoFdmFsdWUYASABKAVSBXZhbHVlIiMKC1VJbnQzMlZhbHVlEhQKBXZhbHVlGAEgASgNUgV2YWx1ZSIhCglCb29sVmFsdWUSFAoFdmFsdWUYASABKAhSBXZhbHVlIiMKC1N0cmluZ1ZhbHVlEhQKBXZhbHVlGAEgASgJUgV2YWx1ZSIiCgpCeXRlc1ZhbHVlEhQKBXZhbHVlGAEgASgMUgV2YWx1ZUKDAQoTY29tLmdvb2dsZS5wcm90b2J1ZkINV3JhcHBlcnNQcm90b1ABWjFnb29nbGUuZ29sYW5nLm9yZy9wcm90b2J1Zi90eXBlcy9rbm93bi93cmFwcGVyc3Bi+AEBogIDR1BCqgIeR29vZ2xlLlByb3RvYnVmLldlbGxLbm93blR5cGVzYgZwcm90bzM=",
  [],
  { keepCase: true, longs: "bigint", enums: "number", bytes: "base64", defaults: false, oneofs: false, timestamps: "date", durations: "ms" },
);
