/**
 * `npm run bench`: the CPU that each contender's process spends on a call or message, and its rate. All servers
 * run at once but only one is under load at a time, in short blocks that go round the contenders, so that what
 * disturbs the machine disturbs all of them alike. The load comes from this process.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { type Contender, contenders } from "./contenders.js";
import { Cell } from "./measurement.js";
import { createReport, formatReport } from "./report.js";
import { type Scenario, scenarios } from "./scenarios.js";
import { ServerProcess } from "./server-process.js";

const usage = `Usage: npm run bench -- [options]

  --quick               a glance in under a minute; slow starters are still warming up
  --rounds N            rounds over all contenders (default 24, quick 4)
  --block-ms N          length of one block (default 300, quick 200)
  --warmup-rounds N     rounds before those that count (default 5, quick 3)
  --only NAMES          scenarios, of ${scenarios.map((scenario) => scenario.name).join(",")}
  --contenders NAMES    of ${contenders.map((contender) => contender.name).join(",")}
  --json FILE           where to write the figures (default .build/bench.json)
  --help
`;

interface BenchOptions {
  readonly rounds: number;
  readonly blockMs: number;
  readonly warmupRounds: number;
  readonly scenarios: readonly Scenario[];
  readonly contenders: readonly Contender[];
  readonly jsonPath: string;
}

function parseOptions(): BenchOptions | undefined {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      "block-ms": { type: "string" },
      "warmup-rounds": { type: "string" },
      only: { type: "string" },
      contenders: { type: "string" },
      json: { type: "string", default: ".build/bench.json" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    rounds: parseCount("--rounds", values.rounds, values.quick ? 4 : 24),
    blockMs: parseCount("--block-ms", values["block-ms"], values.quick ? 200 : 300),
    warmupRounds: parseCount("--warmup-rounds", values["warmup-rounds"], values.quick ? 3 : 5),
    scenarios: pick("--only", values.only, scenarios),
    contenders: pick("--contenders", values.contenders, contenders),
    jsonPath: values.json,
  };
}

function parseCount(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^[1-9]\d{0,6}$/.test(text))
    throw new RangeError(`${option} wants a whole number above zero, not "${text}"`);
  return Number(text);
}

function pick<T extends { readonly name: string }>(
  option: string,
  text: string | undefined,
  known: readonly T[],
): readonly T[] {
  if (text === undefined) return known;
  return text.split(",").map((name) => {
    const found = known.find((one) => one.name === name);
    if (found !== undefined) return found;
    throw new RangeError(
      `${option} does not know "${name}"; known: ${known.map((one) => one.name).join(", ")}`,
    );
  });
}

const servers: ServerProcess[] = [];

async function run(options: BenchOptions): Promise<void> {
  const cells: Cell[] = [];
  for (const contender of options.contenders) {
    showProgress(`starting ${contender.name}`);
    let server: ServerProcess | undefined;
    let failure: string | undefined;
    try {
      server = await ServerProcess.start(contender);
      servers.push(server);
    } catch (error) {
      failure = (error as Error).message;
    }
    for (const scenario of options.scenarios) {
      const cell = new Cell(contender, scenario, server);
      cell.failure = failure;
      cells.push(cell);
    }
  }

  for (const cell of cells) {
    showProgress(`checking ${cell.contender.name} ${cell.scenario.name}`);
    await cell.prepare();
  }
  for (let round = -options.warmupRounds; round < options.rounds; round++) {
    for (const scenario of options.scenarios) {
      const row = cells.filter((cell) => cell.scenario === scenario);
      // Each round begins with another contender, so that none always follows the same one.
      for (let place = 0; place < row.length; place++) {
        const cell = row[(round + options.warmupRounds + place) % row.length]!;
        showProgress(
          round < 0
            ? `warming up, ${-round} rounds left: ${scenario.name} ${cell.contender.name}`
            : `round ${round + 1}/${options.rounds}: ${scenario.name} ${cell.contender.name}`,
        );
        const sample = await cell.measure(options.blockMs);
        if (sample !== undefined && round >= 0) cell.samples.push(sample);
      }
    }
  }
  for (const cell of cells) cell.close();
  showProgress("");

  const report = createReport(cells, options.rounds, options.blockMs);
  process.stdout.write(formatReport(report));
  mkdirSync(dirname(options.jsonPath), { recursive: true });
  writeFileSync(options.jsonPath, `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`\nFigures in ${options.jsonPath}\n`);
  if (cells.some((cell) => cell.failure !== undefined)) process.exitCode = 1;
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function stopServers(): void {
  for (const server of servers) server.stop();
}

process.on("exit", stopServers);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

try {
  const options = parseOptions();
  if (options === undefined) process.stdout.write(usage);
  else await run(options);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  stopServers();
}
