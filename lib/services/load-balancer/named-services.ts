import { map, type Observable, ReplaySubject, repeat, Subject, share, takeUntil } from "rxjs";
import type { ApplicationView, OnModuleDestroy, OnModuleInit } from "../../app/index.js";
import { type Endpoint, UnknownSchemeError } from "../../client/index.js";
import { type Clock, type Logger, type Random, StartupError, type StartupProblem } from "../../rpc/index.js";
import { wait } from "../wait.js";
import type { Backend, BackendList, BackendLists } from "./backend-list.js";
import { listedBackends } from "./listed-backends.js";
import { type ReportedWeightsOptions, withReportedWeights } from "./reported-weights.js";
import { checkService, serviceLabel } from "./service-check.js";

/** Where the backends of a name are, and how calls are spread over them. */
export interface BalancedService {
  /** Any that the application's resolvers know: `etcd:///svc/orders`, `file:///etc/orders.json`, `dns:///orders:50051`. */
  readonly target: string;
  /**
   * How often a backend is listed: as its registry weighs it (`registered`, the default), or as its own load reports do
   * (`reported`, or options that say how; backends import `LoadReportModule`).
   */
  readonly weights?: "registered" | "reported" | ReportedWeightsOptions;
  /** Shares of calls that clients let fail on purpose, by a token for each reason: `{ overload: 0.1 }`. */
  readonly drops?: Readonly<Record<string, number>>;
  /** What backends get with each call, as `lb-token`. Default: what the resolver says, or nothing. */
  readonly token?: (endpoint: Endpoint) => string;
}

/** By the names that clients ask for; a text is a target. */
export type BalancedServices = Readonly<Record<string, string | BalancedService>>;

interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A list is followed for so long when nobody asks for it any more: clients come back. */
const LINGER_MS = 30_000;
/** Names that are looked up, not watched, are looked up so often; their resolvers may have a longer minimum. */
const REFRESH_MS = 30_000;

/** The lists of names that are known from the start, by resolvers. All clients of a name share one look at it. */
export class NamedServices implements BackendLists, OnModuleInit, OnModuleDestroy {
  readonly #services: BalancedServices;
  readonly #app: Pick<ApplicationView, "watchName">;
  readonly #surroundings: Surroundings;
  readonly #lists = new Map<string, Observable<BackendList>>();
  readonly #closed = new Subject<void>();

  constructor(
    services: BalancedServices,
    app: Pick<ApplicationView, "watchName">,
    surroundings: Surroundings,
  ) {
    this.#services = services;
    this.#app = app;
    this.#surroundings = surroundings;
  }

  /** What can be wrong is told at the start. */
  onModuleInit(): void {
    const problems: StartupProblem[] = [];
    for (const [name, service] of Object.entries(this.#services)) {
      try {
        this.#lists.set(name, this.#follow(checkService(name, service)));
      } catch (error) {
        problems.push(...problemsOf(name, error as Error));
      }
    }
    if (problems.length > 0) throw new StartupError(problems);
  }

  onModuleDestroy(): void {
    this.#closed.next();
  }

  /** Clients ask for what stands in their target, so a port counts only where it is part of a name here. */
  canonicalName(name: string): string {
    return this.#lists.has(name) ? name : name.replace(/:\d+$/, "");
  }

  watch(name: string): Observable<BackendList> | undefined {
    return this.#lists.get(this.canonicalName(name));
  }

  #follow({ target, weights = "registered", drops = {}, token }: BalancedService): Observable<BackendList> {
    const reported = reportedOptions(weights);
    const refreshes = wait(this.#surroundings.clock, REFRESH_MS).pipe(repeat());
    const watchName = (text: string) => this.#app.watchName(text, { refreshes });
    const backends: Observable<readonly Backend[]> = watchName(target).pipe(
      map(({ endpoints }) => endpoints),
      listedBackends({ token, weighted: reported === undefined, watchName, ...this.#surroundings }),
    );
    const weighed =
      reported === undefined ? backends : backends.pipe(withReportedWeights(reported, this.#surroundings));
    return weighed.pipe(
      map((list): BackendList => ({ backends: list, drops })),
      takeUntil(this.#closed),
      share({
        connector: () => new ReplaySubject<BackendList>(1),
        resetOnRefCountZero: () => wait(this.#surroundings.clock, LINGER_MS),
      }),
    );
  }
}

function reportedOptions(weights: NonNullable<BalancedService["weights"]>) {
  if (weights === "registered") return undefined;
  return weights === "reported" ? {} : weights;
}

function problemsOf(name: string, error: Error): readonly StartupProblem[] {
  if (error instanceof StartupError) return error.problems;
  const code = error instanceof UnknownSchemeError ? "UNKNOWN_SCHEME" : "BAD_OPTION";
  return [{ code, message: `${serviceLabel(name)}: ${error.message}` }];
}
