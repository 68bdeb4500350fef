import type { ConcreteClass } from "../app/index.js";

/** Tells a class from a function: only the prototype of a class cannot be replaced. */
export function isClass<T>(value: ConcreteClass<T> | object): value is ConcreteClass<T> {
  return Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}
