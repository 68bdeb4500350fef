import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Import, importsOf, packageOf, sourceFiles } from "./source.js";

/** Where a package may be imported, and which of its names if not all. A package that is not here has no door. */
const doors: Record<string, readonly { readonly under: string; readonly names?: readonly string[] }[]> = {
  "@grpc/grpc-js": [
    { under: "lib/rpc/", names: ["Metadata", "MetadataValue"] },
    { under: "lib/server/", names: serverNames() },
    // The transport alone; its module has no public name.
    { under: "lib/client/connection/grpc-transport.ts", names: ["Http2SubchannelConnector", "Transport"] },
  ],
  "class-validator": [{ under: "lib/app/validation/" }],
  cockatiel: [{ under: "lib/interceptors/circuit-breaker.ts" }],
  commander: [{ under: "lib/tools/cli/" }],
  protobufjs: [{ under: "lib/schema/" }],
  "reflect-metadata": [{ under: "lib/app/decorator-metadata.ts" }],
  rxjs: [{ under: "lib/" }],
  tinyglobby: [{ under: "lib/schema/" }, { under: "lib/tools/" }],
  tsyringe: [{ under: "lib/app/container.ts" }],
};

function serverNames() {
  return [
    ...["Server", "ServerCredentials", "ServerInterceptor", "ServerInterceptingCall"],
    ...["ServerInterceptingCallInterface"],
  ];
}
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Record<
  "dependencies" | "peerDependencies" | "devDependencies",
  Record<string, string>
>;

const outside = sourceFiles("lib").flatMap((file) =>
  importsOf(file)
    .filter(({ path, specifier }) => path === undefined && !/^node:|\.proto$/.test(specifier))
    .map((found) => ({ file, ...found })),
);

function passes({ file, specifier, names }: Import & { file: string }): boolean {
  return (doors[packageOf(specifier)] ?? []).some(
    (door) => file.startsWith(door.under) && names.every((name) => door.names?.includes(name) ?? true),
  );
}

test("each dependency is imported through its own door only", () => {
  const wrong = outside
    .filter((found) => !passes(found))
    .map(({ file, names, specifier }) => `${file} imports { ${names.join(", ")} } from ${specifier}`);
  assert.deepEqual(wrong, []);
});

test("only the decorator metadata file reads or writes metadata of decorators", () => {
  const wrong = sourceFiles("lib")
    .filter((file) => file !== "lib/app/decorator-metadata.ts")
    .filter((file) => /Reflect\s*\.\s*\w*[mM]etadata/.test(readFileSync(file, "utf8")));
  assert.deepEqual(wrong, []);
});

test("the packages that lib imports are its dependencies and peers, no more and no fewer", () => {
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const used = new Set(outside.map(({ specifier }) => packageOf(specifier)));
  assert.deepEqual([...used].sort(), declared.sort());
});

test("versions are exact, and peers are developed against a version in their range", () => {
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name);
  }
  for (const name of Object.keys(manifest.peerDependencies)) assert.ok(manifest.devDependencies[name], name);
});

interface Locked {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}
const locked = (JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Locked> })
  .packages;

/** Whether a package finds another in its own folder or in one above it. */
function finds(from: string, name: string): boolean {
  if (locked[`${from}${from && "/"}node_modules/${name}`] !== undefined) return true;
  return from !== "" && finds(from.slice(0, Math.max(0, from.lastIndexOf("/node_modules/"))), name);
}

test("the lock file is complete, for every platform: npm ci refuses any other", () => {
  const missing = Object.entries(locked).flatMap(([from, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !finds(from, name))
      .map((name) => `${name}, which ${from} wants`),
  );
  assert.deepEqual(missing, []);
});

test("the lock file names no address", () => {
  assert.doesNotMatch(readFileSync("package-lock.json", "utf8"), /"resolved"/);
});
