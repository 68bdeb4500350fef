import { type Position, ProtoError } from "./proto-error.js";

export type TokenKind = "identifier" | "integer" | "float" | "string" | "symbol" | "end";

/** A word of a `.proto` file. */
export interface Token extends Position {
  readonly kind: TokenKind;
  /** As it stands in the file; the bytes of a string literal are in {@link bytes}. */
  readonly text: string;
  readonly bytes: Buffer | undefined;
  /** The comment that ends on the line above, without its markers. */
  readonly leadingComment: string | undefined;
  /** The comment behind it on its own line. */
  trailingComment: string | undefined;
}

const patterns: readonly [TokenKind, RegExp][] = [
  ["identifier", /[A-Za-z_][A-Za-z0-9_]*/y],
  ["float", /(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?|\d+(?:[eE][+-]?\d+[fF]?|[fF])/y],
  ["integer", /0[xX][0-9a-fA-F]+|\d+/y],
  ["string", /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'/y],
  ["symbol", /[{}()[\]<>;,.:=+\-/]/y],
];
const space = /\s+/y;
const comment = /\/\/([^\n]*)|\/\*([\s\S]*?)\*\//y;

/** All words of a file, with an `end` token last. Throws a {@link ProtoError}. */
export function tokenize(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  let offset = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = 1;
  let lineStart = offset;
  let pending: { text: string; endLine: number } | undefined;

  const advance = (length: number) => {
    const end = offset + length;
    for (let at = text.indexOf("\n", offset); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) {
      line++;
      lineStart = at + 1;
    }
    offset = end;
  };
  const match = (pattern: RegExp) => {
    pattern.lastIndex = offset;
    return pattern.exec(text);
  };

  while (offset < text.length) {
    const blank = match(space);
    if (blank !== null) {
      advance(blank[0].length);
      continue;
    }
    const remark = match(comment);
    if (remark !== null) {
      const previous = tokens.at(-1);
      const startLine = line;
      advance(remark[0].length);
      const words =
        remark[1] === undefined ? stripStars(remark[2] ?? "") : remark[1].replace(/^ /, "").trimEnd();
      if (previous?.line === startLine) previous.trailingComment = words.trim();
      else if (pending?.endLine === startLine - 1)
        pending = { text: `${pending.text}\n${words}`, endLine: line };
      else pending = { text: words, endLine: line };
      continue;
    }
    const position = { line, column: offset - lineStart + 1 };
    let token: Token | undefined;
    for (const [kind, pattern] of patterns) {
      const found = match(pattern);
      if (found === null) continue;
      const leadingComment =
        pending !== undefined && pending.endLine >= line - 1 ? pending.text.trim() : undefined;
      token = {
        kind,
        text: found[0],
        bytes: kind === "string" ? unescapeString(found[0], file, position) : undefined,
        leadingComment,
        trailingComment: undefined,
        ...position,
      };
      break;
    }
    if (token === undefined) {
      const rest = text.slice(offset, offset + 1);
      const what =
        rest === '"' || rest === "'"
          ? "a string that does not end on its line"
          : `unexpected ${JSON.stringify(rest)}`;
      throw new ProtoError(file, position, what);
    }
    pending = undefined;
    tokens.push(token);
    advance(token.text.length);
  }
  tokens.push({
    kind: "end",
    text: "end of file",
    bytes: undefined,
    leadingComment: undefined,
    trailingComment: undefined,
    line,
    column: offset - lineStart + 1,
  });
  return tokens;
}

function stripStars(text: string): string {
  return text
    .split("\n")
    .map((row) => row.replace(/^\s*\*+ ?/, "").trimEnd())
    .join("\n")
    .trim();
}

const escapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  "'": 39,
  "?": 63,
  "\\": 92,
};

function unescapeString(literal: string, file: string, position: Position): Buffer {
  const body = literal.slice(1, -1);
  if (!body.includes("\\")) return Buffer.from(body);
  const parts: Buffer[] = [];
  const pieces =
    /\\(?:[xX]([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))|[^\\]+/g;
  for (const [whole, hex, octal, short, long, simple] of body.matchAll(pieces)) {
    const codePoint = short ?? long;
    if (hex !== undefined) parts.push(Buffer.of(Number.parseInt(hex, 16)));
    else if (octal !== undefined) parts.push(Buffer.of(Number.parseInt(octal, 8)));
    else if (codePoint !== undefined)
      parts.push(Buffer.from(String.fromCodePoint(Number.parseInt(codePoint, 16))));
    else if (simple === undefined) parts.push(Buffer.from(whole));
    else {
      const code = escapes[simple];
      if (code === undefined) throw new ProtoError(file, position, `unknown escape ${whole} in a string`);
      parts.push(Buffer.of(code));
    }
  }
  return Buffer.concat(parts);
}
