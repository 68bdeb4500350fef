/**
 * Direct predicates for the built-in rules that stand on most fields. All other rules run through their own
 * constraint, so a rule that is missing here is only slower, never wrong.
 */
import type { RuleMetadata } from "./rule-metadata.js";

export type Predicate = (value: unknown) => boolean;

interface BuiltIn {
  /** A part of the rule's default message: a rule of the user's may bear the same name. */
  readonly words: string;
  /** The predicate for these arguments, or undefined if they are unusual; `judge` is the rule's own verdict. */
  create(args: readonly unknown[], judge: Predicate): Predicate | undefined;
}

const builtIns: Readonly<Record<string, BuiltIn>> = {
  isDefined: {
    words: "$property should not be null or undefined",
    create: () => (value) => value !== undefined && value !== null,
  },
  isInt: { words: "$property must be an integer number", create: () => Number.isInteger },
  isNumber: {
    words: "$property must be a number conforming to the specified constraints",
    create: ([options]) => (isEmptyObject(options) ? Number.isFinite : undefined),
  },
  isString: {
    words: "$property must be a string",
    create: () => (value) => typeof value === "string" || value instanceof String,
  },
  isBoolean: {
    words: "$property must be a boolean value",
    create: () => (value) => typeof value === "boolean" || value instanceof Boolean,
  },
  isArray: { words: "$property must be an array", create: () => Array.isArray },
  isObject: {
    words: "$property must be an object",
    create: () => (value) =>
      value !== null && (typeof value === "object" || typeof value === "function") && !Array.isArray(value),
  },
  min: {
    words: "$property must not be less than $constraint1",
    create: ([min]) =>
      typeof min === "number" ? (value) => typeof value === "number" && value >= min : undefined,
  },
  max: {
    words: "$property must not be greater than $constraint1",
    create: ([max]) =>
      typeof max === "number" ? (value) => typeof value === "number" && value <= max : undefined,
  },
  isPositive: {
    words: "$property must be a positive number",
    create: () => (value) => typeof value === "number" && value > 0,
  },
  isNegative: {
    words: "$property must be a negative number",
    create: () => (value) => typeof value === "number" && value < 0,
  },
  isLatitude: {
    words: "$property must be a latitude string or number",
    create: (_args, judge) => (value) => isDegrees(value, 90) || judge(value),
  },
  isLongitude: {
    words: "$property must be a longitude string or number",
    create: (_args, judge) => (value) => isDegrees(value, 180) || judge(value),
  },
  equals: {
    words: "$property must be equal to",
    create:
      ([other]) =>
      (value) =>
        value === other,
  },
  notEquals: {
    words: "$property should not be equal to",
    create:
      ([other]) =>
      (value) =>
        value !== other,
  },
  isEmpty: {
    words: "$property must be empty",
    create: () => (value) => value === "" || value === null || value === undefined,
  },
  isNotEmpty: {
    words: "$property should not be empty",
    create: () => (value) => value !== "" && value !== null && value !== undefined,
  },
  isIn: {
    words: "$property must be one of the following values",
    create: ([values]) => (Array.isArray(values) ? (value) => values.indexOf(value) !== -1 : undefined),
  },
  isNotIn: {
    words: "$property should not be one of the following values",
    create: ([values]) => (Array.isArray(values) ? (value) => values.indexOf(value) === -1 : undefined),
  },
  isEnum: {
    words: "$property must be one of the following values",
    create([entity]) {
      const values = new Set(Object.values(entity as object));
      return (value) => values.has(value);
    },
  },
  isLength: { words: "$property must be ", create: ([min, max], judge) => lengthBetween(min, max, judge) },
  minLength: {
    words: "$property must be longer than or equal to",
    create: ([min], judge) => lengthBetween(min, undefined, judge),
  },
  maxLength: {
    words: "$property must be shorter than or equal to",
    create: ([max], judge) => lengthBetween(0, max, judge),
  },
  matches: {
    words: "$property must match $constraint1 regular expression",
    create([pattern, modifiers]) {
      const expression = typeof pattern === "string" ? new RegExp(pattern, modifiers as string) : pattern;
      // A sticky or global expression keeps its place from one call to the next.
      if (!(expression instanceof RegExp) || expression.global || expression.sticky) return undefined;
      return (value) => typeof value === "string" && expression.test(value);
    },
  },
  isEmail: {
    words: "$property must be an email",
    create: ([options], judge) =>
      options === undefined
        ? (value) => (typeof value === "string" && isPlainEmail(value)) || judge(value)
        : undefined,
  },
  arrayNotEmpty: {
    words: "$property should not be empty",
    create: () => (value) => Array.isArray(value) && value.length > 0,
  },
  arrayMinSize: {
    words: "$property must contain at least $constraint1 elements",
    create: ([min]) =>
      typeof min === "number" ? (value) => Array.isArray(value) && value.length >= min : undefined,
  },
  arrayMaxSize: {
    words: "$property must contain no more than $constraint1 elements",
    create: ([max]) =>
      typeof max === "number" ? (value) => Array.isArray(value) && value.length <= max : undefined,
  },
};

export interface InlineConstraint {
  validate(value: unknown, args?: unknown): unknown;
  defaultMessage?(args?: unknown): string;
}

/** A predicate with the verdict of a built-in rule, or undefined if the rule is not one of the frequent ones. */
export function directPredicate(rule: RuleMetadata, constraint: InlineConstraint): Predicate | undefined {
  const name = rule.name ?? "";
  const builtIn = Object.hasOwn(builtIns, name) ? builtIns[name] : undefined;
  if (builtIn === undefined) return undefined;
  const args = { constraints: rule.constraints, value: "", property: rule.propertyName };
  try {
    if (constraint.defaultMessage?.(args)?.includes(builtIn.words) !== true) return undefined;
    return builtIn.create(rule.constraints ?? [], (value) => constraint.validate(value, args) === true);
  } catch {
    return undefined;
  }
}

function isEmptyObject(value: unknown): boolean {
  return (
    value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  );
}

/** Below a millionth, numbers turn into text with an exponent, which the rule refuses. */
function isDegrees(value: unknown, limit: number): boolean {
  if (typeof value !== "number") return false;
  const size = Math.abs(value);
  return size <= limit && (size >= 1e-6 || size === 0);
}

/** A subset of what the rule accepts: short enough for each part's limit, no quotes, plain letters. */
const plainEmail = /^[\w+-]+(?:\.[\w+-]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}$/i;

function isPlainEmail(value: string): boolean {
  return value.length <= 64 && plainEmail.test(value);
}

/** The rule counts a surrogate pair as one, and a character with its variation selector too. */
function lengthBetween(min: unknown, max: unknown, judge: Predicate): Predicate | undefined {
  const least = min ?? 0;
  const most = max === undefined ? Number.POSITIVE_INFINITY : max;
  if (typeof least !== "number" || typeof most !== "number") return undefined;
  return (value) => {
    if (typeof value !== "string") return false;
    const { length } = value;
    if (length < least) return false;
    // At most two of three units do not count.
    if (length <= most && length / 3 >= least) return true;
    return isNarrow(value) ? length <= most : judge(value);
  };
}

const LOOKED_AT = 64;

/** Whether each unit counts as one: all those that do not lie above the surrogates' start. */
function isNarrow(value: string): boolean {
  if (value.length > LOOKED_AT) return false;
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) >= 0xd800) return false;
  }
  return true;
}
