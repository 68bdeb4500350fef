/** Message descriptors for tests, as short as can be. */
import type { FieldDescriptor, MessageDescriptor } from "../../../lib/rpc/index.js";

type FieldSpec = Partial<Omit<FieldDescriptor, "name">> | MessageDescriptor;

/** A message type; fields by proto name, given by what is not a plain string field, or by their message type. */
export function message(typeName: string, fields: Readonly<Record<string, FieldSpec>>): MessageDescriptor {
  return {
    typeName,
    fields: Object.entries(fields).map(([name, spec], index) => field(name, index + 1, spec)),
  };
}

export function repeated(type: MessageDescriptor): FieldSpec {
  return { ...ofMessage(type), repeated: true };
}

export function mapOf(type: MessageDescriptor): FieldSpec {
  return { ...ofMessage(type), mapKey: "string" };
}

function ofMessage(type: MessageDescriptor): Partial<FieldDescriptor> {
  return { kind: "message", type: type.typeName, message: type };
}

function field(name: string, number: number, spec: FieldSpec): FieldDescriptor {
  return {
    name,
    localName: name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
    number,
    kind: "scalar",
    type: "string",
    repeated: false,
    mapKey: undefined,
    oneof: undefined,
    message: undefined,
    ...("fields" in spec ? ofMessage(spec) : spec),
  };
}
