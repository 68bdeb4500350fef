/**
 * Microseconds per message of the codec, of protobufjs as it is, and of proto-loader's serializers, for one message
 * of about 175 bytes and eleven fields. Interleaved, best of many rounds:
 *
 *   node dist/test/schema/codec-speed.js
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadSync, type MessageTypeDefinition } from "@grpc/proto-loader";
import protobuf from "protobufjs";
import { loadSchema } from "../../lib/schema/index.js";
import { projectFolder } from "./proto-roots.js";

const includeDir = join(projectFolder, "test/schema/protos");
const file = join(includeDir, "shapes/city.proto");
const city = {
  id: "123456789012",
  name: "Aix-en-Provence les Bains",
  kind: "KIND_CITY",
  area: 186.08,
  digest: Buffer.alloc(16, 7),
  tags: ["university", "provence", "thermal"],
  counts: { museums: 12, fountains: 1000, theatres: 7 },
  location: { latitude: 43.5297, longitude: 5.4474 },
  isCapital: true,
  elevation: 173,
  years: [1409, 1501, 1790, 2013],
};

const ours = loadSchema([file], { includeDirs: [includeDir] }).codec("shapes.city.City");
const direct = protobuf.parse(readFileSync(file, "utf8")).root.lookupType("shapes.city.City");
const definition = loadSync(file, { longs: String, enums: String, defaults: true, oneofs: true });
const loader = definition["shapes.city.City"] as MessageTypeDefinition<object, object>;
const bytes = ours.encode(city);
const directCity = direct.decode(bytes);

let sink: unknown;
const contenders: Record<string, () => void> = {
  "grebe encode": () => {
    sink = ours.encode(city);
  },
  "grebe decode": () => {
    sink = ours.decode(bytes);
  },
  "protobufjs encode": () => {
    sink = direct.encode(directCity).finish();
  },
  "protobufjs decode": () => {
    sink = direct.decode(bytes);
  },
  "proto-loader encode": () => {
    sink = loader.serialize(city);
  },
  "proto-loader decode": () => {
    sink = loader.deserialize(bytes);
  },
};
const rounds = 40;
const perRound = 20_000;
const best = new Map<string, number>();
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(contenders)) {
    const start = performance.now();
    for (let i = 0; i < perRound; i++) run();
    const microseconds = ((performance.now() - start) * 1000) / perRound;
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, microseconds));
  }
}
void sink;
console.log(`node ${process.version}, ${bytes.length} bytes`);
for (const [name, microseconds] of best) console.log(`${name.padEnd(20)} ${microseconds.toFixed(2)} us`);
