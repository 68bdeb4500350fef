/**
 * The messages of `google/protobuf/descriptor.proto` as this layer reads and writes them: what a `.proto` file
 * says, with every name resolved. Field names are camelCase, enums are names, absent fields are absent.
 */

/** Set options by local name; custom ones by their full name in parentheses. */
export type OptionValues = Record<string, unknown>;

export interface FileDescriptorSet {
  file: FileDescriptorProto[];
}

export interface FileDescriptorProto {
  name: string;
  package?: string;
  dependency: string[];
  publicDependency: number[];
  weakDependency: number[];
  messageType: DescriptorProto[];
  enumType: EnumDescriptorProto[];
  service: ServiceDescriptorProto[];
  extension: FieldDescriptorProto[];
  options?: OptionValues;
  syntax?: string;
}

export interface DescriptorProto {
  name: string;
  field: FieldDescriptorProto[];
  extension: FieldDescriptorProto[];
  nestedType: DescriptorProto[];
  enumType: EnumDescriptorProto[];
  extensionRange: ExtensionRange[];
  oneofDecl: OneofDescriptorProto[];
  options?: OptionValues;
  reservedRange: NumberRange[];
  reservedName: string[];
}

/** Messages: `end` is excluded; enums: included. */
export interface NumberRange {
  start: number;
  end: number;
}

export interface ExtensionRange extends NumberRange {
  options?: OptionValues;
}

export type FieldLabel = "LABEL_OPTIONAL" | "LABEL_REQUIRED" | "LABEL_REPEATED";

export interface FieldDescriptorProto {
  name: string;
  extendee?: string;
  number: number;
  label: FieldLabel;
  /** `TYPE_INT32`, …; set by the linker for messages and enums. */
  type: string;
  /** `.package.Type` */
  typeName?: string;
  defaultValue?: string;
  options?: OptionValues;
  oneofIndex?: number;
  jsonName?: string;
  proto3Optional?: boolean;
}

export interface OneofDescriptorProto {
  name: string;
  options?: OptionValues;
}

export interface EnumDescriptorProto {
  name: string;
  value: EnumValueDescriptorProto[];
  options?: OptionValues;
  reservedRange: NumberRange[];
  reservedName: string[];
}

export interface EnumValueDescriptorProto {
  name: string;
  number: number;
  options?: OptionValues;
}

export interface ServiceDescriptorProto {
  name: string;
  method: MethodDescriptorProto[];
  options?: OptionValues;
}

export interface MethodDescriptorProto {
  name: string;
  inputType: string;
  outputType: string;
  options?: OptionValues;
  clientStreaming?: boolean;
  serverStreaming?: boolean;
}
