import { type Metadata, StatusCode } from "../../rpc/index.js";
import type { ConnectionStream } from "../connection/connection.js";
import type { RetryPolicy } from "../service-config/service-config.js";
import type { Attempt, AttemptEvents, AttemptStarter, AttemptStatus } from "./attempt.js";
import { ReplayedCall, type ReplayedCallListener, type ReplayedCallOptions } from "./replayed-call.js";
import { readPushback } from "./retry-pushback.js";

/** A6: a wait is up to a fifth shorter or longer. */
const JITTER = 0.2;

/**
 * One attempt after the other (A6, "Retry Policy"). Without a policy, only what never reached the server is tried
 * again; then this is all there is between a call and its stream, and costs it nothing but itself.
 */
export class RetryingCall extends ReplayedCall implements AttemptEvents {
  readonly #starter: AttemptStarter;
  readonly #policy: RetryPolicy | undefined;
  readonly #maxAttempts: number;
  #attempt: Attempt | undefined;
  /** Transparent ones do not count. */
  #previousAttempts = 0;
  #retriesSincePushback = 0;
  #wasRefused = false;
  #wasUnsent = false;
  /** Given up here; only its status is still to come. */
  #timedOut = false;
  /** The wait for the next attempt, or for an answer to this one. */
  #timer: unknown;

  constructor(starter: AttemptStarter, listener: ReplayedCallListener, options: ReplayedCallOptions) {
    const policy = options.limits.enabled ? options.retry : undefined;
    super(listener, options, policy !== undefined);
    this.#starter = starter;
    this.#policy = policy;
    this.#maxAttempts = policy === undefined ? 1 : Math.min(policy.maxAttempts, options.limits.maxAttempts);
    this.#start();
  }

  get peer(): string | undefined {
    return this.#attempt?.peer;
  }

  #start(): void {
    this.#attempt = undefined;
    this.#attempt = this.#starter.start(this, this.#previousAttempts);
    // A callback of the first messages may have cancelled the call.
    if (this.ended) this.#attempt.cancel(StatusCode.CANCELLED, "the call has ended");
  }

  onStart(stream: ConnectionStream): void {
    if (this.ended) return;
    const timeoutMs = this.#policy?.perAttemptRecvTimeoutMs;
    if (timeoutMs !== undefined) this.#timer = this.setTimer(() => this.#giveUp(timeoutMs), timeoutMs);
    this.replay(stream);
    if (this.ended) return;
    this.stream = stream;
    if (this.committed) this.forget();
    this.replayReads(stream);
  }

  #giveUp(timeoutMs: number): void {
    this.#timer = undefined;
    this.#timedOut = true;
    this.stream = undefined;
    this.#attempt?.cancel(StatusCode.CANCELLED, `the attempt had no answer within ${timeoutMs} ms`);
  }

  onReceiveMetadata(metadata: Metadata): void {
    if (this.ended || this.#timedOut) return;
    this.#answered();
    this.listener.onReceiveMetadata(metadata);
  }

  onReceiveMessage(frame: Buffer): void {
    if (this.ended || this.#timedOut) return;
    this.#answered();
    this.listener.onReceiveMessage(frame);
  }

  #answered(): void {
    if (this.#timer !== undefined) this.#clearTimer();
    if (!this.committed) this.commit();
  }

  onReceiveStatus(status: AttemptStatus): void {
    if (this.ended) return;
    if (this.#timer !== undefined) this.#clearTimer();
    if (status.code === StatusCode.OK && !this.#timedOut) {
      this.finish(status);
      return;
    }
    this.stream = undefined;
    const delayMs = this.#delayAfter(status);
    this.#timedOut = false;
    if (delayMs === undefined) this.finish(status);
    else if (delayMs === 0) this.#start();
    else {
      this.#timer = this.setTimer(() => {
        this.#timer = undefined;
        this.#start();
      }, delayMs);
    }
  }

  /** The wait before another attempt, in milliseconds; undefined if this was the last. */
  #delayAfter(status: AttemptStatus): number | undefined {
    if (status.dropped) return undefined;
    if (status.progress !== "processed" && !this.committed) {
      const transparent = this.#transparentDelay(status);
      if (transparent !== undefined) return transparent;
    }
    const policy = this.#policy;
    if (policy === undefined) return undefined;
    const { throttle, random } = this.options;
    // A call that is given up here has failed, whatever it says.
    const pushback = this.#timedOut ? undefined : readPushback(status.metadata);
    const retryable = this.#timedOut || policy.retryableCodes.has(status.code);
    // A6: counted also if, for other reasons, it is not tried again.
    if (retryable || pushback === "stop") throttle?.onFailure();
    if (!retryable || pushback === "stop" || this.committed) return undefined;
    if (throttle?.allows === false || this.#previousAttempts + 1 >= this.#maxAttempts) return undefined;
    let delayMs = pushback;
    if (delayMs === undefined) {
      const plain = policy.initialBackoffMs * policy.backoffMultiplier ** this.#retriesSincePushback;
      delayMs = Math.min(plain, policy.maxBackoffMs) * (1 + JITTER * (2 * random() - 1));
    }
    if (!this.hasTime(delayMs)) return undefined;
    // A6: a wait that the server asked for starts the sequence anew.
    this.#retriesSincePushback = pushback === undefined ? this.#retriesSincePushback + 1 : 0;
    this.#previousAttempts += 1;
    return delayMs;
  }

  /** A6, "Transparent Retries": what never left is tried again and again, what was refused once. */
  #transparentDelay({ progress }: AttemptStatus): number | undefined {
    if (!this.hasTime(0)) return undefined;
    if (progress === "refused") {
      if (this.#wasRefused) return undefined;
      this.#wasRefused = true;
      return 0;
    }
    // Others must have their turn in between, or a connection that is being lost would keep the process busy.
    const delayMs = this.#wasUnsent ? 1 : 0;
    this.#wasUnsent = true;
    return delayMs;
  }

  #clearTimer(): void {
    this.options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  protected override overflow(): void {
    this.commit();
  }

  protected override stop(code: StatusCode, details: string): void {
    if (this.#timer !== undefined) this.#clearTimer();
    this.#attempt?.cancel(code, details);
  }
}
