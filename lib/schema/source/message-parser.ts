import type {
  DescriptorProto,
  FieldDescriptorProto,
  FileDescriptorProto,
  OneofDescriptorProto,
} from "../file-descriptor.js";
import { parseEnum, parseRanges, parseReserved } from "./enum-parser.js";
import { emptyMessage, type FieldPlace, maxFieldNumber, parseField } from "./field-parser.js";
import { parseBracketOptions } from "./option-parser.js";
import { claimName, joinName, type ParseContext } from "./parse-context.js";
import type { Position } from "./proto-error.js";

/** A message, enum or extension, as they may stand in a file and in a message; false for anything else. */
export function parseTypeDeclaration(
  context: ParseContext,
  parent: FileDescriptorProto | DescriptorProto,
  scope: string,
): boolean {
  const { cursor } = context;
  if (cursor.at("message"))
    parseMessage(context, "messageType" in parent ? parent.messageType : parent.nestedType, scope);
  else if (cursor.at("enum")) parseEnum(context, parent.enumType, scope);
  else if (cursor.at("extend")) parseExtend(context, parent, scope);
  else return false;
  return true;
}

function parseMessage(context: ParseContext, messages: DescriptorProto[], outerScope: string): void {
  const { cursor } = context;
  const { leadingComment } = cursor.next();
  const message = emptyMessage(cursor.identifier("the name of a message"));
  messages.push(message);
  const scope = joinName(outerScope, message.name);
  const names = new Set<string>();
  const places = new Map<FieldDescriptorProto, Position>();
  const addField = (place?: FieldPlace) => {
    const start = cursor.current;
    const field = parseField(context, message, scope, place);
    claimName(context, names, field.name, start);
    message.field.push(field);
    places.set(field, start);
  };
  context.block(message, "MessageOptions", scope, leadingComment, () => {
    if (cursor.at("oneof")) parseOneof(context, message, scope, names, addField);
    else if (cursor.take("reserved")) parseReserved(context, message, 1, maxFieldNumber, 1);
    else if (cursor.take("extensions")) parseExtensionRanges(context, message, scope);
    else if (!parseTypeDeclaration(context, message, scope)) addField();
  });
  checkNumbers(context, message, places);
  addSyntheticOneofs(message);
}

function parseOneof(
  context: ParseContext,
  message: DescriptorProto,
  scope: string,
  names: Set<string>,
  addField: (place: FieldPlace) => void,
): void {
  const { cursor } = context;
  const start = cursor.next();
  const oneof: OneofDescriptorProto = { name: cursor.identifier("the name of a oneof") };
  claimName(context, names, oneof.name, start);
  const oneofIndex = message.oneofDecl.push(oneof) - 1;
  const fieldsBefore = message.field.length;
  context.block(oneof, "OneofOptions", scope, start.leadingComment, () => addField({ oneofIndex }));
  if (message.field.length === fieldsBefore) throw cursor.error(`oneof ${oneof.name} has no field`, start);
}

function parseExtensionRanges(context: ParseContext, message: DescriptorProto, scope: string): void {
  const ranges = parseRanges(context.cursor, 1, maxFieldNumber, 1);
  const options = parseBracketOptions(context.cursor);
  context.cursor.expect(";");
  for (const range of ranges) {
    message.extensionRange.push(range);
    context.setOptions(range, "ExtensionRangeOptions", scope, options);
  }
}

function parseExtend(
  context: ParseContext,
  parent: FileDescriptorProto | DescriptorProto,
  scope: string,
): void {
  const { cursor } = context;
  cursor.next();
  const extendee = cursor.dottedName("the message to extend");
  cursor.expect("{");
  while (!cursor.take("}")) {
    if (!cursor.take(";")) parent.extension.push(parseField(context, parent, scope, { extendee }));
  }
}

function checkNumbers(
  { cursor }: ParseContext,
  message: DescriptorProto,
  places: ReadonlyMap<FieldDescriptorProto, Position>,
): void {
  const owners = new Map<number, string>();
  for (const [field, place] of places) {
    const { name, number } = field;
    const complain = (text: string) => cursor.error(`field ${name} of ${message.name} ${text}`, place);
    const owner = owners.get(number);
    if (owner !== undefined) throw complain(`has the same number as ${owner}: ${number}`);
    if (number >= 19_000 && number <= 19_999) {
      throw complain("has a number that protobuf keeps for itself: 19000 to 19999");
    }
    if (message.reservedName.includes(name)) throw complain("has a reserved name");
    if (message.reservedRange.some(({ start, end }) => start <= number && number < end)) {
      throw complain(`has a reserved number: ${number}`);
    }
    owners.set(number, name);
  }
}

/** A proto3 `optional` field is, on paper, alone in a oneof; those follow the real ones. */
function addSyntheticOneofs(message: DescriptorProto): void {
  const declared = [...message.field, ...message.oneofDecl, ...message.nestedType, ...message.enumType];
  const taken = new Set(declared.map(({ name }) => name));
  for (const field of message.field) {
    if (field.proto3Optional !== true) continue;
    let name = field.name.startsWith("_") ? field.name : `_${field.name}`;
    while (taken.has(name)) name = `X${name}`;
    taken.add(name);
    field.oneofIndex = message.oneofDecl.push({ name }) - 1;
  }
}
