// Made by "grebe types" from shapes/city.proto. Do not edit.
import { defineFile } from "../../../../lib/schema/index.js";

export const City_Kind = {
  KIND_UNSPECIFIED: "KIND_UNSPECIFIED",
  KIND_CITY: "KIND_CITY",
  KIND_VILLAGE: "KIND_VILLAGE",
} as const;
/** A value that the schema does not name is its number. */
export type City_Kind = "KIND_UNSPECIFIED" | "KIND_CITY" | "KIND_VILLAGE" | number;

/** Eleven fields of all sorts, about 175 bytes on the wire: what codecs are measured with. */
export interface City {
  id: string;
  name: string;
  kind: City_Kind;
  area: number;
  digest: Buffer;
  tags: string[];
  counts: { [key: string]: number };
  location?: City_Point;
  isCapital: boolean;
  elevation: number;
  years: number[];
}
/** What may be sent as {@link City}. */
export interface CityInit {
  readonly id?: string | number | bigint | undefined;
  readonly name?: string | undefined;
  readonly kind?: City_Kind | undefined;
  readonly area?: number | undefined;
  readonly digest?: Uint8Array | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly counts?: { readonly [key: string]: number } | undefined;
  readonly location?: City_PointInit | undefined;
  readonly isCapital?: boolean | undefined;
  readonly elevation?: number | undefined;
  readonly years?: readonly number[] | undefined;
}

export interface City_Point {
  latitude: number;
  longitude: number;
}
/** What may be sent as {@link City_Point}. */
export interface City_PointInit {
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
}

/** The descriptor of shapes/city.proto. */
export const file = defineFile(
  "ChFzaGFwZXMvY2l0eS5wcm90bxILc2hhcGVzLmNpdHkikgQKBENpdHkSDgoCaWQYASABKANSAmlkEhIKBG5hbWUYAiABKAlSBG5hbWUSKgoEa2luZBgDIAEoDjIWLnNoYXBlcy5jaXR5LkNpdHkuS2luZFIEa2luZBISCgRhcmVhGAQgASgBUgRhcmVhEhYKBmRpZ2VzdBgFIAEoDFIGZGlnZXN0EhIKBHRhZ3MYBiADKAlSBHRhZ3MSNQoGY291bnRzGAcgAygLMh0uc2hhcGVzLmNpdHkuQ2l0eS5Db3VudHNFbnRyeVIGY291bnRzEjMKCGxvY2F0aW9uGAggASgLMhcuc2hhcGVzLmNpdHkuQ2l0eS5Qb2ludFIIbG9jYXRpb24SHQoKaXNfY2FwaXRhbBgJIAEoCFIJaXNDYXBpdGFsEhwKCWVsZXZhdGlvbhgKIAEoEVIJZWxldmF0aW9uEhQKBXllYXJzGAsgAygFUgV5ZWFycxpBCgVQb2ludBIaCghsYXRpdHVkZRgBIAEoAVIIbGF0aXR1ZGUSHAoJbG9uZ2l0dWRlGAIgASgBUglsb25naXR1ZGUaOQoLQ291bnRzRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKAVSBXZhbHVlOgI4ASI9CgRLaW5kEhQKEEtJTkRfVU5TUEVDSUZJRUQQABINCglLSU5EX0NJVFkQARIQCgxLSU5EX1ZJTExBR0UQAmIGcHJvdG8z",
  [],
  {},
);
