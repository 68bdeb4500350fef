import type { ClientStats } from "../../../schema/index.js";
import type { AttemptOutcome } from "../picker.js";
import { isTokenTooLong } from "./server-list.js";

/** More tokens than a list can have by right; a balancer that invents ever new ones fills no memory. */
const MAX_TOKENS = 10_000;

/**
 * How calls to the backends of one service went since the last report, whichever balancer of it is told. With the name
 * of the service they end: see {@link forget}.
 */
export class CallCounts {
  #started = 0;
  #finished = 0;
  #failedToSend = 0;
  #knownReceived = 0;
  #dropped = new Map<string, number>();

  /** A call was sent to a backend; {@link end} follows. */
  start(): void {
    this.#started += 1;
  }

  /** Ends a call that was started since it is there; {@link forget} replaces it. */
  end = this.#createEnd();

  #createEnd(): (outcome: AttemptOutcome) => void {
    const end = ({ started, answered }: AttemptOutcome): void => {
      // What was forgotten when it started does not end here.
      if (end !== this.end) return;
      this.#finished += 1;
      if (!started) this.#failedToSend += 1;
      else if (answered) this.#knownReceived += 1;
    };
    return end;
  }

  /** A call was dropped, as the entry with this token says. Tokens beyond all measure are told as the empty one. */
  drop(token: string): void {
    this.#started += 1;
    this.#finished += 1;
    const isOdd = isTokenTooLong(token) || (this.#dropped.size >= MAX_TOKENS && !this.#dropped.has(token));
    const key = isOdd ? "" : token;
    this.#dropped.set(key, (this.#dropped.get(key) ?? 0) + 1);
  }

  get areZero(): boolean {
    return this.#started === 0 && this.#finished === 0;
  }

  /** The report, and a new beginning. */
  take(nowMs: number): ClientStats {
    const seconds = Math.floor(nowMs / 1000);
    const report: ClientStats = {
      timestamp: { seconds: String(seconds), nanos: Math.round((nowMs - seconds * 1000) * 1e6) },
      numCallsStarted: String(this.#started),
      numCallsFinished: String(this.#finished),
      numCallsFinishedWithClientFailedToSend: String(this.#failedToSend),
      numCallsFinishedKnownReceived: String(this.#knownReceived),
      callsFinishedWithDrop: [...this.#dropped].map(([loadBalanceToken, count]) => ({
        loadBalanceToken,
        numCalls: String(count),
      })),
    };
    this.#clear();
    return report;
  }

  /** The service is another one: its balancer is told nothing of calls before, nor of those under way. */
  forget(): void {
    this.end = this.#createEnd();
    this.#clear();
  }

  #clear(): void {
    this.#started = 0;
    this.#finished = 0;
    this.#failedToSend = 0;
    this.#knownReceived = 0;
    this.#dropped = new Map();
  }
}
