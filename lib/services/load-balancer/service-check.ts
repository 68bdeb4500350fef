import { inWords } from "../in-words.js";
import { isObject, OptionCheck } from "../option-check.js";
import type { BalancedService } from "./named-services.js";
import { checkReportedWeights } from "./reported-weights-check.js";
import { MAX_NAME_BYTES, toServerEntries } from "./server-entries.js";

const optionNames = ["target", "weights", "drops", "token"] as const satisfies (keyof BalancedService)[];

/** Throws a StartupError for what can never serve anybody. */
export function checkService(name: string, service: unknown): BalancedService {
  const where = serviceLabel(name);
  if (typeof service === "string") return checkService(name, { target: service });
  const check = new OptionCheck(where, service, "it must be a target, or an object with one");
  check.names(optionNames);
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    check.wrong(`no client can ask for a name of more than ${MAX_NAME_BYTES} bytes`);
  }
  const target = check.value("target");
  if (typeof target !== "string" || target === "") {
    check.wrong(`target must be a text such as "dns:///orders:50051", got ${inWords(target)}`);
  }
  check.expect("token", (value) => typeof value === "function", "a function from an endpoint to its token");
  check.expect("weights", isWeights, '"registered", "reported" or options of it');
  const [weights, drops] = [check.value("weights"), check.value("drops")];
  if (isObject(weights)) check.include(() => checkReportedWeights(`${where}: weights`, weights));
  check.include(() => checkDrops(drops));
  check.finish();
  return service as BalancedService;
}

export function serviceLabel(name: string): string {
  return `LoadBalancerModule: services ${inWords(name)}`;
}

function isWeights(value: unknown): boolean {
  return value === "registered" || value === "reported" || isObject(value);
}

function checkDrops(drops: unknown): void {
  if (drops === undefined) return;
  // Whether these make sense shows when they are used.
  toServerEntries({
    backends: [{ host: "127.0.0.1", port: 1 }],
    drops: drops as NonNullable<BalancedService["drops"]>,
  });
}
