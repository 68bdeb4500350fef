/**
 * Compiles a message type to a function that reads messages of it, from wire bytes to the object that handlers see,
 * with nothing in between. As in the encoder, one block per field; for `int32 city_id = 1`:
 *
 * ```js
 * case 8: m.cityId = r.int32(); continue;
 * ```
 */
import type { MessageShape } from "../../rpc/index.js";
import type { MessageForm } from "../options.js";
import type { FieldType, MessageType, OneofType } from "../type-registry.js";
import { emptyBuffer, maxDepth, type WireReader } from "../wire/reader.js";
import { LENGTH_DELIMITED, longTypes, property, quote, tagOf, valueTypeOf, wireTypes } from "./source.js";

/** Reads up to `end`; `message` is an earlier part of the same message, into which this one is merged. */
export type Decode = (reader: WireReader, end: number, depth: number, message?: unknown) => unknown;

/** Where the decoders of nested types are found; compiled when they are first used. */
export type Decoders = (type: MessageType, shape: MessageShape | undefined) => { decode: Decode };

export function compileDecoder(
  type: MessageType,
  form: MessageForm,
  shape: MessageShape | undefined,
  decoders: Decoders,
): Decode {
  const constants: Record<string, unknown> = { emptyBuffer, tooDeep, setEntry, clearOthers };
  type.fields.forEach((field, index) => {
    if (field.message !== undefined)
      constants[`t${index}`] = decoders(field.message, shape?.fields.get(field.localName));
    if (field.enum !== undefined) constants[`e${index}`] = enumNames(field);
  });
  type.oneofs.forEach((oneof, index) => {
    constants[`o${index}`] = oneof;
  });
  const defaults = type.fields.flatMap((field) => {
    const value = defaultOf(field, form);
    return value === undefined ? [] : [[property(field.localName), value] as const];
  });
  let create = "new Message()";
  let prelude = `function Message() { ${defaults.map(([name, value]) => `this${name} = ${value};`).join(" ")} }
Message.prototype = Object.prototype;`;
  if (shape !== undefined) {
    constants.Shape = shape.create;
    create = "new Shape()";
    prelude = "";
  }
  const source = `${prelude}
return function decode(r, end, depth, m) {
if (depth > ${maxDepth}) tooDeep();
if (m === undefined) { m = ${create};${shape === undefined ? "" : defaults.map(([name, value]) => ` m${name} = ${value};`).join("")} }
let v;
while (r.pos < end) {
const tag = r.tag();
switch (tag) {
${type.fields.flatMap((field, index) => decodeField(field, index, type, form)).join("\n")}
}
r.skipField(tag, depth);
}
r.ended(end);
return m;
};`;
  return new Function(...Object.keys(constants), source)(...Object.values(constants)) as Decode;
}

function decodeField(field: FieldType, index: number, type: MessageType, form: MessageForm): string[] {
  const target = `m${property(field.localName)}`;
  const valueType = valueTypeOf(field);
  const tag = tagOf(field.number, wireTypes[valueType]!);
  if (field.mapKey !== undefined) return decodeMap(field, index, form, target);
  if (field.repeated) {
    const ensure = `if (${target} === undefined) ${target} = [];`;
    const read = valueType === "message" ? decodeMessage(index, "undefined") : readValue(field, index, form);
    const lines = [`case ${tag}: ${ensure} ${target}.push(${read}); continue;`];
    if (wireTypes[valueType] !== LENGTH_DELIMITED) {
      lines.push(
        `case ${tagOf(field.number, LENGTH_DELIMITED)}: { ${ensure} const a = ${target}, e = r.end();`,
      );
      lines.push(`while (r.pos < e) a.push(${read}); r.ended(e); continue; }`);
    }
    return lines;
  }
  const oneofIndex = type.oneofs.findIndex((oneof) => oneof.fields.includes(field));
  const select: string[] = [];
  if (oneofIndex !== -1) {
    const oneof = type.oneofs[oneofIndex]!;
    const name = quote(field.localName);
    if (form.oneofs) {
      const kept = `m${property(oneof.localName)}`;
      select.push(
        `if (${kept} !== ${name}) { if (${kept} !== undefined) clearOthers(m, o${oneofIndex}, ${name}); ${kept} = ${name}; }`,
      );
    } else select.push(`clearOthers(m, o${oneofIndex}, ${name});`);
  }
  const read = valueType === "message" ? decodeMessage(index, target) : readValue(field, index, form);
  return [`case ${tag}: ${select.join(" ")} ${target} = ${read}; continue;`];
}

function decodeMessage(index: number, earlier: string): string {
  return `t${index}.decode(r, r.end(), depth + 1, ${earlier})`;
}

/** The expression that reads one value. */
function readValue(field: FieldType, index: number, form: MessageForm): string {
  const type = valueTypeOf(field);
  if (type === "enum") return form.enums === "number" ? "r.int32()" : `e${index}(r.int32())`;
  if (type === "bytes") return form.bytes === "buffer" ? "r.buffer()" : "r.base64()";
  if (type === "string") return field.isProto3 ? "r.text()" : "r.string()";
  if (longTypes.has(type)) return `r.${type}${form.longs[0]!.toUpperCase()}${form.longs.slice(1)}()`;
  return `r.${type}()`;
}

function decodeMap(field: FieldType, index: number, form: MessageForm, target: string): string[] {
  const keyType = field.mapKey!;
  const key =
    keyType === "string" ? "r.key()" : longTypes.has(keyType) ? `r.${keyType}String()` : `r.${keyType}()`;
  const keyDefault = keyType === "string" ? '""' : keyType === "bool" ? "false" : "0";
  const valueType = valueTypeOf(field);
  const isMessage = valueType === "message";
  const value = isMessage ? decodeMessage(index, "v") : readValue(field, index, form);
  return [
    `case ${tagOf(field.number, LENGTH_DELIMITED)}: {`,
    `if (${target} === undefined) ${target} = {};`,
    `const e = r.end(); let k = ${keyDefault}; v = ${isMessage ? "undefined" : zeroOf(field, form)};`,
    "while (r.pos < e) { const t = r.tag();",
    `if (t === ${tagOf(1, wireTypes[keyType]!)}) k = ${key};`,
    `else if (t === ${tagOf(2, wireTypes[valueType]!)}) v = ${value};`,
    "else r.skipField(t, depth); }",
    "r.ended(e);",
    isMessage ? `if (v === undefined) v = t${index}.decode(r, r.pos, depth + 1, undefined);` : "",
    keyType === "string"
      ? `if (k === "__proto__") setEntry(${target}, k, v); else ${target}[k] = v;`
      : `${target}[k] = v;`,
    "continue; }",
  ];
}

/** The text of the value that a fresh message has, undefined for none. */
function defaultOf(field: FieldType, form: MessageForm): string | undefined {
  if (field.mapKey !== undefined) return form.defaults || form.objects ? "{}" : undefined;
  if (field.repeated) return form.defaults || form.arrays ? "[]" : undefined;
  return form.defaults && !field.hasPresence ? zeroOf(field, form) : undefined;
}

function zeroOf(field: FieldType, form: MessageForm): string {
  const type = valueTypeOf(field);
  switch (type) {
    case "bool":
      return "false";
    case "string":
      return '""';
    case "bytes":
      return form.bytes === "buffer" ? "emptyBuffer" : '""';
    case "enum": {
      const name = field.enum!.names.get(0);
      return form.enums === "number" || name === undefined ? "0" : quote(name);
    }
    default:
      if (!longTypes.has(type)) return "0";
      return form.longs === "string" ? '"0"' : form.longs === "number" ? "0" : "0n";
  }
}

const largestTable = 1024;

/** From number to name; a number without a name stays. */
function enumNames(field: FieldType): (number: number) => string | number {
  const { names } = field.enum!;
  const numbers = [...names.keys()];
  if (Math.min(...numbers) < 0 || Math.max(...numbers) > largestTable)
    return (number) => names.get(number) ?? number;
  const table: (string | undefined)[] = Array.from({ length: Math.max(...numbers) + 1 }, (_, number) =>
    names.get(number),
  );
  return (number) => (number >= 0 && number < table.length ? (table[number] ?? number) : number);
}

/** On the wire the last field of a oneof wins. */
function clearOthers(message: Record<string, unknown>, oneof: OneofType, kept: string): void {
  for (const { localName } of oneof.fields) if (localName !== kept) delete message[localName];
}

/** Assigning to `__proto__` would change the prototype. */
function setEntry(map: object, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}

function tooDeep(): never {
  throw new RangeError(`a message is nested more than ${maxDepth} deep`);
}
