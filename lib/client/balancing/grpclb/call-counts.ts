import type { ClientStats } from "../../../schema/index.js";
import type { AttemptOutcome } from "../picker.js";

/** More tokens than a list can have by right; a balancer that invents ever new ones fills no memory. */
const MAX_TOKENS = 10_000;

/** How calls to the balancer's backends went since the last report. */
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

  readonly end = ({ started, answered }: AttemptOutcome): void => {
    this.#finished += 1;
    if (!started) this.#failedToSend += 1;
    else if (answered) this.#knownReceived += 1;
  };

  /** A call was dropped, as the entry with this token says. */
  drop(token: string): void {
    this.#started += 1;
    this.#finished += 1;
    const before = this.#dropped.get(token);
    if (before !== undefined || this.#dropped.size < MAX_TOKENS) this.#dropped.set(token, (before ?? 0) + 1);
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
    this.clear();
    return report;
  }

  clear(): void {
    this.#started = 0;
    this.#finished = 0;
    this.#failedToSend = 0;
    this.#knownReceived = 0;
    this.#dropped = new Map();
  }
}
