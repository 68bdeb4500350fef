import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { importsOf, sourceFiles } from "./source.js";

/** Which layer may import which; every layer may also import itself. The folder is the layer. */
const mayImport: Record<string, readonly string[]> = {
  rpc: [],
  schema: ["rpc"],
  flow: ["rpc"],
  server: ["rpc", "schema", "flow"],
  client: ["rpc", "schema", "flow"],
  app: ["rpc", "schema", "flow", "server", "client"],
  interceptors: ["rpc", "flow"],
  services: ["rpc", "schema", "client", "app"],
  discovery: ["rpc", "schema", "client", "app"],
  testing: ["rpc", "schema", "flow", "server", "client", "app", "interceptors", "services", "discovery"],
  tools: ["rpc", "schema", "client", "app"],
  "ambient.ts": ["rpc"],
  "balancing.ts": ["client"],
  "index.ts": ["rpc", "flow", "client", "server", "app"],
};

const layerOf = (path: string) => path.split("/")[1]!;

test("each file of lib is in a layer of the table", () => {
  const strangers = sourceFiles("lib").filter((file) => mayImport[layerOf(file)] === undefined);
  assert.deepEqual(strangers, []);
});

test("a layer imports only what its row lists, through that layer's index.ts", () => {
  const wrong = sourceFiles("lib").flatMap((file) =>
    importsOf(file)
      .map(({ path }) => path)
      .filter((path) => path !== undefined && layerOf(path) !== layerOf(file))
      .filter((path) => {
        const [root, layer, ...rest] = path!.split("/");
        const listed = root === "lib" && mayImport[layerOf(file)]?.includes(layer!);
        return !listed || rest.join("/") !== "index.ts";
      })
      .map((path) => `${file} imports ${path}`),
  );
  assert.deepEqual(wrong, []);
});

test("each front door opens with what the layer is", async (context) => {
  for (const file of sourceFiles("lib").filter((path) => /^lib\/(?:[^/]+\/index|[^/]+)\.ts$/.test(path))) {
    await context.test(file, () => {
      const [opening] = readFileSync(file, "utf8").split("*/", 1);
      assert.match(opening!, /^\/\*\*\n/);
      const lines = opening!.split("\n").length - 2;
      assert.ok(lines >= 2 && lines <= 6, `${lines} lines`);
    });
  }
});

test("no files import each other in a circle", () => {
  const files = sourceFiles("lib");
  const edges = new Map(files.map((file) => [file, importsOf(file).filter(({ typeOnly }) => !typeOnly)]));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, trail: readonly string[]) => {
    const start = trail.indexOf(file);
    if (start >= 0) circles.push([...trail.slice(start), file].join(" -> "));
    if (start >= 0 || done.has(file)) return;
    for (const { path } of edges.get(file) ?? []) if (path !== undefined) visit(path, [...trail, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  assert.deepEqual(circles, []);
});
