/** What can be wrong with an injection plan, in words: what, where, and what to do. */
import type { StartupCode, StartupProblem } from "../rpc/index.js";
import { type Binding, type Dependency, formatBinding } from "./binding.js";
import { type ClientToken, isClientToken } from "./clients/declaration.js";
import type { ModuleRecord } from "./module-graph.js";
import { formatToken, suggestToken, tokenKey } from "./provider.js";
import type { Scope } from "./scope.js";

export class InjectionReport {
  constructor(
    private readonly scopes: ReadonlyMap<ModuleRecord, Scope>,
    private readonly problems: StartupProblem[],
  ) {}

  notAProvider(module: ModuleRecord, index: number): void {
    this.#add(
      "NOT_INJECTABLE",
      `providers[${index}] of ${module.id} is undefined, or has an undefined token.`,
      "Do the file that declares it and that of the module import each other in a circle?",
    );
  }

  notInjectable(binding: Binding, fault: string): void {
    this.#add("NOT_INJECTABLE", `${formatBinding(binding)} cannot be built: ${fault}`);
  }

  unknownProvider(binding: Binding, dependency: Dependency, bindings: readonly Binding[]): void {
    if (!binding.module.complete) return;
    const name = formatToken(dependency.token);
    const chain = needed(binding, bindings).map(([user, need]) => formatNeed(user, need));
    chain.push(formatNeed(binding, dependency));
    this.#add(
      "UNKNOWN_PROVIDER",
      `nothing provides ${name} in ${binding.module.id}.`,
      ...nested([...chain, this.#adviseOn(binding.module, dependency)]),
    );
  }

  cyclicProviders(path: readonly Binding[]): void {
    const inOneModule = path.every((binding) => binding.module === path[0]!.module);
    const names = path.map((binding) => (inOneModule ? formatToken(binding.token) : formatBinding(binding)));
    this.#add(
      "CYCLIC_PROVIDERS",
      `${names.join(" -> ")} depend on each other in a circle${inOneModule ? ` in ${path[0]!.module.id}` : ""}.`,
      "Move what they share into a provider of its own that both inject.",
    );
  }

  wrongLifetime(binding: Binding): void {
    const chain: string[] = [];
    let user = binding;
    let need = needOfCall(user);
    const first = need;
    while (need !== undefined) {
      chain.push(formatNeed(user, need));
      user = need.target!;
      need = user.lifetime === "call" ? undefined : needOfCall(user);
    }
    const name = formatToken(first?.token);
    const handle =
      binding.recipe.kind === "factory" ? `{ token: ${name}, perCall: true }` : `@InjectPerCall(${name})`;
    this.#add(
      "WRONG_LIFETIME",
      `${formatBinding(binding)} is a singleton, but depends on ${formatToken(user.token)}, which lives per call.`,
      ...nested(chain),
      `Inject a handle instead: ${handle} is a function that returns the instance of the current call.`,
      ...(binding.role === "module" ? [] : [`Or let ${formatToken(binding.token)} live per call as well.`]),
    );
  }

  asyncFactory(binding: Binding): void {
    this.#add(
      "WRONG_LIFETIME",
      `the factory of ${formatBinding(binding)} is asynchronous, so what it makes can only be a singleton.`,
      "Make it synchronous, or provide a singleton with an asynchronous method.",
    );
  }

  hooksWithoutSingleton(binding: Binding, hooks: readonly string[]): void {
    const how = binding.lifetime === "transient" ? "is transient" : "lives per call, or depends on what does";
    this.#add(
      "WRONG_LIFETIME",
      `${formatBinding(binding)} has ${hooks.join(" and ")}, but ${how}.`,
      "Hooks run for singletons only: move them to a singleton.",
    );
  }

  #adviseOn(module: ModuleRecord, { token, optional }: Dependency): string {
    const name = formatToken(token);
    const scope = this.scopes.get(module)!;
    const others = [...this.scopes.values()].filter((other) => other !== scope);
    const keeper = others.find((other) => other.own.has(tokenKey(token)));
    if (keeper !== undefined) {
      const { id } = keeper.module;
      if (keeper.exported.has(tokenKey(token))) return `${id} exports it: import ${id} in ${module.id}.`;
      return scope.imports(keeper)
        ? `${id} provides it but does not export it: add ${name} to the exports of ${id}.`
        : `${id} provides it: export it there, and import ${id} in ${module.id}.`;
    }
    if (others.concat(scope).some((other) => other.module.controllers.includes(token as never))) {
      return `${name} is a controller, and controllers are not injected: move what is shared into a provider.`;
    }
    if (isClientToken(token)) return adviseOnClient(token, module);
    const visible = [...scope.visible()].map((binding) => formatToken(binding.token));
    if (visible.includes(name)) {
      return `${module.id} sees another token called ${name}: is it declared twice, or loaded from two copies?`;
    }
    const advice = `Add ${name} to the providers of ${module.id}, or import a module that exports it.`;
    return `${advice}${optional ? "" : suggestToken(token, scope.visible())}`;
  }

  #add(code: StartupCode, ...lines: readonly string[]): void {
    this.problems.push({ code, message: lines.join("\n") });
  }
}

function adviseOnClient({ service, clientName }: ClientToken<unknown>, { id }: ModuleRecord): string {
  const constant = service.slice(service.lastIndexOf(".") + 1);
  const options = clientName === undefined ? "" : `, { name: "${clientName}" }`;
  return `Add client(${constant}, "dns:///host:port"${options}) to the clients of ${id}, or import a module that exports it.`;
}

/** Who needs a binding, from the outermost inwards: one path of perhaps many. */
function needed(binding: Binding, bindings: readonly Binding[]): [Binding, Dependency][] {
  const chain: [Binding, Dependency][] = [];
  const seen = new Set<Binding>();
  let current: Binding | undefined = binding;
  while (current !== undefined && !seen.has(current)) {
    seen.add(current);
    const needing: Binding | undefined = bindings.find(
      (user) => !seen.has(user) && user.dependencies.some(({ target }) => target === current),
    );
    if (needing !== undefined) {
      chain.unshift([needing, needing.dependencies.find(({ target }) => target === current)!]);
    }
    current = needing;
  }
  return chain;
}

function needOfCall(binding: Binding): Dependency | undefined {
  return binding.dependencies.find(({ target, perCall }) => !perCall && target?.needsCall === true);
}

function formatNeed(binding: Binding, { token, place }: Dependency): string {
  return `${formatBinding(binding)} needs ${formatToken(token)}: ${place}`;
}

function nested(lines: readonly string[]): string[] {
  return lines.map((line, depth) => `${"  ".repeat(depth)}${line}`);
}
