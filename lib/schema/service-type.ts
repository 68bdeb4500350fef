/**
 * What generated code is made of. `grebe types` writes one module per `.proto` file; it carries the file's descriptor
 * and the options it was generated with, so that the types it declares are those of the messages at run time.
 */
import type { MethodKind, ServiceDescriptor } from "../rpc/index.js";
import { completeDescriptorSet } from "./descriptor-set.js";
import type { SchemaOptions } from "./options.js";
import { loadDescriptorSet, type Schema } from "./schema.js";

/** The types of one rpc. A `…Init` is what may be sent: every field may be left out. */
export interface MethodType {
  readonly kind: MethodKind;
  readonly request: unknown;
  readonly requestInit: unknown;
  readonly response: unknown;
  readonly responseInit: unknown;
}

/** The rpcs of a service by their names in code. */
export type ServiceMethods = { readonly [localName: string]: MethodType };

/** A service with its types; generated code exports one per service. */
export interface ServiceType<M extends ServiceMethods = ServiceMethods> {
  /** Full name: `atlas.v1.Atlas`. */
  readonly name: string;
  /** The service with its codecs; made once. */
  load(): ServiceDescriptor;
  /** The schema that {@link load} reads. */
  schema(): Schema;
  /** Only carries the types. */
  readonly methods?: M;
}

/** A `.proto` file in generated code. */
export interface GeneratedFile {
  /** A serialized `google.protobuf.FileDescriptorProto`. */
  readonly descriptor: Uint8Array;
  readonly imports: readonly GeneratedFile[];
  /** The file and all that it imports; made once. */
  schema(): Schema;
}

/** Well-known files that are imported need not be named. */
export function defineFile(
  descriptorBase64: string,
  imports: readonly GeneratedFile[] = [],
  options: SchemaOptions = {},
): GeneratedFile {
  let schema: Schema | undefined;
  const file: GeneratedFile = {
    descriptor: Buffer.from(descriptorBase64, "base64"),
    imports,
    schema: () => {
      schema ??= loadDescriptorSet(completeDescriptorSet(withImports(file)), options);
      return schema;
    },
  };
  return file;
}

export function defineService<M extends ServiceMethods>(name: string, file: GeneratedFile): ServiceType<M> {
  return { name, schema: () => file.schema(), load: () => file.schema().findService(name) };
}

/** The descriptors of a file and all that it imports, imported ones first. */
function withImports(file: GeneratedFile): Uint8Array[] {
  const found = new Set<GeneratedFile>();
  const add = (each: GeneratedFile) => {
    for (const imported of each.imports) if (!found.has(imported)) add(imported);
    found.add(each);
  };
  add(file);
  return Array.from(found, ({ descriptor }) => descriptor);
}
