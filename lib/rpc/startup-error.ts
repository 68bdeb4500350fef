/**
 * Mistakes that are found at start. Every check reports a {@link StartupProblem}; they are collected and thrown
 * together as one {@link StartupError}, so that a user mends them in one go. Each code is documented in
 * `nest-style.md`, and a test keeps the two lists equal.
 */

/** Every code, with what it means. */
export const startupProblems = {
  UNKNOWN_SERVICE: "a controller names a service that no loaded proto declares",
  UNKNOWN_METHOD: "a controller method names an rpc that its service does not have",
  HANDLER_MISSING: "an rpc has no handler and is not listed as unimplemented",
  HANDLER_TWICE: "two handlers serve the same rpc",
  SERVICE_TWICE: "two controllers serve the same service",
  WRONG_MODE: "the declared types of a handler cannot fit the mode of its rpc",
  NOT_A_CONTROLLER: "a class under controllers has no @GrpcService",
  UNKNOWN_FIELD: "a validated class has rules for a field that the message lacks",
  DUPLICATE_FIELD: "two fields of a message have the same name in code",
  WRONG_FIELD_CLASS: "the class of a nested field cannot be found or does not fit the message",
  BAD_PROTO: "a .proto file cannot be found or parsed",
  BAD_OPTION: "an option has a value that makes no sense, or is not known",
  CYCLIC_IMPORTS: "modules import each other in a circle",
  NOT_A_MODULE: "something under imports is no module",
  NOT_INJECTABLE: "a provider cannot be built: a parameter has no type at run time, or it is undefined",
  UNKNOWN_PROVIDER: "a dependency is not provided in this module nor exported by an imported one",
  CYCLIC_PROVIDERS: "providers depend on each other in a circle",
  WRONG_LIFETIME: "a singleton depends on what lives per call, or hooks are on no singleton",
  NOT_EXPORTABLE: "a module exports what it neither provides nor imports",
  PROVIDER_FAILED: "a provider's constructor or factory threw",
  HOOK_FAILED: "a lifecycle hook threw",
  NO_LISTENER: "the application has no listener",
  UNKNOWN_SCHEME: "no resolver serves the scheme of a target",
  UNKNOWN_POLICY: "a client is told to use a balancing policy that is not known",
  BAD_CLIENT: "a client has a wrong target, option or service config, or is no client at all",
  CLIENT_TWICE: "a module lists two clients of a service under the same name",
  NOT_A_RESOLVER: "something under resolvers is no resolver",
  SCHEME_TWICE: "two resolvers of the application serve the same scheme",
  NOT_A_POLICY: "something under balancingPolicies is no policy",
  POLICY_TWICE: "two balancing policies of the application have the same name",
  NOT_A_REGISTRAR: "something under registrars is no registrar",
  REGISTRATION_FAILED: "a registry refuses the application",
  PORT_IN_USE: "another process listens on the port",
  BAD_ADDRESS: "a listener's host, port or path cannot be used",
  BAD_TLS: "a certificate or key is missing, unreadable or does not fit",
} as const;

export type StartupCode = keyof typeof startupProblems;

export interface StartupProblem {
  readonly code: StartupCode;
  /** What is wrong, where, and what to do; further lines are indented below it. */
  readonly message: string;
}

/** All mistakes of one start, a paragraph each. */
export class StartupError extends Error {
  override readonly name = "StartupError";
  readonly problems: readonly StartupProblem[];

  constructor(problems: readonly StartupProblem[], options?: ErrorOptions) {
    super(formatProblems(problems), options);
    this.problems = problems;
  }

  static of(code: StartupCode, message: string, options?: ErrorOptions): StartupError {
    return new StartupError([{ code, message }], options);
  }
}

function formatProblems(problems: readonly StartupProblem[]): string {
  const width = Math.max(...problems.map((problem) => problem.code.length)) + 2;
  const title =
    problems.length === 1
      ? "the application cannot start"
      : `${problems.length} mistakes stop the application`;
  const lines = problems.map(({ code, message }) => {
    const [first, ...rest] = message.split("\n");
    return [`  ${code.padEnd(width)}${first}`, ...rest.map((line) => `  ${" ".repeat(width)}${line}`)].join(
      "\n",
    );
  });
  return `${title}\n${lines.join("\n")}`;
}

/** The entry of `known` that is nearest to `word`, as ` Did you mean "…"?`, or an empty text. */
export function suggest(word: string, known: Iterable<string>): string {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    // The beginning of a name is as good as a slip of the pen.
    const isBeginning = word.length > 3 && candidate.toLowerCase().startsWith(word.toLowerCase());
    const distance = isBeginning ? 1 : editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best === undefined ? "" : ` Did you mean "${best}"?`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(previous[j]! + 1, current[j - 1]! + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length]!;
}
