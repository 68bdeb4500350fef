// Made by "grebe types" from shapes/base.proto. Do not edit.
import { defineFile } from "../../../../lib/schema/index.js";

export const Color = {
  COLOR_UNSPECIFIED: "COLOR_UNSPECIFIED",
  RED: "RED",
  CRIMSON: "RED",
  BLUE: "BLUE",
  NEGATIVE: "NEGATIVE",
} as const;
/** A value that the schema does not name is its number. */
export type Color = "COLOR_UNSPECIFIED" | "RED" | "BLUE" | "NEGATIVE" | number;

/** The descriptor of shapes/base.proto. */
export const file = defineFile(
  "ChFzaGFwZXMvYmFzZS5wcm90bxIGc2hhcGVzKn4KBUNvbG9yEhUKEUNPTE9SX1VOU1BFQ0lGSUVEEAASBwoDUkVEEAESCwoHQ1JJTVNPThABEggKBEJMVUUQEBIVCghORUdBVElWRRD9//////////8BGgIQASIECBQQFCIECB4QKCIICGQQ/////wcqBUdSRUVOKgZZRUxMT1dCEgoLc2hhcGVzLmphdmFIArgBAGIGcHJvdG8z",
  [],
  {},
);
