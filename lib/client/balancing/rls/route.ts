import { type Clock, type Random, StatusError } from "../../../rpc/index.js";
import { Backoff } from "../../connection/backoff.js";
import type { PickResult } from "../picker.js";
import type { KeyMap } from "./key-plan.js";
import type { RouteNode } from "./route-index.js";
import type { RouteTarget } from "./route-targets.js";

const NEVER = Number.NEGATIVE_INFINITY;

/** What is known of one key: the answer of the last lookup that succeeded, and how the last one failed. */
export class Route {
  readonly path: string;
  readonly keys: KeyMap;
  /** Of path and keys. */
  readonly keyBytes: number;
  /** The lookup under way; what another one brings is late. */
  lookup: object | undefined;
  /** In order of preference. */
  targets: readonly RouteTarget[] = [];
  headerData = "";
  /** Sent with each call that goes this way. */
  headers: Readonly<Record<string, string>> | undefined;
  /** Whether calls go by it. */
  holds = false;
  /** Whether it is to be looked up again, though it still holds. */
  isStale = false;
  /** Until when it is not given up for others. */
  keptUntil = NEVER;
  /** What calls get that find neither an answer nor a default. */
  failure: PickResult | undefined;
  /** Until when it is not looked up again. */
  retryAt = NEVER;
  /** Until when the failure is remembered. */
  failureExpiresAt = NEVER;
  // Its places in index and cache, which keep these themselves.
  node: RouteNode | undefined;
  cached = false;
  bytes = 0;
  newer: Route | undefined;
  older: Route | undefined;
  #backoff: Backoff | undefined;
  #timer: { readonly handle: unknown; readonly clock: Clock } | undefined;

  constructor(path: string, keys: KeyMap) {
    this.path = path;
    this.keys = keys;
    this.keyBytes = keyBytes(path, keys);
  }

  /** Takes the answer of a lookup; failures are forgotten. The targets are this route's from now on. */
  succeed(targets: readonly RouteTarget[], headerData: string): void {
    this.targets = targets;
    this.holds = true;
    this.isStale = false;
    if (headerData !== this.headerData) this.headers = { "x-google-rls-data": headerData };
    if (headerData === "") this.headers = undefined;
    this.headerData = headerData;
    this.failure = undefined;
    this.clearBackoff();
  }

  /** Remembers that a lookup has failed. An answer of before holds for as long as it would have. */
  fail(problem: string, clock: Clock, random: Random, onRetry: () => void): void {
    this.#clearTimer();
    this.#backoff ??= new Backoff(random);
    const delayMs = this.#backoff.nextMs();
    const now = clock.now();
    this.retryAt = now + delayMs;
    this.failureExpiresAt = now + 2 * delayMs;
    this.failure = {
      kind: "fail",
      status: StatusError.unavailable(`most recent error from RLS server: ${problem}`),
    };
    const handle = clock.setTimeout(() => {
      this.#timer = undefined;
      // Timers may come a little early; calls that look now must not find that it is too early, for none follows.
      this.retryAt = NEVER;
      onRetry();
    }, delayMs);
    this.#timer = { handle, clock };
  }

  /** Whether there is something to clear. */
  get hasBackoff(): boolean {
    return this.#backoff !== undefined;
  }

  /** The next failure is the first one. Returns whether a wait was cut short. */
  clearBackoff(): boolean {
    this.#backoff = undefined;
    this.retryAt = NEVER;
    this.failureExpiresAt = NEVER;
    return this.#clearTimer();
  }

  /** Forgets the answer and all failures. */
  clear(): void {
    this.targets = [];
    this.headerData = "";
    this.headers = undefined;
    this.holds = false;
    this.isStale = false;
    this.keptUntil = NEVER;
    this.failure = undefined;
  }

  #clearTimer(): boolean {
    const timer = this.#timer;
    this.#timer = undefined;
    timer?.clock.clearTimeout(timer.handle);
    return timer !== undefined;
  }
}

/** What path and keys count for in the cache: as much as their text would take. */
export function keyBytes(path: string, keys: KeyMap): number {
  let bytes = Buffer.byteLength(path);
  for (const [key, value] of Object.entries(keys)) {
    // With "=" and ",".
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value) + 2;
  }
  return bytes;
}

/** What an answer counts for beside its key. */
export function answerBytes(targets: readonly string[], headerData: string): number {
  let bytes = Buffer.byteLength(headerData);
  for (const target of targets) bytes += Buffer.byteLength(target);
  return bytes;
}
