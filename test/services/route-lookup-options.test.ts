import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Injectable } from "../../lib/app/index.js";
import { StartupError, StatusCode, type StatusError } from "../../lib/rpc/index.js";
import { RouteLookupService } from "../../lib/schema/index.js";
import { type Route, RouteLookupModule } from "../../lib/services/index.js";
import { createTestingApp } from "../../lib/testing/index.js";
import { checkAtEnd, recordingLogger } from "../server/support.js";

const folder = mkdtempSync(join(tmpdir(), "grebe-route-options-"));
after(() => rmSync(folder, { recursive: true, force: true }));
checkAtEnd();

const file = join(folder, "routes.json");
writeFileSync(file, '{"routes":[{"targets":["a"]}]}');

@Injectable()
class NoRoutes {}
@Injectable()
class Routes {
  lookup = (): Route => ({ targets: ["dns:///a"] });
}
@Injectable({ lifetime: "call" })
class RoutesOfOneCall extends Routes {}

const lookup = () => undefined;

/** Options, and what is said of them. */
const wrong: readonly (readonly [unknown, RegExp])[] = [
  [undefined, /RouteLookupModule: the options must be an object, got nothing/],
  [null, /the options must be an object, got null/],
  [{}, /it needs file or lookup, such as \{ file: "\/etc\/routes\.json" \}/],
  [{ fiel: file }, /no option "fiel"\. Did you mean "file"/],
  [{ file: undefined }, /file must be the path of a file, got nothing: is the environment variable set\?/],
  [{ file: "" }, /file must be the path of a file, got ""/],
  [{ file: 5 }, /file must be the path of a file, got 5/],
  [{ file, polMs: 5 }, /no option "polMs"\. Did you mean "pollMs"/],
  [{ file, lookup }, /file and lookup exclude each other/],
  [{ lookup: undefined }, /lookup must be a function, or an object with lookup, got nothing/],
  [{ lookup: {} }, /lookup must be a function, or an object with lookup, got \{\}/],
  [{ lookup, pollMs: 5 }, /no option "pollMs"/],
  [{ file, logger: {} }, /logger must be an object with debug, info, warn, error/],
  [{ file, clock: 5 }, /clock must be an object with now, setTimeout, clearTimeout/],
  ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, "5s", null].map(
    (pollMs) => [{ file, pollMs }, /pollMs must be a number of milliseconds from 1 to 2147483647/] as const,
  ),
];

async function refuses(module: () => ReturnType<typeof RouteLookupModule.forRoot>, message: RegExp) {
  await assert.rejects(
    async () => {
      const app = await createTestingApp(module()).start();
      await app.close();
    },
    (error: unknown) => {
      assert.ok(error instanceof StartupError, String(error));
      assert.equal(error.problems[0]?.code, "BAD_OPTION", error.message);
      assert.match(error.message, message);
      return true;
    },
  );
}

test("options that say nothing of routes, or too much, are told at the start, however they come", async () => {
  for (const [options, message] of wrong) {
    await refuses(() => RouteLookupModule.forRoot(options as never), message);
    await refuses(() => RouteLookupModule.forRootAsync({ useFactory: () => options as never }), message);
  }
  // Modules that are asked for with the source come too late.
  const useFactory = () => ({ lookup, imports: [] });
  await refuses(() => RouteLookupModule.forRootAsync({ useFactory }), /no option "imports"/);
});

test("classes are for forRoot only, and have a method lookup", async () => {
  const useFactory = () => ({ lookup: Routes }) as never;
  await refuses(
    () => RouteLookupModule.forRootAsync({ useFactory }),
    /lookup must be a function, .*, got the class Routes; forRoot takes classes/,
  );
  await refuses(
    () => RouteLookupModule.forRoot({ lookup: NoRoutes as never }),
    /lookup must be a function, or an object with lookup, got a NoRoutes/,
  );
  await refuses(
    () => RouteLookupModule.forRoot({ lookup: Routes, improts: [] } as never),
    /no option "improts"\. Did you mean "imports"/,
  );
  await refuses(() => RouteLookupModule.forRoot({ lookup: Routes, file } as never), /exclude each other/);
  for (const strategy of [Routes, RoutesOfOneCall]) {
    const app = await createTestingApp(RouteLookupModule.forRoot({ lookup: strategy })).start();
    assert.deepEqual((await app.client(RouteLookupService).routeLookup({})).targets, ["dns:///a"]);
    await app.close();
  }
});

test("a folder in the place of the file is told with its path", async () => {
  await assert.rejects(
    createTestingApp(RouteLookupModule.forRoot({ file: folder })).start(),
    (error: Error) => {
      assert.match(error.message, /HOOK_FAILED[\s\S]*grebe-route-options-\w+ is a folder, not a file/);
      return true;
    },
  );
});

test("header data that backends would not get as it is is refused, and in the log only", async () => {
  const cases: readonly (readonly [unknown, RegExp | undefined])[] = [
    ["", undefined],
    ["a b", undefined],
    ["x".repeat(8192), undefined],
    ["pool ", /headerData of a route must be printable ASCII without spaces at its ends.*got "pool "/],
    [" pool", /without spaces at its ends/],
    [" ", /without spaces at its ends/],
    ["x".repeat(8193), /headerData of a route must be at most 8192 bytes, got "x{199}…/],
    [5, /must be printable ASCII.*got 5/],
    [{}, /must be printable ASCII.*got \{\}/],
    [null, /must be printable ASCII.*got null/],
  ];
  const given = cases.map(([headerData]) => ({ targets: ["dns:///a"], headerData }) as Route);
  const logger = recordingLogger();
  const module = RouteLookupModule.forRoot({ lookup: () => given.shift() });
  const app = await createTestingApp(module, { logger }).start();
  const client = app.client(RouteLookupService);
  for (const [headerData, message] of cases) {
    const answer = client.routeLookup({});
    if (message === undefined) assert.equal((await answer).headerData, headerData);
    else {
      await assert.rejects(answer, ({ code, text }: StatusError) => {
        assert.equal(code, StatusCode.UNKNOWN);
        return !text.includes("headerData");
      });
      const errors = logger.lines.filter(({ level }) => level === "error");
      assert.match(String(errors.at(-1)!.fields.err), message);
    }
  }
  await app.close();
});
