import { StartupError, type StartupProblem, suggest } from "../rpc/index.js";

/**
 * How messages look in code. Names and meanings are proto-loader's, where it has the option.
 *
 * A decoded message is a plain object. Fields without presence are always there, with their default value if they were
 * not on the wire. Fields with presence (messages, `optional`, members of a oneof) are there only if they were sent:
 * otherwise the object has no such key. Maps are plain objects whose keys are the text of the proto keys (`"7"`,
 * `"true"`). Encoding also takes what is unambiguous: 64-bit integers as string, number or bigint, enum values as name
 * or number, any Uint8Array, and undefined or null for absent.
 */
export interface SchemaOptions {
  /** Folders in which imports, and protos given by a relative path, are looked up. */
  readonly includeDirs?: readonly string[];
  /** Fields keep their proto names (`zip_code`) instead of camelCase (`zipCode`). Default false. */
  readonly keepCase?: boolean;
  /** 64-bit integers as strings, numbers (exact up to 2^53) or bigints. Default `String`. */
  readonly longs?: typeof String | typeof Number | typeof BigInt | "string" | "number" | "bigint";
  /** Enum values as names or numbers; a value without a name is always its number. Default `String`. */
  readonly enums?: typeof String | typeof Number | "string" | "number";
  /** bytes as Buffers (views of the received message) or base64 strings. Default `Buffer`. */
  readonly bytes?: typeof Buffer | typeof String | "buffer" | "base64";
  /** Fields without presence that are not on the wire have their default value. Default true. */
  readonly defaults?: boolean;
  /** With `defaults: false`: repeated fields are at least an empty array. Default false. */
  readonly arrays?: boolean;
  /** With `defaults: false`: maps are at least an empty object. Default false. */
  readonly objects?: boolean;
  /** A property named like the oneof holds the name of the field that is set. Default true. */
  readonly oneofs?: boolean;
  /** Not supported: messages follow the rules of this page alone. */
  readonly json?: false;
  /** `google.protobuf.Timestamp` as `{ seconds, nanos }` or as Date (whole milliseconds). Default `"message"`. */
  readonly timestamps?: "message" | "date";
  /** `google.protobuf.Duration` as `{ seconds, nanos }` or as a number of milliseconds. Default `"message"`. */
  readonly durations?: "message" | "ms";
}

/** The options in full, without room for doubt; plain data that generated code can carry. */
export interface MessageForm {
  readonly keepCase: boolean;
  readonly longs: "string" | "number" | "bigint";
  readonly enums: "string" | "number";
  readonly bytes: "buffer" | "base64";
  readonly defaults: boolean;
  readonly arrays: boolean;
  readonly objects: boolean;
  readonly oneofs: boolean;
  readonly timestamps: "message" | "date";
  readonly durations: "message" | "ms";
}

/** Each option's accepted values, and what they mean. The first is the default. */
const choices = {
  keepCase: [
    [false, false],
    [true, true],
  ],
  longs: [
    [String, "string"],
    ["string", "string"],
    [Number, "number"],
    ["number", "number"],
    [BigInt, "bigint"],
    ["bigint", "bigint"],
  ],
  enums: [
    [String, "string"],
    ["string", "string"],
    [Number, "number"],
    ["number", "number"],
  ],
  bytes: [
    [Buffer, "buffer"],
    ["buffer", "buffer"],
    [String, "base64"],
    ["base64", "base64"],
  ],
  defaults: [
    [true, true],
    [false, false],
  ],
  arrays: [
    [false, false],
    [true, true],
  ],
  objects: [
    [false, false],
    [true, true],
  ],
  oneofs: [
    [true, true],
    [false, false],
  ],
  timestamps: [
    ["message", "message"],
    ["date", "date"],
  ],
  durations: [
    ["message", "message"],
    ["ms", "ms"],
  ],
} as const satisfies { [K in keyof MessageForm]: readonly (readonly [unknown, MessageForm[K]])[] };

const optionNames = [...Object.keys(choices), "includeDirs", "json"];

/** Complete options. Throws a StartupError that lists every wrong one. */
export function toMessageForm(options: SchemaOptions): MessageForm {
  const problems: StartupProblem[] = [];
  const problem = (message: string) => problems.push({ code: "BAD_OPTION", message });
  const form: Record<string, unknown> = {};
  for (const [name, accepted] of Object.entries(choices)) {
    const given = (options as Record<string, unknown>)[name];
    const choice = given === undefined ? accepted[0] : accepted.find(([value]) => value === given);
    if (choice === undefined)
      problem(
        `schema option ${name}: ${describe(given)} is none of ${accepted.map(([value]) => describe(value)).join(", ")}.`,
      );
    else form[name] = choice[1];
  }
  for (const name of Object.keys(options)) {
    if (!optionNames.includes(name))
      problem(
        `schema option ${name} is not known.${suggest(name, optionNames)} Known: ${optionNames.join(", ")}.`,
      );
  }
  if ((options as { json?: unknown }).json) problem("schema option json is not supported: leave it out.");
  const folders: unknown = options.includeDirs ?? [];
  if (!Array.isArray(folders) || folders.some((folder) => typeof folder !== "string")) {
    problem(`schema option includeDirs: ${describe(folders)} is no list of folders.`);
  }
  if (problems.length > 0) throw new StartupError(problems);
  return form as unknown as MessageForm;
}

function describe(value: unknown): string {
  return typeof value === "function" ? value.name : (JSON.stringify(value) ?? String(value));
}
