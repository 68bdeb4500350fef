import { inWords } from "../in-words.js";
import { clockMethods, loggerMethods, OptionCheck } from "../option-check.js";
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
    check.needStrategy("lookup", "lookup");
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
  check.needStrategy("lookup", "lookup");
  check.finish();
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
