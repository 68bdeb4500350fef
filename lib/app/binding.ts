/**
 * One thing that can be built in one module of one application, and what it needs for that. Providers,
 * controllers, interceptors and module classes are all bindings, so the same rules hold for them.
 */
import { type ConstructorParameter, constructorParameters } from "./constructor-parameters.js";
import type { ConcreteClass } from "./decorator-metadata.js";
import { CALL_CONTEXT, injectableOptions } from "./injection.js";
import type { ModuleRecord } from "./module-graph.js";
import {
  type FactoryProvider,
  formatToken,
  type InjectedArgument,
  type Lifetime,
  type Provider,
  providedToken,
  type Token,
} from "./provider.js";

/** What stands in for a provider, wherever it is declared. */
export type Override =
  | { readonly useValue: unknown }
  | { readonly useClass: ConcreteClass }
  | Pick<FactoryProvider, "useFactory" | "inject">;

export type BindingRole = "provider" | "controller" | "enhancer" | "module";

/** How an instance comes to be. */
export type Recipe =
  | { readonly kind: "class"; readonly type: ConcreteClass<unknown> }
  | { readonly kind: "factory"; readonly create: (...args: unknown[]) => unknown }
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "alias" }
  | { readonly kind: "call" };

/** An argument that another module sees, or builds around its calls. */
export interface PlacedArgument extends InjectedArgument {
  readonly module: ModuleRecord;
}

export interface Dependency extends ConstructorParameter {
  /** Where it is looked up, if not in the module of what needs it. */
  readonly module?: ModuleRecord | undefined;
  /** Undefined before it is looked up, and for an optional one that nothing provides. */
  target: Binding | undefined;
}

export interface Binding {
  readonly module: ModuleRecord;
  readonly token: Token;
  readonly role: BindingRole;
  readonly recipe: Recipe;
  readonly lifetime: Lifetime;
  readonly dependencies: readonly Dependency[];
  /** Why it cannot be built, in words; empty if it can. */
  readonly faults: readonly string[];
  /** Whether building one takes a call: it lives per call, or depends on what does. */
  needsCall: boolean;
}

/** A binding as messages name it: `CityIndex (AtlasModule)`. */
export function formatBinding(binding: Binding): string {
  if (binding.role === "module") return binding.module.id;
  return `${formatToken(binding.token)} (${binding.module.id})`;
}

/** The class that is built, if it is one. */
export function boundClass(binding: Binding): ConcreteClass<unknown> | undefined {
  return binding.recipe.kind === "class" ? binding.recipe.type : undefined;
}

/** The binding of a provider, or of what overrides it. */
export function bindProvider(
  module: ModuleRecord,
  provider: Provider,
  override: Override | undefined,
): Binding {
  const token = providedToken(provider);
  if (override !== undefined)
    return bindProvider(module, { provide: token, ...override } as Provider, undefined);
  if (token === CALL_CONTEXT) return bind(module, token, "provider", { kind: "call" }, "call", []);
  if (typeof provider === "function") return bindClass(module, token, provider, "provider");
  if ("useClass" in provider && typeof provider.useClass === "function") {
    return bindClass(module, token, provider.useClass, "provider", provider.lifetime);
  }
  if ("useFactory" in provider && typeof provider.useFactory === "function") {
    const recipe: Recipe = {
      kind: "factory",
      create: provider.useFactory as (...args: unknown[]) => unknown,
    };
    const { dependencies, faults } = factoryDependencies(provider);
    const lifetime = provider.lifetime ?? "singleton";
    return bind(module, token, "provider", recipe, lifetime, dependencies, faults);
  }
  if ("useExisting" in provider && provider.useExisting !== undefined) {
    const target = { place: "useExisting", token: provider.useExisting, optional: false, perCall: false };
    return bind(module, token, "provider", { kind: "alias" }, "transient", [target]);
  }
  if ("useValue" in provider) {
    return bind(module, token, "provider", { kind: "value", value: provider.useValue }, "singleton", []);
  }
  const fault =
    "its provider needs one of useClass, useValue, useFactory and useExisting, and not undefined.";
  return bind(module, token, "provider", { kind: "alias" }, "singleton", [], [fault]);
}

/** The binding of a class that is built in a module's scope. */
export function bindClass(
  module: ModuleRecord,
  token: Token,
  type: ConcreteClass<unknown>,
  role: BindingRole,
  lifetime: Lifetime = injectableOptions(type)?.lifetime ?? "singleton",
): Binding {
  const { parameters, faults } = constructorParameters(type);
  // Nothing is injected with a controller or an interceptor, so one of each per call is the shortest life.
  const shortened = role !== "provider" && lifetime === "transient" ? "call" : lifetime;
  return bind(module, token, role, { kind: "class", type }, shortened, parameters, faults);
}

function bind(
  module: ModuleRecord,
  token: Token,
  role: BindingRole,
  recipe: Recipe,
  lifetime: Lifetime,
  parameters: readonly Omit<Dependency, "target">[],
  faults: readonly string[] = [],
): Binding {
  const dependencies = parameters.map((parameter) => ({ ...parameter, target: undefined }));
  return { module, token, role, recipe, lifetime, dependencies, faults, needsCall: lifetime === "call" };
}

function factoryDependencies(provider: FactoryProvider) {
  const dependencies: Omit<Dependency, "target">[] = [];
  const faults: string[] = [];
  for (const [index, entry] of (provider.inject ?? []).entries()) {
    const place = `argument ${index + 1} of its factory`;
    const argument: InjectedArgument & Partial<PlacedArgument> =
      typeof entry === "object" && "token" in entry ? entry : { token: entry };
    if (argument.token === undefined) {
      faults.push(
        `${place} is asked for by an undefined token.\n` +
          "Do the file that declares the token and this one import each other in a circle?",
      );
    } else {
      dependencies.push({
        place,
        token: argument.token,
        optional: argument.optional ?? false,
        perCall: argument.perCall ?? false,
        module: argument.module,
      });
    }
  }
  return { dependencies, faults };
}
