import { isDeepStrictEqual } from "node:util";
import type { Contender } from "./contenders.js";
import { ClosedLoop } from "./load/closed-loop.js";
import { type Block, Cell, formatStatus } from "./measurement.js";
import type { ProgramProcess } from "./program-process.js";
import type { Scenario } from "./scenarios.js";
import { decodeMessage, splitFrames } from "./wire.js";

/** A contender that serves; the load comes from this process. */
export class ServerCell extends Cell {
  override readonly scenario: Scenario;
  #loop: ClosedLoop | undefined;

  constructor(contender: Contender, scenario: Scenario, server: ProgramProcess | undefined) {
    super(contender, server);
    this.scenario = scenario;
  }

  protected override async check(server: ProgramProcess): Promise<void> {
    const loop = await ClosedLoop.open(server.port, this.scenario.load);
    this.#loop = loop;
    const { replyType, replies, badBody } = this.scenario;
    const reply = await loop.probe();
    if (reply.status !== 0) throw new Error(`the first call ended with ${formatStatus(reply.status)}`);
    const messages = splitFrames(reply.body ?? Buffer.alloc(0));
    if (messages.length !== replies.length) {
      throw new Error(`the first call brought ${messages.length} messages instead of ${replies.length}`);
    }
    for (const [index, message] of messages.entries()) {
      if (isDeepStrictEqual({ ...decodeMessage(replyType, message) }, replies[index])) continue;
      throw new Error(`message ${index + 1} of the first call is not the one expected`);
    }
    if (badBody !== undefined && this.contender.validates) {
      const { status } = await loop.probe(badBody);
      if (status <= 0) throw new Error(`a bad request ended with ${formatStatus(status)}`);
    }
  }

  protected override async load(_server: ProgramProcess, blockMs: number): Promise<Block> {
    if (this.#loop === undefined) throw new Error("the cell is not prepared");
    const before = process.cpuUsage();
    const result = await this.#loop.run(blockMs);
    const { user, system } = process.cpuUsage(before);
    return { result, otherCpuMicros: user + system };
  }

  override close(): void {
    this.#loop?.close();
  }
}
