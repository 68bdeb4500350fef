// Made by "grebe types" from shapes/base.proto. Do not edit.
import { defineFile } from "../../../../../lib/schema/index.js";

export const Color = {
  COLOR_UNSPECIFIED: 0,
  RED: 1,
  CRIMSON: 1,
  BLUE: 16,
  NEGATIVE: -3,
} as const;
export type Color = number;

/** The descriptor of shapes/base.proto. */
export const file = defineFile(
  "ChFzaGFwZXMvYmFzZS5wcm90bxIGc2hhcGVzKn4KBUNvbG9yEhUKEUNPTE9SX1VOU1BFQ0lGSUVEEAASBwoDUkVEEAESCwoHQ1JJTVNPThABEggKBEJMVUUQEBIVCghORUdBVElWRRD9//////////8BGgIQASIECBQQFCIECB4QKCIICGQQ/////wcqBUdSRUVOKgZZRUxMT1dCEgoLc2hhcGVzLmphdmFIArgBAGIGcHJvdG8z",
  [],
  { keepCase: true, longs: "bigint", enums: "number", bytes: "base64", defaults: false, oneofs: false, timestamps: "date", durations: "ms" },
);
