/**
 * Turns what modules list under `clients` into providers: one for the {@link ClientSource}, which waits for all that
 * its channel and its calls need, and one for the client itself. What can be wrong with a client that is known by now
 * is found before anything is built.
 */
import type { Observable } from "rxjs";
import {
  type ChannelOptions,
  createChannel,
  type Resolution,
  type WatchNameOptions,
  watchName,
} from "../../client/index.js";
import {
  type ClientInterceptor,
  enableAmbientCalls,
  type Logger,
  StartupError,
  type StartupProblem,
} from "../../rpc/index.js";
import type { Override, PlacedArgument } from "../binding.js";
import type { AppContainer } from "../container.js";
import type { EnhancerReference } from "../injection-plan.js";
import type { ModuleGraph, ModuleRecord } from "../module-graph.js";
import { injectionToken, type Provider, type Token } from "../provider.js";
import { ChannelPool } from "./channel-pool.js";
import { clientProblem, divideSettings } from "./client-settings.js";
import { ClientSource, type SourceToken } from "./client-source.js";
import {
  type ClientDeclaration,
  type ClientInterceptorEntry,
  type ClientSettings,
  isClientToken,
} from "./declaration.js";
import { type Built, ChannelExtensions } from "./extensions.js";

export interface AppClientOptions {
  /** Around the calls of all clients. */
  readonly interceptors: readonly ClientInterceptorEntry[];
  readonly overrides: ReadonlyMap<Token, Override>;
  readonly logger: Logger;
}

/** An interceptor, and the module in whose scope its class is built. */
interface PlacedInterceptor {
  readonly entry: ClientInterceptorEntry;
  /** If it is a class. */
  readonly reference: EnhancerReference | undefined;
}

export class AppClients {
  readonly pool = new ChannelPool();
  /** By module. */
  readonly providers: ReadonlyMap<ModuleRecord, readonly Provider[]>;
  /** The classes that the container has to build. */
  readonly references: EnhancerReference[] = [];
  readonly #extensions: ChannelExtensions;
  readonly #options: AppClientOptions;
  readonly #application: readonly PlacedInterceptor[];

  constructor(graph: ModuleGraph, options: AppClientOptions, problems: StartupProblem[]) {
    this.#options = options;
    this.#extensions = new ChannelExtensions(graph, problems);
    this.references.push(...this.#extensions.references);
    this.#application = this.#place(options.interceptors, graph.root);
    this.providers = new Map(graph.modules.map((module) => [module, this.#providersOf(module, problems)]));
  }

  /** A name, resolved by the resolvers that the container has built. */
  watchName(
    target: string,
    container: Pick<AppContainer, "resolveIn">,
    { refreshes }: Pick<WatchNameOptions, "refreshes"> = {},
  ): Observable<Resolution> {
    const built = this.#extensions.references.map(
      (reference) => [reference, container.resolveIn(reference.module, reference.type).get()] as const,
    );
    const { resolvers = [] } = this.#extensions.options(new Map(built));
    return watchName(target, { resolvers, refreshes, logger: this.#options.logger });
  }

  #providersOf(module: ModuleRecord, problems: StartupProblem[]): Provider[] {
    const declarations = module.options.clients ?? [];
    if (declarations.length === 0) return [];
    const ofModule = this.#place(module.options.clientInterceptors ?? [], module);
    const known = new Set<Token>();
    return declarations.flatMap((declaration: ClientDeclaration | undefined, index) => {
      const token = declaration?.provide;
      if (declaration === undefined || !isClientToken(token)) {
        problems.push({ code: "BAD_CLIENT", message: explainEntry(declaration, index, module) });
        return [];
      }
      if (known.has(token)) {
        problems.push({
          code: "CLIENT_TWICE",
          message: `${module.id} lists the ${token.description} twice. Give one of them a name: { name: "…" }.`,
        });
      }
      known.add(token);
      // The override takes the place of this provider; it needs no channel.
      if (this.#options.overrides.has(token)) return [{ provide: token, useValue: undefined }];
      this.#check(declaration, module, problems);
      return this.#provide(declaration, module, ofModule);
    });
  }

  /** What is known by now must be right. */
  #check({ settings, provide }: ClientDeclaration, module: ModuleRecord, problems: StartupProblem[]): void {
    if (!("target" in settings)) return;
    try {
      const { target, channel } = divideSettings(settings);
      // Makes one that nobody uses: only in this way everything is checked that the real one checks.
      createChannel(target, { ...channel, ...this.#extensions.options(new Map()) });
    } catch (error) {
      problems.push(clientProblem(whereOf(provide, module), error));
    }
  }

  #provide(
    { provide, service, settings, interceptors }: ClientDeclaration,
    module: ModuleRecord,
    ofModule: readonly PlacedInterceptor[],
  ): Provider[] {
    const description = `channel of the ${provide.description}`;
    const source: SourceToken = { ...injectionToken<ClientSource>(description), source: true };
    const outer = [...this.#application, ...ofModule];
    const inner = this.#place(interceptors, module);
    const needed = this.#needed(settings, [...outer, ...inner]);
    const own = "target" in settings ? [] : (settings.inject ?? []);
    const create = (made: ClientSettings, built: Built): ClientSource => {
      try {
        const { target, eager, channel, calls } = divideSettings(made);
        const surroundings: ChannelOptions = {
          ...this.#extensions.options(built),
          logger: this.#options.logger,
        };
        const lease = this.pool.lease(nameOf(provide), target, channel, surroundings, eager);
        return new ClientSource(service, lease, calls, instances(outer, built), instances(inner, built));
      } catch (error) {
        throw new StartupError([clientProblem(whereOf(provide, module), error)], { cause: error });
      }
    };
    return [
      {
        provide: source,
        inject: [...own, ...needed.map(placedArgument)],
        useFactory: (...args: unknown[]) => {
          const built = new Map(
            needed.map((reference, index) => [reference, args[own.length + index] as object]),
          );
          if ("target" in settings) return create(settings, built);
          const made = settings.useFactory(...(args.slice(0, own.length) as never[]));
          return made instanceof Promise ? made.then((value) => create(value, built)) : create(made, built);
        },
      },
      {
        provide,
        inject: [source],
        useFactory: (made: ClientSource) => {
          // Deadline, cancellation and trace context flow from the call being served to those made under it.
          enableAmbientCalls();
          return made.create();
        },
      },
    ];
  }

  /** The resolver of its scheme, or all of them as long as that is not known; all policies; its interceptors. */
  #needed(
    settings: ClientDeclaration["settings"],
    interceptors: readonly PlacedInterceptor[],
  ): EnhancerReference[] {
    const scheme =
      "target" in settings ? /^[^:]*/.exec(String(settings.target))![0].toLowerCase() : undefined;
    const resolvers = this.#extensions.resolvers.filter(
      ({ name }) => scheme === undefined || name === scheme,
    );
    return [...resolvers, ...this.#extensions.policies, ...interceptors].flatMap(
      ({ reference }) => reference ?? [],
    );
  }

  #place(entries: readonly ClientInterceptorEntry[], module: ModuleRecord): PlacedInterceptor[] {
    const placed = entries.map((entry) => ({
      entry,
      reference:
        typeof entry === "function" ? ({ module, type: entry, role: "provider" } as const) : undefined,
    }));
    this.references.push(...placed.flatMap(({ reference }) => reference ?? []));
    return placed;
  }
}

function instances(placed: readonly PlacedInterceptor[], built: Built): ClientInterceptor[] {
  return placed.map(({ entry, reference }) =>
    reference === undefined ? (entry as ClientInterceptor) : (built.get(reference) as ClientInterceptor),
  );
}

function placedArgument({ module, type }: EnhancerReference): PlacedArgument {
  return { token: type, module };
}

function nameOf({ service, clientName }: ClientDeclaration["provide"]): string {
  return clientName === undefined ? service : `${service} "${clientName}"`;
}

function whereOf(token: ClientDeclaration["provide"], module: ModuleRecord): string {
  return `${token.description} (${module.id})`;
}

function explainEntry(entry: unknown, index: number, module: ModuleRecord): string {
  const circle = "Do the file that declares it and that of the module import each other in a circle?";
  const what = `clients[${index}] of ${module.id}`;
  if (entry === undefined || entry === null) return `${what} is undefined.\n${circle}`;
  if (typeof entry === "object" && "provide" in entry)
    return `${what} is a client of an undefined service.\n${circle}`;
  return `${what} is no client.\nMake it with client(Service, target).`;
}
