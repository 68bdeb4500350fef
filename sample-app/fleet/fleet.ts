import { BackendProcess, type ProcessState } from "./backend-process.js";
import type { ByBackend } from "./options.js";
import type { Registry } from "./registry.js";

/** A backend as it is shown. */
export interface BackendView {
  readonly number: number;
  readonly pid: number;
  readonly address: string | undefined;
  readonly state: ProcessState;
}

/** The backends of one run, by their numbers from 1 on. What has ended stays so until somebody restarts it. */
export class Fleet {
  readonly #registry: Registry;
  readonly #differences: ByBackend;
  readonly #note: (text: string) => void;
  readonly #backends: BackendProcess[] = [];
  #stopping = false;

  /** `note` is told what happens. */
  constructor(registry: Registry, differences: ByBackend, note: (text: string) => void) {
    this.#registry = registry;
    this.#differences = differences;
    this.#note = note;
  }

  get views(): readonly BackendView[] {
    return this.#backends.map(({ pid, address, state }, index) => ({
      number: index + 1,
      pid,
      address,
      state,
    }));
  }

  /** Resolves when it accepts calls; rejects if it ends before. */
  add(): Promise<void> {
    return this.#start(this.#backends.length, 0);
  }

  kill(number: number): void {
    this.#backends[number - 1]?.kill();
  }

  /** Pauses it, or lets it go on. */
  pause(number: number): void {
    const backend = this.#backends[number - 1];
    if (backend?.state === "paused") {
      backend.resume();
      this.#note(`backend ${number} goes on`);
    } else if (backend?.state === "serving") {
      backend.pause();
      this.#note(`backend ${number} is paused`);
    }
  }

  /** Starts one that has ended again, on its old port. */
  async restart(number: number): Promise<void> {
    const backend = this.#backends[number - 1];
    if (backend?.state !== "ended") return;
    await this.#start(number - 1, Number(backend.address?.split(":").at(-1) ?? 0));
  }

  /** Ends all of them, also those that are starting. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#backends.map((backend) => backend.stop()));
  }

  /** At once, without waiting. */
  killAll(): void {
    this.#stopping = true;
    for (const backend of this.#backends) backend.kill();
  }

  async #start(index: number, port: number): Promise<void> {
    if (this.#stopping) return;
    const of = <T>(list: readonly T[]): T | undefined => list[Math.min(index, list.length - 1)];
    const { delayMs, utilization, weight } = this.#differences;
    const name = `backend ${index + 1}`;
    const backend = new BackendProcess(
      {
        registry: this.#registry,
        port,
        delayMs: of(delayMs) ?? 0,
        utilization: of(utilization),
        weight: of(weight),
      },
      (line) => this.#note(`${name}: ${line}`),
    );
    this.#backends[index] = backend;
    void backend.ended.then((how) => {
      if (!this.#stopping) this.#note(`${name} (pid ${backend.pid}) has ended: ${how}`);
    });
    await backend.ready;
    this.#note(`${name} (pid ${backend.pid}) serves on ${backend.address}`);
  }
}
