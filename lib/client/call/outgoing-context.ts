import { setMaxListeners } from "node:events";
import {
  type CallContext,
  type CallKey,
  type Deadline,
  findCall,
  Metadata,
  type MethodDescriptor,
  NO_DEADLINE,
  type OutgoingCall,
  StatusError,
} from "../../rpc/index.js";
import type { Schema } from "../../schema/index.js";
import type { Channel } from "../channel.js";
import { type CallOptions, type ClientOptions, type InheritOptions, TRACE_CONTEXT } from "./call-options.js";

/** What the calls of one client share. */
export interface ClientHost {
  readonly channel: Channel;
  readonly options: ClientOptions;
  /** It knows the types of error details. */
  readonly schema: Schema;
}

/** What a call has under way. */
export interface Cancellable {
  cancel(reason: StatusError): void;
}

/** Unary calls end by then, if nothing else was said: no call can hang. */
const DEFAULT_UNARY_DEADLINE_MS = 60_000;
/** Longer than any timer of Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** One call as its maker sees it; see {@link OutgoingCall}. It has one deadline, one end, however often it is tried. */
export class OutgoingContext implements OutgoingCall {
  readonly method: MethodDescriptor;
  readonly host: ClientHost;
  readonly options: CallOptions;
  readonly caller: CallContext | undefined;
  deadline: Deadline = NO_DEADLINE;
  peer: string | undefined;
  headers: Metadata | undefined;
  trailers: Metadata | undefined;
  #metadata: Metadata | undefined;
  #values: Map<symbol, unknown> | undefined;
  #abort: AbortController | undefined;
  #reason: StatusError | undefined;
  #timer: unknown;
  #timerDeadline: Deadline = NO_DEADLINE;
  readonly #works: Cancellable[] = [];
  #ended = false;
  #releases: (() => void)[] | undefined;

  constructor(host: ClientHost, method: MethodDescriptor, options: CallOptions, caller = findCall()) {
    this.host = host;
    this.method = method;
    this.options = options;
    const inherit = options.inherit ?? host.options.inherit ?? true;
    const above = inherit === false ? undefined : (options.caller ?? caller);
    this.caller = above;
    this.#metadata = options.metadata === undefined ? undefined : toMetadata(options.metadata);
    this.#limitOwn();
    const taken = inherit === true ? {} : (inherit as InheritOptions);
    if (above !== undefined) this.#inherit(above, taken);
    // Last, behind all that may throw: nobody would take the listeners away again.
    if (options.signal !== undefined) this.#follow(options.signal, "the call was cancelled");
    if (above !== undefined && taken.cancellation !== false) this.#followCall(above);
    this.#setTimer();
  }

  #limitOwn(): void {
    const { options, method, host } = this;
    const many = method.kind === "serverStreaming" || method.kind === "bidiStreaming";
    const fallback = many ? host.options.streamDeadlineMs : host.options.deadlineMs;
    const limitMs =
      options.deadlineMs ?? fallback ?? (method.kind === "unary" ? DEFAULT_UNARY_DEADLINE_MS : NO_DEADLINE);
    if (Number.isNaN(limitMs))
      throw new RangeError(`deadlineMs must be a number of milliseconds, got ${limitMs}`);
    if (limitMs !== NO_DEADLINE) this.deadline = host.channel.plan.clock.now() + limitMs;
  }

  #inherit(above: CallContext, inherit: InheritOptions): void {
    if (inherit.deadline !== false) this.deadline = Math.min(this.deadline, above.deadline);
    for (const name of inherit.metadata ?? TRACE_CONTEXT) {
      if (this.#metadata !== undefined && this.#metadata.get(name).length > 0) continue;
      for (const value of above.metadata.get(name)) this.metadata.add(name, value);
    }
  }

  #followCall(above: CallContext): void {
    const text = "the call above was cancelled";
    if (above.onAbort === undefined) this.#follow(above.signal, text);
    else this.#release(above.onAbort((reason) => this.#cancelFor(text, reason)));
  }

  #follow(signal: AbortSignal, text: string): void {
    const abort = (): void => this.#cancelFor(text, (signal as { reason: unknown }).reason);
    if (signal.aborted) {
      abort();
      return;
    }
    // Many calls may hang on one signal, each for its own time; that is no leak to be warned of.
    setMaxListeners(0, signal);
    signal.addEventListener("abort", abort, { once: true });
    this.#release(() => signal.removeEventListener("abort", abort));
  }

  #cancelFor(text: string, cause: unknown): void {
    // What has ended the call above is of interest here only as far as its deadline goes.
    this.cancel(StatusError.cancelled(text, { path: this.method.path, cause }));
  }

  /** Something to be let go of at the end. */
  #release(release: () => void): void {
    this.#releases ??= [];
    this.#releases.push(release);
  }

  get target(): string {
    return this.host.channel.target;
  }

  get metadata(): Metadata {
    this.#metadata ??= new Metadata();
    return this.#metadata;
  }

  /** Undefined as long as nobody has asked for any. */
  get metadataIfAny(): Metadata | undefined {
    return this.#metadata;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#reason !== undefined) this.#abort.abort(this.#reason);
    }
    return this.#abort.signal;
  }

  limitDeadline(deadline: Deadline): void {
    if (deadline >= this.deadline) return;
    this.deadline = deadline;
    this.#setTimer();
  }

  #setTimer(): void {
    if (this.#ended || this.deadline === this.#timerDeadline) return;
    const { clock } = this.host.channel.plan;
    clock.clearTimeout(this.#timer);
    this.#timerDeadline = this.deadline;
    const leftMs = this.deadline - clock.now();
    // Nothing is sent of a call that has no time.
    if (leftMs <= 0) this.#overdue();
    else this.#timer = clock.setTimeout(() => this.#overdue(), Math.min(MAX_TIMER_MS, leftMs));
  }

  #overdue(): void {
    const { clock } = this.host.channel.plan;
    if (clock.now() < this.deadline) {
      // Node's timers may be early by a millisecond, and longer waits come in several parts.
      this.#timerDeadline = NO_DEADLINE;
      this.#setTimer();
      return;
    }
    const waitingFor = this.headers === undefined ? this.host.channel.waitingFor : undefined;
    const why = waitingFor === undefined ? "" : `; the last failure: ${waitingFor.text}`;
    this.cancel(StatusError.deadlineExceeded(`the deadline is over${why}`, { path: this.method.path }));
  }

  /** Ends the call early; once. */
  cancel(reason: StatusError): void {
    if (this.#ended || this.#reason !== undefined) return;
    this.#reason = reason;
    this.#abort?.abort(reason);
    // What was started last is furthest in: what goes on around it may look at how it ended.
    for (const work of this.#works.splice(0).reverse()) work.cancel(reason);
  }

  /** Why the call was ended early, if it was. */
  get cancelled(): StatusError | undefined {
    return this.#reason;
  }

  /** Why nothing can be started any more, if it cannot. */
  get over(): StatusError | undefined {
    if (this.#reason !== undefined || !this.#ended) return this.#reason;
    return StatusError.cancelled("the call is over", { path: this.method.path });
  }

  /** To be told when the call is ended early. */
  addWork(work: Cancellable): void {
    this.#works.push(work);
  }

  removeWork(work: Cancellable): void {
    const index = this.#works.indexOf(work);
    if (index >= 0) this.#works.splice(index, 1);
  }

  /** The call is over: nothing is left behind. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.host.channel.plan.clock.clearTimeout(this.#timer);
    if (this.#releases !== undefined) for (const release of this.#releases) release();
    if (this.#works.length === 0) return;
    // What an interceptor has left running would have no deadline any more.
    const reason = this.over!;
    for (const work of this.#works.splice(0).reverse()) work.cancel(reason);
  }

  get<T>(key: CallKey<T>): T | undefined {
    return this.#values?.get(key.id) as T | undefined;
  }

  set<T>(key: CallKey<T>, value: T): void {
    this.#values ??= new Map();
    this.#values.set(key.id, value);
  }
}

/** A copy, which interceptors may change. Throws an Error for names and values that gRPC does not allow. */
function toMetadata(init: NonNullable<CallOptions["metadata"]>): Metadata {
  if (init instanceof Metadata) return init.clone();
  const metadata = new Metadata();
  for (const [name, values] of Object.entries(init)) {
    for (const value of Array.isArray(values) ? values : [values])
      metadata.add(name, value as string | Buffer);
  }
  return metadata;
}
