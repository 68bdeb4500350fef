import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { projectFolder } from "../schema/proto-roots.js";

const main = fileURLToPath(new URL("../../lib/tools/cli/main.js", import.meta.url));
const protos = join(projectFolder, "test/schema/protos");

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "types-"));
});
after(() => rmSync(folder, { recursive: true }));

function grebe(...args: string[]) {
  return spawnSync(process.execPath, [main, ...args], { encoding: "utf8", cwd: folder });
}

describe("grebe types", () => {
  test("writes modules, and --check tells whether they are up to date", () => {
    const args = ["types", join(protos, "shapes/city.proto"), "-I", protos, "--out", "generated"];
    const missing = grebe(...args, "--check");
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /^not up to date: .*\ngenerated\/shapes\/city\.ts\n$/);

    const written = grebe(...args);
    assert.equal(written.status, 0, written.stderr);
    assert.equal(written.stdout, "done: 1 modules in generated, 1 of them changed\n");
    assert.match(
      readFileSync(join(folder, "generated/shapes/city.ts"), "utf8"),
      /^export interface City \{$/m,
    );
    assert.equal(grebe(...args).stdout, "done: 1 modules in generated, 0 of them changed\n");
    assert.equal(grebe(...args, "--check").status, 0);
    assert.equal(grebe(...args, "--check", "--longs", "number").status, 1);
  });

  test("ends with 1 and says what is wrong with a proto", () => {
    writeFileSync(join(folder, "bad.proto"), 'syntax = "proto3"; message A { Town b = 1; }');
    const { status, stderr } = grebe("types", "bad.proto", "--out", "x");
    assert.equal(status, 1);
    assert.equal(stderr, "BAD_PROTO  bad.proto:1:32: unknown type Town.\n");
  });

  test("ends with 2 on a wrong command line", () => {
    assert.equal(grebe("types", "x.proto").status, 2);
    assert.match(grebe("types", "x.proto").stderr, /required option '-o, --out <folder>' not specified/);
    assert.equal(grebe("types", "x.proto", "--out", "x", "--longs", "Long").status, 2);
    assert.equal(grebe("tipes").status, 2);
  });
});

test("grebe --help lists the commands, and --version is that of the package", () => {
  const help = grebe("--help");
  assert.equal(help.status, 0);
  assert.match(help.stdout, /types \[options\] <protos\.\.\.>/);
  const { version } = JSON.parse(readFileSync(join(projectFolder, "package.json"), "utf8")) as {
    version: string;
  };
  assert.equal(grebe("--version").stdout, `${version}\n`);
});
