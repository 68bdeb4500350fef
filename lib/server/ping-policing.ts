import type { ListenerLimits } from "./listener.js";

export type PingLimits = Required<
  Pick<ListenerLimits, "minPingIntervalMs" | "permitPingsWithoutCalls" | "maxPingStrikes">
>;

/** What was going on when a ping came. */
export interface PingCircumstances {
  /** Whether headers or messages were sent to the client since its last ping. */
  readonly answered: boolean;
  readonly openCalls: number;
}

/** Between pings of a connection without calls, unless they are permitted. */
const QUIET_PING_INTERVAL_MS = 2 * 60 * 60 * 1000;

/** Counts the pings of one connection that come too early (A8, A9). */
export class PingPolicing {
  readonly #limits: PingLimits;
  #strikes = 0;
  #lastPingAt = Number.NEGATIVE_INFINITY;

  constructor(limits: PingLimits) {
    this.#limits = limits;
  }

  /** Takes note of a ping. Says whether the client has gone too far. */
  onPing(nowMs: number, { answered, openCalls }: PingCircumstances): boolean {
    const { minPingIntervalMs, permitPingsWithoutCalls, maxPingStrikes } = this.#limits;
    const sinceMs = nowMs - this.#lastPingAt;
    this.#lastPingAt = nowMs;
    // A8: clients ping to measure the way of what they receive.
    if (answered) {
      this.#strikes = 0;
      return false;
    }
    const quiet = openCalls === 0 && !permitPingsWithoutCalls;
    if (sinceMs < (quiet ? QUIET_PING_INTERVAL_MS : minPingIntervalMs)) this.#strikes += 1;
    return maxPingStrikes > 0 && this.#strikes > maxPingStrikes;
  }
}
