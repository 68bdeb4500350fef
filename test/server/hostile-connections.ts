/** What comes over a socket that does not even keep to HTTP/2, or breaks off. */
import { once } from "node:events";
import { constants } from "node:http2";
import { connect, type Socket } from "node:net";
import { rpcs } from "./hostile-inputs.js";
import { modes } from "./probe.js";
import { itemFrame, RawClient } from "./raw-client.js";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const FrameType = { data: 0, headers: 1, settings: 4, push: 5, ping: 6, window: 8, continuation: 9 } as const;

/** An HTTP/2 frame with the parts of the test's choice. */
function http2Frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array,
  length = payload.length,
): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

const settings = http2Frame(FrameType.settings, 0, 0, Buffer.alloc(0));
/** How every client begins. */
export const http2Start = Buffer.concat([PREFACE, settings]);

/** Bytes of a connection from its beginning. */
const conversations: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  "random bytes": Buffer.from(Array.from({ length: 256 }, (_, index) => (index * 167 + 13) % 256)),
  "HTTP/1": Buffer.from(
    "POST /grebe.test.Probe/One HTTP/1.1\r\nHost: x\r\nContent-Type: application/grpc\r\n\r\n",
  ),
  "a TLS hello": Buffer.from("16030100c8010000c40303000102030405060708090a0b0c0d0e0f", "hex"),
  "half a preface": PREFACE.subarray(0, 12),
  "a preface and zeros": Buffer.concat([PREFACE, Buffer.alloc(100)]),
  "a frame of 16 MiB": Buffer.concat([
    http2Start,
    http2Frame(FrameType.data, 0, 1, Buffer.alloc(100), 0xffffff),
  ]),
  "data of a stream that is not open": Buffer.concat([
    http2Start,
    http2Frame(FrameType.data, 1, 1, Buffer.alloc(10)),
  ]),
  "headers that are no HPACK": Buffer.concat([
    http2Start,
    http2Frame(FrameType.headers, 5, 1, Buffer.alloc(40, 0xff)),
  ]),
  "headers of an even stream": Buffer.concat([
    http2Start,
    http2Frame(FrameType.headers, 5, 2, Buffer.of(0x82)),
  ]),
  "settings of five bytes": Buffer.concat([PREFACE, http2Frame(FrameType.settings, 0, 0, Buffer.alloc(5))]),
  "a window that overflows": Buffer.concat([
    http2Start,
    http2Frame(FrameType.window, 0, 0, Buffer.from("7fffffff", "hex")),
  ]),
  "headers without an end, on and on": Buffer.concat([
    http2Start,
    http2Frame(FrameType.headers, 0, 1, Buffer.of(0x82)),
    ...Array.from({ length: 1000 }, () => http2Frame(FrameType.continuation, 0, 1, Buffer.alloc(16, 0x82))),
  ]),
  "a thousand pings": Buffer.concat([
    http2Start,
    ...Array.from({ length: 1000 }, () => http2Frame(FrameType.ping, 0, 0, Buffer.alloc(8))),
  ]),
  "a thousand settings": Buffer.concat([http2Start, ...Array.from({ length: 1000 }, () => settings)]),
  "a push from a client": Buffer.concat([http2Start, http2Frame(FrameType.push, 4, 1, Buffer.alloc(10))]),
};

type Attack = (address: string) => Promise<void>;
type Stream = ReturnType<RawClient["open"]>;

const CALLS_PER_CONNECTION = 10;

export interface HostileConnection {
  readonly name: string;
  readonly calls: number;
  /** Ends when the connection is gone. */
  readonly attack: Attack;
}

function dial(address: string): Socket {
  const [host, port] = address.split(":");
  const socket = connect(Number(port), host);
  socket.on("error", () => undefined);
  return socket;
}

/** A peer waits no longer for an answer. */
const SILENCE_MS = 50;

/** Says its bytes, leaves, and waits for the other side to close. */
function converse(bytes: Buffer, leave: (socket: Socket) => void): Attack {
  return async (address) => {
    const socket = dial(address);
    const closed = once(socket, "close");
    await once(socket, "connect");
    socket.resume();
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    socket.write(bytes, () => leave(socket));
    await closed;
  };
}

/** Calls that break off while or before their body is sent, several at once. */
function breakOff(rpc: string, leave: (client: RawClient, streams: readonly Stream[]) => void): Attack {
  return async (address) => {
    const client = new RawClient(address);
    const streams = Array.from({ length: CALLS_PER_CONNECTION }, () => client.open(rpc));
    const closed = streams.map((stream) => once(stream, "close"));
    leave(client, streams);
    await Promise.all(closed);
    await client.close();
  };
}

const CANCEL = constants.NGHTTP2_CANCEL;

const departures: Readonly<Record<string, (client: RawClient, streams: readonly Stream[]) => void>> = {
  "are reset before their headers have left": (_client, streams) => {
    for (const stream of streams) stream.close(CANCEL);
  },
  "are reset behind a message": (_client, streams) => {
    for (const stream of streams) stream.write(itemFrame({ number: 1 }), () => stream.close(CANCEL));
  },
  "are reset in the middle of a message": (_client, streams) => {
    const half = itemFrame({ payload: Buffer.alloc(1000) }).subarray(0, 500);
    for (const stream of streams) stream.write(half, () => stream.close(CANCEL));
  },
  "are reset behind their end": (_client, streams) => {
    for (const stream of streams) stream.end(itemFrame({ number: 1 }), () => stream.close(CANCEL));
  },
  "lose their connection": (client, streams) => {
    for (const stream of streams) stream.write(itemFrame({ number: 1 }));
    streams[0]?.write(itemFrame({ number: 2 }), () => client.socket.resetAndDestroy());
  },
  "lose their connection behind their end": (client, streams) => {
    for (const stream of streams) stream.end(itemFrame({ number: 1 }));
    streams[0]?.once("finish", () => client.socket.destroy());
  },
};

/** Each with how many calls it makes, as far as a server counts it as one. */
export const hostileConnections: readonly HostileConnection[] = [
  ...Object.entries(conversations).flatMap(([name, bytes]) => [
    { name: `${name}, then the end`, calls: 1, attack: converse(bytes, (socket) => socket.end()) },
    {
      name: `${name}, then a reset`,
      calls: 1,
      attack: converse(bytes, (socket) => socket.resetAndDestroy()),
    },
  ]),
  ...modes.flatMap((mode) =>
    Object.entries(departures).map(([name, leave]) => ({
      name: `calls of ${mode} that ${name}`,
      calls: CALLS_PER_CONNECTION,
      attack: breakOff(rpcs[mode], leave),
    })),
  ),
];
