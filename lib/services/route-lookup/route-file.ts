/**
 * What a file of routes says. The first route whose `match` fits the key counts:
 *
 * ```json
 * {
 *   "routes": [
 *     { "match": { "user": "u-17" }, "targets": ["dns:///canary:50051"], "headerData": "canary" },
 *     { "match": { "region": ["eu", "uk"], "user": true }, "targets": ["dns:///eu:50051", "dns:///us:50051"] },
 *     { "match": { "user": false }, "targets": ["dns:///guests:50051"] },
 *     { "targets": ["dns:///us:50051"] }
 *   ]
 * }
 * ```
 *
 * A text fits itself, a list each of its texts; `true` fits whatever value there is, `false` that there is none. What
 * `match` does not name may be anything, so a route without it takes what the others left. A field that is not known
 * here is a mistake. Any number of routes costs a lookup the same, as long as they match by the same few names;
 * to read 200,000 of them takes a second or two, in which nothing else is done.
 */
import { ConfigReader } from "../../client/index.js";
import { headerDataFault, type Route, type RouteKey } from "./route-lookup.js";

/** What a route asks of one name: to have one of some values, any value, or none. */
type Condition = readonly string[] | boolean;

/** Routes that ask the same kind of thing of the same names. */
interface RouteGroup {
  readonly equal: readonly string[];
  readonly present: readonly string[];
  readonly absent: readonly string[];
  /** The place of the first route of each combination of values, which stand in the order of `equal`. */
  readonly places: Map<string, number>;
}

/** Of one route, and of all. */
const MAX_COMBINATIONS = 10_000;
const MAX_ALL_COMBINATIONS = 1_000_000;

/** The group of routes that ask nothing. */
const EVERYTHING = JSON.stringify([[], [], []]);

export class RouteTable {
  readonly #routes: Route[] = [];
  /** By their first routes. */
  readonly #groups = new Map<string, RouteGroup>();
  readonly #unused: number[] = [];
  #combinations = 0;

  /** Throws an Error that says where the text is wrong. */
  static parse(text: string): RouteTable {
    const file = ConfigReader.of(JSON.parse(text.replace(/^\uFEFF/, "")), "");
    const entries = file.objects("routes");
    if (entries === undefined) throw file.error("routes", "a list", undefined);
    const table = new RouteTable();
    const json = file.list("routes") as readonly object[];
    for (const [index, entry] of entries.entries()) {
      // As good as absent to the reader, it would take what all others are meant for.
      if ("match" in json[index]! && json[index].match === null)
        throw entry.error("match", "an object", null);
      table.#add(readConditions(entry), readRoute(entry), entry.where);
    }
    file.rejectUnknown();
    return table;
  }

  get size(): number {
    return this.#routes.length;
  }

  /** Places of routes that no key gets to: behind one for all keys, or one with the same `match`. */
  get unused(): readonly number[] {
    return this.#unused;
  }

  find(key: RouteKey): Route | undefined {
    let first = Number.POSITIVE_INFINITY;
    for (const { equal, present, absent, places } of this.#groups.values()) {
      if (!present.every((name) => Object.hasOwn(key, name))) continue;
      if (absent.some((name) => Object.hasOwn(key, name))) continue;
      if (!equal.every((name) => Object.hasOwn(key, name))) continue;
      first = Math.min(first, places.get(placeKey(equal.map((name) => key[name]!))) ?? first);
    }
    return this.#routes[first];
  }

  #add(conditions: ReadonlyMap<string, Condition>, route: Route, where: string): void {
    const place = this.#routes.push(route) - 1;
    const names = [...conditions.keys()].sort();
    const equal = names.filter((name) => typeof conditions.get(name) === "object");
    const present = names.filter((name) => conditions.get(name) === true);
    const absent = names.filter((name) => conditions.get(name) === false);
    const groupKey = JSON.stringify([equal, present, absent]);
    let group = this.#groups.get(groupKey);
    if (group === undefined) {
      group = { equal, present, absent, places: new Map() };
      this.#groups.set(groupKey, group);
    }
    const lists = equal.map((name) => conditions.get(name) as readonly string[]);
    this.#count(
      lists.reduce((count, { length }) => count * length, 1),
      where,
    );
    let isUsed = false;
    for (const values of combinations(lists)) {
      const combination = placeKey(values);
      if (group.places.has(combination)) continue;
      group.places.set(combination, place);
      isUsed = true;
    }
    const rest = this.#groups.get(EVERYTHING)?.places.get(placeKey([]));
    if (!isUsed || (rest !== undefined && rest < place)) this.#unused.push(place);
  }

  #count(combinations: number, where: string): void {
    if (combinations > MAX_COMBINATIONS) {
      throw new Error(`${where}.match: its lists make more than ${MAX_COMBINATIONS} combinations; split it`);
    }
    this.#combinations += combinations;
    if (this.#combinations > MAX_ALL_COMBINATIONS) {
      throw new Error(`${where}: all routes make more than ${MAX_ALL_COMBINATIONS} combinations of values`);
    }
  }
}

/** Values may contain anything, so no separator could be trusted. */
function placeKey(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : JSON.stringify(values);
}

function* combinations(lists: readonly (readonly string[])[]): Generator<readonly string[]> {
  const [first, ...rest] = lists;
  if (first === undefined) yield [];
  else for (const value of first) for (const others of combinations(rest)) yield [value, ...others];
}

function readConditions(entry: ConfigReader): Map<string, Condition> {
  const match = entry.object("match");
  return new Map(Object.keys(match?.fields ?? {}).map((name) => [name, readCondition(match!, name)]));
}

function readCondition(match: ConfigReader, name: string): Condition {
  const value = match.fields[name];
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return [value];
  if (isTexts(value)) return value;
  throw match.error(name, "a text, a list of texts, true or false", value);
}

function readRoute(entry: ConfigReader): Route {
  const targets = entry.list("targets");
  if (!isTexts(targets) || targets.includes("")) {
    throw entry.error("targets", "a list of at least one target", targets);
  }
  const headerData = entry.string("headerData");
  if (headerData === undefined) return { targets };
  const fault = headerDataFault(headerData);
  if (fault !== undefined) throw entry.error("headerData", fault, headerData);
  return { targets, headerData };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");
}
