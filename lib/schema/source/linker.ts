import { suggest } from "../../rpc/index.js";
import type { DescriptorProto, FileDescriptorProto } from "../file-descriptor.js";
import { joinName, type ParsedFile } from "./parse-context.js";
import { type Position, ProtoError } from "./proto-error.js";

type SymbolKind = "package" | "message" | "enum" | "extension" | "service";

interface ProtoSymbol {
  readonly kind: SymbolKind;
  /** The file that declares it; a package has many. */
  readonly file: string | undefined;
}

/** Everything that the files of a schema declare, by full name, and which file may see what. */
export class SymbolTable {
  readonly #symbols = new Map<string, ProtoSymbol>();
  readonly #visible = new Map<string, ReadonlySet<string>>();
  readonly #files: ReadonlyMap<string, FileDescriptorProto>;

  constructor(files: ReadonlyMap<string, FileDescriptorProto>) {
    this.#files = files;
    for (const file of files.values()) this.#addFile(file);
  }

  #addFile(file: FileDescriptorProto): void {
    const scope = file.package ?? "";
    for (let name = scope; name !== ""; name = parentScope(name)) {
      if (!this.#symbols.has(name)) this.#symbols.set(name, { kind: "package", file: undefined });
    }
    this.#addTypes(file.messageType, file, scope);
    for (const { name } of file.enumType) this.#add(joinName(scope, name), "enum", file.name);
    for (const { name } of file.extension) this.#add(joinName(scope, name), "extension", file.name);
    for (const { name } of file.service) this.#add(joinName(scope, name), "service", file.name);
  }

  #addTypes(messages: readonly DescriptorProto[], file: FileDescriptorProto, scope: string): void {
    for (const message of messages) {
      const fullName = joinName(scope, message.name);
      this.#add(fullName, "message", file.name);
      this.#addTypes(message.nestedType, file, fullName);
      for (const { name } of message.enumType) this.#add(joinName(fullName, name), "enum", file.name);
      for (const { name } of message.extension) this.#add(joinName(fullName, name), "extension", file.name);
    }
  }

  #add(fullName: string, kind: SymbolKind, file: string): void {
    const other = this.#symbols.get(fullName);
    if (other !== undefined) {
      const where =
        other.file === undefined
          ? "as a package"
          : other.file === file
            ? "in the same file"
            : `in ${other.file}`;
      throw new ProtoError(file, undefined, `${fullName} is declared twice: also ${where}`);
    }
    this.#symbols.set(fullName, { kind, file });
  }

  /** The innermost declaration that a name means when it is written in a scope; full name without leading dot. */
  find(name: string, scope: string, file: string, kinds: readonly SymbolKind[], place: Position): string {
    const candidates = name.startsWith(".")
      ? [name.slice(1)]
      : scopesOf(scope).map((outer) => joinName(outer, name));
    let hidden: string | undefined;
    for (const candidate of candidates) {
      const symbol = this.#symbols.get(candidate);
      if (symbol === undefined || !kinds.includes(symbol.kind)) continue;
      if (symbol.file === undefined || this.#visibleFrom(file).has(symbol.file)) return candidate;
      hidden ??= `${candidate} is declared in ${symbol.file}, which this file does not import`;
    }
    if (hidden !== undefined) throw new ProtoError(file, place, hidden);
    const what = kinds.includes("extension") ? "option" : "type";
    const known = [...this.#symbols]
      .filter(([, { kind }]) => kinds.includes(kind))
      .map(([fullName]) => fullName);
    const near = suggest(name, [
      ...known.map((fullName) => fullName.slice(fullName.lastIndexOf(".") + 1)),
      ...known,
    ]);
    throw new ProtoError(file, place, `unknown ${what} ${name}.${near}`);
  }

  kindOf(fullName: string): SymbolKind | undefined {
    return this.#symbols.get(fullName)?.kind;
  }

  /** The file itself, what it imports, and what those import publicly. */
  #visibleFrom(name: string): ReadonlySet<string> {
    const known = this.#visible.get(name);
    if (known !== undefined) return known;
    const visible = new Set([name]);
    const addPublic = (imported: string) => {
      if (visible.has(imported)) return;
      visible.add(imported);
      const file = this.#files.get(imported);
      for (const index of file?.publicDependency ?? []) addPublic(file!.dependency[index]!);
    };
    for (const imported of this.#files.get(name)?.dependency ?? []) addPublic(imported);
    this.#visible.set(name, visible);
    return visible;
  }
}

/** Finds every type that the files name. Throws a ProtoError at the first one that is not there. */
export function linkTypes(parsed: Iterable<ParsedFile>, symbols: SymbolTable): void {
  for (const { file, references } of parsed) {
    for (const reference of references) {
      const fullName = symbols.find(
        reference.name,
        reference.scope,
        file.name,
        ["message", "enum"],
        reference,
      );
      reference.resolve(`.${fullName}`, symbols.kindOf(fullName) === "enum" ? "enum" : "message");
    }
  }
}

function parentScope(scope: string): string {
  return scope.slice(0, Math.max(0, scope.lastIndexOf(".")));
}

function scopesOf(scope: string): string[] {
  const scopes = [scope];
  for (let outer = scope; outer !== ""; scopes.push(outer)) outer = parentScope(outer);
  return scopes;
}
