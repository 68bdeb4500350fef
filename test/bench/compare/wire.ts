/** Bytes of the comparison's messages, by protobufjs: the probes must not see a contender's own codec. */
import { inspect } from "node:util";
import protobuf from "protobufjs";
import { packageName, protoPath } from "./messages.js";

const root = protobuf.loadSync(protoPath);

const rpcStatus = protobuf.parse(`
  syntax = "proto3";
  package google.rpc;
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message Any { string type_url = 1; bytes value = 2; }
  message BadRequest { repeated FieldViolation field_violations = 1; }
  message FieldViolation { string field = 1; string description = 2; }
`).root;

export function encode(typeName: string, value: object): Buffer {
  const type = root.lookupType(`${packageName}.${typeName}`);
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}

/** A message with gRPC's prefix, as a raw HTTP/2 stream sends it. */
export function encodeFrame(typeName: string, value: object): Buffer {
  const message = encode(typeName, value);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** The fields that a status names as bad, from its `grpc-status-details-bin`. */
export function decodeBadFields(details: Buffer): string[] {
  const status = decode("Status", details);
  const any = (status.details as { typeUrl: string; value: Buffer }[]).find(({ typeUrl }) =>
    typeUrl.endsWith("/google.rpc.BadRequest"),
  );
  if (any === undefined) return [];
  const violations = decode("BadRequest", any.value).fieldViolations as { field: string }[];
  return violations.map(({ field }) => field);
}

function decode(typeName: string, bytes: Buffer): Record<string, unknown> {
  const type = rpcStatus.lookupType(`google.rpc.${typeName}`);
  return type.toObject(type.decode(bytes), { arrays: true });
}

/** Entries of `Table`, by hand: no codec that has doubtful maps of its own. */
export interface TableEntries {
  readonly byNumber: ReadonlyMap<bigint, string>;
  readonly byFlag: ReadonlyMap<boolean, string>;
}

export function encodeTable({ byNumber, byFlag }: TableEntries): Buffer {
  const writer = protobuf.Writer.create();
  for (const [key, value] of byNumber) {
    writer.uint32(0x0a).fork().uint32(0x08).int64(key.toString()).uint32(0x12).string(value).ldelim();
  }
  for (const [key, value] of byFlag) {
    writer.uint32(0x12).fork().uint32(0x08).bool(key).uint32(0x12).string(value).ldelim();
  }
  return Buffer.from(writer.finish());
}

export function decodeTable(bytes: Buffer): TableEntries {
  const reader = protobuf.Reader.create(bytes);
  const byNumber = new Map<bigint, string>();
  const byFlag = new Map<boolean, string>();
  while (reader.pos < reader.len) {
    const field = reader.uint32() >>> 3;
    const end = reader.uint32() + reader.pos;
    let key = 0n;
    let value = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag === 0x08) key = BigInt(reader.int64().toString());
      else if (tag === 0x12) value = reader.string();
      else throw new Error(`an unexpected tag in a map entry: ${inspect(tag)}`);
    }
    if (field === 1) byNumber.set(key, value);
    else byFlag.set(key !== 0n, value);
  }
  return { byNumber, byFlag };
}
