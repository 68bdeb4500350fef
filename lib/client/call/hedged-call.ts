import { type Metadata, StatusCode } from "../../rpc/index.js";
import type { ConnectionStream } from "../connection/connection.js";
import type { HedgingPolicy } from "../service-config/service-config.js";
import type { AttemptStarter, AttemptStatus } from "./attempt.js";
import { Hedge, HedgedStreams, type HedgeOwner } from "./hedge.js";
import { ReplayedCall, type ReplayedCallListener, type ReplayedCallOptions } from "./replayed-call.js";
import { readPushback } from "./retry-pushback.js";

/**
 * Attempts side by side (A6, "Hedging Policy"): another every `hedgingDelay`, at once when one fails in a way that does
 * not matter, until one answers; then the others are cancelled.
 */
export class HedgedCall extends ReplayedCall implements HedgeOwner {
  readonly #starter: AttemptStarter;
  readonly #policy: HedgingPolicy;
  readonly #maxAttempts: number;
  /** Those that are under way. */
  readonly #hedges = new Set<Hedge>();
  readonly #streams = new HedgedStreams();
  /** Transparent ones do not count. */
  #started = 0;
  #stopped = false;
  /** The wait for the next hedge. */
  #timer: unknown;
  #wasRefused = false;
  /** The one that answers, or failed last. */
  #chosen: Hedge | undefined;
  #lastStatus: AttemptStatus | undefined;

  constructor(
    starter: AttemptStarter,
    listener: ReplayedCallListener,
    options: ReplayedCallOptions,
    policy: HedgingPolicy,
  ) {
    super(listener, options, true);
    this.#starter = starter;
    this.#policy = policy;
    this.#maxAttempts = Math.min(policy.maxAttempts, options.limits.maxAttempts);
    this.#startNext();
  }

  get peer(): string | undefined {
    return this.#chosen?.peer;
  }

  /** Starts the next attempt, or all if there is no delay, and plans the one behind it. */
  #startNext(): void {
    do {
      // A6: only hedges are throttled, not the first attempt.
      if (this.#started > 0 && this.options.throttle?.allows === false) this.#stopped = true;
      if (!this.#mayStart || (this.#started > 0 && !this.hasTime(0))) break;
      const hedge = new Hedge(this, this.#started);
      this.#started += 1;
      this.#hedges.add(hedge);
      if (this.committed) this.#chosen = hedge;
      this.#start(hedge);
    } while (this.#policy.hedgingDelayMs === 0);
    this.#plan(this.#policy.hedgingDelayMs);
    this.#endIfAllFailed();
  }

  #start(hedge: Hedge): void {
    hedge.start(this.#starter);
    // A callback of the first messages may have ended the call, or chosen another.
    if (!this.#hedges.has(hedge)) hedge.cancel(StatusCode.CANCELLED, "another attempt was chosen");
  }

  get #mayStart(): boolean {
    if (this.ended || this.#stopped || this.#started >= this.#maxAttempts) return false;
    return !this.committed || this.#hedges.size === 0;
  }

  #plan(delayMs: number): void {
    this.#clearTimer();
    if (!this.#mayStart || !this.hasTime(delayMs)) return;
    this.#timer = this.setTimer(() => {
      this.#timer = undefined;
      this.#startNext();
    }, delayMs);
  }

  #endIfAllFailed(): void {
    if (this.ended || this.#hedges.size > 0 || this.#timer !== undefined) return;
    if (this.#lastStatus !== undefined) this.finish(this.#lastStatus);
  }

  onHedgeStart(hedge: Hedge, stream: ConnectionStream): void {
    if (!this.#hedges.has(hedge)) return;
    this.replay(stream);
    if (!this.#hedges.has(hedge)) return;
    hedge.stream = stream;
    if (this.committed) {
      this.stream = stream;
      this.forget();
      this.replayReads(stream);
    } else {
      this.#streams.add(stream);
      this.stream = this.#streams;
    }
  }

  onHedgeMetadata(hedge: Hedge, metadata: Metadata): void {
    if (!this.#hedges.has(hedge)) return;
    this.#choose(hedge);
    if (!this.ended) this.listener.onReceiveMetadata(metadata);
  }

  onHedgeMessage(hedge: Hedge, frame: Buffer): void {
    if (!this.#hedges.has(hedge)) return;
    this.#choose(hedge);
    if (!this.ended) this.listener.onReceiveMessage(frame);
  }

  /** Commits to an attempt, and ends the others. */
  #choose(hedge: Hedge): void {
    if (this.committed) return;
    this.#clearTimer();
    this.#chosen = hedge;
    this.#hedges.delete(hedge);
    this.#cancelAll(StatusCode.CANCELLED, "another attempt was chosen");
    this.#hedges.add(hedge);
    this.stream = hedge.stream;
    this.commit();
    if (this.stream !== undefined) this.replayReads(this.stream);
  }

  onHedgeStatus(hedge: Hedge, status: AttemptStatus): void {
    if (!this.#hedges.has(hedge)) return;
    if (!this.committed && this.#isTransparent(status)) {
      this.#restart(hedge, status);
      return;
    }
    const pushback = this.#countFailure(status);
    this.#remove(hedge);
    this.#chosen = hedge;
    this.#lastStatus = status;
    // A policy's DROP is final, as a fatal status is. OK is a success without a message.
    if (this.committed || status.dropped || !this.#isNonFatal(status)) {
      this.stop(StatusCode.CANCELLED, "another attempt has ended the call");
      this.finish(status);
      return;
    }
    // A6: without further hedges, those that are under way go on.
    if (pushback === "stop") {
      this.#stopped = true;
      this.#clearTimer();
    } else if (pushback !== undefined) this.#plan(pushback);
    else if (this.#mayStart) this.#startNext();
    this.#endIfAllFailed();
  }

  #isNonFatal({ code }: AttemptStatus): boolean {
    return code !== StatusCode.OK && this.#policy.nonFatalCodes.has(code);
  }

  /** What the server wishes. A failure takes a token. */
  #countFailure(status: AttemptStatus): ReturnType<typeof readPushback> {
    if (status.dropped || status.code === StatusCode.OK) return undefined;
    const pushback = readPushback(status.metadata);
    if (pushback === "stop" || this.#isNonFatal(status)) this.options.throttle?.onFailure();
    return pushback;
  }

  /** A6, "Transparent Retries": what never left is tried again and again, what was refused once. */
  #isTransparent({ progress, dropped, code }: AttemptStatus): boolean {
    if (progress === "processed" || dropped || code === StatusCode.OK || !this.hasTime(0)) return false;
    return progress === "unsent" || !this.#wasRefused;
  }

  #restart(hedge: Hedge, { progress }: AttemptStatus): void {
    this.#remove(hedge);
    this.#hedges.add(hedge);
    if (progress === "refused") this.#wasRefused = true;
    else if (hedge.wasUnsent) {
      // Others must have their turn in between, or a connection that is being lost would keep the process busy.
      hedge.timer = this.options.clock.setTimeout(() => this.#start(hedge), 1);
      return;
    } else hedge.wasUnsent = true;
    this.#start(hedge);
  }

  #remove(hedge: Hedge): void {
    this.#hedges.delete(hedge);
    if (hedge.stream === undefined) return;
    this.#streams.delete(hedge.stream);
    if (this.#streams.size === 0 && !this.committed) this.stream = undefined;
    hedge.stream = undefined;
  }

  #clearTimer(): void {
    if (this.#timer === undefined) return;
    this.options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #cancelAll(code: StatusCode, details: string): void {
    for (const hedge of this.#hedges) {
      this.#hedges.delete(hedge);
      if (hedge.timer !== undefined) this.options.clock.clearTimeout(hedge.timer);
      hedge.cancel(code, details);
    }
  }

  protected override overflow(): void {
    const hedges = [...this.#hedges];
    const chosen = hedges.find(({ stream }) => stream !== undefined) ?? hedges[0];
    if (chosen === undefined) this.commit();
    else this.#choose(chosen);
  }

  protected override stop(code: StatusCode, details: string): void {
    this.#clearTimer();
    this.#cancelAll(code, details);
  }
}
