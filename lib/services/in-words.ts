import { isObservable } from "rxjs";
import { isClass } from "./is-class.js";

const MAX_LENGTH = 200;

/** A value as messages show it: what it is, and what is in it as far as that helps. */
export function inWords(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return isClass(value) ? `the class ${value.name}` : "a function";
  if (typeof value === "string") return shortened(JSON.stringify(value));
  if (typeof value !== "object" || value === null) return String(value);
  if (isObservable(value)) return "an Observable";
  const { name = "Object" } = (value as { constructor?: { readonly name?: string } }).constructor ?? {};
  if (Array.isArray(value)) return shortened(`the list ${asJson(value)}`);
  return name === "Object" ? shortened(asJson(value)) : `a ${name}`;
}

function asJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "an object that is no JSON";
  }
}

function shortened(text: string): string {
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}
