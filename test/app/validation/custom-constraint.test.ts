import assert from "node:assert/strict";
import { test } from "node:test";
import {
  IsInt,
  registerDecorator,
  ValidateBy,
  ValidateNested,
  Validate as ValidateWith,
  type ValidationArguments,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
  validateSync,
} from "class-validator";
import { compileValidation } from "../../../lib/app/validation/index.js";

/** Stands for something from the container of one application. */
class CityIndex {
  readonly name: string;
  readonly known: readonly number[];
  constructor(name: string, known: readonly number[]) {
    this.name = name;
    this.known = known;
  }
}

@ValidatorConstraint({ name: "knownCity" })
class KnownCity implements ValidatorConstraintInterface {
  readonly cities: CityIndex;
  constructor(cities: CityIndex) {
    this.cities = cities;
  }
  validate(id: number) {
    return this.cities.known.includes(id);
  }
  defaultMessage({ object }: ValidationArguments) {
    return `$property is not in ${this.cities.name} (${object.constructor.name})`;
  }
}

@ValidatorConstraint({ name: "knownCityLater", async: true })
class KnownCityLater implements ValidatorConstraintInterface {
  readonly #now: KnownCity;
  constructor(cities: CityIndex) {
    this.#now = new KnownCity(cities);
  }
  async validate(id: number) {
    await Promise.resolve();
    return this.#now.validate(id);
  }
  defaultMessage(args: ValidationArguments) {
    return this.#now.defaultMessage(args);
  }
}

class Visit {
  @ValidateWith(KnownCity) cityId = 1;
}

class LaterVisit {
  @IsInt() count: unknown = 1;
  @ValidateWith(KnownCityLater) cityId = 1;
}

const north = new CityIndex("north", [1]);
const south = new CityIndex("south", [2]);

function resolveWith(cities: CityIndex) {
  return (constraint: unknown) => new (constraint as typeof KnownCity)(cities);
}

test("a constraint with dependencies comes from the application's resolver, asked once", () => {
  let asked = 0;
  const resolve = (constraint: unknown) => {
    asked++;
    return resolveWith(south)(constraint);
  };
  const validation = compileValidation(Visit, { resolve });
  assert.deepEqual(validation.check(new Visit()), [
    { field: "cityId", description: "cityId is not in south (Visit)", rule: "knownCity" },
  ]);
  assert.equal(validation.check(Object.assign(new Visit(), { cityId: 2 })), undefined);
  assert.equal(asked, 1);
});

test("two applications with different resolvers do not see each other, also when their rules take time", async () => {
  const validations = [north, south].map((cities) =>
    compileValidation(LaterVisit, { resolve: resolveWith(cities) }),
  );
  const checks = [1, 2, 3].flatMap((cityId) =>
    validations.map((validation) => validation.check(Object.assign(new LaterVisit(), { cityId }))),
  );
  const found = await Promise.all(checks);
  assert.deepEqual(
    found.map((one) => one?.[0]?.description),
    [
      undefined,
      "cityId is not in south (LaterVisit)",
      "cityId is not in north (LaterVisit)",
      undefined,
      "cityId is not in north (LaterVisit)",
      "cityId is not in south (LaterVisit)",
    ],
  );
});

test("an asynchronous rule gives a promise; a plain rule that fails before it does not", async () => {
  const validation = compileValidation(LaterVisit, { resolve: resolveWith(north) });
  const good = validation.check(new LaterVisit());
  assert.ok(good instanceof Promise);
  assert.equal(await good, undefined);
  const bad = await validation.check(Object.assign(new LaterVisit(), { cityId: 2, count: "x" }));
  assert.deepEqual(bad?.map(({ field }) => field).toSorted(), ["cityId", "count"]);
});

test("asynchronous rules work in nested messages and on each element", async () => {
  class Route {
    @ValidateNested({ each: true }) visits: LaterVisit[] = [];
    @ValidateWith(KnownCityLater, { each: true }) cityIds: number[] = [];
  }
  const validation = compileValidation(Route, { resolve: resolveWith(north) });
  const visit = (cityId: number) => Object.assign(new LaterVisit(), { cityId });
  const route = Object.assign(new Route(), { visits: [visit(1), visit(2)], cityIds: [1, 1, 2] });
  const found = await validation.check(route);
  assert.deepEqual(found?.map(({ field }) => field).toSorted(), ["cityIds[2]", "visits[1].cityId"]);
  const good = Object.assign(new Route(), { visits: [visit(1)], cityIds: [1] });
  assert.equal(await validation.check(good), undefined);
});

test("a rule that answers with a promise without saying so is waited for", async () => {
  class Sly {
    @ValidateBy({ name: "isIn", validator: { validate: (value) => Promise.resolve(value === 1) as never } })
    a = 1;
  }
  const validation = compileValidation(Sly);
  assert.equal(await validation.check(new Sly()), undefined);
  const bad = await validation.check(Object.assign(new Sly(), { a: 2 }));
  assert.deepEqual(bad, [{ field: "a", description: "a breaks the rule isIn", rule: "isIn" }]);
});

test("what a constraint throws or rejects with reaches the caller, and no rejection goes unseen", async () => {
  const failing = (validate: () => unknown) => (target: object, propertyName: string) =>
    registerDecorator({
      name: "failing",
      target: target.constructor,
      propertyName,
      validator: { validate: validate as never },
    });
  const thrower = () => {
    throw new Error("thrown");
  };
  const rejecter = () => Promise.reject(new Error("rejected"));
  class Throws {
    @failing(thrower) a = 1;
  }
  class Rejects {
    @failing(rejecter) a = 1;
  }
  class Both {
    @failing(rejecter) a = 1;
    @failing(thrower) b = 1;
    @IsInt() c = "x";
  }
  assert.throws(() => compileValidation(Throws).check(new Throws()), /thrown/);
  await assert.rejects(async () => compileValidation(Rejects).check(new Rejects()), /rejected/);
  await assert.rejects(async () => compileValidation(Both).check(new Both()), /thrown|rejected/);
  await new Promise((resolve) => setImmediate(resolve));
});

test("a constraint may check another message", () => {
  const inner = compileValidation(Visit, { resolve: resolveWith(north) });
  class Outer {
    @IsInt() count: unknown = 1;
    @ValidateBy({
      name: "inner",
      validator: { validate: (value) => inner.check(value) === undefined, defaultMessage: () => "bad" },
    })
    visit = new Visit();
  }
  const validation = compileValidation(Outer);
  assert.equal(validation.check(new Outer()), undefined);
  const found = validation.check(
    Object.assign(new Outer(), { visit: Object.assign(new Visit(), { cityId: 9 }) }),
  );
  assert.deepEqual(found, [{ field: "visit", description: "bad", rule: "inner" }]);
});

test("class-validator itself is left as it was", () => {
  class Plain {
    @IsInt() a = "x";
  }
  compileValidation(Plain).check(new Plain());
  assert.equal(validateSync(new Plain())[0]?.constraints?.isInt, "a must be an integer number");
});
