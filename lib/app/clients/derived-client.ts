/** What a class with `@UseClientInterceptors` is given in the place of each client: one of its own, on the same channel. */
import type { ClientInterceptor } from "../../rpc/index.js";
import { type Binding, boundClass, type Dependency, type PlacedArgument } from "../binding.js";
import type { Class } from "../decorator-metadata.js";
import type { ModuleRecord } from "../module-graph.js";
import { formatToken, injectionToken, type Provider } from "../provider.js";
import { type ClientSource, isSourceToken } from "./client-source.js";
import { isClientToken } from "./declaration.js";
import { classClientInterceptors } from "./injection.js";

export interface DerivedClient {
  /** That of the class. */
  readonly module: ModuleRecord;
  readonly provider: Provider;
  /** Classes that are built in the module. */
  readonly interceptors: readonly Class[];
}

/** Undefined where a dependency is no client, a test has put something else in its place, or nothing is to change. */
export function deriveClient(
  binding: Binding,
  { token, target, perCall }: Dependency,
): DerivedClient | undefined {
  const type = boundClass(binding);
  if (type === undefined || target === undefined || perCall || !isClientToken(token)) return undefined;
  const entries = classClientInterceptors(type);
  const source = target.dependencies.find((needed) => isSourceToken(needed.token));
  if (entries.length === 0 || source === undefined) return undefined;
  const classes = entries.filter((entry): entry is Class<ClientInterceptor> => typeof entry === "function");
  const placed = (argument: Binding["token"], module: ModuleRecord): PlacedArgument => ({
    token: argument,
    module,
  });
  return {
    module: binding.module,
    interceptors: classes,
    provider: {
      provide: injectionToken(`${token.description} in ${formatToken(type)}`),
      inject: [placed(source.token, target.module), ...classes.map((each) => placed(each, binding.module))],
      useFactory: (made: ClientSource, ...built: ClientInterceptor[]) => {
        const instances = [...built];
        return made.create(
          entries.map((entry) => (typeof entry === "function" ? instances.shift()! : entry)),
        );
      },
    },
  };
}
