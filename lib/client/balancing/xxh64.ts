/**
 * XXH64, the hash of `ring_hash` and `random_subsetting`. {@link xxh64} is the definition in bigints; {@link hashText}
 * and {@link hashBytes} give the same in two 32-bit halves and allocate nothing, for the path of each call.
 */

const P1 = 11400714785074694791n;
const P2 = 14029467366897019727n;
const P3 = 1609587929392839161n;
const P4 = 9650029242287828579n;
const P5 = 2870177450012600261n;

const u64 = (value: bigint) => BigInt.asUintN(64, value);
const rotl = (value: bigint, bits: bigint) => u64((value << bits) | (value >> (64n - bits)));
const round = (lane: bigint, input: bigint) => u64(rotl(u64(lane + input * P2), 31n) * P1);
const merge = (hash: bigint, lane: bigint) => u64((hash ^ round(0n, lane)) * P1 + P4);

/** The hash of bytes, or of a text's UTF-8. */
export function xxh64(data: Uint8Array | string, seed = 0n): bigint {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length } = bytes;
  let at = 0;
  let hash: bigint;
  if (length >= 32) {
    let [v1, v2, v3, v4] = [u64(seed + P1 + P2), u64(seed + P2), u64(seed), u64(seed - P1)];
    for (; at + 32 <= length; at += 32) {
      v1 = round(v1, view.getBigUint64(at, true));
      v2 = round(v2, view.getBigUint64(at + 8, true));
      v3 = round(v3, view.getBigUint64(at + 16, true));
      v4 = round(v4, view.getBigUint64(at + 24, true));
    }
    hash = u64(rotl(v1, 1n) + rotl(v2, 7n) + rotl(v3, 12n) + rotl(v4, 18n));
    hash = merge(merge(merge(merge(hash, v1), v2), v3), v4);
  } else {
    hash = u64(seed + P5);
  }
  hash = u64(hash + BigInt(length));
  for (; at + 8 <= length; at += 8) {
    hash = u64(rotl(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * P1 + P4);
  }
  if (at + 4 <= length) {
    hash = u64(rotl(hash ^ u64(BigInt(view.getUint32(at, true)) * P1), 23n) * P2 + P3);
    at += 4;
  }
  for (; at < length; at++) hash = u64(rotl(hash ^ u64(BigInt(view.getUint8(at)) * P5), 11n) * P1);
  hash = u64((hash ^ (hash >> 33n)) * P2);
  hash = u64((hash ^ (hash >> 29n)) * P3);
  return hash ^ (hash >> 32n);
}

/** A 64-bit number in two unsigned halves, to be written over and over. */
export interface Hash64 {
  high: number;
  low: number;
}

/** A number in halves, from a bigint. */
export function toHash64(value: bigint): Hash64 {
  return { high: Number((value >> 32n) & 0xffffffffn), low: Number(value & 0xffffffffn) };
}

const zero: Hash64 = { high: 0, low: 0 };

// The number at hand, in signed halves. All below work on it, one hash at a time: nothing here calls out.
let high = 0;
let low = 0;

function add(otherHigh: number, otherLow: number): void {
  const sum = (low >>> 0) + (otherLow >>> 0);
  high = (high + otherHigh + (sum > 0xffffffff ? 1 : 0)) | 0;
  low = sum | 0;
}

function multiply(byHigh: number, byLow: number): void {
  const a0 = low & 0xffff;
  const a1 = low >>> 16;
  const b0 = byLow & 0xffff;
  const b1 = byLow >>> 16;
  const middle = (Math.imul(a1, b0) >>> 0) + (Math.imul(a0, b0) >>> 16);
  const carried = (Math.imul(a0, b1) >>> 0) + (middle & 0xffff);
  const overflow = Math.imul(a1, b1) + (middle >>> 16) + (carried >>> 16);
  high = (overflow + Math.imul(high, byLow) + Math.imul(low, byHigh)) | 0;
  low = Math.imul(low, byLow);
}

/** By fewer than 32 bits, as all rotations of XXH64 are. */
function rotate(bits: number): void {
  const rotated = (high << bits) | (low >>> (32 - bits));
  low = (low << bits) | (high >>> (32 - bits));
  high = rotated;
}

const halves = (prime: bigint) => [Number(prime >> 32n) | 0, Number(prime & 0xffffffffn) | 0] as const;
const [P1H, P1L] = halves(P1);
const [MINUS_P1H, MINUS_P1L] = halves(u64(-P1));
const [P2H, P2L] = halves(P2);
const [P3H, P3L] = halves(P3);
const [P4H, P4L] = halves(P4);
const [P5H, P5L] = halves(P5);

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Puts `round(0, input)` xor what was at hand, at hand. */
function xorRound(inputHigh: number, inputLow: number): void {
  const hashHigh = high;
  const hashLow = low;
  high = inputHigh;
  low = inputLow;
  multiply(P2H, P2L);
  rotate(31);
  multiply(P1H, P1L);
  high ^= hashHigh;
  low ^= hashLow;
}

/** Four lanes, high half first. */
const lanes = new Int32Array(8);

function setLane(lane: number, seed: Hash64, plusHigh: number, plusLow: number): void {
  high = seed.high | 0;
  low = seed.low | 0;
  add(plusHigh, plusLow);
  lanes[2 * lane] = high;
  lanes[2 * lane + 1] = low;
}

function addLane(lane: number, bits: number): void {
  const sumHigh = high;
  const sumLow = low;
  high = lanes[2 * lane]!;
  low = lanes[2 * lane + 1]!;
  rotate(bits);
  add(sumHigh, sumLow);
}

/** The stripes of 32 bytes; returns where they end. */
function hashStripes(bytes: Uint8Array, length: number, seed: Hash64): number {
  setLane(0, seed, P1H, P1L);
  add(P2H, P2L);
  lanes[0] = high;
  lanes[1] = low;
  setLane(1, seed, P2H, P2L);
  setLane(2, seed, 0, 0);
  setLane(3, seed, MINUS_P1H, MINUS_P1L);
  let at = 0;
  for (; at + 32 <= length; at += 32) {
    for (let lane = 0; lane < 4; lane++) {
      low = word(bytes, at + 8 * lane);
      high = word(bytes, at + 8 * lane + 4);
      multiply(P2H, P2L);
      add(lanes[2 * lane]!, lanes[2 * lane + 1]!);
      rotate(31);
      multiply(P1H, P1L);
      lanes[2 * lane] = high;
      lanes[2 * lane + 1] = low;
    }
  }
  high = 0;
  low = 0;
  addLane(0, 1);
  addLane(1, 7);
  addLane(2, 12);
  addLane(3, 18);
  for (let lane = 0; lane < 4; lane++) {
    xorRound(lanes[2 * lane]!, lanes[2 * lane + 1]!);
    multiply(P1H, P1L);
    add(P4H, P4L);
  }
  return at;
}

/** Writes the hash of the first `length` bytes. */
export function hashBytes(into: Hash64, bytes: Uint8Array, length = bytes.length, seed = zero): void {
  let at = 0;
  if (length >= 32) {
    at = hashStripes(bytes, length, seed);
  } else {
    high = seed.high | 0;
    low = seed.low | 0;
    add(P5H, P5L);
  }
  add(0, length);
  for (; at + 8 <= length; at += 8) {
    xorRound(word(bytes, at + 4), word(bytes, at));
    rotate(27);
    multiply(P1H, P1L);
    add(P4H, P4L);
  }
  if (at + 4 <= length) {
    xorProduct(word(bytes, at), P1H, P1L);
    rotate(23);
    multiply(P2H, P2L);
    add(P3H, P3L);
    at += 4;
  }
  for (; at < length; at++) {
    xorProduct(bytes[at]!, P5H, P5L);
    rotate(11);
    multiply(P1H, P1L);
  }
  low ^= high >>> 1;
  multiply(P2H, P2L);
  low ^= (high << 3) | (low >>> 29);
  high ^= high >>> 29;
  multiply(P3H, P3L);
  into.low = (low ^ high) >>> 0;
  into.high = high >>> 0;
}

function xorProduct(input: number, primeHigh: number, primeLow: number): void {
  const hashHigh = high;
  const hashLow = low;
  high = 0;
  low = input;
  multiply(primeHigh, primeLow);
  high ^= hashHigh;
  low ^= hashLow;
}

let scratch = Buffer.allocUnsafe(256);

/** Writes the hash of a text's UTF-8. */
export function hashText(into: Hash64, text: string, seed = zero): void {
  // A UTF-16 unit is at most three bytes of UTF-8.
  if (text.length * 3 > scratch.length) scratch = Buffer.allocUnsafe(text.length * 6);
  hashBytes(into, scratch, writeText(text), seed);
}

/** Most texts here are short and ASCII, for which a loop is quicker than a call of Node's. */
function writeText(text: string): number {
  const { length } = text;
  if (length > 64) return scratch.write(text);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return scratch.write(text);
    scratch[i] = unit;
  }
  return length;
}

/** The positions of hashes in halves, in ascending order of the hashes; of equal ones, the earlier comes first. */
export function ascendingOrder(highs: Uint32Array, lows: Uint32Array): Uint32Array {
  const order = Uint32Array.from({ length: highs.length }, (_, position) => position);
  return order.sort((a, b) => highs[a]! - highs[b]! || lows[a]! - lows[b]! || a - b);
}
