// Made by "grebe types" from shapes/legacy.proto. Do not edit.
import { defineFile } from "../../../../lib/schema/index.js";

export const Mode = {
  MODE_A: "MODE_A",
  MODE_B: "MODE_B",
} as const;
/** A value that the schema does not name is its number. */
export type Mode = "MODE_A" | "MODE_B" | number;

export type Legacy = {
  id: number;
  name?: string;
  mode?: Mode;
  ratio?: number;
  on?: boolean;
  raw?: Buffer;
  wide?: string;
  big?: number;
  small?: number;
  numbers: number[];
  packed: number[];
  names: { [key: string]: string };
} & (
  | { choice: "text"; text: string; number?: never }
  | { choice: "number"; number: number; text?: never }
  | { choice?: never; text?: never; number?: never }
);
/** What may be sent as {@link Legacy}. */
export type LegacyInit = {
  readonly id?: number | undefined;
  readonly name?: string | undefined;
  readonly mode?: Mode | undefined;
  readonly ratio?: number | undefined;
  readonly on?: boolean | undefined;
  readonly raw?: Uint8Array | undefined;
  readonly wide?: string | number | bigint | undefined;
  readonly big?: number | undefined;
  readonly small?: number | undefined;
  readonly numbers?: readonly number[] | undefined;
  readonly packed?: readonly number[] | undefined;
  readonly names?: { readonly [key: string]: string } | undefined;
} & (
  | { readonly choice?: "text" | undefined; readonly text: string; readonly number?: undefined }
  | { readonly choice?: "number" | undefined; readonly number: number; readonly text?: undefined }
  | { readonly choice?: undefined; readonly text?: undefined; readonly number?: undefined }
);

/** The descriptor of shapes/legacy.proto. */
export const file = defineFile(
  "ChNzaGFwZXMvbGVnYWN5LnByb3RvEg1zaGFwZXMubGVnYWN5IoIECgZMZWdhY3kSDgoCaWQYASACKAVSAmlkEhsKBG5hbWUYAiABKAk6B2EgImIiIGNSBG5hbWUSLwoEbW9kZRgDIAEoDjITLnNoYXBlcy5sZWdhY3kuTW9kZToGTU9ERV9CUgRtb2RlEhkKBXJhdGlvGAQgASgBOgMyLjVSBXJhdGlvEhQKAm9uGAUgASgIOgR0cnVlUgJvbhIZCgNyYXcYBiABKAw6B1wwMDF4XFxSA3JhdxIlCgR3aWRlGAcgASgDOhEtOTAwNzE5OTI1NDc0MDk5M1IEd2lkZRIVCgNiaWcYCCABKAI6A2luZlIDYmlnEhwKBXNtYWxsGAkgASgCOgYtMC4wMDFSBXNtYWxsEhgKB251bWJlcnMYCiADKAVSB251bWJlcnMSGgoGcGFja2VkGAsgAygFQgIQAVIGcGFja2VkEjYKBW5hbWVzGAwgAygLMiAuc2hhcGVzLmxlZ2FjeS5MZWdhY3kuTmFtZXNFbnRyeVIFbmFtZXMSFAoEdGV4dBgNIAEoCUgAUgR0ZXh0EhgKBm51bWJlchgOIAEoBUgAUgZudW1iZXIaOAoKTmFtZXNFbnRyeRIQCgNrZXkYASABKAVSA2tleRIUCgV2YWx1ZRgCIAEoCVIFdmFsdWU6AjgBKgUIZBDIASoJCOgHEICAgIACQggKBmNob2ljZSoeCgRNb2RlEgoKBk1PREVfQRABEgoKBk1PREVfQhACOisKBWV4dHJhEhUuc2hhcGVzLmxlZ2FjeS5MZWdhY3kYZCABKAlSBWV4dHJh",
  [],
  {},
);
