import { bits } from "./long.js";

/** Enough for a tag and any scalar. */
const scalarBytes = 16;
/** What Node adds to a Buffer without declaring it: the quickest way from text to bytes. */
interface NodeBuffer extends Buffer<ArrayBuffer> {
  utf8Write(text: string, offset: number): number;
}

const slabBytes = 65_536;
const longText = 1024;

/**
 * Writes messages one after the other into a slab and hands out views of it, so that no byte is copied twice. A
 * nested message is written behind one byte for its length; the rare longer length moves it up.
 *
 * {@link tag} makes room for one scalar behind it, so scalars do not check; {@link room} does so inside packed fields.
 */
export class WireWriter {
  #bytes = Buffer.allocUnsafeSlow(slabBytes) as NodeBuffer;
  #view = new DataView(this.#bytes.buffer);
  /** Where the current message begins. */
  #start = 0;
  #at = 0;

  begin(): void {
    this.#start = this.#at;
  }

  /** The message since {@link begin}. */
  finish(): Buffer {
    return this.#bytes.subarray(this.#start, this.#at);
  }

  /** Forgets the message since {@link begin}. */
  abandon(): void {
    this.#at = this.#start;
  }

  room(bytes = scalarBytes): void {
    if (this.#at + bytes > this.#bytes.length) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    const written = this.#at - this.#start;
    const wanted = written + bytes;
    const next = Buffer.allocUnsafeSlow(Math.max(wanted * 2, slabBytes));
    this.#bytes.copy(next, 0, this.#start, this.#at);
    this.#bytes = next as NodeBuffer;
    this.#view = new DataView(next.buffer);
    this.#start = 0;
    this.#at = written;
  }

  /** A field's number and wire type, as one varint; makes room for a scalar. */
  tag(tag: number): void {
    if (this.#at + scalarBytes > this.#bytes.length) this.#grow(scalarBytes);
    if (tag < 128) this.#bytes[this.#at++] = tag;
    else this.uint32(tag);
  }

  uint32(value: number): void {
    const bytes = this.#bytes;
    let rest = value;
    let at = this.#at;
    while (rest > 127) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.#at = at;
  }

  int32(value: number): void {
    if (value >= 0) this.uint32(value);
    else {
      bits.low = value >>> 0;
      bits.high = 0xffffffff;
      this.varint64();
    }
  }

  sint32(value: number): void {
    this.uint32(((value << 1) ^ (value >> 31)) >>> 0);
  }

  bool(value: boolean): void {
    this.#bytes[this.#at++] = value ? 1 : 0;
  }

  /** Writes {@link bits}. */
  varint64(): void {
    const bytes = this.#bytes;
    let { low, high } = bits;
    let at = this.#at;
    while (high !== 0) {
      bytes[at++] = (low & 127) | 128;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    while (low > 127) {
      bytes[at++] = (low & 127) | 128;
      low >>>= 7;
    }
    bytes[at++] = low;
    this.#at = at;
  }

  fixed32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  sfixed32(value: number): void {
    this.fixed32(value);
  }

  /** Writes {@link bits}. */
  fixed64(): void {
    this.fixed32(bits.low);
    this.fixed32(bits.high);
  }

  float(value: number): void {
    this.#view.setFloat32(this.#at, value, true);
    this.#at += 4;
  }

  double(value: number): void {
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  bytes(value: Uint8Array): void {
    const length = value.length;
    this.room(length + 5);
    this.uint32(length);
    this.#bytes.set(value, this.#at);
    this.#at += length;
  }

  /** A lone surrogate becomes U+FFFD, as everywhere in JavaScript's UTF-8. */
  string(value: string): void {
    const length = value.length;
    // UTF-16 code units become three bytes at most; long texts are measured.
    this.room((length < longText ? length * 3 : Buffer.byteLength(value)) + 5);
    if (length < 40 && this.#ascii(value, length)) return;
    const place = this.#open(length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4);
    this.#at += this.#bytes.utf8Write(value, this.#at);
    this.#close(place);
  }

  #ascii(value: string, length: number): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = length;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 127) return false;
      bytes[at++] = unit;
    }
    this.#at = at;
    return true;
  }

  /** Opens a field whose length is not known yet; hand the result to {@link join}. */
  fork(): number {
    this.room();
    this.#at++;
    return this.#at - this.#start;
  }

  /** Writes the length of what came since {@link fork}. */
  join(place: number): void {
    const from = this.#start + place;
    const length = this.#at - from;
    if (length < 128) this.#bytes[from - 1] = length;
    else this.#moveUp(length, 1);
  }

  #reserved = 1;

  #open(reserved: number): number {
    this.#reserved = reserved;
    this.#at += reserved;
    return this.#at;
  }

  #close(from: number): void {
    const length = this.#at - from;
    const reserved = this.#reserved;
    if (varintBytes(length) !== reserved) this.#moveUp(length, reserved);
    else {
      this.#at = from - reserved;
      this.uint32(length);
      this.#at = from + length;
    }
  }

  #moveUp(length: number, reserved: number): void {
    const shift = varintBytes(length) - reserved;
    this.room(shift);
    // Making room may have moved the message.
    const begin = this.#at - length;
    this.#bytes.copyWithin(begin + shift, begin, this.#at);
    this.#at = begin - reserved;
    this.uint32(length);
    this.#at += length;
  }
}

function varintBytes(value: number): number {
  return value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : value < 268_435_456 ? 4 : 5;
}
