import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { SchemaOptions } from "../../lib/schema/index.js";
import { type GenerateOptions, generateModules } from "../../lib/tools/codegen/index.js";
import { projectFolder } from "../schema/proto-roots.js";
import {
  type Everything as FormEverything,
  Shapes as FormShapes,
} from "./forms/generated/shapes/everything.js";
import { Color } from "./generated/shapes/base.js";
import type { CityInit } from "./generated/shapes/city.js";
import {
  type Everything,
  type EverythingInit,
  Shapes,
  type ShapesMethods,
} from "./generated/shapes/everything.js";

const includeDirs = [join(projectFolder, "test/schema/protos")];

/** Holds at compile time only. */
function typeChecks(received: Everything): void {
  const all: ShapesMethods["clientStream"]["kind"] = "clientStreaming";
  const sent: EverythingInit = {
    fInt64: 5n,
    longs: [1, "2"],
    fBytes: new Uint8Array(1),
    fColor: Color.RED,
    text: "x",
  };
  const again: EverythingInit = received;
  const tagged: EverythingInit = { choice: "number", number: 1 };
  if (received.choice === "text") {
    const text: string = received.text;
    // @ts-expect-error another case's field is not there
    const wrong: number = received.number;
    void [text, wrong];
  }
  // @ts-expect-error two cases
  const two: EverythingInit = { text: "x", number: 1 };
  // @ts-expect-error no such case
  const noCase: EverythingInit = { choice: "nunber", text: "x" };
  // @ts-expect-error no such value
  const noValue: CityInit = { kind: "KIND_TOWN" };
  // @ts-expect-error a message may lack it
  const inner: object = received.fInner;
  const name: string | undefined = received.fInner?.inner?.kind.toString();
  void [all, sent, again, tagged, two, noCase, noValue, inner, name];
}

function formChecks(received: FormEverything): void {
  const long: bigint | undefined = received.f_int64;
  const kind: number | undefined = received.f_kind;
  const bytes: string | undefined = received.f_bytes;
  const date: Date | undefined = received.timestamp;
  const ms: number | undefined = received.duration;
  const list: string[] | undefined = received.strings;
  // @ts-expect-error oneofs are not named
  void received.choice;
  void [long, kind, bytes, date, ms, list];
}

void [typeChecks, formChecks];

describe("the committed modules are what the generator writes", () => {
  const outputs: [string, string[], GenerateOptions][] = [
    ["test/tools/generated", includeDirs, { includeDirs, runtime: "../../../lib/schema/index.js" }],
    [
      "test/tools/forms/generated",
      ["shapes/everything.proto"],
      {
        includeDirs,
        runtime: "../../../../lib/schema/index.js",
        longs: "bigint",
        enums: "number",
        bytes: "base64",
        timestamps: "date",
        durations: "ms",
        keepCase: true,
        defaults: false,
        oneofs: false,
      },
    ],
  ];
  for (const [folder, protos, options] of outputs) {
    test(folder, () => {
      const modules = generateModules(protos, options);
      const committed = readdirSync(join(projectFolder, folder), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".ts"))
        .sort();
      assert.deepEqual(committed, [...modules.keys()]);
      for (const [path, text] of modules) {
        assert.equal(readFileSync(join(projectFolder, folder, path), "utf8"), text, path);
      }
    });
  }
});

describe("a generated service", () => {
  test("carries its schema: methods, options and custom options", () => {
    const service = Shapes.load();
    assert.equal(Shapes.name, "shapes.all.Shapes");
    assert.equal(service.name, Shapes.name);
    assert.deepEqual(
      service.methods.map(({ localName, kind }) => [localName, kind]),
      [
        ["unary", "unary"],
        ["serverStream", "serverStreaming"],
        ["clientStream", "clientStreaming"],
        ["bidi", "bidiStreaming"],
      ],
    );
    assert.equal(service.methods[2]?.options["(shapes.role)"], "admin");
    assert.equal(Shapes.load(), service);
  });

  test("reads and writes messages in the form of its types", () => {
    const codec = Shapes.load().methods[0]!.request;
    const sent: EverythingInit = { fInt64: 7n, text: "x" };
    const received = codec.decode(codec.encode(sent)) as Everything;
    assert.equal(received.fInt64, "7");
    assert.equal(received.choice === "text" ? received.text : undefined, "x");

    const formCodec = FormShapes.load().methods[0]!.request;
    const form = formCodec.decode(
      formCodec.encode({ f_int64: 7, timestamp: new Date(5), f_kind: 1 }),
    ) as FormEverything;
    assert.deepEqual(form, { f_int64: 7n, timestamp: new Date(5), f_kind: 1 });
  });

  test("holds all files for reflection, imported ones first", () => {
    const names = Shapes.schema().files.map(({ name }) => name);
    assert.equal(names.at(-1), "shapes/everything.proto");
    assert.ok(names.indexOf("shapes/base.proto") < names.indexOf("shapes/options.proto"));
    assert.ok(names.includes("google/protobuf/descriptor.proto"));
  });
});

describe("generated text", () => {
  const everything = () =>
    generateModules(["shapes/everything.proto"], { includeDirs }).get("shapes/everything.ts")!;

  test("imports Grebe as its users do", () => {
    assert.match(everything(), /^import \{ .*defineService.* \} from "grebe\/schema";$/m);
  });

  test("has the comments of the proto", () => {
    assert.match(everything(), /\/\*\* behind it \*\/\n {2}fInner\?: Everything_Inner;/);
    assert.match(everything(), / \* Every kind of field\.\n \*\n \* @deprecated\n/);
    assert.match(everything(), /\/\*\* Streams to the client\. \*\/\n {2}serverStream: \{/);
  });

  test("carries only the options that are not the default", () => {
    const options: SchemaOptions = { includeDirs, longs: Number, enums: String };
    const city = generateModules(["shapes/city.proto"], options).get("shapes/city.ts")!;
    assert.match(city, /^ {2}\{ longs: "number" \},$/m);
    assert.match(city, /^ {2}id: number;$/m);
  });
});
