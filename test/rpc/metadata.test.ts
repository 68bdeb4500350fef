/** What {@link metadataValues} relies on of grpc-js. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata, metadataValues } from "../../lib/rpc/index.js";

test("the values of a name are found however they came in", () => {
  const metadata = new Metadata();
  assert.equal(metadataValues(metadata, "user"), undefined);
  metadata.set("User", "1");
  assert.deepEqual(metadataValues(metadata, "user"), ["1"]);
  metadata.add("uSER", "2");
  assert.deepEqual(metadataValues(metadata, "user"), ["1", "2"]);
  assert.deepEqual(metadataValues(metadata.clone(), "user"), ["1", "2"]);

  const merged = new Metadata();
  merged.merge(metadata);
  assert.deepEqual(metadataValues(merged, "user"), ["1", "2"]);
  metadata.remove("user");
  assert.equal(metadataValues(metadata, "user"), undefined);
  assert.deepEqual(metadataValues(merged, "user"), ["1", "2"]);

  const received = Metadata.fromHttp2Headers({ user: ["1", "2"], ":path": "/a/B", "key-bin": "AQI=" });
  assert.deepEqual(metadataValues(received, "user"), ["1", "2"]);
  assert.deepEqual(metadataValues(received, "key-bin"), [Buffer.from([1, 2])]);
});
