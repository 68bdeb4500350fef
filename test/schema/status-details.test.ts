import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import {
  badRequest,
  debugInfo,
  decodeStatusDetails,
  encodeStatusDetails,
  errorInfo,
  help,
  loadSchema,
  localizedMessage,
  preconditionFailure,
  quotaFailure,
  requestInfo,
  resourceInfo,
  retryInfo,
} from "../../lib/schema/index.js";
import { projectFolder } from "./proto-roots.js";

test("the standard details survive a round trip", () => {
  const details = [
    badRequest([{ field: "address.zip_code", description: "must have 5 digits" }]),
    errorInfo({ reason: "STOCK_EMPTY", domain: "shop.example.com", metadata: { item: "7" } }),
    retryInfo({ retryDelayMs: 1500 }),
    preconditionFailure([{ type: "TOS", subject: "user:7", description: "not accepted" }]),
    quotaFailure([{ subject: "user:7", description: "too many calls" }]),
    requestInfo({ requestId: "r-1" }),
    resourceInfo({ resourceType: "city", resourceName: "7" }),
    help([{ description: "manual", url: "https://example.com" }]),
    localizedMessage({ locale: "de-CH", message: "Nein" }),
    debugInfo({ stackEntries: ["a"], detail: "b" }),
  ];
  const status = decodeStatusDetails(encodeStatusDetails(3, "bad request", details));
  assert.equal(status.code, 3);
  assert.equal(status.text, "bad request");
  assert.deepEqual(
    status.details.map(({ type }) => type),
    details.map(({ type }) => type),
  );
  const [first, , retry] = status.details as unknown as {
    value: { fieldViolations?: object[]; retryDelay?: object };
  }[];
  assert.deepEqual(first?.value.fieldViolations, [
    { field: "address.zip_code", description: "must have 5 digits", reason: "" },
  ]);
  assert.deepEqual(retry?.value.retryDelay, { seconds: "1", nanos: 500_000_000 });
});

test("details of the application's own types come from its schema", () => {
  const schema = loadSchema(["shapes/city.proto"], {
    includeDirs: [join(projectFolder, "test/schema/protos")],
  });
  const detail = { type: "shapes.city.City.Point", value: { latitude: 1, longitude: 2 } };
  const bytes = encodeStatusDetails(5, "", [detail], schema);
  assert.deepEqual(decodeStatusDetails(bytes, schema).details, [detail]);
  const [unknown] = decodeStatusDetails(bytes).details;
  assert.equal((unknown!.value as { typeUrl: string }).typeUrl, "type.googleapis.com/shapes.city.City.Point");
  assert.throws(
    () => encodeStatusDetails(5, "", [detail]),
    /unknown type shapes\.city\.City\.Point: load the proto/,
  );
});

test("a detail whose value does not fit is refused with its field", () => {
  const detail = { type: "google.rpc.ErrorInfo", value: { reason: 5 } };
  assert.throws(
    () => encodeStatusDetails(3, "", [detail]),
    /google\.rpc\.ErrorInfo\.reason: expected string, got number 5/,
  );
});
