/** Processes that serve something, as tests start, kill and pause them. None outlives its test file. */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

const children = new Set<ChildProcess>();

after(async () => {
  await Promise.all([...children].map(end));
});

/** What each of them is told, as JSON; its first message says where it serves. */
export interface ProcessSettings {
  /** 0 takes any free one. */
  readonly port: number;
}

export class ServedProcess<S extends ProcessSettings> {
  readonly address: string;
  readonly #module: string;
  readonly #settings: S;
  readonly #child: ChildProcess;

  protected constructor(address: string, module: string, settings: S, child: ChildProcess) {
    this.address = address;
    this.#module = module;
    this.#settings = settings;
    this.#child = child;
  }

  /** Runs a module of this folder; resolves when it accepts calls. */
  static async start<S extends ProcessSettings>(module: string, settings: S): Promise<ServedProcess<S>> {
    const path = fileURLToPath(new URL(module, import.meta.url));
    const child = fork(path, [JSON.stringify(settings)]);
    children.add(child);
    const ended = once(child, "exit").then(([code]) => {
      children.delete(child);
      return `${module} ended with ${code} before it served`;
    });
    const first = await Promise.race([once(child, "message") as Promise<[string]>, ended]);
    if (typeof first === "string") assert.fail(first);
    return new ServedProcess(first[0], module, settings, child);
  }

  /** Another process on the same port. */
  startAgain(): Promise<ServedProcess<S>> {
    return ServedProcess.start(this.#module, {
      ...this.#settings,
      port: Number(this.address.split(":")[1]),
    });
  }

  /** Says something, and resolves with the answer. */
  async ask(question: string): Promise<unknown> {
    const answered = once(this.#child, "message");
    this.#child.send(question);
    return (await answered)[0];
  }

  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal);
  }
}

/** SIGKILL, for those too that are stopped. */
async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
