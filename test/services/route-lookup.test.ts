import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Injectable, Module } from "../../lib/app/index.js";
import { type Logger, StartupError, StatusCode, StatusError } from "../../lib/rpc/index.js";
import { RouteLookupService } from "../../lib/schema/index.js";
import {
  type Route,
  type RouteFileOptions,
  type RouteKey,
  type RouteLookup,
  RouteLookupModule,
  type RouteLookupOptions,
} from "../../lib/services/index.js";
import { createTestingApp } from "../../lib/testing/index.js";
import { checkAtEnd, recordingLogger, until } from "../server/support.js";

const folder = mkdtempSync(join(tmpdir(), "grebe-routes-"));
after(() => rmSync(folder, { recursive: true, force: true }));
checkAtEnd();

/** As careful writers do it. */
function replace(path: string, routes: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify({ routes }));
  renameSync(`${path}.new`, path);
}

async function serve(options: RouteLookupOptions | RouteFileOptions, logger?: Logger) {
  const app = await createTestingApp(RouteLookupModule.forRoot(options), {
    ...(logger !== undefined && { logger }),
  }).start();
  const client = app.client(RouteLookupService);
  return {
    ask: async (keyMap: RouteKey, more: { staleHeaderData?: string } = {}) => {
      const { targets, headerData } = await client.routeLookup({ targetType: "grpc", keyMap, ...more });
      return { targets, headerData };
    },
    close: () => app.close(),
  };
}

const refused = (code: StatusCode, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StatusError);
  assert.equal(error.code, code);
  assert.match(error.text, text);
  return true;
};

test("a function says where requests go, now or later, with the whole request at hand", async () => {
  const asked: unknown[] = [];
  const { ask, close } = await serve({
    lookup: ({ user = "nobody" }, { reason, staleHeaderData }, call) => {
      asked.push({ user, reason, staleHeaderData, path: call.method.path });
      if (user === "nobody") return undefined;
      const route: Route = { targets: [`dns:///${user}`, "dns:///rest"], headerData: `for ${user}` };
      return user === "later" ? Promise.resolve(route) : route;
    },
  });
  assert.deepEqual(await ask({ user: "ann" }), {
    targets: ["dns:///ann", "dns:///rest"],
    headerData: "for ann",
  });
  assert.equal((await ask({ user: "later" }, { staleHeaderData: "old" })).targets[0], "dns:///later");
  assert.deepEqual(asked[1], {
    ...{ user: "later", reason: "REASON_UNKNOWN", staleHeaderData: "old" },
    path: "/grpc.lookup.v1.RouteLookupService/RouteLookup",
  });
  await close();
});

test("no route is NOT_FOUND, and says for which key", async () => {
  const { ask, close } = await serve({ lookup: () => undefined });
  await assert.rejects(
    ask({ user: "u-1", region: "eu" }),
    refused(StatusCode.NOT_FOUND, /^no route for region="eu", user="u-1"$/),
  );
  await assert.rejects(ask({}), refused(StatusCode.NOT_FOUND, /a request without a key/));
  await assert.rejects(ask({ user: "x".repeat(100_000) }), refused(StatusCode.NOT_FOUND, /^.{1,220}…$/));
  await close();
});

test("what a strategy gives and clients cannot use is in the log only", async () => {
  const logger = recordingLogger();
  const results: unknown[] = [
    { targets: [] },
    { targets: [""] },
    {},
    { targets: ["a"], headerData: "ü" },
    null,
  ];
  const { ask, close } = await serve({ lookup: () => results.shift() as Route }, logger);
  for (let left = results.length; left > 0; left--) {
    await assert.rejects(ask({}), (error: StatusError) => {
      assert.equal(error.code, StatusCode.UNKNOWN);
      assert.doesNotMatch(error.text, /target|headerData/);
      return true;
    });
  }
  const failures = logger.lines
    .filter(({ level }) => level === "error")
    .map(({ fields }) => String(fields.err));
  assert.equal(failures.length, 5);
  assert.match(failures[0]!, /targets, a list of at least one, got \{"targets":\[\]\}/);
  assert.match(failures[3]!, /headerData of a route must be printable ASCII/);
  await close();
});

test("a strategy may be a class with injection, or an instance; its failures are its own", async () => {
  @Injectable()
  class Pools {
    of = (user: string): string => `dns:///pool-of-${user}`;
  }
  @Module({ providers: [Pools], exports: [Pools] })
  class PoolsModule {}
  @Injectable()
  class PoolRoutes implements RouteLookup {
    constructor(private readonly pools: Pools) {}
    lookup({ user }: RouteKey): Route {
      if (user === undefined) throw StatusError.unavailable("no pools yet");
      return { targets: [this.pools.of(user)] };
    }
  }
  const ofClass = await serve({ lookup: PoolRoutes, imports: [PoolsModule] });
  assert.deepEqual(await ofClass.ask({ user: "ann" }), { targets: ["dns:///pool-of-ann"], headerData: "" });
  await assert.rejects(ofClass.ask({}), refused(StatusCode.UNAVAILABLE, /no pools yet/));
  await ofClass.close();
  const ofInstance = await serve({ lookup: new PoolRoutes(new Pools()) });
  assert.deepEqual((await ofInstance.ask({ user: "bob" })).targets, ["dns:///pool-of-bob"]);
  await ofInstance.close();
});

test("the source may be known at the start only", async () => {
  const module = RouteLookupModule.forRootAsync({
    useFactory: () => Promise.resolve({ lookup: () => ({ targets: ["dns:///late"] }) }),
  });
  const app = await createTestingApp(module).start();
  assert.deepEqual((await app.client(RouteLookupService).routeLookup({})).targets, ["dns:///late"]);
  await app.close();
});

test("routes of a file follow each replacement of it", async () => {
  const file = join(folder, "followed.json");
  replace(file, [{ match: { user: "ann" }, targets: ["a"], headerData: "h" }, { targets: ["b"] }]);
  const { ask, close } = await serve({ file });
  assert.deepEqual(await ask({ user: "ann" }), { targets: ["a"], headerData: "h" });
  assert.deepEqual(await ask({ user: "bob" }), { targets: ["b"], headerData: "" });
  replace(file, [{ match: { user: "bob" }, targets: ["c"] }]);
  let targets: string[] = [];
  const startedAt = performance.now();
  while (targets[0] !== "c") {
    assert.ok(performance.now() - startedAt < 1000, "within a second");
    ({ targets } = await ask({ user: "bob" }));
  }
  await assert.rejects(ask({ user: "ann" }), refused(StatusCode.NOT_FOUND, /user="ann"/));
  await close();
});

test("while the file is half-written, wrong or missing, the last routes hold, and the log says so once", async () => {
  const file = join(folder, "broken.json");
  const logger = recordingLogger();
  const warnings = () =>
    logger.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields.error);
  replace(file, [{ targets: ["good"] }]);
  const { ask, close } = await serve({ file, pollMs: 200 }, logger);
  writeFileSync(file, '{ "routes": [ { "targ');
  await until(() => warnings().length === 1, "the file is given up");
  assert.match(String(warnings()[0]), /broken\.json: .*JSON/);
  assert.deepEqual((await ask({})).targets, ["good"]);
  unlinkSync(file);
  await until(() => warnings().length === 2, "it is missing");
  assert.match(String(warnings()[1]), /ENOENT/);
  assert.deepEqual((await ask({})).targets, ["good"]);
  replace(file, [{ targets: ["better"] }]);
  await until(
    () => logger.lines.filter(({ message }) => message === "routes read").length === 2,
    "it is back",
  );
  assert.deepEqual((await ask({})).targets, ["better"]);
  assert.equal(warnings().length, 2);
  await close();
});

test("routes of a file that are never used are in the log, with each file once", async () => {
  const file = join(folder, "unused.json");
  const logger = recordingLogger();
  const warnings = () => logger.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields);
  replace(file, [{ targets: ["all"] }, { match: { user: "ann" }, targets: ["a"] }]);
  const { close } = await serve({ file }, logger);
  assert.deepEqual(warnings(), [{ file, unused: 1, routes: ["routes[1]"] }]);
  replace(file, [{ targets: ["all"] }, ...Array<Route>(20).fill({ targets: ["again"] })]);
  await until(() => warnings().length === 2, "the next file is read");
  assert.equal(warnings()[1]!.unused, 20);
  assert.equal((warnings()[1]!.routes as unknown[]).length, 10);
  replace(file, [{ targets: ["all"] }]);
  await until(() => logger.lines.filter(({ message }) => message === "routes read").length === 3, "a third");
  assert.equal(warnings().length, 2);
  await close();
});

test("a file that is missing or wrong at the start is told then", async () => {
  const wrong = join(folder, "wrong.json");
  replace(wrong, [{ targets: ["a"], headerDate: "x" }]);
  for (const [file, text] of [
    [join(folder, "none.json"), /HOOK_FAILED[\s\S]*ENOENT/],
    [
      wrong,
      /HOOK_FAILED[\s\S]*wrong\.json: routes\[0\]\.headerDate: is not known here\. Did you mean "headerData"/,
    ],
  ] as const) {
    await assert.rejects(serve({ file }), (error: unknown) => {
      assert.ok(error instanceof StartupError);
      assert.match(error.message, text);
      return true;
    });
  }
});
