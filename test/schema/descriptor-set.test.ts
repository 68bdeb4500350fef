import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadDescriptorSet, loadSchema } from "../../lib/schema/index.js";
import { wellKnownFiles } from "../../lib/schema/well-known/index.js";
import { fixtureFile, projectFolder, protoRoots, WELL_KNOWN } from "./proto-roots.js";

/** Options may be written in another order; both are read, and written again, by the same codec. */
function assertSameFiles(ours: Uint8Array, theirs: Uint8Array): void {
  const ourFiles = loadDescriptorSet(ours).files;
  const theirFiles = loadDescriptorSet(theirs).files;
  assert.deepEqual(
    ourFiles.map(({ name }) => name),
    theirFiles.map(({ name }) => name),
  );
  for (const [index, file] of theirFiles.entries()) assert.deepEqual(ourFiles[index], file);
}

describe("the descriptor set is the one that protoc makes", () => {
  for (const { folder, files } of protoRoots()) {
    test(`of ${folder}`, () => {
      const schema = loadSchema(files, { includeDirs: [join(projectFolder, folder)] });
      assertSameFiles(schema.descriptorSet, readFileSync(fixtureFile(folder)));
    });
  }

  test("of the well-known files", () => {
    const schema = loadSchema([...wellKnownFiles.keys()].sort());
    assert.deepEqual(Buffer.from(schema.descriptorSet), readFileSync(fixtureFile(WELL_KNOWN)));
  });

  test("also after a round trip through bytes", () => {
    const schema = loadSchema(["grpc/testing/test.proto", "xds/service/orca/v3/orca.proto"], {
      includeDirs: [join(projectFolder, "proto")],
    });
    const set = Buffer.from(schema.descriptorSet);
    assert.deepEqual(Buffer.from(loadDescriptorSet(set).descriptorSet), set);
  });
});

test("custom options survive a round trip through bytes", () => {
  const schema = loadSchema(["shapes/everything.proto"], {
    includeDirs: [join(projectFolder, "test/schema/protos")],
  });
  const options = { min: 3, words: ["w"], table: {} };
  for (const { methods } of [
    schema.findService("Shapes"),
    loadDescriptorSet(schema.descriptorSet).findService("Shapes"),
  ]) {
    const method = methods.find(({ name }) => name === "ClientStream")!;
    assert.equal(method.idempotency, "NO_SIDE_EFFECTS");
    assert.equal(method.options.deprecated, true);
    assert.equal(method.options.idempotency_level, "NO_SIDE_EFFECTS");
    assert.equal(method.options["(shapes.role)"], "admin");
    const rule = method.options["(shapes.method_rule)"] as typeof options;
    assert.equal(rule.min, options.min);
    assert.deepEqual(rule.words, options.words);
  }
});

test("bytes that are no descriptor set are refused", () => {
  assert.throws(() => loadDescriptorSet(Buffer.from("no descriptor set")), /BAD_PROTO/);
});
