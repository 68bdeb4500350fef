/** Shape, codec and check together, from bytes to violations. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { IsIn, IsInt, IsOptional, IsString, MaxLength, Min, ValidateNested } from "class-validator";
import { compileValidation, ElementType, shapeOf } from "../../../lib/app/validation/index.js";
import type { StartupProblem } from "../../../lib/rpc/index.js";
import { loadSchema } from "../../../lib/schema/index.js";

class Item {
  @IsInt() @Min(0) number!: number;
  @IsString({ each: true }) @MaxLength(3, { each: true }) tags!: string[];
  @Min(1, { each: true }) counts!: Record<string, number>;
  @IsOptional() @MaxLength(3) note?: string;
  @IsIn(["KIND_UNSPECIFIED", "KIND_SMALL"]) kind!: string;
  @IsOptional() @ValidateNested() @ElementType(() => Item) inner?: unknown;
  @IsOptional() @IsIn(["word"]) value?: string;
  @IsString() large!: string;

  size(): number {
    return this.tags.length;
  }
}

const schema = loadSchema(["test/protos/probe.proto"]);
const plain = schema.codec("grebe.test.Item");
const problems: StartupProblem[] = [];
const codec = plain.withShape(shapeOf(Item, plain.message, problems, schema.options)!);
const validation = compileValidation(Item, { message: plain.message });

function decode(value: object): Item {
  return codec.decode(plain.encode(value)) as Item;
}

test("the class fits the message", () => {
  assert.deepEqual(problems, []);
});

test("decoded messages are instances of their classes and pass when they are good", () => {
  const item = decode({ tags: ["a", "b"], counts: { x: 1 }, word: "w", inner: { number: 1, tags: ["c"] } });
  assert.equal(item.size(), 2);
  assert.equal((item.inner as Item).size(), 1);
  assert.equal(validation.check(item), undefined);
  assert.equal(validation.check(decode({})), undefined);
});

test("what is wrong is found in lists, maps, oneofs and nested messages", () => {
  const item = decode({
    number: -1,
    kind: 7,
    amount: 1,
    inner: { inner: { note: "long", tags: ["a", "long"] } },
    counts: { good: 1, bad: 0 },
  });
  const found = validation.check(item);
  assert.ok(found !== undefined && !(found instanceof Promise));
  assert.deepEqual(found.map(({ field, rule }) => `${field} ${rule}`).toSorted(), [
    'counts["bad"] min',
    "inner.inner.note maxLength",
    "inner.inner.tags[1] maxLength",
    "kind isIn",
    "number min",
    "value isIn",
  ]);
});
