import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "class-transformer";
import {
  Allow,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Min,
  ValidateNested,
} from "class-validator";
import { ElementType, hasRules, type ShapeOptions, shapeOf } from "../../../lib/app/validation/index.js";
import type { MessageDescriptor, StartupProblem } from "../../../lib/rpc/index.js";
import { mapOf, message, repeated } from "./messages.js";

type AnyClass = new () => object;

class Position {
  @IsInt() latitude = 0;
}

class Empty {}

const position = message("atlas.v1.Position", { latitude: { type: "int32" } });

function shape(target: AnyClass, type: MessageDescriptor, options?: ShapeOptions) {
  const problems: StartupProblem[] = [];
  const found = shapeOf(target, type, problems, options);
  return { shape: found, problems: problems.map(({ code, message }) => `${code} ${message}`) };
}

test("nested classes come from declared types, and of elements from @ElementType", () => {
  class Trip {
    @ValidateNested() start!: Position;
    @ValidateNested() @ElementType(() => Position) stops!: Position[];
    @ElementType(() => Position) byName!: Record<string, Position>;
    @IsOptional() unruled!: Empty;
    @IsDefined() at!: Date;
  }
  const type = message("atlas.v1.Trip", {
    start: position,
    stops: repeated(position),
    by_name: mapOf(position),
    unruled: message("atlas.v1.Empty", {}),
    at: message("google.protobuf.Timestamp", {}),
    plain: position,
  });
  const found = shape(Trip, type);
  assert.deepEqual(found.problems, []);
  assert.equal(found.shape?.create, Trip);
  const classes = [...(found.shape?.fields ?? [])].map(([name, { create }]) => [name, create]);
  assert.deepEqual(classes, [
    ["start", Position],
    ["stops", Position],
    ["byName", Position],
    ["unruled", Empty],
  ]);
});

test("class-transformer's @Type serves where a user already has it", () => {
  class Trip {
    @ValidateNested({ each: true }) @Type(() => Position) stops!: Position[];
  }
  const found = shape(Trip, message("atlas.v1.Trip", { stops: repeated(position) }));
  assert.deepEqual(found.problems, []);
  assert.equal(found.shape?.fields.get("stops")?.create, Position);
});

test("a class that contains itself has a shape that does", () => {
  class Node {
    @ValidateNested({ each: true }) @ElementType(() => Node) children!: Node[];
  }
  const type = message("Node", { children: { kind: "message", type: "Node", repeated: true } });
  (type.fields[0] as { message: MessageDescriptor }).message = type;
  const found = shape(Node, type).shape;
  assert.equal(found?.fields.get("children"), found);
});

test("a subclass has the fields of the class it extends", () => {
  class Base {
    @ElementType(() => Position) stops!: Position[];
    @IsInt() cityId = 1;
  }
  class Sub extends Base {
    @ElementType(() => Position) more!: Position[];
  }
  const type = message("Sub", {
    stops: repeated(position),
    more: repeated(position),
    city_id: { type: "int32" },
  });
  assert.deepEqual([...(shape(Sub, type).shape?.fields.keys() ?? [])], ["stops", "more"]);
  assert.ok(hasRules(Sub));
  assert.deepEqual(shape(Sub, message("Sub", {})).problems.length, 3);
});

test("an enum held to be a number is reported where enums arrive as names", () => {
  enum Color {
    RED = 0,
  }
  class Wrong {
    @IsInt() color = Color.RED;
    @IsDefined() other!: Color;
  }
  const color = { kind: "enum", type: "v1.Color" } as const;
  const type = message("Wrong", { color, other: color });
  assert.deepEqual(shape(Wrong, type, { enums: "number" }).problems, []);
  assert.deepEqual(shape(Wrong, type, { enums: "string" }).problems, [
    "WRONG_FIELD_CLASS Wrong.color has the rule isInt, which needs a number, but Wrong.color (enum v1.Color) arrives as a string.",
    "WRONG_FIELD_CLASS Wrong.other is declared as number, but Wrong.other (enum v1.Color) arrives as a string.",
  ]);
});

test("a type that is no class of the user's has no shape", () => {
  for (const type of [Object, Array, Promise, Map])
    assert.equal(shape(type as AnyClass, position).shape, undefined);
});

test("hasRules tells a class with rules in any group from one without", () => {
  class Grouped {
    @IsInt({ groups: ["create"] }) a = 1;
  }
  assert.deepEqual([Grouped, Position, Empty, Object].map(hasRules), [true, true, false, false]);
});

test("a rule for a field that the message lacks is reported with the nearest name", () => {
  class Wrong {
    @IsInt() latitud = 1;
    @Allow() zip_code = "";
    @ElementType(() => Position) nothing!: Position[];
    @IsIn(["card"]) payment = "card";
  }
  const type = message("Wrong", { latitude: { type: "int32" }, zip_code: {}, card: { oneof: "payment" } });
  assert.deepEqual(shape(Wrong, type).problems, [
    'UNKNOWN_FIELD Wrong.latitud has rules, but Wrong has no field "latitud". Did you mean "latitude"?',
    'UNKNOWN_FIELD Wrong.zip_code has rules, but Wrong has no field "zip_code". Messages carry it as "zipCode".',
    'UNKNOWN_FIELD Wrong.nothing has rules, but Wrong has no field "nothing".',
  ]);
});

test("a nested class that is missing, needless or without rules is reported", () => {
  class Wrong {
    @ValidateNested({ each: true }) stops!: Position[];
    @ValidateNested() start!: object;
    @ValidateNested() empty!: Empty;
    @ValidateNested() name!: string;
    @IsDefined() other!: Position;
    @ElementType(() => Position) ids!: number[];
  }
  const type = message("Wrong", {
    ...{ stops: repeated(position), start: position, empty: message("Empty", {}), name: {}, other: {} },
    ids: { type: "int32", repeated: true },
  });
  assert.deepEqual(shape(Wrong, type).problems, [
    "WRONG_FIELD_CLASS Wrong.stops has @ValidateNested, but its class is not known. Add @ElementType(() => …) with the class of atlas.v1.Position.",
    "WRONG_FIELD_CLASS Wrong.start has @ValidateNested, but its class is not known. Add @ElementType(() => …) with the class of atlas.v1.Position.",
    "WRONG_FIELD_CLASS Wrong.empty has @ValidateNested, but Empty has no rules: every message would be refused. Add some, or take the decorator away.",
    "WRONG_FIELD_CLASS Wrong.name has @ValidateNested, but Wrong.name is string. Take the decorator away.",
    "WRONG_FIELD_CLASS Wrong.other has the class Position, but Wrong.other is string, not a message.",
    "WRONG_FIELD_CLASS Wrong.ids has the class Position, but Wrong.ids is repeated int32, not a message.",
  ]);
});

test("a declared type or a rule that no value of the field can fit is reported", () => {
  class Wrong {
    @IsDefined() count!: string;
    @Min(1) name: unknown;
    @IsString() tags!: string;
    @Min(1, { each: true }) flags: unknown;
    @IsBoolean() fits!: boolean;
    @IsInt() population!: number;
    @Min(1) elevation: unknown;
  }
  const type = message("Wrong", {
    ...{
      count: { type: "int32" },
      name: {},
      tags: { repeated: true },
      flags: { type: "bool", repeated: true },
    },
    ...{ fits: { type: "bool" }, population: { type: "int64" }, elevation: { type: "sint64" } },
  });
  const always = [
    "WRONG_FIELD_CLASS Wrong.count is declared as string, but Wrong.count (int32) arrives as a number.",
    "WRONG_FIELD_CLASS Wrong.name has the rule min, which needs a number, but Wrong.name (string) arrives as a string.",
    "WRONG_FIELD_CLASS Wrong.tags is declared as string, but Wrong.tags (repeated string) arrives as an array.",
    "WRONG_FIELD_CLASS Wrong.flags has the rule min, which needs a number, but Wrong.flags (bool) arrives as a boolean.",
  ];
  assert.deepEqual(shape(Wrong, type).problems, always);
  assert.deepEqual(shape(Wrong, type, { longs: "number" }).problems, always);
  assert.deepEqual(shape(Wrong, type, { longs: "string" }).problems.slice(4), [
    "WRONG_FIELD_CLASS Wrong.population is declared as number, but Wrong.population (int64) arrives as a string.",
    "WRONG_FIELD_CLASS Wrong.elevation has the rule min, which needs a number, but Wrong.elevation (sint64) arrives as a string.",
  ]);
});
