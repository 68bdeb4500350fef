import type { ControlPlaneSettings, Wish } from "./control-plane/main.js";
import { FleetProcess, type ProcessView, portOf } from "./fleet-process.js";
import type { Registry } from "./registry.js";

const MAIN = new URL("./control-plane/main.js", import.meta.url);

/** The lookup server and the balancer, one process of the run. What has ended stays so until somebody restarts it. */
export class ControlPlane {
  readonly #registry: Registry;
  readonly #note: (text: string) => void;
  #process: FleetProcess | undefined;
  #address: string | undefined;
  #wish: Wish = {};
  #stopping = false;

  /** `note` is told what happens. */
  constructor(registry: Registry, note: (text: string) => void) {
    this.#registry = registry;
    this.#note = note;
  }

  get view(): ProcessView | undefined {
    if (this.#process === undefined) return undefined;
    const { pid, state } = this.#process;
    return { pid, state, address: this.#address };
  }

  /** It stays the same when the process ends. */
  get address(): string | undefined {
    return this.#address;
  }

  get favourite(): string | undefined {
    return this.#wish.favourite;
  }

  /** Resolves when it answers; rejects if it ends before. Started again, it has its old port, and its favourite. */
  async start(): Promise<void> {
    if (this.#stopping) return;
    const settings: ControlPlaneSettings = {
      registry: this.#registry,
      port: portOf(this.#address),
      ...this.#wish,
    };
    const process = new FleetProcess("the control plane", MAIN, settings, (line) =>
      this.#note(`control plane: ${line}`),
    );
    this.#process = process;
    void process.ended.then((how) => {
      if (!this.#stopping) this.#note(`the control plane (pid ${process.pid}) has ended: ${how}`);
    });
    await process.ready;
    this.#address = process.address;
  }

  /** Tells where it serves. */
  announce(): void {
    this.#note(`the control plane (pid ${this.#process?.pid}) serves on ${this.#address}`);
  }

  /** Kills it, or starts it again, and tells of it. */
  async toggle(): Promise<void> {
    if (this.#process?.state === "ended") {
      await this.start();
      this.announce();
    } else this.#process?.kill();
  }

  /** Whether it is one now; whoever was is so no more. */
  favour(address: string): boolean {
    this.#wish = this.#wish.favourite === address ? {} : { favourite: address };
    this.#process?.send({ ...this.#wish });
    return this.#wish.favourite !== undefined;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#process?.stop();
  }

  /** At once, without waiting. */
  kill(): void {
    this.#stopping = true;
    this.#process?.kill();
  }
}
