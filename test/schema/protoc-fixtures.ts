/**
 * Makes the descriptor sets in `fixtures/` with the real protoc and compares them with the committed ones:
 *
 *   node dist/test/schema/protoc-fixtures.js [--write]
 *
 * Ends with 1 if they differ, and says so if there is no protoc. The bundled well-known files stand in for protoc's
 * own, whose comments and options depend on its version.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { wellKnownFiles } from "../../lib/schema/well-known/index.js";
import { fixtureFile, projectFolder, protoRoots, WELL_KNOWN } from "./proto-roots.js";

const write = process.argv.includes("--write");
const folder = mkdtempSync(join(tmpdir(), "protoc-"));
try {
  const version = spawnSync("protoc", ["--version"], { encoding: "utf8" });
  if (version.error !== undefined) {
    console.log("no protoc on this machine: the committed descriptor sets are taken as they are");
  } else {
    for (const [name, text] of wellKnownFiles) {
      mkdirSync(join(folder, dirname(name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const different = protoRoots()
      .map((root) => compare(root.folder, join(projectFolder, root.folder), root.files))
      .concat(compare(WELL_KNOWN, folder, [...wellKnownFiles.keys()].sort()))
      .filter((file) => file !== undefined);
    for (const file of different) console.log(`${write ? "wrote" : "differs:"} ${file}`);
    console.log(`${version.stdout.trim()}: ${different.length} fixtures ${write ? "written" : "differ"}`);
    if (different.length > 0 && !write) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** The fixture's file if it is not what protoc makes. */
function compare(name: string, importFolder: string, files: readonly string[]): string | undefined {
  const output = join(folder, "set.binpb");
  execFileSync("protoc", [`-I${importFolder}`, `-I${folder}`, `-o${output}`, "--include_imports", ...files], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const made = readFileSync(output);
  const file = fixtureFile(name);
  if (existsSync(file) && readFileSync(file).equals(made)) return undefined;
  if (write) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, made);
  }
  return file.slice(projectFolder.length + 1);
}
