// Made by "grebe types" from google/protobuf/duration.proto. Do not edit.
import { defineFile } from "../../../service-type.js";

export interface Duration {
  seconds: string;
  nanos: number;
}
/** What may be sent as {@link Duration}. */
export interface DurationInit {
  readonly seconds?: string | number | bigint | undefined;
  readonly nanos?: number | undefined;
}

/** The descriptor of google/protobuf/duration.proto. */
export const file = defineFile(
  "Ch5nb29nbGUvcHJvdG9idWYvZHVyYXRpb24ucHJvdG8SD2dvb2dsZS5wcm90b2J1ZiI6CghEdXJhdGlvbhIYCgdzZWNvbmRzGAEgASgDUgdzZWNvbmRzEhQKBW5hbm9zGAIgASgFUgVuYW5vc0KDAQoTY29tLmdvb2dsZS5wcm90b2J1ZkINRHVyYXRpb25Qcm90b1ABWjFnb29nbGUuZ29sYW5nLm9yZy9wcm90b2J1Zi90eXBlcy9rbm93bi9kdXJhdGlvbnBi+AEBogIDR1BCqgIeR29vZ2xlLlByb3RvYnVmLldlbGxLbm93blR5cGVzYgZwcm90bzM=",
  [],
  {},
);
