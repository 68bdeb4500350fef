/** Bytes of the benchmark's messages: protobufjs, which no contender is measured with, and gRPC's five-byte prefix. */
import protobuf from "protobufjs";
import { protoPath } from "./payloads.js";

const root = protobuf.loadSync(protoPath);
const prefixBytes = 5;

/** A message with its prefix, as it travels in DATA frames. */
export function encodeFrame(typeName: string, value: object): Buffer {
  const type = root.lookupType(`grebe.bench.${typeName}`);
  const message = type.encode(type.fromObject(value)).finish();
  const frame = Buffer.alloc(prefixBytes + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, prefixBytes);
  return frame;
}

export function decodeMessage(typeName: string, bytes: Uint8Array): object {
  const type = root.lookupType(`grebe.bench.${typeName}`);
  return type.toObject(type.decode(bytes), { longs: String, enums: String, defaults: true });
}

/** The messages in a body; throws if the last one is cut off or one is compressed. */
export function splitFrames(body: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  let at = 0;
  while (at < body.length) {
    if (body.length - at < prefixBytes || body[at] !== 0) throw new Error(`no gRPC message at byte ${at}`);
    const end = at + prefixBytes + body.readUInt32BE(at + 1);
    if (end > body.length) throw new Error(`the message at byte ${at} is cut off`);
    messages.push(body.subarray(at + prefixBytes, end));
    at = end;
  }
  return messages;
}
