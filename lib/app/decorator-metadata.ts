/**
 * The one door to `reflect-metadata`. Decorators record what they were given and do nothing else; whoever reads
 * the record later gives it meaning.
 */
import "reflect-metadata";

// biome-ignore lint/suspicious/noExplicitAny: a class with any constructor is only assignable to this type.
export type Class<T = object> = abstract new (...args: any[]) => T;
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type ConcreteClass<T = object> = new (...args: any[]) => T;

/** A kind of record, with the type of its value. */
export interface RecordKey<T> {
  readonly id: symbol;
  /** Only carries the type. */
  readonly type?: T;
}

export function recordKey<T>(description: string): RecordKey<T> {
  return { id: Symbol(`grebe:${description}`) };
}

/** Sets a record on a class, or on one of its methods or properties. A subclass inherits it. */
export function setRecord<T>(key: RecordKey<T>, value: T, target: Class, property?: string): void {
  if (property === undefined) Reflect.defineMetadata(key.id, value, target);
  else Reflect.defineMetadata(key.id, value, target.prototype, property);
}

export function getRecord<T>(key: RecordKey<T>, target: Class<unknown>, property?: string): T | undefined {
  return property === undefined
    ? Reflect.getMetadata(key.id, target)
    : Reflect.getMetadata(key.id, target.prototype, property);
}

/** The record of the class itself, not of those it extends. */
export function getOwnRecord<T>(key: RecordKey<T>, target: Class<unknown>, property?: string): T | undefined {
  return property === undefined
    ? Reflect.getOwnMetadata(key.id, target)
    : Reflect.getOwnMetadata(key.id, target.prototype, property);
}

/** Adds to a record that is a list, without changing that of a superclass. */
export function addRecord<T>(key: RecordKey<readonly T[]>, value: T, target: Class, property?: string): void {
  setRecord(key, [...(getRecord(key, target, property) ?? []), value], target, property);
}

/** The types of a constructor's or method's parameters as the compiler wrote them down; undefined if it did not. */
export function parameterTypes(target: Class, property?: string): readonly unknown[] | undefined {
  return property === undefined
    ? Reflect.getMetadata("design:paramtypes", target)
    : Reflect.getMetadata("design:paramtypes", target.prototype, property);
}

/** The same for a constructor that the class itself declares, not one it inherits. */
export function ownParameterTypes(target: Class<unknown>): readonly unknown[] | undefined {
  return Reflect.getOwnMetadata("design:paramtypes", target);
}

/** The declared type of a property; undefined if no decorator stands on it. */
export function propertyType(target: Class, property: string): unknown {
  return Reflect.getMetadata("design:type", target.prototype, property);
}

/** The declared return type of a method. */
export function returnType(target: Class, property: string): unknown {
  return Reflect.getMetadata("design:returntype", target.prototype, property);
}
