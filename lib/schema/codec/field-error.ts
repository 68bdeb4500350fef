import type { FieldType, MessageType } from "../type-registry.js";

/** A value that does not fit its field. The path from the outermost message is found once it is needed. */
export class FieldError extends TypeError {
  override readonly name = "TypeError";
  /** The message object that holds the value. */
  readonly holder: unknown;
  readonly field: FieldType;
  /** Index of an element, or key of a map's entry. */
  readonly key: number | string | undefined;
  readonly complaint: string;

  constructor(holder: unknown, field: FieldType, complaint: string, key?: number | string) {
    super(complaint);
    this.holder = holder;
    this.field = field;
    this.key = key;
    this.complaint = complaint;
  }
}

/** Says where, seen from the message that was to be encoded: `atlas.v1.Route.stops[2].lat: expected …`. */
export function toTypeError(error: FieldError, type: MessageType, value: unknown): TypeError {
  const outer = findPath(type, value, error.holder, new Set()) ?? [];
  const path = [type.typeName, ...outer].join(".");
  return new TypeError(`${path}.${error.field.localName}${formatKey(error.key)}: ${error.complaint}`);
}

function formatKey(key: number | string | undefined): string {
  if (key === undefined) return "";
  return typeof key === "number" ? `[${key}]` : `[${JSON.stringify(key)}]`;
}

function findPath(
  type: MessageType,
  value: unknown,
  holder: unknown,
  seen: Set<unknown>,
): string[] | undefined {
  if (value === holder) return [];
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
  seen.add(value);
  for (const field of type.fields) {
    const child = (value as Record<string, unknown>)[field.localName];
    if (field.message === undefined || typeof child !== "object" || child === null) continue;
    for (const [key, each] of childrenOf(field, child)) {
      const rest = findPath(field.message, each, holder, seen);
      if (rest !== undefined) return [`${field.localName}${key}`, ...rest];
    }
  }
  return undefined;
}

function childrenOf(field: FieldType, child: object): [string, unknown][] {
  if (Array.isArray(child)) return child.map((each, index) => [formatKey(index), each]);
  if (field.mapKey !== undefined) return Object.entries(child).map(([key, each]) => [formatKey(key), each]);
  return [["", child]];
}

/** What a value is, for a complaint: `string "abc"`, `object`. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
    case "number":
    case "boolean":
    case "bigint":
      return `${typeof value} ${value}`;
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return "array";
      return value.constructor === Object || value.constructor === undefined
        ? "object"
        : `${value.constructor.name} object`;
    default:
      return typeof value;
  }
}
