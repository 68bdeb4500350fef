/**
 * The resolvers and policies that the modules of one application list. All of its channels know them, and no channel
 * of another application in the same process.
 */
import {
  type ChannelOptions,
  type LoadBalancerFactory,
  type LoadBalancingPolicy,
  type Resolver,
  type ResolverDefinition,
  shortPolicy,
} from "../../client/index.js";
import type { StartupProblem } from "../../rpc/index.js";
import {
  type BalancingPolicyMethods,
  type BalancingPolicyRecord,
  balancingPolicyRecord,
} from "../balancing-policy.js";
import type { Class } from "../decorator-metadata.js";
import type { EnhancerReference } from "../injection-plan.js";
import type { ModuleGraph, ModuleRecord } from "../module-graph.js";
import { resolverRecord } from "../name-resolver.js";
import { formatToken } from "../provider.js";

/** What was built, for each class that the container was asked to build. */
export type Built = ReadonlyMap<EnhancerReference, object>;

/** A resolver or policy under its name, and how it is made of what was built. */
interface Extension<T> {
  readonly name: string;
  readonly module: ModuleRecord;
  /** The class, if it is one. */
  readonly reference: EnhancerReference | undefined;
  /** For messages. */
  readonly label: string;
  create(built: Built): T;
}

export class ChannelExtensions {
  readonly resolvers: readonly Extension<ResolverDefinition>[];
  readonly policies: readonly Extension<LoadBalancerFactory>[];

  constructor(graph: ModuleGraph, problems: StartupProblem[]) {
    this.resolvers = collect(graph, "resolvers", toResolver, problems);
    this.policies = collect(graph, "balancingPolicies", toPolicy, problems);
    reportTwice(this.resolvers, "SCHEME_TWICE", "resolve the scheme", problems);
    reportTwice(this.policies, "POLICY_TWICE", "are policies called", problems);
  }

  /** The classes that the container has to build. */
  get references(): EnhancerReference[] {
    return [...this.resolvers, ...this.policies].flatMap(({ reference }) => reference ?? []);
  }

  /** As channels take them. What was not built cannot be used, but is known by its name. */
  options(built: Built): Pick<ChannelOptions, "resolvers" | "policies"> {
    return {
      resolvers: this.resolvers.map((extension) => extension.create(built)),
      policies: this.policies.map((extension) => extension.create(built)),
    };
  }
}

type Kind = "resolvers" | "balancingPolicies";

function collect<T>(
  graph: ModuleGraph,
  kind: Kind,
  read: (entry: unknown, module: ModuleRecord) => Extension<T> | string,
  problems: StartupProblem[],
): Extension<T>[] {
  const code = kind === "resolvers" ? "NOT_A_RESOLVER" : "NOT_A_POLICY";
  return graph.modules.flatMap((module) =>
    (module.options[kind] ?? []).flatMap((entry: unknown, index) => {
      const extension = entry === undefined || entry === null ? undefinedEntry : read(entry, module);
      if (typeof extension !== "string") return [extension];
      problems.push({ code, message: `${kind}[${index}] of ${module.id} ${extension}` });
      return [];
    }),
  );
}

const undefinedEntry =
  "is undefined.\nDo the file that declares it and that of the module import each other in a circle?";

function toResolver(entry: unknown, module: ModuleRecord): Extension<ResolverDefinition> | string {
  if (typeof entry === "function") {
    const type = entry as Class<Resolver>;
    const record = resolverRecord(type);
    if (record === undefined) {
      return `is ${formatToken(type)}, a class without @NameResolver.\nPut @NameResolver("scheme") on it.`;
    }
    const { scheme, options } = record;
    if (!isScheme(scheme)) return `is ${formatToken(type)}, ${badScheme(scheme)}`;
    const reference = { module, type, role: "provider" } as const;
    return {
      ...{ name: scheme, module, reference, label: formatToken(type) },
      create: (built) => ({
        scheme,
        options,
        resolver: (built.get(reference) as Resolver | undefined) ?? { resolve: () => notBuilt(type) },
      }),
    };
  }
  const definition = entry as Partial<ResolverDefinition>;
  if (typeof definition.scheme !== "string" || typeof definition.resolver?.resolve !== "function") {
    return "is no resolver.\nList a class with @NameResolver, or { scheme, resolver }.";
  }
  if (!isScheme(definition.scheme)) return `is a resolver, ${badScheme(definition.scheme)}`;
  return {
    ...{ name: definition.scheme, module, reference: undefined, label: "one that was made beforehand" },
    create: () => definition as ResolverDefinition,
  };
}

function isScheme(scheme: string): boolean {
  return /^[a-z][a-z0-9+.-]*$/.test(scheme);
}

function badScheme(scheme: string): string {
  return `but "${scheme}" is no scheme: use lower-case letters, digits, "+", "-" and ".", and begin with a letter.`;
}

function toPolicy(entry: unknown, module: ModuleRecord): Extension<LoadBalancerFactory> | string {
  if (typeof entry === "function") {
    const type = entry as Class;
    const record = balancingPolicyRecord(type);
    if (record === undefined) {
      return `is ${formatToken(type)}, a class without @BalancingPolicy.\nPut @BalancingPolicy("name") on it.`;
    }
    const reference = { module, type, role: "provider" } as const;
    return {
      ...{ name: record.name, module, reference, label: formatToken(type) },
      create: (built) => toFactory(record, type, built.get(reference) as PolicyInstance | undefined),
    };
  }
  const factory = entry as Partial<LoadBalancerFactory>;
  if (typeof factory.name !== "string" || typeof factory.createBalancer !== "function") {
    return "is no policy.\nList a class with @BalancingPolicy, or a LoadBalancerFactory.";
  }
  return {
    ...{ name: factory.name, module, reference: undefined, label: "one that was made beforehand" },
    create: () => factory as LoadBalancerFactory,
  };
}

type PolicyInstance = LoadBalancingPolicy | BalancingPolicyMethods;

function toFactory(
  { name, aliases = [] }: BalancingPolicyRecord,
  type: Class,
  instance: PolicyInstance | undefined,
): LoadBalancerFactory {
  if (instance === undefined) {
    // Whether the config is right is known when the policy is there.
    return { name, aliases, parseConfig: (config) => config.fields, createBalancer: () => notBuilt(type) };
  }
  const methods = "createPicker" in instance ? shortPolicy(name, instance) : instance;
  return {
    name,
    aliases,
    parseConfig: (config, policies) => methods.parseConfig(config, policies),
    createBalancer: (helper) => methods.createBalancer(helper),
  };
}

function notBuilt(type: Class): never {
  throw new Error(`${formatToken(type)} is not built yet`);
}

function reportTwice(
  extensions: readonly Extension<unknown>[],
  code: "SCHEME_TWICE" | "POLICY_TWICE",
  what: string,
  problems: StartupProblem[],
): void {
  const known = new Map<string, Extension<unknown>>();
  for (const extension of extensions) {
    const other = known.get(extension.name);
    known.set(extension.name, extension);
    if (other === undefined) continue;
    const place = ({ label, module }: Extension<unknown>) => `${label} (${module.id})`;
    problems.push({
      code,
      message: `${place(other)} and ${place(extension)} both ${what} "${extension.name}". Remove one of them.`,
    });
  }
}
