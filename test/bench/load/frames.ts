/** The few HTTP/2 frames and header blocks that a gRPC client needs. Section numbers: RFC 9113 and RFC 7541. */

export const FrameType = {
  DATA: 0,
  HEADERS: 1,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const Flag = { ACK: 0x1, END_STREAM: 0x1, END_HEADERS: 0x4, PADDED: 0x8 } as const;

export const frameHeaderBytes = 9;
export const maxFrameBytes = 16_384;
export const defaultWindowBytes = 65_535;
export const maxWindowBytes = 2 ** 31 - 1;

export function encodeFrame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const frame = Buffer.alloc(frameHeaderBytes + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame[3] = type;
  frame[4] = flags;
  frame.writeUInt32BE(streamId, 5);
  payload.copy(frame, frameHeaderBytes);
  return frame;
}

export function encodeWindowUpdate(streamId: number, bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return encodeFrame(FrameType.WINDOW_UPDATE, 0, streamId, payload);
}

/**
 * The first bytes on a connection. The peer may not index what it sends (HEADER_TABLE_SIZE 0), so that trailers
 * can be read without the state of earlier ones, and its windows never close: how fast it sends is its own affair.
 */
export function encodePreface(): Buffer {
  const settings = Buffer.alloc(18);
  for (const [index, [id, value]] of [
    [1, 0] as const,
    [2, 0] as const,
    [4, maxWindowBytes] as const,
  ].entries()) {
    settings.writeUInt16BE(id, index * 6);
    settings.writeUInt32BE(value, index * 6 + 2);
  }
  return Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    encodeFrame(FrameType.SETTINGS, 0, 0, settings),
    encodeWindowUpdate(0, maxWindowBytes - defaultWindowBytes),
  ]);
}

/** `:method: POST` and `:scheme: http` of the static table (RFC 7541, appendix A). */
const fixedHeaders = Buffer.from([0x83, 0x86]);

/** As `[index in the static table or name, value]`; the usual headers of a gRPC client. */
function requestHeaders(path: string, authority: string): readonly (readonly [number | string, string])[] {
  return [
    [4, path],
    [1, authority],
    ["te", "trailers"],
    [31, "application/grpc"],
    [58, "grpc-bench/1"],
    ["grpc-accept-encoding", "identity,deflate,gzip"],
  ];
}

/** The header block of the first request on a connection; the peer keeps its fields in its table (section 6.2.1). */
export function encodeFirstHeaders(path: string, authority: string): Buffer {
  const fields = requestHeaders(path, authority).map(([name, value]) =>
    typeof name === "number"
      ? Buffer.concat([Buffer.from([0x40 | name]), encodeText(value)])
      : Buffer.concat([Buffer.from([0x40]), encodeText(name), encodeText(value)]),
  );
  return Buffer.concat([fixedHeaders, ...fields]);
}

/** The header block of every later request: the same fields, each by its place in the table (section 6.1). */
export function encodeLaterHeaders(): Buffer {
  const newest = 62;
  const places = requestHeaders("", "").map((_, index, fields) => newest + fields.length - 1 - index);
  return Buffer.concat([fixedHeaders, Buffer.from(places.map((place) => 0x80 | place))]);
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length >= 127) throw new RangeError(`"${text}" is too long for a header of the load generator`);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** `grpc-status` as a name in a header block: Huffman coded, which every encoder prefers, or plain. */
const statusNames = [
  Buffer.from([0x88, 0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f]),
  Buffer.concat([Buffer.from([11]), Buffer.from("grpc-status")]),
];

/** The value of `grpc-status` in a block of unindexed headers, or undefined if it has none. */
export function findStatus(block: Buffer): number | undefined {
  for (const name of statusNames) {
    const at = block.indexOf(name);
    if (at === -1) continue;
    // One or two digits are never shorter in Huffman code, so the value stands there plainly.
    const start = at + name.length + 1;
    return Number(block.toString("latin1", start, start + (block[start - 1] ?? 0)));
  }
  return undefined;
}
