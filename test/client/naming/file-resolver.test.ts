import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { GRPCLB_BALANCERS } from "../../../lib/client/index.js";
import { parseEndpointFile } from "../../../lib/client/naming/file-content.js";
import { type FileOptions, fileResolver } from "../../../lib/client/naming/file-resolver.js";
import { checkAtEnd, settled, until } from "../../server/support.js";
import { targetOf, textOf, watchName, watchNameForReal } from "./support.js";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "grebe-file-resolver-"));
});
after(() => rm(folder, { recursive: true }));
checkAtEnd();

/** A folder of its own for each test, and a file in it. */
async function place(): Promise<{ readonly dir: string; readonly file: string }> {
  const dir = await mkdtemp(join(folder, "test-"));
  return { dir, file: join(dir, "orders.json") };
}

const listOf = (...addresses: string[]) => JSON.stringify({ endpoints: addresses });

/** Writes beside the file and puts it in its place. */
async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

function watch(file: string, options: FileOptions = {}) {
  const name = watchNameForReal(fileResolver(options), `file://${file}`);
  return {
    name,
    errors: name.errors,
    resolutions: name.resolutions,
    has: (...addresses: string[]) =>
      until(() => String(name.list) === String(addresses), `the list is ${addresses}, not ${name.list}`),
    stop: () => name.watch.stop(),
  };
}

test("a file is read, and read again when it is written to", async () => {
  const { file } = await place();
  await writeFile(file, listOf("a:1", "b:2"));
  const watched = watch(file);
  await watched.has("a:1", "b:2");
  await writeFile(file, listOf("c:3"));
  await watched.has("c:3");
  assert.deepEqual(watched.errors, []);
  watched.stop();
});

test("a file that is replaced is read again, any number of times", async () => {
  const { file } = await place();
  await writeFile(file, listOf("a:9"));
  const watched = watch(file);
  await watched.has("a:9");
  for (let i = 1; i <= 4; i++) {
    await replace(file, listOf(`a:${i}`));
    await watched.has(`a:${i}`);
  }
  assert.deepEqual(watched.errors, []);
  assert.equal(watched.resolutions.length, 5);
  watched.stop();
});

test("a burst of writes ends with the last one, and is not read each time", async () => {
  const { file } = await place();
  await writeFile(file, listOf("a:1"));
  const watched = watch(file);
  await watched.has("a:1");
  for (let i = 1; i <= 200; i++) await writeFile(file, listOf(`b:${i}`));
  await watched.has("b:200");
  assert.ok(watched.resolutions.length < 50, String(watched.resolutions.length));
  watched.stop();
});

test("a file that is written anew with the same content tells nothing", async () => {
  const { file } = await place();
  await writeFile(file, listOf("a:1"));
  const watched = watch(file);
  await watched.has("a:1");
  await replace(file, listOf("a:1"));
  await replace(file, listOf("a:1"));
  assert.equal(await settled(() => watched.name.events), 1);
  watched.stop();
});

test("a file that is missing at first is an error that names it, until it is there", async () => {
  const { file } = await place();
  const watched = watch(file);
  await until(() => watched.errors.length > 0, "it is missed");
  assert.match(watched.errors[0]!.text, /failed: ENOENT.*orders\.json/);
  await writeFile(file, listOf("a:1"));
  await watched.has("a:1");
  watched.stop();
});

test("a folder that is missing at first is no different", async () => {
  const { dir } = await place();
  const file = join(dir, "deep", "orders.json");
  const watched = watch(file);
  await until(() => watched.errors.length > 0, "it is missed");
  await mkdir(join(dir, "deep"));
  await writeFile(file, listOf("a:1"));
  await watched.has("a:1");
  assert.ok(!watched.name.logger.lines.some(({ message }) => message.includes("cannot be watched")));
  watched.stop();
});

test("half of a file keeps the last good list, and is no error if the rest follows soon", async () => {
  const { file } = await place();
  await writeFile(file, listOf("a:1"));
  const watched = watch(file);
  await watched.has("a:1");
  const text = listOf("b:1");
  await writeFile(file, text.slice(0, 9));
  await settled(() => watched.name.events);
  await writeFile(file, text);
  await watched.has("b:1");
  assert.deepEqual(watched.errors, []);
  watched.stop();
});

test("a file that stays wrong is told, keeps the last good list, and is read again once it is right", async () => {
  const { file } = await place();
  await writeFile(file, listOf("a:1"));
  const watched = watch(file);
  await watched.has("a:1");
  await writeFile(file, '{ "endpoints": ["a:x"] }');
  await until(() => watched.errors.length > 0, "it is told");
  assert.match(watched.errors[0]!.text, /orders\.json: endpoints\[0\]\.address: "a:x" has no port/);
  assert.deepEqual(watched.name.watch.describe().endpoints, ["a:1"]);
  await replace(file, listOf("b:1"));
  await watched.has("b:1");
  watched.stop();
});

test("a file that is removed keeps the last good list, and is found again", async () => {
  const { file } = await place();
  await writeFile(file, listOf("a:1"));
  const watched = watch(file);
  await watched.has("a:1");
  await rm(file);
  await until(() => watched.errors.length > 0, "it is missed");
  assert.deepEqual(watched.name.list, ["a:1"]);
  await writeFile(file, listOf("b:1"));
  await watched.has("b:1");
  watched.stop();
});

test("a mounted ConfigMap changes by a link beside the file", async () => {
  const { dir, file } = await place();
  for (const [version, address] of [
    ["v1", "a:1"],
    ["v2", "b:1"],
  ] as const) {
    await mkdir(join(dir, version));
    await writeFile(join(dir, version, "orders.json"), listOf(address));
  }
  await symlink("v1", join(dir, "..data"));
  await symlink(join("..data", "orders.json"), file);
  const watched = watch(file);
  await watched.has("a:1");
  await symlink("v2", join(dir, "..data_tmp"));
  await rename(join(dir, "..data_tmp"), join(dir, "..data"));
  await watched.has("b:1");
  watched.stop();
});

test("what the system does not report is seen by looking, now and then", async () => {
  const { dir, file } = await place();
  const elsewhere = join(dir, "elsewhere");
  await mkdir(elsewhere);
  await writeFile(join(elsewhere, "real.json"), listOf("a:1"));
  await symlink(join(elsewhere, "real.json"), file);
  const watched = watch(file, { pollMs: 30 });
  await watched.has("a:1");
  await replace(join(elsewhere, "real.json"), listOf("b:1"));
  await watched.has("b:1");
  watched.stop();
});

test("a folder that is itself replaced is followed", async () => {
  const { dir } = await place();
  const inner = join(dir, "inner");
  await mkdir(inner);
  const file = join(inner, "orders.json");
  await writeFile(file, listOf("a:1"));
  const watched = watch(file, { pollMs: 30 });
  await watched.has("a:1");
  await mkdir(join(dir, "next"));
  await writeFile(join(dir, "next", "orders.json"), listOf("b:1"));
  await rm(inner, { recursive: true });
  await rename(join(dir, "next"), inner);
  await watched.has("b:1");
  watched.stop();
});

test("a channel that asks for a fresh list has the file looked at", async () => {
  const { dir, file } = await place();
  await mkdir(join(dir, "elsewhere"));
  await writeFile(join(dir, "elsewhere", "real.json"), listOf("a:1"));
  await symlink(join("elsewhere", "real.json"), file);
  const watched = watch(file, { pollMs: 3_600_000 });
  await watched.has("a:1");
  await replace(join(dir, "elsewhere", "real.json"), listOf("b:1"));
  watched.name.watch.refresh();
  await watched.has("b:1");
  watched.stop();
});

test("stopping at any moment leaves nothing open, and nothing is told", async () => {
  const { file } = await place();
  await writeFile(file, listOf("a:1"));
  const early = watch(file);
  early.stop();
  const reading = watch(file);
  await Promise.resolve();
  reading.stop();
  assert.equal(await settled(() => early.name.events + reading.name.events), 0);
});

test("while all is well, there is one timer", async () => {
  const { file } = await place();
  await writeFile(file, listOf("a:1"));
  const name = watchName(fileResolver(), `file://${file}`);
  await until(() => name.events > 0, "the file is read");
  await until(() => name.clock.pending === 1, "the next look is planned");
  for (let i = 0; i < 5; i++) {
    name.clock.advance(5000);
    await until(() => name.clock.pending === 1, "the next look is planned");
  }
  assert.equal(name.events, 1);
  name.watch.stop();
  assert.equal(name.clock.pending, 0);
});

test("an endpoint file says all that an endpoint can have", () => {
  const resolution = parseEndpointFile(`\uFEFF{
    "endpoints": [
      "10.0.0.1:50051",
      { "address": "10.0.0.2", "weight": 3, "zone": "eu-1", "metadata": { "version": 7 }, "later": true },
      { "addresses": ["10.0.0.3:1", "[fd00::3]:1"], "serverName": "orders-3", "hash_key": "3", "path": ["blue"] },
      { "address": "unix:/run/orders.sock", "weight": null }
    ],
    "serviceConfig": { "loadBalancingConfig": [{ "round_robin": {} }] }
  }`);
  assert.deepEqual(resolution, {
    endpoints: [
      { addresses: [{ host: "10.0.0.1", port: 50_051 }] },
      { addresses: [{ host: "10.0.0.2", port: 443 }], weight: 3, zone: "eu-1", metadata: { version: 7 } },
      {
        addresses: [
          { host: "10.0.0.3", port: 1, serverName: "orders-3" },
          { host: "fd00::3", port: 1, serverName: "orders-3" },
        ],
        hashKey: "3",
        path: ["blue"],
      },
      { addresses: [{ path: "/run/orders.sock" }] },
    ],
    serviceConfig: { loadBalancingConfig: [{ round_robin: {} }] },
  });
  assert.deepEqual(textOf(parseEndpointFile('["a:1", { "address": "b:2" }]')), ["a:1", "b:2"]);
  assert.deepEqual(parseEndpointFile("[]"), { endpoints: [] });
});

test("an endpoint file may name the balancers of grpclb", () => {
  const text = '{"endpoints":["a:1"],"balancers":["b:2",{"address":"c:3","serverName":"lb"}]}';
  const { attributes } = parseEndpointFile(text);
  assert.deepEqual(attributes?.[GRPCLB_BALANCERS], [
    { addresses: [{ host: "b", port: 2 }] },
    { addresses: [{ host: "c", port: 3, serverName: "lb" }] },
  ]);
});

test("an endpoint file that is wrong says where", () => {
  for (const [text, words] of [
    ["", /JSON/],
    ["7", /must be an object, got 7/],
    ["{}", /^endpoints: must be a list, got nothing/],
    ['{"endpoints":{}}', /^endpoints: must be a list/],
    ["[7]", /^endpoints\[0\]: must be an object, got 7/],
    ['["a:1", {}]', /^endpoints\[1\]\.address: must be a text/],
    [
      '[{"address":"a:1","addresses":["b:1"]}]',
      /^endpoints\[0\]\.address: must be a text such as .*, or a list/,
    ],
    ['[{"addresses":[]}]', /^endpoints\[0\]\.addresses: must be a list of at least one/],
    ['[{"addresses":[7]}]', /^endpoints\[0\]\.addresses: must be a list of texts/],
    ['[{"addresses":["a:"]}]', /^endpoints\[0\]\.addresses: "a:" has no port/],
    ['[{"address":"a:1","weight":0}]', /^endpoints\[0\]\.weight: must be a whole number from 1 on/],
    ['[{"address":"a:1","weight":1.5}]', /weight: must be a whole number/],
    ['[{"address":"a:1","path":"blue"}]', /path: must be a list/],
    ['{"endpoints":[],"serviceConfig":[]}', /^serviceConfig: must be an object/],
    ['{"endpoints":[],"balancers":{}}', /^balancers: must be a list/],
    ['{"endpoints":[],"balancers":["a:"]}', /^balancers\[0\]\.address: "a:" has no port/],
  ] as const) {
    assert.throws(
      () => parseEndpointFile(text),
      ({ message }: Error) => words.test(message),
      text,
    );
  }
});

test("targets that name no file are told at start; servers go by the name of the file", () => {
  const definition = fileResolver();
  const { resolver } = definition;
  assert.throws(() => resolver.check!(targetOf(definition, "file:///")), /names no file/);
  assert.throws(() => resolver.check!(targetOf(definition, "file://etc/orders.json")), /use three, or none/);
  for (const text of ["file:///etc/orders.json", "file:orders.json", "file:a/orders"]) {
    resolver.check!(targetOf(definition, text));
    assert.equal(resolver.authority!(targetOf(definition, text)), "orders");
  }
});
