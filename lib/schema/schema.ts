import type { MessageCodec, ServiceDescriptor } from "../rpc/index.js";
import { StartupError, suggest } from "../rpc/index.js";
import { CodecSet } from "./codec/message-codec.js";
import {
  decodeDescriptorSet,
  encodeDescriptorSet,
  encodeFileDescriptor,
  linkFiles,
} from "./descriptor-set.js";
import type { FileDescriptorProto } from "./file-descriptor.js";
import { type MessageForm, type SchemaOptions, toMessageForm } from "./options.js";
import { createServices } from "./services.js";
import { readProtos } from "./source/proto-files.js";
import { TypeRegistry } from "./type-registry.js";

/** What a set of `.proto` files declares, ready for use. Make one with {@link loadSchema}. */
export interface Schema {
  /** In the order of the files and their declarations. */
  readonly services: readonly ServiceDescriptor[];
  /** By full name, or by the bare name where only one service has it. Throws a StartupError for any other. */
  findService(name: string): ServiceDescriptor;
  /** By a message's full name. Throws a StartupError for an unknown one. */
  codec(typeName: string): MessageCodec;
  /** The files and all they import as a serialized `google.protobuf.FileDescriptorSet`, imported files first. */
  readonly descriptorSet: Uint8Array;
  /** One of {@link files} as a serialized `google.protobuf.FileDescriptorProto`. Throws a StartupError for another name. */
  fileDescriptor(name: string): Uint8Array;
  readonly options: MessageForm;
  /** The files, imported ones first. */
  readonly files: readonly FileDescriptorProto[];
  readonly types: TypeRegistry;
  /** The comment above, or behind, a declaration of {@link files}; only where `.proto` files were read. */
  commentOf(declaration: object): string | undefined;
}

/**
 * Reads `.proto` files, folders and glob patterns, with all that they import. Imports are looked up in `includeDirs`,
 * in the folders of the importing file and in the working folder; the well-known types and `google/rpc` are always
 * there. Throws a StartupError with code BAD_PROTO, BAD_OPTION or DUPLICATE_FIELD.
 */
export function loadSchema(protos: readonly string[], options: SchemaOptions = {}): Schema {
  const form = toMessageForm(options);
  const files = readProtos(protos, options.includeDirs ?? []);
  const comments = linkFiles(files);
  const descriptors = [...files.values()].map(({ file }) => file);
  return new LoadedSchema(descriptors, form, undefined, comments);
}

/** The same from the bytes of a `google.protobuf.FileDescriptorSet`, which must hold the imported files too. */
export function loadDescriptorSet(bytes: Uint8Array, options: SchemaOptions = {}): Schema {
  const form = toMessageForm(options);
  return new LoadedSchema(decodeDescriptorSet(bytes), form, bytes, new Map());
}

class LoadedSchema implements Schema {
  readonly services: readonly ServiceDescriptor[];
  readonly options: MessageForm;
  readonly files: readonly FileDescriptorProto[];
  readonly types: TypeRegistry;
  readonly #codecs: CodecSet;
  readonly #comments: ReadonlyMap<object, string>;
  #descriptorSet: Uint8Array | undefined;

  constructor(
    files: readonly FileDescriptorProto[],
    options: MessageForm,
    descriptorSet: Uint8Array | undefined,
    comments: ReadonlyMap<object, string>,
  ) {
    this.files = files;
    this.options = options;
    this.types = new TypeRegistry(files, options);
    this.#codecs = new CodecSet(this.types, options);
    this.#comments = comments;
    this.#descriptorSet = descriptorSet;
    this.services = createServices(files, (typeName) => this.codec(typeName));
  }

  findService(name: string): ServiceDescriptor {
    const exact = this.services.find((service) => service.name === name);
    if (exact !== undefined) return exact;
    const bare = this.services.filter((service) => service.name.endsWith(`.${name}`));
    if (bare.length === 1) return bare[0]!;
    const names = this.services.map((service) => service.name);
    if (bare.length > 1) {
      throw StartupError.of(
        "UNKNOWN_SERVICE",
        `${name} is ambiguous: use the full name, one of ${bare.map((service) => service.name).join(", ")}.`,
      );
    }
    const loaded = names.length === 0 ? "no loaded proto declares a service" : `loaded: ${names.join(", ")}`;
    throw StartupError.of(
      "UNKNOWN_SERVICE",
      `no loaded proto declares the service ${name}.${suggest(name, names)}\n${loaded}`,
    );
  }

  codec(typeName: string): MessageCodec {
    const codec = this.#codecs.find(typeName);
    if (codec === undefined) {
      throw StartupError.of(
        "BAD_PROTO",
        `no loaded proto declares the message ${typeName}.${suggest(typeName, this.types.messages.keys())}`,
      );
    }
    return codec;
  }

  get descriptorSet(): Uint8Array {
    this.#descriptorSet ??= encodeDescriptorSet(this.files);
    return this.#descriptorSet;
  }

  fileDescriptor(name: string): Uint8Array {
    const file = this.files.find((candidate) => candidate.name === name);
    if (file !== undefined) return encodeFileDescriptor(file, this.files);
    const names = this.files.map((candidate) => candidate.name);
    throw StartupError.of("BAD_PROTO", `no file ${name} is loaded.${suggest(name, names)}`);
  }

  commentOf(declaration: object): string | undefined {
    return this.#comments.get(declaration);
  }
}
