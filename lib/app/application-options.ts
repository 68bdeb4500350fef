import { type Logger, type StartupProblem, suggest } from "../rpc/index.js";
import type { SchemaOptions } from "../schema/index.js";
import type { Listener } from "../server/index.js";
import type { Override } from "./binding.js";
import type { ClientInterceptorEntry } from "./clients/declaration.js";
import type { Token } from "./provider.js";
import type { ApplicationEnhancers } from "./served-methods.js";
import { checkValidationOptions } from "./validation/index.js";

export interface ApplicationOptions extends ApplicationEnhancers {
  /** How messages of services that are named by text look; generated services bring their own. */
  readonly schema?: SchemaOptions;
  /** Default: the console. */
  readonly logger?: Logger;
  /** How long open calls may go on when the application closes, in milliseconds. Default: 10,000. */
  readonly drainLimitMs?: number;
  /** Signals that close the application and then end the process. Default: SIGTERM and SIGINT; `[]` for none. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Listeners beside those of the modules. */
  readonly listeners?: readonly Listener[];
  /** Around the calls of all clients; the first is the outermost. */
  readonly clientInterceptors?: readonly ClientInterceptorEntry[];
  /** What stands in for providers, wherever they are declared; for tests. */
  readonly overrides?: ReadonlyMap<Token, Override>;
}

const optionNames: readonly (keyof ApplicationOptions)[] = [
  "schema",
  "logger",
  "drainLimitMs",
  "signals",
  "listeners",
  "overrides",
  "guards",
  "interceptors",
  "filters",
  "clientInterceptors",
  "validation",
];

export function checkApplicationOptions(options: ApplicationOptions, problems: StartupProblem[]): void {
  for (const name of Object.keys(options)) {
    if (optionNames.some((known) => known === name)) continue;
    problems.push({
      code: "BAD_OPTION",
      message: `The application has no option "${name}".${suggest(name, optionNames)}`,
    });
  }
  const { drainLimitMs } = options;
  if (drainLimitMs !== undefined && !(drainLimitMs >= 0 && drainLimitMs < 2 ** 31)) {
    problems.push({
      code: "BAD_OPTION",
      message: `drainLimitMs must be a number of milliseconds below ${2 ** 31}, got ${drainLimitMs}.`,
    });
  }
  checkValidationOptions(options.validation, "the application", problems);
}
