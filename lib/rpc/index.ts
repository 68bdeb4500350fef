/**
 * The words: what every other layer speaks of. Status, metadata, deadline, method, call context, interceptor,
 * start-up problems. This layer knows no transport, no protobuf and no container; start with `call-context.ts`.
 */
export * from "./call-context.js";
export * from "./deadline.js";
export * from "./interceptor.js";
export * from "./logger.js";
export * from "./metadata.js";
export * from "./method.js";
export * from "./outgoing-call.js";
export * from "./random.js";
export * from "./startup-error.js";
export * from "./status.js";
