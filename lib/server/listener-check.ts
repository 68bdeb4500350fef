import { StartupError, type StartupProblem, suggest } from "../rpc/index.js";
import {
  defaultLimits,
  formatListener,
  type Listener,
  type ListenerLimits,
  type TcpOptions,
  type UnixOptions,
} from "./listener.js";
import { readTlsOptions } from "./tls.js";

const limitNames = Object.keys(defaultLimits) as (keyof ListenerLimits)[];
const optionNames: {
  readonly tcp: readonly (keyof TcpOptions)[];
  readonly unix: readonly (keyof UnixOptions)[];
} = { tcp: [...limitNames, "port", "host", "tls"], unix: [...limitNames, "mode"] };

/** What is wrong with listeners and can be told before anything is opened. */
export function checkListeners(listeners: readonly Listener[]): StartupProblem[] {
  const problems: StartupProblem[] = [];
  const check = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof StartupError)) throw error;
      problems.push(...error.problems);
    }
  };
  const addresses = new Set<string>();
  for (const listener of listeners) {
    if (!isListener(listener)) {
      problems.push({
        code: "BAD_OPTION",
        message:
          "listeners has an entry that is no listener. Make listeners with tcp({ port }) and unix(path).",
      });
      continue;
    }
    const where = formatListener(listener);
    check(() => checkNames(listener, where));
    check(() => checkAddress(listener, where));
    check(() => completeLimits(listener.options, where));
    if (listener.kind === "tcp" && listener.options.tls !== undefined) {
      const { tls } = listener.options;
      check(() => readTlsOptions(tls, where));
    }
    const anyFreePort = listener.kind === "tcp" && listener.options.port === 0;
    if (addresses.has(where) && !anyFreePort) {
      problems.push({
        code: "PORT_IN_USE",
        message: `listener ${where}: the application has two listeners there. Keep one of them.`,
      });
    }
    addresses.add(where);
  }
  return problems;
}

function isListener(value: Listener | undefined): value is Listener {
  return (value?.kind === "tcp" || value?.kind === "unix") && typeof value.options === "object";
}

function checkNames({ kind, options }: Listener, where: string): void {
  const known: readonly string[] = optionNames[kind];
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw StartupError.of("BAD_OPTION", `listener ${where} has no option "${name}".${suggest(name, known)}`);
  }
}

function checkAddress(listener: Listener, where: string): void {
  if (listener.kind === "unix") {
    if (typeof listener.path === "string" && listener.path !== "") return;
    throw StartupError.of("BAD_ADDRESS", `listener ${where}: a unix listener needs the path of its socket.`);
  }
  const { port } = listener.options;
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return;
  throw StartupError.of(
    "BAD_ADDRESS",
    `listener ${where}: the port must be a whole number up to 65535 (0 takes any free one), got ${port}.`,
  );
}

/** What may be -1, for no limit. */
const limitless: readonly (keyof ListenerLimits)[] = [
  ...(["maxReceiveBytes", "maxSendBytes"] as const),
  ...(["maxConnectionAgeMs", "maxConnectionAgeGraceMs", "maxConnectionIdleMs"] as const),
];
/** What may be 0. */
const zeroable: readonly (keyof ListenerLimits)[] = [
  "maxConnectionAgeGraceMs",
  "minPingIntervalMs",
  "maxPingStrikes",
];

/** The limits of a listener, with the defaults. Throws a {@link StartupError} BAD_OPTION. */
export function completeLimits(given: ListenerLimits, where: string): Required<ListenerLimits> {
  const limits: Record<string, unknown> = { ...defaultLimits };
  for (const name of limitNames) {
    const value: unknown = given[name];
    if (value === undefined) continue;
    const wanted = typeof defaultLimits[name] === "boolean" ? checkSwitch(value) : checkNumber(name, value);
    if (wanted !== undefined) {
      throw StartupError.of("BAD_OPTION", `listener ${where}: ${name} must be ${wanted}, got ${value}.`);
    }
    limits[name] = value;
  }
  return limits as unknown as Required<ListenerLimits>;
}

/** What it must be, if it is not. */
function checkSwitch(value: unknown): string | undefined {
  return typeof value === "boolean" ? undefined : "true or false";
}

function checkNumber(name: keyof ListenerLimits, value: unknown): string | undefined {
  if (value === -1 && limitless.includes(name)) return undefined;
  const least = zeroable.includes(name) ? 0 : 1;
  // Larger ones are too long for a timer and for the fields of an HTTP/2 frame.
  if (Number.isInteger(value) && Number(value) >= least && Number(value) < 2 ** 31) return undefined;
  return `a whole number from ${least} to ${2 ** 31 - 1}`;
}
