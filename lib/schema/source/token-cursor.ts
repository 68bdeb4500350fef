import { type Position, ProtoError } from "./proto-error.js";
import { type Token, type TokenKind, tokenize } from "./tokenizer.js";

/** Walks over the words of one file; every complaint carries the place. */
export class TokenCursor {
  readonly file: string;
  readonly #tokens: readonly Token[];
  #index = 0;

  constructor(text: string, file: string) {
    this.file = file;
    this.#tokens = tokenize(text, file);
  }

  get current(): Token {
    return this.#tokens[this.#index]!;
  }

  /** The word just taken. */
  get previous(): Token {
    return this.#tokens[Math.max(0, this.#index - 1)]!;
  }

  /** Whether the current word is this symbol or keyword. */
  at(text: string): boolean {
    return this.current.text === text && this.current.kind !== "string";
  }

  atKind(kind: TokenKind): boolean {
    return this.current.kind === kind;
  }

  /** Whether this word follows the current one. */
  followedBy(text: string): boolean {
    return this.#tokens[this.#index + 1]?.text === text;
  }

  next(): Token {
    const token = this.current;
    if (token.kind !== "end") this.#index++;
    return token;
  }

  take(text: string): boolean {
    if (!this.at(text)) return false;
    this.next();
    return true;
  }

  expect(text: string): Token {
    if (!this.at(text)) throw this.unexpected(`"${text}"`);
    return this.next();
  }

  identifier(what: string): string {
    if (!this.atKind("identifier")) throw this.unexpected(what);
    return this.next().text;
  }

  /** `foo.Bar` or `.foo.Bar`. */
  dottedName(what: string): string {
    let name = this.take(".") ? "." : "";
    name += this.identifier(what);
    while (this.take(".")) name += `.${this.identifier(what)}`;
    return name;
  }

  /** One or more adjacent literals, as bytes. */
  bytes(what: string): Buffer {
    if (!this.atKind("string")) throw this.unexpected(what);
    const parts: Buffer[] = [];
    while (this.atKind("string")) parts.push(this.next().bytes!);
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  string(what: string): string {
    return this.bytes(what).toString("utf8");
  }

  /** An integer within the given bounds, both included. */
  integer(what: string, minimum: number, maximum: number): number {
    const start = this.current;
    const negative = this.take("-");
    if (!this.atKind("integer")) throw this.unexpected(what);
    const magnitude = parseIntegerText(this.next().text);
    const value = negative ? -magnitude : magnitude;
    if (value < BigInt(minimum) || value > BigInt(maximum)) {
      throw this.error(`${what} ${value} is out of range: use ${minimum} to ${maximum}`, start);
    }
    return Number(value);
  }

  error(text: string, position: Position = this.current): ProtoError {
    return new ProtoError(this.file, position, text);
  }

  unexpected(wanted: string): ProtoError {
    const { kind, text } = this.current;
    return this.error(
      `expected ${wanted}, found ${kind === "end" || kind === "string" ? text : `"${text}"`}`,
    );
  }
}

/** The value of a decimal, octal or hexadecimal integer word. */
export function parseIntegerText(text: string): bigint {
  return BigInt(/^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text);
}
