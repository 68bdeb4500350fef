import { once } from "node:events";
import { createInterface } from "node:readline";

/** The lines of the standard input, as they come. */
export function readLines(): AsyncIterable<string> {
  return createInterface({ input: process.stdin, terminal: false });
}

/** Waits while whoever reads our output is behind. */
export async function writeLine(text: string): Promise<void> {
  if (!process.stdout.write(`${text}\n`)) await once(process.stdout, "drain");
}
