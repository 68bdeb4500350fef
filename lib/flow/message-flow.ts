import { Subscriber, type TeardownLogic } from "rxjs";
import { StatusError } from "../rpc/index.js";
import { type Demand, withDemand } from "./demand.js";
import { Flow } from "./flow.js";

/** How many received messages a stream holds before it stops reading the peer, if nothing else is said. */
export const DEFAULT_WINDOW = 16;

/** Where a {@link MessageFlow} gets its messages from. */
export interface MessageSource {
  /** Asks for one more message; the answer is `push`, `end` or `fail`, at once or later. */
  read(): void;
  /** Runs a delivery in the context that its consumer should see. */
  enter(deliver: () => void): void;
  /** Code that consumes the messages has failed. */
  fail(error: unknown): void;
}

/**
 * Messages received from a peer. Reading starts at once, into a window of its own: grpc-js does not hold a
 * sender back before the first read, and HTTP/2 only in units of 64 KiB. While the window is full nothing is read,
 * so that flow control reaches the sender. Can be consumed once.
 */
export class MessageFlow<T> extends Flow<T> {
  readonly #origin: MessageSource;
  readonly #window: number;
  readonly #queue: T[] = [];
  #reading = false;
  #filling = false;
  #ended = false;
  #failure: { error: unknown } | undefined;
  #endFailure: { readonly error: unknown } | undefined;
  /** Set while somebody consumes: looks at the queue and the end. */
  #wake: (() => void) | undefined;
  #consumed = false;
  #stopped = false;

  constructor(origin: MessageSource, window = DEFAULT_WINDOW) {
    super((subscriber, demand) => this.#deliverTo(subscriber, demand));
    this.#origin = origin;
    this.#window = window;
  }

  protected override get onConsumerError(): (error: unknown) => void {
    return (error) => this.#origin.fail(error);
  }

  /** Starts to read. */
  open(): void {
    this.#fill();
  }

  push(message: T): void {
    this.#reading = false;
    if (this.#stopped) return;
    this.#queue.push(message);
    this.#wake?.();
    this.#fill();
  }

  /** No further messages come. With an error, the stream ends with it when those that are here were taken. */
  end(failure?: { readonly error: unknown }): void {
    this.#ended = true;
    this.#endFailure = failure;
    this.#wake?.();
  }

  /** Ends the stream with an error at once; messages that nobody has taken yet are gone. */
  fail(error: unknown): void {
    if (this.#failure !== undefined || (this.#ended && this.#queue.length === 0)) return;
    this.#failure = { error };
    this.#queue.length = 0;
    this.#wake?.();
  }

  /** Reads until the window is full. A read may answer before it returns, hence the loop. */
  #fill(): void {
    if (this.#filling) return;
    this.#filling = true;
    while (!this.#reading && !this.#over && this.#queue.length < this.#window) {
      this.#reading = true;
      this.#origin.read();
    }
    this.#filling = false;
  }

  get #over(): boolean {
    return this.#ended || this.#stopped || this.#failure !== undefined;
  }

  #take(): T {
    const message = this.#queue.shift() as T;
    this.#fill();
    return message;
  }

  #consume(wake: () => void): void {
    if (this.#consumed) {
      throw StatusError.internal(
        "the request stream is read twice; share it with rxjs's share() if both need it",
      );
    }
    this.#consumed = true;
    this.#wake = wake;
  }

  #stop(): void {
    this.#stopped = true;
    this.#wake = undefined;
    this.#queue.length = 0;
  }

  #deliverTo(subscriber: Subscriber<T>, demand: Demand): TeardownLogic {
    let delivering = false;
    let waiting = false;
    const deliver = (): void => {
      while (this.#queue.length > 0 && demand.open && !subscriber.closed) subscriber.next(this.#take());
      if (subscriber.closed) return;
      if (this.#failure !== undefined) subscriber.error(this.#failure.error);
      else if (this.#queue.length > 0) {
        if (!waiting) {
          waiting = true;
          demand.whenOpen(resume);
        }
      } else if (this.#endFailure !== undefined) subscriber.error(this.#endFailure.error);
      else if (this.#ended) subscriber.complete();
    };
    const deliverOnDemand = (): void => withDemand(demand, deliver);
    const wake = (): void => {
      if (delivering) return;
      delivering = true;
      try {
        this.#origin.enter(deliverOnDemand);
      } finally {
        delivering = false;
      }
    };
    const resume = (): void => {
      waiting = false;
      wake();
    };
    this.#consume(wake);
    subscriber.add(() => this.#stop());
    wake();
    return undefined;
  }

  /** Takes from the window without the way through a subscription. */
  override [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    const readers: { resolve(result: IteratorResult<T>): void; reject(error: unknown): void }[] = [];
    const settle = (): void => {
      while (readers.length > 0) {
        if (this.#queue.length > 0) readers.shift()!.resolve({ done: false, value: this.#take() });
        else if (this.#failure !== undefined) readers.shift()!.reject(this.#failure.error);
        else if (this.#endFailure !== undefined && !this.#stopped)
          readers.shift()!.reject(this.#endFailure.error);
        else if (this.#ended || this.#stopped) readers.shift()!.resolve({ done: true, value: undefined });
        else return;
      }
    };
    let started = false;
    return {
      next: () =>
        new Promise((resolve, reject) => {
          if (!started) {
            started = true;
            this.#consume(settle);
          }
          readers.push({ resolve, reject });
          settle();
        }),
      return: async () => {
        this.#stop();
        settle();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}
