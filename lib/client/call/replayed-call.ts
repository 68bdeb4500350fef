/**
 * One call over attempts that may fail before they have done anything. Until it is committed, what is sent is kept, so
 * that another attempt can send it again; from then on everything goes straight through. Which attempts there are is
 * decided by `RetryingCall` (one after the other) and `HedgedCall` (side by side).
 *
 * A call is committed (A6, "When Retries are Valid") when response headers arrive, or when what would have to be kept
 * becomes too much. Calls without a policy keep a little too, for transparent retries; their first message always,
 * since that costs only a reference.
 */
import { type Clock, type Deadline, Metadata, type Random, StatusCode } from "../../rpc/index.js";
import type { RetryOptions } from "../channel-options.js";
import type { ConnectionStream, WireStatus } from "../connection/connection.js";
import type { HedgingPolicy, RetryPolicy } from "../service-config/service-config.js";
import type { AttemptStatus } from "./attempt.js";
import type { ReplayBudget } from "./replay-budget.js";
import type { RetryThrottle } from "./retry-throttle.js";

/** What a call tells, however many attempts it takes; in this order, the status once and last. */
export interface ReplayedCallListener {
  onReceiveMetadata(metadata: Metadata): void;
  onReceiveMessage(frame: Buffer): void;
  onReceiveStatus(status: AttemptStatus): void;
}

export interface ReplayedCallOptions {
  readonly retry: RetryPolicy | undefined;
  readonly hedging: HedgingPolicy | undefined;
  readonly throttle: RetryThrottle | undefined;
  readonly budget: ReplayBudget;
  readonly limits: Required<RetryOptions>;
  /** The call is cancelled from above when it is over; no attempt is planned for later. */
  readonly deadline: Deadline;
  readonly clock: Clock;
  readonly random: Random;
}

/** Longer than any timer of Node, which would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Beyond its first message, a call without a policy keeps no more than this. */
const MAX_BYTES_WITHOUT_POLICY = 64 * 1024;

const noop = (): void => undefined;

/** Where messages go: one attempt, or several side by side. */
export type SendingStream = Omit<ConnectionStream, "cancel">;

export abstract class ReplayedCall implements ConnectionStream {
  protected readonly listener: ReplayedCallListener;
  protected readonly options: ReplayedCallOptions;
  /** Takes what is sent now; undefined while no attempt has a stream. */
  protected stream: SendingStream | undefined;
  /** No further attempts. */
  protected committed = false;
  protected ended = false;
  readonly #hasPolicy: boolean;
  #frames: Buffer[] | undefined;
  #bytes = 0;
  /** How many of the frames some attempt has taken. */
  #taken = 0;
  /** The callbacks of those that none has taken yet. */
  #waiting: (() => void)[] | undefined;
  #halfClosed = false;
  #reads = 0;

  constructor(listener: ReplayedCallListener, options: ReplayedCallOptions, hasPolicy: boolean) {
    this.listener = listener;
    this.options = options;
    this.#hasPolicy = hasPolicy;
  }

  /** `host:port` of the attempt that counts, once it has a stream. */
  abstract get peer(): string | undefined;

  /** Ends all attempts and waits. */
  protected abstract stop(code: StatusCode, details: string): void;

  /** There is too much to keep: at most the attempt that is under way, or planned, goes on. */
  protected abstract overflow(): void;

  send(frame: Buffer, written: () => void): void {
    if (this.ended) {
      process.nextTick(written);
      return;
    }
    if (!this.committed || this.stream === undefined) this.#keep(frame);
    if (this.stream === undefined) {
      this.#waiting ??= [];
      this.#waiting.push(written);
    } else {
      if (this.#frames !== undefined) this.#taken = this.#frames.length;
      this.stream.send(frame, written);
    }
  }

  #keep(frame: Buffer): void {
    this.#frames ??= [];
    this.#frames.push(frame);
    if (this.committed) return;
    if (this.#hasPolicy) {
      const { budget, limits } = this.options;
      if (this.#bytes + frame.length <= limits.maxBytesPerCall && budget.take(frame.length)) {
        this.#bytes += frame.length;
        return;
      }
    } else if (this.#frames.length === 1) return;
    else {
      this.#bytes += frame.length;
      if (this.#bytes <= MAX_BYTES_WITHOUT_POLICY) return;
    }
    this.overflow();
  }

  halfClose(): void {
    if (this.#halfClosed) return;
    this.#halfClosed = true;
    this.stream?.halfClose();
  }

  startRead(): void {
    if (!this.committed || this.stream === undefined) this.#reads += 1;
    this.stream?.startRead();
  }

  cancel(code: StatusCode, details: string): void {
    if (this.ended) return;
    this.#end();
    this.stop(code, details);
    process.nextTick(() =>
      this.listener.onReceiveStatus(withoutAttempt({ code, details, metadata: new Metadata() })),
    );
  }

  /** Sends to a new attempt what was sent so far. */
  protected replay(stream: SendingStream): void {
    const frames = this.#frames;
    if (frames !== undefined) {
      const waitingFrom = this.#taken;
      // A callback may send more: until the stream is in place, that too lands in the lists.
      for (let i = 0; i < frames.length && !this.ended; i++) {
        const isNew = i >= this.#taken;
        if (isNew) this.#taken = i + 1;
        stream.send(frames[i]!, (isNew && this.#waiting?.[i - waitingFrom]) || noop);
      }
      this.#waiting = undefined;
    }
    if (this.#halfClosed && !this.ended) stream.halfClose();
  }

  /** Hands the reads that were asked for to an attempt. */
  protected replayReads(stream: SendingStream): void {
    for (let i = 0; i < this.#reads && !this.ended; i++) stream.startRead();
  }

  /** From now on there is one attempt at most; what it has not got yet is kept until it has a stream. */
  protected commit(): void {
    this.committed = true;
    if (this.stream !== undefined) this.forget();
  }

  /** Gives up what was kept. */
  protected forget(): void {
    this.#frames = undefined;
    if (this.#hasPolicy && this.#bytes > 0) this.options.budget.giveBack(this.#bytes);
    this.#bytes = 0;
  }

  protected finish(status: AttemptStatus): void {
    this.#end();
    if (status.code === StatusCode.OK) this.options.throttle?.onSuccess();
    this.listener.onReceiveStatus(status);
  }

  #end(): void {
    this.ended = true;
    this.stream = undefined;
    this.forget();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    // Whoever produces requests must not wait for ever.
    for (const written of waiting ?? []) written();
  }

  /** A timer of this call, however long the config wants it. */
  protected setTimer(callback: () => void, delayMs: number): unknown {
    return this.options.clock.setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS));
  }

  /** Whether there is time for an attempt that starts in so many milliseconds. */
  protected hasTime(delayMs: number): boolean {
    const { clock, deadline } = this.options;
    return deadline === Number.POSITIVE_INFINITY || clock.now() + delayMs < deadline;
  }
}

/** The status of a call that no attempt has ended. */
function withoutAttempt(status: WireStatus): AttemptStatus {
  return { ...status, progress: "unsent", dropped: false };
}
