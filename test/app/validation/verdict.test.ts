/** The compiled check against class-validator itself, on generated classes, options and messages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import * as cv from "class-validator";
import { Checker } from "../../../lib/app/validation/checker.js";
import {
  compileValidation,
  type ValidationOptions,
  type Violation,
} from "../../../lib/app/validation/index.js";
import { catalogue, Instance, leftOut, structural } from "./rule-catalogue.js";

const CLASSES = 500;
const MESSAGES = 50;

type AnyClass = new () => Record<string, unknown>;

/** A small generator of numbers (xorshift), so that each run sees the same classes and messages. */
class Chance {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }
  is(percent: number): boolean {
    return this.below(100) < percent;
  }
  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

@cv.ValidatorConstraint({ name: "notSeven" })
class NotSeven implements cv.ValidatorConstraintInterface {
  validate(value: unknown, args: cv.ValidationArguments) {
    return value !== 7 && args.property in args.object !== undefined;
  }
  defaultMessage() {
    return "$property is seven ($constraint1, $value) in $target";
  }
}

const groupNames = ["create", "update"];

interface Generated {
  readonly target: AnyClass;
  /** By property, values that its rules tend to accept. */
  readonly good: Map<string, unknown[]>;
  readonly nested: Map<string, { readonly of: Generated; readonly list: boolean }>;
}

function generateClass(chance: Chance, earlier: readonly Generated[]): Generated {
  const target = class Message {} as AnyClass;
  if (earlier.length > 0 && chance.is(20)) {
    Object.setPrototypeOf(target.prototype, chance.one(earlier).target.prototype);
  }
  const generated: Generated = { target, good: new Map(), nested: new Map() };
  const fields = 1 + chance.below(4);
  for (let index = 0; index < fields; index++) {
    const property = `field${chance.below(6)}`;
    if (chance.is(20)) placeNested(chance, generated, property, earlier);
    else placeRules(chance, generated, property);
    if (chance.is(15)) cv.IsOptional(ruleOptions(chance))(target.prototype, property);
    if (chance.is(10)) cv.ValidateIf((m) => m.field0 !== undefined)(target.prototype, property);
    if (chance.is(10)) cv.Validate(NotSeven, [1], ruleOptions(chance))(target.prototype, property);
    if (chance.is(5)) placeOwnRule(chance, target, property);
  }
  return generated;
}

function placeNested(
  chance: Chance,
  generated: Generated,
  property: string,
  earlier: readonly Generated[],
): void {
  const of = earlier.length === 0 || chance.is(15) ? generated : chance.one(earlier);
  generated.nested.set(property, { of, list: chance.is(50) });
  cv.ValidateNested(ruleOptions(chance))(generated.target.prototype, property);
}

function placeRules(chance: Chance, { target, good }: Generated, property: string): void {
  const names = Object.keys(catalogue);
  for (let count = chance.is(70) ? 1 : 2; count > 0; count--) {
    const entry = catalogue[chance.one(names)]!;
    const options = ruleOptions(chance);
    chance.one(entry.variants)(options)(target.prototype, property);
    const values = options.each ? [...entry.good.map((value) => [value]), new Set(entry.good)] : entry.good;
    good.set(property, [...(good.get(property) ?? []), ...values]);
  }
}

/** A rule of the user's under a built-in's name: the built-in's predicate must not be taken for it. */
function placeOwnRule(chance: Chance, target: AnyClass, property: string): void {
  const name = chance.one(["isInt", "isEmail", "mine"]);
  const validator = {
    validate: (value: unknown) => typeof value === "string",
    defaultMessage: () => "own rule",
  };
  cv.ValidateBy({ name, validator }, ruleOptions(chance))(target.prototype, property);
}

function ruleOptions(chance: Chance): cv.ValidationOptions {
  return {
    ...(chance.is(25) && { each: true }),
    ...(chance.is(15) && { groups: [chance.one(groupNames)] }),
    ...(chance.is(10) && { always: chance.is(70) }),
    ...(chance.is(5) && { validateIf: (message: Record<string, unknown>) => message.field1 !== null }),
    ...(chance.is(10) && { message: "$property has $value, $constraint1" }),
    ...(chance.is(5) && { message: ({ property }: cv.ValidationArguments) => `${property}: no` }),
    ...(chance.is(5) && { context: { code: 7 } }),
  };
}

function generateOptions(chance: Chance): ValidationOptions {
  return {
    ...(chance.is(20) && { groups: chance.is(80) ? [chance.one(groupNames)] : [] }),
    ...(chance.is(10) && { always: true }),
    ...(chance.is(10) && { strictGroups: true }),
    ...(chance.is(10) && { skipUndefinedProperties: true }),
    ...(chance.is(10) && { skipNullProperties: true }),
    ...(chance.is(15) && { skipMissingProperties: true }),
    ...(chance.is(15) && { whitelist: true }),
    ...(chance.is(10) && { forbidNonWhitelisted: true }),
    ...(chance.is(60) && { forbidUnknownValues: false }),
    ...(chance.is(10) && { stopAtFirstError: true }),
    ...(chance.is(5) && { dismissDefaultMessages: true }),
  };
}

const anyGood = Object.values(catalogue).flatMap(({ good }) => good);
const odd: readonly unknown[] = [
  ...[undefined, null, "", " ", "a", 0, 7, -1, 1.5, Number.NaN, true, "0", [], {}, new Set(), new Map()],
  ...[
    [undefined],
    [null],
    [1, "a"],
    new Map([["k", 7]]),
    new Set(["a"]),
    Buffer.from("ab"),
    new Instance(),
    5n,
  ],
  ...[
    "\ud800",

    "$constraint1",
    "constructor",
    [[]],
    new Date(0),
    () => 1,
    Object.create(null),
  ],
];

function generateMessage(chance: Chance, generated: Generated, depth: number): Record<string, unknown> {
  const message = new generated.target();
  const quality = chance.one([60, 95, 100]);
  for (const [property, values] of generated.good) {
    message[property] = chance.is(quality) ? chance.one(values) : chance.one(chance.is(50) ? anyGood : odd);
  }
  for (const [property, { of, list }] of generated.nested) {
    if (depth > 1) continue;
    const child = () => (chance.is(96) ? generateMessage(chance, of, depth + 1) : chance.one(odd));
    const children = list && Array.from({ length: chance.below(4) }, child);
    if (!children) message[property] = child();
    else if (chance.is(80)) message[property] = children;
    else
      message[property] = chance.is(50)
        ? new Set(children)
        : new Map(children.map((one, i) => [`k${i}`, one]));
  }
  if (chance.is(10)) message.stranger = 1;
  return message;
}

/** What class-validator says, as path, rule and text; undefined if it throws. */
function judge(message: object, options: ValidationOptions): readonly string[] | undefined {
  const list = (errors: readonly cv.ValidationError[], path: string, parent: unknown): string[] =>
    errors.flatMap(({ property, constraints, children, value }) => {
      const here = property === undefined ? path : join(path, property, parent);
      const own = Object.entries(constraints ?? {}).map(([rule, text]) => format(here, rule, text));
      return [...own, ...list(children ?? [], here, value)];
    });
  try {
    return list(cv.validateSync(message, options as cv.ValidatorOptions), "", message).sort();
  } catch {
    return undefined;
  }
}

function join(path: string, property: string, parent: unknown): string {
  if (Array.isArray(parent) || parent instanceof Set) return `${path}[${property}]`;
  if (parent instanceof Map) return `${path}[${JSON.stringify(property)}]`;
  return path === "" ? property : `${path}.${property}`;
}

function format(path: string, rule: string, text: unknown): string {
  return `${path} ${rule} ${String(text).slice(0, 299)}`;
}

/** Our violations as {@link judge} has them: the elements of an `each` rule are one entry there. */
function flatten(violations: readonly Violation[]): readonly string[] {
  const entries = violations.map(({ field, description, rule = "" }) => format(field, rule, description));
  return [...new Set(entries)].sort();
}

/** A copy with the same classes: `whitelist` changes a message. */
function copy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copy) as T;
  if (value instanceof Set) return new Set([...value].map(copy)) as T;
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [key, copy(one)])) as T;
  if (!(value instanceof Object) || value.constructor?.name !== "Message") return value;
  const entries = Object.entries(value).map(([key, one]) => [key, copy(one)]);
  return Object.assign(Object.create(Object.getPrototypeOf(value)), Object.fromEntries(entries));
}

test("every decorator of class-validator is fuzzed, or left out for a reason", () => {
  const exported = Object.entries(cv).filter(
    ([name, value]) => /^[A-Z]/.test(name) && typeof value === "function",
  );
  const covered = [...Object.keys(catalogue), ...structural, ...Object.keys(leftOut)];
  assert.deepEqual(exported.map(([name]) => name).sort(), covered.sort());
});

test("each decorator alone has class-validator's verdict, good and bad", (t) => {
  let count = 0;
  const unseen = new Set<string>();
  for (const [name, { good, variants }] of Object.entries(catalogue)) {
    const seen = new Set<boolean>();
    for (const variant of variants) {
      for (const options of [{}, { each: true }]) {
        const target = class Message {} as AnyClass;
        variant(options)(target.prototype, "field");
        const checker = new Checker({});
        for (const value of [...good, good, new Set(good), ...odd, ...anyGood]) {
          const message = Object.assign(new target(), { field: value });
          const isGood = judge(message, {})?.length === 0;
          assert.equal(checker.check(message, undefined), isGood, `${name} of ${inspect(value)}`);
          if (good.includes(value)) seen.add(isGood);
          if (!isGood) seen.add(false);
          count++;
        }
      }
    }
    if (seen.size < 2) unseen.add(name);
  }
  t.diagnostic(`${count} messages`);
  assert.deepEqual([...unseen], ["Allow"], "decorators that were never accepted, or never refused");
});

test("the predicates with a short way have the long way's verdict on values at the edge", () => {
  const chance = new Chance(7);
  const text = (letters: readonly string[], longest: number) =>
    Array.from({ length: chance.below(longest) }, () => chance.one(letters)).join("");
  const label = () => text([..."abcdefghijkZ7890-_."], chance.is(10) ? 70 : 6);
  const mail = () =>
    `${label()}${chance.one(["", "b", "+x", ".."])}@${label()}.${label()}${chance.one(["co", "de", ".de"])}`;
  const wide = () => text(["a", "é", "😀", "☁\ufe0f", "\ufe0e", "\ud83d", "\uffff"], chance.is(10) ? 90 : 12);
  const degrees = () => (chance.below(4001) - 2000) / chance.one([1, 3, 10, 22.2, 11.1, 1e7, 1e9]);
  const [least, most] = [1 + chance.below(9), 4 + chance.below(9)];
  const cases: readonly [PropertyDecorator, () => unknown, (value: unknown) => boolean][] = [
    [cv.IsEmail(), mail, (value) => cv.isEmail(value)],
    [cv.Length(least, most), wide, (value) => cv.length(value, least, most)],
    [cv.MinLength(least), wide, (value) => cv.minLength(value, least)],
    [cv.MaxLength(most), wide, (value) => cv.maxLength(value, most)],
    [cv.IsLatitude(), degrees, (value) => cv.isLatitude(value as string)],
    [cv.IsLongitude(), degrees, (value) => cv.isLongitude(value as string)],
  ];
  for (const [rule, generate, judgeValue] of cases) {
    const target = class Message {} as AnyClass;
    rule(target.prototype, "field");
    const checker = new Checker({});
    let accepted = 0;
    for (let count = 0; count < 6000; count++) {
      const value = generate();
      const isGood = judgeValue(value);
      if (isGood) accepted++;
      assert.equal(
        checker.check(Object.assign(new target(), { field: value }), undefined),
        isGood,
        inspect(value),
      );
    }
    assert.ok(accepted > 600 && accepted < 5900, `${accepted} accepted`);
  }
});

test("the verdict, the paths and the words are class-validator's on generated messages", (t) => {
  const chance = new Chance(20_241_123);
  const earlier: Generated[] = [];
  const counts = { accepted: 0, refused: 0, thrown: 0, worded: 0 };
  for (let round = 0; round < CLASSES; round++) {
    const generated = generateClass(chance, earlier);
    earlier.push(generated);
    if (earlier.length > 60) earlier.shift();
    const options = generateOptions(chance);
    const checker = new Checker(options);
    const validation = compileValidation(generated.target, { options });
    for (let index = 0; index < MESSAGES; index++) {
      const message = generateMessage(chance, generated, 0);
      const [theirs, ours, worded] = [copy(message), copy(message), copy(message)];
      const expected = judge(theirs, options);
      const context = () => `class ${round}, message ${index}: ${expected?.join("; ").slice(0, 500)}`;
      const isGood = expected?.length === 0;
      assert.equal(checker.check(ours, undefined), isGood, context());
      if (expected === undefined) {
        // A built-in rule threw, or class-validator itself; we refuse, or throw with it.
        counts.thrown++;
        continue;
      }
      const violations = validation.check(worded) as readonly Violation[] | undefined;
      if (isGood) {
        counts.accepted++;
        assert.equal(violations, undefined, context());
        assert.deepEqual(ours, theirs);
        continue;
      }
      assert.ok(violations !== undefined && violations.length > 0, context());
      counts.refused++;
      // We tell elements apart, and end a long list.
      if (options.stopAtFirstError || options.dismissDefaultMessages || violations.length > 40) continue;
      counts.worded++;
      assert.deepEqual(comparable(flatten(violations)), comparable(expected), context());
    }
  }
  t.diagnostic(`${CLASSES * MESSAGES} messages: ${JSON.stringify(counts)}`);
  assert.ok(counts.accepted > 4000 && counts.refused > 4000);
});

function comparable(entries: readonly string[]): readonly string[] {
  const withoutKeys = entries.map((entry) => entry.replace(/(\[[^\]]*\])+ /, " "));
  return [...new Set(withoutKeys.filter((entry) => !entry.includes(" nestedValidation ")))].sort();
}
