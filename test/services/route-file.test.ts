import assert from "node:assert/strict";
import { test } from "node:test";
import type { Route, RouteKey } from "../../lib/services/index.js";
import { RouteTable } from "../../lib/services/route-lookup/route-file.js";

interface FileRoute extends Route {
  readonly match?: Readonly<Record<string, string | readonly string[] | boolean>>;
}

const tableOf = (...routes: FileRoute[]): RouteTable => RouteTable.parse(JSON.stringify({ routes }));

const to = (target: string, match?: FileRoute["match"]): FileRoute => ({
  targets: [target],
  ...(match !== undefined && { match }),
});

const found = (table: RouteTable, key: RouteKey): string | undefined => table.find(key)?.targets[0];

test("the first route whose match fits is found", () => {
  const table = tableOf(
    to("canary", { user: "u-17" }),
    to("europe", { region: ["eu", "uk"], user: true }),
    to("guests", { user: false }),
    to("late", { user: "u-17", region: "us" }),
    to("rest"),
    to("never"),
  );
  assert.equal(found(table, { user: "u-17", region: "us" }), "canary");
  assert.equal(found(table, { user: "u-18", region: "uk" }), "europe");
  assert.equal(found(table, { user: "", region: "eu" }), "europe");
  assert.equal(found(table, { region: "eu" }), "guests");
  assert.equal(found(table, {}), "guests");
  assert.equal(found(table, { user: "u-18", region: "us" }), "rest");
  assert.equal(table.size, 6);
});

test("a route comes with all of its targets and its header", () => {
  const route = { targets: ["dns:///a", "dns:///b"], headerData: "pool-a" };
  assert.deepEqual(tableOf(route).find({ any: "thing" }), route);
});

test("without a route for the rest, there may be none", () => {
  const table = tableOf(to("a", { user: ["1", "2"] }), to("b", { user: "3", tier: ["x", "y"] }));
  assert.equal(found(table, {}), undefined);
  assert.equal(found(table, { user: "4" }), undefined);
  assert.equal(found(table, { user: "3" }), undefined);
  assert.equal(found(table, { user: "3", tier: "y", more: "" }), "b");
  assert.equal(found(RouteTable.parse('{"routes":[]}'), {}), undefined);
});

test("values are told apart whatever they contain, and names of objects' own are no keys", () => {
  const table = tableOf(
    to("a", { x: "1,y=2", y: "3" }),
    to("b", { x: "1", y: '2","3' }),
    to("c", { x: "1", y: "2" }),
    to("d", { constructor: true }),
  );
  assert.equal(found(table, { x: "1", y: "2" }), "c");
  assert.equal(found(table, { x: "1", y: '2","3' }), "b");
  assert.equal(found(table, { x: "1,y=2", y: "3" }), "a");
  assert.equal(found(table, {}), undefined);
  assert.equal(found(table, { constructor: "" }), "d");
});

test("100,000 routes are found about as fast as ten", () => {
  const table = tableOf(...Array.from({ length: 100_000 }, (_, i) => to(`t${i}`, { user: `u${i}` })));
  const startedAt = performance.now();
  for (let i = 0; i < 10_000; i++) assert.equal(found(table, { user: `u${99_999 - i}` }), `t${99_999 - i}`);
  // A list that is walked through takes minutes.
  assert.ok(performance.now() - startedAt < 2000);
});

test("what is wrong with a file is said, and where", () => {
  const wrong: [unknown, RegExp][] = [
    ["", /JSON/],
    [[], /must be an object/],
    [{}, /^Error: routes|routes: must be a list, got nothing/],
    [{ routes: {} }, /routes: must be a list/],
    [{ routes: [{}] }, /routes\[0\]\.targets: must be a list of at least one target, got nothing/],
    [{ routes: [{ targets: [] }] }, /routes\[0\]\.targets/],
    [{ routes: [{ targets: [""] }] }, /routes\[0\]\.targets/],
    [{ routes: [{ targets: "a" }] }, /routes\[0\]\.targets/],
    [{ routes: [{ targets: ["a"], headerData: "ü" }] }, /headerData: must be printable ASCII/],
    [{ routes: [{ targets: ["a"], headerData: "a\nb" }] }, /headerData: must be printable ASCII/],
    [{ routes: [{ targets: ["a"], match: { user: 7 } }] }, /match\.user: must be a text, a list/],
    [{ routes: [{ targets: ["a"], match: { user: [] } }] }, /match\.user/],
    [{ routes: [{ targets: ["a"], match: { user: null } }] }, /match\.user/],
    [{ routes: [{ targets: ["a"], match: [] }] }, /match: must be an object/],
    [
      { routes: [{ targets: ["b"] }, { targets: ["a"], match: null }] },
      /routes\[1\]\.match: must be an object, got null/,
    ],
    [{ routes: [{ targets: ["a"], headerData: "a " }] }, /headerData: must be .* without spaces at its ends/],
    [
      { routes: [{ targets: ["a"], headerData: "x".repeat(8193) }] },
      /headerData: must be at most 8192 bytes/,
    ],
    [
      { routes: [{ targets: ["a"], mtach: {} }] },
      /routes\[0\]\.mtach: is not known here\. Did you mean "match"/,
    ],
    [{ routes: [], default: "a" }, /default: is not known here/],
  ];
  for (const [content, message] of wrong) {
    const text = content === "" ? "{ half" : JSON.stringify(content);
    assert.throws(() => RouteTable.parse(text), message, text);
  }
  const long = Array.from({ length: 101 }, (_, i) => String(i));
  assert.throws(
    () => tableOf(to("a", { x: long, y: long })),
    /routes\[0\]\.match: its lists make more than 10000/,
  );
  const most = long.slice(1);
  const many = Array.from({ length: 100 }, (_, i) => to("a", { x: most, y: most, [`n${i}`]: true }));
  assert.equal(tableOf(...many).size, 100);
  assert.throws(
    () => tableOf(...many, to("a", { x: "1" })),
    /routes\[100\]: all routes make more than 1000000 combinations/,
  );
});

test("routes that no key gets to are known by their places", () => {
  const unused = (...routes: FileRoute[]) => tableOf(...routes).unused;
  assert.deepEqual(unused(to("a", { user: "1" }), to("b", { user: ["1", "2"] }), to("rest")), []);
  assert.deepEqual(
    unused(to("rest"), to("a", { user: "1" }), to("again"), to("b", { user: true })),
    [1, 2, 3],
  );
  assert.deepEqual(unused(to("none", {}), to("a", { user: "1" })), [1]);
  assert.deepEqual(
    unused(
      to("a", { x: ["1", "2"], y: true }),
      to("same", { y: true, x: "2" }),
      to("other", { y: false, x: "2" }),
      to("both", { y: true, x: ["2", "1", "1"] }),
      to("part", { y: true, x: ["2", "3"] }),
    ),
    [1, 3],
  );
});
