/** `npm start` and `npm run call`, as they behave in a terminal. */
import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

type Process = ChildProcessByStdio<Writable, Readable, Readable>;

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const folder = mkdtempSync(join(tmpdir(), "atlas-"));
const socketPath = join(folder, "atlas.sock");
let app: Process;
let welcome = "";

function start(module: "main" | "call", args: readonly string[], env: NodeJS.ProcessEnv = {}): Process {
  const path = fileURLToPath(new URL(`../../sample-app/${module}.js`, import.meta.url));
  const command = spawn(process.execPath, [path, ...args], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // It may end before it has read all of its input.
  command.stdin.on("error", () => undefined);
  return command;
}

async function ended(command: Process): Promise<Ended> {
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(command.stdout),
    text(command.stderr),
    once(command, "exit") as Promise<[number | null]>,
  ]);
  return { exitCode, stdout, stderr };
}

function call(...args: string[]): Promise<Ended> {
  return ended(start("call", ["--address", `unix:${socketPath}`, ...args]));
}

/** All that was printed until a text appears. */
async function readUntil(stream: Readable, ending: string): Promise<string> {
  let printed = "";
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    printed += String(chunk);
    if (printed.includes(ending)) return printed;
  }
  throw new Error(`ended without "${ending}":\n${printed}`);
}

before(async () => {
  app = start("main", [], { PORT: "0", SOCKET_PATH: socketPath });
  welcome = await readUntil(app.stdout, "at once.");
});

after(() => {
  app.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

test("the app tells what it serves, by whom, behind what, and where", () => {
  assert.match(welcome, /135,233 cities/);
  assert.match(welcome, /GetCity +unary +AtlasController\.getCity +– +AuditInterceptor +GetCityRequest/);
  assert.match(welcome, /RecordTrip +client streaming +AtlasController\.recordTrip +ApiKeyGuard/);
  assert.match(welcome, /127\.0\.0\.1:\d+\n/);
  assert.ok(welcome.includes(`unix:${socketPath}\n`));
  assert.match(welcome, /npm run call -- -a 127\.0\.0\.1:\d+ GetCity '\{"cityId": 2657896\}'/);
});

test("a call prints a line of JSON per message", async () => {
  const { exitCode, stdout, stderr } = await call(
    ...["Guide", '{"latitude": 46.94, "longitude": 7.44}', '{"latitude": 47.37, "longitude": 8.55}'],
  );
  assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" });
  const cities = stdout.trim().split("\n");
  assert.deepEqual(
    cities.map((line) => JSON.parse(line).city.name),
    ["Bern", "Zürich"],
  );
});

test("a call takes field names as the proto spells them", async () => {
  const { stdout } = await call("ListCities", '{"country_codes": ["LI"], "min_population": 5500}');
  assert.match(stdout, /^\{"cityId":\d+,"name":"Schaan","countryCode":"LI",.*\}\n/);
});

test("a failed call prints code, text and details, and ends with 1", async () => {
  const { exitCode, stdout, stderr } = await call("GetCity", '{"cityId": 1}');
  assert.equal(exitCode, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /^NOT_FOUND: there is no city with the id 1\n {2}google\.rpc\.ResourceInfo \{.*\}\n$/);
});

test("the API key travels as a header", async () => {
  const trip = ["RecordTrip", '{"latitude": 47.37, "longitude": 8.55}'];
  assert.match((await call(...trip)).stderr, /^UNAUTHENTICATED: /);
  assert.match((await call(...trip, "--header", "x-api-key=guess")).stderr, /^PERMISSION_DENIED: /);
  assert.match((await call(...trip, "--api-key", "demo")).stdout, /"traveller":"a guest"/);
});

const slips: [name: string, args: string[], stderr: RegExp][] = [
  ["an unknown method", ["GetCty"], /Did you mean GetCity\?/],
  ["no JSON", ["GetCity", "{cityId: 1}"], /no JSON: \{cityId: 1\}/],
  ["no object", ["GetCity", "1"], /expected an object with the fields of atlas\.v1\.GetCityRequest, got 1/],
  ["an unknown field", ["Guide", '{"lat": 1}'], /no field "lat"; its fields are latitude, longitude/],
  ["a value of the wrong type", ["GetCity", '{"cityId": "x"}'], /GetCityRequest\.cityId: expected int32/],
  ["two messages where one is taken", ["GetCity", "{}", "{}"], /too many arguments/],
  ["a header without a value", ["GetCity", "-H", "x"], /name=value/],
];
for (const [name, args, stderr] of slips) {
  test(`${name} is told before anything is sent`, async () => {
    const outcome = await call(...args);
    assert.equal(outcome.exitCode, 1);
    assert.match(outcome.stderr, stderr);
  });
}

test("a call without a server says how to start one", async () => {
  const outcome = await ended(start("call", ["-a", `unix:${join(folder, "nobody.sock")}`, "GetCity"]));
  assert.equal(outcome.exitCode, 1);
  assert.match(outcome.stderr, /nobody answers at unix:.*npm start/);
});

test("a stream takes its messages from the input, and answers while it is open", async () => {
  const guide = start("call", ["--address", `unix:${socketPath}`, "Guide"]);
  guide.stdin.write('{"latitude": 46.94, "longitude": 7.44}\n');
  assert.match(await readUntil(guide.stdout, "\n"), /"Bern"/);
  guide.stdin.end("\nno message\n");
  const { exitCode, stderr } = await ended(guide);
  assert.equal(exitCode, 1);
  assert.match(stderr, /^line 3: this is no JSON: no message/);
});

test("an interrupted call is cancelled", async () => {
  const guide = start("call", ["--address", `unix:${socketPath}`, "Guide"]);
  guide.stdin.write('{"latitude": 46.94, "longitude": 7.44}\n');
  await readUntil(guide.stdout, "\n");
  guide.kill("SIGINT");
  const { exitCode, stderr } = await ended(guide);
  assert.equal(exitCode, 1);
  assert.match(stderr, /^CANCELLED: /);
});

test("an address that is taken is told in words", async () => {
  const second = await ended(start("main", [], { PORT: "0", SOCKET_PATH: socketPath }));
  assert.equal(second.exitCode, 1);
  assert.match(second.stderr, /PORT_IN_USE +listener unix:.*another process listens there/);
  assert.doesNotMatch(second.stderr, /\n +at /);
});

test("a port that is no port is told in words", async () => {
  const { exitCode, stderr } = await ended(start("main", [], { PORT: "x" }));
  assert.equal(exitCode, 1);
  assert.match(stderr, /BAD_OPTION +PORT must be a number from 0 to 65535, got "x"/);
});

test("an interrupted app ends its streams well, and itself", async () => {
  const guide = start("call", ["--address", `unix:${socketPath}`, "Guide"]);
  guide.stdin.write('{"latitude": 46.94, "longitude": 7.44}\n');
  await readUntil(guide.stdout, "\n");
  const called = ended(guide);
  const stopped = ended(app);
  app.kill("SIGINT");
  // As npm and the terminal do: it is one ctrl-C.
  await pause(5);
  app.kill("SIGINT");
  assert.equal((await called).exitCode, 0);
  const { exitCode, stdout } = await stopped;
  assert.equal(exitCode, 0);
  assert.match(stdout, /Guide OK, 1 in, 1 out/);
});
