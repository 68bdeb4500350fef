/**
 * A stream with demand: an `Observable` that is also an `AsyncIterable`. A slow consumer slows the producer,
 * and memory stays flat, in all three ways to consume one:
 *
 * ```ts
 * for await (const position of positions) await store(position);       // asks for the next when the body is done
 * positions.pipe(concatMap((p) => store(p)))                            // Grebe's operators wait for the inner work
 * positions.subscribe(async (p) => { await store(p); });                // waits for the promise that is returned
 * ```
 *
 * Piping through rxjs's operators gives a Flow again; the synchronous ones pass demand through (see `demand.ts`).
 */
import {
  config,
  isObservable,
  Observable,
  type Observer,
  type Operator,
  type OperatorFunction,
  Subscriber,
  Subscription,
  type TeardownLogic,
} from "rxjs";
import { currentDemand, type Demand, Gate, unbounded, withDemand } from "./demand.js";
import { FinalSubscriber } from "./final-subscriber.js";
import { iterate } from "./iterate.js";

/** Emits to the subscriber while `demand` is open; see {@link Demand}. */
export type FlowProducer<T> = (subscriber: Subscriber<T>, demand: Demand) => TeardownLogic;

type NextHandler<T> = ((value: T) => unknown) | undefined | null;

export class Flow<T> extends Observable<T> implements AsyncIterable<T> {
  readonly #producer: FlowProducer<T> | undefined;
  /** What the messages were made of, if there is something. */
  readonly #upstream: Observable<unknown> | undefined;

  constructor(producer?: FlowProducer<T>, upstream?: Observable<unknown>) {
    super();
    this.#producer = producer;
    this.#upstream = upstream;
  }

  /**
   * Starts the work for a subscriber; what rxjs's own kinds of Observable override too. A class of Flow does so
   * instead of handing in a producer where one closure per call counts.
   */
  protected _subscribe(subscriber: Subscriber<T>): TeardownLogic {
    return this.#producer === undefined
      ? this.source?.subscribe(subscriber)
      : this.#producer(subscriber, currentDemand());
  }

  /** Told when code that consumes the messages fails: what they come from knows what to end. */
  protected get onConsumerError(): ((error: unknown) => void) | undefined {
    const upstream = this.#upstream ?? this.source;
    return upstream instanceof Flow ? upstream.onConsumerError : undefined;
  }

  /** @internal */
  static consumerErrorOf(flow: Flow<unknown>): ((error: unknown) => void) | undefined {
    return flow.onConsumerError;
  }

  /** An rxjs operator applied to a Flow makes a Flow. */
  override lift<R>(operator?: Operator<T, R>): Flow<R> {
    const lifted = new Flow<R>();
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(observer?: Partial<Observer<T>> | ((value: T) => unknown)): Subscription;
  override subscribe(
    next?: NextHandler<T>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    observer?: Partial<Observer<T>> | NextHandler<T>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // An operator, or a consumer that already brings its demand.
    if (observer instanceof Subscriber) return super.subscribe(observer);
    const consumer =
      typeof observer === "function" || !observer ? { next: observer, error, complete } : observer;
    return subscribeConsumer(this, consumer as Partial<Observer<T>>);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return iterate(this);
  }

  override pipe(): Flow<T>;
  override pipe<A>(op1: OperatorFunction<T, A>): Flow<A>;
  override pipe<A, B>(op1: OperatorFunction<T, A>, op2: OperatorFunction<A, B>): Flow<B>;
  override pipe<A, B, C>(
    op1: OperatorFunction<T, A>,
    op2: OperatorFunction<A, B>,
    op3: OperatorFunction<B, C>,
  ): Flow<C>;
  override pipe<A, B, C, D>(
    op1: OperatorFunction<T, A>,
    op2: OperatorFunction<A, B>,
    op3: OperatorFunction<B, C>,
    op4: OperatorFunction<C, D>,
  ): Flow<D>;
  override pipe<A, B, C, D, E>(
    op1: OperatorFunction<T, A>,
    op2: OperatorFunction<A, B>,
    op3: OperatorFunction<B, C>,
    op4: OperatorFunction<C, D>,
    op5: OperatorFunction<D, E>,
  ): Flow<E>;
  override pipe(...operators: OperatorFunction<never, unknown>[]): Observable<unknown> {
    let piped: Observable<unknown> = this;
    for (const operator of operators) piped = operator(piped as never);
    // An operator that makes its own Observable instead of lifting loses the class, not the demand.
    return piped instanceof Flow ? piped : toFlow(piped);
  }
}

/** What a Flow can be made of. */
export type FlowSource<T> = Observable<T> | AsyncIterable<T> | Iterable<T> | PromiseLike<T>;

/** Anything that gives messages as a Flow. Iterables are pulled on demand; an Observable passes its demand on. */
export function toFlow<T>(source: FlowSource<T>): Flow<T> {
  if (source instanceof Flow) return source;
  if (isObservable(source)) return new Flow((subscriber) => source.subscribe(subscriber), source);
  if (Symbol.asyncIterator in source)
    return new Flow((subscriber, demand) => pull(source, subscriber, demand));
  if (Symbol.iterator in source)
    return new Flow((subscriber, demand) => pullSync(source, subscriber, demand));
  return new Flow((subscriber, demand) => {
    source.then(
      (value) =>
        withDemand(demand, () => {
          subscriber.next(value);
          subscriber.complete();
        }),
      (error) => withDemand(demand, () => subscriber.error(error)),
    );
  });
}

/** A Flow of the given messages. */
export function flowOf<T>(...messages: T[]): Flow<T> {
  return toFlow(messages);
}

function pullSync<T>(source: Iterable<T>, subscriber: Subscriber<T>, demand: Demand): TeardownLogic {
  const iterator = source[Symbol.iterator]();
  let finished = false;
  const run = (): void => {
    withDemand(demand, () => {
      try {
        while (demand.open) {
          if (subscriber.closed) return;
          const result = iterator.next();
          if (result.done) {
            finished = true;
            subscriber.complete();
            return;
          }
          subscriber.next(result.value);
        }
      } catch (error) {
        finished = true;
        subscriber.error(error);
        return;
      }
      if (!subscriber.closed) demand.whenOpen(run);
    });
  };
  subscriber.add(() => {
    if (!finished) iterator.return?.();
  });
  run();
}

function pull<T>(source: AsyncIterable<T>, subscriber: Subscriber<T>, demand: Demand): TeardownLogic {
  const iterator = source[Symbol.asyncIterator]();
  let finished = false;
  // Whoever goes on behind the end (`concat`, `catchError`, `retry`) subscribes with the same demand.
  const fail = (error: unknown): void => {
    finished = true;
    withDemand(demand, () => subscriber.error(error));
  };
  const step = (): void => {
    if (subscriber.closed) return;
    if (!demand.open) {
      demand.whenOpen(step);
      return;
    }
    try {
      Promise.resolve(iterator.next()).then(take, fail);
    } catch (error) {
      fail(error);
    }
  };
  const take = (result: IteratorResult<T>): void => {
    if (subscriber.closed) return;
    if (typeof result !== "object" || result === null) {
      fail(new TypeError(`an async iterator gave ${String(result)} instead of { done, value }`));
      return;
    }
    if (result.done) {
      finished = true;
      withDemand(demand, () => subscriber.complete());
      return;
    }
    withDemand(demand, () => subscriber.next(result.value));
    step();
  };
  subscriber.add(() => {
    if (!finished) Promise.resolve(iterator.return?.()).catch(() => undefined);
  });
  step();
}

/**
 * The end of the line: user code without a demand of its own. It is behind while the promise that its `next`
 * returned is pending. What it throws ends the call it stands in; outside of calls it goes where rxjs sends it.
 */
function subscribeConsumer<T>(flow: Flow<T>, consumer: Partial<Observer<T>>): Subscription {
  const outer = currentDemand();
  const gate = outer === unbounded ? new Gate(true) : undefined;
  const report = Flow.consumerErrorOf(flow);
  const failed = (error: unknown): void => {
    subscriber.unsubscribe();
    (report ?? reportUnhandled)(error);
  };
  const guarded = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      failed(error);
    }
  };
  const handle = (value: T): unknown => (consumer.next as NextHandler<T>)?.(value);
  const subscriber = new FinalSubscriber<T>({
    next: (value) => {
      try {
        if (gate === undefined) {
          handle(value);
          return;
        }
        // What the handler subscribes in turn is its own affair, and must not wait for this gate.
        const result = withDemand(unbounded, () => handle(value));
        if (!isThenable(result)) return;
        gate.setOpen(false);
        result.then(
          () => gate.setOpen(true),
          (error) => failed(error),
        );
      } catch (error) {
        failed(error);
      }
    },
    error: (error: unknown) => {
      // Without a listener, whoever the messages come from knows already.
      if (!consumer.error) failed(error);
      else guarded(() => consumer.error?.(error));
    },
    complete: () => guarded(() => consumer.complete?.()),
    report: failed,
  });
  withDemand(gate ?? outer, () => flow.subscribe(subscriber));
  return subscriber;
}

/** As rxjs does it with errors that nobody listens to. */
function reportUnhandled(error: unknown): void {
  setTimeout(() => {
    if (config.onUnhandledError === null) throw error;
    config.onUnhandledError(error);
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}
