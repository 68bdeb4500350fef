import { isObservable, map, type Observable } from "rxjs";
import type { CallContext } from "../../rpc/index.js";
import { inWords } from "../in-words.js";
import { isObject } from "../option-check.js";
import type { BackendList, BackendLists } from "./backend-list.js";

export interface WatchedLists {
  /** What the name is counted as. */
  readonly name: string;
  /** Whose lists these are, for messages. */
  readonly where: string;
  readonly lists: Observable<BackendList | "fallback">;
}

/**
 * What a strategy says of a name; undefined if it does not know it. A TypeError says in words what it should have given:
 * it is for the log, and clients hear nothing of it.
 */
export function watchChecked(
  lists: BackendLists,
  asked: string,
  call: CallContext,
): WatchedLists | undefined {
  const where = `${nameOf(lists)}.watch(${JSON.stringify(asked)})`;
  const watched: unknown = lists.watch(asked, call);
  if (watched === undefined) return undefined;
  if (!isObservable(watched)) {
    throw new TypeError(`${where} must return an Observable of lists, or undefined, got ${inWords(watched)}`);
  }
  const name: unknown = lists.canonicalName?.(asked) ?? asked;
  if (typeof name !== "string") {
    throw new TypeError(`${nameOf(lists)}.canonicalName must return a text, got ${inWords(name)}`);
  }
  return { name, where, lists: watched.pipe(map((list) => checkList(list, where))) };
}

function checkList(list: unknown, where: string): BackendList | "fallback" {
  if (list === "fallback") return list;
  if (isObject(list) && "backends" in list && Array.isArray(list.backends)) return list as BackendList;
  throw new TypeError(`${where} must emit { backends: […] } or "fallback", got ${inWords(list)}`);
}

/** A function under `lists` is called as the method of an object without a name. */
function nameOf(lists: BackendLists): string {
  const { name } = lists.constructor;
  return name === "Object" ? "lists" : name;
}
