import { suggest } from "../../rpc/index.js";

/** A service config, or the config of a policy, that cannot be used: where, and why. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(
    readonly where: string,
    readonly reason: string,
  ) {
    super(`${where}: ${reason}`);
  }
}

const MAX_UINT32 = 4_294_967_295;
const MAX_DURATION_S = 315_576_000_000;

/**
 * Reads one JSON object the way proto3 does: fields in camelCase or snake_case, unknown ones ignored, `null` as good
 * as absent. Everything that is there must be right; what is not throws a {@link ConfigError} that says where.
 */
export class ConfigReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  /** Every name that was asked for: what this object may contain. */
  readonly #known = new Set<string>();
  readonly #children: ConfigReader[] = [];
  #takenWhole = false;

  private constructor(
    fields: Readonly<Record<string, unknown>>,
    readonly where: string,
  ) {
    this.#fields = fields;
  }

  static of(value: unknown, where: string): ConfigReader {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new ConfigError(where, `must be an object, got ${describe(value)}`);
    }
    return new ConfigReader(value as Record<string, unknown>, where);
  }

  /** The object as it is, for whoever knows what to do with all of it. */
  get fields(): Readonly<Record<string, unknown>> {
    this.#takenWhole = true;
    return this.#fields;
  }

  /** The field's value, undefined if it is absent or null. */
  value(name: string): unknown {
    this.#known.add(name);
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const camelValue = this.#own(name);
    const snakeValue = snake === name ? undefined : this.#own(snake);
    if (camelValue === undefined) return snakeValue;
    if (snakeValue !== undefined && JSON.stringify(snakeValue) !== JSON.stringify(camelValue)) {
      throw new ConfigError(this.where, `${name} and ${snake} are both there and differ`);
    }
    return camelValue;
  }

  boolean(name: string): boolean | undefined {
    return this.#typed(name, "boolean", "true or false");
  }

  string(name: string): string | undefined {
    return this.#typed(name, "string", "a text");
  }

  /** Any finite number. */
  number(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number !== "number" || !Number.isFinite(number)) throw this.error(name, "a number", value);
    return number;
  }

  /** A whole number of at least 0; decimal text is as good (JSON of 64-bit fields). */
  uint32(name: string, max = MAX_UINT32): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    if (!Number.isInteger(number) || (number as number) < 0 || (number as number) > max) {
      throw this.error(name, `a whole number from 0 to ${max}`, value);
    }
    return number as number;
  }

  /** A duration as proto3's JSON has it (`"1.5s"`), in milliseconds; down to nanoseconds as a fraction. */
  durationMs(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const match = typeof value === "string" ? /^(-?)(\d*)(?:\.(\d{0,9}))?s$/.exec(value) : null;
    if (match === null || `${match[2]}${match[3] ?? ""}` === "") {
      throw this.error(name, 'a duration such as "1.5s"', value);
    }
    const seconds = Number(match[2]);
    const nanos = Number((match[3] ?? "").padEnd(9, "0"));
    if (seconds > MAX_DURATION_S || (seconds === MAX_DURATION_S && nanos > 0)) {
      throw this.error(name, `at most "${MAX_DURATION_S}s", either way`, value);
    }
    const ms = seconds * 1000 + nanos / 1e6;
    return match[1] === "-" ? -ms : ms;
  }

  object(name: string): ConfigReader | undefined {
    const value = this.value(name);
    return value === undefined ? undefined : this.#child(value, this.at(name));
  }

  /** A list of objects. */
  objects(name: string): readonly ConfigReader[] | undefined {
    return this.list(name)?.map((value, index) => this.#child(value, `${this.at(name)}[${index}]`));
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw this.error(name, "a list", value);
    return value;
  }

  /**
   * Throws for a field, here or in an object below, that nobody has asked for yet: for configs of the user's own code,
   * where it is a slip of the pen. Those that others send may be newer than this code, and are not checked.
   */
  rejectUnknown(): void {
    for (const name of this.#takenWhole ? [] : Object.keys(this.#fields)) {
      const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      if (this.#fields[name] === undefined || this.#known.has(camel) || this.#known.has(name)) continue;
      throw new ConfigError(this.at(name), `is not known here.${suggest(name, this.#known)}`);
    }
    for (const child of this.#children) child.rejectUnknown();
  }

  /** Where a field stands, for messages. */
  at(name: string): string {
    return this.where === "" ? name : `${this.where}.${name}`;
  }

  /** What to throw for a field that should be something else. */
  error(name: string, expected: string, value: unknown): ConfigError {
    return new ConfigError(this.at(name), `must be ${expected}, got ${describe(value)}`);
  }

  #child(value: unknown, where: string): ConfigReader {
    const child = ConfigReader.of(value, where);
    this.#children.push(child);
    return child;
  }

  #own(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? undefined) : undefined;
  }

  #typed<T>(name: string, type: "boolean" | "string", expected: string): T | undefined {
    const value = this.value(name);
    if (value !== undefined && typeof value !== type) throw this.error(name, expected, value);
    return value as T | undefined;
  }
}

function describe(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
