/**
 * One cell of the benchmark: a contender under one scenario's load. It is first checked (the right messages, OK
 * as status, a bad request refused), then measured in blocks; a block that is not flawless fails the cell, so
 * that no figure stands for work that was not done.
 */
import type { Contender } from "./contenders.js";
import { RESET } from "./load/connection.js";
import type { LoadResult } from "./load/result.js";
import { formatReason, type ProgramProcess } from "./program-process.js";
import type { Usage } from "./servers/control.js";

/** What all scenarios have, whichever side they measure. */
export interface Measured {
  /** Its name on the command line. */
  readonly name: string;
  readonly title: string;
  /** Whose process the CPU is counted of. */
  readonly side: "server" | "client";
  readonly unit: "call" | "message";
  /** Units in one call. */
  readonly unitsPerCall: number;
}

export interface Sample {
  /** Of the measured process, per call or message. */
  readonly cpuMicros: number;
  readonly perSecond: number;
  readonly rssBytes: number;
  /** Cores kept busy. */
  readonly serverBusy: number;
  readonly clientBusy: number;
}

/** What one block of load came to. */
export interface Block {
  readonly result: LoadResult;
  /** What the other side's process used meanwhile. */
  readonly otherCpuMicros: number;
}

export abstract class Cell {
  readonly contender: Contender;
  abstract readonly scenario: Measured;
  /** One per round that counts, in order. */
  readonly samples: Sample[] = [];
  /** How many calls ended with each status, the checks left out. */
  readonly statuses = new Map<number, number>();
  /** Why the cell has no figures. */
  failure: string | undefined;
  readonly #program: ProgramProcess | undefined;

  /** `program` is the one that is measured; without one, the cell has failed. */
  constructor(contender: Contender, program: ProgramProcess | undefined) {
    this.contender = contender;
    this.#program = program;
  }

  /** Makes itself ready, and checks that calls bring what they should. */
  protected abstract check(program: ProgramProcess): Promise<void>;

  protected abstract load(program: ProgramProcess, blockMs: number): Promise<Block>;

  close(): void {}

  prepare(): Promise<void> {
    return this.#attempt((program) => this.check(program));
  }

  /** One block of load; undefined if the cell has failed. */
  measure(blockMs: number): Promise<Sample | undefined> {
    return this.#attempt(async (program) => {
      const before = await program.ask<Usage>("usage");
      const { result, otherCpuMicros } = await this.load(program, blockMs);
      const after = await program.ask<Usage>("usage");

      for (const [status, calls] of result.statuses) {
        this.statuses.set(status, (this.statuses.get(status) ?? 0) + calls);
      }
      checkResult(result);

      const cpuMicros = after.cpuMicros - before.cpuMicros;
      const units = result.calls * this.scenario.unitsPerCall;
      const busy = cpuMicros / 1e6 / result.seconds;
      const otherBusy = otherCpuMicros / 1e6 / result.seconds;
      const isServer = this.scenario.side === "server";
      return {
        cpuMicros: cpuMicros / units,
        perSecond: units / result.seconds,
        rssBytes: after.rssBytes,
        serverBusy: isServer ? busy : otherBusy,
        clientBusy: isServer ? otherBusy : busy,
      };
    });
  }

  async #attempt<T>(step: (program: ProgramProcess) => Promise<T>): Promise<T | undefined> {
    if (this.failure !== undefined || this.#program === undefined) return undefined;
    try {
      return await step(this.#program);
    } catch (error) {
      this.failure = formatReason(error);
      return undefined;
    }
  }
}

/** Throws an Error unless all calls ended well and brought what they should. */
export function checkResult({ statuses, wrongReplies }: LoadResult): void {
  const ended = [...statuses.keys()].filter((status) => status !== 0);
  if (ended.length > 0) throw new Error(`calls ended with ${ended.map(formatStatus).join(", ")}`);
  if (wrongReplies > 0) throw new Error(`${wrongReplies} calls brought wrong messages`);
}

export function formatStatus(status: number): string {
  if (status === RESET) return "a reset";
  return status < 0 ? "no grpc-status" : `grpc-status ${status}`;
}
