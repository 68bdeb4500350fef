import type { FieldType, MessageForm } from "../../schema/index.js";

/** How a field's type is written: as it is received, or as it may be sent. */
export type Side = "received" | "sent";

const longTypes = ["int64", "uint64", "sint64", "fixed64", "sfixed64"];

/** `name` gives the identifier of a message or enum in the module at hand. */
export function fieldType(
  field: FieldType,
  form: MessageForm,
  side: Side,
  name: (typeName: string) => string,
): string {
  const value = valueType(field, form, side, name);
  if (field.mapKey !== undefined) return `{ ${side === "sent" ? "readonly " : ""}[key: string]: ${value} }`;
  if (!field.repeated) return value;
  const element = value.includes(" ") ? `(${value})` : value;
  return side === "sent" ? `readonly ${element}[]` : `${element}[]`;
}

function valueType(
  field: FieldType,
  form: MessageForm,
  side: Side,
  name: (typeName: string) => string,
): string {
  if (field.kind === "enum") return name(field.type);
  if (field.kind === "message") return messageType(field.type, form, side, name);
  if (longTypes.includes(field.type)) return side === "sent" ? "string | number | bigint" : form.longs;
  switch (field.type) {
    case "string":
      return "string";
    case "bool":
      return "boolean";
    case "bytes":
      if (form.bytes === "base64") return side === "sent" ? "string | Uint8Array" : "string";
      return side === "sent" ? "Uint8Array" : "Buffer";
    default:
      return "number";
  }
}

/** A message type, which by the options may be no object. */
export function messageType(
  typeName: string,
  form: MessageForm,
  side: Side,
  name: (typeName: string) => string,
): string {
  if (typeName === "google.protobuf.Timestamp" && form.timestamps === "date") return "Date";
  if (typeName === "google.protobuf.Duration" && form.durations === "ms") return "number";
  return side === "sent" ? `${name(typeName)}Init` : name(typeName);
}

/** Whether a received message may lack the field. */
export function isOptional(field: FieldType, form: MessageForm): boolean {
  if (field.hasPresence) return field.proto.label !== "LABEL_REQUIRED";
  if (field.repeated) return !form.defaults && !form.arrays;
  if (field.mapKey !== undefined) return !form.defaults && !form.objects;
  return !form.defaults;
}

export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
