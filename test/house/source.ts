/** The project's own text, as the house tests read it. They run in the project's folder. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, extname, posix } from "node:path";

/** One `import` or `export … from` of a file. */
export interface Import {
  /** As it is written: `../rpc/index.js`, `rxjs`. */
  readonly specifier: string;
  /** For a relative one, the source it points to: `lib/rpc/index.ts`. */
  readonly path: string | undefined;
  /** `{ type A, B }`: `A` and `B`; `*` for all of it. */
  readonly names: readonly string[];
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

const ignored = readFileSync(".gitignore", "utf8").split("\n").concat(".git/");

/** All files that are not ignored, or those of them that are, or lie under, one of the given paths. */
export function projectFiles(...under: string[]): string[] {
  const files = walk(".").sort();
  if (under.length === 0) return files;
  return files.filter((file) => under.some((path) => file === path || file.startsWith(`${path}/`)));
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (ignored.includes(`${entry.name}/`) || ignored.includes(`*${extname(path)}`)) return [];
    return entry.isDirectory() ? walk(path) : [path];
  });
}

export function sourceFiles(...under: string[]): string[] {
  return projectFiles(...under).filter((path) => path.endsWith(".ts"));
}

const statement =
  /^(import|export)\s+(type\s+)?(?:([\w*][\w*\s]*?)\s*,?\s*)?(?:\{([^}]*)\}\s*)?from\s+"([^"]+)"|^import\s+"([^"]+)";|\bimport\("([^"]+)"\)/gm;

export function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  return [...text.matchAll(statement)].map(([, , typeWord, whole, named, from, bare, dynamic]) => {
    const specifier = (from ?? bare ?? dynamic)!;
    const entries = (named ?? "")
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== "");
    const names = entries.map((entry) => entry.replace(/^type\s+/, "").replace(/\s+as\s.*$/s, ""));
    const allTypes =
      whole === undefined && entries.length > 0 && entries.every((entry) => /^type\s/.test(entry));
    return {
      specifier,
      path: specifier.startsWith(".")
        ? posix.join(dirname(file), specifier).replace(/\.js$/, ".ts")
        : undefined,
      names: named === undefined || whole !== undefined ? ["*", ...names] : names,
      typeOnly: typeWord !== undefined || allTypes,
    };
  });
}

/** `@grpc/grpc-js/build/src/x` and `rxjs/operators` belong to `@grpc/grpc-js` and `rxjs`. */
export function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
