/** What one module sees: its own providers, what imported modules export, and what global modules export. */
import type { StartupProblem } from "../rpc/index.js";
import type { Binding } from "./binding.js";
import { isModuleRecord, type ModuleGraph, type ModuleRecord } from "./module-graph.js";
import { formatToken, type Token, tokenKey } from "./provider.js";

type BindingMap = Map<ReturnType<typeof tokenKey>, Binding>;

export class Scope {
  readonly own: BindingMap = new Map();
  readonly exported: BindingMap = new Map();
  readonly #imports: readonly Scope[];
  readonly #globals: readonly Scope[];

  constructor(
    readonly module: ModuleRecord,
    imports: readonly Scope[],
    globals: readonly Scope[],
  ) {
    this.#imports = imports;
    this.#globals = globals;
  }

  /** The binding of a token as this module sees it; the nearest wins. */
  find(token: Token): Binding | undefined {
    const key = tokenKey(token);
    return this.own.get(key) ?? findExported(this.#imports, key) ?? findExported(this.#globals, key);
  }

  /** Every binding this module sees. */
  visible(): Set<Binding> {
    const bindings = new Set(this.own.values());
    for (const scope of [...this.#imports, ...this.#globals]) {
      for (const binding of scope.exported.values()) bindings.add(binding);
    }
    return bindings;
  }

  imports(scope: Scope): boolean {
    return this.#imports.includes(scope);
  }

  /** Fills {@link exported}; the imported scopes have theirs already. */
  export(problems: StartupProblem[]): void {
    for (const entry of this.module.exports) {
      if (isModuleRecord(entry)) {
        const reexported = this.#imports.find((scope) => scope.module === entry);
        for (const [key, binding] of reexported?.exported ?? []) this.#addExport(key, binding);
        continue;
      }
      const key = tokenKey(entry);
      const binding = this.own.get(key) ?? findExported(this.#imports, key);
      if (binding !== undefined) this.#addExport(key, binding);
      else if (this.module.complete) {
        problems.push({ code: "NOT_EXPORTABLE", message: this.#explain(entry) });
      }
    }
  }

  #addExport(key: ReturnType<typeof tokenKey>, binding: Binding): void {
    if (!this.exported.has(key)) this.exported.set(key, binding);
  }

  #explain(token: Token): string {
    const { id } = this.module;
    const name = formatToken(token);
    const keeper = this.#imports.find((scope) => scope.own.has(tokenKey(token)));
    const advice =
      keeper === undefined
        ? `Add ${name} to its providers, or import the module that exports it.`
        : `${keeper.module.id}, which it imports, provides ${name} but does not export it.`;
    return `${id} exports ${name}, but neither provides nor imports it.\n${advice}`;
  }
}

function findExported(scopes: readonly Scope[], key: ReturnType<typeof tokenKey>): Binding | undefined {
  for (const scope of scopes) {
    const binding = scope.exported.get(key);
    if (binding !== undefined) return binding;
  }
  return undefined;
}

/** A scope for each module, still without bindings. */
export function createScopes(graph: ModuleGraph): Map<ModuleRecord, Scope> {
  const scopes = new Map<ModuleRecord, Scope>();
  const globals: Scope[] = [];
  for (const module of graph.modules) {
    const imports = module.imports.flatMap((imported) => scopes.get(imported) ?? []);
    const scope = new Scope(module, imports, globals);
    scopes.set(module, scope);
    if (module.global) globals.push(scope);
  }
  return scopes;
}
