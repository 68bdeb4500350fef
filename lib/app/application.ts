/**
 * An application: modules, built and wired, behind listeners. `create` finds every start-up mistake it can without
 * opening anything, `listen` opens, `close` drains.
 */
import {
  type CallContext,
  consoleLogger,
  type Logger,
  StartupError,
  type StartupProblem,
  suggest,
} from "../rpc/index.js";
import { loadSchema, type Schema, type SchemaOptions } from "../schema/index.js";
import {
  type BoundListener,
  checkListeners,
  type DrainReport,
  GrpcServer,
  type Listener,
} from "../server/index.js";
import type { Override } from "./binding.js";
import { type AppContainer, createContainer } from "./container.js";
import { serviceRecord } from "./controller.js";
import type { HookFailure } from "./lifecycle.js";
import type { ModuleImport } from "./module.js";
import { buildModuleGraph, type ModuleGraph } from "./module-graph.js";
import { onSignals, tolerateCancellations } from "./process-events.js";
import type { Token } from "./provider.js";
import { collectRoutes } from "./routes.js";
import {
  type ApplicationEnhancers,
  createServedMethod,
  describeRoute,
  enhancerReferences,
  planMessages,
  type RouteDescription,
} from "./served-methods.js";
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
  "validation",
];

const DEFAULT_DRAIN_LIMIT_MS = 10_000;

/** How closing went. */
export interface CloseReport extends DrainReport {
  readonly hookFailures: readonly HookFailure[];
}

export class GrpcApplication {
  /** What is served, by which handler, behind which guards, interceptors and filters. */
  readonly routes: readonly RouteDescription[];
  readonly #container: AppContainer;
  readonly #server: GrpcServer;
  readonly #logger: Logger;
  readonly #options: ApplicationOptions;
  #release: (() => void)[] = [];
  #listening: Promise<readonly BoundListener[]> | undefined;
  #closing: Promise<CloseReport> | undefined;

  private constructor(
    container: AppContainer,
    server: GrpcServer,
    routes: readonly RouteDescription[],
    options: ApplicationOptions,
  ) {
    this.#container = container;
    this.#server = server;
    this.routes = routes;
    this.#options = options;
    this.#logger = options.logger ?? consoleLogger;
  }

  /** Builds the application. Throws one {@link StartupError} that lists all mistakes. */
  static async create(root: ModuleImport, options: ApplicationOptions = {}): Promise<GrpcApplication> {
    const problems: StartupProblem[] = [];
    checkOptions(options, problems);
    const graph = await buildModuleGraph(root, { problems });
    const schema = loadProtos(graph, options.schema, problems);
    const routes = collectRoutes(
      graph,
      { services: schema?.services ?? [], form: schema?.options },
      problems,
    );
    const plans = routes.map((route) => planMessages(route, options, problems));
    const listeners = [...graph.modules.flatMap(listenersOf), ...(options.listeners ?? [])];
    if (listeners.length === 0) {
      problems.push({
        code: "NO_LISTENER",
        message: `${graph.root.id} and its modules have no listeners. Add listeners: [tcp({ port: 50051 })] to a module.`,
      });
    }
    problems.push(...checkListeners(listeners));
    const container = await createContainer(graph, {
      problems,
      enhancers: enhancerReferences(routes, graph.root, options),
      ...(options.overrides === undefined ? {} : { overrides: options.overrides }),
    });
    const logger = options.logger ?? consoleLogger;
    const server = new GrpcServer({
      methods: routes.map((route, index) =>
        createServedMethod(route, plans[index]!, container, graph.root, options),
      ),
      schemas: allSchemas(graph, schema),
      listeners,
      onFailure: (call, error) => logFailure(logger, call, error),
    });
    const descriptions = routes.map((route) => describeRoute(route, graph.root, options));
    return new GrpcApplication(container, server, descriptions, options);
  }

  /** The listeners that accept calls, with the ports they took. */
  get listeners(): readonly BoundListener[] {
    return this.#server.listeners;
  }

  /** What the root module sees, or any module provides, under a token. */
  get<T>(token: Token<T>): T {
    return this.#container.get(token);
  }

  /** Runs the start hooks and opens all listeners, or none. Throws a {@link StartupError}. */
  listen(): Promise<readonly BoundListener[]> {
    this.#listening ??= this.#listen();
    return this.#listening;
  }

  async #listen(): Promise<readonly BoundListener[]> {
    if (this.#closing !== undefined) {
      throw new Error("the application is closed: create another one to listen again");
    }
    // From the first hook on: what has started must be stopped, however early the signal comes.
    this.#release.push(
      onSignals(this.#options.signals ?? ["SIGTERM", "SIGINT"], (signal) => {
        this.#logger.info({ signal }, "closing; a second signal ends the process at once");
        return this.close(signal);
      }),
    );
    try {
      await this.#container.start();
      await this.#server.listen().catch(async (error: unknown) => {
        this.#logHookFailures(await this.#container.stop());
        throw error;
      });
    } catch (error) {
      this.#releaseProcess();
      throw error;
    }
    this.#release.push(tolerateCancellations());
    return this.listeners;
  }

  /**
   * Drains: stops accepting, tells open streams through `call.draining`, waits up to `drainLimitMs`, cuts what is
   * left, and runs the stop hooks. Says what was cut. May be called again; the answer is the same.
   */
  close(signal?: string): Promise<CloseReport> {
    this.#closing ??= this.#close(signal);
    return this.#closing;
  }

  async #close(signal: string | undefined): Promise<CloseReport> {
    const started = await this.#listening?.then(
      () => true,
      () => false,
    );
    let drained: DrainReport = { open: 0, ended: 0, cut: [], durationMs: 0 };
    const hookFailures = await this.#container.stop(signal, async () => {
      drained = await this.#server.drain(this.#options.drainLimitMs ?? DEFAULT_DRAIN_LIMIT_MS);
    });
    this.#releaseProcess();
    // A start that failed has told them already.
    if (started !== false) this.#logHookFailures(hookFailures);
    for (const call of drained.cut) this.#logger.warn({ ...call }, `cut ${call.path} after ${call.ageMs} ms`);
    if (signal !== undefined) {
      const { open, ended, cut, durationMs } = drained;
      this.#logger.info({ open, ended, cut: cut.length, durationMs }, "closed");
    }
    return { ...drained, hookFailures };
  }

  /** Takes back what listens to the process. */
  #releaseProcess(): void {
    for (const release of this.#release.splice(0)) release();
  }

  #logHookFailures(failures: readonly HookFailure[]): void {
    for (const { participant, hook, error } of failures) {
      this.#logger.error({ err: error }, `${participant}.${hook} failed`);
    }
  }
}

function listenersOf(module: ModuleGraph["root"]): readonly Listener[] {
  return (module.options.listeners ?? []) as readonly Listener[];
}

function checkOptions(options: ApplicationOptions, problems: StartupProblem[]): void {
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

/** All protos of all modules as one schema. */
function loadProtos(
  graph: ModuleGraph,
  options: SchemaOptions | undefined,
  problems: StartupProblem[],
): Schema | undefined {
  const protos = [...new Set(graph.modules.flatMap((module) => module.options.protos ?? []))];
  try {
    return loadSchema(protos, options);
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** That of the protos, and those that generated services bring. */
function allSchemas(graph: ModuleGraph, loaded: Schema | undefined): readonly Schema[] {
  const generated = graph.modules.flatMap(({ controllers }) =>
    controllers.flatMap((controller) => {
      const service = serviceRecord(controller)?.service;
      return typeof service === "object" ? [service.schema()] : [];
    }),
  );
  return [...new Set([...(loaded === undefined ? [] : [loaded]), ...generated])];
}

function logFailure(logger: Logger, call: CallContext, error: unknown): void {
  const { controller, property } = call.handler;
  logger.error(
    {
      method: call.method.path,
      handler: `${controller.name}.${property}`,
      peer: call.peer.address,
      err: error,
    },
    `${call.method.path} failed`,
  );
}
