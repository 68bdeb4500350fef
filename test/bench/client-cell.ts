import type { ClientScenario } from "./client-scenarios.js";
import type { LoadOrder, LoadReport } from "./clients/control.js";
import type { Contender } from "./contenders.js";
import type { LoadResult } from "./load/result.js";
import { type Block, Cell, checkResult } from "./measurement.js";
import type { ProgramProcess } from "./program-process.js";
import type { Usage } from "./servers/control.js";

/** Calls that have not ended so long after the block are given up. */
const patienceMs = 10_000;

/** A contender that calls; who answers is the same for all. */
export class ClientCell extends Cell {
  override readonly scenario: ClientScenario;
  readonly #server: ProgramProcess;

  constructor(
    contender: Contender,
    scenario: ClientScenario,
    client: ProgramProcess | undefined,
    server: ProgramProcess,
  ) {
    super(contender, client);
    this.scenario = scenario;
    this.#server = server;
  }

  /** One call for each that will be under way at once; the client looks at every message of every answer. */
  protected override async check(client: ProgramProcess): Promise<void> {
    const result = await this.#run(client, 0);
    checkResult(result);
    if (result.calls !== this.scenario.inFlight) throw new Error(`${result.calls} calls ended`);
  }

  protected override async load(client: ProgramProcess, blockMs: number): Promise<Block> {
    const before = await this.#server.ask<Usage>("usage");
    const result = await this.#run(client, blockMs);
    const after = await this.#server.ask<Usage>("usage");
    return { result, otherCpuMicros: after.cpuMicros - before.cpuMicros };
  }

  async #run(client: ProgramProcess, durationMs: number): Promise<LoadResult> {
    const order: LoadOrder = { scenario: this.scenario.name, durationMs };
    const report = await client.ask<LoadReport>(order, durationMs + patienceMs);
    return { ...report, statuses: new Map(report.statuses) };
  }
}
