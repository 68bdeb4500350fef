import { distinctUntilChanged, map, type Observable, Subject, startWith } from "rxjs";
import { type BeforeApplicationShutdown, Inject, Injectable, SERVED_SERVICES } from "../../app/index.js";

export type ServingStatus = "SERVING" | "NOT_SERVING" | "UNKNOWN";

/** What is known of one service. */
interface Health {
  /** What {@link HealthStatuses.set} said last. */
  said: ServingStatus;
  /** What its indicators said last. */
  indicated: boolean;
}

/**
 * How the application's services are: inject it to say so ({@link set}) or to look. `""` is the server as a whole;
 * it and every served service are SERVING until somebody says otherwise. When the application closes everything is
 * NOT_SERVING, before anything else happens.
 */
@Injectable()
export class HealthStatuses implements BeforeApplicationShutdown {
  readonly #services = new Map<string, Health>();
  readonly #changes = new Subject<void>();
  #closing = false;

  constructor(@Inject(SERVED_SERVICES) served: readonly string[]) {
    for (const service of ["", ...served]) this.#health(service);
  }

  /** Undefined for a service that nobody has heard of. */
  get(service: string): ServingStatus | undefined {
    const health = this.#services.get(service);
    if (health === undefined) return undefined;
    if (this.#closing) return "NOT_SERVING";
    return health.said === "SERVING" && !health.indicated ? "NOT_SERVING" : health.said;
  }

  /** All of them by name. */
  list(): ReadonlyMap<string, ServingStatus> {
    return new Map(Array.from(this.#services.keys(), (service) => [service, this.get(service)!]));
  }

  /**
   * Says how a service is; one that is not served by name becomes known by it. SERVING holds as long as its
   * indicators agree, the others in any case.
   */
  set(service: string, status: ServingStatus): void {
    this.#health(service).said = status;
    this.#changes.next();
  }

  /** Forgets a service: there is none of that name any more. */
  delete(service: string): void {
    if (this.#services.delete(service)) this.#changes.next();
  }

  /** What the indicators say of a service. */
  indicate(service: string, healthy: boolean): void {
    this.#health(service).indicated = healthy;
    this.#changes.next();
  }

  /** The status now, and each time it changes; never ends by itself. */
  watch(service: string): Observable<ServingStatus | "SERVICE_UNKNOWN"> {
    return this.#changes.pipe(
      startWith(undefined),
      map(() => this.get(service) ?? "SERVICE_UNKNOWN"),
      distinctUntilChanged(),
    );
  }

  /** Whoever balances by health shall leave while calls are still served. */
  beforeApplicationShutdown(): void {
    this.#closing = true;
    this.#changes.next();
  }

  #health(service: string): Health {
    let health = this.#services.get(service);
    if (health === undefined) {
      health = { said: "SERVING", indicated: true };
      this.#services.set(service, health);
    }
    return health;
  }
}
