/** Which tokens the constructor of a class asks for, or why that cannot be known. */
import { type Class, ownParameterTypes } from "./decorator-metadata.js";
import { injectableOptions, type ParameterRecord, parameterRecords } from "./injection.js";
import { formatToken, isToken, type Token } from "./provider.js";

/** One constructor parameter, ready to be looked up. */
export interface ConstructorParameter {
  /** For messages: `parameter 1 (store)`. */
  readonly place: string;
  readonly token: Token;
  /** Without a provider it is undefined, so that a default value of the parameter applies. */
  readonly optional: boolean;
  readonly perCall: boolean;
}

export interface ConstructorParameters {
  readonly parameters: readonly ConstructorParameter[];
  /** Why parameters cannot be injected, in words. */
  readonly faults: readonly string[];
}

/** Stands for a parameter with a default value that nothing can be injected for. */
const NOTHING: Token = Symbol("nothing");

/** What the compiler writes for types that are no class of the user's: nothing can be registered under them. */
const builtinTypes = new Set<unknown>([
  Object,
  Function,
  String,
  Number,
  Boolean,
  Symbol,
  BigInt,
  Array,
  Promise,
  Map,
  Set,
  Date,
  RegExp,
]);

export function constructorParameters(target: Class<unknown>): ConstructorParameters {
  const owner = constructorOwner(target);
  const types = ownParameterTypes(owner);
  const records = parameterRecords(owner);
  const count = Math.max(owner.length, types?.length ?? 0, ...[...records.keys()].map((index) => index + 1));
  const names = parameterNames(owner);
  const parameters: ConstructorParameter[] = [];
  const faults: string[] = [];
  for (let index = 0; index < count; index++) {
    const name = names[index];
    const place = `parameter ${index + 1}${name === undefined ? "" : ` (${name})`}`;
    const record: ParameterRecord = records.get(index) ?? {};
    const type = types?.[index];
    // `length` stops before the first parameter with a default value.
    const optional = (record.optional ?? false) || index >= owner.length;
    const token = record.inject === undefined ? type : record.inject.token;
    const perCall = record.inject?.perCall ?? false;
    if (isToken(token) && (record.inject !== undefined || !builtinTypes.has(token))) {
      parameters.push({ place, token, optional, perCall });
    } else if (record.inject === undefined && index >= owner.length) {
      parameters.push({ place, token: NOTHING, optional, perCall });
    } else {
      faults.push(`${place} ${explain(owner, record, types !== undefined, type)}`);
    }
  }
  return { parameters, faults };
}

/** The class whose constructor runs: a class without one of its own has length 0 and runs that of its parent. */
function constructorOwner(target: Class<unknown>): Class<unknown> {
  let owner: Class<unknown> = target;
  while (owner.length === 0 && ownParameterTypes(owner) === undefined) {
    const parent: unknown = Object.getPrototypeOf(owner);
    if (typeof parent !== "function" || parent === Function.prototype) return target;
    owner = parent as Class<unknown>;
  }
  return owner;
}

function explain(owner: Class<unknown>, record: ParameterRecord, compiled: boolean, type: unknown): string {
  if (record.inject !== undefined) {
    return (
      "asks for @Inject(undefined).\n" +
      "Do the file that declares the token and this one import each other in a circle?"
    );
  }
  if (!compiled) {
    const advice =
      injectableOptions(owner) === undefined
        ? `Put @Injectable() on ${formatToken(owner)}; the compiler writes types down only for decorated classes.`
        : "Compile with tsc and emitDecoratorMetadata: esbuild and tsx leave the types out.";
    return `has no type at run time.\n${advice}`;
  }
  if (type === undefined) {
    return "has an undefined type.\nDo the file that declares its class and this one import each other in a circle?";
  }
  if (type === Function || type === Object) {
    return (
      "has no type at run time.\n" +
      'Is its class imported with "import type", or is its type an interface or a union? ' +
      "Import the class itself, or name a token with @Inject(token)."
    );
  }
  return `is a ${formatToken(type)}, which is no provider.\nName a token with @Inject(token).`;
}

/** The names of a constructor's parameters as far as its source shows them plainly; messages alone use them. */
function parameterNames(target: Class<unknown>): readonly string[] {
  const source = Function.prototype.toString.call(target).replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, "");
  const list = /\bconstructor\s*\(([^(){}[\]]*)\)\s*\{/.exec(source)?.[1];
  if (list === undefined || list.trim() === "") return [];
  const names = list.split(",").map((parameter) => parameter.split("=")[0]!.trim());
  return names.every((name) => /^[A-Za-z_$][\w$]*$/.test(name)) ? names : [];
}
