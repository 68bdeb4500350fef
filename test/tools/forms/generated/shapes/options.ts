// Made by "grebe types" from shapes/options.proto. Do not edit.
import { defineFile } from "../../../../../lib/schema/index.js";
import { type Color, file as file2 } from "./base.js";

export interface Rule {
  min?: number;
  limit?: number;
  text?: string;
  words?: string[];
  table?: { [key: string]: number };
  inner?: Rule;
  color?: Color;
  wide?: bigint;
  blob?: string;
  strict?: boolean;
}
/** What may be sent as {@link Rule}. */
export interface RuleInit {
  readonly min?: number | undefined;
  readonly limit?: number | undefined;
  readonly text?: string | undefined;
  readonly words?: readonly string[] | undefined;
  readonly table?: { readonly [key: string]: number } | undefined;
  readonly inner?: RuleInit | undefined;
  readonly color?: Color | undefined;
  readonly wide?: string | number | bigint | undefined;
  readonly blob?: string | Uint8Array | undefined;
  readonly strict?: boolean | undefined;
}

/** The descriptor of shapes/options.proto. */
export const file = defineFile(
  "ChRzaGFwZXMvb3B0aW9ucy5wcm90bxIGc2hhcGVzGiBnb29nbGUvcHJvdG9idWYvZGVzY3JpcHRvci5wcm90bxoRc2hhcGVzL2Jhc2UucHJvdG8imgMKBFJ1bGUSEAoDbWluGAEgASgFUgNtaW4SFAoFbGltaXQYAiABKAFSBWxpbWl0EhIKBHRleHQYAyABKAlSBHRleHQSFAoFd29yZHMYBCADKAlSBXdvcmRzEi0KBXRhYmxlGAUgAygLMhcuc2hhcGVzLlJ1bGUuVGFibGVFbnRyeVIFdGFibGUSIgoFaW5uZXIYBiABKAsyDC5zaGFwZXMuUnVsZVIFaW5uZXISIwoFY29sb3IYByABKA4yDS5zaGFwZXMuQ29sb3JSBWNvbG9yEhIKBHdpZGUYCCABKARSBHdpZGUSEgoEYmxvYhgJIAEoDFIEYmxvYhIWCgZzdHJpY3QYCiABKAhSBnN0cmljdBo4CgpUYWJsZUVudHJ5EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZhbHVlGAIgASgFUgV2YWx1ZToCOAEyTgoLbmVzdGVkX3J1bGUSHS5nb29nbGUucHJvdG9idWYuRmllbGRPcHRpb25zGNWGAyABKAsyDC5zaGFwZXMuUnVsZVIKbmVzdGVkUnVsZTo7CglmaWxlX25vdGUSHC5nb29nbGUucHJvdG9idWYuRmlsZU9wdGlvbnMY0YYDIAEoCVIIZmlsZU5vdGU6UgoMbWVzc2FnZV9ydWxlEh8uZ29vZ2xlLnByb3RvYnVmLk1lc3NhZ2VPcHRpb25zGNGGAyABKAsyDC5zaGFwZXMuUnVsZVILbWVzc2FnZVJ1bGU6QQoEcnVsZRIdLmdvb2dsZS5wcm90b2J1Zi5GaWVsZE9wdGlvbnMY0YYDIAEoCzIMLnNoYXBlcy5SdWxlUgRydWxlOjEKA2JpZxIdLmdvb2dsZS5wcm90b2J1Zi5GaWVsZE9wdGlvbnMY0oYDIAMoA1IDYmlnOjQKA3JhdxIdLmdvb2dsZS5wcm90b2J1Zi5GaWVsZE9wdGlvbnMY04YDIAEoDFIDcmF3iAEBOkEKBG1hbnkSHS5nb29nbGUucHJvdG9idWYuRmllbGRPcHRpb25zGNSGAyADKAsyDC5zaGFwZXMuUnVsZVIEbWFueTo7CgllbnVtX25vdGUSHC5nb29nbGUucHJvdG9idWYuRW51bU9wdGlvbnMY0YYDIAEoEVIIZW51bU5vdGU6OwoGd2VpZ2h0EiEuZ29vZ2xlLnByb3RvYnVmLkVudW1WYWx1ZU9wdGlvbnMY0YYDIAEoAVIGd2VpZ2h0Oj4KCm9uZW9mX25vdGUSHS5nb29nbGUucHJvdG9idWYuT25lb2ZPcHRpb25zGNGGAyABKAhSCW9uZW9mTm90ZTpVCg1zZXJ2aWNlX2NvbG9yEh8uZ29vZ2xlLnByb3RvYnVmLlNlcnZpY2VPcHRpb25zGNGGAyABKA4yDS5zaGFwZXMuQ29sb3JSDHNlcnZpY2VDb2xvcjpPCgttZXRob2RfcnVsZRIeLmdvb2dsZS5wcm90b2J1Zi5NZXRob2RPcHRpb25zGNGGAyABKAsyDC5zaGFwZXMuUnVsZVIKbWV0aG9kUnVsZTo0CgRyb2xlEh4uZ29vZ2xlLnByb3RvYnVmLk1ldGhvZE9wdGlvbnMY0oYDIAEoCVIEcm9sZVABYgZwcm90bzM=",
  [file2],
  { keepCase: true, longs: "bigint", enums: "number", bytes: "base64", defaults: false, oneofs: false, timestamps: "date", durations: "ms" },
);
