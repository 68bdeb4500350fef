import { endianness } from "node:os";
import protobuf from "protobufjs/minimal.js";
import {
  bits,
  int64ToBigint,
  int64ToNumber,
  int64ToString,
  uint64ToBigint,
  uint64ToNumber,
  uint64ToString,
  zagZig,
} from "./long.js";

/** Deeper messages are refused, as other implementations do. */
export const maxDepth = 100;

/** What Node adds to a Buffer without declaring it: the quickest way from bytes to text. */
interface NodeBuffer extends Buffer {
  utf8Slice(start: number, end: number): string;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// Up to these lengths a loop is quicker than a call into Node.
const shortText = 20;
const shortBuffer = 48;

const rememberedKeys = 512;
const keys: string[] = new Array(rememberedKeys).fill("");

/** Nobody can change it: it has no bytes. */
export const emptyBuffer: Buffer = Buffer.alloc(0);

// Two halves to a double, in the order that the processor has them.
const doubles = new Float64Array(1);
const halves = new Uint32Array(doubles.buffer);
const lowHalf = endianness() === "LE" ? 0 : 1;

/** Characters eight at a time: one concatenation each. */
function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let at = start;
  for (; end - at >= 8; at += 8) {
    text += String.fromCharCode(
      bytes[at]!,
      bytes[at + 1]!,
      bytes[at + 2]!,
      bytes[at + 3]!,
      bytes[at + 4]!,
      bytes[at + 5]!,
      bytes[at + 6]!,
      bytes[at + 7]!,
    );
  }
  if (end - at >= 4) {
    text += String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);
    at += 4;
  }
  switch (end - at) {
    case 3:
      return text + String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!);
    case 2:
      return text + String.fromCharCode(bytes[at]!, bytes[at + 1]!);
    case 1:
      return text + String.fromCharCode(bytes[at]!);
    default:
      return text;
  }
}

/**
 * protobufjs's reader with 64-bit integers in the forms that messages carry, and strict strings. All reads are
 * bounded by the whole buffer; that a nested message ends where its length says is checked behind it.
 */
export class WireReader extends protobuf.Reader {
  readonly #bytes: NodeBuffer;

  constructor(bytes: Uint8Array) {
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    super(buffer);
    this.#bytes = buffer as NodeBuffer;
  }

  /** Reads a length and returns where the field ends. */
  end(): number {
    const end = this.size() + this.pos;
    if (end > this.len)
      throw new RangeError(
        `truncated: a field of ${end - this.pos} bytes at ${this.pos} goes beyond the end at ${this.len}`,
      );
    return end;
  }

  /** Complains if a field's content did not end where its length says. */
  ended(end: number): void {
    if (this.pos !== end)
      throw new RangeError(`the content of a field ends at ${this.pos}, its length says ${end}`);
  }

  /** Passes over a field that the type does not know. */
  skipField(tag: number, depth: number): void {
    this.skipType(tag & 7, depth, tag >>> 3);
  }

  /** A string that has probably come before: one that is remembered need not be made again. */
  key(): string {
    const end = this.end();
    const start = this.pos;
    const length = end - start;
    if (length === 0 || length > shortText) return this.#textUpTo(end);
    const bytes = this.#bytes;
    const slot =
      (length * 97 + bytes[start]! * 31 + bytes[end - 1]! * 7 + bytes[(start + end) >> 1]!) &
      (rememberedKeys - 1);
    const known = keys[slot]!;
    if (known.length === length) {
      let at = 0;
      while (at < length && known.charCodeAt(at) === bytes[start + at]) at++;
      if (at === length) {
        this.pos = end;
        return known;
      }
    }
    const text = this.#textUpTo(end);
    if (text.length === length) keys[slot] = text;
    return text;
  }

  text(): string {
    return this.#textUpTo(this.end());
  }

  #textUpTo(end: number): string {
    const start = this.pos;
    this.pos = end;
    const bytes = this.#bytes;
    if (end - start <= shortText) {
      let union = 0;
      for (let at = start; at < end; at++) union |= bytes[at]!;
      if (union < 128) return asciiText(bytes, start, end);
    }
    const text = bytes.utf8Slice(start, end);
    // Either the text has this character, or there were bytes that are no UTF-8.
    if (text.includes("\ufffd")) strictUtf8.decode(bytes.subarray(start, end));
    return text;
  }

  /** A view of what was received; a few bytes are a copy, which is quicker to make. */
  buffer(): Buffer {
    const end = this.end();
    const start = this.pos;
    this.pos = end;
    const length = end - start;
    if (length > shortBuffer) return this.#bytes.subarray(start, end);
    if (length === 0) return emptyBuffer;
    const copy = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at++) copy[at] = this.#bytes[start + at]!;
    return copy;
  }

  override double(): number {
    halves[lowHalf] = this.fixed32();
    halves[1 - lowHalf] = this.fixed32();
    return doubles[0]!;
  }

  base64(): string {
    return this.buffer().toString("base64");
  }

  #varint64(): void {
    const bytes = this.#bytes;
    let at = this.pos;
    let byte = bytes[at++]!;
    let low = byte & 127;
    let high = 0;
    for (let shift = 7; byte > 127; shift += 7) {
      if (shift > 63) throw new RangeError(`invalid varint at ${this.pos}`);
      byte = bytes[at++]!;
      if (shift < 28) low |= (byte & 127) << shift;
      else if (shift === 28) {
        low |= (byte & 127) << 28;
        high = (byte & 127) >> 4;
      } else high |= (byte & 127) << (shift - 32);
    }
    if (at > this.len)
      throw new RangeError(`truncated: a varint at ${this.pos} goes beyond the end at ${this.len}`);
    this.pos = at;
    bits.low = low >>> 0;
    bits.high = high >>> 0;
  }

  #zigZag64(): void {
    this.#varint64();
    zagZig();
  }

  #fixed64(): void {
    bits.low = this.fixed32();
    bits.high = this.fixed32();
  }

  int64String(): string {
    this.#varint64();
    return int64ToString();
  }
  uint64String(): string {
    this.#varint64();
    return uint64ToString();
  }
  sint64String(): string {
    this.#zigZag64();
    return int64ToString();
  }
  fixed64String(): string {
    this.#fixed64();
    return uint64ToString();
  }
  sfixed64String(): string {
    this.#fixed64();
    return int64ToString();
  }

  int64Number(): number {
    this.#varint64();
    return int64ToNumber();
  }
  uint64Number(): number {
    this.#varint64();
    return uint64ToNumber();
  }
  sint64Number(): number {
    this.#zigZag64();
    return int64ToNumber();
  }
  fixed64Number(): number {
    this.#fixed64();
    return uint64ToNumber();
  }
  sfixed64Number(): number {
    this.#fixed64();
    return int64ToNumber();
  }

  int64Bigint(): bigint {
    this.#varint64();
    return int64ToBigint();
  }
  uint64Bigint(): bigint {
    this.#varint64();
    return uint64ToBigint();
  }
  sint64Bigint(): bigint {
    this.#zigZag64();
    return int64ToBigint();
  }
  fixed64Bigint(): bigint {
    this.#fixed64();
    return uint64ToBigint();
  }
  sfixed64Bigint(): bigint {
    this.#fixed64();
    return int64ToBigint();
  }
}
