/**
 * Everything an application will build, looked up and checked before anything is built: who needs what, in
 * which order, and what is wrong with it.
 */
import type { StartupProblem } from "../rpc/index.js";
import {
  type Binding,
  type BindingRole,
  bindClass,
  bindProvider,
  boundClass,
  type Dependency,
  type Override,
} from "./binding.js";
import { type DerivedClient, deriveClient } from "./clients/derived-client.js";
import type { Class, ConcreteClass } from "./decorator-metadata.js";
import { InjectionReport } from "./injection-report.js";
import { hookNames } from "./lifecycle.js";
import type { ModuleGraph, ModuleRecord } from "./module-graph.js";
import { formatToken, type Provider, suggestToken, type Token, tokenKey } from "./provider.js";
import { createScopes, type Scope } from "./scope.js";

/** An interceptor, guard, filter, resolver or other such class, and the module in whose scope it is built. */
export interface EnhancerReference {
  readonly module: ModuleRecord;
  readonly type: Class;
  /** `provider` if other providers need it. Default: `enhancer`. */
  readonly role?: "provider" | "enhancer";
}

export class InjectionPlan {
  readonly scopes: ReadonlyMap<ModuleRecord, Scope>;
  /** Every binding once, after those it needs. */
  readonly order: Binding[] = [];
  readonly #others = new Map<ModuleRecord, Map<Class, Binding>>();
  readonly #moduleBindings = new Map<ModuleRecord, Binding>();
  readonly #overrides: Map<ReturnType<typeof tokenKey>, Override>;
  readonly #unusedOverrides: Map<ReturnType<typeof tokenKey>, Token>;

  constructor(
    private readonly graph: ModuleGraph,
    overrides: ReadonlyMap<Token, Override>,
    enhancers: readonly EnhancerReference[],
    problems: StartupProblem[],
    /** Providers beside those that modules list. */
    private readonly added: ReadonlyMap<ModuleRecord, readonly Provider[]> = new Map(),
  ) {
    this.#overrides = new Map([...overrides].map(([token, override]) => [tokenKey(token), override]));
    this.#unusedOverrides = new Map([...overrides.keys()].map((token) => [tokenKey(token), token]));
    this.scopes = createScopes(graph);
    const report = new InjectionReport(this.scopes, problems);
    const bindings = this.#bindModules(report, problems);
    for (const { module, type, role = "enhancer" } of enhancers) {
      const binding = this.findClass(module, type) ?? this.#bindOther(module, type, role);
      if (!bindings.includes(binding)) bindings.push(binding);
    }
    this.#reportUnusedOverrides(problems);
    this.#complete(bindings, report);
  }

  /** The binding of a class that is built in a module: the module's provider, or one of its own. */
  findClass(module: ModuleRecord, type: Class): Binding | undefined {
    return this.#others.get(module)?.get(type) ?? this.scopes.get(module)?.find(type);
  }

  /** Adds an interceptor, guard, filter or constraint that was not known at first. Returns what is to be built now. */
  addEnhancer(module: ModuleRecord, type: Class, problems: StartupProblem[]): readonly Binding[] {
    const known = this.order.length;
    this.#complete([this.#bindOther(module, type, "enhancer")], new InjectionReport(this.scopes, problems));
    return this.order.slice(known);
  }

  /** The binding of a token as the root module sees it, or else wherever it is. */
  findAnywhere(token: Token): Binding | undefined {
    const seen = this.scopes.get(this.graph.root)?.find(token);
    if (seen !== undefined) return seen;
    const key = tokenKey(token);
    for (const scope of this.scopes.values()) {
      const binding = scope.own.get(key) ?? this.#others.get(scope.module)?.get(token as Class);
      if (binding !== undefined) return binding;
    }
    return undefined;
  }

  /** ` Did you mean "…"?`, or an empty text. */
  suggest(token: Token): string {
    const known = [...this.scopes.values()].flatMap((scope) => [...scope.own.values()]);
    return suggestToken(token, known);
  }

  /** Modules in the order their hooks run: after those they import and those whose providers they use. */
  modulesInOrder(): ModuleRecord[] {
    const used = new Map<ModuleRecord, Set<ModuleRecord>>();
    for (const module of this.graph.modules) used.set(module, new Set(module.imports));
    for (const binding of this.order) {
      for (const { target } of binding.dependencies) {
        if (target !== undefined) used.get(binding.module)?.add(target.module);
      }
    }
    const visited = new Set<ModuleRecord>();
    const ordered: ModuleRecord[] = [];
    const visit = (module: ModuleRecord) => {
      if (visited.has(module)) return;
      visited.add(module);
      for (const other of used.get(module) ?? []) visit(other);
      ordered.push(module);
    };
    for (const module of this.graph.modules) visit(module);
    return ordered;
  }

  moduleBinding(module: ModuleRecord): Binding | undefined {
    return this.#moduleBindings.get(module);
  }

  #bindModules(report: InjectionReport, problems: StartupProblem[]): Binding[] {
    const bindings: Binding[] = [];
    for (const module of this.graph.modules) {
      const scope = this.scopes.get(module)!;
      const providers = [...(module.options.providers ?? []), ...(this.added.get(module) ?? [])];
      for (const [index, provider] of providers.entries()) {
        if (provider === undefined || provider === null) {
          report.notAProvider(module, index);
          continue;
        }
        const token = typeof provider === "function" ? provider : provider.provide;
        if (token === undefined) {
          report.notAProvider(module, index);
          continue;
        }
        // The last provider of a token wins.
        scope.own.set(tokenKey(token), bindProvider(module, provider, this.#takeOverride(token)));
      }
      scope.export(problems);
      bindings.push(...scope.own.values());
      for (const type of module.controllers) {
        // What is no class at all is reported where controllers are read.
        if (typeof type !== "function" || scope.own.has(type)) continue;
        bindings.push(this.#bindOther(module, type, "controller"));
      }
      const binding = bindClass(module, module.type, module.type, "module");
      this.#moduleBindings.set(module, binding);
      bindings.push(binding);
    }
    return bindings;
  }

  #bindOther(module: ModuleRecord, type: Class, role: Exclude<BindingRole, "module">): Binding {
    const known = this.#others.get(module)?.get(type);
    if (known !== undefined) return known;
    const override = this.#takeOverride(type);
    const binding =
      override === undefined
        ? bindClass(module, type, type as ConcreteClass, role)
        : bindProvider(module, type as ConcreteClass, override);
    const others = this.#others.get(module) ?? new Map<Class, Binding>();
    this.#others.set(module, others.set(type, binding));
    return binding;
  }

  #takeOverride(token: Token): Override | undefined {
    this.#unusedOverrides.delete(tokenKey(token));
    return this.#overrides.get(tokenKey(token));
  }

  #reportUnusedOverrides(problems: StartupProblem[]): void {
    for (const token of this.#unusedOverrides.values()) {
      problems.push({
        code: "UNKNOWN_PROVIDER",
        message: `override of ${formatToken(token)} replaces nothing: no module provides it.${this.suggest(token)}`,
      });
    }
  }

  /** Looks the dependencies of new bindings up, puts them in order, and reports what is wrong. */
  #complete(known: readonly Binding[], report: InjectionReport): void {
    const bindings = [...known];
    // It grows while it is walked.
    for (const binding of bindings) {
      for (const dependency of binding.dependencies) {
        dependency.target = this.#find(binding, dependency);
        const derived = deriveClient(binding, dependency);
        if (derived !== undefined) bindings.push(...this.#bindDerived(derived, dependency, bindings));
      }
    }
    for (const binding of bindings) {
      for (const fault of binding.faults) report.notInjectable(binding, fault);
      for (const dependency of binding.dependencies) {
        if (dependency.target === undefined && !dependency.optional) {
          report.unknownProvider(binding, dependency, bindings);
        }
      }
    }
    for (const binding of this.#sort(bindings, report)) {
      this.#checkLifetime(binding, report);
      this.order.push(binding);
    }
  }

  #find(binding: Binding, { token, module }: Dependency): Binding | undefined {
    return module === undefined
      ? this.scopes.get(binding.module)!.find(token)
      : this.findClass(module, token as Class);
  }

  /** What stands in for a client, and the interceptor classes that it needs and that are new. */
  #bindDerived(derived: DerivedClient, dependency: Dependency, known: readonly Binding[]): Binding[] {
    const { module, provider, interceptors } = derived;
    dependency.target = bindProvider(module, provider, undefined);
    const needed = interceptors.map(
      (type) => this.findClass(module, type) ?? this.#bindOther(module, type, "provider"),
    );
    const isNew = (binding: Binding) => !known.includes(binding) && !this.order.includes(binding);
    return [dependency.target, ...needed.filter(isNew)];
  }

  #sort(bindings: readonly Binding[], report: InjectionReport): Binding[] {
    const done = new Set<Binding>(this.order);
    const sorted: Binding[] = [];
    const path: Binding[] = [];
    const visit = (binding: Binding) => {
      if (done.has(binding)) return;
      const start = path.indexOf(binding);
      if (start >= 0) {
        report.cyclicProviders([...path.slice(start), binding]);
        return;
      }
      path.push(binding);
      for (const { target, perCall } of binding.dependencies) {
        if (target !== undefined && !perCall) visit(target);
      }
      path.pop();
      done.add(binding);
      sorted.push(binding);
    };
    for (const binding of bindings) visit(binding);
    return sorted;
  }

  #checkLifetime(binding: Binding, report: InjectionReport): void {
    const { recipe, lifetime, role } = binding;
    if (binding.dependencies.some(({ target, perCall }) => !perCall && target?.needsCall === true)) {
      const shared = lifetime === "singleton" && (role === "provider" || role === "module");
      if (shared) report.wrongLifetime(binding);
      else binding.needsCall = true;
    }
    if (lifetime === "singleton" && !binding.needsCall) return;
    if (recipe.kind === "factory" && recipe.create.constructor.name === "AsyncFunction") {
      report.asyncFactory(binding);
    }
    const type = boundClass(binding);
    const hooks = hookNames.filter((name) => name in (type?.prototype ?? {}));
    if (hooks.length > 0) report.hooksWithoutSingleton(binding, hooks);
  }
}
