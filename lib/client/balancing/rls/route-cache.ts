import type { Clock } from "../../../rpc/index.js";
import type { Route } from "./route.js";

/**
 * Routes in the order of their last use, and how much they count for together. The oldest go when there are too many;
 * but none that has just been answered, so that a cache which is too small does not make every call ask anew.
 */
export class RouteCache {
  readonly #clock: Clock;
  readonly #onEvict: (route: Route) => void;
  #newest: Route | undefined;
  #oldest: Route | undefined;
  #size = 0;
  #bytes = 0;
  #maxBytes: number;

  /** `onEvict` is told of routes that are out, with their back-off cleared. */
  constructor(maxBytes: number, clock: Clock, onEvict: (route: Route) => void) {
    this.#maxBytes = maxBytes;
    this.#clock = clock;
    this.#onEvict = onEvict;
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** From the one used last to the one used least lately. */
  *routes(): Iterable<Route> {
    for (let route = this.#newest; route !== undefined; route = route.older) yield route;
  }

  /** Takes a route in, or takes note of its new size; it counts as used. One that can never fit is not taken. */
  put(route: Route, bytes: number): boolean {
    if (bytes > this.#maxBytes) {
      if (route.cached) this.evict(route);
      return false;
    }
    if (route.cached) {
      this.#bytes += bytes - route.bytes;
      this.touch(route);
    } else {
      route.cached = true;
      this.#size += 1;
      this.#bytes += bytes;
      this.#link(route);
    }
    route.bytes = bytes;
    this.#shrink();
    return true;
  }

  /** A call has used it. */
  touch(route: Route): void {
    if (route === this.#newest || !route.cached) return;
    this.#unlink(route);
    this.#link(route);
  }

  /** Returns whether a wait was cut short that somebody may be waiting for. */
  evict(route: Route): boolean {
    this.#unlink(route);
    route.cached = false;
    this.#size -= 1;
    this.#bytes -= route.bytes;
    const cut = route.clearBackoff();
    this.#onEvict(route);
    return cut;
  }

  /** Changes the bound. Returns whether a wait was cut short. */
  resize(maxBytes: number): boolean {
    this.#maxBytes = maxBytes;
    return this.#shrink();
  }

  /** Takes out what neither holds nor has failed lately, and what has been too much for a while. */
  purge(): boolean {
    const now = this.#clock.now();
    let cut = false;
    for (const route of [...this.routes()]) {
      if (!route.holds && now >= route.failureExpiresAt) cut = this.evict(route) || cut;
    }
    return this.#shrink() || cut;
  }

  /** All that have failed may be looked up again at once. Returns whether there were any. */
  resetBackoff(): boolean {
    let reset = false;
    for (const route of this.routes()) {
      if (!route.hasBackoff) continue;
      route.clearBackoff();
      reset = true;
    }
    return reset;
  }

  /** The one that was answered last stops it: the bound is then exceeded for some seconds. */
  #shrink(): boolean {
    const now = this.#clock.now();
    let cut = false;
    while (this.#bytes > this.#maxBytes && this.#oldest !== undefined && this.#oldest.keptUntil <= now) {
      cut = this.evict(this.#oldest) || cut;
    }
    return cut;
  }

  #link(route: Route): void {
    route.newer = undefined;
    route.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = route;
    this.#newest = route;
    this.#oldest ??= route;
  }

  #unlink(route: Route): void {
    const { newer, older } = route;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    route.newer = undefined;
    route.older = undefined;
  }
}
