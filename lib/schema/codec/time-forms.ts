/** Timestamps as Dates and durations as milliseconds, where the options say so. */
import type { MessageForm } from "../options.js";
import type { MessageType } from "../type-registry.js";
import type { Decode } from "./decoder.js";
import type { Encode } from "./encoder.js";
import { describe, FieldError } from "./field-error.js";

interface SecondsAndNanos {
  seconds: string | number | bigint;
  nanos: number;
}

export function adaptEncoder(encode: Encode, type: MessageType, form: MessageForm): Encode {
  const toMs = millisecondsOf(type, form);
  if (toMs === undefined) return encode;
  return (value, writer) => {
    if (isSecondsAndNanos(value)) return encode(value, writer);
    const ms = toMs(value);
    if (ms === undefined || !Number.isFinite(ms)) {
      const [field] = type.fields;
      throw new FieldError(value, field!, `expected ${type.typeName}, got ${describe(value)}`);
    }
    encode(fromMilliseconds(ms, type), writer);
  };
}

export function adaptDecoder(decode: Decode, type: MessageType, form: MessageForm): Decode {
  const toMs = millisecondsOf(type, form);
  if (toMs === undefined) return decode;
  return (reader, end, depth, earlier) => {
    const before = earlier === undefined ? undefined : fromMilliseconds(toMs(earlier) ?? 0, type);
    const { seconds, nanos } = decode(reader, end, depth, before) as Partial<SecondsAndNanos>;
    const ms = Number(seconds ?? 0) * 1000 + (nanos ?? 0) / 1e6;
    return isTimestamp(type) ? new Date(Math.floor(ms)) : ms;
  };
}

function isTimestamp(type: MessageType): boolean {
  return type.typeName === "google.protobuf.Timestamp";
}

function isSecondsAndNanos(value: unknown): boolean {
  return typeof value === "object" && value !== null && !(value instanceof Date);
}

/** How a value of this form is milliseconds; undefined if the type has no form of its own. */
function millisecondsOf(
  type: MessageType,
  form: MessageForm,
): ((value: unknown) => number | undefined) | undefined {
  if (isTimestamp(type) && form.timestamps === "date") {
    return (value) => (value instanceof Date ? value.getTime() : undefined);
  }
  if (type.typeName === "google.protobuf.Duration" && form.durations === "ms") {
    return (value) => (typeof value === "number" ? value : undefined);
  }
  return undefined;
}

function fromMilliseconds(ms: number, type: MessageType): SecondsAndNanos {
  // A timestamp counts its nanoseconds forwards; a duration's have the sign of its seconds.
  const seconds = isTimestamp(type) ? Math.floor(ms / 1000) : Math.trunc(ms / 1000);
  const nanos = Math.round((ms - seconds * 1000) * 1e6);
  if (Math.abs(nanos) < 1e9) return { seconds, nanos };
  return { seconds: seconds + Math.sign(nanos), nanos: 0 };
}
