/**
 * Hooks that run when the application starts and stops. Any singleton may have them: a provider, a controller,
 * a guard, a module class. Starting goes in dependency order (imported modules first; in a module, providers
 * before those that use them, then controllers, then the module class), stopping exactly the other way round.
 */
import { StartupError, type StartupProblem } from "../rpc/index.js";

/** When all providers are built. */
export interface OnModuleInit {
  onModuleInit(): void | Promise<void>;
}

/** When every `onModuleInit` has ended; the application listens next. */
export interface OnApplicationBootstrap {
  onApplicationBootstrap(): void | Promise<void>;
}

/** When open calls have ended and connections are closed: gives back what calls needed. */
export interface OnModuleDestroy {
  onModuleDestroy(): void | Promise<void>;
}

/** First when stopping, by `app.close()` or a signal, while calls are still served. */
export interface BeforeApplicationShutdown {
  beforeApplicationShutdown(signal?: string): void | Promise<void>;
}

/** Last, when every `onModuleDestroy` has ended. */
export interface OnApplicationShutdown {
  onApplicationShutdown(signal?: string): void | Promise<void>;
}

type StartHook = "onModuleInit" | "onApplicationBootstrap";
type StopHook = "onModuleDestroy" | "beforeApplicationShutdown" | "onApplicationShutdown";

export const hookNames: readonly (StartHook | StopHook)[] = [
  "onModuleInit",
  "onApplicationBootstrap",
  "beforeApplicationShutdown",
  "onModuleDestroy",
  "onApplicationShutdown",
];

/** A singleton whose hooks run. */
export interface LifecycleParticipant {
  /** For messages: `CityIndex (AtlasModule)`. */
  readonly name: string;
  readonly instance: object;
}

/** A hook that threw while the application stopped. */
export interface HookFailure {
  readonly participant: string;
  readonly hook: string;
  readonly error: unknown;
}

/** Runs the hooks of one application, one after the other. */
export class Lifecycle {
  #starting: Promise<void> | undefined;
  #started: readonly LifecycleParticipant[] = [];
  #stopped: Promise<readonly HookFailure[]> | undefined;

  /** Throws a {@link StartupError} at the first hook that throws, when what was started has been stopped again. */
  start(participants: readonly LifecycleParticipant[]): Promise<void> {
    this.#starting = this.#start(participants);
    return this.#starting;
  }

  async #start(participants: readonly LifecycleParticipant[]): Promise<void> {
    for (const [index, participant] of participants.entries()) {
      await this.#runStart("onModuleInit", participant);
      this.#started = participants.slice(0, index + 1);
    }
    for (const participant of participants) await this.#runStart("onApplicationBootstrap", participant);
  }

  /**
   * Runs all hooks of what was started in reverse, with `close` (open calls end, then connections) behind the first kind. A hook that throws stops no
   * other; what was thrown is returned. Waits for a start that is under way. Stops once: further calls get the
   * same answer.
   */
  stop(signal?: string, close?: () => void | Promise<void>): Promise<readonly HookFailure[]> {
    this.#stopped ??= this.#stopOnce(signal, close);
    return this.#stopped;
  }

  async #stopOnce(signal?: string, close?: () => void | Promise<void>): Promise<readonly HookFailure[]> {
    // Who asked for the start hears of its failure; here it only means that nothing is left to stop.
    await this.#starting?.catch(() => {});
    return this.#runAllStops(signal, close);
  }

  async #runAllStops(signal?: string, close?: () => void | Promise<void>): Promise<readonly HookFailure[]> {
    const failures: HookFailure[] = [];
    await this.#runStop("beforeApplicationShutdown", failures, signal);
    try {
      await close?.();
    } finally {
      // Nest runs this hook first, and thereby takes providers away from calls that are still open.
      await this.#runStop("onModuleDestroy", failures);
      await this.#runStop("onApplicationShutdown", failures, signal);
      this.#started = [];
    }
    return failures;
  }

  async #runStart(hook: StartHook, participant: LifecycleParticipant): Promise<void> {
    try {
      await callHook(hook, participant.instance);
    } catch (error) {
      const failures = await this.#runAllStops();
      const toProblem = (failure: HookFailure): StartupProblem => ({
        code: "HOOK_FAILED",
        message: formatFailure(failure),
      });
      // It may say in its own words what is wrong.
      const own =
        error instanceof StartupError
          ? error.problems
          : [toProblem({ participant: participant.name, hook, error })];
      throw new StartupError([...own, ...failures.map(toProblem)], { cause: error });
    }
  }

  async #runStop(hook: StopHook, failures: HookFailure[], signal?: string): Promise<void> {
    for (const { name, instance } of [...this.#started].reverse()) {
      try {
        await callHook(hook, instance, signal);
      } catch (error) {
        failures.push({ participant: name, hook, error });
      }
    }
  }
}

async function callHook(hook: StartHook | StopHook, instance: object, signal?: string): Promise<void> {
  // Asked for by name first: a proxy that answers to any name, as remote clients and mocks are, has no hooks.
  const method: unknown = hook in instance ? (instance as Record<string, unknown>)[hook] : undefined;
  if (typeof method === "function") await method.call(instance, signal);
}

/** A failed hook as logs and start-up errors tell it. */
export function formatFailure({ participant, hook, error }: HookFailure): string {
  return `${hook} of ${participant} threw: ${String(error)}`;
}
