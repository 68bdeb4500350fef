/**
 * The path of instances that are built while the application serves. What lives per call is built from a plan
 * that is compiled once, because this runs for each call: no metadata is read, no map of tokens searched.
 */
import { type CallContext, callKey, currentCall, enableAmbientCalls } from "../rpc/index.js";
import { type Binding, type Dependency, formatBinding } from "./binding.js";
import type { ConcreteClass } from "./decorator-metadata.js";

/** Builds or finds an instance. The call is read only by what needs one ({@link Binding.needsCall}). */
export type Supplier = (call: CallContext) => unknown;

/** Stored for a call whose factory made `undefined`. */
const NOTHING = Symbol("nothing");

export class SupplierCompiler {
  readonly #suppliers = new Map<Binding, Supplier>();

  /** Takes where the instances of singletons are; all that a supplier needs must be built when it is compiled. */
  constructor(private readonly singleton: (binding: Binding) => unknown) {}

  supplier(binding: Binding): Supplier {
    const known = this.#suppliers.get(binding);
    if (known !== undefined) return known;
    const supplier = this.#compile(binding);
    this.#suppliers.set(binding, supplier);
    return supplier;
  }

  /** What `@InjectPerCall` injects. */
  handle(binding: Binding): () => unknown {
    enableAmbientCalls();
    // Compiled when it is first called: what it stands for may be built after the one that holds the handle.
    let supplier: Supplier | undefined;
    return () => {
      supplier ??= this.supplier(binding);
      return binding.needsCall ? supplier(currentCall()) : (supplier as () => unknown)();
    };
  }

  /** The arguments of a constructor or factory, in order. */
  arguments(dependencies: readonly Dependency[]): Supplier[] {
    return dependencies.map(({ target, perCall }) => {
      if (perCall && target !== undefined) {
        const handle = this.handle(target);
        return () => handle;
      }
      return target === undefined ? () => undefined : this.supplier(target);
    });
  }

  #compile(binding: Binding): Supplier {
    const { recipe, lifetime } = binding;
    if (recipe.kind === "call") return (call) => call;
    if (recipe.kind === "alias") return this.supplier(binding.dependencies[0]!.target!);
    if (lifetime === "singleton" && !binding.needsCall) {
      const instance = this.singleton(binding);
      return () => instance;
    }
    const build = compileRecipe(binding, this.arguments(binding.dependencies));
    return lifetime === "transient" ? build : oncePerCall(binding, build);
  }
}

/** A function that builds one thing, whatever its lifetime. */
export function compileRecipe(binding: Binding, suppliers: readonly Supplier[]): Supplier {
  const { recipe } = binding;
  switch (recipe.kind) {
    case "class":
      return compileConstructor(recipe.type, suppliers);
    case "factory":
      return binding.lifetime === "singleton"
        ? (call) => recipe.create(...suppliers.map((supply) => supply(call)))
        : (call) => synchronous(binding, recipe.create(...suppliers.map((supply) => supply(call))));
    case "value":
      return () => recipe.value;
    default:
      throw new Error(`${formatBinding(binding)} is not built`);
  }
}

function compileConstructor(type: ConcreteClass<unknown>, suppliers: readonly Supplier[]): Supplier {
  const [first, second, third] = suppliers;
  // Spelt out for the usual lengths: a spread call costs several times as much.
  if (first === undefined) return () => new type();
  if (second === undefined) return (call) => new type(first(call));
  if (third === undefined) return (call) => new type(first(call), second(call));
  if (suppliers.length === 3) return (call) => new type(first(call), second(call), third(call));
  return (call) => new type(...suppliers.map((supply) => supply(call)));
}

function oncePerCall(binding: Binding, build: Supplier): Supplier {
  const key = callKey<unknown>(formatBinding(binding));
  return (call) => {
    const known = call.get(key);
    if (known !== undefined) return known === NOTHING ? undefined : known;
    const instance = build(call);
    call.set(key, instance === undefined ? NOTHING : instance);
    return instance;
  };
}

function synchronous(binding: Binding, made: unknown): unknown {
  if (!(made instanceof Promise)) return made;
  made.catch(() => {});
  throw new Error(
    `the factory of ${formatBinding(binding)} returned a promise; only singletons may be made asynchronously`,
  );
}
