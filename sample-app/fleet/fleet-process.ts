import { type ChildProcess, fork, type Serializable } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Ready } from "./serve.js";

export type ProcessState = "starting" | "serving" | "paused" | "ended";

/** A process as it is shown. */
export interface ProcessView {
  readonly pid: number;
  /** `host:port`, once it has accepted calls. */
  readonly address: string | undefined;
  readonly state: ProcessState;
}

/** Who does not end within this time when asked to is killed, in milliseconds. */
const STOP_LIMIT_MS = 5000;

/** A process that serves something, from outside. */
export class FleetProcess implements ProcessView {
  /** Rejects if the process ends before it accepts calls. */
  readonly ready: Promise<void>;
  /** How it ended: `SIGKILL`, `exit 1`. */
  readonly ended: Promise<string>;
  state: ProcessState = "starting";
  #complaints: string[] = [];
  #address: string | undefined;
  readonly #child: ChildProcess;

  /** Runs a module, which {@link serve}s. */
  constructor(name: string, module: URL, settings: object, onComplaint: (line: string) => void) {
    this.#child = fork(fileURLToPath(module), [JSON.stringify(settings)], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    createInterface({ input: this.#child.stderr! }).on("line", (line) => {
      this.#complaints.push(line);
      onComplaint(line);
    });
    this.ended = once(this.#child, "close").then(([code, signal]: unknown[]) => {
      this.state = "ended";
      return signal === null ? `exit ${code}` : String(signal);
    });
    const reported = once(this.#child, "message") as Promise<[Ready]>;
    this.ready = Promise.race([
      reported.then(([{ address }]) => {
        this.#address = address;
        this.#complaints = [];
        if (this.state === "starting") this.state = "serving";
      }),
      this.ended.then((how) => {
        throw new Error([`${name} did not start (${how})`, ...this.#complaints].join("\n"));
      }),
    ]);
    // Whoever asks for it hears it; nobody may, when everything is ended in the middle of the start.
    this.ready.catch(() => undefined);
  }

  get address(): string | undefined {
    return this.#address;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** One that has ended hears nothing. */
  send(message: Serializable): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
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

/** 0, any free one, for who has had none yet. */
export function portOf(address: string | undefined): number {
  return Number(address?.split(":").at(-1) ?? 0);
}
