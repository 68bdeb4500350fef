/** A peer that speaks HTTP/2 by hand: what no well-behaved client would do. */

import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from "node:http2";
import { connect as connectSocket, type Socket } from "node:net";
import { loadSchema } from "../../lib/schema/index.js";
import { type Item, PROBE_PROTO } from "./probe.js";

const item = loadSchema([PROBE_PROTO]).codec("grebe.test.Item");

/** One message with gRPC's prefix: the compression flag and the length. */
export function frame(bytes: Uint8Array, flag = 0, length = bytes.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flag, 0);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, bytes]);
}

export function itemFrame(message: Item): Buffer {
  return frame(item.encode(message));
}

/** How a stream ended: by trailers, or by a reset with an HTTP/2 error code. */
export interface RawOutcome {
  readonly httpStatus: number;
  readonly status: number | undefined;
  readonly text: string | undefined;
  readonly resetCode: number;
}

export class RawClient {
  readonly session: ClientHttp2Session;
  readonly socket: Socket;

  constructor(address: string, settings: { initialWindowSize?: number } = {}) {
    const [host, port] = address.split(":");
    this.socket = connectSocket(Number(port), host);
    this.session = connect(`http://${address}`, { settings, createConnection: () => this.socket });
    this.session.on("error", () => undefined);
  }

  open(rpc: string, headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
    const stream = this.session.request({
      ":method": "POST",
      ":path": `/grebe.test.Probe/${rpc}`,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    stream.on("error", () => undefined);
    return stream;
  }

  /** Sends bytes and the end, and reads to the end. */
  send(rpc: string, bytes: Uint8Array, headers: OutgoingHttpHeaders = {}): Promise<RawOutcome> {
    const stream = this.open(rpc, headers);
    stream.end(bytes);
    return rawOutcome(stream);
  }

  async close(): Promise<void> {
    if (this.session.destroyed) return;
    const closed = once(this.session, "close");
    this.session.destroy();
    await closed;
  }
}

export function rawOutcome(stream: ClientHttp2Stream, endsWithStatus = true): Promise<RawOutcome> {
  return new Promise((resolve) => {
    let httpStatus = 0;
    let trailers: Record<string, unknown> = {};
    stream.on("response", (headers) => {
      httpStatus = Number(headers[constants.HTTP2_HEADER_STATUS]);
      if ("grpc-status" in headers) trailers = headers;
    });
    stream.on("trailers", (received) => {
      trailers = received;
    });
    // With the status the call is over; the stream closes when this side ends too.
    if (endsWithStatus) stream.on("end", () => stream.end());
    stream.on("close", () => {
      const status = trailers["grpc-status"];
      const text = trailers["grpc-message"];
      resolve({
        httpStatus,
        status: status === undefined ? undefined : Number(status),
        text: text === undefined ? undefined : decodeURIComponent(String(text)),
        resetCode: stream.rstCode ?? 0,
      });
    });
    stream.resume();
  });
}
