import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { startupProblems } from "../../lib/rpc/index.js";
import { sourceFiles } from "./source.js";

const guide = "nest-style.md";

/** The first cells of the table under the heading that speaks of starting up. */
function documentedCodes(): string[] {
  const sections = readFileSync(guide, "utf8").split(/^#{1,6} /m);
  return sections
    .filter((section) => /^.*start-?up/i.test(section))
    .flatMap((section) => [...section.matchAll(/^\|\s*`([A-Z][A-Z_]+)`\s*\|/gm)].map(([, code]) => code!));
}

test("the guide's error table lists every start-up code, and no other", {}, () => {
  assert.deepEqual(documentedCodes().sort(), Object.keys(startupProblems).sort());
});

test("every start-up code is reported somewhere in lib, and tested", () => {
  const reports = sourceFiles("lib").filter((file) => file !== "lib/rpc/startup-error.ts");
  const tests = sourceFiles("test").filter((file) => !file.startsWith("test/house/"));
  const textOf = (files: string[]) => files.map((file) => readFileSync(file, "utf8")).join("\n");
  const [reported, tested] = [textOf(reports), textOf(tests)];
  const codes = Object.keys(startupProblems);
  const unheard = (text: string) => codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(text));
  assert.deepEqual(
    { notReported: unheard(reported), notTested: unheard(tested) },
    { notReported: [], notTested: [] },
  );
});
