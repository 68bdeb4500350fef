// Made by "grebe types" from shapes/weak.proto. Do not edit.
import { defineFile } from "../../../../../lib/schema/index.js";

export type Weak = {
  _x?: number;
  y?: number;
} & (
  | { z: number }
  | { z?: never }
);
/** What may be sent as {@link Weak}. */
export type WeakInit = {
  readonly _x?: number | undefined;
  readonly y?: number | undefined;
} & (
  | { readonly z: number }
  | { readonly z?: undefined }
);

/** The descriptor of shapes/weak.proto. */
export const file = defineFile(
  "ChFzaGFwZXMvd2Vhay5wcm90bxILc2hhcGVzLndlYWsiUQoEV2VhaxISCgJfeBgBIAEoBUgBUgFYiAEBEhEKAXkYAiABKAVIAlIBeYgBARIOCgF6GAMgASgFSABSAXpCBAoCX3lCBQoDWF94QgUKA1hfeWIGcHJvdG8z",
  [],
  { keepCase: true, longs: "bigint", enums: "number", bytes: "base64", defaults: false, oneofs: false, timestamps: "date", durations: "ms" },
);
