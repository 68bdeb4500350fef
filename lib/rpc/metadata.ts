/** Headers and trailers: grpc-js's own {@link Metadata}, and keys that give its values a type. */
import { Metadata, type MetadataValue } from "@grpc/grpc-js";

export { Metadata };

/** A header or trailer with a typed value. Make one with {@link metadataKey}. */
export interface MetadataKey<T> {
  readonly name: string;
  parse(raw: string | Buffer): T;
  format(value: T): string | Buffer;
}

/**
 * A typed key. Names are lower-case; one that ends in `-bin` carries bytes. Without a codec the value is a
 * string, or a Buffer for a `-bin` name. Throws a RangeError for a name that gRPC does not allow.
 */
export function metadataKey<N extends string>(
  name: N,
): MetadataKey<N extends `${string}-bin` ? Buffer : string>;
export function metadataKey<T>(
  name: string,
  codec: { parse(raw: string): T; format(value: T): string },
): MetadataKey<T>;
export function metadataKey<T>(
  name: string,
  codec: { parse(raw: Buffer): T; format(value: T): Buffer },
): MetadataKey<T>;
export function metadataKey(name: string, codec?: Partial<MetadataKey<unknown>>): MetadataKey<unknown> {
  if (!/^[0-9a-z_.-]+$/.test(name) || name.startsWith("grpc-")) {
    throw new RangeError(
      `"${name}" is no metadata key: use lower-case letters, digits, "_", "-" and ".", and not the prefix "grpc-"`,
    );
  }
  const same = (value: unknown) => value as never;
  return { name, parse: codec?.parse ?? same, format: codec?.format ?? same };
}

/** grpc-js's own reading makes the name lower-case first, and a list where there is none: too dear for a pick. */
class MetadataMap extends Metadata {
  static valuesOf({ internalRepr }: MetadataMap, name: string): readonly MetadataValue[] | undefined {
    return internalRepr.get(name);
  }
}

/** All values of a name, which must be in lower case; undefined without any. Not a copy. */
export function metadataValues(metadata: Metadata, name: string): readonly MetadataValue[] | undefined {
  return MetadataMap.valuesOf(metadata as MetadataMap, name);
}

/** The first value of a key, or undefined if the metadata does not have it. */
export function readMetadata<T>(metadata: Metadata, key: MetadataKey<T>): T | undefined {
  const raw = metadata.get(key.name)[0];
  return raw === undefined ? undefined : key.parse(raw);
}

/** Sets the only value of a key. */
export function writeMetadata<T>(metadata: Metadata, key: MetadataKey<T>, value: T): void {
  metadata.set(key.name, key.format(value));
}
