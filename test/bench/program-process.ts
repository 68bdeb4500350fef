/**
 * A program in a process of its own. What it owes whoever starts it: print one line of JSON once it is ready, a server
 * `{"port":N}`, answer each message on the IPC channel with one message, and end when that channel closes.
 */
import { type ChildProcess, fork } from "node:child_process";

/** The same for every program. */
export const nodeFlags: readonly string[] = [];

const startMs = 20_000;
const answerMs = 10_000;

const running = new Set<ChildProcess>();

export class ProgramProcess {
  /** Where it listens, if it is a server. */
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Starts the program and waits until it is ready; rejects with what it said if it ends before. */
  static async start(program: URL, args: readonly string[] = []): Promise<ProgramProcess> {
    const child = fork(program, args, {
      execArgv: [...nodeFlags],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    running.add(child);
    child.once("exit", () => running.delete(child));
    try {
      return new ProgramProcess(child, await untilReady(child));
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  /** Sends a message and waits for the answer; one at a time. */
  ask<Answer>(order: unknown, limitMs = answerMs): Promise<Answer> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        child.off("message", onMessage).off("disconnect", onDisconnect);
        end();
      };
      const onMessage = (answer: unknown): void => settle(() => resolve(answer as Answer));
      const onDisconnect = (): void => settle(() => reject(new Error("the program has ended")));
      const timer = setTimeout(
        () => settle(() => reject(new Error(`no answer within ${limitMs} ms`))),
        limitMs,
      );
      child.once("message", onMessage).once("disconnect", onDisconnect);
      if (child.connected) child.send(order as object);
      else onDisconnect();
    });
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Nothing that was started outlives this process. */
export function stopPrograms(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Of all that a program said before it ended, the line that tells why. */
export function formatReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /^\w*Error: .*$/m.exec(message)?.[0] ?? message.split("\n", 1)[0]!;
}

/** Its port, 0 if it has none. */
function untilReady(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = "";
    let complaint = "";
    const timer = setTimeout(() => reject(new Error(`not ready within ${startMs} ms`)), startMs);
    child.stdout?.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000);
      const ready = /\{"(?:port":(\d+)|ready":true)\}/.exec(output);
      if (ready === null) return;
      clearTimeout(timer);
      resolve(Number(ready[1] ?? 0));
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(0, 4000);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      reject(new Error(complaint.trim() || `ended with ${code} before it was ready`));
    });
  });
}
