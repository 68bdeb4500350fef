import { type Clock, StartupError, type StartupProblem, systemClock } from "../rpc/index.js";
import type { ServerCall } from "./call.js";
import { Endpoint, type Service } from "./endpoint.js";
import type { Listener } from "./listener.js";

export interface GrpcServerOptions extends Service {
  readonly listeners: readonly Listener[];
  readonly clock?: Clock;
}

/** A listener that accepts calls. */
export interface BoundListener {
  readonly listener: Listener;
  /** `127.0.0.1:50051` or `unix:/run/atlas.sock`. */
  readonly address: string;
  /** The port that was taken; undefined for Unix sockets. */
  readonly port: number | undefined;
}

/** How a drain went. */
export interface DrainReport {
  /** Calls that were open when it started. */
  readonly open: number;
  /** Those of them that ended by themselves. */
  readonly ended: number;
  /** Those that had to be cut when the time was over. */
  readonly cut: readonly CutCall[];
  readonly durationMs: number;
}

export interface CutCall {
  readonly path: string;
  readonly peer: string;
  readonly ageMs: number;
}

/** How long a peer may take to read the last statuses when the server closes. */
const CLOSE_LIMIT_MS = 500;

/** Serves methods on listeners, and stops gently. */
export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #clock: Clock;
  #endpoints: Endpoint[] = [];

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get listeners(): readonly BoundListener[] {
    return this.#endpoints.map(({ listener, address, port }) => ({ listener, address, port }));
  }

  /** Binds all listeners, or none: throws one {@link StartupError} with every one that cannot be. */
  async listen(): Promise<readonly BoundListener[]> {
    const problems: StartupProblem[] = [];
    const collect = (error: unknown): void => {
      if (!(error instanceof StartupError)) throw error;
      problems.push(...error.problems);
    };
    const endpoints: Endpoint[] = [];
    for (const listener of this.#options.listeners) {
      try {
        endpoints.push(new Endpoint(listener, this.#options));
      } catch (error) {
        collect(error);
      }
    }
    for (const endpoint of endpoints) await endpoint.listen().catch(collect);
    if (problems.length > 0) {
      for (const endpoint of endpoints) endpoint.close();
      throw new StartupError(problems);
    }
    this.#endpoints = endpoints;
    return this.listeners;
  }

  /** Stops accepting, lets open calls end within a time limit in milliseconds, then cuts them. */
  async drain(limitMs: number): Promise<DrainReport> {
    const startedAt = performance.now();
    const open = this.#openCalls().length;
    for (const endpoint of this.#endpoints) endpoint.drain();
    if (open > 0) await this.#untilIdle(limitMs);
    const left = this.#openCalls();
    const cut = left.map((call) => ({
      path: call.method.path,
      peer: call.peer.address,
      ageMs: Math.round(performance.now() - call.startedAt),
    }));
    for (const call of left) call.cut();
    await this.#untilClosed(CLOSE_LIMIT_MS);
    for (const endpoint of this.#endpoints) endpoint.close();
    this.#endpoints = [];
    return { open, ended: open - cut.length, cut, durationMs: Math.round(performance.now() - startedAt) };
  }

  /** The last statuses are on their way; connections close behind them, if their peers read. */
  async #untilClosed(limitMs: number): Promise<void> {
    let timer: unknown;
    const closed = this.#endpoints.map(
      (endpoint) => new Promise<void>((resolve) => endpoint.whenClosed(resolve)),
    );
    const limit = new Promise<void>((resolve) => {
      timer = this.#clock.setTimeout(resolve, limitMs);
    });
    await Promise.race([Promise.all(closed), limit]);
    this.#clock.clearTimeout(timer);
  }

  #openCalls(): ServerCall[] {
    return this.#endpoints.flatMap((endpoint) => [...endpoint.calls]);
  }

  #untilIdle(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#clock.clearTimeout(timer);
        for (const endpoint of this.#endpoints) endpoint.onIdle = undefined;
        resolve();
      };
      const timer = this.#clock.setTimeout(finish, limitMs);
      const check = (): void => {
        if (this.#openCalls().length === 0) finish();
      };
      for (const endpoint of this.#endpoints) endpoint.onIdle = check;
      check();
    });
  }
}
