import type {
  DescriptorProto,
  FieldDescriptorProto,
  FieldLabel,
  FileDescriptorProto,
} from "../file-descriptor.js";
import { scalarTypes, toJsonName, toMapEntryName } from "./names.js";
import { parseBracketOptions, type SourceOption } from "./option-parser.js";
import { joinName, type ParseContext } from "./parse-context.js";
import type { Position } from "./proto-error.js";

export const maxFieldNumber = 536_870_911;

/** Where a field stands: in a oneof, or in an `extend` block. */
export interface FieldPlace {
  readonly oneofIndex?: number;
  readonly extendee?: string;
}

/** One field with its options. Adds the entry type of a map to the parent. */
export function parseField(
  context: ParseContext,
  parent: DescriptorProto | FileDescriptorProto,
  scope: string,
  place: FieldPlace = {},
): FieldDescriptorProto {
  const { cursor } = context;
  const start = cursor.current;
  const { label, proto3Optional } = parseLabel(context, place);
  if (cursor.at("group")) {
    throw cursor.error("groups are not supported: declare a message and a field of its type");
  }
  const typePlace = cursor.current;
  const isMap = cursor.at("map") && cursor.followedBy("<");
  if (isMap && (start !== typePlace || place.oneofIndex !== undefined || !("nestedType" in parent))) {
    throw cursor.error("a map has no label, and is neither in a oneof nor an extension", start);
  }
  const [keyType, typeName] = isMap ? parseMapTypes(context) : [undefined, cursor.dottedName("a type")];
  const name = cursor.identifier("the name of a field");
  cursor.expect("=");
  const field: FieldDescriptorProto = {
    name,
    number: cursor.integer("a field number", 1, maxFieldNumber),
    label,
    type: "",
    ...(place.oneofIndex === undefined ? {} : { oneofIndex: place.oneofIndex }),
    ...(proto3Optional ? { proto3Optional } : {}),
    jsonName: toJsonName(name),
  };
  if (place.extendee !== undefined) {
    context.refer(place.extendee, scope, typePlace, (fullName) => {
      field.extendee = fullName;
    });
  }
  if (keyType === undefined) setType(context, field, typeName, scope, typePlace);
  else {
    const entry = createMapEntry(context, name, keyType, typeName, scope, typePlace);
    (parent as DescriptorProto).nestedType.push(entry);
    Object.assign(field, {
      label: "LABEL_REPEATED",
      type: "TYPE_MESSAGE",
      typeName: `.${joinName(scope, entry.name)}`,
    });
  }
  const options = parseBracketOptions(cursor).filter((option) => !setPseudoOption(field, option));
  context.setOptions(field, "FieldOptions", scope, options);
  cursor.expect(";");
  context.comment(field, start.leadingComment);
  return field;
}

function parseLabel(
  { cursor, isProto3 }: ParseContext,
  { oneofIndex }: FieldPlace,
): { label: FieldLabel; proto3Optional: boolean } {
  const start = cursor.current;
  const word = ["optional", "required", "repeated"].find((label) => cursor.take(label));
  if (oneofIndex !== undefined && word !== undefined) {
    throw cursor.error("a field of a oneof has no label", start);
  }
  if (isProto3 && word === "required") throw cursor.error("proto3 has no required fields", start);
  if (!isProto3 && word === undefined && oneofIndex === undefined && !cursor.at("map")) {
    throw cursor.unexpected('"optional", "required" or "repeated" (this file has no syntax = "proto3")');
  }
  const label =
    word === "repeated" ? "LABEL_REPEATED" : word === "required" ? "LABEL_REQUIRED" : "LABEL_OPTIONAL";
  return { label, proto3Optional: isProto3 && word === "optional" };
}

function parseMapTypes({ cursor }: ParseContext): [string, string] {
  cursor.next();
  cursor.expect("<");
  const place = cursor.current;
  const key = cursor.identifier("the type of the keys");
  if (!scalarTypes.has(key) || ["double", "float", "bytes"].includes(key)) {
    throw cursor.error(`a map key is an integer, bool or string type, not ${key}`, place);
  }
  cursor.expect(",");
  const value = cursor.dottedName("the type of the values");
  cursor.expect(">");
  return [key, value];
}

function createMapEntry(
  context: ParseContext,
  fieldName: string,
  keyType: string,
  valueType: string,
  scope: string,
  place: Position,
): DescriptorProto {
  const entry = emptyMessage(toMapEntryName(fieldName));
  entry.options = { mapEntry: true };
  const both = { label: "LABEL_OPTIONAL", type: "" } as const;
  const key: FieldDescriptorProto = { name: "key", number: 1, ...both, jsonName: "key" };
  const value: FieldDescriptorProto = { name: "value", number: 2, ...both, jsonName: "value" };
  entry.field.push(key, value);
  setType(context, key, keyType, scope, place);
  setType(context, value, valueType, scope, place);
  return entry;
}

function setType(
  context: ParseContext,
  field: FieldDescriptorProto,
  type: string,
  scope: string,
  place: Position,
): void {
  if (scalarTypes.has(type)) field.type = `TYPE_${type.toUpperCase()}`;
  else {
    context.refer(type, scope, place, (fullName, kind) => {
      field.type = kind === "enum" ? "TYPE_ENUM" : "TYPE_MESSAGE";
      field.typeName = fullName;
    });
  }
}

export function emptyMessage(name: string): DescriptorProto {
  const lists = { field: [], extension: [], nestedType: [], enumType: [], extensionRange: [], oneofDecl: [] };
  return { name, ...lists, reservedRange: [], reservedName: [] };
}

/** `default` and `json_name` are written like options and stored in the field itself. */
function setPseudoOption(field: FieldDescriptorProto, { path, value }: SourceOption): boolean {
  const [first] = path;
  if (path.length !== 1 || first === undefined || first.isExtension) return false;
  if (first.name === "json_name" && value.kind === "bytes") {
    field.jsonName = value.bytes.toString("utf8");
    return true;
  }
  if (first.name !== "default") return false;
  if (value.kind === "word") field.defaultValue = value.word;
  else if (value.kind === "bytes") {
    field.defaultValue =
      field.type === "TYPE_BYTES" ? escapeBytes(value.bytes) : value.bytes.toString("utf8");
  } else if (value.kind === "integer" || value.kind === "float") {
    field.defaultValue = formatNumber(value.value);
  }
  return true;
}

function formatNumber(value: number | bigint): string {
  if (Number.isNaN(value)) return "nan";
  if (value === Number.POSITIVE_INFINITY) return "inf";
  return value === Number.NEGATIVE_INFINITY ? "-inf" : String(value);
}

const byteNames: Readonly<Record<number, string>> = {
  9: "\\t",
  10: "\\n",
  13: "\\r",
  34: '\\"',
  39: "\\'",
  92: "\\\\",
};

function escapeBytes(bytes: Buffer): string {
  return Array.from(bytes, (byte) => {
    const isPrintable = byte >= 32 && byte < 127;
    return (
      byteNames[byte] ?? (isPrintable ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`)
    );
  }).join("");
}
