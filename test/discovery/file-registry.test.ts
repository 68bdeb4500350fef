import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { encodeEntry } from "../../lib/discovery/file/folder-entry.js";
import { watchFolder } from "../../lib/discovery/file/folder-watch.js";
import { type FileRegisterOptions, FileRegistrar, FolderResolver } from "../../lib/discovery/index.js";
import { type Clock, systemClock } from "../../lib/rpc/index.js";
import { ManualClock } from "../client/doubles.js";
import { checkAtEnd, recordingLogger, until } from "../server/support.js";

const closers: (() => unknown)[] = [];
after(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "grebe-folder-"));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function registrarOf(folder: string, port: number, clock: Clock, more: Partial<FileRegisterOptions> = {}) {
  const logger = recordingLogger();
  const register = { name: "svc/orders", host: "127.0.0.1", port, ...more };
  const registrar = new FileRegistrar({ folder, register, logger, clock });
  closers.push(() => registrar.deregister());
  return Object.assign(registrar, { logger });
}

/** The ports of the instances in a service's folder, as they change. */
function watchOf(folder: string, clock: Clock = systemClock, service = join(folder, "svc%2Forders")) {
  const lists: number[][] = [];
  const errors: unknown[] = [];
  const logger = recordingLogger();
  const subscription = watchFolder(service, { clock, logger }).subscribe({
    next: (instances) =>
      lists.push(
        [...instances.values()].map(({ addresses }) => (addresses[0] as { port: number }).port).sort(),
      ),
    error: (error) => errors.push(error),
  });
  closers.push(() => subscription.unsubscribe());
  return {
    ...{ lists, errors, logger },
    is: (...ports: number[]) =>
      until(() => lists.at(-1)?.join() === ports.join(), `the list is ${ports}, not ${lists.at(-1)}`),
    stop: () => subscription.unsubscribe(),
  };
}

const files = (folder: string) => readdir(join(folder, "svc%2Forders"));
const entryAt = (port: number, expiresAt: number) =>
  encodeEntry({ instance: { address: `127.0.0.1:${port}` }, expiresAt });

describe("registering", () => {
  test("writes one file, in the JSON of etcd with the time when it expires, and removes it", async () => {
    const folder = join(await emptyFolder(), "not", "there", "yet");
    const clock = new ManualClock();
    const registrar = registrarOf(folder, 50051, clock, { weight: 3 });
    await registrar.register([]);
    assert.deepEqual(await files(folder), ["127.0.0.1%3A50051.json"]);
    assert.equal(
      await readFile(join(folder, "svc%2Forders", "127.0.0.1%3A50051.json"), "utf8"),
      `{"Op":0,"Addr":"127.0.0.1:50051","Metadata":{"weight":3},"ExpiresAt":${clock.now() + 15_000}}\n`,
    );
    await registrar.deregister();
    assert.deepEqual(await files(folder), []);
    assert.equal(clock.pending, 0);
  });

  test("renews the file every third of its life time, and mends what it has lost", async () => {
    const folder = await emptyFolder();
    const clock = new ManualClock();
    const registrar = registrarOf(folder, 50051, clock, { ttlS: 3 });
    await registrar.register([]);
    const expiresAt = async () => {
      const text = await readFile(join(folder, "svc%2Forders", "127.0.0.1%3A50051.json"), "utf8").catch(
        () => "{}",
      );
      return (JSON.parse(text) as { ExpiresAt?: number }).ExpiresAt;
    };
    for (let third = 0; third < 4; third++) {
      if (third === 2) await rm(folder, { recursive: true });
      assert.equal(clock.nextInMs, 1000);
      clock.advance(1000);
      await until(() => clock.pending === 1, "it is written");
      assert.equal(await expiresAt(), clock.now() + 3000);
    }
    await registrar.deregister();
  });

  test("that cannot write says so: at start to its caller, later in the log, once", async () => {
    const folder = await emptyFolder();
    const blocked = join(folder, "blocked");
    await writeFile(blocked, "a file, no folder");
    const clock = new ManualClock();
    await assert.rejects(registrarOf(blocked, 1, clock).register([]), { code: "ENOTDIR" });
    const registrar = registrarOf(folder, 50051, clock, { ttlS: 3 });
    await registrar.register([]);
    await rename(join(folder, "svc%2Forders"), join(folder, "aside"));
    await writeFile(join(folder, "svc%2Forders"), "in the way");
    for (let third = 0; third < 2; third++) {
      clock.advance(1000);
      await until(() => clock.pending === 1, "it was tried");
    }
    await rm(join(folder, "svc%2Forders"));
    clock.advance(1000);
    await until(() => clock.pending === 1, "it is written");
    const levels = registrar.logger.lines.map(
      ({ level, message }) => `${level} ${message.replace(folder, "")}`,
    );
    assert.deepEqual(levels, [
      "info registered 127.0.0.1:50051",
      "warn /svc%2Forders/127.0.0.1%3A50051.json cannot be renewed now; it is tried again",
      "info /svc%2Forders/127.0.0.1%3A50051.json is renewed again",
    ]);
    await registrar.deregister();
  });

  test("sweeps what killed processes have left, and nothing else", async () => {
    const folder = await emptyFolder();
    const service = join(folder, "svc%2Forders");
    await mkdir(service);
    const clock = new ManualClock();
    const minuteAgo = clock.now() - 60_000;
    await writeFile(join(service, "dead.json"), entryAt(1, minuteAgo));
    await writeFile(join(service, "late.json"), entryAt(2, clock.now() - 1000));
    await writeFile(join(service, "old.draft"), "{");
    await utimes(join(service, "old.draft"), 1, 1);
    await writeFile(join(service, "odd.json"), "odd");
    await writeFile(join(service, "note.txt"), "by hand");
    const registrar = registrarOf(folder, 50051, clock);
    await registrar.register([]);
    clock.advance(5000);
    await until(() => clock.pending === 1, "it has swept");
    assert.deepEqual((await files(folder)).sort(), [
      "127.0.0.1%3A50051.json",
      "late.json",
      "note.txt",
      "odd.json",
    ]);
    await registrar.deregister();
  });

  test("leaves the file to a successor that has written it", async () => {
    const folder = await emptyFolder();
    const clock = new ManualClock();
    const [old, young] = [registrarOf(folder, 50051, clock), registrarOf(folder, 50051, clock)];
    await old.register([]);
    clock.advance(1);
    await young.register([]);
    await old.deregister();
    assert.equal((await files(folder)).length, 1);
    await young.deregister();
    await young.deregister();
    assert.deepEqual(await files(folder), []);
  });

  test("keeps names of any kind within the folder", async () => {
    const folder = await emptyFolder();
    const clock = new ManualClock();
    for (const name of ["..", ".", "../up", "a".repeat(300), "ä b"]) {
      const registrar = registrarOf(folder, 50051, clock, { name });
      await registrar.register([]);
      const [entry, ...more] = await readdir(folder);
      assert.deepEqual(more, []);
      await registrar.deregister();
      await rm(join(folder, entry!), { recursive: true });
    }
  });
});

describe("watching", () => {
  test("sees what comes, changes and goes, from before there is a folder on", async () => {
    const folder = await emptyFolder();
    const watch = watchOf(folder);
    await watch.is();
    const [one, two] = [registrarOf(folder, 1, systemClock), registrarOf(folder, 2, systemClock)];
    await one.register([]);
    await watch.is(1);
    const startedAt = performance.now();
    await two.register([]);
    await watch.is(1, 2);
    await one.deregister();
    await watch.is(2);
    assert.ok(performance.now() - startedAt < 900, "changes are told, not polled");
    await rm(join(folder, "svc%2Forders"), { recursive: true });
    await watch.is();
    await mkdir(join(folder, "svc%2Forders"));
    await writeFile(join(folder, "svc%2Forders", "hand.json"), '{"Addr":"127.0.0.1:7"}');
    await watch.is(7);
    watch.stop();
    await two.deregister();
  });

  test("leaves out what has expired, to the moment, and tells nothing of renewals", async () => {
    const folder = await emptyFolder();
    const service = join(folder, "svc%2Forders");
    await mkdir(service);
    const clock = new ManualClock();
    await writeFile(join(service, "a.json"), entryAt(1, clock.now() + 3000));
    await writeFile(join(service, "b.json"), entryAt(2, clock.now() + 60_000));
    await writeFile(join(service, "c.json"), entryAt(3, clock.now()));
    await writeFile(join(service, "d.json.draft"), entryAt(4, clock.now() + 60_000));
    const watch = watchOf(folder, clock);
    await watch.is(1, 2);
    await until(() => clock.nextInMs === 3000, "it waits for the expiry");
    await writeFile(join(service, "b.json"), entryAt(2, clock.now() + 70_000));
    await until(() => clock.nextInMs === 20, "the change is noticed");
    clock.advance(20);
    await until(() => clock.nextInMs === 2980, "it was read");
    assert.equal(watch.lists.length, 1);
    clock.advance(2979);
    clock.advance(1);
    await watch.is(2);
    watch.stop();
    assert.equal(clock.pending, 0);
  });

  test("leaves out what it cannot read, and says so once", async () => {
    const folder = await emptyFolder();
    const service = join(folder, "svc%2Forders");
    await mkdir(join(service, "folder.json"), { recursive: true });
    await writeFile(join(service, "bad.json"), "{");
    await writeFile(join(service, "odd.json"), '{"Addr":"127.0.0.1:1","ExpiresAt":"soon"}');
    await writeFile(join(service, "good.json"), '{"Addr":"127.0.0.1:2"}');
    const clock = new ManualClock();
    const watch = watchOf(folder, clock);
    await watch.is(2);
    await until(() => clock.pending === 1, "it waits");
    clock.advance(5000);
    await until(() => clock.pending === 1, "it waits again");
    const warnings = watch.logger.lines.map(({ message }) => message.replace(service, "").slice(0, 60));
    assert.deepEqual(warnings, [
      "/bad.json is left out: it is no JSON",
      "/folder.json is left out: EISDIR: illegal operation on a dir",
      '/odd.json is left out: it has no number under "ExpiresAt"',
    ]);
    watch.stop();
  });

  test("keeps what it knows while the folder cannot be read; without a list the channel is told", async () => {
    const folder = await emptyFolder();
    const service = join(folder, "svc%2Forders");
    await mkdir(service);
    await writeFile(join(service, "a.json"), '{"Addr":"127.0.0.1:1"}');
    const clock = new ManualClock();
    const watch = watchOf(folder, clock);
    await watch.is(1);
    await until(() => clock.pending === 1, "it waits");
    await rm(service, { recursive: true });
    await writeFile(service, "no folder");
    clock.advance(5000);
    await until(() => watch.logger.lines.length === 1, "it says so");
    assert.match(watch.logger.lines[0]!.message, /cannot be read; what is known is kept/);
    assert.deepEqual(watch.lists, [[1]]);
    const late = watchOf(folder, clock);
    await until(() => late.errors.length === 1, "the channel is told");
    watch.stop();
    assert.equal(clock.pending, 0);
  });

  test("a process that is killed (SIGKILL) is gone when its entry expires", async () => {
    const folder = await emptyFolder();
    const script = fileURLToPath(new URL("folder-process.js", import.meta.url));
    const child = spawn(process.execPath, [script, folder, "1"], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    closers.push(() => child.kill("SIGKILL"));
    await once(child.stdout, "data");
    const watch = watchOf(folder);
    await watch.is(50051);
    child.kill("SIGKILL");
    await ended;
    await watch.is();
    assert.equal((await files(folder)).length, 1);
    watch.stop();
  });
});

test("FolderResolver: targets that can never be resolved are told", () => {
  const resolver = new FolderResolver({ folder: "registry" });
  const target = (text: string, authority: string, endpoint: string) => ({
    scheme: "folder",
    text,
    authority,
    endpoint,
  });
  assert.throws(() => resolver.check(target("folder://svc/orders", "svc", "orders")), /three slashes/);
  assert.throws(() => resolver.check(target("folder:///", "", "")), /names no service/);
  assert.throws(() => new FolderResolver({ folder: "" }), /folder must be a path/);
  assert.throws(
    () => new FileRegistrar({ folder: "registry", register: { name: "a", ttlS: 0 } }),
    /register\.ttlS of a must be a number of seconds, got 0/,
  );
});

checkAtEnd();
