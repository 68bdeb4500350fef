import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join as joinPath, relative, resolve, sep } from "node:path";
import { globSync } from "tinyglobby";
import { StartupError } from "../../rpc/index.js";
import { wellKnownFiles } from "../well-known/index.js";
import type { ParsedFile } from "./parse-context.js";
import { parseProto } from "./parser.js";
import { type Position, ProtoError } from "./proto-error.js";

/** Parsed files by import name, imported ones before those that import them. */
export type ParsedFiles = Map<string, ParsedFile>;

/** Reads protos and everything they import. Throws a StartupError with code BAD_PROTO. */
export function readProtos(protos: readonly string[], includeDirs: readonly string[]): ParsedFiles {
  const reader = new ProtoReader(includeDirs.map((folder) => resolve(folder)));
  for (const proto of protos) for (const path of reader.findRoots(proto)) reader.addRoot(path);
  return reader.files;
}

/** Reads files that this package carries itself. */
export function readWellKnown(names: readonly string[]): ParsedFiles {
  const reader = new ProtoReader([]);
  for (const name of names) reader.addWellKnown(name);
  return reader.files;
}

class ProtoReader {
  readonly files: ParsedFiles = new Map();
  readonly #includeDirs: readonly string[];
  /** Import names of the files on disk, by path. */
  readonly #names = new Map<string, string>();
  /** What is being read, to find circles. */
  readonly #open: string[] = [];

  constructor(includeDirs: readonly string[]) {
    this.#includeDirs = includeDirs;
  }

  /** The files that a path, folder or pattern means. */
  findRoots(proto: string): string[] {
    const places = isAbsolute(proto)
      ? [proto]
      : [process.cwd(), ...this.#includeDirs].map((folder) => joinPath(folder, proto));
    for (const place of places) {
      const kind = existsSync(place) ? statSync(place) : undefined;
      if (kind?.isFile()) return [place];
      if (kind?.isDirectory()) return findFiles("**/*.proto", place);
    }
    if (/[*?{[]/.test(proto)) {
      for (const folder of isAbsolute(proto) ? ["/"] : [process.cwd(), ...this.#includeDirs]) {
        const found = findFiles(isAbsolute(proto) ? proto.slice(1) : proto, folder);
        if (found.length > 0) return found;
      }
    } else if (wellKnownFiles.has(proto)) return [proto];
    throw badProto(`${proto} is not there. Looked for:`, places);
  }

  addRoot(path: string): void {
    if (!isAbsolute(path)) this.addWellKnown(path);
    else if (!this.#names.has(path))
      this.#add(
        path,
        readText(path),
        this.#canonicalName(path) ?? toImportName(relative(process.cwd(), path)),
      );
  }

  addWellKnown(name: string): string {
    if (!this.files.has(name)) this.#parse(name, wellKnownFiles.get(name)!, undefined);
    return name;
  }

  #add(path: string, text: string, name: string): string {
    if (this.files.has(name)) {
      const other = [...this.#names].find(([, taken]) => taken === name)?.[0] ?? "a well-known file";
      throw badProto(
        `two files are both ${name}. List the folder that their imports start from in includeDirs.`,
        [other, path],
      );
    }
    this.#names.set(path, name);
    this.#parse(name, text, path);
    return name;
  }

  /** As protoc names it: below an include folder, or below the folder that the package's name leads to. */
  #canonicalName(path: string): string | undefined {
    const names = this.#includeDirs
      .map((folder) => relative(folder, path))
      .filter((name) => !name.startsWith("..") && !isAbsolute(name))
      .sort((a, b) => a.length - b.length);
    if (names[0] !== undefined) return toImportName(names[0]);
    const packageName = /^\s*package\s+([\w.]+)\s*;/m.exec(readText(path))?.[1];
    if (packageName === undefined) return undefined;
    const folders = packageName.replaceAll(".", "/");
    return toImportName(dirname(path)).endsWith(`/${folders}`)
      ? `${folders}/${path.slice(dirname(path).length + 1)}`
      : undefined;
  }

  #parse(name: string, text: string, path: string | undefined): void {
    try {
      const parsed = parseProto(text, name);
      this.#open.push(name);
      parsed.file.dependency = parsed.file.dependency.map((imported) =>
        this.#import(imported, name, path, parsed.imports.get(imported)!),
      );
      this.#open.pop();
      // Behind what it imports.
      this.files.set(name, parsed);
    } catch (error) {
      if (error instanceof ProtoError) throw badProto(error.message, [], error);
      throw error;
    }
  }

  /** Reads an imported file and returns its name. */
  #import(imported: string, importer: string, importerPath: string | undefined, place: Position): string {
    const searched = this.#searchedFolders(importer, importerPath);
    for (const folder of searched) {
      const path = joinPath(folder, imported);
      if (!existsSync(path)) continue;
      const name = this.#names.get(path) ?? this.#canonicalName(path) ?? imported;
      if (this.#open.includes(name)) {
        throw new ProtoError(
          importer,
          place,
          `files import each other in a circle: ${[...this.#open, name].join(" -> ")}`,
        );
      }
      if (!this.#names.has(path)) this.#add(path, readText(path), name);
      return name;
    }
    if (wellKnownFiles.has(imported)) return this.addWellKnown(imported);
    const at = `${importer}:${place.line}:${place.column}`;
    throw badProto(`${at}: "${imported}" is not there. Add its folder to includeDirs. Searched:`, searched);
  }

  #searchedFolders(importer: string, importerPath: string | undefined): string[] {
    if (importerPath === undefined) return [];
    const posixPath = toImportName(importerPath);
    const root = posixPath.endsWith(`/${importer}`)
      ? importerPath.slice(0, -importer.length - 1) || sep
      : undefined;
    return [
      ...new Set([
        ...this.#includeDirs,
        ...(root === undefined ? [] : [root]),
        dirname(importerPath),
        process.cwd(),
      ]),
    ];
  }
}

function findFiles(pattern: string, folder: string): string[] {
  return globSync(pattern, {
    cwd: folder,
    absolute: true,
    expandDirectories: false,
    ignore: ["**/node_modules/**"],
  })
    .map((path) => resolve(path))
    .sort();
}

function toImportName(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}

function readText(path: string): string {
  return readFileSync(path, "utf8");
}

export function badProto(text: string, places: readonly string[] = [], cause?: unknown): StartupError {
  return StartupError.of(
    "BAD_PROTO",
    [text, ...places].join("\n"),
    cause === undefined ? undefined : { cause },
  );
}
