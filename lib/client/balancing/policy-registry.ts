import { suggest } from "../../rpc/index.js";
import { ConfigError, ConfigReader } from "../service-config/config-reader.js";
import type { LoadBalancerFactory } from "./policy.js";

/** A list of policies of which none is known. */
export class UnknownPolicyError extends ConfigError {}

/** A policy that was chosen, and its parsed config. */
export interface PolicyChoice<Config = unknown> {
  readonly factory: LoadBalancerFactory<Config>;
  readonly config: Config;
}

/** The policies that one channel knows, by all their names. */
export class PolicyRegistry {
  readonly #byName = new Map<string, LoadBalancerFactory>();
  /** Throws an Error, in words, for a target that the channel cannot resolve: for configs that name one. */
  readonly checkTarget: (target: string) => void;
  #strict = false;

  /** Later ones replace earlier ones of the same name. Without `checkTarget`, any target will do. */
  constructor(
    factories: Iterable<LoadBalancerFactory>,
    checkTarget: (target: string) => void = () => undefined,
  ) {
    this.checkTarget = checkTarget;
    for (const factory of factories) {
      for (const name of [factory.name, ...(factory.aliases ?? [])]) this.#byName.set(name, factory);
    }
  }

  /** The same policies, for configs of the user's own code: fields that a policy does not know are errors. */
  strict(): PolicyRegistry {
    const strict = new PolicyRegistry([], this.checkTarget);
    for (const [name, factory] of this.#byName) strict.#byName.set(name, factory);
    strict.#strict = true;
    return strict;
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  find(name: string): LoadBalancerFactory | undefined {
    return this.#byName.get(name);
  }

  /**
   * Reads `[{ name: config }, …]`: the first entry whose name is known is chosen, and its config must be right. Throws
   * a {@link ConfigError} for an entry without exactly one key, a wrong config, or an {@link UnknownPolicyError}.
   */
  choose(list: unknown, where: string): PolicyChoice {
    if (!Array.isArray(list)) throw new ConfigError(where, "must be a list of policies");
    // Every entry must have the right form, also those behind the chosen one.
    const entries = list.map((entry: unknown, index) => {
      const at = `${where}[${index}]`;
      const keys = typeof entry === "object" && entry !== null ? Object.keys(entry) : [];
      if (keys.length !== 1)
        throw new ConfigError(at, "must be an object with one key, the name of a policy");
      return { name: keys[0]!, config: (entry as Record<string, unknown>)[keys[0]!], at };
    });
    for (const { name, config, at } of entries) {
      const factory = this.#byName.get(name);
      if (factory === undefined) continue;
      const reader = ConfigReader.of(config ?? {}, `${at}.${name}`);
      const parsed = factory.parseConfig(reader, this);
      if (this.#strict) reader.rejectUnknown();
      return { factory, config: parsed };
    }
    const names = entries.map(({ name }) => name);
    const hint = names.length === 1 ? suggest(names[0]!, this.names) : "";
    throw new UnknownPolicyError(
      where,
      `no supported policies found: it names ${names.join(", ") || "none"}.${hint} Known: ${this.names.join(", ")}`,
    );
  }
}
