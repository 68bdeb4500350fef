import type { Subscription } from "rxjs";
import type { ApplicationView, OnApplicationBootstrap, OnModuleDestroy } from "../../app/index.js";
import { watchFile } from "../../client/index.js";
import { type Clock, type Logger, systemClock } from "../../rpc/index.js";
import { RouteTable } from "./route-file.js";
import type { Route, RouteKey, RouteLookup } from "./route-lookup.js";

export interface RouteFileOptions {
  /**
   * JSON, read again whenever it changes; see `route-file.ts` for what it says. While a large one is read the process
   * does nothing else: a second or two for 200,000 routes.
   */
  readonly file: string;
  /** How often it is looked at even if the system reports no change, in milliseconds. Default: 5,000. */
  readonly pollMs?: number;
  /** Told when the file cannot be used any more, and when it can again. Default: the application's. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

const RETRY_MS = 1000;
/** Whoever has more of the same kind finds them by the first. */
const MAX_SHOWN = 10;

/** Routes from a file. It must be there at the start; later, what was last read holds while it is missing or wrong. */
export class WatchedRoutes implements RouteLookup, OnApplicationBootstrap, OnModuleDestroy {
  readonly #options: RouteFileOptions;
  readonly #logger: Logger;
  readonly #clock: Clock;
  #table: RouteTable | undefined;
  #fault: string | undefined;
  #watch: Subscription | undefined;
  #timer: unknown;

  constructor(options: RouteFileOptions, app: Pick<ApplicationView, "logger">) {
    this.#options = options;
    this.#logger = options.logger ?? app.logger;
    this.#clock = options.clock ?? systemClock;
  }

  lookup(key: RouteKey): Route | undefined {
    return this.#table?.find(key);
  }

  onApplicationBootstrap(): Promise<void> {
    return new Promise((resolve, reject) => this.#follow(resolve, reject));
  }

  onModuleDestroy(): void {
    this.#watch?.unsubscribe();
    this.#clock.clearTimeout(this.#timer);
  }

  #follow(onRead: () => void, onFirstError: (error: Error) => void): void {
    const { file, pollMs } = this.#options;
    const options = { logger: this.#logger, clock: this.#clock, ...(pollMs !== undefined && { pollMs }) };
    this.#watch = watchFile(file, (text) => RouteTable.parse(text), options).subscribe({
      next: (table) => {
        this.#table = table;
        this.#fault = undefined;
        this.#logger.info({ file, routes: table.size }, "routes read");
        this.#warnOfUnused(table);
        onRead();
      },
      error: (error: Error) => {
        if (this.#table === undefined) onFirstError(error);
        else this.#retry(error);
      },
    });
  }

  #warnOfUnused({ unused }: RouteTable): void {
    if (unused.length === 0) return;
    const { file } = this.#options;
    const routes = unused.slice(0, MAX_SHOWN).map((place) => `routes[${place}]`);
    const message = "routes are never used: earlier ones take all of their keys";
    this.#logger.warn({ file, unused: unused.length, routes }, message);
  }

  #retry(error: Error): void {
    const { file } = this.#options;
    if (this.#fault !== error.message) {
      this.#fault = error.message;
      this.#logger.warn({ file, error: error.message }, "the routes cannot be read; the last ones hold");
    }
    const again = (): void => this.#follow(ignore, ignore);
    this.#timer = this.#clock.setTimeout(again, RETRY_MS);
  }
}

const ignore = (): void => undefined;
