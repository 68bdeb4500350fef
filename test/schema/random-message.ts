import type { FieldType, MessageType } from "../../lib/schema/index.js";

export interface Random {
  /** An integer from 0 up to, and without, the limit. */
  below(limit: number): number;
}

/** The same numbers for the same seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed;
  return {
    below: (limit) => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
    },
  };
}

/** A message with some of its fields set to values of all sizes. */
export function randomMessage(type: MessageType, random: Random, depth = 0): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  const chosen = new Set(type.oneofs.map((oneof) => oneof.fields[random.below(oneof.fields.length)]));
  for (const field of type.fields) {
    if (random.below(3) !== 0 || (field.oneof !== undefined && !chosen.has(field))) continue;
    if (field.message !== undefined && depth > 2) continue;
    message[field.localName] = randomField(field, random, depth);
  }
  return message;
}

function randomField(field: FieldType, random: Random, depth: number): unknown {
  const count = random.below(4);
  if (field.mapKey !== undefined) {
    const entries = Array.from({ length: count }, () => [
      String(randomScalar(field.mapKey!, random)),
      randomValue(field, random, depth),
    ]);
    return Object.fromEntries(entries);
  }
  if (field.repeated) return Array.from({ length: count }, () => randomValue(field, random, depth));
  return randomValue(field, random, depth);
}

function randomValue(field: FieldType, random: Random, depth: number): unknown {
  if (field.message !== undefined) return randomMessage(field.message, random, depth + 1);
  if (field.enum !== undefined)
    return random.below(5) === 0
      ? random.below(99_999) - 50_000
      : [...field.enum.names.values()][random.below(field.enum.names.size)];
  return randomScalar(field.type, random);
}

function randomScalar(type: string, random: Random): unknown {
  const wide = () => (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32));
  switch (type) {
    case "bool":
      return random.below(2) === 0;
    case "double":
      return (random.below(2 ** 32) - 2 ** 31) / 1024;
    case "float":
      return Math.fround((random.below(2 ** 20) - 2 ** 19) / 64);
    case "string":
      return Array.from(
        { length: random.below(60) },
        () => ["a", "Z", "é", "漢", "🐦", "\0"][random.below(6)],
      ).join("");
    case "bytes":
      return Buffer.from(Array.from({ length: random.below(80) }, () => random.below(256)));
    case "uint32":
    case "fixed32":
      return random.below(2 ** (1 + random.below(32)));
    case "int32":
    case "sint32":
    case "sfixed32":
      return random.below(2 ** 32) - 2 ** 31;
    case "uint64":
    case "fixed64":
      return String(wide() >> BigInt(random.below(64)));
    default:
      return String(BigInt.asIntN(64, wide()) >> BigInt(random.below(64)));
  }
}
