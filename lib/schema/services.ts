import type {
  IdempotencyLevel,
  MessageCodec,
  MethodDescriptor,
  MethodKind,
  ServiceDescriptor,
} from "../rpc/index.js";
import type { FileDescriptorProto, MethodDescriptorProto, OptionValues } from "./file-descriptor.js";
import { toLowerCamelCase } from "./source/names.js";
import { withoutDot } from "./type-registry.js";

/** The services of the files, with codecs found lazily. */
export function createServices(
  files: readonly FileDescriptorProto[],
  codec: (typeName: string) => MessageCodec,
): ServiceDescriptor[] {
  return files.flatMap((file) =>
    file.service.map((service) => {
      const name = file.package === undefined ? service.name : `${file.package}.${service.name}`;
      return { name, methods: service.method.map((method) => createMethod(method, name, codec)) };
    }),
  );
}

function createMethod(
  proto: MethodDescriptorProto,
  service: string,
  codec: (typeName: string) => MessageCodec,
): MethodDescriptor {
  return {
    name: proto.name,
    localName: toLowerCamelCase(proto.name),
    service,
    path: `/${service}/${proto.name}`,
    kind: kindOf(proto),
    idempotency: (proto.options?.idempotencyLevel as IdempotencyLevel | undefined) ?? "IDEMPOTENCY_UNKNOWN",
    options: toProtoNames(proto.options ?? {}),
    request: codec(withoutDot(proto.inputType)),
    response: codec(withoutDot(proto.outputType)),
  };
}

function kindOf({ clientStreaming, serverStreaming }: MethodDescriptorProto): MethodKind {
  if (clientStreaming === true) return serverStreaming === true ? "bidiStreaming" : "clientStreaming";
  return serverStreaming === true ? "serverStreaming" : "unary";
}

/** Options under the names that the `.proto` gives them. */
function toProtoNames({ uninterpretedOption: _, ...options }: OptionValues): OptionValues {
  const entries = Object.entries(options).map(([name, value]) => [
    name.startsWith("(") ? name : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ]);
  return Object.fromEntries(entries) as OptionValues;
}
