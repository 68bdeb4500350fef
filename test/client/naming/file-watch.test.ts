import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Subject } from "rxjs";
import { watchFile } from "../../../lib/client/index.js";
import { silentLogger } from "../../../lib/rpc/index.js";
import { checkAtEnd, until } from "../../server/support.js";
import { ManualClock } from "../doubles.js";

const folder = mkdtempSync(join(tmpdir(), "grebe-watch-"));
after(() => rmSync(folder, { recursive: true, force: true }));
checkAtEnd();

/** As careful writers do it. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

test("what is made of a file comes at once, and after each change of its text", async () => {
  const path = join(folder, "number.txt");
  writeFileSync(path, "1");
  const numbers: number[] = [];
  const watched = watchFile(path, Number, { logger: silentLogger }).subscribe((value) => {
    numbers.push(value);
  });
  await until(() => numbers.length === 1, "it is read");
  replace(path, "2");
  await until(() => numbers.length === 2, "the change is seen");
  replace(path, "2");
  replace(path, "3");
  await until(() => numbers.at(-1) === 3, "the next change is seen");
  assert.deepEqual(numbers, [1, 2, 3]);
  watched.unsubscribe();
});

test("a file that is missing, or is not what it should be, is an error that names it", async () => {
  const errors: Error[] = [];
  const path = join(folder, "wrong.json");
  const follow = () => {
    const watched = watchFile(path, (text) => JSON.parse(text) as unknown, { logger: silentLogger });
    watched.subscribe({ error: (error: Error) => errors.push(error) });
  };
  follow();
  await until(() => errors.length === 1, "it is missing");
  writeFileSync(path, "{ half");
  follow();
  await until(() => errors.length === 2, "it is wrong");
  assert.match(errors[0]!.message, /ENOENT.*wrong\.json/);
  assert.match(errors[1]!.message, /wrong\.json: .*JSON/);
});

test("it is looked at when asked for, whatever the system reports", async () => {
  const path = join(folder, "asked.txt");
  const looks = new Subject<void>();
  writeFileSync(path, "1");
  const texts: string[] = [];
  const watched = watchFile(path, String, { looks, logger: silentLogger }).subscribe((text) => {
    texts.push(text);
  });
  await until(() => texts.length === 1, "it is read");
  looks.next();
  replace(path, "2");
  looks.next();
  await until(() => texts.length === 2, "it is read again");
  watched.unsubscribe();
  assert.equal(looks.observed, false);
});

test("a folder that is a link is watched where it leads to now", async () => {
  const folderOf = (version: string) => join(folder, version);
  const lead = (version: string): void => {
    symlinkSync(version, join(folder, "next"));
    renameSync(join(folder, "next"), join(folder, "current"));
  };
  for (const version of ["v1", "v2"]) {
    mkdirSync(folderOf(version));
    writeFileSync(join(folderOf(version), "routes.txt"), version);
  }
  lead("v1");
  const [clock, looks] = [new ManualClock(), new Subject<void>()];
  const texts: string[] = [];
  const watched = watchFile(join(folder, "current", "routes.txt"), String, {
    ...{ looks, clock, logger: silentLogger },
  }).subscribe((text) => {
    texts.push(text);
  });
  await until(() => texts.length === 1, "it is read");
  lead("v2");
  looks.next();
  clock.advance(0);
  await until(() => texts.length === 2, "it is found where the link leads to");
  // Nobody looks by the clock, which stands still, until the system has reported the change.
  await until(() => clock.nextInMs === 5_000, "it waits");
  replace(join(folderOf("v2"), "routes.txt"), "v2b");
  await until(() => clock.nextInMs === 50, "the change is reported");
  clock.advance(50);
  await until(() => texts.length === 3, "it is read");
  // A folder may also be removed, and come back as another one.
  rmSync(folderOf("v2"), { recursive: true });
  mkdirSync(folderOf("v2"));
  writeFileSync(join(folderOf("v2"), "routes.txt"), "v2c");
  await until(() => clock.nextInMs === 50, "the removal is reported");
  clock.advance(50);
  await until(() => texts.length === 4, "it is read");
  await until(() => clock.nextInMs !== undefined, "it waits");
  replace(join(folderOf("v2"), "routes.txt"), "v2d");
  await until(() => clock.nextInMs === 50, "the change in the new folder is reported");
  clock.advance(50);
  await until(() => texts.length === 5, "it is read");
  assert.deepEqual(texts, ["v1", "v2", "v2b", "v2c", "v2d"]);
  watched.unsubscribe();
});

test("a time that cannot be waited is refused at once", () => {
  for (const pollMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
    assert.throws(
      () => watchFile("x", String, { pollMs }),
      /pollMs must be a number of milliseconds from 1 to/,
    );
  }
});
