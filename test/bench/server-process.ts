/** A contender's program in a process of its own. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Contender } from "./contenders.js";
import type { Usage } from "./servers/control.js";

/** The same for every contender. */
export const nodeFlags: readonly string[] = [];

const startMs = 20_000;
const answerMs = 10_000;

export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Starts the program and waits for its port; rejects with what it said if it ends before. */
  static async start(contender: Contender): Promise<ServerProcess> {
    const program = fileURLToPath(new URL(`./servers/${contender.name}.js`, import.meta.url));
    const child = fork(program, { execArgv: [...nodeFlags], stdio: ["ignore", "pipe", "pipe", "ipc"] });
    try {
      return new ServerProcess(child, await readPort(child));
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  /** What the process has used since it began. */
  async usage(): Promise<Usage> {
    if (!this.#child.connected) throw new Error("the server's process has ended");
    this.#child.send("usage");
    const [usage] = await once(this.#child, "message", { signal: AbortSignal.timeout(answerMs) });
    return usage as Usage;
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

function readPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = "";
    let complaint = "";
    const timer = setTimeout(() => reject(new Error(`no port within ${startMs} ms`)), startMs);
    child.stdout?.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000);
      const port = /\{"port":(\d+)\}/.exec(output)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(0, 2000);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      const reason = /^\w*Error.*$/m.exec(complaint)?.[0] ?? complaint.trim();
      reject(new Error(`ended with ${code} before it listened: ${reason}`));
    });
  });
}
