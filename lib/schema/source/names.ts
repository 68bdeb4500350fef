/** The words of the language, and the spellings that it derives from a field's name. */

/** The built-in types, by keyword. */
export const scalarTypes: ReadonlySet<string> = new Set(
  "double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes".split(
    " ",
  ),
);

/** protoc's JSON name: `zip_code_2` is `zipCode2`. */
export function toJsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_, next: string) => next.toUpperCase());
}

/** The type of a map field's entries: `zip_codes` has `ZipCodesEntry`. */
export function toMapEntryName(name: string): string {
  return `${name.replace(/(?:^|_)+(.?)/g, (_, next: string) => next.toUpperCase())}Entry`;
}

/** The name of a field in code, as proto-loader spells it: `zip_code` is `zipCode`, `line_2` stays. */
export function toCamelCase(name: string): string {
  return name.slice(0, 1) + name.slice(1).replace(/_([a-z])/g, (_, next: string) => next.toUpperCase());
}

/** An rpc's name in code: `GetCity` is `getCity`. */
export function toLowerCamelCase(name: string): string {
  const camel = toCamelCase(name);
  return camel.slice(0, 1).toLowerCase() + camel.slice(1);
}
