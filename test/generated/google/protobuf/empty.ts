// Made by "grebe types" from google/protobuf/empty.proto. Do not edit.
import { defineFile } from "../../../../lib/schema/index.js";

export type Empty = object;
/** What may be sent as {@link Empty}. */
export type EmptyInit = object;

/** The descriptor of google/protobuf/empty.proto. */
export const file = defineFile(
  "Chtnb29nbGUvcHJvdG9idWYvZW1wdHkucHJvdG8SD2dvb2dsZS5wcm90b2J1ZiIHCgVFbXB0eUJ9ChNjb20uZ29vZ2xlLnByb3RvYnVmQgpFbXB0eVByb3RvUAFaLmdvb2dsZS5nb2xhbmcub3JnL3Byb3RvYnVmL3R5cGVzL2tub3duL2VtcHR5cGL4AQGiAgNHUEKqAh5Hb29nbGUuUHJvdG9idWYuV2VsbEtub3duVHlwZXNiBnByb3RvMw==",
  [],
  {},
);
