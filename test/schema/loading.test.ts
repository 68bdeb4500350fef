import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { StartupError } from "../../lib/rpc/index.js";
import { loadSchema, type SchemaOptions } from "../../lib/schema/index.js";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "protos-"));
});
after(() => rmSync(folder, { recursive: true }));

/** Writes files and returns the folder they are in. */
function write(name: string, files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return join(folder, name);
}

function problems(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    assert.ok(error instanceof StartupError, String(error));
    return error.problems.map(({ code, message }) => `${code} ${message}`).join("\n");
  }
  return "no problem";
}

const proto3 = (body: string) => `syntax = "proto3";\n${body}`;

describe("services", () => {
  const load = () => {
    const place = write("services", {
      "shop/v1/shop.proto": proto3(`package shop.v1;
        import "google/protobuf/empty.proto";
        service Shop {
          rpc GetItem(google.protobuf.Empty) returns (Item) { option idempotency_level = NO_SIDE_EFFECTS; }
          rpc ListItems(google.protobuf.Empty) returns (stream Item);
          rpc add_items(stream Item) returns (google.protobuf.Empty) { option deprecated = true; }
          rpc HTTPChat(stream Item) returns (stream Item);
        }
        message Item { int32 unit_price = 1; }`),
      "shop/v2/shop.proto":
        proto3(`package shop.v2; message Item {} service Shop { rpc Get(Item) returns (Item); }
        service Stock { rpc Get(Item) returns (Item); }`),
    });
    return loadSchema([place]);
  };

  test("have their methods with mode, path, name in code and options", () => {
    const { methods } = load().findService("shop.v1.Shop");
    assert.deepEqual(
      methods.map(({ name, localName, path, kind }) => [name, localName, path, kind]),
      [
        ["GetItem", "getItem", "/shop.v1.Shop/GetItem", "unary"],
        ["ListItems", "listItems", "/shop.v1.Shop/ListItems", "serverStreaming"],
        ["add_items", "addItems", "/shop.v1.Shop/add_items", "clientStreaming"],
        ["HTTPChat", "hTTPChat", "/shop.v1.Shop/HTTPChat", "bidiStreaming"],
      ],
    );
    assert.equal(methods[0]?.idempotency, "NO_SIDE_EFFECTS");
    assert.equal(methods[1]?.idempotency, "IDEMPOTENCY_UNKNOWN");
    assert.deepEqual(methods[2]?.options, { deprecated: true });
    const [price] = methods[0]!.response.message.fields;
    assert.equal(price?.name, "unit_price");
    assert.equal(price?.localName, "unitPrice");
  });

  test("are found by full name, or by the bare name if there is one such service", () => {
    const schema = load();
    assert.equal(schema.findService("Stock").name, "shop.v2.Stock");
    assert.match(
      problems(() => schema.findService("Shop")),
      /UNKNOWN_SERVICE Shop is ambiguous.*shop\.v1\.Shop, shop\.v2\.Shop/,
    );
    assert.match(
      problems(() => schema.findService("shop.v1.Shopp")),
      /UNKNOWN_SERVICE .*Did you mean "shop\.v1\.Shop"\?/,
    );
    assert.match(
      problems(() => schema.codec("shop.v1.Itm")),
      /Did you mean "shop\.v1\.Item"\?/,
    );
  });

  test("keep the names of files that their packages lead to", () => {
    assert.deepEqual(
      load().files.map(({ name }) => name),
      ["google/protobuf/empty.proto", "shop/v1/shop.proto", "shop/v2/shop.proto"],
    );
  });
});

describe("files", () => {
  const files = {
    "root/a/one.proto": proto3(
      'package a; import "a/two.proto"; import "third.proto"; message One { Two two = 1; Three three = 2; }',
    ),
    "root/a/two.proto": proto3("package a; message Two {}"),
    "root/a/third.proto": proto3("package a; message Three {}"),
    "other/b.proto": proto3('package b; import "a/one.proto"; message B { a.One one = 1; }'),
  };

  test("are found by path, folder and pattern; loading one twice is no matter", () => {
    const place = write("files", files);
    const schema = loadSchema([
      join(place, "root/**/*.proto"),
      join(place, "root/a/one.proto"),
      join(place, "root/a"),
    ]);
    assert.deepEqual([...schema.types.messages.keys()].sort(), ["a.One", "a.Three", "a.Two"]);
  });

  test("are found below the include folders", () => {
    const place = write("files", files);
    const schema = loadSchema(["b.proto"], { includeDirs: [join(place, "other"), join(place, "root")] });
    assert.deepEqual(
      schema.files.map(({ name }) => name),
      ["a/two.proto", "a/third.proto", "a/one.proto", "b.proto"],
    );
  });

  test("that are missing are reported with the folders that were searched", () => {
    const place = write("missing", { "m.proto": proto3('import "nowhere.proto";') });
    assert.match(
      problems(() => loadSchema([join(place, "m.proto")])),
      /BAD_PROTO .*m\.proto:2:1: "nowhere\.proto" is not there\. Add its folder to includeDirs\. Searched:\n.*missing/s,
    );
    assert.match(
      problems(() => loadSchema(["absent.proto"], { includeDirs: [place] })),
      /absent\.proto is not there\. Looked for:\n.*missing/s,
    );
    assert.match(
      problems(() => loadSchema([join(place, "*.prot")])),
      /is not there/,
    );
  });

  test("that import each other in a circle are reported", () => {
    const place = write("circle", {
      "x.proto": proto3('import "y.proto";'),
      "y.proto": proto3('import "x.proto";'),
    });
    assert.match(
      problems(() => loadSchema([join(place, "x.proto")])),
      /in a circle: .*x\.proto -> .*y\.proto -> .*x\.proto/,
    );
  });

  test("with the same name in two folders are reported", () => {
    const place = write("twins", {
      "1/t.proto": proto3("message A {}"),
      "2/t.proto": proto3("message B {}"),
    });
    const load = () =>
      loadSchema([join(place, "1/t.proto"), join(place, "2/t.proto")], {
        includeDirs: [join(place, "1"), join(place, "2")],
      });
    assert.match(problems(load), /two files are both t\.proto/);
  });

  test("of the well-known types and the error model are always there", () => {
    const schema = loadSchema(["google/rpc/error_details.proto", "google/protobuf/struct.proto"]);
    assert.ok(schema.types.messages.has("google.rpc.BadRequest"));
    const struct = schema.codec("google.protobuf.Struct");
    const value = {
      fields: {
        a: { kind: "listValue", listValue: { values: [{ kind: "nullValue", nullValue: "NULL_VALUE" }] } },
      },
    };
    assert.deepEqual(struct.decode(struct.encode(value)), value);
  });
});

describe("mistakes in a file are reported with line and column", () => {
  const cases: [string, string, RegExp][] = [
    ["a missing semicolon", "message A {\n  int32 a = 1\n}", /:4:1: expected ";", found "}"/],
    [
      "an unknown type",
      "message A { Bee b = 1; }\nmessage Be {}",
      /:2:13: unknown type Bee\. Did you mean "Be"\?/,
    ],
    [
      "a type that is not imported",
      "message A { google.protobuf.Any a = 1; }",
      /unknown type google\.protobuf\.Any/,
    ],
    ["a number twice", "message A { int32 a = 1; int32 b = 1; }", /field b of A has the same number as a: 1/],
    ["a name twice", "message A { int32 a = 1; int32 a = 2; }", /:2:26: a is declared twice here/],
    [
      "a reserved number",
      "message A { reserved 2 to 4; int32 a = 3; }",
      /field a of A has a reserved number: 3/,
    ],
    [
      "a number out of range",
      "message A { int32 a = 0; }",
      /a field number 0 is out of range: use 1 to 536870911/,
    ],
    ["protobuf's own numbers", "message A { int32 a = 19500; }", /keeps for itself/],
    ["required in proto3", "message A { required int32 a = 1; }", /proto3 has no required fields/],
    [
      "a map with a bad key",
      "message A { map<double, int32> a = 1; }",
      /a map key is an integer, bool or string type, not double/,
    ],
    ["an enum that does not start at 0", "enum E { A = 1; }", /the first value of enum E must be 0/],
    [
      "an rpc with an enum",
      "enum E { A = 0; }\nservice S { rpc A(E) returns (E); }",
      /E is an enum; an rpc takes and returns messages/,
    ],
    ["an unknown option", "message A { option colour = 1; }", /has no option or field colour/],
    [
      "an option of the wrong type",
      'message A { int32 a = 1 [deprecated = "x"]; }',
      /option deprecated takes a value of type bool/,
    ],
    ["an unknown extension", "message A { option (x.y) = 1; }", /unknown option x\.y/],
    ["a string that does not end", 'option java_package = "x;\n', /:2:23: a string that does not end/],
    ["a comment that does not end", "/* x", /unexpected|expected/],
    ["an odd character", "message A { int32 ä = 1; }", /:2:19: unexpected "ä"/],
    ["a declaration twice", "message A {}\nenum A { B = 0; }", /A is declared twice: also in the same file/],
    ["groups", "message A { repeated group G = 1 {} }", /groups are not supported/],
    ["the end of the file", "message A {", /expected .*, found end of file/],
  ];
  for (const [name, body, expected] of cases) {
    test(name, () => {
      const place = write("mistakes", { "bad.proto": proto3(body) });
      const found = problems(() => loadSchema(["bad.proto"], { includeDirs: [place] }));
      assert.match(found, /^BAD_PROTO bad\.proto/);
      assert.match(found, expected);
    });
  }

  test("editions and unknown syntaxes", () => {
    const place = write("syntax", { "e.proto": 'edition = "2023";', "s.proto": 'syntax = "proto4";' });
    assert.match(
      problems(() => loadSchema([join(place, "e.proto")])),
      /editions are not supported/,
    );
    assert.match(
      problems(() => loadSchema([join(place, "s.proto")])),
      /unknown syntax "proto4"/,
    );
  });

  test("two fields that are the same in code", () => {
    const place = write("twice", {
      "d.proto": proto3(
        "message A { int32 zip_code = 1; int32 zipCode = 2; oneof zip_Code { int32 x = 3; } }",
      ),
    });
    const load = (options: SchemaOptions) => problems(() => loadSchema([join(place, "d.proto")], options));
    assert.match(
      load({}),
      /DUPLICATE_FIELD A: zip_code and zipCode are both "zipCode" in code\. Rename one, or load with keepCase: true\./,
    );
    assert.equal(load({ keepCase: true }), "no problem");
  });
});

test("wrong options are reported together", () => {
  const options = {
    longs: "Long",
    keepcase: true,
    bytes: Array,
    json: true,
    includeDirs: "x",
  } as unknown as SchemaOptions;
  const found = problems(() => loadSchema([], options));
  assert.match(
    found,
    /BAD_OPTION schema option longs: "Long" is none of String, "string", Number, "number", BigInt, "bigint"\./,
  );
  assert.match(found, /BAD_OPTION schema option keepcase is not known\. Did you mean "keepCase"\?/);
  assert.match(found, /BAD_OPTION schema option bytes: Array is none of Buffer/);
  assert.match(found, /BAD_OPTION schema option json is not supported/);
  assert.match(found, /BAD_OPTION schema option includeDirs: "x" is no list of folders/);
});
