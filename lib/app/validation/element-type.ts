/**
 * The class of a nested message. TypeScript writes down the class of `address: Address`, but of `stops: Stop[]`
 * only that it is an array, so {@link ElementType} says the rest. class-transformer's `@Type` does as well.
 */
import { createRequire } from "node:module";
import type { FieldDescriptor } from "../../rpc/index.js";
import { addRecord, type Class, getRecord, propertyType, recordKey } from "../decorator-metadata.js";

interface ElementTypeRecord {
  readonly property: string;
  readonly type: () => Class;
}

const elementTypes = recordKey<readonly ElementTypeRecord[]>("element-types");

/**
 * Names the class of a field's elements (of a repeated field, of a map's values), or of a single nested message
 * whose class the property's type does not say.
 */
export function ElementType(type: () => Class): PropertyDecorator {
  return (target, property) => {
    addRecord(elementTypes, { property: String(property), type }, target.constructor as Class);
  };
}

/** The properties that carry {@link ElementType}. */
export function elementTypeProperties(target: Class): readonly string[] {
  return (getRecord(elementTypes, target) ?? []).map(({ property }) => property);
}

/** The class that a decorator names for a property, or undefined. */
export function elementType(target: Class, property: string): Class | undefined {
  const record = getRecord(elementTypes, target)?.findLast((one) => one.property === property);
  return toClass(record?.type()) ?? transformerType(target, property);
}

/** The class of a field that is a message, or whose elements are: from a decorator, else from its declared type. */
export function fieldClass(target: Class, field: FieldDescriptor): Class | undefined {
  const named = elementType(target, field.localName);
  if (named !== undefined) return named;
  const isSingle = !field.repeated && field.mapKey === undefined;
  return isSingle ? toClass(propertyType(target, field.localName)) : undefined;
}

/** What the compiler writes down for types that are no class of the user's. */
const builtIns = new Set<unknown>([
  ...[Object, Array, String, Number, Boolean, BigInt, Symbol, Function, Promise, Date, RegExp],
  ...[Map, Set, WeakMap, WeakSet, Error, ArrayBuffer, Buffer, Uint8Array],
]);

/** The value as a class that a user wrote, or undefined. */
export function toClass(value: unknown): Class | undefined {
  if (typeof value !== "function" || builtIns.has(value)) return undefined;
  return typeof value.prototype === "object" && value.prototype !== null ? (value as Class) : undefined;
}

interface TransformerStorage {
  findTypeMetadata(
    target: Class,
    property: string,
  ): { readonly typeFunction?: (help: object) => unknown } | undefined;
}

/** class-transformer is not a dependency: whoever uses it has loaded it, so it is looked up among what is loaded. */
function transformerType(target: Class, property: string): Class | undefined {
  for (const storage of transformerStorages()) {
    const type = storage.findTypeMetadata(target, property)?.typeFunction;
    const found = toClass(type?.({ newObject: {}, object: {}, property }));
    if (found !== undefined) return found;
  }
  return undefined;
}

const { cache } = createRequire(import.meta.url);

function transformerStorages(): readonly TransformerStorage[] {
  return Object.keys(cache)
    .filter((file) => /class-transformer[\\/]cjs[\\/]storage\.js$/.test(file))
    .map((file) => cache[file]?.exports?.defaultMetadataStorage as TransformerStorage | undefined)
    .filter((storage) => storage !== undefined);
}
