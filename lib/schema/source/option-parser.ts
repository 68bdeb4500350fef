import type { Position } from "./proto-error.js";
import { parseIntegerText, type TokenCursor } from "./token-cursor.js";

/** `foo` or `(acme.foo)` in the name of an option. */
export interface OptionNamePart {
  readonly name: string;
  readonly isExtension: boolean;
}

/** The value of an option before its type is known. */
export type OptionValue =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "integer"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "word"; readonly word: string }
  | { readonly kind: "message"; readonly fields: readonly OptionEntry[] }
  | { readonly kind: "list"; readonly values: readonly OptionValue[] };

export interface OptionEntry extends Position {
  readonly name: OptionNamePart;
  readonly value: OptionValue;
}

/** One `option … = …` as written. */
export interface SourceOption extends Position {
  readonly path: readonly OptionNamePart[];
  readonly value: OptionValue;
}

/** `(acme.foo).bar = 7`, without the keyword and the semicolon. */
export function parseOption(cursor: TokenCursor): SourceOption {
  const { line, column } = cursor.current;
  const path: OptionNamePart[] = [];
  do {
    if (cursor.take("(")) {
      path.push({ name: cursor.dottedName("the name of an option"), isExtension: true });
      cursor.expect(")");
    } else {
      path.push({ name: cursor.identifier("the name of an option"), isExtension: false });
    }
  } while (cursor.take("."));
  cursor.expect("=");
  return { path, value: parseValue(cursor), line, column };
}

/** `[a = 1, (b) = 2]`, if there is one. */
export function parseBracketOptions(cursor: TokenCursor): SourceOption[] {
  if (!cursor.take("[")) return [];
  const options = [parseOption(cursor)];
  while (cursor.take(",")) options.push(parseOption(cursor));
  cursor.expect("]");
  return options;
}

const maxNesting = 100;

function parseValue(cursor: TokenCursor, depth = 0): OptionValue {
  if (depth > maxNesting) throw cursor.error("the value of this option is nested too deeply");
  if (cursor.at("{") || cursor.at("<")) return parseMessage(cursor, depth);
  if (cursor.take("[")) {
    const values: OptionValue[] = [];
    if (!cursor.take("]")) {
      do values.push(parseValue(cursor, depth + 1));
      while (cursor.take(","));
      cursor.expect("]");
    }
    return { kind: "list", values };
  }
  if (cursor.atKind("string")) return { kind: "bytes", bytes: cursor.bytes("a value") };
  const negative = cursor.take("-");
  if (!negative) cursor.take("+");
  const token = cursor.next();
  switch (token.kind) {
    case "integer": {
      const value = parseIntegerText(token.text);
      return { kind: "integer", value: negative ? -value : value };
    }
    case "float": {
      const value = Number(token.text.replace(/[fF]$/, ""));
      return { kind: "float", value: negative ? -value : value };
    }
    case "identifier": {
      const special = { inf: Number.POSITIVE_INFINITY, infinity: Number.POSITIVE_INFINITY, nan: Number.NaN }[
        token.text
      ];
      if (negative && special !== undefined) return { kind: "float", value: -special };
      if (!negative) return { kind: "word", word: token.text };
    }
  }
  throw cursor.error(`expected a value, found "${token.text}"`, token);
}

/** Text format: `{ name: "x" list: [1, 2] nested { } [acme.ext]: 3 }`. */
function parseMessage(cursor: TokenCursor, depth: number): OptionValue {
  const close = cursor.next().text === "{" ? "}" : ">";
  const fields: OptionEntry[] = [];
  while (!cursor.take(close)) {
    const { line, column } = cursor.current;
    let name: OptionNamePart;
    if (cursor.take("[")) {
      let full = cursor.dottedName("the name of an extension");
      if (cursor.take("/")) full += `/${cursor.dottedName("the name of a message")}`;
      cursor.expect("]");
      name = { name: full, isExtension: true };
    } else {
      name = { name: cursor.identifier(`the name of a field or "${close}"`), isExtension: false };
    }
    if (!cursor.take(":") && !cursor.at("{") && !cursor.at("<")) throw cursor.unexpected('":"');
    fields.push({ name, value: parseValue(cursor, depth + 1), line, column });
    if (!cursor.take(",")) cursor.take(";");
  }
  return { kind: "message", fields };
}
