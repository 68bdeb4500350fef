import type { Resolver, ResolverDefinition, ResolverOptions } from "../client/index.js";
import { type Class, getRecord, recordKey, setRecord } from "./decorator-metadata.js";

/** A class with `@NameResolver`, built with injection, or a resolver that is there already. */
export type ResolverEntry = Class<Resolver> | ResolverDefinition;

/** What `@NameResolver` recorded. */
export interface ResolverRecord {
  readonly scheme: string;
  readonly options: ResolverOptions;
}

const resolverKey = recordKey<ResolverRecord>("resolver");

/**
 * Marks a class that resolves the names of a scheme: `@NameResolver("consul")` serves `consul:///orders`. List it
 * under `resolvers` of a module; all channels of the application then know it.
 */
export function NameResolver(
  scheme: string,
  options: ResolverOptions = {},
): (target: Class<Resolver>) => void {
  return (target) => setRecord(resolverKey, { scheme, options }, target);
}

export function resolverRecord(target: Class): ResolverRecord | undefined {
  return getRecord(resolverKey, target);
}
