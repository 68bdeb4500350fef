/**
 * Builds an application's instances and keeps them. The one door to tsyringe: each module has a container of its
 * own that knows that module's instances.
 *
 * Rules that keep applications apart: tsyringe's containers descend from a global one, to which a lookup of an
 * unknown token falls back (and leaves an entry there). So only tokens that a container itself knows are ever
 * resolved here, nothing is registered above, and visibility between modules is decided by {@link Scope}. What
 * lives per call does not come from tsyringe, whose lookup would cost each call; see `supplier.ts`.
 */
// tsyringe refuses to load before reflect-metadata.
import "./decorator-metadata.js";

import {
  type InjectionToken as ContainerKey,
  type DependencyContainer,
  container as globalContainer,
} from "tsyringe";
import { type CallContext, currentCall, StartupError, type StartupProblem } from "../rpc/index.js";
import { type Binding, formatBinding, type Override } from "./binding.js";
import type { Class } from "./decorator-metadata.js";
import { type EnhancerReference, InjectionPlan } from "./injection-plan.js";
import { type HookFailure, Lifecycle, type LifecycleParticipant } from "./lifecycle.js";
import type { ModuleGraph, ModuleRecord } from "./module-graph.js";
import { formatToken, type Provider, type Token, tokenKey } from "./provider.js";
import { compileRecipe, SupplierCompiler } from "./supplier.js";

/** A controller, or something around it, as the application layer uses it. */
export interface InstanceHandle {
  /** Whether each call has its own instance; if not, ask once and keep what you get. */
  readonly perCall: boolean;
  /** The instance; one that lives per call is that of the given, or else the current, call. */
  get(call?: CallContext): object;
}

export interface ContainerOptions {
  /** Replace providers, wherever they are declared. */
  readonly overrides?: ReadonlyMap<Token, Override>;
  /** Classes for {@link AppContainer.resolveIn}, so that they are checked with everything else. */
  readonly enhancers?: readonly EnhancerReference[];
  /** Providers beside those that modules list, by module. */
  readonly providers?: ReadonlyMap<ModuleRecord, readonly Provider[]>;
  /** What is already known to be wrong: reported together with what is found here. */
  readonly problems?: readonly StartupProblem[];
}

export interface AppContainer {
  /** What a module sees under a token; without a module, what the root module sees or any module provides. */
  get<T>(token: Token<T>, module?: ModuleRecord): T;
  controller(module: ModuleRecord, type: Class): InstanceHandle;
  /** An interceptor, guard, filter or constraint: the module's provider, or else built in its scope. */
  resolveIn(module: ModuleRecord, type: Class): InstanceHandle;
  /** Runs the start hooks. */
  start(): Promise<void>;
  /** Runs the stop hooks, with `close` in between; see {@link Lifecycle.stop}. */
  stop(signal?: string, close?: () => void | Promise<void>): Promise<readonly HookFailure[]>;
}

/** Checks the whole plan, then builds all singletons. Throws one {@link StartupError} with all that is wrong. */
export async function createContainer(
  graph: ModuleGraph,
  options: ContainerOptions = {},
): Promise<AppContainer> {
  const problems = [...(options.problems ?? [])];
  const plan = new InjectionPlan(
    graph,
    options.overrides ?? new Map(),
    options.enhancers ?? [],
    problems,
    options.providers,
  );
  if (problems.length > 0) throw new StartupError(problems);
  const container = new TsyringeContainer(plan);
  await container.build();
  return container;
}

class TsyringeContainer implements AppContainer {
  readonly #containers = new Map<ModuleRecord, DependencyContainer>();
  readonly #suppliers = new SupplierCompiler((binding) => this.#resolve(binding));
  readonly #lifecycle = new Lifecycle();

  constructor(private readonly plan: InjectionPlan) {
    for (const module of plan.scopes.keys()) {
      this.#containers.set(module, globalContainer.createChildContainer());
    }
  }

  /** Builds everything in order; what waits for an asynchronous factory does not hold the rest up. */
  async build(): Promise<void> {
    const pending = new Map<Binding, Promise<void>>();
    const failures = new Map<Binding, { error: unknown } | undefined>();
    const build = (binding: Binding): void | Promise<void> => {
      const broken = binding.dependencies.some(({ target }) => target !== undefined && failures.has(target));
      if (broken) {
        failures.set(binding, undefined);
        return;
      }
      try {
        return this.#register(binding)?.catch((error) => void failures.set(binding, { error }));
      } catch (error) {
        failures.set(binding, { error });
      }
    };
    for (const binding of this.plan.order) {
      const awaited = binding.dependencies.flatMap(({ target, perCall }) =>
        target === undefined || perCall ? [] : (pending.get(target) ?? []),
      );
      const built = awaited.length === 0 ? build(binding) : Promise.all(awaited).then(() => build(binding));
      if (built !== undefined) pending.set(binding, built);
    }
    await Promise.all(pending.values());
    throwFailures(failures);
  }

  get<T>(token: Token<T>, module?: ModuleRecord): T {
    const binding =
      module === undefined ? this.plan.findAnywhere(token) : this.plan.scopes.get(module)?.find(token);
    if (binding === undefined) {
      const place = module === undefined ? "no module provides" : `${module.id} does not see`;
      throw new Error(`${place} ${formatToken(token)}.${this.plan.suggest(token)}`);
    }
    return this.#resolve(binding) as T;
  }

  controller(module: ModuleRecord, type: Class): InstanceHandle {
    return this.#handle(this.plan.findClass(module, type)!);
  }

  resolveIn(module: ModuleRecord, type: Class): InstanceHandle {
    const known = this.plan.findClass(module, type);
    if (known !== undefined) return this.#handle(known);
    const problems: StartupProblem[] = [];
    const bindings = this.plan.addEnhancer(module, type, problems);
    if (problems.length > 0) throw new StartupError(problems);
    for (const binding of bindings) this.#register(binding);
    return this.#handle(this.plan.findClass(module, type)!);
  }

  start(): Promise<void> {
    return this.#lifecycle.start(this.#participants());
  }

  stop(signal?: string, close?: () => void | Promise<void>): Promise<readonly HookFailure[]> {
    return this.#lifecycle.stop(signal, close);
  }

  #handle(binding: Binding): InstanceHandle {
    if (!binding.needsCall) {
      const instance = this.#resolve(binding) as object;
      return { perCall: false, get: () => instance };
    }
    const supplier = this.#suppliers.supplier(binding);
    return { perCall: true, get: (call = currentCall()) => supplier(call) as object };
  }

  #resolve(binding: Binding): unknown {
    return this.#containers.get(binding.module)!.resolve(containerKey(binding));
  }

  /** Makes a binding known to its module's container; a singleton is built now. */
  #register(binding: Binding): Promise<void> | undefined {
    if (binding.needsCall) {
      this.#put(binding, () => this.#suppliers.supplier(binding)(currentCall()));
      return undefined;
    }
    if (binding.lifetime !== "singleton") {
      this.#put(binding, () => (this.#suppliers.supplier(binding) as () => unknown)());
      return undefined;
    }
    const suppliers = this.#suppliers.arguments(binding.dependencies);
    const made = (compileRecipe(binding, suppliers) as () => unknown)();
    if (binding.recipe.kind === "factory" && made instanceof Promise) {
      return made.then((instance) => this.#put(binding, () => instance));
    }
    this.#put(binding, () => made);
    return undefined;
  }

  #put(binding: Binding, create: () => unknown): void {
    // Always as a factory: tsyringe takes a provider with the value null or undefined for none at all.
    this.#containers.get(binding.module)!.register(containerKey(binding), { useFactory: create });
  }

  #participants(): LifecycleParticipant[] {
    const participants = new Map<object, LifecycleParticipant>();
    const roles = ["provider", "controller", "enhancer", "module"] as const;
    for (const module of this.plan.modulesInOrder()) {
      for (const role of roles) {
        for (const binding of this.plan.order) {
          if (binding.module !== module || binding.role !== role) continue;
          if (binding.lifetime !== "singleton" || binding.needsCall) continue;
          const instance = this.#resolve(binding);
          const isObject =
            (typeof instance === "object" && instance !== null) || typeof instance === "function";
          // The same object under two tokens has its hooks run once.
          if (!isObject || participants.has(instance)) continue;
          participants.set(instance, { name: formatBinding(binding), instance });
        }
      }
    }
    return [...participants.values()];
  }
}

const MODULE_INSTANCE = Symbol("module instance");

/** A module class may also be one of its own providers; two instances need two keys. */
function containerKey(binding: Binding): ContainerKey<unknown> {
  return binding.role === "module" ? MODULE_INSTANCE : (tokenKey(binding.token) as ContainerKey<unknown>);
}

function throwFailures(failures: ReadonlyMap<Binding, { error: unknown } | undefined>): void {
  const thrown = [...failures].filter(([, failure]) => failure !== undefined);
  if (thrown.length === 0) return;
  const problems = thrown.flatMap(([binding, failure]) => {
    // It says in its own words what is wrong with what it was to make.
    if (failure?.error instanceof StartupError) return failure.error.problems;
    const how = binding.recipe.kind === "factory" ? "its factory" : "its constructor";
    return {
      code: "PROVIDER_FAILED" as const,
      message: `${formatBinding(binding)} could not be built: ${how} threw ${String(failure?.error)}`,
    };
  });
  throw new StartupError(problems, { cause: thrown[0]![1]?.error });
}
