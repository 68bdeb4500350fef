import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseOptions } from "./options.js";
import { measureUpdates, PickMeter } from "./policies/costs.js";
import { policySetups } from "./policies/setups.js";

describe("costs of policies", () => {
  for (const setup of policySetups) {
    it(`measures ${setup.name}`, async () => {
      // Throws if calls do not reach who they should.
      const meter = await PickMeter.gather(setup, [4, 200]);
      const nanos = [...meter.measure(1), ...meter.measure(1)];
      assert.equal(nanos.length, 4);
      assert.ok(nanos.every((each) => each > 0));
    });

    it(`an update of ${setup.name} makes no kept subchannel anew`, async () => {
      const { same, oneChanged } = await measureUpdates(setup, 200, 3);
      assert.deepEqual([same.micros.length, same.made, same.dropped], [3, 0, 0]);
      assert.equal(oneChanged.micros.length, 3);
      assert.ok(oneChanged.made <= 3);
    });
  }
});

describe("the command line", () => {
  it("knows scenarios, groups of them, and contenders", () => {
    const options = parseOptions(["--only", "unary,clients,picks", "--contenders", "grebe,nest", "--quick"]);
    assert.deepEqual(
      options?.scenarios.map(({ name }) => name),
      ["unary"],
    );
    assert.equal(options?.clientScenarios.length, 3);
    assert.deepEqual(options?.parts, ["picks"]);
    assert.deepEqual(
      options?.contenders.map(({ name }) => name),
      ["grebe", "nest"],
    );
    assert.equal(options?.rounds, 4);
  });

  it("measures everything unless it is told what", () => {
    const options = parseOptions([])!;
    assert.equal(options.contenders.length, 6);
    assert.deepEqual(options.parts, ["picks", "updates"]);
    assert.ok(options.scenarios.length > 0 && options.clientScenarios.length > 0);
    assert.equal(parseOptions(["--help"]), undefined);
  });

  it("refuses what it does not know, and names what it does", () => {
    assert.throws(() => parseOptions(["--only", "unray"]), /--only does not know "unray"; known: servers,/);
    assert.throws(() => parseOptions(["--contenders", "x"]), /--contenders does not know "x"; known: grebe,/);
    assert.throws(() => parseOptions(["--rounds", "0"]), /--rounds wants a whole number/);
    assert.throws(() => parseOptions(["--fast"]), /--fast/);
  });
});
