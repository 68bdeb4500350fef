import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { createTestingApp, type TestingApp } from "grebe/testing";
import { AppModule } from "../../sample-app/app.module.js";
import { AUDIT_LOG } from "../../sample-app/atlas/audit.interceptor.js";
import type { City } from "../../sample-app/cities/city.js";
import { CityIndex } from "../../sample-app/cities/city-index.js";
import { AtlasClient, type Outcome, outcomeOf } from "./client.js";

const CITY_COUNT = 135_233;
const ZURICH = { latitude: 47.36667, longitude: 8.55 };
const BERN = { latitude: 46.94809, longitude: 7.44744 };
const NOWHERE = { latitude: 91, longitude: 0 };
const DEMO = { "x-api-key": "demo" };

let app: TestingApp;
let client: AtlasClient;
const auditLog: string[] = [];

before(async () => {
  const write = (_fields: object, line: string): void => {
    auditLog.push(line);
  };
  app = await createTestingApp(AppModule)
    .override(AUDIT_LOG, { debug: write, info: write, warn: write, error: write })
    .start();
  client = new AtlasClient(app.address);
});

after(async () => {
  client.close();
  await app.close();
});

/** Path and description of each violation. */
function violations({ details }: Outcome<unknown>): Record<string, string> {
  const { fieldViolations } = details["google.rpc.BadRequest"] as {
    fieldViolations: { field: string; description: string }[];
  };
  return Object.fromEntries(fieldViolations.map(({ field, description }) => [field, description]));
}

function assertFailure(outcome: Outcome<unknown>, code: string, text: RegExp): void {
  assert.equal(outcome.code, code);
  assert.match(outcome.text, text);
}

test("GetCity finds a city by its id", async () => {
  const { code, responses } = await client.call("getCity", [{ cityId: 2657896 }]);
  assert.equal(code, "OK");
  assert.deepEqual(
    { ...responses[0], position: { ...responses[0]?.position } },
    {
      cityId: 2657896,
      name: "Zürich",
      countryCode: "CH",
      adminCode: "ZH",
      population: "341730",
      position: ZURICH,
    },
  );
});

test("GetCity tells which city it does not know", async () => {
  const outcome = await client.call("getCity", [{ cityId: 1 }]);
  assertFailure(outcome, "NOT_FOUND", /no city with the id 1/);
  assert.deepEqual(
    { ...(outcome.details["google.rpc.ResourceInfo"] as object) },
    {
      resourceType: "atlas.v1.City",
      resourceName: "cities/1",
      owner: "",
      description: "",
    },
  );
});

test("GetCity refuses impossible ids by the name of the field", async () => {
  const outcome = await client.call("getCity", [{ cityId: -1 }]);
  assertFailure(outcome, "INVALID_ARGUMENT", /1 field is invalid/);
  assert.deepEqual(violations(outcome), { city_id: "city_id must not be less than 1" });
});

test("ListCities lists the whole world, the largest city first", async () => {
  const { code, responses, headers } = await client.call("listCities", [{}]);
  assert.equal(code, "OK");
  assert.equal(responses.length, CITY_COUNT);
  assert.deepEqual(headers?.get("city-count"), [String(CITY_COUNT)]);
  assert.equal(new Set(responses.map(({ cityId }) => cityId)).size, CITY_COUNT);
  const populations = responses.map(({ population }) => Number(population));
  assert.ok(populations.every((population, index) => index === 0 || population <= populations[index - 1]!));
});

const areas = {
  "around Bern": { south: 46.5, west: 7, north: 47.5, east: 8 },
  "across the date line": { south: -20, west: 177, north: -15, east: -179 },
  "of one point": { south: 47.36667, west: 8.55, north: 47.36667, east: 8.55 },
  "of the whole world": { south: -90, west: -180, north: 90, east: 180 },
};

for (const [name, area] of Object.entries(areas)) {
  test(`ListCities lists exactly the cities of a rectangle ${name}`, async () => {
    const inside = ({ position: { latitude, longitude } }: City): boolean =>
      latitude >= area.south &&
      latitude <= area.north &&
      (area.west <= area.east
        ? longitude >= area.west && longitude <= area.east
        : longitude >= area.west || longitude <= area.east);
    const expected = app.get(CityIndex).list().filter(inside);
    assert.ok(expected.length > 0);
    const { responses } = await client.call("listCities", [{ area }]);
    assert.deepEqual(
      responses.map(({ cityId }) => cityId),
      expected.map(({ cityId }) => cityId),
    );
  });
}

test("ListCities lists the large cities of some countries", async () => {
  const { responses } = await client.call("listCities", [
    { countryCodes: ["CH", "LI"], minPopulation: 100_000 },
  ]);
  assert.deepEqual(
    responses.map(({ name }) => name),
    ["Zürich", "Genève", "Basel", "Bern", "Lausanne"],
  );
});

test("ListCities names every wrong field by its path", async () => {
  const outcome = await client.call("listCities", [
    { area: { south: 10, west: -181, north: 5, east: Number.NaN }, countryCodes: ["CH", "ch"] },
  ]);
  assertFailure(outcome, "INVALID_ARGUMENT", /4 fields are invalid/);
  const found = violations(outcome);
  assert.deepEqual(Object.keys(found).sort(), ["area.east", "area.north", "area.west", "country_codes[1]"]);
  assert.equal(found["area.north"], "north must not be less than south (10)");
});

test("RecordTrip tells how far a trip was and what it passed", async () => {
  const outcome = await client.call(
    "recordTrip",
    [ZURICH, { latitude: 47.2, longitude: 8 }, BERN, ZURICH],
    DEMO,
  );
  assert.equal(outcome.code, "OK");
  const [summary] = outcome.responses;
  assert.equal(summary?.traveller, "a guest");
  assert.equal(summary?.positionCount, 4);
  assert.deepEqual([summary?.cities[0]?.name, summary?.cities.at(-1)?.name], ["Zürich", "Bern"]);
  assert.equal(summary?.cities.length, summary?.cityCount);
});

test("RecordTrip measures along great circles", async () => {
  const quarter = (Math.PI / 2) * 6371;
  for (const { to, km } of [
    { to: { latitude: 90, longitude: 0 }, km: quarter },
    { to: { latitude: 0, longitude: 90 }, km: quarter },
    { to: { latitude: 0, longitude: 180 }, km: 2 * quarter },
  ]) {
    const { responses } = await client.call("recordTrip", [{}, to], DEMO);
    assert.ok(Math.abs(responses[0]!.distanceKm - km) < 0.01, `${responses[0]?.distanceKm} km`);
  }
});

test("RecordTrip sums up a trip without any position", async () => {
  const { responses } = await client.call("recordTrip", [], DEMO);
  assert.deepEqual(
    { ...responses[0] },
    {
      traveller: "a guest",
      positionCount: 0,
      distanceKm: 0,
      cityCount: 0,
      cities: [],
    },
  );
});

test("RecordTrip ends at the first impossible position", async () => {
  const outcome = await client.call("recordTrip", [ZURICH, NOWHERE, BERN], DEMO);
  assertFailure(outcome, "INVALID_ARGUMENT", /latitude must not be greater than 90/);
  assert.deepEqual(Object.keys(violations(outcome)), ["latitude"]);
});

test("RecordTrip wants to know who travels", async () => {
  assertFailure(await client.call("recordTrip", [ZURICH]), "UNAUTHENTICATED", /x-api-key/);
  assertFailure(
    await client.call("recordTrip", [ZURICH], { "x-api-key": "guess" }),
    "PERMISSION_DENIED",
    /./,
  );
});

test("Guide answers each position before the next one is sent", async () => {
  const call = client.open("guide");
  const end = once(call, "status");
  for (const [position, name] of [
    [ZURICH, "Zürich"],
    [BERN, "Bern"],
  ] as const) {
    const answer = once(call, "data");
    call.write(position);
    const [sighting] = await answer;
    assert.equal(sighting.city.name, name);
    assert.equal(sighting.direction, "DIRECTION_UNSPECIFIED");
  }
  call.end();
  const [status] = await end;
  assert.equal(status.code, 0);
});

test("Guide finds the nearest city over the date line and says where it lies", async () => {
  const { responses } = await client.call("guide", [
    { latitude: -16.8, longitude: -179.999 },
    { latitude: 48, longitude: 8.55 },
    { latitude: 90, longitude: 0 },
  ]);
  const nearest = responses.map(({ city, direction }) => `${city?.name} ${direction}`);
  assert.match(nearest[0]!, /^Labasa DIRECTION_NORTH_WEST|^Labasa DIRECTION_WEST/);
  assert.match(nearest[2]!, /DIRECTION_SOUTH/);
});

test("Guide answers what came before an impossible position", async () => {
  const outcome = await client.call("guide", [ZURICH, NOWHERE, BERN]);
  assertFailure(outcome, "INVALID_ARGUMENT", /latitude/);
  assert.equal(outcome.responses.length, 1);
});

test("the audit log has a line for each call", async () => {
  auditLog.length = 0;
  await client.call("guide", [ZURICH, BERN]);
  await client.call("getCity", [{ cityId: 1 }]);
  assert.equal(auditLog.length, 2);
  assert.match(auditLog[0]!, /^Guide OK, 2 in, 2 out, \d+ ms, 127\.0\.0\.1:\d+$/);
  assert.match(auditLog[1]!, /^GetCity NOT_FOUND, 1 in, 0 out/);
});

test("a server that drains ends its streams well: trips are summed up, guides hang up", async () => {
  const few = new CityIndex([
    { cityId: 1, name: "Bern", countryCode: "CH", adminCode: "BE", population: 1, position: BERN },
  ]);
  const draining = await createTestingApp(AppModule, { drainLimitMs: 60_000 })
    .override(CityIndex, few)
    .start();
  const caller = new AtlasClient(draining.address);
  const trip = caller.open("recordTrip", DEMO);
  const summary = outcomeOf(trip);
  const guide = caller.open("guide");
  const sightings = outcomeOf(guide);
  trip.write(BERN);
  guide.write(BERN);
  // When the answer is there, the server has read what was sent before it on the same connection.
  await once(guide, "data");
  const report = await draining.close();
  assert.deepEqual(
    { open: report.open, ended: report.ended, cut: report.cut.length },
    { open: 2, ended: 2, cut: 0 },
  );
  assert.equal((await sightings).code, "OK");
  assert.equal((await summary).code, "OK");
  assert.equal((await summary).responses[0]?.positionCount, 1);
  caller.close();
});
