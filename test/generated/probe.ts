// Made by "grebe types" from probe.proto. Do not edit.
import { defineFile, defineService, type ServiceType } from "../../lib/schema/index.js";
import type { Empty, EmptyInit } from "./google/protobuf/empty.js";

export const Kind = {
  KIND_UNSPECIFIED: "KIND_UNSPECIFIED",
  KIND_SMALL: "KIND_SMALL",
} as const;
/** A value that the schema does not name is its number. */
export type Kind = "KIND_UNSPECIFIED" | "KIND_SMALL" | number;

export type Item = {
  number: number;
  text: string;
  payload: Buffer;
  large: string;
  tags: string[];
  counts: { [key: string]: number };
  note?: string;
  kind: Kind;
  inner?: Item;
} & (
  | { value: "word"; word: string; amount?: never }
  | { value: "amount"; amount: number; word?: never }
  | { value?: never; word?: never; amount?: never }
);
/** What may be sent as {@link Item}. */
export type ItemInit = {
  readonly number?: number | undefined;
  readonly text?: string | undefined;
  readonly payload?: Uint8Array | undefined;
  readonly large?: string | number | bigint | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly counts?: { readonly [key: string]: number } | undefined;
  readonly note?: string | undefined;
  readonly kind?: Kind | undefined;
  readonly inner?: ItemInit | undefined;
} & (
  | { readonly value?: "word" | undefined; readonly word: string; readonly amount?: undefined }
  | { readonly value?: "amount" | undefined; readonly amount: number; readonly word?: undefined }
  | { readonly value?: undefined; readonly word?: undefined; readonly amount?: undefined }
);

/** The descriptor of probe.proto. */
export const file = defineFile(
  "Cgtwcm9iZS5wcm90bxIKZ3JlYmUudGVzdBobZ29vZ2xlL3Byb3RvYnVmL2VtcHR5LnByb3RvIpADCgRJdGVtEhYKBm51bWJlchgBIAEoBVIGbnVtYmVyEhIKBHRleHQYAiABKAlSBHRleHQSGAoHcGF5bG9hZBgDIAEoDFIHcGF5bG9hZBIUCgVsYXJnZRgEIAEoA1IFbGFyZ2USEgoEdGFncxgFIAMoCVIEdGFncxI0CgZjb3VudHMYBiADKAsyHC5ncmViZS50ZXN0Lkl0ZW0uQ291bnRzRW50cnlSBmNvdW50cxIXCgRub3RlGAcgASgJSAFSBG5vdGWIAQESJAoEa2luZBgIIAEoDjIQLmdyZWJlLnRlc3QuS2luZFIEa2luZBImCgVpbm5lchgJIAEoCzIQLmdyZWJlLnRlc3QuSXRlbVIFaW5uZXISFAoEd29yZBgKIAEoCUgAUgR3b3JkEhgKBmFtb3VudBgLIAEoBUgAUgZhbW91bnQaOQoLQ291bnRzRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKAVSBXZhbHVlOgI4AUIHCgV2YWx1ZUIHCgVfbm90ZSosCgRLaW5kEhQKEEtJTkRfVU5TUEVDSUZJRUQQABIOCgpLSU5EX1NNQUxMEAEy/AEKBVByb2JlEikKA09uZRIQLmdyZWJlLnRlc3QuSXRlbRoQLmdyZWJlLnRlc3QuSXRlbRIsCgRNYW55EhAuZ3JlYmUudGVzdC5JdGVtGhAuZ3JlYmUudGVzdC5JdGVtMAESLwoHQ29sbGVjdBIQLmdyZWJlLnRlc3QuSXRlbRoQLmdyZWJlLnRlc3QuSXRlbSgBEi4KBENoYXQSEC5ncmViZS50ZXN0Lkl0ZW0aEC5ncmViZS50ZXN0Lkl0ZW0oATABEjkKB05vdGhpbmcSFi5nb29nbGUucHJvdG9idWYuRW1wdHkaFi5nb29nbGUucHJvdG9idWYuRW1wdHliBnByb3RvMw==",
  [],
  {},
);

/** The rpcs of grebe.test.Probe. */
export type ProbeMethods = {
  one: {
    kind: "unary";
    request: Item;
    requestInit: ItemInit;
    response: Item;
    responseInit: ItemInit;
  };
  many: {
    kind: "serverStreaming";
    request: Item;
    requestInit: ItemInit;
    response: Item;
    responseInit: ItemInit;
  };
  collect: {
    kind: "clientStreaming";
    request: Item;
    requestInit: ItemInit;
    response: Item;
    responseInit: ItemInit;
  };
  chat: {
    kind: "bidiStreaming";
    request: Item;
    requestInit: ItemInit;
    response: Item;
    responseInit: ItemInit;
  };
  nothing: {
    kind: "unary";
    request: Empty;
    requestInit: EmptyInit;
    response: Empty;
    responseInit: EmptyInit;
  };
};

/** A service whose handlers each test writes as it needs them. */
export const Probe: ServiceType<ProbeMethods> = defineService("grebe.test.Probe", file);
