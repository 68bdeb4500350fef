/** What a hostile or broken peer sends, and how gRPC says each of it ends. */
import type { OutgoingHttpHeaders } from "node:http2";
import { deflateSync, gzipSync } from "node:zlib";
import { StatusCode } from "../../lib/rpc/index.js";
import { type Mode, modes } from "./probe.js";
import { frame, itemFrame } from "./raw-client.js";

export const rpcs: Readonly<Record<Mode, string>> = {
  one: "One",
  many: "Many",
  collect: "Collect",
  chat: "Chat",
};

export interface HostileInput {
  readonly name: string;
  readonly rpc: string;
  readonly body: Uint8Array;
  readonly headers?: OutgoingHttpHeaders;
  /** A code of gRPC, or of HTTP where the peer does not speak gRPC at all. */
  readonly status?: StatusCode;
  readonly httpStatus?: number;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** Bytes that are no `Item`. */
const badMessages: Readonly<Record<string, Buffer>> = {
  "a varint that is cut": hex("08 ff"),
  "a varint of eleven bytes": hex("08 ff ff ff ff ff ff ff ff ff ff 01"),
  "a text that is cut": hex("12 05 41"),
  "a field of two gigabytes": hex("12 ff ff ff ff 07"),
  "a length beyond 32 bits": hex("1a ff ff ff ff ff 01"),
  "invalid UTF-8": hex("12 02 c3 28"),
  "a surrogate in UTF-8": hex("2a 03 ed a0 80"),
  "field number 0": hex("00 01"),
  "wire type 7": hex("0f"),
  "a group without an end": hex("a3 3e"),
  "an end without a group": hex("0c"),
  "a million groups in each other": hex("a3 3e".repeat(500_000)),
  "a thousand messages in each other": nested(1000),
  "a map entry that runs over": hex("32 02 0a 05"),
  "a nested message that runs over": hex("4a 7f 08 01"),
  "random bytes": hex("fe dc ba 98 76 54 32 10 fe dc ba 98 76 54 32 10"),
};

/** Whole messages that try to change what all objects have; they are like any other. */
const poison: Readonly<Record<string, Buffer>> = {
  "a map with the key __proto__": mapEntry("__proto__"),
  "a map with the key constructor": mapEntry("constructor"),
  "texts of control characters": hex("12 03 00 0d 0a 2a 04 25 30 30 0a"),
  "a hundred unknown fields": hex("f8 7f 01".repeat(100)),
};

/** Prefixes and bodies that do not fit each other. */
const badFrames: Readonly<Record<string, readonly [body: Buffer, status: StatusCode]>> = {
  "a message of 4 GiB is announced": [frame(Buffer.alloc(10), 0, 0xffffffff), StatusCode.RESOURCE_EXHAUSTED],
  "a message over the limit is announced": [
    frame(Buffer.alloc(10), 0, 4 * 1024 * 1024 + 1),
    StatusCode.RESOURCE_EXHAUSTED,
  ],
  "a good message, then one of 4 GiB": [
    Buffer.concat([itemFrame({ number: 1 }), frame(Buffer.alloc(0), 0, 0xffffffff)]),
    StatusCode.RESOURCE_EXHAUSTED,
  ],
  "a message is cut": [frame(Buffer.alloc(10), 0, 100), StatusCode.INTERNAL],
  "a prefix is cut": [hex("00 00 00"), StatusCode.INTERNAL],
  "a good message, then half a prefix": [
    Buffer.concat([itemFrame({ number: 1 }), hex("00 00")]),
    StatusCode.INTERNAL,
  ],
};

const good = itemFrame({ number: 1, text: "x".repeat(100) });
const plain = good.subarray(5);
const zipped = gzipSync(plain);
const tooLarge = Buffer.alloc(16 * 1024 * 1024);

const badCompression: Readonly<
  Record<string, readonly [body: Buffer, encoding: string, status: StatusCode]>
> = {
  "gzip that is none": [frame(Buffer.from("not compressed"), 1), "gzip", StatusCode.INTERNAL],
  "gzip that is cut": [frame(zipped.subarray(0, 20), 1), "gzip", StatusCode.INTERNAL],
  "gzip with a wrong check sum": [frame(flipped(zipped), 1), "gzip", StatusCode.INTERNAL],
  "gzip of nothing at all": [frame(Buffer.alloc(0), 1), "gzip", StatusCode.INTERNAL],
  "gzip named deflate": [frame(zipped, 1), "deflate", StatusCode.INTERNAL],
  "a bomb in gzip": [frame(gzipSync(tooLarge), 1), "gzip", StatusCode.RESOURCE_EXHAUSTED],
  "a bomb in deflate": [frame(deflateSync(tooLarge), 1), "deflate", StatusCode.RESOURCE_EXHAUSTED],
  "an encoding that nobody knows": [frame(zipped, 1), "snappy", StatusCode.UNIMPLEMENTED],
  "compressed without a word of it": [frame(zipped, 1), "identity", StatusCode.INTERNAL],
};

const badHeaders: Readonly<
  Record<string, readonly [headers: OutgoingHttpHeaders, end: Partial<HostileInput>]>
> = {
  "no content type": [{ "content-type": "" }, { httpStatus: 415 }],
  "a content type that is not gRPC's": [{ "content-type": "application/json" }, { httpStatus: 415 }],
  "a timeout that is no number": [{ "grpc-timeout": "soon" }, { status: StatusCode.INTERNAL }],
  "a timeout without a unit": [{ "grpc-timeout": "100" }, { status: StatusCode.INTERNAL }],
  "a timeout that is over": [{ "grpc-timeout": "0n" }, { status: StatusCode.DEADLINE_EXCEEDED }],
  "an unknown method": [{ ":path": "/grebe.test.Probe/Nowhere" }, { status: StatusCode.UNIMPLEMENTED }],
  "an unknown service": [{ ":path": "/nowhere.Nothing/One" }, { status: StatusCode.UNIMPLEMENTED }],
  "a path that is none": [{ ":path": "/" }, { status: StatusCode.UNIMPLEMENTED }],
  "a path named as a member of every object": [
    { ":path": "/__proto__/constructor" },
    { status: StatusCode.UNIMPLEMENTED },
  ],
  "a path in other letters": [{ ":path": "/grebe.test.Probe/Öne" }, { status: StatusCode.UNIMPLEMENTED }],
  "a path of four thousand letters": [
    { ":path": `/${"x".repeat(4000)}` },
    { status: StatusCode.UNIMPLEMENTED },
  ],
};

const harmlessHeaders: Readonly<Record<string, OutgoingHttpHeaders>> = {
  "bytes that are no base64": { "trace-bin": "%%% not base64 %%%" },
  "a key that every object has": { constructor: "x", ["__proto__"]: "x" },
  "letters beyond ASCII": { name: "Zoë" },
  "a hundred values of one key": { many: Array.from({ length: 100 }, () => "v") },
  "another HTTP method": { ":method": "PUT" },
};

export const hostileInputs: readonly HostileInput[] = [
  ...modes.flatMap((mode) => [
    ...Object.entries(badMessages).map(([name, bytes]) => ({
      name: `${mode}: ${name}`,
      rpc: rpcs[mode],
      body: frame(bytes),
      status: StatusCode.INTERNAL,
    })),
    ...Object.entries(poison).map(([name, bytes]) => ({
      name: `${mode}: ${name}`,
      rpc: rpcs[mode],
      body: frame(bytes),
      status: StatusCode.OK,
    })),
    ...Object.entries(badFrames).map(([name, [body, status]]) => ({
      name: `${mode}: ${name}`,
      rpc: rpcs[mode],
      body,
      status,
    })),
    ...Object.entries(badCompression).map(([name, [body, encoding, status]]) => ({
      name: `${mode}: ${name}`,
      rpc: rpcs[mode],
      body,
      headers: { "grpc-encoding": encoding },
      status,
    })),
    ...Object.entries(badHeaders).map(([name, [headers, end]]) => ({
      name: `${mode}: ${name}`,
      rpc: rpcs[mode],
      body: good,
      headers,
      ...end,
    })),
    ...Object.entries(harmlessHeaders).map(([name, headers]) => ({
      name: `${mode}: ${name}`,
      rpc: rpcs[mode],
      body: good,
      headers,
      status: StatusCode.OK,
    })),
  ]),
  ...(["One", "Many"] as const).flatMap((rpc) => [
    { name: `${rpc} without a request`, rpc, body: Buffer.alloc(0), status: StatusCode.UNIMPLEMENTED },
    {
      name: `${rpc} with two requests`,
      rpc,
      body: Buffer.concat([good, good]),
      status: StatusCode.UNIMPLEMENTED,
    },
    {
      name: `${rpc} with a hundred requests`,
      rpc,
      body: Buffer.concat(Array.from({ length: 100 }, () => good)),
      status: StatusCode.UNIMPLEMENTED,
    },
  ]),
];

function nested(depth: number): Buffer {
  let bytes = Buffer.alloc(0);
  for (let level = 0; level < depth; level++)
    bytes = Buffer.concat([Buffer.of(0x4a), varint(bytes.length), bytes]);
  return bytes;
}

function mapEntry(key: string): Buffer {
  const entry = Buffer.concat([Buffer.of(0x0a, key.length), Buffer.from(key), hex("10 2a")]);
  return Buffer.concat([Buffer.of(0x32, entry.length), entry]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed[changed.length - 6]! ^= 0xff;
  return changed;
}
