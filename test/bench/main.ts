/**
 * `npm run bench`: the CPU that each contender's process spends on a call or message, and its rate, first of servers,
 * then of clients; and what the picks and updates of balancing policies cost.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type BenchOptions, parseOptions, usage } from "./options.js";
import { measureAllPicks, measureAllUpdates } from "./policies/bench.js";
import { stopPrograms } from "./program-process.js";
import { createReport, formatReport } from "./report.js";
import { measureClients, measureServers } from "./rounds.js";

async function run(options: BenchOptions): Promise<void> {
  const onProgress = showProgress;
  const rounds = { ...options, onProgress };
  const cells = [
    ...(await measureServers(options.scenarios, rounds)),
    ...(await measureClients(options.clientScenarios, rounds)),
  ];
  const picks = options.parts.includes("picks") ? await measureAllPicks(options.rounds, onProgress) : [];
  const updates = options.parts.includes("updates")
    ? await measureAllUpdates(options.rounds, onProgress)
    : [];
  onProgress("");

  const report = createReport({ cells, picks, updates }, options.rounds, options.blockMs);
  process.stdout.write(formatReport(report));
  mkdirSync(dirname(options.jsonPath), { recursive: true });
  writeFileSync(options.jsonPath, `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`\nFigures in ${options.jsonPath}\n`);
  if ([...cells, ...picks, ...updates].some(({ failure }) => failure !== undefined)) process.exitCode = 1;
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

process.on("exit", stopPrograms);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(usage);
  else await run(options);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  stopPrograms();
}
