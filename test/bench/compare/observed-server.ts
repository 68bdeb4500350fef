/** The programs of `servers/`, each in a process of its own. */
import { ProgramProcess } from "../program-process.js";
import type { Observations } from "./servers/control.js";

const answerLimitMs = 3_000;

export class ObservedServer {
  readonly port: number;
  readonly #program: ProgramProcess;

  private constructor(program: ProgramProcess) {
    this.#program = program;
    this.port = program.port;
  }

  static async start(name: string, service: "probe" | "half" = "probe"): Promise<ObservedServer> {
    const program = new URL(`./servers/${name}.js`, import.meta.url);
    return new ObservedServer(await ProgramProcess.start(program, [service]));
  }

  observe(): Promise<Observations> {
    return this.#program.ask<Observations>("observe", answerLimitMs);
  }

  stop(): void {
    this.#program.stop();
  }
}
