/**
 * Every `ts` block of the docs compiles against the built package, as it would in a user's project. The blocks of one
 * page share a folder: a block whose first line is a comment with a file name (`// greeter.controller.ts`) gets that
 * name, so that others may import it; `proto` blocks with a name get their generated types beside them.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { projectFiles } from "./source.js";

interface Block {
  readonly language: string;
  readonly name: string | undefined;
  readonly line: number;
  readonly text: string;
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(page, "utf8");
  return [...text.matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1]!,
    name: /^\/\/ (\S+\.\w+)$/m.exec(match[2]!.split("\n", 1)[0]!)?.[1],
    line: text.slice(0, match.index).split("\n").length,
    text: match[2]!,
  }));
}

function write(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

const node = (...args: string[]) => spawnSync(process.execPath, args, { encoding: "utf8" });

for (const page of projectFiles().filter((path) => path.endsWith(".md"))) {
  test(`the code of ${page} compiles`, () => {
    const blocks = blocksOf(page);
    const odd = blocks.filter(({ language }) => /^(?:typescript|js|javascript|tsx)$/.test(language));
    assert.deepEqual(odd, [], "code of a service is marked ts");
    const folder = join(".build", "docs", page);
    rmSync(folder, { recursive: true, force: true });
    const code = blocks.filter(({ language }) => language === "ts");
    if (code.length === 0) return;
    const files = code.map(({ name, line }) => name ?? `line-${line}.ts`);
    assert.equal(new Set(files).size, files.length, "two blocks have the same name");
    for (const [index, { text }] of code.entries()) write(folder, files[index]!, text);

    const protos = blocks.filter(({ language, name }) => language === "proto" && name !== undefined);
    for (const { name, text } of protos) write(folder, name!, text);
    if (protos.length > 0) {
      const globs = protos.map(({ name }) => join(folder, name!));
      const out = join(folder, "generated");
      const cli = "dist/lib/tools/cli/main.js";
      const { status, stdout, stderr } = node(cli, "types", ...globs, "-I", folder, "--out", out);
      assert.equal(status, 0, stdout + stderr);
    }

    const options = {
      noEmit: true,
      incremental: false,
      rootDir: ".",
      types: ["node"],
      noUnusedLocals: false,
    };
    const config = {
      extends: "../../../tsconfig.json",
      compilerOptions: { ...options, noUnusedParameters: false, moduleDetection: "force" },
      files,
      include: [],
    };
    write(folder, "tsconfig.json", JSON.stringify(config));
    const { status, stdout, stderr } = node("node_modules/typescript/bin/tsc", "-p", folder);
    assert.equal(status, 0, stdout + stderr);
  });
}
