import type { EnumType, FieldType, MessageForm, MessageType, OneofType } from "../../schema/index.js";
import { fieldType, isOptional, propertyName, type Side } from "./field-types.js";

/** What the writers of declarations ask of the module they write into. */
export interface ModuleScope {
  readonly form: MessageForm;
  /** The identifier of a message or enum, imported if it is declared elsewhere. */
  name(typeName: string, side: Side): string;
  commentOf(declaration: object): string | undefined;
}

/** A message as it is received and, named `…Init`, as it may be sent. */
export function declareMessage(message: MessageType, identifier: string, scope: ModuleScope): string[] {
  return [
    ...declareSide(message, identifier, "received", scope),
    ...declareSide(message, `${identifier}Init`, "sent", scope),
  ];
}

function declareSide(message: MessageType, identifier: string, side: Side, scope: ModuleScope): string[] {
  const comment = scope.commentOf(message.proto);
  const lines =
    side === "received"
      ? docComment(withDeprecation(comment, message.proto.options), "")
      : docComment(`What may be sent as {@link ${identifier.slice(0, -"Init".length)}}.`, "");
  const plain = message.fields.filter((field) => field.oneof === undefined);
  const members = plain.flatMap((field) => declareField(field, side, scope, "  "));
  if (message.oneofs.length === 0) {
    if (members.length === 0) return [...lines, `export type ${identifier} = object;`];
    return [...lines, `export interface ${identifier} {`, ...members, "}"];
  }
  const unions = message.oneofs.map((oneof) => declareOneof(oneof, side, scope));
  const own = members.length === 0 ? "" : `{\n${members.join("\n")}\n} & `;
  return [...lines, `export type ${identifier} = ${own}${unions.join(" & ")};`];
}

function declareField(field: FieldType, side: Side, scope: ModuleScope, indent: string): string[] {
  const type = fieldType(field, scope.form, side, (typeName) => baseName(field, typeName, side, scope));
  const name = propertyName(field.localName);
  const comment = withDeprecation(scope.commentOf(field.proto), field.proto.options);
  if (side === "sent") return [`${indent}readonly ${name}?: ${type} | undefined;`];
  return [
    ...docComment(comment, indent),
    `${indent}${name}${isOptional(field, scope.form) ? "?" : ""}: ${type};`,
  ];
}

/** `messageType` adds the `Init` of a message that is sent itself. */
function baseName(field: FieldType, typeName: string, side: Side, scope: ModuleScope): string {
  const name = scope.name(typeName, field.kind === "message" ? side : "received");
  return field.kind === "message" && side === "sent" ? name.slice(0, -"Init".length) : name;
}

/** One object type per case, so that the name of the case tells which field is there. */
function declareOneof(oneof: OneofType, side: Side, scope: ModuleScope): string {
  const readonly = side === "sent" ? "readonly " : "";
  const absent = side === "sent" ? "undefined" : "never";
  const kind = propertyName(oneof.localName);
  const others = (chosen: FieldType | undefined) =>
    oneof.fields
      .filter((field) => field !== chosen)
      .map((field) => `${readonly}${propertyName(field.localName)}?: ${absent}`);
  const cases = oneof.fields.map((field) => {
    const type = fieldType(field, scope.form, side, (typeName) => baseName(field, typeName, side, scope));
    const tag = scope.form.oneofs
      ? [
          side === "sent"
            ? `readonly ${kind}?: ${JSON.stringify(field.localName)} | undefined`
            : `${kind}: ${JSON.stringify(field.localName)}`,
        ]
      : [];
    return `{ ${[...tag, `${readonly}${propertyName(field.localName)}: ${type}`, ...others(field)].join("; ")} }`;
  });
  const none = [...(scope.form.oneofs ? [`${readonly}${kind}?: ${absent}`] : []), ...others(undefined)];
  return `(\n${[...cases, `{ ${none.join("; ")} }`].map((each) => `  | ${each}`).join("\n")}\n)`;
}

/** The values as a constant, and the type of a field that holds one. */
export function declareEnum(type: EnumType, identifier: string, scope: ModuleScope): string[] {
  const comment = withDeprecation(scope.commentOf(type.proto), type.proto.options);
  const isNumber = scope.form.enums === "number";
  const values = type.proto.value.flatMap((value) => {
    const text = isNumber ? String(value.number) : JSON.stringify(type.names.get(value.number));
    const about = withDeprecation(scope.commentOf(value), value.options);
    return [...docComment(about, "  "), `  ${propertyName(value.name)}: ${text},`];
  });
  const names = [...type.names.values()].map((name) => JSON.stringify(name));
  return [
    ...docComment(comment, ""),
    `export const ${identifier} = {`,
    ...values,
    "} as const;",
    ...docComment(isNumber ? undefined : "A value that the schema does not name is its number.", ""),
    isNumber
      ? `export type ${identifier} = number;`
      : `export type ${identifier} = ${[...names, "number"].join(" | ")};`,
  ];
}

export function withDeprecation(
  comment: string | undefined,
  options: Record<string, unknown> | undefined,
): string | undefined {
  if (options?.deprecated !== true) return comment;
  return comment === undefined ? "@deprecated" : `${comment}\n\n@deprecated`;
}

export function docComment(text: string | undefined, indent: string): string[] {
  if (text === undefined || text.trim() === "") return [];
  const lines = text.replaceAll("*/", "*\\/").split("\n");
  if (lines.length === 1) return [`${indent}/** ${lines[0]} */`];
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
}
