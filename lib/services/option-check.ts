import { MAX_TIMER_MS, StartupError, type StartupProblem, suggest } from "../rpc/index.js";
import { inWords } from "./in-words.js";
import { isClass } from "./is-class.js";

/**
 * Reads the options of a module as somebody wrote them, whatever the compiler would have said. All that is wrong is
 * told at once, by {@link finish}.
 */
export class OptionCheck {
  readonly #module: string;
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #problems: StartupProblem[] = [];

  /** Throws a {@link StartupError} for what is no object. */
  constructor(module: string, options: unknown, expected = "the options must be an object") {
    this.#module = module;
    this.#options = options as Record<string, unknown>;
    if (isObject(options)) return;
    this.wrong(`${expected}, got ${inWords(options)}`);
    this.finish();
  }

  get isFine(): boolean {
    return this.#problems.length === 0;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#options, name);
  }

  value(name: string): unknown {
    return this.#options[name];
  }

  /** Of anything else it is said that there is no such option. */
  names(known: readonly string[]): void {
    for (const name of Object.keys(this.#options)) {
      if (!known.includes(name)) this.wrong(`there is no option "${name}".${suggest(name, known)}`);
    }
  }

  /** An option may be left out; what is there must be right. */
  expect(name: string, isRight: (value: unknown) => boolean, expected: string): void {
    const value = this.value(name);
    if (value !== undefined && !isRight(value)) {
      this.wrong(`${name} must be ${expected}, got ${inWords(value)}`);
    }
  }

  /** A time that a timer can wait. */
  expectMs(name: string, min: number): void {
    const isTime = (value: unknown) => typeof value === "number" && value >= min && value <= MAX_TIMER_MS;
    this.expect(name, isTime, `a number of milliseconds from ${min} to ${MAX_TIMER_MS}`);
  }

  /** An object with certain methods. */
  expectMethods(name: string, methods: readonly string[]): void {
    this.expect(name, (value) => hasMethods(value, methods), `an object with ${methods.join(", ")}`);
  }

  /** What a module goes by: a function, or an object with one method. */
  needStrategy(name: string, method: string): void {
    const value = this.value(name);
    const isFunction = typeof value === "function";
    if ((isFunction && !isClass(value)) || hasMethods(value, [method])) return;
    const hint = isFunction ? "; forRoot takes classes" : "";
    this.wrong(`${name} must be a function, or an object with ${method}, got ${inWords(value)}${hint}`);
  }

  wrong(what: string): void {
    this.#problems.push({ code: "BAD_OPTION", message: `${this.#module}: ${what}` });
  }

  /** Whatever another check throws. */
  include(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (error instanceof StartupError) this.#problems.push(...error.problems);
      else this.wrong((error as Error).message);
    }
  }

  finish(): void {
    if (this.#problems.length > 0) throw new StartupError(this.#problems);
  }
}

export const clockMethods = ["now", "setTimeout", "clearTimeout"] as const;
export const loggerMethods = ["debug", "info", "warn", "error"] as const;

/** What has fields by name: no list. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function hasMethods(value: unknown, methods: readonly string[]): boolean {
  return isObject(value) && methods.every((name) => typeof Reflect.get(value, name) === "function");
}
