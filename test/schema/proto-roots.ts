import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

/** Where this repository is checked out. */
export const projectFolder = dirname(createRequire(import.meta.url).resolve("grebe/package.json"));

/** A folder that imports start from, and the `.proto` files below it. */
export interface ProtoRoot {
  readonly folder: string;
  readonly files: readonly string[];
}

const rootFolders = ["proto", "test/schema/protos"];

/** Every `.proto` file of the repository. */
export function protoRoots(): ProtoRoot[] {
  const roots = new Map<string, string[]>();
  for (const path of protosBelow(projectFolder)) {
    const folder = rootFolders.find((root) => path.startsWith(`${root}/`)) ?? dirname(path);
    const files = roots.get(folder) ?? [];
    roots.set(folder, files);
    files.push(relative(folder, path));
  }
  return Array.from(roots, ([folder, files]) => ({ folder, files: files.sort() }));
}

function protosBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith(".") || entry.name === "node_modules" || entry.name === "dist") return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return protosBelow(path);
    return entry.name.endsWith(".proto") ? [relative(projectFolder, path)] : [];
  });
}

/** What protoc makes of a root; see `protoc-fixtures.ts`. */
export function fixtureFile(folder: string): string {
  return join(projectFolder, "test/schema/fixtures", `${folder.replaceAll("/", "-")}.binpb`);
}

export const WELL_KNOWN = "well-known";
