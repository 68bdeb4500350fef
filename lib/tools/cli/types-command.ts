import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Command, Option } from "commander";
import { type GenerateOptions, generateModules } from "../codegen/index.js";
import { style } from "./terminal.js";

interface TypesFlags extends GenerateOptions {
  readonly out: string;
  readonly check?: boolean;
}

/** `grebe types`: TypeScript modules from protos. */
export function addTypesCommand(program: Command): void {
  program
    .command("types")
    .description("Write TypeScript types and service descriptors for .proto files.")
    .argument("<protos...>", "files, folders or glob patterns")
    .requiredOption("-o, --out <folder>", "where the modules go, one per .proto file")
    .option("-I, --include-dirs <folders...>", "folders in which imports are looked up")
    .option("--keep-case", "fields keep their proto names")
    .addOption(new Option("--longs <form>", "64-bit integers").choices(["string", "number", "bigint"]))
    .addOption(new Option("--enums <form>", "enum values").choices(["string", "number"]))
    .addOption(new Option("--bytes <form>", "bytes").choices(["buffer", "base64"]))
    .addOption(new Option("--timestamps <form>", "google.protobuf.Timestamp").choices(["message", "date"]))
    .addOption(new Option("--durations <form>", "google.protobuf.Duration").choices(["message", "ms"]))
    .option("--no-defaults", "fields without a value are left out")
    .option("--arrays", "with --no-defaults: repeated fields are always there")
    .option("--objects", "with --no-defaults: maps are always there")
    .option("--no-oneofs", "no property tells which field of a oneof is set")
    .option("--runtime <module>", "where the modules import Grebe from", "grebe/schema")
    .option("--check", "write nothing; end with 1 if a module is not up to date")
    .addHelpText("after", '\nExample:\n  $ grebe types "proto/**/*.proto" -I proto --out src/generated')
    .action((protos: string[], { out, check, ...options }: TypesFlags) => {
      const modules = generateModules(protos, options);
      const outdated = [...modules].filter(([path, text]) => readModule(join(out, path)) !== text);
      if (check === true)
        report(
          outdated.map(([path]) => join(out, path)),
          modules.size,
        );
      else {
        for (const [path, text] of outdated) writeModule(join(out, path), text);
        console.log(
          `${style("green", "done")}: ${modules.size} modules in ${out}, ${outdated.length} of them changed`,
        );
      }
    });
}

function report(outdated: readonly string[], total: number): void {
  if (outdated.length === 0) {
    console.log(`${style("green", "up to date")}: ${total} modules`);
    return;
  }
  console.error(
    `${style("red", "not up to date")}: run the same command without --check\n${outdated.join("\n")}`,
  );
  process.exitCode = 1;
}

function readModule(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function writeModule(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
