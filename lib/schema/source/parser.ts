import type { MethodDescriptorProto, ServiceDescriptorProto } from "../file-descriptor.js";
import { parseTypeDeclaration } from "./message-parser.js";
import { parseOption, type SourceOption } from "./option-parser.js";
import { claimName, joinName, ParseContext, type ParsedFile } from "./parse-context.js";

/** The declarations of a `.proto` file, names and options unresolved. Throws a ProtoError. */
export function parseProto(text: string, name: string): ParsedFile {
  const context = new ParseContext(text, name);
  const { cursor, file } = context;
  const options: SourceOption[] = [];
  parseSyntax(context);
  while (!cursor.atKind("end")) {
    if (cursor.take(";")) continue;
    if (cursor.at("import")) parseImport(context);
    else if (cursor.at("service")) parseService(context, file.service);
    else if (cursor.take("package")) {
      if (file.package !== undefined) throw cursor.error("a file has one package", cursor.previous);
      file.package = cursor.dottedName("the name of the package");
      cursor.expect(";");
    } else if (cursor.take("option")) {
      options.push(parseOption(cursor));
      cursor.expect(";");
    } else if (!parseTypeDeclaration(context, file, file.package ?? "")) {
      throw cursor.unexpected('"message", "enum", "service", "extend", "import", "package" or "option"');
    }
  }
  context.setOptions(file, "FileOptions", file.package ?? "", options);
  return context;
}

function parseSyntax({ cursor, file }: ParseContext): void {
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
  if (syntax === "proto3") file.syntax = syntax;
}

function parseImport({ cursor, file, imports }: ParseContext): void {
  const place = cursor.expect("import");
  if (cursor.take("public")) file.publicDependency.push(file.dependency.length);
  else if (cursor.take("weak")) file.weakDependency.push(file.dependency.length);
  const name = cursor.string("the name of a file in quotes");
  if (imports.has(name)) throw cursor.error(`"${name}" is imported twice`, place);
  imports.set(name, place);
  file.dependency.push(name);
  cursor.expect(";");
}

function parseService(context: ParseContext, services: ServiceDescriptorProto[]): void {
  const { cursor, file } = context;
  const { leadingComment } = cursor.next();
  const service: ServiceDescriptorProto = { name: cursor.identifier("the name of a service"), method: [] };
  services.push(service);
  const scope = joinName(file.package ?? "", service.name);
  const names = new Set<string>();
  context.block(service, "ServiceOptions", scope, leadingComment, () => {
    if (!cursor.at("rpc")) throw cursor.unexpected('"rpc" or "option"');
    parseMethod(context, service, scope, names);
  });
}

function parseMethod(
  context: ParseContext,
  service: ServiceDescriptorProto,
  scope: string,
  names: Set<string>,
): void {
  const { cursor } = context;
  const start = cursor.next();
  const method: MethodDescriptorProto = {
    name: cursor.identifier("the name of an rpc"),
    inputType: "",
    outputType: "",
  };
  claimName(context, names, method.name, start);
  const isClientStream = parseMessageType(context, scope, (fullName) => {
    method.inputType = fullName;
  });
  if (isClientStream) method.clientStreaming = true;
  cursor.expect("returns");
  const isServerStream = parseMessageType(context, scope, (fullName) => {
    method.outputType = fullName;
  });
  if (isServerStream) method.serverStreaming = true;
  service.method.push(method);
  if (cursor.at("{")) {
    // protoc writes empty options for an empty body.
    method.options = {};
    context.block(method, "MethodOptions", joinName(scope, method.name), start.leadingComment, () => {
      throw cursor.unexpected('"option" or "}"');
    });
  } else {
    cursor.expect(";");
    context.comment(method, start.leadingComment);
  }
}

/** `(stream City)`; returns whether it is a stream. */
function parseMessageType(context: ParseContext, scope: string, assign: (fullName: string) => void): boolean {
  const { cursor } = context;
  cursor.expect("(");
  const isStream = cursor.at("stream") && !cursor.followedBy(")") && !cursor.followedBy(".");
  if (isStream) cursor.next();
  const place = cursor.current;
  const type = cursor.dottedName("the type of a message");
  context.refer(type, scope, place, (fullName, kind) => {
    if (kind === "enum") throw cursor.error(`${type} is an enum; an rpc takes and returns messages`, place);
    assign(fullName);
  });
  cursor.expect(")");
  return isStream;
}
