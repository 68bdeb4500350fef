#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { StartupError } from "../../rpc/index.js";
import { addInspectCommand } from "./inspect-command.js";
import { formatFailure } from "./terminal.js";
import { addTypesCommand } from "./types-command.js";

const packageFile = new URL(import.meta.resolve("grebe/package.json"));
const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };

const program = new Command("grebe")
  .description("Tools for gRPC services made with Grebe.")
  .version(version)
  .showHelpAfterError('Run "grebe --help" or "grebe <command> --help".')
  .exitOverride();
addTypesCommand(program);
addInspectCommand(program);

/** 0: done. 1: the work could not be done, or a check failed. 2: the command line is wrong. */
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof StartupError) {
    for (const { code, message } of error.problems) console.error(formatFailure(code, message));
    process.exitCode = 1;
  } else throw error;
}
