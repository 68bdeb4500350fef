import type {
  DescriptorProto,
  EnumDescriptorProto,
  EnumValueDescriptorProto,
  ExtensionRange,
  FieldDescriptorProto,
  FieldLabel,
  FileDescriptorProto,
  MethodDescriptorProto,
  NumberRange,
  OneofDescriptorProto,
  OptionValues,
  ServiceDescriptorProto,
} from "../file-descriptor.js";
import { toJsonName, toMapEntryName } from "./names.js";
import { parseBracketOptions, parseOption, type SourceOption } from "./option-parser.js";
import type { Position } from "./proto-error.js";
import { TokenCursor } from "./token-cursor.js";

/** A type named in a file, still to be found. */
export interface TypeReference extends Position {
  readonly name: string;
  /** Full name of the declaration it stands in. */
  readonly scope: string;
  /** Takes the full name, with a leading dot, and what it names. */
  readonly resolve: (fullName: string, kind: "message" | "enum") => void;
}

/** Options set on a declaration, still to be interpreted. */
export interface OptionSite {
  readonly target: { options?: OptionValues };
  /** `FieldOptions`, … of `google.protobuf`. */
  readonly optionsType: string;
  readonly scope: string;
  readonly options: readonly SourceOption[];
}

export interface ParsedFile {
  readonly file: FileDescriptorProto;
  readonly imports: ReadonlyMap<string, Position>;
  readonly references: readonly TypeReference[];
  readonly optionSites: readonly OptionSite[];
  /** What the comments say about each declaration. */
  readonly comments: ReadonlyMap<object, string>;
}

export const maxFieldNumber = 536_870_911;
const int32Max = 2_147_483_647;
const int32Min = -2_147_483_648;

/** Proto's built-in types, by keyword. */
export const scalarTypes: ReadonlySet<string> = new Set(
  "double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes".split(
    " ",
  ),
);

/** The declarations of a `.proto` file, names and options unresolved. Throws a ProtoError. */
export function parseProto(text: string, name: string): ParsedFile {
  return new Parser(text, name).parse();
}

class Parser {
  readonly #cursor: TokenCursor;
  readonly #file: FileDescriptorProto;
  readonly #imports = new Map<string, Position>();
  readonly #references: TypeReference[] = [];
  readonly #optionSites: OptionSite[] = [];
  readonly #comments = new Map<object, string>();

  constructor(text: string, name: string) {
    this.#cursor = new TokenCursor(text, name);
    this.#file = {
      name,
      dependency: [],
      publicDependency: [],
      weakDependency: [],
      messageType: [],
      enumType: [],
      service: [],
      extension: [],
    };
  }

  parse(): ParsedFile {
    const file = this.#file;
    const fileOptions: SourceOption[] = [];
    this.#syntax();
    while (!this.#cursor.atKind("end")) {
      const cursor = this.#cursor;
      if (cursor.take(";")) continue;
      if (cursor.at("import")) this.#import();
      else if (cursor.take("package")) {
        if (file.package !== undefined) throw cursor.error("a file has one package", cursor.previous);
        file.package = cursor.dottedName("the name of the package");
        cursor.expect(";");
      } else if (cursor.take("option")) {
        fileOptions.push(parseOption(cursor));
        cursor.expect(";");
      } else if (!this.#declaration(file, file.package ?? "")) {
        throw cursor.unexpected('"message", "enum", "service", "extend", "import", "package" or "option"');
      }
    }
    this.#setOptions(file, "FileOptions", file.package ?? "", fileOptions);
    return {
      file,
      imports: this.#imports,
      references: this.#references,
      optionSites: this.#optionSites,
      comments: this.#comments,
    };
  }

  #syntax(): void {
    const cursor = this.#cursor;
    if (cursor.at("edition")) {
      throw cursor.error('editions are not supported: write syntax = "proto3"');
    }
    if (!cursor.take("syntax")) return;
    cursor.expect("=");
    const place = cursor.current;
    const syntax = cursor.string('"proto3"');
    if (syntax !== "proto3" && syntax !== "proto2") {
      throw cursor.error(`unknown syntax "${syntax}": write syntax = "proto3"`, place);
    }
    cursor.expect(";");
    if (syntax === "proto3") this.#file.syntax = syntax;
  }

  #import(): void {
    const cursor = this.#cursor;
    const place = cursor.expect("import");
    const file = this.#file;
    if (cursor.take("public")) file.publicDependency.push(file.dependency.length);
    else if (cursor.take("weak")) file.weakDependency.push(file.dependency.length);
    const name = cursor.string("the name of a file in quotes");
    if (this.#imports.has(name)) throw cursor.error(`"${name}" is imported twice`, place);
    this.#imports.set(name, place);
    file.dependency.push(name);
    cursor.expect(";");
  }

  /** What may stand both at the top of a file and in a message. */
  #declaration(parent: FileDescriptorProto | DescriptorProto, scope: string): boolean {
    const cursor = this.#cursor;
    if (cursor.at("message")) {
      const messages = "messageType" in parent ? parent.messageType : parent.nestedType;
      this.#message(messages, scope);
    } else if (cursor.at("enum")) this.#enum(parent.enumType, scope);
    else if (cursor.at("extend")) this.#extend(parent, scope);
    else if (cursor.at("service") && "service" in parent) this.#service(parent.service, scope);
    else return false;
    return true;
  }

  #message(messages: DescriptorProto[], scope: string): void {
    const cursor = this.#cursor;
    const comment = cursor.next().leadingComment;
    const message = emptyMessage(cursor.identifier("the name of a message"));
    messages.push(message);
    cursor.expect("{");
    this.#comment(message, comment);
    this.#messageBody(message, join(scope, message.name));
  }

  #messageBody(message: DescriptorProto, scope: string): void {
    const cursor = this.#cursor;
    const options: SourceOption[] = [];
    while (!cursor.take("}")) {
      if (cursor.take(";")) continue;
      if (cursor.at("option") && !cursor.followedBy(".")) {
        cursor.next();
        options.push(parseOption(cursor));
        cursor.expect(";");
      } else if (cursor.at("oneof")) this.#oneof(message, scope);
      else if (cursor.take("reserved")) this.#reserved(message, maxFieldNumber, 1);
      else if (cursor.take("extensions")) this.#extensions(message, scope);
      else if (!this.#declaration(message, scope)) this.#field(message.field, message, scope);
    }
    this.#setOptions(message, "MessageOptions", scope, options);
    addSyntheticOneofs(message);
  }

  #field(
    fields: FieldDescriptorProto[],
    message: DescriptorProto | FileDescriptorProto,
    scope: string,
    place: { oneofIndex?: number; extendee?: string } = {},
  ): void {
    const cursor = this.#cursor;
    const comment = cursor.current.leadingComment;
    const start = cursor.current;
    let label: FieldLabel = "LABEL_OPTIONAL";
    let isOptional = false;
    if (cursor.take("repeated")) label = "LABEL_REPEATED";
    else if (cursor.take("required")) {
      if (this.#file.syntax === "proto3") throw cursor.error("proto3 has no required fields", start);
      label = "LABEL_REQUIRED";
    } else if (cursor.take("optional")) isOptional = true;
    else if (this.#file.syntax !== "proto3" && place.oneofIndex === undefined && !cursor.at("map")) {
      throw cursor.unexpected('"optional", "required" or "repeated" (this file has no syntax = "proto3")');
    }
    if (place.oneofIndex !== undefined && label !== "LABEL_OPTIONAL") {
      throw cursor.error("a field of a oneof has no label", start);
    }
    if (cursor.at("group")) {
      throw cursor.error("groups are not supported: declare a message and a field of its type");
    }
    const isMap = cursor.at("map") && cursor.followedBy("<");
    const typePlace = cursor.current;
    const [keyType, typeName] = isMap ? this.#mapTypes() : [undefined, cursor.dottedName("a type")];
    const name = cursor.identifier("the name of a field");
    cursor.expect("=");
    const field: FieldDescriptorProto = {
      name,
      number: cursor.integer("a field number", 1, maxFieldNumber),
      label,
      type: "",
      ...(place.oneofIndex === undefined ? {} : { oneofIndex: place.oneofIndex }),
      jsonName: toJsonName(name),
    };
    if (isOptional && this.#file.syntax === "proto3") field.proto3Optional = true;
    if (place.extendee !== undefined)
      this.#refer(place.extendee, scope, typePlace, (fullName) => {
        field.extendee = fullName;
      });
    if (keyType !== undefined) {
      if (!("nestedType" in message)) throw cursor.error("an extension cannot be a map", start);
      if (start !== typePlace || place.oneofIndex !== undefined)
        throw cursor.error("a map has no label and is in no oneof", start);
      const entry = emptyMessage(toMapEntryName(name));
      entry.options = { mapEntry: true };
      const parts = { label: "LABEL_OPTIONAL", type: "" } as const;
      const key: FieldDescriptorProto = { name: "key", number: 1, ...parts, jsonName: "key" };
      const value: FieldDescriptorProto = { name: "value", number: 2, ...parts, jsonName: "value" };
      entry.field.push(key, value);
      message.nestedType.push(entry);
      this.#setType(key, keyType, scope, typePlace);
      this.#setType(value, typeName, scope, typePlace);
      field.label = "LABEL_REPEATED";
      field.type = "TYPE_MESSAGE";
      field.typeName = `.${join(scope, entry.name)}`;
    } else {
      this.#setType(field, typeName, scope, typePlace);
    }
    fields.push(field);
    this.#setOptions(
      field,
      "FieldOptions",
      scope,
      parseBracketOptions(cursor).filter((option) => !setPseudoOption(field, option)),
    );
    cursor.expect(";");
    this.#comment(field, comment);
  }

  #mapTypes(): [string, string] {
    const cursor = this.#cursor;
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

  #setType(field: FieldDescriptorProto, type: string, scope: string, place: Position): void {
    if (scalarTypes.has(type)) field.type = `TYPE_${type.toUpperCase()}`;
    else {
      this.#refer(type, scope, place, (fullName, kind) => {
        field.type = kind === "enum" ? "TYPE_ENUM" : "TYPE_MESSAGE";
        field.typeName = fullName;
      });
    }
  }

  #oneof(message: DescriptorProto, scope: string): void {
    const cursor = this.#cursor;
    const comment = cursor.next().leadingComment;
    const oneof: OneofDescriptorProto = { name: cursor.identifier("the name of a oneof") };
    const oneofIndex = message.oneofDecl.push(oneof) - 1;
    const options: SourceOption[] = [];
    cursor.expect("{");
    this.#comment(oneof, comment);
    while (!cursor.take("}")) {
      if (cursor.take(";")) continue;
      if (cursor.take("option")) {
        options.push(parseOption(cursor));
        cursor.expect(";");
      } else this.#field(message.field, message, scope, { oneofIndex });
    }
    this.#setOptions(oneof, "OneofOptions", scope, options);
  }

  #reserved(
    target: { reservedRange: NumberRange[]; reservedName: string[] },
    maximum: number,
    endOffset: number,
  ): void {
    const cursor = this.#cursor;
    if (cursor.atKind("string")) {
      do target.reservedName.push(cursor.string("a reserved name"));
      while (cursor.take(","));
    } else
      target.reservedRange.push(...this.#ranges(maximum === int32Max ? int32Min : 1, maximum, endOffset));
    cursor.expect(";");
  }

  #ranges(minimum: number, maximum: number, endOffset: number): ExtensionRange[] {
    const cursor = this.#cursor;
    const ranges: ExtensionRange[] = [];
    do {
      const start = cursor.integer("a number", minimum, maximum);
      let end = start;
      if (cursor.take("to")) end = cursor.take("max") ? maximum : cursor.integer("a number", start, maximum);
      ranges.push({ start, end: end + endOffset });
    } while (cursor.take(","));
    return ranges;
  }

  #extensions(message: DescriptorProto, scope: string): void {
    const ranges = this.#ranges(1, maxFieldNumber, 1);
    const options = parseBracketOptions(this.#cursor);
    this.#cursor.expect(";");
    for (const range of ranges) {
      message.extensionRange.push(range);
      this.#setOptions(range, "ExtensionRangeOptions", scope, options);
    }
  }

  #extend(parent: FileDescriptorProto | DescriptorProto, scope: string): void {
    const cursor = this.#cursor;
    cursor.next();
    const extendee = cursor.dottedName("the message to extend");
    cursor.expect("{");
    while (!cursor.take("}")) {
      if (!cursor.take(";")) this.#field(parent.extension, parent, scope, { extendee });
    }
  }

  #enum(enums: EnumDescriptorProto[], scope: string): void {
    const cursor = this.#cursor;
    const comment = cursor.next().leadingComment;
    const name = cursor.identifier("the name of an enum");
    const declaration: EnumDescriptorProto = { name, value: [], reservedRange: [], reservedName: [] };
    enums.push(declaration);
    const options: SourceOption[] = [];
    const start = cursor.expect("{");
    this.#comment(declaration, comment);
    while (!cursor.take("}")) {
      if (cursor.take(";")) continue;
      if (cursor.at("option") && !cursor.followedBy("=")) {
        cursor.next();
        options.push(parseOption(cursor));
        cursor.expect(";");
      } else if (cursor.at("reserved") && !cursor.followedBy("=")) {
        cursor.next();
        this.#reserved(declaration, int32Max, 0);
      } else {
        const valueComment = cursor.current.leadingComment;
        const place = cursor.current;
        const value: EnumValueDescriptorProto = { name: cursor.identifier("the name of a value"), number: 0 };
        cursor.expect("=");
        value.number = cursor.integer("the number of a value", int32Min, int32Max);
        if (this.#file.syntax === "proto3" && declaration.value.length === 0 && value.number !== 0) {
          throw cursor.error(`the first value of enum ${name} must be 0`, place);
        }
        declaration.value.push(value);
        this.#setOptions(value, "EnumValueOptions", scope, parseBracketOptions(cursor));
        cursor.expect(";");
        this.#comment(value, valueComment);
      }
    }
    if (declaration.value.length === 0) throw cursor.error(`enum ${name} has no value`, start);
    this.#setOptions(declaration, "EnumOptions", join(scope, name), options);
  }

  #service(services: ServiceDescriptorProto[], scope: string): void {
    const cursor = this.#cursor;
    const comment = cursor.next().leadingComment;
    const service: ServiceDescriptorProto = { name: cursor.identifier("the name of a service"), method: [] };
    services.push(service);
    const fullName = join(scope, service.name);
    const options: SourceOption[] = [];
    cursor.expect("{");
    this.#comment(service, comment);
    while (!cursor.take("}")) {
      if (cursor.take(";")) continue;
      if (cursor.take("option")) {
        options.push(parseOption(cursor));
        cursor.expect(";");
      } else if (cursor.at("rpc")) this.#method(service, fullName);
      else throw cursor.unexpected('"rpc" or "option"');
    }
    this.#setOptions(service, "ServiceOptions", fullName, options);
  }

  #method(service: ServiceDescriptorProto, scope: string): void {
    const cursor = this.#cursor;
    const comment = cursor.next().leadingComment;
    const method: MethodDescriptorProto = {
      name: cursor.identifier("the name of an rpc"),
      inputType: "",
      outputType: "",
    };
    const messageType = (assign: (fullName: string) => void) => {
      cursor.expect("(");
      const streams =
        cursor.at("stream") && !cursor.followedBy(")") && !cursor.followedBy(".") && cursor.take("stream");
      const place = cursor.current;
      const type = cursor.dottedName("the type of a message");
      this.#refer(type, scope, place, (fullName, kind) => {
        if (kind === "enum")
          throw cursor.error(`${type} is an enum; an rpc takes and returns messages`, place);
        assign(fullName);
      });
      cursor.expect(")");
      return streams;
    };
    if (
      messageType((fullName) => {
        method.inputType = fullName;
      })
    )
      method.clientStreaming = true;
    cursor.expect("returns");
    if (
      messageType((fullName) => {
        method.outputType = fullName;
      })
    )
      method.serverStreaming = true;
    service.method.push(method);
    if (cursor.take("{")) {
      // protoc writes empty options for an empty body.
      method.options = {};
      const options: SourceOption[] = [];
      this.#comment(method, comment);
      while (!cursor.take("}")) {
        if (cursor.take(";")) continue;
        cursor.expect("option");
        options.push(parseOption(cursor));
        cursor.expect(";");
      }
      this.#setOptions(method, "MethodOptions", join(scope, method.name), options);
    } else {
      cursor.expect(";");
      this.#comment(method, comment);
    }
  }

  #refer(name: string, scope: string, place: Position, resolve: TypeReference["resolve"]): void {
    this.#references.push({ name, scope, resolve, line: place.line, column: place.column });
  }

  #setOptions(
    target: OptionSite["target"],
    optionsType: string,
    scope: string,
    options: SourceOption[],
  ): void {
    if (options.length > 0) this.#optionSites.push({ target, optionsType, scope, options });
  }

  #comment(target: object, leading: string | undefined): void {
    const text = leading ?? this.#cursor.previous.trailingComment;
    if (text !== undefined && text !== "") this.#comments.set(target, text);
  }
}

function emptyMessage(name: string): DescriptorProto {
  return {
    name,
    field: [],
    extension: [],
    nestedType: [],
    enumType: [],
    extensionRange: [],
    oneofDecl: [],
    reservedRange: [],
    reservedName: [],
  };
}

export function join(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
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
  if (value.kind === "bytes")
    field.defaultValue =
      field.type === "TYPE_BYTES" ? escapeBytes(value.bytes) : value.bytes.toString("utf8");
  else if (value.kind === "integer" || value.kind === "float")
    field.defaultValue = formatNumber(Number(value.value), value.value);
  else if (value.kind === "word") field.defaultValue = value.word;
  return true;
}

function formatNumber(value: number, exact: number | bigint): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return String(exact);
}

function escapeBytes(bytes: Buffer): string {
  const names: Record<number, string> = { 10: "\\n", 13: "\\r", 9: "\\t", 34: '\\"', 39: "\\'", 92: "\\\\" };
  return Array.from(
    bytes,
    (byte) =>
      names[byte] ??
      (byte < 32 || byte > 126 ? `\\${byte.toString(8).padStart(3, "0")}` : String.fromCharCode(byte)),
  ).join("");
}

/** A proto3 `optional` field is, on paper, alone in a oneof; those follow the real ones. */
function addSyntheticOneofs(message: DescriptorProto): void {
  const taken = new Set(
    [...message.field, ...message.oneofDecl, ...message.nestedType, ...message.enumType].map(
      ({ name }) => name,
    ),
  );
  for (const field of message.field) {
    if (field.proto3Optional !== true) continue;
    let name = field.name.startsWith("_") ? field.name : `_${field.name}`;
    while (taken.has(name)) name = `X${name}`;
    taken.add(name);
    field.oneofIndex = message.oneofDecl.push({ name }) - 1;
  }
}
