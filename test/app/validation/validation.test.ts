import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArrayMaxSize,
  IsDefined,
  IsEmail,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Matches,
  Min,
  ValidateIf,
  ValidateNested,
  type ValidationArguments,
} from "class-validator";
import { compileValidation, type Validation, type Violation } from "../../../lib/app/validation/index.js";
import { mapOf, message, repeated } from "./messages.js";

class Address {
  @Matches(/^\d{5}$/) zipCode = "10115";
}

class Stop {
  @IsInt({ message: "$property is no stop ($value)" }) cityId = 1;
  @IsOptional() @ValidateNested() nextStop?: Stop;
}

class Trip {
  @IsInt() @Min(1, { context: { code: "LOW" } }) cityId = 1;
  @IsDefined() @ValidateNested() homeAddress: Address | undefined = new Address();
  @ArrayMaxSize(3) @ValidateNested({ each: true }) stops: unknown[] = [];
  @IsString({ each: true }) @Length(2, 4, { each: true }) tags: unknown = [];
  @ValidateNested({ each: true }) stopsByName: Record<string, unknown> = {};
  @IsNotEmpty({ each: true }) labels: Record<string, unknown> = {};
}

const address = message("atlas.v1.Address", { zip_code: {} });
const stop = message("atlas.v1.Stop", { city_id: { type: "int32" } });
(stop.fields as unknown[]).push({ ...message("x", { next_stop: stop }).fields[0] });
const trip = message("atlas.v1.Trip", {
  city_id: { type: "int32" },
  home_address: address,
  stops: repeated(stop),
  tags: { repeated: true },
  stops_by_name: mapOf(stop),
  labels: { mapKey: "string" },
});

function make<T extends object>(target: new () => T, fields: object = {}): T {
  return Object.assign(new target(), fields);
}

function violations(validation: Validation, value: object): readonly Violation[] {
  const found = validation.check(value);
  assert.ok(!(found instanceof Promise), "a promise without asynchronous rules");
  return found ?? [];
}

function fieldsOf(found: readonly Violation[]): readonly string[] {
  return found.map(({ field, rule }) => `${field} ${rule}`);
}

const validation = compileValidation(Trip, { message: trip });

test("a good message has no violations", () => {
  assert.equal(
    validation.check(make(Trip, { stops: [new Stop()], tags: ["ab"], labels: { a: "b" } })),
    undefined,
  );
});

test("a violation has the path in proto names, the words with the proto name, the rule and its context", () => {
  assert.deepEqual(violations(validation, make(Trip, { cityId: 0 })), [
    {
      field: "city_id",
      description: "city_id must not be less than 1",
      rule: "min",
      context: { code: "LOW" },
    },
  ]);
});

test("paths lead through messages, lists and maps", () => {
  const bad = () => make(Stop, { cityId: 0.5 });
  const found = violations(
    validation,
    make(Trip, {
      homeAddress: make(Address, { zipCode: "x" }),
      stops: [new Stop(), make(Stop, { nextStop: bad() }), bad()],
      stopsByName: { good: new Stop(), 'a "b"': bad() },
    }),
  );
  assert.deepEqual(fieldsOf(found), [
    "home_address.zip_code matches",
    "stops[1].next_stop.city_id isInt",
    "stops[2].city_id isInt",
    'stops_by_name["a \\"b\\""].city_id isInt',
  ]);
  assert.equal(found[1]?.description, "city_id is no stop (0.5)");
});

test("a rule on each element names the elements that break it", () => {
  const found = violations(
    validation,
    make(Trip, { tags: ["ab", "a", "abc", 7], labels: { a: "b", c: "" } }),
  );
  assert.deepEqual(
    fieldsOf(found).toSorted(),
    ["tags[1] isLength", "tags[3] isLength", "tags[3] isString", 'labels["c"] isNotEmpty'].toSorted(),
  );
});

test("an absent nested message is refused by @IsDefined only", () => {
  const found = violations(validation, make(Trip, { homeAddress: undefined }));
  assert.deepEqual(fieldsOf(found), ["home_address isDefined"]);
});

test("what is no message where one should be is a violation", () => {
  const found = violations(validation, make(Trip, { stops: [new Stop(), "x"] }));
  assert.deepEqual(found, [
    {
      field: "stops",
      description: "each value in nested property stops must be either object or array",
      rule: "nestedValidation",
    },
  ]);
});

test("an object without rules is a violation unless forbidUnknownValues is off", () => {
  const lenient = compileValidation(Trip, { message: trip, options: { forbidUnknownValues: false } });
  const value = make(Trip, { stops: [{}] });
  assert.deepEqual(violations(validation, value), [
    {
      field: "stops[0]",
      description: "an unknown value was passed to the validate function",
      rule: "unknownValue",
    },
  ]);
  assert.equal(lenient.check(value), undefined);
});

test("a recursive class is walked to any depth", () => {
  let chain = make(Stop, { cityId: "x" });
  for (let depth = 0; depth < 50; depth++) chain = make(Stop, { nextStop: chain });
  const found = violations(compileValidation(Stop, { message: stop }), chain);
  assert.deepEqual(fieldsOf(found), [`${"next_stop.".repeat(50)}city_id isInt`]);
});

test("a built-in rule that throws on a value refuses it", () => {
  class Price {
    @IsNumber({ maxDecimalPlaces: 2 }) amount = 1e-7;
  }
  assert.deepEqual(fieldsOf(violations(compileValidation(Price), new Price())), ["amount isNumber"]);
});

test("what a condition or a message function throws reaches the caller", () => {
  class Odd {
    @ValidateIf(() => {
      throw new Error("no condition");
    })
    @IsInt()
    a = 1;
  }
  class Speechless {
    @IsInt({
      message: () => {
        throw new Error("no words");
      },
    })
    a = "x";
  }
  assert.throws(() => compileValidation(Odd).check(new Odd()), /no condition/);
  assert.throws(() => compileValidation(Speechless).check(new Speechless()), /no words/);
});

test("a message function sees the message and may use class-validator's tokens", () => {
  class Named {
    @IsInt({ message: (args: ValidationArguments) => `$property of ${args.targetName}: ${args.value}` })
    someId = "x";
  }
  const named = message("Named", { some_id: {} });
  const found = violations(compileValidation(Named, { message: named }), new Named());
  assert.equal(found[0]?.description, "some_id of Named: x");
});

test("groups and always select rules", () => {
  class Grouped {
    @IsInt({ groups: ["create"] }) a: unknown = "x";
    @IsInt({ always: true }) b: unknown = "x";
    @IsInt() c: unknown = "x";
  }
  const rules = (options: object) =>
    fieldsOf(violations(compileValidation(Grouped, { options }), new Grouped())).map((one) => one[0]);
  assert.deepEqual(rules({}), ["a", "b", "c"]);
  assert.deepEqual(rules({ groups: ["create"] }), ["a", "b"]);
  assert.deepEqual(rules({ groups: ["other"] }), ["b"]);
  assert.deepEqual(rules({ strictGroups: true }), ["b", "c"]);
  assert.deepEqual(rules({ groups: ["other"], always: true }), ["b", "c"]);
});

test("without whitelist, fields that the class does not name are kept", () => {
  const value = make(Trip, { stranger: 1 });
  assert.equal(validation.check(value), undefined);
  assert.ok("stranger" in value);
});

test("whitelist removes fields without decorators, in nested messages too; forbidNonWhitelisted refuses them", () => {
  const options = { whitelist: true };
  const value = make(Trip, { stranger: 1, stops: [make(Stop, { stranger: 1 })] });
  const strict = compileValidation(Trip, {
    message: trip,
    options: { ...options, forbidNonWhitelisted: true },
  });
  assert.deepEqual(violations(strict, value), [
    { field: "stranger", description: "property stranger should not exist", rule: "whitelistValidation" },
    {
      field: "stops[0].stranger",
      description: "property stranger should not exist",
      rule: "whitelistValidation",
    },
  ]);
  assert.equal(compileValidation(Trip, { message: trip, options }).check(value), undefined);
  assert.ok(!("stranger" in value) && !("stranger" in (value.stops[0] as object)));
});

test("a rule of the user's under a built-in's name keeps its own meaning", async () => {
  const { ValidateBy } = await import("class-validator");
  class Own {
    @ValidateBy({
      name: "isInt",
      validator: { validate: (value) => value === "odd", defaultMessage: () => "be odd" },
    })
    a = "odd";
  }
  const own = compileValidation(Own);
  assert.equal(own.check(new Own()), undefined);
  assert.equal(violations(own, make(Own, { a: 1 }))[0]?.description, "be odd");
});

test("a message with thousands of mistakes is refused with a bounded list, without looking at all of them", () => {
  let asked = 0;
  class Watched {
    @IsInt({ message: () => `mistake ${asked++}` }) a = "x";
  }
  class Many {
    @ValidateNested({ each: true }) list: Watched[] = Array.from({ length: 20_000 }, () => new Watched());
    @IsEmail(undefined, { each: true }) mails = Array<string>(20_000).fill("x".repeat(1000));
  }
  const found = violations(compileValidation(Many), new Many());
  assert.equal(found.length, 50);
  assert.ok(asked < 200, `${asked} asked`);
});

test("a value in the words is cut", () => {
  class Echo {
    @IsInt({ message: "not $value" }) a = "x".repeat(10_000);
  }
  assert.equal(violations(compileValidation(Echo), new Echo())[0]?.description.length, 300);
});

test("a field named like a member of Object does no harm", () => {
  class Hostile {
    @IsOptional() @ValidateNested() inner: unknown;
    @IsInt() a = 1;
  }
  const hostile = compileValidation(Hostile);
  for (const value of ["x", null, 7, {}]) {
    assert.equal(violations(hostile, make(Hostile, { inner: { constructor: value } }))[0]?.field, "inner");
    assert.notEqual(violations(hostile, make(Hostile, { inner: Object.create(null) })).length, 0);
  }
});
