/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";
import { type ClientScenario, clientScenarios } from "./client-scenarios.js";
import { type Contender, contenders } from "./contenders.js";
import { type Scenario, scenarios } from "./scenarios.js";

const partNames = ["picks", "updates"] as const;
type PartName = (typeof partNames)[number];

/** Names that stand for several. */
const groups: Readonly<Record<string, readonly string[]>> = {
  servers: scenarios.map(({ name }) => name),
  clients: clientScenarios.map(({ name }) => name),
  policies: partNames,
};
const names = Object.values(groups).flat();

export const usage = `Usage: npm run bench -- [options]

  --quick               a glance in under two minutes; slow starters are still warming up
  --rounds N            rounds over all contenders (default 24, quick 4)
  --block-ms N          length of one block (default 300, quick 200)
  --warmup-rounds N     rounds before those that count (default 5, quick 3)
  --only NAMES          what is measured, of
${Object.entries(groups)
  .map(([group, members]) => `                          ${group} = ${members.join(",")}`)
  .join("\n")}
  --contenders NAMES    servers and clients of ${contenders.map((contender) => contender.name).join(",")}
  --json FILE           where to write the figures (default .build/bench.json)
  --help
`;

export interface BenchOptions {
  readonly rounds: number;
  readonly blockMs: number;
  readonly warmupRounds: number;
  readonly scenarios: readonly Scenario[];
  readonly clientScenarios: readonly ClientScenario[];
  readonly parts: readonly PartName[];
  readonly contenders: readonly Contender[];
  readonly jsonPath: string;
}

/** Undefined if only help is wanted. Throws an Error for what it does not know. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      "block-ms": { type: "string" },
      "warmup-rounds": { type: "string" },
      only: { type: "string" },
      contenders: { type: "string" },
      json: { type: "string", default: ".build/bench.json" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const only = pick("--only", values.only, names, groups);
  const whose = pick(
    "--contenders",
    values.contenders,
    contenders.map(({ name }) => name),
  );
  return {
    rounds: parseCount("--rounds", values.rounds, values.quick ? 4 : 24),
    blockMs: parseCount("--block-ms", values["block-ms"], values.quick ? 200 : 300),
    warmupRounds: parseCount("--warmup-rounds", values["warmup-rounds"], values.quick ? 3 : 5),
    scenarios: scenarios.filter(({ name }) => only.has(name)),
    clientScenarios: clientScenarios.filter(({ name }) => only.has(name)),
    parts: partNames.filter((name) => only.has(name)),
    contenders: contenders.filter(({ name }) => whose.has(name)),
    jsonPath: values.json,
  };
}

function parseCount(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^[1-9]\d{0,6}$/.test(text))
    throw new RangeError(`${option} wants a whole number above zero, not "${text}"`);
  return Number(text);
}

function pick(
  option: string,
  text: string | undefined,
  known: readonly string[],
  groups: Readonly<Record<string, readonly string[]>> = {},
): ReadonlySet<string> {
  if (text === undefined) return new Set(known);
  return new Set(
    text.split(",").flatMap((name) => {
      const found = groups[name] ?? known.filter((one) => one === name);
      if (found.length > 0) return found;
      const choice = [...Object.keys(groups), ...known];
      throw new RangeError(`${option} does not know "${name}"; known: ${choice.join(", ")}`);
    }),
  );
}
