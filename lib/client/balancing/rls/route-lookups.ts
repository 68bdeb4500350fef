import { formatStatusCode, toStatusError } from "../../../rpc/index.js";
import type { LookupServer } from "./lookup-server.js";
import type { Route } from "./route.js";
import { type RouteAnswer, readAnswer } from "./route-answer.js";

export interface RouteLookupsListener {
  /** A lookup has ended: with an answer, or with what is wrong. */
  onEnd(route: Route, outcome: RouteAnswer | string): void;
}

/** The lookups that are under way, one for each route. */
export class RouteLookups {
  readonly #listener: RouteLookupsListener;
  readonly #pending = new Set<Route>();
  #server: LookupServer | undefined;

  constructor(listener: RouteLookupsListener) {
    this.#listener = listener;
  }

  get size(): number {
    return this.#pending.size;
  }

  get server(): LookupServer | undefined {
    return this.#server;
  }

  /** Who is asked from now on. Returns the routes that another one has been asked for in vain. */
  setServer(server: LookupServer): readonly Route[] {
    if (server === this.#server) return [];
    this.#server = server;
    const abandoned = [...this.#pending];
    for (const route of abandoned) this.abandon(route);
    return abandoned;
  }

  /** False if the lookup is held back, or comes too late. */
  start(route: Route, reason: "REASON_MISS" | "REASON_STALE"): boolean {
    const response = this.#server?.ask({
      targetType: "grpc",
      keyMap: route.keys,
      reason,
      staleHeaderData: reason === "REASON_STALE" ? route.headerData : "",
    });
    if (response === undefined) return false;
    const lookup = {};
    route.lookup = lookup;
    this.#pending.add(route);
    response.then(
      (answer) => this.#onEnd(route, lookup, readAnswer(answer, route.keys)),
      (error: unknown) => this.#onEnd(route, lookup, problemOf(error)),
    );
    return true;
  }

  /** Whatever a lookup brings is not wanted any more. */
  abandon(route: Route): void {
    route.lookup = undefined;
    this.#pending.delete(route);
  }

  close(): void {
    this.#server = undefined;
    for (const route of [...this.#pending]) this.abandon(route);
  }

  #onEnd(route: Route, lookup: object, outcome: RouteAnswer | string): void {
    if (route.lookup !== lookup) return;
    this.abandon(route);
    this.#listener.onEnd(route, outcome);
  }
}

function problemOf(error: unknown): string {
  const { code, text } = toStatusError(error);
  return `${formatStatusCode(code)}: ${text}`;
}
