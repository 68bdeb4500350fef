/**
 * One cell of the benchmark: a contender under one scenario's load. It is first checked (the right messages, OK
 * as status, a bad request refused), then measured in blocks; a block that is not flawless fails the cell, so
 * that no figure stands for work that was not done.
 */
import { isDeepStrictEqual } from "node:util";
import type { Contender } from "./contenders.js";
import { ClosedLoop } from "./load/closed-loop.js";
import { RESET } from "./load/connection.js";
import type { Scenario } from "./scenarios.js";
import type { ServerProcess } from "./server-process.js";
import { decodeMessage, splitFrames } from "./wire.js";

export interface Sample {
  /** Of the server's process, per call or message. */
  readonly cpuMicros: number;
  readonly perSecond: number;
  readonly rssBytes: number;
  /** Cores kept busy. */
  readonly serverBusy: number;
  readonly clientBusy: number;
}

export class Cell {
  readonly contender: Contender;
  readonly scenario: Scenario;
  /** One per round that counts, in order. */
  readonly samples: Sample[] = [];
  /** How many calls ended with each status, the checks left out. */
  readonly statuses = new Map<number, number>();
  /** Why the cell has no figures. */
  failure: string | undefined;
  readonly #server: ServerProcess | undefined;
  #loop: ClosedLoop | undefined;

  constructor(contender: Contender, scenario: Scenario, server: ServerProcess | undefined) {
    this.contender = contender;
    this.scenario = scenario;
    this.#server = server;
  }

  /** Connects and checks. */
  prepare(): Promise<void> {
    return this.#attempt(async (server) => {
      this.#loop = await ClosedLoop.open(server.port, this.scenario.load);
      await this.#check(this.#loop);
    });
  }

  /** One block of load; undefined if the cell has failed. */
  measure(blockMs: number): Promise<Sample | undefined> {
    return this.#attempt(async (server) => {
      if (this.#loop === undefined) throw new Error("the cell is not prepared");
      const before = await server.usage();
      const clientBefore = process.cpuUsage();
      const result = await this.#loop.run(blockMs);
      const client = process.cpuUsage(clientBefore);
      const after = await server.usage();

      for (const [status, calls] of result.statuses) {
        this.statuses.set(status, (this.statuses.get(status) ?? 0) + calls);
      }
      const ended = [...result.statuses.keys()].filter((status) => status !== 0);
      if (ended.length > 0) throw new Error(`calls ended with ${ended.map(formatStatus).join(", ")}`);
      if (result.wrongReplies > 0) throw new Error(`${result.wrongReplies} calls brought wrong messages`);

      const cpuMicros = after.cpuMicros - before.cpuMicros;
      const units = result.calls * this.scenario.unitsPerCall;
      return {
        cpuMicros: cpuMicros / units,
        perSecond: units / result.seconds,
        rssBytes: after.rssBytes,
        serverBusy: cpuMicros / 1e6 / result.seconds,
        clientBusy: (client.user + client.system) / 1e6 / result.seconds,
      };
    });
  }

  close(): void {
    this.#loop?.close();
  }

  async #attempt<T>(step: (server: ServerProcess) => Promise<T>): Promise<T | undefined> {
    if (this.failure !== undefined || this.#server === undefined) return undefined;
    try {
      return await step(this.#server);
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  async #check(loop: ClosedLoop): Promise<void> {
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
}

function formatStatus(status: number): string {
  if (status === RESET) return "a reset";
  return status < 0 ? "no grpc-status" : `grpc-status ${status}`;
}
