import type { BackendSettings } from "./backend.js";
import { FleetProcess, type ProcessView, portOf } from "./fleet-process.js";
import type { Registry } from "./registry.js";
import { CANARY, STABLE } from "./zones.js";

/** A backend as it is shown. */
export interface BackendView extends ProcessView {
  readonly number: number;
}

/** In what backends differ, by their number; the last value goes for all that follow. */
export interface ByBackend {
  readonly delayMs: readonly number[];
  /** What they report; without it they measure. */
  readonly utilization: readonly number[];
  readonly weight: readonly number[];
}

/** More than a machine has use for. */
export const MAX_BACKENDS = 20;

const BACKEND = new URL("./backend.js", import.meta.url);

/** The backends of one run, by their numbers from 1 on. What has ended stays so until somebody restarts it. */
export class Fleet {
  readonly #registry: Registry;
  readonly #differences: ByBackend;
  readonly #note: (text: string) => void;
  readonly #backends: FleetProcess[] = [];
  /** Where each has served; it does so again when it is started again. */
  readonly #addresses: (string | undefined)[] = [];
  #stopping = false;

  /** `note` is told what happens. */
  constructor(registry: Registry, differences: ByBackend, note: (text: string) => void) {
    this.#registry = registry;
    this.#differences = differences;
    this.#note = note;
  }

  get views(): readonly BackendView[] {
    return this.#backends.map(({ pid, state }, index) => ({
      number: index + 1,
      pid,
      address: this.#addresses[index],
      state,
    }));
  }

  /** Resolves when it accepts calls; rejects if it ends before. */
  async add(): Promise<void> {
    if (this.#backends.length < MAX_BACKENDS) await this.#start(this.#backends.length, 0);
    else this.#note(`there are ${MAX_BACKENDS} backends already`);
  }

  kill(number: number): void {
    const backend = this.#find(number);
    if (backend?.state === "ended") this.#note(`backend ${number} has ended already`);
    else backend?.kill();
  }

  /** Pauses it, or lets it go on. */
  pause(number: number): void {
    const backend = this.#find(number);
    if (backend === undefined) return;
    if (backend.state === "paused") {
      backend.resume();
      this.#note(`backend ${number} goes on`);
    } else if (backend.state === "serving") {
      backend.pause();
      this.#note(`backend ${number} is paused`);
    } else this.#note(`backend ${number} does not serve`);
  }

  /** Starts one that has ended again, on its old port. */
  async restart(number: number): Promise<void> {
    const backend = this.#find(number);
    if (backend === undefined) return;
    if (backend.state === "ended") {
      await this.#start(number - 1, portOf(this.#addresses[number - 1]));
    } else this.#note(`backend ${number} has not ended`);
  }

  #find(number: number): FleetProcess | undefined {
    const backend = this.#backends[number - 1];
    if (backend === undefined) this.#note(`there is no backend ${number}`);
    return backend;
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
    const settings: BackendSettings = {
      registry: this.#registry,
      port,
      delayMs: of(delayMs) ?? 0,
      utilization: of(utilization),
      weight: of(weight),
      zone: index === 0 ? CANARY : STABLE,
    };
    const backend = new FleetProcess(name, BACKEND, settings, (line) => this.#note(`${name}: ${line}`));
    this.#backends[index] = backend;
    void backend.ended.then((how) => {
      if (!this.#stopping) this.#note(`${name} (pid ${backend.pid}) has ended: ${how}`);
    });
    await backend.ready;
    this.#addresses[index] = backend.address;
    this.#note(`${name} (pid ${backend.pid}) serves on ${backend.address}`);
  }
}
