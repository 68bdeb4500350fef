import { StartupError, type StartupProblem } from "../rpc/index.js";
import type { BoundListener } from "../server/index.js";
import type { AppContainer } from "./container.js";
import type { EnhancerReference } from "./injection-plan.js";
import type { HookFailure } from "./lifecycle.js";
import type { ModuleGraph } from "./module-graph.js";
import { formatToken } from "./provider.js";
import type { Registrar, RegistrarEntry } from "./registrar.js";

interface PlacedRegistrar {
  /** For messages: `EtcdRegistrar (EtcdModule)`. */
  readonly name: string;
  readonly entry: RegistrarEntry;
  /** If it is a class. */
  readonly reference: EnhancerReference | undefined;
}

/** The registrars of one application, from the first registration to the last. */
export class Registrations {
  readonly #placed: readonly PlacedRegistrar[];
  readonly #registered: { readonly name: string; readonly registrar: Registrar }[] = [];

  constructor(graph: ModuleGraph, problems: StartupProblem[]) {
    this.#placed = graph.modules.flatMap((module) =>
      (module.options.registrars ?? []).flatMap((entry: RegistrarEntry | undefined, index) => {
        const wrong = explainEntry(entry);
        if (entry === undefined || wrong !== undefined) {
          const message = `registrars[${index}] of ${module.id} is ${wrong}`;
          problems.push({ code: "NOT_A_REGISTRAR", message });
          return [];
        }
        const type = typeof entry === "function" ? entry : undefined;
        const name = `${formatToken(type ?? entry.constructor)} (${module.id})`;
        return [{ name, entry, reference: type && ({ module, type, role: "provider" } as const) }];
      }),
    );
  }

  /** The classes that the container has to build. */
  get references(): EnhancerReference[] {
    return this.#placed.flatMap(({ reference }) => reference ?? []);
  }

  /** Registers, one after the other. Throws a {@link StartupError} at the first that is refused. */
  async register(container: AppContainer, listeners: readonly BoundListener[]): Promise<void> {
    for (const { name, entry, reference } of this.#placed) {
      const registrar = (
        reference === undefined ? entry : container.resolveIn(reference.module, reference.type).get()
      ) as Registrar;
      this.#registered.push({ name, registrar });
      try {
        await registrar.register(listeners);
      } catch (error) {
        throw StartupError.of("REGISTRATION_FAILED", `${name} could not register: ${String(error)}`, {
          cause: error,
        });
      }
    }
  }

  /** Takes everything back, all at once. What is thrown stops no other, and is returned. */
  async deregister(): Promise<HookFailure[]> {
    const failures: HookFailure[] = [];
    await Promise.all(
      this.#registered.splice(0).map(async ({ name, registrar }) => {
        try {
          await registrar.deregister();
        } catch (error) {
          failures.push({ participant: name, hook: "deregister", error });
        }
      }),
    );
    return failures;
  }
}

/** What is wrong with an entry, in words. */
function explainEntry(entry: RegistrarEntry | undefined): string | undefined {
  if (entry === undefined || entry === null) {
    return "undefined.\nDo the file that declares it and that of the module import each other in a circle?";
  }
  const methods = typeof entry === "function" ? (entry.prototype as Registrar) : entry;
  if (typeof methods.register === "function" && typeof methods.deregister === "function") return undefined;
  const what = typeof entry === "function" ? `${formatToken(entry)}, a class` : "an object";
  return `${what} without register and deregister.\nImplement Registrar.`;
}
