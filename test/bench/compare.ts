/**
 * `npm run compare`: how Grebe, NestJS's gRPC transport and bare grpc-js behave where they differ. Each row is a
 * probe that is run for real, over loopback, with the same client against the same service.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { type Contender, rows, runProbes } from "./compare/probes.js";
import { type Column, formatMarkdown, formatTable } from "./compare/table.js";
import { stopPrograms } from "./program-process.js";

const usage = `Usage: npm run compare -- [options]

  --markdown     a Markdown table
  --json FILE    where to write the figures too
  --help
`;

const contenders: readonly Contender[] = [
  { name: "grebe", label: "Grebe" },
  { name: "nest", label: "NestJS 12" },
  { name: "grpc-js", label: "grpc-js + proto-loader" },
];

async function run(options: { markdown: boolean; json?: string | undefined }): Promise<void> {
  const columns: Column[] = [];
  for (const contender of contenders) {
    columns.push({ contender, findings: await runProbes(contender, showProgress) });
  }
  showProgress("");

  process.stdout.write(options.markdown ? formatMarkdown(rows, columns) : formatTable(rows, columns));
  if (options.json !== undefined) {
    const report = {
      date: new Date().toISOString(),
      node: process.version,
      contenders: columns.map(({ contender, findings }) => ({ ...contender, findings })),
    };
    mkdirSync(dirname(options.json), { recursive: true });
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  if (columns.some(({ findings }) => findings.some(({ text }) => text.startsWith("failed")))) {
    process.exitCode = 1;
  }
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text.slice(0, 78)}`);
}

process.on("exit", stopPrograms);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

try {
  const { values } = parseArgs({
    options: {
      markdown: { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) process.stdout.write(usage);
  else await run(values);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  stopPrograms();
}
