/**
 * TypeScript from `.proto` files: one module per file with its messages, enums and services. The modules carry the
 * descriptors and the options they were made with, so types and messages at run time cannot part ways.
 */
import { isWellKnownFile, loadSchema, type SchemaOptions } from "../../schema/index.js";
import { formOptions, ModuleWriter } from "./module.js";
import { moduleFile, TypeNames } from "./module-names.js";

export interface GenerateOptions extends SchemaOptions {
  /** Where modules import Grebe's schema from; a relative path starts at their common folder. Default `grebe/schema`. */
  readonly runtime?: string;
}

/** The text of each module by its path. Well-known files are there if a type of theirs is used. */
export function generateModules(
  protos: readonly string[],
  options: GenerateOptions = {},
): Map<string, string> {
  const { runtime = "grebe/schema", ...schemaOptions } = options;
  const schema = loadSchema(protos, schemaOptions);
  const form = formOptions(schema.options, loadSchema([]).options);
  const names = new TypeNames(schema);
  const modules = new Map<string, string>();
  const write = (name: string) => {
    const path = moduleFile(name);
    if (modules.has(path)) return;
    const file = schema.files.find((candidate) => candidate.name === name)!;
    const writer = new ModuleWriter(schema, file, names, form, runtime);
    modules.set(path, writer.write());
    for (const used of writer.usedFiles) write(used);
  };
  for (const { name } of schema.files) if (!isWellKnownFile(name)) write(name);
  return new Map([...modules].sort(([a], [b]) => (a < b ? -1 : 1)));
}
