import { type FieldDescriptor, StatusError } from "../../rpc/index.js";

/** One rule that a message breaks. */
export interface Violation {
  /** The path of the field in proto names: `address.zip_code`, `tags[2]`, `labels["key"]`; empty for the message. */
  readonly field: string;
  readonly description: string;
  /** The rule's name, as class-validator's errors have it: `isInt`. */
  readonly rule?: string;
  /** What the rule's `context` option says. */
  readonly context?: unknown;
}

/** At most so many violations are reported of one message: they travel in a trailer. */
export const MAX_VIOLATIONS = 50;
const MAX_DESCRIPTION_LENGTH = 300;
const MAX_TEXT_LENGTH = 1000;

/** The status of a message that breaks rules: INVALID_ARGUMENT with a `google.rpc.BadRequest`. */
export function toInvalidArgument(violations: readonly Violation[]): StatusError {
  const fields = new Set(violations.map(({ field }) => field)).size;
  const title = fields === 1 ? "1 field is invalid" : `${fields} fields are invalid`;
  const reasons = violations.map(({ field, description }) =>
    /[.[]/.test(field) ? `${field}: ${description}` : description,
  );
  const fieldViolations = violations.map(({ field, description }) => ({ field, description }));
  return StatusError.invalidArgument(shorten(`${title}: ${reasons.join("; ")}`, MAX_TEXT_LENGTH), {
    details: [{ type: "google.rpc.BadRequest", value: { fieldViolations } }],
  });
}

export function shortenDescription(text: string): string {
  return shorten(text, MAX_DESCRIPTION_LENGTH);
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}

/** The path of a field below that of its message. */
export function formatFieldPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** What follows a field's path for one of its elements. */
export function formatElementKey(key: unknown): string {
  return typeof key === "number" ? `[${key}]` : `[${JSON.stringify(String(key))}]`;
}

/** A field's name in its proto; a property that is no field keeps its own. */
export function formatFieldName(field: FieldDescriptor | undefined, property: string): string {
  return field?.name ?? property;
}
