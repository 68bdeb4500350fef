// Made by "grebe types" from etcd/api/mvccpb/kv.proto. Do not edit.
import { defineFile } from "../../../../../schema/index.js";

export const Event_EventType = {
  PUT: "PUT",
  DELETE: "DELETE",
} as const;
/** A value that the schema does not name is its number. */
export type Event_EventType = "PUT" | "DELETE" | number;

export interface KeyValue {
  key: Buffer;
  /** Revision at which the key was last created. */
  createRevision: string;
  /** Revision at which the key was last changed. */
  modRevision: string;
  /** Counts the changes since the key was created; 0 for a key that is deleted. */
  version: string;
  value: Buffer;
  /** The lease that the key is attached to; 0 for none. */
  lease: string;
}
/** What may be sent as {@link KeyValue}. */
export interface KeyValueInit {
  readonly key?: Uint8Array | undefined;
  readonly createRevision?: string | number | bigint | undefined;
  readonly modRevision?: string | number | bigint | undefined;
  readonly version?: string | number | bigint | undefined;
  readonly value?: Uint8Array | undefined;
  readonly lease?: string | number | bigint | undefined;
}

export interface Event {
  type: Event_EventType;
  /** For a DELETE only its key and mod_revision are set. */
  kv?: KeyValue;
  prevKv?: KeyValue;
}
/** What may be sent as {@link Event}. */
export interface EventInit {
  readonly type?: Event_EventType | undefined;
  readonly kv?: KeyValueInit | undefined;
  readonly prevKv?: KeyValueInit | undefined;
}

/** The descriptor of etcd/api/mvccpb/kv.proto. */
export const file = defineFile(
  "ChhldGNkL2FwaS9tdmNjcGIva3YucHJvdG8SBm12Y2NwYiKuAQoIS2V5VmFsdWUSEAoDa2V5GAEgASgMUgNrZXkSJwoPY3JlYXRlX3JldmlzaW9uGAIgASgDUg5jcmVhdGVSZXZpc2lvbhIhCgxtb2RfcmV2aXNpb24YAyABKANSC21vZFJldmlzaW9uEhgKB3ZlcnNpb24YBCABKANSB3ZlcnNpb24SFAoFdmFsdWUYBSABKAxSBXZhbHVlEhQKBWxlYXNlGAYgASgDUgVsZWFzZSKjAQoFRXZlbnQSKwoEdHlwZRgBIAEoDjIXLm12Y2NwYi5FdmVudC5FdmVudFR5cGVSBHR5cGUSIAoCa3YYAiABKAsyEC5tdmNjcGIuS2V5VmFsdWVSAmt2EikKB3ByZXZfa3YYAyABKAsyEC5tdmNjcGIuS2V5VmFsdWVSBnByZXZLdiIgCglFdmVudFR5cGUSBwoDUFVUEAASCgoGREVMRVRFEAFiBnByb3RvMw==",
  [],
  {},
);
