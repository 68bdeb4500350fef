/** What builders of policies are made of: their options, checked and turned into the JSON of a service config. */
import { suggest } from "../../rpc/index.js";
import { formatDuration } from "./duration-text.js";
import type { PolicyConfig } from "./service-config.js";

export type ToJson = (value: never) => unknown;

export const same: ToJson = (value: unknown) => value;
export const duration: ToJson = formatDuration;
export const listOfOne: ToJson = (child: PolicyConfig) => [child];

/** The options that are there, as JSON; `…Ms` becomes a duration without these letters. Throws for one that is unknown. */
export function fieldsOf(builder: string, options: object, toJson: Readonly<Record<string, ToJson>>): object {
  checkNames(builder, options, Object.keys(toJson));
  const present = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    present.map(([name, value]) => {
      const convert = toJson[name]!;
      return [convert === duration ? name.replace(/Ms$/, "") : name, convert(value as never)];
    }),
  );
}

export function checkNames(builder: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new Error(`${builder} has no option "${name}".${suggest(name, known)}`);
  }
}
