import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
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
      const fixture = fixtureFile(folder);
      assert.ok(existsSync(fixture), "make it with: node dist/test/schema/protoc-fixtures.js --write");
      assertSameFiles(schema.descriptorSet, readFileSync(fixture));
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

test("a set that lacks an imported file, or has groups or editions, is refused", () => {
  const descriptors = loadSchema(["google/protobuf/descriptor.proto"]).codec(
    "google.protobuf.FileDescriptorSet",
  );
  const load = (file: object) => () =>
    loadDescriptorSet(descriptors.encode({ file: [{ name: "x.proto", ...file }] }));
  const field = (type: object) => ({
    messageType: [{ name: "A", field: [{ name: "b", number: 1, label: "LABEL_OPTIONAL", ...type }] }],
  });
  assert.throws(
    load(field({ type: "TYPE_MESSAGE", typeName: ".y.B" })),
    /BAD_PROTO.*x\.proto: field b is of type \.y\.B, which is not there/,
  );
  assert.throws(load(field({ type: "TYPE_GROUP", typeName: ".y.B" })), /BAD_PROTO.*not supported/);
  assert.throws(load({ syntax: "editions" }), /BAD_PROTO.*syntax editions is not supported/);
});

test("proto2 messages are read and written, with presence and without defaults", () => {
  const schema = loadSchema(["shapes/legacy.proto"], {
    includeDirs: [join(projectFolder, "test/schema/protos")],
  });
  const codec = schema.codec("shapes.legacy.Legacy");
  const legacy = {
    id: 0,
    mode: "MODE_A",
    numbers: [1, 2],
    packed: [3],
    names: { 1: "x" },
    choice: "text",
    text: "",
  };
  assert.deepEqual(codec.decode(codec.encode(legacy)), legacy);
});
