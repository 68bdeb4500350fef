/** A contender's program in a process of its own. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Observations } from "./servers/control.js";

const startLimitMs = 8_000;
const answerLimitMs = 3_000;

const running = new Set<ChildProcess>();

export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Starts a program of `servers/` and waits for its port; rejects with what it said if it ends before. */
  static async start(name: string, service: "probe" | "half" = "probe"): Promise<ServerProcess> {
    const program = fileURLToPath(new URL(`./servers/${name}.js`, import.meta.url));
    const child = fork(program, [service], { execArgv: [], stdio: ["ignore", "pipe", "pipe", "ipc"] });
    running.add(child);
    child.once("exit", () => running.delete(child));
    try {
      return new ServerProcess(child, await readPort(child));
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  async observe(): Promise<Observations> {
    if (!this.#child.connected) throw new Error("the server's process has ended");
    this.#child.send("observe");
    const [observations] = await once(this.#child, "message", { signal: AbortSignal.timeout(answerLimitMs) });
    return observations as Observations;
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

export function stopServers(): void {
  for (const child of running) child.kill("SIGKILL");
}

function readPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = "";
    let complaint = "";
    const timer = setTimeout(() => reject(new Error(`no port within ${startLimitMs} ms`)), startLimitMs);
    child.stdout?.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000);
      const port = /\{"port":(\d+)\}/.exec(output)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(0, 4000);
    });
    child.once("close", () => {
      clearTimeout(timer);
      reject(new Error(complaint.trim() || "ended before it listened"));
    });
  });
}
