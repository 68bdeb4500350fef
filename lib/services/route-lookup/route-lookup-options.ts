import { inWords } from "../in-words.js";
import { isClass } from "../is-class.js";
import { clockMethods, hasMethods, loggerMethods, OptionCheck } from "../option-check.js";
import type { RouteLookup } from "./route-lookup.js";
import type { RouteSource } from "./route-lookup-module.js";
import type { RouteFileOptions } from "./watched-routes.js";

const MODULE = "RouteLookupModule";
const fileOptionNames = ["file", "pollMs", "logger", "clock"] satisfies (keyof RouteFileOptions)[];

/** Throws a StartupError for options that say nothing of routes, or too much; `more` may go with `lookup`. */
export function checkSource(options: unknown, more: readonly string[]): RouteSource {
  const check = new OptionCheck(MODULE, options);
  if (check.has("file") && check.has("lookup")) {
    check.wrong("file and lookup exclude each other; leave one of them out");
  } else if (check.has("lookup")) {
    check.names(["lookup", ...more]);
    checkLookup(check, check.value("lookup"));
  } else {
    checkFile(check);
  }
  check.finish();
  return options as RouteSource;
}

/** Of a class, which is looked at when it is built. */
export function checkClassOptions(options: object): object {
  const check = new OptionCheck(MODULE, options);
  if (check.has("file")) check.wrong("file and lookup exclude each other; leave one of them out");
  else check.names(["lookup", "imports"]);
  check.finish();
  return options;
}

/** What such a class has made. */
export function checkInstance(lookup: RouteLookup): void {
  const check = new OptionCheck(MODULE, { lookup });
  checkLookup(check, lookup);
  check.finish();
}

function checkLookup(check: OptionCheck, lookup: unknown): void {
  const isFunction = typeof lookup === "function" && !isClass(lookup);
  if (isFunction || hasMethods(lookup, ["lookup"])) return;
  const hint = typeof lookup === "function" ? "; forRoot takes classes" : "";
  check.wrong(`lookup must be a function, or an object with lookup, got ${inWords(lookup)}${hint}`);
}

function checkFile(check: OptionCheck): void {
  const file = check.value("file");
  check.names([...fileOptionNames, "lookup"]);
  if (!check.has("file")) {
    check.wrong('it needs file or lookup, such as { file: "/etc/routes.json" }');
  } else if (typeof file !== "string" || file === "") {
    const hint = file === undefined ? ": is the environment variable set?" : "";
    check.wrong(`file must be the path of a file, got ${inWords(file)}${hint}`);
  }
  check.expectMs("pollMs", 1);
  check.expectMethods("logger", loggerMethods);
  check.expectMethods("clock", clockMethods);
}
