import type { FileDescriptorProto, OptionValues } from "../file-descriptor.js";
import { parseOption, type SourceOption } from "./option-parser.js";
import type { Position } from "./proto-error.js";
import { TokenCursor } from "./token-cursor.js";

/** A type named in a file, still to be found. */
export interface TypeReference extends Position {
  readonly name: string;
  /** Full name of the declaration it stands in. */
  readonly scope: string;
  /** Takes the full name, with a leading dot, and what it names. */
  readonly resolve: (fullName: string, kind: "message" | "enum") => void;
}

/** Options set on a declaration, still to be interpreted. */
export interface OptionSite {
  readonly target: { options?: OptionValues };
  /** `FieldOptions`, … of `google.protobuf`. */
  readonly optionsType: string;
  readonly scope: string;
  readonly options: readonly SourceOption[];
}

/** A file as written: names and options are unresolved. */
export interface ParsedFile {
  readonly file: FileDescriptorProto;
  readonly imports: ReadonlyMap<string, Position>;
  readonly references: readonly TypeReference[];
  readonly optionSites: readonly OptionSite[];
  /** What the comments say about each declaration. */
  readonly comments: ReadonlyMap<object, string>;
}

/** What the parsers of all kinds of declarations share while they work on one file. */
export class ParseContext {
  readonly cursor: TokenCursor;
  readonly file: FileDescriptorProto;
  readonly imports = new Map<string, Position>();
  readonly references: TypeReference[] = [];
  readonly optionSites: OptionSite[] = [];
  readonly comments = new Map<object, string>();

  constructor(text: string, name: string) {
    this.cursor = new TokenCursor(text, name);
    const lists = { dependency: [], publicDependency: [], weakDependency: [] };
    this.file = { name, ...lists, messageType: [], enumType: [], service: [], extension: [] };
  }

  get isProto3(): boolean {
    return this.file.syntax === "proto3";
  }

  /** `{ … }` of a declaration: its options, and what `statement` takes. */
  block(
    target: OptionSite["target"],
    optionsType: string,
    scope: string,
    comment: string | undefined,
    statement: () => void,
  ): void {
    const { cursor } = this;
    const options: SourceOption[] = [];
    cursor.expect("{");
    this.comment(target, comment);
    while (!cursor.take("}")) {
      if (cursor.take(";")) continue;
      if (cursor.at("option") && !cursor.followedBy(".") && !cursor.followedBy("=")) {
        cursor.next();
        options.push(parseOption(cursor));
        cursor.expect(";");
      } else statement();
    }
    this.setOptions(target, optionsType, scope, options);
  }

  refer(name: string, scope: string, { line, column }: Position, resolve: TypeReference["resolve"]): void {
    this.references.push({ name, scope, resolve, line, column });
  }

  setOptions(
    target: OptionSite["target"],
    optionsType: string,
    scope: string,
    options: readonly SourceOption[],
  ): void {
    if (options.length > 0) this.optionSites.push({ target, optionsType, scope, options });
  }

  /** The comment above a declaration, or the one behind the word just taken. */
  comment(target: object, leading: string | undefined): void {
    const text = leading ?? this.cursor.previous.trailingComment;
    if (text !== undefined && text !== "") this.comments.set(target, text);
  }
}

/** Names are unique in a scope. `seen` collects them. */
export function claimName(context: ParseContext, seen: Set<string>, name: string, place: Position): void {
  if (seen.has(name)) throw context.cursor.error(`${name} is declared twice here`, place);
  seen.add(name);
}

export function joinName(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}
