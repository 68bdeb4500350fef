// Made by "grebe types" from google/protobuf/any.proto. Do not edit.
import { defineFile } from "../../../service-type.js";

export interface Any {
  typeUrl: string;
  value: Buffer;
}
/** What may be sent as {@link Any}. */
export interface AnyInit {
  readonly typeUrl?: string | undefined;
  readonly value?: Uint8Array | undefined;
}

/** The descriptor of google/protobuf/any.proto. */
export const file = defineFile(
  "Chlnb29nbGUvcHJvdG9idWYvYW55LnByb3RvEg9nb29nbGUucHJvdG9idWYiNgoDQW55EhkKCHR5cGVfdXJsGAEgASgJUgd0eXBlVXJsEhQKBXZhbHVlGAIgASgMUgV2YWx1ZUJ2ChNjb20uZ29vZ2xlLnByb3RvYnVmQghBbnlQcm90b1ABWixnb29nbGUuZ29sYW5nLm9yZy9wcm90b2J1Zi90eXBlcy9rbm93bi9hbnlwYqICA0dQQqoCHkdvb2dsZS5Qcm90b2J1Zi5XZWxsS25vd25UeXBlc2IGcHJvdG8z",
  [],
  {},
);
