/**
 * One side of the benchmark: all contenders' programs run at once, but only one is under load at a time, in short
 * blocks that go round them, so that what disturbs the machine disturbs all of them alike.
 */
import { ClientCell } from "./client-cell.js";
import type { ClientScenario } from "./client-scenarios.js";
import type { Contender } from "./contenders.js";
import type { Cell } from "./measurement.js";
import { formatReason, ProgramProcess } from "./program-process.js";
import type { Scenario } from "./scenarios.js";
import { ServerCell } from "./server-cell.js";

export interface RoundOptions {
  readonly rounds: number;
  readonly blockMs: number;
  readonly warmupRounds: number;
  readonly contenders: readonly Contender[];
  readonly onProgress: (text: string) => void;
}

export async function measureServers(
  scenarios: readonly Scenario[],
  options: RoundOptions,
): Promise<readonly Cell[]> {
  if (scenarios.length === 0) return [];
  return measure(options, "servers", [], (contender, program) =>
    scenarios.map((scenario) => new ServerCell(contender, scenario, program)),
  );
}

/** Their server is a program of its own, the floor among the servers. */
export async function measureClients(
  scenarios: readonly ClientScenario[],
  options: RoundOptions,
): Promise<readonly Cell[]> {
  if (scenarios.length === 0) return [];
  const server = await startProgram("servers", "raw-http2");
  try {
    return await measure(options, "clients", [String(server.port)], (contender, program) =>
      scenarios.map((scenario) => new ClientCell(contender, scenario, program, server)),
    );
  } finally {
    server.stop();
  }
}

export function startProgram(
  folder: "servers" | "clients",
  name: string,
  args: readonly string[] = [],
): Promise<ProgramProcess> {
  return ProgramProcess.start(new URL(`./${folder}/${name}.js`, import.meta.url), args);
}

async function measure(
  options: RoundOptions,
  folder: "servers" | "clients",
  args: readonly string[],
  createCells: (contender: Contender, program: ProgramProcess | undefined) => readonly Cell[],
): Promise<readonly Cell[]> {
  const programs: ProgramProcess[] = [];
  const cells: Cell[] = [];
  try {
    for (const contender of options.contenders) {
      options.onProgress(`starting ${contender.name} of the ${folder}`);
      let program: ProgramProcess | undefined;
      let failure: string | undefined;
      try {
        program = await startProgram(folder, contender.name, args);
        programs.push(program);
      } catch (error) {
        failure = formatReason(error);
      }
      for (const cell of createCells(contender, program)) {
        cell.failure = failure;
        cells.push(cell);
      }
    }
    for (const cell of cells) {
      options.onProgress(`checking ${cell.contender.name} ${cell.scenario.name}`);
      await cell.prepare();
    }
    await goRound(cells, options);
  } finally {
    for (const cell of cells) cell.close();
    for (const program of programs) program.stop();
  }
  return cells;
}

async function goRound(cells: readonly Cell[], options: RoundOptions): Promise<void> {
  const { rounds, blockMs, warmupRounds, onProgress } = options;
  const rows = [...new Set(cells.map(({ scenario }) => scenario))].map((scenario) =>
    cells.filter((cell) => cell.scenario === scenario),
  );
  for (let round = -warmupRounds; round < rounds; round++) {
    for (const row of rows) {
      // Each round begins with another contender, so that none always follows the same one.
      for (let place = 0; place < row.length; place++) {
        const cell = row[(round + warmupRounds + place) % row.length]!;
        const what = `${cell.scenario.name} ${cell.contender.name}`;
        onProgress(
          round < 0 ? `warming up, ${-round} rounds left: ${what}` : `round ${round + 1}/${rounds}: ${what}`,
        );
        const sample = await cell.measure(blockMs);
        if (sample !== undefined && round >= 0) cell.samples.push(sample);
      }
    }
  }
}
