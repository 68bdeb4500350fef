/**
 * One HTTP/2 connection of the load generator. It is written on a plain socket because it must cost less than
 * any server under test: requests are ready-made bytes with a stream number patched in, replies are not decoded;
 * messages and bytes are counted and the `grpc-status` trailer is read. (h2load would be as cheap, but it sees
 * HTTP statuses only, and node:http2 as a client costs more than the cheapest server here.)
 */
import { connect, type Socket } from "node:net";
import {
  defaultWindowBytes,
  encodeFirstHeaders,
  encodeFrame,
  encodeLaterHeaders,
  encodePreface,
  encodeWindowUpdate,
  Flag,
  FrameType,
  findStatus,
  frameHeaderBytes,
} from "./frames.js";

/** Statuses that gRPC does not have: the stream was reset or cut, or ended without a status. */
export const RESET = -1;
export const NO_STATUS = -2;

export interface Reply {
  readonly status: number;
  readonly messages: number;
  /** Of all DATA frames. */
  readonly bytes: number;
  readonly body: Buffer | undefined;
}

interface Call {
  readonly id: number;
  readonly body: Buffer;
  readonly end: (reply: Reply) => void;
  readonly chunks: Buffer[] | undefined;
  sent: number;
  sendWindow: number;
  messages: number;
  bytes: number;
  /** Bytes that the message being read still lacks. */
  missing: number;
  /** How much of a message's prefix has been read, and the length it gives so far. */
  prefixSeen: number;
  prefixValue: number;
}

const empty = Buffer.alloc(0);
const prefixBytes = 5;
/** A long request travels in frames of this size: a client that writes small messages in a row fills about as much. */
const dataFrameBytes = 1104;
const windowRefillBytes = 2 ** 28;

export class Connection {
  readonly #socket: Socket;
  readonly #firstHeaders: Buffer;
  readonly #laterHeaders = encodeLaterHeaders();
  readonly #calls = new Map<number, Call>();
  readonly #blocked = new Set<Call>();
  readonly #templates = new Map<Buffer, Buffer>();
  #out: Buffer[] = [];
  #flushing = false;
  #rest: Buffer = empty;
  #nextId = 1;
  #sendWindow = defaultWindowBytes;
  #streamWindow = defaultWindowBytes;
  #received = 0;
  #closed = false;

  private constructor(socket: Socket, path: string, authority: string) {
    this.#socket = socket;
    this.#firstHeaders = encodeFirstHeaders(path, authority);
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", () => this.#fail());
    socket.on("close", () => this.#fail());
    socket.write(encodePreface());
  }

  /** Connects to loopback; all calls of the connection go to one method. */
  static open(port: number, path: string): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket, path, `127.0.0.1:${port}`));
      });
    });
  }

  /** Sends a body of ready-made gRPC frames; `end` is called once. */
  call(body: Buffer, end: (reply: Reply) => void, keepBody = false): void {
    if (this.#closed) {
      queueMicrotask(() => end({ status: RESET, messages: 0, bytes: 0, body: undefined }));
      return;
    }
    const call: Call = {
      id: this.#nextId,
      body,
      end,
      chunks: keepBody ? [] : undefined,
      sent: 0,
      sendWindow: this.#streamWindow,
      messages: 0,
      bytes: 0,
      missing: 0,
      prefixSeen: 0,
      prefixValue: 0,
    };
    this.#nextId += 2;
    this.#calls.set(call.id, call);
    if (call.id > 1 && body.length <= Math.min(dataFrameBytes, this.#sendWindow)) this.#sendWhole(call);
    else {
      const headers = call.id === 1 ? this.#firstHeaders : this.#laterHeaders;
      this.#write(encodeFrame(FrameType.HEADERS, Flag.END_HEADERS, call.id, headers));
      this.#sendBody(call);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Headers and body in one copy of a template, the usual case of a short request. */
  #sendWhole(call: Call): void {
    let template = this.#templates.get(call.body);
    if (template === undefined) {
      template = Buffer.concat([
        encodeFrame(FrameType.HEADERS, Flag.END_HEADERS, 0, this.#laterHeaders),
        encodeFrame(FrameType.DATA, Flag.END_STREAM, 0, call.body),
      ]);
      this.#templates.set(call.body, template);
    }
    const bytes = Buffer.from(template);
    bytes.writeUInt32BE(call.id, 5);
    bytes.writeUInt32BE(call.id, frameHeaderBytes + this.#laterHeaders.length + 5);
    this.#sendWindow -= call.body.length;
    call.sent = call.body.length;
    this.#write(bytes);
  }

  #sendBody(call: Call): void {
    const { body, id } = call;
    while (call.sent < body.length) {
      const bytes = Math.min(dataFrameBytes, body.length - call.sent, call.sendWindow, this.#sendWindow);
      if (bytes <= 0) {
        this.#blocked.add(call);
        return;
      }
      const payload = body.subarray(call.sent, call.sent + bytes);
      call.sent += bytes;
      call.sendWindow -= bytes;
      this.#sendWindow -= bytes;
      this.#write(encodeFrame(FrameType.DATA, call.sent === body.length ? Flag.END_STREAM : 0, id, payload));
    }
    this.#blocked.delete(call);
  }

  #write(bytes: Buffer): void {
    this.#out.push(bytes);
    if (this.#flushing) return;
    this.#flushing = true;
    process.nextTick(() => {
      this.#flushing = false;
      const out = this.#out;
      this.#out = [];
      if (!this.#closed) this.#socket.write(out.length === 1 ? out[0]! : Buffer.concat(out));
    });
  }

  #read(chunk: Buffer): void {
    const buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (buffer.length - at >= frameHeaderBytes) {
      const end = at + frameHeaderBytes + buffer.readUIntBE(at, 3);
      if (end > buffer.length) break;
      const streamId = buffer.readUInt32BE(at + 5) & 0x7fffffff;
      this.#readFrame(buffer[at + 3]!, buffer[at + 4]!, streamId, buffer, at + frameHeaderBytes, end);
      at = end;
    }
    this.#rest = at === buffer.length ? empty : buffer.subarray(at);
  }

  #readFrame(type: number, flags: number, streamId: number, buffer: Buffer, at: number, end: number): void {
    switch (type) {
      case FrameType.DATA: {
        this.#refillWindow(end - at);
        const call = this.#calls.get(streamId);
        if (call === undefined) return;
        if (flags & Flag.PADDED) {
          this.#fail();
          return;
        }
        call.chunks?.push(Buffer.from(buffer.subarray(at, end)));
        countMessages(call, buffer, at, end);
        if (flags & Flag.END_STREAM) this.#endCall(call, NO_STATUS);
        return;
      }
      case FrameType.HEADERS: {
        const call = this.#calls.get(streamId);
        if (call === undefined || !(flags & Flag.END_STREAM)) return;
        this.#endCall(call, findStatus(buffer.subarray(at, end)) ?? NO_STATUS);
        return;
      }
      case FrameType.RST_STREAM: {
        const call = this.#calls.get(streamId);
        if (call !== undefined) this.#endCall(call, RESET);
        return;
      }
      case FrameType.SETTINGS:
        if (!(flags & Flag.ACK)) this.#readSettings(buffer.subarray(at, end));
        return;
      case FrameType.PING:
        if (!(flags & Flag.ACK)) {
          this.#write(encodeFrame(FrameType.PING, Flag.ACK, 0, buffer.subarray(at, end)));
        }
        return;
      case FrameType.WINDOW_UPDATE:
        this.#openWindow(streamId, buffer.readUInt32BE(at));
        return;
      case FrameType.GOAWAY:
      case FrameType.CONTINUATION:
        this.#fail();
        return;
    }
  }

  #readSettings(settings: Buffer): void {
    for (let at = 0; at + 6 <= settings.length; at += 6) {
      if (settings.readUInt16BE(at) !== 4) continue;
      const window = settings.readUInt32BE(at + 2);
      for (const call of this.#calls.values()) call.sendWindow += window - this.#streamWindow;
      this.#streamWindow = window;
    }
    this.#write(encodeFrame(FrameType.SETTINGS, Flag.ACK, 0, empty));
    this.#resume();
  }

  #openWindow(streamId: number, bytes: number): void {
    if (streamId === 0) this.#sendWindow += bytes;
    else {
      const call = this.#calls.get(streamId);
      if (call !== undefined) call.sendWindow += bytes;
    }
    this.#resume();
  }

  #resume(): void {
    for (const call of this.#blocked) this.#sendBody(call);
  }

  #refillWindow(bytes: number): void {
    this.#received += bytes;
    if (this.#received < windowRefillBytes) return;
    this.#write(encodeWindowUpdate(0, this.#received));
    this.#received = 0;
  }

  #endCall(call: Call, status: number): void {
    this.#calls.delete(call.id);
    this.#blocked.delete(call);
    const isCut = call.missing > 0 || call.prefixSeen > 0;
    call.end({
      status: isCut && status === 0 ? RESET : status,
      messages: call.messages,
      bytes: call.bytes,
      body: call.chunks && Buffer.concat(call.chunks),
    });
  }

  #fail(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    for (const call of this.#calls.values()) this.#endCall(call, RESET);
  }
}

/** Steps from prefix to prefix; a message is counted when its last byte is in. */
function countMessages(call: Call, buffer: Buffer, start: number, end: number): void {
  call.bytes += end - start;
  let at = start;
  while (at < end) {
    if (call.missing > 0) {
      const step = Math.min(call.missing, end - at);
      at += step;
      call.missing -= step;
      if (call.missing === 0) call.messages += 1;
      continue;
    }
    if (call.prefixSeen === 0 && end - at >= prefixBytes) {
      call.missing = buffer.readUInt32BE(at + 1);
      at += prefixBytes;
    } else {
      if (call.prefixSeen > 0) call.prefixValue = call.prefixValue * 256 + buffer[at]!;
      at += 1;
      call.prefixSeen += 1;
      if (call.prefixSeen < prefixBytes) continue;
      call.missing = call.prefixValue;
      call.prefixSeen = 0;
      call.prefixValue = 0;
    }
    if (call.missing === 0) call.messages += 1;
  }
}
