/**
 * Compiles a message type to a function that writes messages of it. The function is JavaScript text of the plainest
 * kind, one block per field, because nothing else comes near its speed. For `int32 city_id = 1`:
 *
 * ```js
 * v = m.cityId;
 * if (v !== undefined && v !== null && v !== 0) {
 *   if (typeof v !== "number" || (v | 0) !== v) fail(m, f0, v);
 *   w.tag(8); w.int32(v);
 * }
 * ```
 */
import type { MessageForm } from "../options.js";
import type { FieldType, MessageType, OneofType } from "../type-registry.js";
import { setInt64, setUint64, zigZag } from "../wire/long.js";
import type { WireWriter } from "../wire/writer.js";
import { describe, FieldError } from "./field-error.js";
import { LENGTH_DELIMITED, longTypes, property, quote, tagOf, valueTypeOf, wireTypes } from "./source.js";

export type Encode = (message: unknown, writer: WireWriter) => void;

/** Where the encoders of nested types are found; compiled when they are first used. */
export type Encoders = (type: MessageType) => { encode: Encode };

export function compileEncoder(type: MessageType, form: MessageForm, encoders: Encoders): Encode {
  const fields = [...type.fields].sort((a, b) => a.number - b.number);
  const constants: Record<string, unknown> = { fail, setInt64, setUint64, zigZag, toBytes, findCase };
  fields.forEach((field, index) => {
    constants[`f${index}`] = field;
    if (field.message !== undefined) constants[`t${index}`] = encoders(field.message);
    if (field.enum !== undefined) constants[`e${index}`] = field.enum.numbers;
  });
  const body = type.oneofs.map((oneof, index) => {
    constants[`o${index}`] = oneof;
    const given = form.oneofs ? `m${property(oneof.localName)}` : "undefined";
    return `const c${index} = findCase(m, o${index}, ${given});`;
  });
  body.push(...fields.flatMap((field, index) => encodeField(field, index, type, form)));
  const source = `return function encode(m, w) {\nlet v;\n${body.join("\n")}\n};`;
  return new Function(...Object.keys(constants), source)(...Object.values(constants)) as Encode;
}

function encodeField(field: FieldType, index: number, type: MessageType, form: MessageForm): string[] {
  const read = `v = m${property(field.localName)};`;
  const present = "v !== undefined && v !== null";
  if (field.mapKey !== undefined) return [read, `if (${present}) {`, ...encodeMap(field, index, form), "}"];
  if (field.repeated) return [read, `if (${present}) {`, ...encodeRepeated(field, index, form), "}"];
  const write = encodeValue(
    field,
    index,
    form,
    `w.tag(${tagOf(field.number, wireTypes[valueTypeOf(field)]!)});`,
  );
  const oneof = type.oneofs.findIndex((candidate) => candidate.fields.includes(field));
  if (oneof !== -1)
    return [`if (c${oneof} === ${quote(field.localName)}) {`, read, `if (${present}) {`, ...write, "}", "}"];
  return [
    read,
    `if (${present}${field.hasPresence ? "" : ` && ${notDefault(field, form)}`}) {`,
    ...write,
    "}",
  ];
}

/** Whether `v` must be written although its field has no presence. */
function notDefault(field: FieldType, form: MessageForm): string {
  const type = valueTypeOf(field);
  switch (type) {
    case "string":
      return 'v !== ""';
    case "bytes":
      return form.bytes === "base64" ? 'v !== "" && v.length !== 0' : "v.length !== 0";
    case "bool":
      return "v !== false";
    case "float":
    case "double":
      return "(v !== 0 || 1 / v < 0)";
    case "enum":
      return `v !== 0 && v !== ${quote(field.enum!.names.get(0) ?? "")}`;
    default:
      return longTypes.has(type) ? 'v !== "0" && v !== 0 && v !== 0n' : "v !== 0";
  }
}

/** Checks `v` and writes it behind what `lead` writes. */
function encodeValue(field: FieldType, index: number, form: MessageForm, lead: string, key = ""): string[] {
  const complain = `fail(m, f${index}, v${key})`;
  const check = (condition: string) => `if (!(${condition})) ${complain};`;
  const type = valueTypeOf(field);
  switch (type) {
    case "message":
      return [
        ...(hasOwnForm(field, form)
          ? []
          : [check('typeof v === "object" && v !== null && !Array.isArray(v)')]),
        `${lead} { const p = w.fork(); t${index}.encode(v, w); w.join(p); }`,
      ];
    case "enum":
      return [
        `let n = typeof v === "string" ? e${index}.get(v) : v;`,
        check('typeof n === "number" && (n | 0) === n'),
        `${lead} w.int32(n);`,
      ];
    case "string":
      return [check('typeof v === "string"'), `${lead} w.string(v);`];
    case "bytes":
      if (form.bytes === "buffer") return [check("v instanceof Uint8Array"), `${lead} w.bytes(v);`];
      return [`const b = toBytes(v); if (b === undefined) ${complain};`, `${lead} w.bytes(b);`];
    case "bool":
      return [check('typeof v === "boolean"'), `${lead} w.bool(v);`];
    case "float":
    case "double":
      return [check('typeof v === "number"'), `${lead} w.${type}(v);`];
    case "uint32":
    case "fixed32":
      return [check('typeof v === "number" && v >>> 0 === v'), `${lead} w.${type}(v);`];
    case "int32":
    case "sint32":
    case "sfixed32":
      return [check('typeof v === "number" && (v | 0) === v'), `${lead} w.${type}(v);`];
    default:
      return [
        lead,
        check(`${type.startsWith("s") || type === "int64" ? "setInt64" : "setUint64"}(v)`),
        writeLong(type),
      ];
  }
}

function writeLong(type: string): string {
  if (type.endsWith("fixed64")) return "w.fixed64();";
  return type === "sint64" ? "zigZag(); w.varint64();" : "w.varint64();";
}

function encodeRepeated(field: FieldType, index: number, form: MessageForm): string[] {
  const loop = (lead: string) => [
    "for (let i = 0; i < a.length; i++) {",
    "v = a[i];",
    ...encodeValue(field, index, form, lead, ", i"),
    "}",
  ];
  const array = [`const a = v; if (!Array.isArray(a)) fail(m, f${index}, v);`];
  if (field.isPacked) {
    const tag = tagOf(field.number, LENGTH_DELIMITED);
    return [
      ...array,
      `if (a.length > 0) { w.tag(${tag}); const p = w.fork();`,
      ...loop("w.room();"),
      "w.join(p); }",
    ];
  }
  return [...array, ...loop(`w.tag(${tagOf(field.number, wireTypes[valueTypeOf(field)]!)});`)];
}

function encodeMap(field: FieldType, index: number, form: MessageForm): string[] {
  const keyType = field.mapKey!;
  const keyTag = tagOf(1, wireTypes[keyType]!);
  const bad = `fail(m, f${index}, k, k, true)`;
  let key: string;
  if (keyType === "string") key = "w.string(k);";
  else if (keyType === "bool") key = `if (k !== "true" && k !== "false") ${bad}; w.bool(k === "true");`;
  else if (longTypes.has(keyType)) {
    key = `if (!${keyType.startsWith("s") || keyType === "int64" ? "setInt64" : "setUint64"}(k)) ${bad}; ${writeLong(keyType)}`;
  } else {
    const narrow = keyType === "uint32" || keyType === "fixed32" ? "n >>> 0" : "(n | 0)";
    key = `{ const n = Number(k); if (k === "" || ${narrow} !== n) ${bad}; w.${keyType}(n); }`;
  }
  return [
    `const a = v; if (typeof a !== "object" || Array.isArray(a)) fail(m, f${index}, v);`,
    "for (const k of Object.keys(a)) {",
    "v = a[k];",
    `w.tag(${tagOf(field.number, LENGTH_DELIMITED)}); const p = w.fork(); w.tag(${keyTag}); ${key}`,
    ...encodeValue(field, index, form, `w.tag(${tagOf(2, wireTypes[valueTypeOf(field)]!)});`, ", k"),
    "w.join(p); }",
  ];
}

/** Whether messages of the field's type are no plain objects in code. */
export function hasOwnForm(field: { readonly type: string }, form: MessageForm): boolean {
  return (
    (form.timestamps === "date" && field.type === "google.protobuf.Timestamp") ||
    (form.durations === "ms" && field.type === "google.protobuf.Duration")
  );
}

/** The case of a oneof: the one that its property names, or the only one that is set. */
function findCase(message: Record<string, unknown>, oneof: OneofType, given: unknown): string | undefined {
  if (given !== undefined && given !== null) {
    for (const { localName } of oneof.fields) if (localName === given) return localName;
    throw oneofError(
      message,
      oneof,
      `expected one of ${oneof.fields.map(({ localName }) => localName).join(", ")}, got ${describe(given)}`,
    );
  }
  let found: string | undefined;
  for (const { localName } of oneof.fields) {
    if (message[localName] === undefined || message[localName] === null) continue;
    if (found !== undefined)
      throw oneofError(message, oneof, `both ${found} and ${localName} are set; a oneof has one`);
    found = localName;
  }
  return found;
}

function oneofError(message: unknown, oneof: OneofType, complaint: string): FieldError {
  return new FieldError(message, { ...oneof.fields[0]!, localName: oneof.localName }, complaint);
}

function toBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return typeof value === "string" ? Buffer.from(value, "base64") : undefined;
}

const expectations: Readonly<Record<string, string>> = {
  bool: "bool (boolean)",
  string: "string",
  bytes: "bytes (Buffer or Uint8Array)",
  float: "float (number)",
  double: "double (number)",
  int32: "int32 (integer from -2147483648 to 2147483647)",
  sint32: "sint32 (integer from -2147483648 to 2147483647)",
  sfixed32: "sfixed32 (integer from -2147483648 to 2147483647)",
  uint32: "uint32 (integer from 0 to 4294967295)",
  fixed32: "fixed32 (integer from 0 to 4294967295)",
};

function fail(
  holder: unknown,
  field: FieldType,
  value: unknown,
  key?: number | string,
  isKey = false,
): never {
  const type = isKey ? field.mapKey! : field.type;
  let expected = expectations[type] ?? `${type} (string, number or bigint)`;
  if (!isKey && field.kind === "message") expected = type;
  if (!isKey && field.kind === "enum") {
    const names = [...field.enum!.numbers.keys()];
    expected = `${type} (${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""} or a number)`;
  }
  if (key === undefined && field.repeated) expected = `array of ${expected}`;
  if (key === undefined && field.mapKey !== undefined) expected = "object (a map)";
  throw new FieldError(
    holder,
    field,
    `expected ${isKey ? "key of type " : ""}${expected}, got ${describe(value)}`,
    key,
  );
}
