/**
 * An application: modules, built and wired, behind listeners. `create` finds every start-up mistake it can without
 * opening anything, `listen` opens, `close` drains.
 */
import type { Observable } from "rxjs";
import type { Resolution, WatchNameOptions } from "../client/index.js";
import {
  type CallContext,
  consoleLogger,
  type Logger,
  StartupError,
  type StartupProblem,
} from "../rpc/index.js";
import { loadSchema, type Schema, type SchemaOptions } from "../schema/index.js";
import {
  type BoundListener,
  checkListeners,
  type DrainReport,
  GrpcServer,
  type Listener,
} from "../server/index.js";
import { type ApplicationOptions, checkApplicationOptions } from "./application-options.js";
import { AppClients } from "./clients/client-providers.js";
import { type AppContainer, createContainer } from "./container.js";
import { serviceRecord } from "./controller.js";
import { APPLICATION, type ApplicationInspection, type ApplicationView, EarlyView } from "./inspection.js";
import type { HookFailure } from "./lifecycle.js";
import type { ModuleImport } from "./module.js";
import { buildModuleGraph, type ModuleGraph } from "./module-graph.js";
import { onSignals, tolerateCancellations } from "./process-events.js";
import type { Token } from "./provider.js";
import { Registrations } from "./registrations.js";
import { collectRoutes } from "./routes.js";
import {
  createServedMethod,
  describeRoute,
  enhancerReferences,
  planMessages,
  type RouteDescription,
} from "./served-methods.js";

const DEFAULT_DRAIN_LIMIT_MS = 10_000;

/** How closing went. */
export interface CloseReport extends DrainReport {
  readonly hookFailures: readonly HookFailure[];
}

/** What an application is made of. */
interface ApplicationParts {
  readonly container: AppContainer;
  readonly server: GrpcServer;
  readonly clients: AppClients;
  readonly registrations: Registrations;
  readonly routes: readonly RouteDescription[];
}

export class GrpcApplication implements ApplicationView {
  /** What is served, by which handler, behind which guards, interceptors and filters. */
  readonly routes: readonly RouteDescription[];
  /** Where its log lines go. */
  readonly logger: Logger;
  readonly #container: AppContainer;
  readonly #server: GrpcServer;
  readonly #clients: AppClients;
  readonly #registrations: Registrations;
  readonly #options: ApplicationOptions;
  #release: (() => void)[] = [];
  #listening: Promise<readonly BoundListener[]> | undefined;
  #closing: Promise<CloseReport> | undefined;

  private constructor(parts: ApplicationParts, options: ApplicationOptions) {
    this.#container = parts.container;
    this.#server = parts.server;
    this.#clients = parts.clients;
    this.#registrations = parts.registrations;
    this.routes = parts.routes;
    this.#options = options;
    this.logger = options.logger ?? consoleLogger;
  }

  /** Builds the application. Throws one {@link StartupError} that lists all mistakes. */
  static async create(root: ModuleImport, options: ApplicationOptions = {}): Promise<GrpcApplication> {
    const problems: StartupProblem[] = [];
    checkApplicationOptions(options, problems);
    const logger = options.logger ?? consoleLogger;
    const view = new EarlyView(logger);
    const graph = await buildModuleGraph(root, {
      problems,
      globals: [{ provide: APPLICATION, useValue: view }],
    });
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
    const { overrides = new Map(), clientInterceptors: interceptors = [] } = options;
    const clients = new AppClients(graph, { interceptors, overrides, logger }, problems);
    const registrations = new Registrations(graph, problems);
    view.routes = routes.map((route) => describeRoute(route, graph.root, options));
    const container = await createContainer(graph, {
      problems,
      enhancers: [
        ...clients.references,
        ...registrations.references,
        ...enhancerReferences(routes, graph.root, options),
      ],
      providers: clients.providers,
      overrides,
    }).catch(async (error: unknown) => {
      await clients.pool.close();
      throw error;
    });
    const server = new GrpcServer({
      methods: routes.map((route, index) =>
        createServedMethod(route, plans[index]!, container, graph.root, options),
      ),
      schemas: allSchemas(graph, schema),
      listeners,
      onFailure: (call, error) => logFailure(logger, call, error),
    });
    const parts = { container, server, clients, registrations, routes: view.routes };
    const application = new GrpcApplication(parts, options);
    view.application = application;
    return application;
  }

  /** The listeners that accept calls, with the ports they took. */
  get listeners(): readonly BoundListener[] {
    return this.#server.listeners;
  }

  /** What is served, where, and whom it calls: the state of each channel, as plain data. */
  inspect(): ApplicationInspection {
    const listeners = this.listeners.map(({ listener, address }) => ({
      address,
      tls: "tls" in listener && listener.tls !== undefined,
    }));
    return { routes: this.routes, listeners, channels: this.#clients.pool.inspect() };
  }

  watchName(target: string, options?: Pick<WatchNameOptions, "refreshes">): Observable<Resolution> {
    return this.#clients.watchName(target, this.#container, options);
  }

  /** What the root module sees, or any module provides, under a token. */
  get<T>(token: Token<T>): T {
    return this.#container.get(token);
  }

  /** Runs the start hooks, opens all listeners, or none, and registers. Throws a {@link StartupError}. */
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
        this.logger.info({ signal }, "closing; a second signal ends the process at once");
        return this.close(signal);
      }),
    );
    try {
      this.#clients.pool.connect();
      await this.#container.start();
      await this.#open();
    } catch (error) {
      await this.#clients.pool.close();
      this.#releaseProcess();
      throw error;
    }
    this.#release.push(tolerateCancellations());
    return this.listeners;
  }

  async #open(): Promise<void> {
    try {
      await this.#server.listen();
      await this.#registrations.register(this.#container, this.listeners);
    } catch (error) {
      this.#logHookFailures((await this.#stop(0)).hookFailures);
      throw error;
    }
  }

  /**
   * Drains: deregisters, stops accepting, tells open streams through `call.draining`, waits up to `drainLimitMs`, cuts what is
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
    const report = await this.#stop(this.#options.drainLimitMs ?? DEFAULT_DRAIN_LIMIT_MS, signal);
    const { open, ended, cut, durationMs } = report;
    this.#releaseProcess();
    // A start that failed has told them already.
    if (started !== false) this.#logHookFailures(report.hookFailures);
    for (const call of cut) this.logger.warn({ ...call }, `cut ${call.path} after ${call.ageMs} ms`);
    if (signal !== undefined) {
      this.logger.info({ open, ended, cut: cut.length, durationMs }, "closed");
    }
    return report;
  }

  /** Everything in its order; nothing of it a second time. */
  async #stop(drainLimitMs: number, signal?: string): Promise<CloseReport> {
    let drained: DrainReport = { open: 0, ended: 0, cut: [], durationMs: 0 };
    let refusals: readonly HookFailure[] = [];
    const failures = await this.#container.stop(signal, async () => {
      refusals = await this.#registrations.deregister();
      drained = await this.#server.drain(drainLimitMs);
    });
    await this.#clients.pool.close();
    return { ...drained, hookFailures: [...refusals, ...failures] };
  }

  /** Takes back what listens to the process. */
  #releaseProcess(): void {
    for (const release of this.#release.splice(0)) release();
  }

  #logHookFailures(failures: readonly HookFailure[]): void {
    for (const { participant, hook, error } of failures) {
      this.logger.error({ err: error }, `${participant}.${hook} failed`);
    }
  }
}

function listenersOf(module: ModuleGraph["root"]): readonly Listener[] {
  return (module.options.listeners ?? []) as readonly Listener[];
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
