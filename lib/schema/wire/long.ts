/** 64-bit integers between their two 32-bit halves and the forms that messages carry. */

/** The halves of the integer at hand. One pair is enough: nothing else runs between setting and reading it. */
export const bits = { low: 0, high: 0 };

const twoTo32 = 4_294_967_296;
const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
const uint64Max = 2n ** 64n - 1n;

/** Sets {@link bits}; false if the value is no int64. */
export function setInt64(value: unknown): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value) && setSafe(value);
  if (typeof value === "string") {
    const small = parseShort(value);
    if (!Number.isNaN(small)) return setSafe(small);
    return /^-?\d{1,20}$/.test(value) && setBig(BigInt(value), int64Min, int64Max);
  }
  return typeof value === "bigint" && setBig(value, int64Min, int64Max);
}

/** Sets {@link bits}; false if the value is no uint64. */
export function setUint64(value: unknown): boolean {
  if (typeof value === "number") return value >= 0 && Number.isSafeInteger(value) && setSafe(value);
  if (typeof value === "string") {
    const small = parseShort(value);
    return small >= 0 ? setSafe(small) : /^\d{1,20}$/.test(value) && setBig(BigInt(value), 0n, uint64Max);
  }
  return typeof value === "bigint" && setBig(value, 0n, uint64Max);
}

/** Up to 15 digits are a number exactly; NaN for all else. */
function parseShort(text: string): number {
  const length = text.length;
  if (length === 0 || length > 15) return Number.NaN;
  const start = text.charCodeAt(0) === 45 ? 1 : 0;
  if (start === length) return Number.NaN;
  let value = 0;
  for (let i = start; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return start === 0 ? value : -value;
}

function setSafe(value: number): boolean {
  bits.low = value >>> 0;
  bits.high = Math.floor(value / twoTo32) >>> 0;
  return true;
}

function setBig(value: bigint, minimum: bigint, maximum: bigint): boolean {
  if (value < minimum || value > maximum) return false;
  bits.low = Number(value & 0xffffffffn);
  bits.high = Number((value >> 32n) & 0xffffffffn);
  return true;
}

/** Two's complement to the numbers that varints carry for `sint64`. */
export function zigZag(): void {
  const sign = (bits.high | 0) >> 31;
  bits.high = (((bits.high << 1) | (bits.low >>> 31)) ^ sign) >>> 0;
  bits.low = ((bits.low << 1) ^ sign) >>> 0;
}

export function zagZig(): void {
  const sign = -(bits.low & 1);
  bits.low = (((bits.low >>> 1) | (bits.high << 31)) ^ sign) >>> 0;
  bits.high = ((bits.high >>> 1) ^ sign) >>> 0;
}

export function int64ToString(): string {
  const { low, high } = bits;
  // A double holds it exactly.
  if (high < 0x200000 || high >= 0xffe00000) return String((high | 0) * twoTo32 + low);
  return int64ToBigint().toString();
}

export function uint64ToString(): string {
  const { low, high } = bits;
  return high < 0x200000 ? String(high * twoTo32 + low) : uint64ToBigint().toString();
}

/** Beyond 2^53 the nearest number that there is. */
export function int64ToNumber(): number {
  return (bits.high | 0) * twoTo32 + bits.low;
}

export function uint64ToNumber(): number {
  return bits.high * twoTo32 + bits.low;
}

export function int64ToBigint(): bigint {
  return (BigInt(bits.high | 0) << 32n) | BigInt(bits.low);
}

export function uint64ToBigint(): bigint {
  return (BigInt(bits.high) << 32n) | BigInt(bits.low);
}
