import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { projectFiles, sourceFiles } from "./source.js";

const MAX_LINES = 300;

/** What this project's own text must not name, so that it is the same wherever it is built. */
const ofOneMachine = [
  /\/(?:home|Users|root|work)\/\w/,
  /\bregistry\.[\w-]+\.(?:com|dev|io|org)\b/,
  /\b(?:deb|archive|security)\.(?:debian|ubuntu)\./,
  /\b(?:proxy|sum)\.golang\./,
];

/** Written by `grebe types`: names and lengths are those of the `.proto` files. */
const isGenerated = (path: string) => path.includes("/generated/");

const allowedAtTop = [
  ...["lib", "sample-app", "proto", "test", "package.json", "package-lock.json", "tsconfig.json"],
  ...["nest-style.md", "README.md", "LICENSE", "CHANGELOG.md"],
];

test("no page of lib is longer than 300 lines", () => {
  const long = sourceFiles("lib")
    .filter((file) => !isGenerated(file))
    .map((file) => ({ file, lines: readFileSync(file, "utf8").trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ file, lines }) => `${file}: ${lines}`);
  assert.deepEqual(long, []);
});

test("files and folders of lib are named in kebab-case", () => {
  const odd = projectFiles("lib").filter(
    (path) => !isGenerated(path) && !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*[/.])+ts$/.test(path),
  );
  assert.deepEqual(odd, []);
});

test("the top level holds what it should and nothing else", () => {
  const top = new Set(projectFiles().map((path) => path.split("/", 1)[0]!));
  assert.deepEqual([...top].filter((name) => !name.startsWith(".")).sort(), [...allowedAtTop].sort());
});

test("no text names a path of one machine or the host of a registry", () => {
  const found = projectFiles()
    .filter((path) => path !== "test/house/pages.test.ts" && !/\.(?:bin|pb|tgz)$/.test(path))
    .flatMap((path) =>
      readFileSync(path, "utf8")
        .split("\n")
        .map((line, index) => ({ line, where: `${path}:${index + 1}` }))
        .filter(({ line }) => ofOneMachine.some((pattern) => pattern.test(line)))
        .map(({ line, where }) => `${where}: ${line.trim().slice(0, 100)}`),
    );
  assert.deepEqual(found, []);
});

test("a page of lib turns no rule of the compiler off", () => {
  const found = sourceFiles("lib").filter((file) =>
    /@ts-(?:ignore|nocheck|expect-error)/.test(readFileSync(file, "utf8")),
  );
  assert.deepEqual(found, []);
});
