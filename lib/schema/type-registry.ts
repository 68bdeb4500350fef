import {
  type FieldDescriptor,
  type MessageDescriptor,
  type StartupCode,
  StartupError,
  type StartupProblem,
} from "../rpc/index.js";
import type {
  DescriptorProto,
  EnumDescriptorProto,
  FieldDescriptorProto,
  FileDescriptorProto,
} from "./file-descriptor.js";
import { scalarTypes, toCamelCase } from "./source/names.js";

/** A message type with all that a codec and the code generator need. */
export interface MessageType extends MessageDescriptor {
  readonly file: FileDescriptorProto;
  readonly proto: DescriptorProto;
  readonly fields: readonly FieldType[];
  readonly oneofs: readonly OneofType[];
}

export interface FieldType extends FieldDescriptor {
  readonly proto: FieldDescriptorProto;
  readonly message: MessageType | undefined;
  readonly enum: EnumType | undefined;
  /** Whether an absent field differs from one with its default value. */
  readonly hasPresence: boolean;
  readonly isPacked: boolean;
  /** proto3 strings must be well-formed. */
  readonly isProto3: boolean;
}

export interface OneofType {
  readonly name: string;
  readonly localName: string;
  readonly fields: readonly FieldType[];
}

export interface EnumType {
  readonly typeName: string;
  readonly file: FileDescriptorProto;
  readonly proto: EnumDescriptorProto;
  /** Of several names for one number, the first. */
  readonly names: ReadonlyMap<number, string>;
  readonly numbers: ReadonlyMap<string, number>;
}

export interface TypeRegistryOptions {
  readonly keepCase: boolean;
  /** Whether extensions are fields of the messages they extend; only for option messages. */
  readonly extensions?: boolean;
}

/** All types of a set of files, by full name. */
export class TypeRegistry {
  readonly messages: ReadonlyMap<string, MessageType>;
  readonly enums: ReadonlyMap<string, EnumType>;

  constructor(files: Iterable<FileDescriptorProto>, options: TypeRegistryOptions) {
    const builder = new RegistryBuilder(options);
    for (const file of files) builder.addFile(file);
    builder.finish();
    this.messages = builder.messages;
    this.enums = builder.enums;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type OpenMessage = Mutable<MessageType> & { fields: FieldType[]; oneofs: OneofType[] };

class RegistryBuilder {
  readonly messages = new Map<string, OpenMessage>();
  readonly enums = new Map<string, EnumType>();
  readonly #options: TypeRegistryOptions;
  readonly #extensions: { scope: string; proto: FieldDescriptorProto; file: FileDescriptorProto }[] = [];
  readonly #problems: StartupProblem[] = [];

  constructor(options: TypeRegistryOptions) {
    this.#options = options;
  }

  addFile(file: FileDescriptorProto): void {
    if (file.syntax !== undefined && file.syntax !== "proto3" && file.syntax !== "proto2") {
      this.#problem(
        "BAD_PROTO",
        `${file.name}: syntax ${file.syntax} is not supported, only proto3 and proto2.`,
      );
    }
    const scope = file.package ?? "";
    for (const message of file.messageType) this.#addMessage(message, scope, file);
    for (const declaration of file.enumType) this.#addEnum(declaration, scope, file);
    for (const proto of file.extension) this.#extensions.push({ scope, proto, file });
  }

  #addMessage(proto: DescriptorProto, scope: string, file: FileDescriptorProto): void {
    const typeName = qualify(scope, proto.name);
    this.messages.set(typeName, { typeName, file, proto, fields: [], oneofs: [] });
    for (const nested of proto.nestedType) this.#addMessage(nested, typeName, file);
    for (const declaration of proto.enumType) this.#addEnum(declaration, typeName, file);
    for (const extension of proto.extension)
      this.#extensions.push({ scope: typeName, proto: extension, file });
  }

  #addEnum(proto: EnumDescriptorProto, scope: string, file: FileDescriptorProto): void {
    const names = new Map<number, string>();
    for (const { name, number } of proto.value) if (!names.has(number)) names.set(number, name);
    const numbers = new Map(proto.value.map(({ name, number }) => [name, number]));
    const typeName = qualify(scope, proto.name);
    this.enums.set(typeName, { typeName, file, proto, names, numbers });
  }

  finish(): void {
    for (const message of this.messages.values()) this.#addFields(message);
    if (this.#options.extensions === true) {
      for (const { scope, proto, file } of this.#extensions) {
        const extended = this.messages.get(withoutDot(proto.extendee ?? ""));
        extended?.fields.push(this.#field(proto, file, `(${qualify(scope, proto.name)})`, undefined));
      }
    }
    if (this.#problems.length > 0) throw new StartupError(this.#problems);
  }

  #addFields(message: OpenMessage): void {
    const { proto, file, typeName } = message;
    const oneofs = proto.oneofDecl.map((declaration) => ({
      name: declaration.name,
      localName: this.#localName(declaration.name, file),
      fields: [] as FieldType[],
    }));
    const owners = new Map<string, string>();
    const claim = (localName: string, name: string) => {
      const other = owners.get(localName);
      if (other !== undefined) {
        this.#problem(
          "DUPLICATE_FIELD",
          `${typeName}: ${other} and ${name} are both "${localName}" in code. Rename one, or load with keepCase: true.`,
        );
      } else if (localName === "__proto__") {
        this.#problem(
          "DUPLICATE_FIELD",
          `${typeName}.${name} would be "__proto__" in code, which every object has. Rename it.`,
        );
      }
      owners.set(localName, name);
    };
    for (const fieldProto of proto.field) {
      const oneof =
        fieldProto.proto3Optional || fieldProto.oneofIndex === undefined
          ? undefined
          : oneofs[fieldProto.oneofIndex];
      const field = this.#field(fieldProto, file, this.#localName(fieldProto.name, file), oneof?.localName);
      claim(field.localName, field.name);
      message.fields.push(field);
      oneof?.fields.push(field);
    }
    for (const oneof of oneofs) {
      if (oneof.fields.length === 0) continue;
      claim(oneof.localName, oneof.name);
      message.oneofs.push(oneof);
    }
  }

  #field(
    proto: FieldDescriptorProto,
    file: FileDescriptorProto,
    localName: string,
    oneof: string | undefined,
  ): FieldType {
    const typeName = withoutDot(proto.typeName ?? "");
    let value = { message: this.messages.get(typeName), enum: this.enums.get(typeName), proto };
    let mapKey: string | undefined;
    const [keyProto, valueProto] =
      value.message?.proto.options?.mapEntry === true ? value.message.proto.field : [];
    if (keyProto !== undefined && valueProto !== undefined) {
      mapKey = scalarName(keyProto);
      const valueType = withoutDot(valueProto.typeName ?? "");
      value = { message: this.messages.get(valueType), enum: this.enums.get(valueType), proto: valueProto };
    }
    const repeated = proto.label === "LABEL_REPEATED" && mapKey === undefined;
    const isProto3 = file.syntax === "proto3";
    const kind = value.message !== undefined ? "message" : value.enum !== undefined ? "enum" : "scalar";
    const type = value.message?.typeName ?? value.enum?.typeName ?? scalarName(value.proto);
    if ((kind === "scalar" && !scalarTypes.has(type)) || (mapKey !== undefined && !scalarTypes.has(mapKey))) {
      const named = value.proto.typeName ?? value.proto.type;
      this.#problem(
        "BAD_PROTO",
        `${file.name}: field ${proto.name} is of type ${named}, which is not there or not supported.`,
      );
    }
    return {
      name: proto.name,
      localName,
      number: proto.number,
      kind,
      type,
      repeated,
      mapKey,
      oneof,
      message: value.message,
      enum: value.enum,
      proto,
      hasPresence:
        !repeated &&
        mapKey === undefined &&
        (kind === "message" ||
          !isProto3 ||
          oneof !== undefined ||
          proto.proto3Optional === true ||
          proto.extendee !== undefined),
      get isPacked() {
        const option = proto.options?.packed;
        return (
          repeated &&
          kind !== "message" &&
          type !== "string" &&
          type !== "bytes" &&
          (option === undefined ? isProto3 : option === true)
        );
      },
      isProto3,
    };
  }

  #localName(name: string, file: FileDescriptorProto): string {
    // Values of custom options stay as the file that sets them says.
    const keepCase =
      this.#options.extensions === true ? file.package !== "google.protobuf" : this.#options.keepCase;
    return keepCase ? name : toCamelCase(name);
  }

  #problem(code: StartupCode, message: string): void {
    this.#problems.push({ code, message });
  }
}

function qualify(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}

export function withoutDot(name: string): string {
  return name.startsWith(".") ? name.slice(1) : name;
}

function scalarName(proto: FieldDescriptorProto): string {
  return proto.type.slice("TYPE_".length).toLowerCase();
}
