import { isObservable, type Observable } from "rxjs";
import { StatusError } from "../rpc/index.js";
import { type Demand, withDemand } from "./demand.js";
import { FinalSubscriber } from "./final-subscriber.js";
import { OverflowBuffer, type OverflowOptions } from "./overflow.js";

/** Where a {@link MessageSink} writes to. */
export interface MessageTarget<T> {
  /** Writes one message and gives its size in bytes. `written` must be called, in order, when the transport took it. */
  write(message: T, written: () => void): number;
  /** No further messages come. */
  end(): void;
  fail(error: unknown): void;
  /** Notes a failure that changes nothing any more. */
  report(error: unknown): void;
}

/** How much may be on its way to the transport at once, so that it can send many messages in one go. */
const MAX_MESSAGES_IN_FLIGHT = 128;
const MAX_BYTES_IN_FLIGHT = 64 * 1024;

/**
 * Messages to be sent to a peer. It is the {@link Demand} of whatever produces them: closed while as much is in
 * flight as the transport should hold. What a source pushes without looking is buffered and then overflows.
 */
export class MessageSink<T> implements Demand {
  open = true;
  readonly #target: MessageTarget<T>;
  readonly #early: OverflowBuffer<T>;
  readonly #sizes: number[] = [];
  #firstSize = 0;
  #bytes = 0;
  #waiting: (() => void)[] = [];
  #completed = false;
  #stopped = false;
  #stopSource: (() => void) | undefined;
  readonly #written = () => this.#onWritten();

  constructor(target: MessageTarget<T>, options?: OverflowOptions) {
    this.#target = target;
    this.#early = new OverflowBuffer(options);
  }

  /** Takes all messages of a source: an Observable, an AsyncIterable or an Iterable. */
  consume(source: unknown): void {
    try {
      if (isObservable(source)) this.#subscribe(source as Observable<T>);
      else if (isIterable(source, Symbol.asyncIterator)) this.#pull(source[Symbol.asyncIterator]());
      else if (typeof source === "object" && isIterable(source, Symbol.iterator))
        this.#pullSync(source[Symbol.iterator]());
      else {
        throw StatusError.internal("the handler of a response stream returned no stream", {
          cause: new TypeError(
            `expected an Observable, AsyncIterable or Iterable of messages, got ${source === null ? "null" : typeof source}`,
          ),
        });
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The peer is gone or the call has failed: stops the source and forgets what was not sent. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.open = false;
    this.#early.clear();
    this.#waiting = [];
    try {
      this.#stopSource?.();
    } catch (error) {
      this.#target.report(error);
    }
  }

  whenOpen(resume: () => void): void {
    if (this.open) resume();
    else if (!this.#stopped) this.#waiting.push(resume);
  }

  #subscribe(source: Observable<T>): void {
    const subscriber = new FinalSubscriber<T>({
      next: (message) => this.#next(message),
      error: (error: unknown) => this.#fail(error),
      complete: () => this.#complete(),
      report: (error) => this.#target.report(error),
    });
    this.#stopSource = () => subscriber.unsubscribe();
    withDemand(this, () => source.subscribe(subscriber));
    if (this.#stopped) subscriber.unsubscribe();
  }

  #pull(iterator: AsyncIterator<T>): void {
    this.#stopSource = () => {
      // A generator that waits for something gets this only when it is through; its rejection interests nobody then.
      Promise.resolve(iterator.return?.()).catch(() => undefined);
    };
    const step = (): void => {
      if (this.#stopped) return;
      if (!this.open) {
        this.whenOpen(step);
        return;
      }
      try {
        Promise.resolve(iterator.next()).then(take, fail);
      } catch (error) {
        fail(error);
      }
    };
    const take = (result: IteratorResult<T>): void => {
      if (this.#stopped) return;
      if (typeof result !== "object" || result === null) {
        fail(new TypeError(`an async iterator gave ${String(result)} instead of { done, value }`));
        return;
      }
      if (result.done) {
        this.#stopSource = undefined;
        this.#complete();
        return;
      }
      this.#next(result.value);
      step();
    };
    const fail = (error: unknown): void => {
      this.#stopSource = undefined;
      this.#fail(error);
    };
    step();
  }

  #pullSync(iterator: Iterator<T>): void {
    this.#stopSource = () => iterator.return?.();
    const run = (): void => {
      try {
        while (this.open) {
          const result = iterator.next();
          if (result.done) {
            this.#stopSource = undefined;
            this.#complete();
            return;
          }
          this.#next(result.value);
        }
      } catch (error) {
        this.#stopSource = undefined;
        this.#fail(error);
        return;
      }
      this.whenOpen(run);
    };
    run();
  }

  #next(message: T): void {
    if (this.#stopped) return;
    try {
      if (this.open) this.#send(message);
      else this.#early.push(message);
    } catch (error) {
      this.#fail(error);
    }
  }

  #send(message: T): void {
    const size = this.#target.write(message, this.#written);
    this.#sizes.push(size);
    this.#bytes += size;
    if (this.#inFlight >= MAX_MESSAGES_IN_FLIGHT || this.#bytes >= MAX_BYTES_IN_FLIGHT) this.open = false;
  }

  get #inFlight(): number {
    return this.#sizes.length - this.#firstSize;
  }

  #onWritten(): void {
    this.#bytes -= this.#sizes[this.#firstSize]!;
    this.#firstSize += 1;
    if (this.#firstSize === this.#sizes.length) {
      this.#sizes.length = 0;
      this.#firstSize = 0;
    } else if (this.#firstSize >= 4 * MAX_MESSAGES_IN_FLIGHT) {
      this.#sizes.splice(0, this.#firstSize);
      this.#firstSize = 0;
    }
    // Half empty, so that messages go out in bunches.
    if (
      !this.open &&
      this.#inFlight <= MAX_MESSAGES_IN_FLIGHT / 2 &&
      this.#bytes <= MAX_BYTES_IN_FLIGHT / 2
    ) {
      this.#reopen();
    }
  }

  #reopen(): void {
    if (this.#stopped) return;
    this.open = true;
    try {
      while (this.open && this.#early.length > 0) this.#send(this.#early.shift() as T);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#completed && this.#early.length === 0) this.#finish();
    while (this.open && this.#waiting.length > 0) this.#waiting.shift()!();
  }

  #complete(): void {
    if (this.#stopped || this.#completed) return;
    this.#completed = true;
    if (this.#early.length === 0) this.#finish();
  }

  #finish(): void {
    this.#stopped = true;
    this.#stopSource = undefined;
    this.#target.end();
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#target.fail(error);
  }
}

function isIterable<S extends typeof Symbol.asyncIterator | typeof Symbol.iterator>(
  value: unknown,
  symbol: S,
): value is S extends typeof Symbol.asyncIterator ? AsyncIterable<never> : Iterable<never> {
  return (
    value !== null && value !== undefined && typeof (value as Record<symbol, unknown>)[symbol] === "function"
  );
}
