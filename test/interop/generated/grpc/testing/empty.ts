// Made by "grebe types" from grpc/testing/empty.proto. Do not edit.
import { defineFile } from "../../../../../lib/schema/index.js";

/** A message without fields, like google.protobuf.Empty. */
export type Empty = object;
/** What may be sent as {@link Empty}. */
export type EmptyInit = object;

/** The descriptor of grpc/testing/empty.proto. */
export const file = defineFile(
  "ChhncnBjL3Rlc3RpbmcvZW1wdHkucHJvdG8SDGdycGMudGVzdGluZyIHCgVFbXB0eWIGcHJvdG8z",
  [],
  {},
);
