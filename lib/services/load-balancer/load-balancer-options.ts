import { systemClock } from "../../rpc/index.js";
import { inWords } from "../in-words.js";
import { clockMethods, isObject, OptionCheck } from "../option-check.js";
import type { BackendLists } from "./backend-list.js";
import type { BalancerOptions, BalancerSource } from "./load-balancer-module.js";

const MODULE = "LoadBalancerModule";
const DEFAULT_INTERVAL_MS = 10_000;

/** Throws a StartupError for options that make no balancer. */
export function checkSource(options: unknown): BalancerSource {
  const check = new OptionCheck(MODULE, options);
  checkOptions(check, []);
  if (check.has("lists")) check.needStrategy("lists", "watch");
  else checkServices(check, check.value("services"));
  check.finish();
  return options as BalancerSource;
}

/** Of a class, which is looked at when it is built. */
export function checkClassOptions(options: BalancerOptions): BalancerOptions {
  const check = new OptionCheck(MODULE, options);
  checkOptions(check, ["imports"]);
  check.finish();
  return options;
}

/** What such a class has made. */
export function checkInstance(lists: BackendLists): void {
  const check = new OptionCheck(MODULE, { lists });
  check.needStrategy("lists", "watch");
  check.finish();
}

export function completeOptions({
  reportIntervalMs = DEFAULT_INTERVAL_MS,
  clock = systemClock,
}: BalancerOptions): Required<BalancerOptions> {
  return { reportIntervalMs, clock };
}

function checkOptions(check: OptionCheck, more: readonly string[]): void {
  check.names(["services", "lists", "reportIntervalMs", "clock", ...more]);
  if (check.has("services") && check.has("lists")) {
    check.wrong("services and lists exclude each other; leave one of them out");
  }
  check.expectMs("reportIntervalMs", 0);
  check.expectMethods("clock", clockMethods);
}

function checkServices(check: OptionCheck, services: unknown): void {
  if (!isObject(services)) {
    const form = '{ services: { orders: "dns:///orders:50051" } }';
    check.wrong(`it needs services or lists, such as ${form}; got ${inWords(services)} as services`);
  } else if (Object.keys(services).length === 0) {
    check.wrong("services names none, so that no client could be served");
  }
}
