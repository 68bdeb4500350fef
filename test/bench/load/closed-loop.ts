/** A closed loop over raw connections. */
import { Connection, RESET, type Reply } from "./connection.js";
import type { LoadResult } from "./result.js";

export interface Load {
  readonly path: string;
  readonly body: Buffer;
  readonly connections: number;
  /** Calls under way at once on each connection. */
  readonly inFlight: number;
  /** What a good reply is made of. */
  readonly replyMessages: number;
  readonly replyBytes: number;
}

/** Calls that have not ended so long after the block are given up. */
const patienceMs = 10_000;

export class ClosedLoop {
  readonly #load: Load;
  readonly #connections: readonly Connection[];

  private constructor(load: Load, connections: readonly Connection[]) {
    this.#load = load;
    this.#connections = connections;
  }

  static async open(port: number, load: Load): Promise<ClosedLoop> {
    const opening = Array.from({ length: load.connections }, () => Connection.open(port, load.path));
    return new ClosedLoop(load, await Promise.all(opening));
  }

  /** One call, its reply kept. */
  probe(body = this.#load.body): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("a call has not ended in time")), patienceMs);
      this.#connections[0]!.call(
        body,
        (reply) => {
          clearTimeout(timer);
          resolve(reply);
        },
        true,
      );
    });
  }

  /** Keeps the loop going for a while, then waits for the calls under way; all of them are counted. */
  run(durationMs: number): Promise<LoadResult> {
    const { body, inFlight, replyMessages, replyBytes } = this.#load;
    return new Promise((resolve, reject) => {
      const statuses = new Map<number, number>();
      const startMs = performance.now();
      const endMs = startMs + durationMs;
      let calls = 0;
      let wrongReplies = 0;
      let underWay = 0;
      const timer = setTimeout(
        () => reject(new Error(`${underWay} calls have not ended in time`)),
        durationMs + patienceMs,
      );

      const start = (connection: Connection): void => {
        underWay += 1;
        connection.call(body, (reply) => {
          underWay -= 1;
          calls += 1;
          statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
          const isWrong = reply.messages !== replyMessages || reply.bytes !== replyBytes;
          if (reply.status === 0 && isWrong) wrongReplies += 1;
          const nowMs = performance.now();
          if (nowMs < endMs && reply.status !== RESET) start(connection);
          else if (underWay === 0) {
            clearTimeout(timer);
            resolve({ calls, wrongReplies, statuses, seconds: (nowMs - startMs) / 1000 });
          }
        });
      };
      for (const connection of this.#connections) {
        for (let i = 0; i < inFlight; i++) start(connection);
      }
    });
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}
