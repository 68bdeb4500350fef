/** Processes that serve the probe, as tests start, kill and pause them. None outlives its test file. */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import type { BackendSettings } from "./settings.js";

const MODULE = fileURLToPath(new URL("./backend.js", import.meta.url));
const children = new Set<ChildProcess>();

after(async () => {
  await Promise.all([...children].map(end));
});

export class BackendProcess {
  readonly address: string;
  readonly #settings: BackendSettings;
  readonly #child: ChildProcess;

  private constructor(address: string, settings: BackendSettings, child: ChildProcess) {
    this.address = address;
    this.#settings = settings;
    this.#child = child;
  }

  /** Resolves when it accepts calls. */
  static async start(settings: BackendSettings): Promise<BackendProcess> {
    const child = fork(MODULE, [JSON.stringify(settings)]);
    children.add(child);
    const ended = once(child, "exit").then(([code]) => {
      children.delete(child);
      return `a backend ended with ${code} before it served`;
    });
    const first = await Promise.race([once(child, "message") as Promise<[string]>, ended]);
    if (typeof first === "string") assert.fail(first);
    return new BackendProcess(first[0], settings, child);
  }

  /** Another process on the same port. */
  startAgain(): Promise<BackendProcess> {
    return BackendProcess.start({ ...this.#settings, port: Number(this.address.split(":")[1]) });
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
