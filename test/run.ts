/**
 * Runs the built tests, from the project's folder: `node dist/test/run.js [part of a path …]`. It goes by the sources,
 * so that a deleted test does not live on in the build. The last lines are what was skipped and why, and the counts.
 */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";

const CONCURRENCY = 2;
/** A test that takes longer hangs. */
const TEST_LIMIT_MS = 300_000;
/** A process that is alive by then has something open that never ends. */
const RUN_LIMIT_MS = 900_000;

const built = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync("test", { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts"))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
  .sort()
  .map((path) => join(built, path.replace(/\.ts$/, ".js")));

if (files.length === 0) {
  console.error(`no test file under test/ has ${wanted.join(" or ")} in its path`);
  process.exit(1);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
const skipped: string[] = [];

const signal = AbortSignal.timeout(RUN_LIMIT_MS);
const events = run({ files, concurrency: CONCURRENCY, timeout: TEST_LIMIT_MS, signal });
events.on("test:pass", ({ name, skip, details }) => {
  if (skip !== undefined) {
    counts.skipped++;
    skipped.push(typeof skip === "string" && skip !== "" ? `${name}: ${skip}` : name);
  } else if (details.type !== "suite") counts.passed++;
});
events.on("test:fail", ({ todo, details }) => {
  if (todo !== undefined) return;
  process.exitCode = 1;
  if (details.type !== "suite") counts.failed++;
});

events
  .compose(new spec())
  .on("end", () => {
    const lines = skipped.length === 0 ? [] : ["", "skipped:", ...skipped.map((line) => `  ${line}`)];
    lines.push("", `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`, "");
    process.stdout.write(lines.join("\n"));
  })
  .pipe(process.stdout, { end: false });
