import { Command, InvalidArgumentError, Option } from "commander";
import { type ByBackend, MAX_BACKENDS } from "./fleet.js";
import { type NamedPolicy, parsePolicy, policies, RLS_MAX_AGE_S } from "./policies.js";

/** What the command line says. */
export interface FleetOptions extends ByBackend {
  readonly backends: number;
  readonly policy: NamedPolicy;
  readonly rate: number;
  readonly retry: boolean;
  readonly registry: "file" | "etcd";
  readonly etcd: string;
  readonly seconds?: number;
}

/** Ends the process, with what is wrong in words, if the arguments make no sense. */
export function readOptions(argv: readonly string[]): FleetOptions {
  const program = new Command("npm run sample:fleet --")
    .description("Several Atlas backends, a registry, and a front service that calls them by a policy.")
    .usage("[options]")
    .addOption(
      new Option("-p, --policy <policy>", `${Object.keys(policies).join(", ")}, or JSON`)
        .default(parsePolicy("round_robin"), "round_robin")
        .argParser(orInvalid(parsePolicy)),
    )
    .option("-n, --backends <count>", "backends to start with", wholeNumber(1, MAX_BACKENDS), 3)
    .option("-r, --rate <calls>", "calls a second", wholeNumber(1, 10_000), 300)
    .option("--retry", "try calls again that fail for a lost connection", false)
    .addOption(
      new Option("--registry <kind>", "a folder, or a real etcd").choices(["file", "etcd"]).default("file"),
    )
    .option("--etcd <host:port>", "where etcd listens", orInvalid(hostPort), "127.0.0.1:2379")
    .option("--delay-ms <list>", "time that calls take, by backend: 0,0,20", numbers(0, 10_000))
    .option("--utilization <list>", "load that backends report, for weighted_round_robin", numbers(0.001, 10))
    .option("--weight <list>", "weights that backends register, for ring_hash and grpclb", numbers(1, 100))
    .option("-s, --seconds <count>", "ends by itself", wholeNumber(1, 86_400))
    .addHelpText("after", EPILOGUE)
    .allowExcessArguments(false)
    .showHelpAfterError("(--help tells more)")
    .parse([...argv], { from: "user" });
  const {
    delayMs = [],
    utilization = [],
    weight = [],
    ...rest
  } = program.opts<Omit<FleetOptions, keyof ByBackend> & Partial<ByBackend>>();
  return { ...rest, delayMs, utilization, weight };
}

const EPILOGUE = `
While it runs, in a terminal:
  1 to 9  selects a backend       a  adds one
  ↑, ↓    select the next         k  kills it (kill -9)
  r       starts it again         p  pauses it, or lets it go on (SIGSTOP, SIGCONT)
  q       quits, as ctrl-C does

And with rls and grpclb, whose lookup server and balancer are another process, the control plane:
  f  favours the backend, or nobody: rls then sends it every second call, grpclb twice as many as its weight says
  c  kills the control plane, or starts it again. Without it rls goes on with the routes it remembers, until they
     are ${RLS_MAX_AGE_S} seconds old; then calls fail. grpclb goes on with its last list

Without a terminal the same letters are lines of the input, with the backend's number: "k 2", "k 12". From elsewhere,
kill -9, kill -STOP and kill -CONT of the pids that are shown do the same, and SIGUSR2 to this process adds a backend.
What has ended stays so until it is started again.

Examples:
  npm run sample:fleet -- --policy pick_first
  npm run sample:fleet -- --policy least_request --delay-ms 5,5,50
  npm run sample:fleet -- --policy weighted_round_robin --utilization 0.2,0.4,0.8
  npm run sample:fleet -- --policy weighted_target       a tenth to the first backend
  npm run sample:fleet -- --policy grpclb --weight 1,1,2
  npm run sample:fleet -- --registry etcd --retry`;

/** commander prints what an InvalidArgumentError says, and ends the process with 1. */
function orInvalid<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return orInvalid((text) => {
    const number = Number(text);
    if (text.trim() !== "" && Number.isInteger(number) && number >= min && number <= max) return number;
    throw new Error(`It must be a whole number from ${min} to ${max}.`);
  });
}

function numbers(min: number, max: number): (text: string) => readonly number[] {
  return orInvalid((text) => {
    const list = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    if (list.every((number) => number >= min && number <= max)) return list;
    throw new Error(`It must be numbers from ${min} to ${max} with commas between them.`);
  });
}

function hostPort(text: string): string {
  if (/^(?:[\w.-]+|\[[\da-f:]+\]):\d{1,5}$/i.test(text)) return text;
  throw new Error("Write it as host:port.");
}
