/**
 * `.proto` files that any schema may import without having them: the well-known types and gRPC's error model. A file
 * of the same name in an include folder goes before them.
 */
import { descriptorProto } from "./descriptor-types.js";
import { protobufTypes } from "./protobuf-types.js";
import { rpcTypes } from "./rpc-types.js";

export const DESCRIPTOR_PROTO = "google/protobuf/descriptor.proto";

/** The text of a bundled file by its import name. */
export const wellKnownFiles: ReadonlyMap<string, string> = new Map([
  ...Object.entries(protobufTypes),
  [DESCRIPTOR_PROTO, descriptorProto],
  ...Object.entries(rpcTypes),
]);

/** Whether a file of this import name needs not be on disk. */
export function isWellKnownFile(name: string): boolean {
  return wellKnownFiles.has(name);
}
