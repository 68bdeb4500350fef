/**
 * Operators that carry demand through asynchronous work. They have the names and signatures of rxjs's own, and
 * differ in one thing: while the work of earlier messages goes on, they do not take further ones from the source.
 */
import { isObservable, type Observable, type OperatorFunction } from "rxjs";
import { type Demand, unbounded, withDemand } from "./demand.js";
import { FinalSubscriber } from "./final-subscriber.js";
import { Flow, type FlowSource, toFlow } from "./flow.js";
import { OverflowBuffer, type OverflowOptions } from "./overflow.js";

/** What a projection may return: a source of messages, or one message. */
export type Projection<T, R> = (message: T, index: number) => FlowSource<R> | R;

/** Runs the work of one message after the other, in order. */
export function concatMap<T, R>(project: Projection<T, R>): OperatorFunction<T, R> {
  return mergeMap(project, 1);
}

/**
 * Runs the work of up to `concurrency` messages at once; results come as they are ready. While that many are at
 * work, or the reader of the results is behind, no message is taken from the source.
 */
export function mergeMap<T, R>(project: Projection<T, R>, concurrency: number): OperatorFunction<T, R> {
  if (!(concurrency >= 1))
    throw new RangeError(`mergeMap: concurrency must be at least 1, got ${concurrency}`);
  return (source) =>
    new Flow<R>((subscriber, demand) => {
      const workers = new WorkDemand(demand, concurrency);
      // A source without demand may run ahead of the workers.
      const early = new OverflowBuffer<T>();
      let index = 0;
      let completed = false;

      const fail = (error: unknown): void => withDemand(demand, () => subscriber.error(error));
      const completeIfDone = (): void => {
        if (completed && workers.active === 0 && early.length === 0) subscriber.complete();
      };
      const work = (message: T): void => {
        let inner: Observable<R> | undefined;
        try {
          // What the projection subscribes by itself is its own affair, and must not wait for a free worker.
          const result = withDemand(unbounded, () => project(message, index++));
          inner = toInner(result);
          if (inner === undefined) {
            subscriber.next(result as R);
            return;
          }
        } catch (error) {
          subscriber.error(error);
          return;
        }
        workers.active += 1;
        const worker = new FinalSubscriber<R>({
          next: (value) => subscriber.next(value),
          error: fail,
          complete: () => {
            subscriber.remove(worker);
            workers.active -= 1;
            while (workers.hasRoom && early.length > 0 && !subscriber.closed) work(early.shift() as T);
            completeIfDone();
            if (!subscriber.closed) workers.freed();
          },
          report: fail,
        });
        subscriber.add(worker);
        withDemand(demand, () => inner.subscribe(worker));
      };
      const outer = new FinalSubscriber<T>({
        next: (message) => {
          if (workers.hasRoom) {
            work(message);
            return;
          }
          try {
            early.push(message);
          } catch (error) {
            outer.unsubscribe();
            fail(error);
          }
        },
        error: fail,
        complete: () => {
          completed = true;
          completeIfDone();
        },
        report: fail,
      });
      subscriber.add(outer);
      withDemand(workers, () => source.subscribe(outer));
    }, source);
}

/** Open while a worker is free and the reader of the results is not behind. */
class WorkDemand implements Demand {
  active = 0;
  readonly #results: Demand;
  readonly #concurrency: number;
  #waiting: (() => void)[] = [];

  constructor(results: Demand, concurrency: number) {
    this.#results = results;
    this.#concurrency = concurrency;
  }

  get hasRoom(): boolean {
    return this.active < this.#concurrency;
  }

  get open(): boolean {
    return this.hasRoom && this.#results.open;
  }

  whenOpen(resume: () => void): void {
    if (!this.hasRoom) this.#waiting.push(resume);
    else if (!this.#results.open) this.#results.whenOpen(() => this.whenOpen(resume));
    else resume();
  }

  freed(): void {
    if (!this.hasRoom || this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) this.whenOpen(resume);
  }
}

/**
 * Puts a bounded buffer between a source that cannot wait (a timer, a socket, a Subject) and its reader, with a
 * choice of what to do when it is full.
 */
export function overflow<T>(options: OverflowOptions): OperatorFunction<T, T> {
  return (source) =>
    new Flow<T>((subscriber, demand) => {
      const buffer = new OverflowBuffer<T>(options);
      let completed = false;
      let waiting = false;
      const flush = (): void => {
        waiting = false;
        while (buffer.length > 0 && demand.open && !subscriber.closed) subscriber.next(buffer.shift() as T);
        if (completed && buffer.length === 0) subscriber.complete();
        else wait();
      };
      const wait = (): void => {
        if (waiting || subscriber.closed || buffer.length === 0) return;
        waiting = true;
        demand.whenOpen(flush);
      };
      const fail = (error: unknown): void => subscriber.error(error);
      const feed = new FinalSubscriber<T>({
        next: (message) => {
          if (demand.open && buffer.length === 0) {
            subscriber.next(message);
            return;
          }
          try {
            buffer.push(message);
            wait();
          } catch (error) {
            feed.unsubscribe();
            fail(error);
          }
        },
        error: fail,
        complete: () => {
          completed = true;
          if (buffer.length === 0) subscriber.complete();
        },
        report: fail,
      });
      subscriber.add(feed);
      // The buffer is always willing: that is its purpose.
      withDemand(unbounded, () => source.subscribe(feed));
    }, source);
}

/** The messages of a result that has several or comes later; undefined if it is a message itself. */
function toInner<R>(result: FlowSource<R> | R): Observable<R> | undefined {
  if (typeof result !== "object" || result === null) return undefined;
  if (isObservable(result)) return result as Observable<R>;
  const comesLater = typeof (result as Partial<PromiseLike<R>>).then === "function";
  return comesLater || isStream(result) ? toFlow(result as FlowSource<R>) : undefined;
}

function isStream(value: object): boolean {
  return Symbol.asyncIterator in value || (Array.isArray(value) ? true : isGenerator(value));
}

function isGenerator(value: object): boolean {
  return Symbol.iterator in value && typeof (value as Partial<Iterator<unknown>>).next === "function";
}
