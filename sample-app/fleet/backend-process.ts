import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { BackendReady, BackendSettings } from "./backend.js";

export type ProcessState = "starting" | "serving" | "paused" | "ended";

const MODULE = fileURLToPath(new URL("./backend.js", import.meta.url));
/** Who does not end within this time when asked to is killed, in milliseconds. */
const STOP_LIMIT_MS = 5000;

/** A process that serves Atlas, from outside. */
export class BackendProcess {
  /** Rejects if the process ends before it accepts calls. */
  readonly ready: Promise<void>;
  /** How it ended: `SIGKILL`, `exit 1`. */
  readonly ended: Promise<string>;
  state: ProcessState = "starting";
  #complaints: string[] = [];
  #address: string | undefined;
  readonly #child: ChildProcess;

  constructor(settings: BackendSettings, onComplaint: (line: string) => void) {
    this.#child = fork(MODULE, [JSON.stringify(settings)], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    createInterface({ input: this.#child.stderr! }).on("line", (line) => {
      this.#complaints.push(line);
      onComplaint(line);
    });
    this.ended = once(this.#child, "close").then(([code, signal]: unknown[]) => {
      this.state = "ended";
      return signal === null ? `exit ${code}` : String(signal);
    });
    const reported = once(this.#child, "message") as Promise<[BackendReady]>;
    this.ready = Promise.race([
      reported.then(([{ address }]) => {
        this.#address = address;
        this.#complaints = [];
        if (this.state === "starting") this.state = "serving";
      }),
      this.ended.then((how) => {
        throw new Error([`a backend did not start (${how})`, ...this.#complaints].join("\n"));
      }),
    ]);
    // Whoever asks for it hears it; nobody may, when everything is ended in the middle of the start.
    this.ready.catch(() => undefined);
  }

  /** `host:port`, once it accepts calls. */
  get address(): string | undefined {
    return this.#address;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** SIGSTOP: it is there, and does nothing. */
  pause(): void {
    if (this.state === "serving" && this.#child.kill("SIGSTOP")) this.state = "paused";
  }

  resume(): void {
    if (this.state === "paused" && this.#child.kill("SIGCONT")) this.state = "serving";
  }

  /** Lets it drain. */
  async stop(): Promise<void> {
    if (this.state === "ended") return;
    // A paused process hears nothing else.
    this.#child.kill("SIGCONT");
    this.#child.kill("SIGTERM");
    const limit = setTimeout(() => this.kill(), STOP_LIMIT_MS);
    await this.ended;
    clearTimeout(limit);
  }
}
