import assert from "node:assert/strict";
import { test } from "node:test";
import { getRecord } from "../../../lib/app/decorator-metadata.js";
import {
  checkValidationOptions,
  toInvalidArgument,
  Validate,
  type Violation,
  validateKey,
} from "../../../lib/app/validation/index.js";
import { type StartupProblem, StatusCode } from "../../../lib/rpc/index.js";

class Position {}

class Controller {
  @Validate(Position) recordTrip() {}
  @Validate(Position, { groups: ["guide"] }) guide() {}
  plain() {}
}

test("@Validate records the class and the options of a handler", () => {
  assert.deepEqual(getRecord(validateKey, Controller, "recordTrip"), { dto: Position });
  assert.deepEqual(getRecord(validateKey, Controller, "guide"), {
    dto: Position,
    options: { groups: ["guide"] },
  });
  assert.equal(getRecord(validateKey, Controller, "plain"), undefined);
});

test("unknown options and options of the wrong type are reported", () => {
  const problems: StartupProblem[] = [];
  checkValidationOptions(
    { whiteList: true, groups: "create", always: 1, whitelist: true },
    "AppModule",
    problems,
  );
  checkValidationOptions("strict", "AppModule", problems);
  checkValidationOptions({ groups: [], stopAtFirstError: undefined }, "AppModule", problems);
  checkValidationOptions(undefined, "AppModule", problems);
  assert.deepEqual(
    problems.map(({ code, message }) => `${code} ${message}`),
    [
      'BAD_OPTION The validation options of AppModule have no "whiteList". Did you mean "whitelist"?',
      'BAD_OPTION The validation option "groups" of AppModule must be a list of names.',
      'BAD_OPTION The validation option "always" of AppModule must be true or false.',
      "BAD_OPTION The validation options of AppModule must be an object.",
    ],
  );
});

test("violations become INVALID_ARGUMENT with a BadRequest, the text in short", () => {
  const violations: Violation[] = [
    { field: "city_id", description: "city_id must be an integer number", rule: "isInt" },
    { field: "city_id", description: "city_id must not be less than 1", rule: "min" },
    { field: "address.zip_code", description: "zip_code is wrong", rule: "matches" },
  ];
  const error = toInvalidArgument(violations);
  assert.equal(error.code, StatusCode.INVALID_ARGUMENT);
  assert.equal(
    error.text,
    "2 fields are invalid: city_id must be an integer number; city_id must not be less than 1; " +
      "address.zip_code: zip_code is wrong",
  );
  const fieldViolations = violations.map(({ field, description }) => ({ field, description }));
  assert.deepEqual(error.details, [{ type: "google.rpc.BadRequest", value: { fieldViolations } }]);
});

test("the text of a status stays short and well formed however much is wrong", () => {
  const description = "😀".repeat(150);
  const error = toInvalidArgument(
    Array.from({ length: 50 }, (_, index) => ({ field: `a[${index}]`, description })),
  );
  assert.ok(error.text.length <= 1000 && error.text.isWellFormed() && error.text.endsWith("…"));
});
