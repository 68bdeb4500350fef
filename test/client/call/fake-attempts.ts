/** Attempts whose servers are the test itself. */
import { constants } from "node:http2";
import type {
  Attempt,
  AttemptEvents,
  AttemptProgress,
  AttemptStarter,
  AttemptStatus,
} from "../../../lib/client/call/attempt.js";
import { ReplayBudget } from "../../../lib/client/call/replay-budget.js";
import type { ReplayedCallListener, ReplayedCallOptions } from "../../../lib/client/call/replayed-call.js";
import type { ConnectionStream } from "../../../lib/client/connection/connection.js";
import type { HedgingPolicy, RetryPolicy } from "../../../lib/client/service-config/service-config.js";
import { Metadata, StatusCode } from "../../../lib/rpc/index.js";
import { ManualClock } from "../doubles.js";

/** How an attempt shall end. */
export interface Ending {
  readonly details?: string;
  readonly trailers?: Readonly<Record<string, string | readonly string[]>>;
  readonly progress?: AttemptProgress;
  readonly dropped?: boolean;
}

/** One attempt, and the stream it may get. */
export class FakeAttempt implements Attempt, ConnectionStream {
  readonly peer: string;
  readonly sent: string[] = [];
  halfClosed = false;
  reads = 0;
  cancelled: { readonly code: StatusCode; readonly details: string } | undefined;
  #pending: (() => void)[] = [];
  #ended = false;

  constructor(
    readonly events: AttemptEvents,
    readonly previousAttempts: number,
    index: number,
  ) {
    this.peer = `10.0.0.${index + 1}:80`;
  }

  send(frame: Buffer, written: () => void): void {
    this.sent.push(frame.toString());
    this.#pending.push(written);
  }
  halfClose(): void {
    this.halfClosed = true;
  }
  startRead(): void {
    this.reads += 1;
  }
  cancel(code: StatusCode, details: string): void {
    if (this.#ended || this.cancelled !== undefined) return;
    this.cancelled = { code, details };
    process.nextTick(() => this.end(code, { details }));
  }

  /** It is picked for, and has a stream. */
  open(): this {
    this.events.onStart(this);
    return this;
  }
  /** The connection takes what was sent. */
  write(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const written of pending) written();
  }
  answer(headers: Metadata = new Metadata()): this {
    this.events.onReceiveMetadata(headers);
    return this;
  }
  reply(text: string): this {
    this.events.onReceiveMessage(Buffer.from(text));
    return this;
  }
  end(
    code: StatusCode,
    { details = "", trailers = {}, progress = "processed", dropped = false }: Ending = {},
  ): void {
    if (this.#ended) return;
    this.#ended = true;
    const metadata = new Metadata();
    for (const [name, values] of Object.entries(trailers)) {
      for (const value of [values].flat()) metadata.add(name, value);
    }
    const rstCode = progress === "refused" ? constants.NGHTTP2_REFUSED_STREAM : undefined;
    this.events.onReceiveStatus({ code, details, metadata, rstCode, progress, dropped });
    // Whatever was on its way is lost.
    this.write();
  }
}

export class FakeAttempts implements AttemptStarter {
  readonly started: FakeAttempt[] = [];

  /** With a server, each attempt has a stream at once. */
  constructor(readonly onAttempt: (attempt: FakeAttempt) => void = (attempt) => void attempt.open()) {}

  start(events: AttemptEvents, previousAttempts: number): Attempt {
    const attempt = new FakeAttempt(events, previousAttempts, this.started.length);
    this.started.push(attempt);
    this.onAttempt(attempt);
    return attempt;
  }

  get last(): FakeAttempt {
    return this.started.at(-1)!;
  }

  /** What each attempt would have sent as `grpc-previous-rpc-attempts`. */
  get previous(): readonly number[] {
    return this.started.map(({ previousAttempts }) => previousAttempts);
  }
}

/** What the layer above a call was told. */
export class CallRecord implements ReplayedCallListener {
  headers: Metadata | undefined;
  readonly messages: string[] = [];
  readonly statuses: AttemptStatus[] = [];

  onReceiveMetadata(metadata: Metadata): void {
    this.headers = metadata;
  }
  onReceiveMessage(frame: Buffer): void {
    this.messages.push(frame.toString());
  }
  onReceiveStatus(status: AttemptStatus): void {
    this.statuses.push(status);
  }

  get code(): StatusCode | undefined {
    return this.statuses[0]?.code;
  }
  get over(): boolean {
    return this.statuses.length > 0;
  }
}

export const retryPolicy: RetryPolicy = {
  maxAttempts: 4,
  initialBackoffMs: 10,
  maxBackoffMs: 10,
  backoffMultiplier: 1,
  retryableCodes: new Set([StatusCode.UNAVAILABLE]),
  perAttemptRecvTimeoutMs: undefined,
};

export const hedgingPolicy: HedgingPolicy = {
  maxAttempts: 3,
  hedgingDelayMs: 100,
  nonFatalCodes: new Set([StatusCode.UNAVAILABLE]),
};

/** Options of a call; the clock is the test's own, and chance is in the middle: no jitter. */
export function callOptions(
  options: Partial<ReplayedCallOptions> = {},
): ReplayedCallOptions & { clock: ManualClock } {
  return {
    retry: undefined,
    hedging: undefined,
    throttle: undefined,
    budget: new ReplayBudget(16 * 1024 * 1024),
    limits: { enabled: true, maxAttempts: 5, maxBytesPerCall: 1024 * 1024, maxBytes: 16 * 1024 * 1024 },
    deadline: Number.POSITIVE_INFINITY,
    random: () => 0.5,
    ...options,
    clock: (options.clock as ManualClock | undefined) ?? new ManualClock(),
  };
}

export const bytes = (text: string): Buffer => Buffer.from(text);
export const noop = (): void => undefined;
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
