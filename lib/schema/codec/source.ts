/** Pieces of JavaScript text that the encoder's and the decoder's compiler share. */

/** `.name`, or `["odd name"]`. */
export function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** A string literal. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

export const wireTypes: Readonly<Record<string, number>> = {
  int32: 0,
  int64: 0,
  uint32: 0,
  uint64: 0,
  sint32: 0,
  sint64: 0,
  bool: 0,
  enum: 0,
  fixed64: 1,
  sfixed64: 1,
  double: 1,
  string: 2,
  bytes: 2,
  message: 2,
  fixed32: 5,
  sfixed32: 5,
  float: 5,
};

export const LENGTH_DELIMITED = 2;

/** A field's number and wire type as they stand on the wire. */
export function tagOf(number: number, wireType: number): number {
  return ((number << 3) | wireType) >>> 0;
}

/** A scalar's type, `enum` or `message`. */
export function valueTypeOf(field: { readonly kind: string; readonly type: string }): string {
  return field.kind === "scalar" ? field.type : field.kind;
}

export const longTypes: ReadonlySet<string> = new Set(["int64", "uint64", "sint64", "fixed64", "sfixed64"]);
