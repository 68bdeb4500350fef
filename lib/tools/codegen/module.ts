import type { MethodDescriptor } from "../../rpc/index.js";
import type {
  EnumType,
  FileDescriptorProto,
  MessageForm,
  MessageType,
  Schema,
  SchemaOptions,
  ServiceDescriptorProto,
} from "../../schema/index.js";
import { isWellKnownFile } from "../../schema/index.js";
import {
  declareEnum,
  declareMessage,
  docComment,
  type ModuleScope,
  withDeprecation,
} from "./declarations.js";
import { messageType, propertyName, type Side } from "./field-types.js";
import { ModuleImports, moduleSpecifier, runtimeSpecifier, type TypeNames } from "./module-names.js";

/** Writes the module of one file; `runtime` is where it imports Grebe's schema from. */
export class ModuleWriter {
  readonly #schema: Schema;
  readonly #file: FileDescriptorProto;
  readonly #options: SchemaOptions;
  readonly #runtime: string;
  readonly #names: TypeNames;
  readonly #messages: MessageType[];
  readonly #enums: EnumType[];
  readonly #imports: ModuleImports;
  /** Files that the declarations name types of. */
  readonly usedFiles = new Set<string>();

  constructor(
    schema: Schema,
    file: FileDescriptorProto,
    names: TypeNames,
    options: SchemaOptions,
    runtime: string,
  ) {
    this.#schema = schema;
    this.#file = file;
    this.#names = names;
    this.#options = options;
    this.#runtime = runtime.startsWith(".") ? runtimeSpecifier(file.name, runtime) : runtime;
    this.#messages = [...schema.types.messages.values()].filter(
      (message) => message.file === file && message.proto.options?.mapEntry !== true,
    );
    this.#enums = [...schema.types.enums.values()].filter((type) => type.file === file);
    const types = [...this.#messages, ...this.#enums].map(({ typeName }) => names.of(typeName));
    const services = file.service.map(({ name }) => name);
    this.#imports = new ModuleImports([
      ...types,
      ...types.map((name) => `${name}Init`),
      ...services,
      ...services.map((name) => `${name}Methods`),
    ]);
  }

  write(): string {
    const scope: ModuleScope = {
      form: this.#schema.options,
      name: (typeName, side) => this.#name(typeName, side),
      commentOf: (declaration) => this.#schema.commentOf(declaration),
    };
    const blocks = [
      ...this.#enums.map((type) => declareEnum(type, this.#names.of(type.typeName), scope)),
      ...this.#messages.map((message) => declareMessage(message, this.#names.of(message.typeName), scope)),
      this.#declareFile(),
      ...this.#file.service.map((service) => this.#declareService(service)),
    ];
    const head = [
      `// Made by "grebe types" from ${this.#file.name}. Do not edit.`,
      ...this.#imports.format(),
    ];
    return `${[head, ...blocks].map((lines) => lines.join("\n")).join("\n\n")}\n`;
  }

  #name(typeName: string, side: Side): string {
    const type = this.#schema.types.messages.get(typeName) ?? this.#schema.types.enums.get(typeName)!;
    const identifier = this.#names.of(typeName) + (side === "sent" ? "Init" : "");
    if (type.file === this.#file) return identifier;
    this.usedFiles.add(type.file.name);
    return this.#imports.add(moduleSpecifier(this.#file.name, type.file.name), identifier, true);
  }

  /** The descriptor, with those of the imports that are not well-known. */
  #declareFile(): string[] {
    this.#imports.addRuntime(this.#runtime, "defineFile", false);
    const imports = this.#file.dependency
      .filter((name) => !isWellKnownFile(name))
      .map((name) => this.#imports.add(moduleSpecifier(this.#file.name, name), "file", false));
    const descriptor = Buffer.from(this.#schema.fileDescriptor(this.#file.name)).toString("base64");
    return [
      ...docComment(`The descriptor of ${this.#file.name}.`, ""),
      "export const file = defineFile(",
      `  "${descriptor}",`,
      `  [${imports.join(", ")}],`,
      `  ${formatOptions(this.#options)},`,
      ");",
    ];
  }

  #declareService(service: ServiceDescriptorProto): string[] {
    const name = this.#file.package === undefined ? service.name : `${this.#file.package}.${service.name}`;
    const methods = this.#schema.findService(name).methods;
    this.#imports.addRuntime(this.#runtime, "defineService", false);
    this.#imports.addRuntime(this.#runtime, "ServiceType", true);
    const members = methods.flatMap((method, index) => {
      const proto = service.method[index]!;
      const comment = withDeprecation(this.#schema.commentOf(proto), proto.options);
      return [
        ...docComment(comment, "  "),
        `  ${propertyName(method.localName)}: {`,
        ...this.#methodTypes(method),
        "  };",
      ];
    });
    return [
      ...docComment(`The rpcs of ${name}.`, ""),
      `export type ${service.name}Methods = {`,
      ...members,
      "};",
      "",
      ...docComment(withDeprecation(this.#schema.commentOf(service), service.options), ""),
      `export const ${service.name}: ServiceType<${service.name}Methods> = defineService("${name}", file);`,
    ];
  }

  #methodTypes({ kind, request, response }: MethodDescriptor): string[] {
    const type = (typeName: string, side: Side) =>
      messageType(typeName, this.#schema.options, side, (inner) => {
        const name = this.#name(inner, side);
        return side === "sent" ? name.slice(0, -"Init".length) : name;
      });
    return [
      `    kind: "${kind}";`,
      `    request: ${type(request.message.typeName, "received")};`,
      `    requestInit: ${type(request.message.typeName, "sent")};`,
      `    response: ${type(response.message.typeName, "received")};`,
      `    responseInit: ${type(response.message.typeName, "sent")};`,
    ];
  }
}

/** The options of the messages' form as plain data; folders are of no use at run time. */
export function formOptions(form: MessageForm, defaults: MessageForm): SchemaOptions {
  return Object.fromEntries(
    Object.entries(form).filter(([name, value]) => value !== defaults[name as keyof MessageForm]),
  );
}

function formatOptions(options: SchemaOptions): string {
  const entries = Object.entries(options).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}
