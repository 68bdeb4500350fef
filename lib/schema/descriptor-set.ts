/**
 * Descriptor sets, read and written by this layer's own codec: `google/protobuf/descriptor.proto` is parsed like any
 * other file, and the custom options that a schema declares become fields of the option messages.
 */
import type { MessageCodec } from "../rpc/index.js";
import { CodecSet } from "./codec/message-codec.js";
import type { DescriptorProto, FileDescriptorProto, FileDescriptorSet } from "./file-descriptor.js";
import { toMessageForm } from "./options.js";
import { linkTypes, SymbolTable } from "./source/linker.js";
import { interpretOptions } from "./source/option-interpreter.js";
import type { ParsedFile } from "./source/parse-context.js";
import { ProtoError } from "./source/proto-error.js";
import { badProto, type ParsedFiles, readWellKnown } from "./source/proto-files.js";
import { TypeRegistry } from "./type-registry.js";
import { DESCRIPTOR_PROTO } from "./well-known/index.js";
import { WireWriter } from "./wire/writer.js";

const FILE_DESCRIPTOR_SET = "google.protobuf.FileDescriptorSet";
/** Of the field `file`. */
const FILE_TAG = 10;
const descriptorForm = { ...toMessageForm({ defaults: false, arrays: true, oneofs: false }) };

/** Finds all types that the files name, and gives their options values. Returns the comments of all files. */
export function linkFiles(files: ParsedFiles): ReadonlyMap<object, string> {
  try {
    const all: ParsedFiles = new Map(files);
    if (!all.has(DESCRIPTOR_PROTO))
      for (const [name, file] of readWellKnown([DESCRIPTOR_PROTO])) all.set(name, file);
    const symbols = new SymbolTable(new Map([...all].map(([name, { file }]) => [name, file])));
    linkTypes(all.values(), symbols);
    interpretOptions(all.values(), symbols, descriptorTypes(descriptorsOf(all.values())));
    return new Map([...files.values()].flatMap(({ comments }) => [...comments]));
  } catch (error) {
    if (error instanceof ProtoError) throw badProto(error.message, [], error);
    throw error;
  }
}

/** The types of descriptor.proto, its option messages extended by the custom options of the files. */
export function descriptorTypes(files: readonly FileDescriptorProto[]): TypeRegistry {
  return new TypeRegistry(files, { keepCase: false, extensions: true });
}

export function encodeDescriptorSet(files: readonly FileDescriptorProto[]): Buffer {
  return descriptorCodec(files, FILE_DESCRIPTOR_SET).encode({ file: files });
}

/** One of the files alone, as a `google.protobuf.FileDescriptorProto`. */
export function encodeFileDescriptor(
  file: FileDescriptorProto,
  files: readonly FileDescriptorProto[],
): Buffer {
  return descriptorCodec(files, "google.protobuf.FileDescriptorProto").encode(file);
}

/** A set of the given FileDescriptorProtos and the well-known files that they import, those first. */
export function completeDescriptorSet(fileDescriptors: readonly Uint8Array[]): Buffer {
  const set = new WireWriter();
  set.begin();
  for (const bytes of fileDescriptors) {
    set.tag(FILE_TAG);
    set.bytes(bytes);
  }
  const given = set.finish();
  const files = readSet(given, []);
  const names = new Set(files.map(({ name }) => name));
  const missing = files.flatMap(({ dependency }) => dependency).filter((name) => !names.has(name));
  if (missing.length === 0) return given;
  const wellKnown = readWellKnown(missing);
  linkFiles(wellKnown);
  const added = descriptorsOf(wellKnown.values()).filter(({ name }) => !names.has(name));
  return Buffer.concat([encodeDescriptorSet(added), given]);
}

export function decodeDescriptorSet(bytes: Uint8Array): FileDescriptorProto[] {
  const files = readSet(bytes, []);
  // Custom options can be read once the files that declare them are known.
  return files.some(hasExtensions) ? readSet(bytes, files) : files;
}

/** `declaring` are files whose custom options are kept. */
function readSet(bytes: Uint8Array, declaring: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const codec = descriptorCodec(declaring, FILE_DESCRIPTOR_SET);
  try {
    return (codec.decode(bytes) as FileDescriptorSet).file;
  } catch (error) {
    throw badProto(`this is no descriptor set: ${(error as Error).message}`, [], error);
  }
}

function hasExtensions(scope: FileDescriptorProto | DescriptorProto): boolean {
  const nested = "messageType" in scope ? scope.messageType : scope.nestedType;
  return scope.extension.length > 0 || nested.some(hasExtensions);
}

function descriptorCodec(files: readonly FileDescriptorProto[], typeName: string): MessageCodec {
  const own = files.some(({ name }) => name === DESCRIPTOR_PROTO)
    ? []
    : descriptorsOf(linkedDescriptorProto());
  return new CodecSet(descriptorTypes([...own, ...files]), descriptorForm).find(typeName)!;
}

let descriptorFiles: readonly ParsedFile[] | undefined;

function linkedDescriptorProto(): readonly ParsedFile[] {
  if (descriptorFiles === undefined) {
    const files = readWellKnown([DESCRIPTOR_PROTO]);
    linkFiles(files);
    descriptorFiles = [...files.values()];
  }
  return descriptorFiles;
}

function descriptorsOf(parsed: Iterable<ParsedFile>): FileDescriptorProto[] {
  return Array.from(parsed, ({ file }) => file);
}
