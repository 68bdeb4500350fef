// Made by "grebe types" from xds/data/orca/v3/orca_load_report.proto. Do not edit.
import { defineFile } from "../../../../../service-type.js";

/** How busy a backend is, as it says itself. */
export interface OrcaLoadReport {
  /** Between 0 and 1, or above where the processor is overbooked. */
  cpuUtilization: number;
  /** Between 0 and 1. */
  memUtilization: number;
  /** @deprecated */
  rps: string;
  /** What this one call used up, by name. */
  requestCost: { [key: string]: number };
  /** Utilization of other resources, by name; between 0 and 1. */
  utilization: { [key: string]: number };
  /** Calls a second. */
  rpsFractional: number;
  /** Errors a second. */
  eps: number;
  /** Figures of the application's own. */
  namedMetrics: { [key: string]: number };
  /** How far the application is from what it can take. */
  applicationUtilization: number;
}
/** What may be sent as {@link OrcaLoadReport}. */
export interface OrcaLoadReportInit {
  readonly cpuUtilization?: number | undefined;
  readonly memUtilization?: number | undefined;
  readonly rps?: string | number | bigint | undefined;
  readonly requestCost?: { readonly [key: string]: number } | undefined;
  readonly utilization?: { readonly [key: string]: number } | undefined;
  readonly rpsFractional?: number | undefined;
  readonly eps?: number | undefined;
  readonly namedMetrics?: { readonly [key: string]: number } | undefined;
  readonly applicationUtilization?: number | undefined;
}

/** The descriptor of xds/data/orca/v3/orca_load_report.proto. */
export const file = defineFile(
  "Cid4ZHMvZGF0YS9vcmNhL3YzL29yY2FfbG9hZF9yZXBvcnQucHJvdG8SEHhkcy5kYXRhLm9yY2EudjMirwUKDk9yY2FMb2FkUmVwb3J0EicKD2NwdV91dGlsaXphdGlvbhgBIAEoAVIOY3B1VXRpbGl6YXRpb24SJwoPbWVtX3V0aWxpemF0aW9uGAIgASgBUg5tZW1VdGlsaXphdGlvbhIUCgNycHMYAyABKARCAhgBUgNycHMSVAoMcmVxdWVzdF9jb3N0GAQgAygLMjEueGRzLmRhdGEub3JjYS52My5PcmNhTG9hZFJlcG9ydC5SZXF1ZXN0Q29zdEVudHJ5UgtyZXF1ZXN0Q29zdBJTCgt1dGlsaXphdGlvbhgFIAMoCzIxLnhkcy5kYXRhLm9yY2EudjMuT3JjYUxvYWRSZXBvcnQuVXRpbGl6YXRpb25FbnRyeVILdXRpbGl6YXRpb24SJQoOcnBzX2ZyYWN0aW9uYWwYBiABKAFSDXJwc0ZyYWN0aW9uYWwSEAoDZXBzGAcgASgBUgNlcHMSVwoNbmFtZWRfbWV0cmljcxgIIAMoCzIyLnhkcy5kYXRhLm9yY2EudjMuT3JjYUxvYWRSZXBvcnQuTmFtZWRNZXRyaWNzRW50cnlSDG5hbWVkTWV0cmljcxI3ChdhcHBsaWNhdGlvbl91dGlsaXphdGlvbhgJIAEoAVIWYXBwbGljYXRpb25VdGlsaXphdGlvbho+ChBSZXF1ZXN0Q29zdEVudHJ5EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZhbHVlGAIgASgBUgV2YWx1ZToCOAEaPgoQVXRpbGl6YXRpb25FbnRyeRIQCgNrZXkYASABKAlSA2tleRIUCgV2YWx1ZRgCIAEoAVIFdmFsdWU6AjgBGj8KEU5hbWVkTWV0cmljc0VudHJ5EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZhbHVlGAIgASgBUgV2YWx1ZToCOAFiBnByb3RvMw==",
  [],
  {},
);
