import type { Observable } from "rxjs";
import { Gate, withDemand } from "./demand.js";
import { FinalSubscriber } from "./final-subscriber.js";
import { OverflowBuffer, type OverflowOptions } from "./overflow.js";

/**
 * An Observable as an iterator that asks for one message at a time. Subscribes at the first `next()`; `return()`
 * unsubscribes. What a source without demand pushes in between is buffered, bounded by the options.
 */
export function iterate<T>(source: Observable<T>, options?: OverflowOptions): AsyncIterableIterator<T> {
  const gate = new Gate(false);
  const buffer = new OverflowBuffer<T>(options);
  const waiting: { resolve(result: IteratorResult<T>): void; reject(error: unknown): void }[] = [];
  let subscriber: FinalSubscriber<T> | undefined;
  let ended = false;
  let failure: { error: unknown } | undefined;

  const end = (error?: { error: unknown }): void => {
    if (ended) return;
    ended = true;
    failure = error;
    while (waiting.length > 0) settle(waiting.shift()!);
  };
  const settle = (reader: (typeof waiting)[number]): void => {
    if (failure !== undefined) {
      reader.reject(failure.error);
      failure = undefined;
    } else reader.resolve({ done: true, value: undefined });
  };
  const start = (): void => {
    const fail = (error: unknown): void => end({ error });
    const reading = new FinalSubscriber<T>({
      next: (message) => {
        const reader = waiting.shift();
        if (waiting.length === 0) gate.setOpen(false);
        if (reader !== undefined) {
          reader.resolve({ done: false, value: message });
          return;
        }
        try {
          buffer.push(message);
        } catch (error) {
          reading.unsubscribe();
          fail(error);
        }
      },
      error: fail,
      complete: () => end(),
      report: fail,
    });
    subscriber = reading;
    withDemand(gate, () => source.subscribe(reading));
  };

  return {
    next: () =>
      new Promise((resolve, reject) => {
        if (buffer.length > 0) {
          resolve({ done: false, value: buffer.shift() as T });
          return;
        }
        if (ended) {
          settle({ resolve, reject });
          return;
        }
        waiting.push({ resolve, reject });
        if (subscriber === undefined) {
          gate.open = true;
          start();
        } else gate.setOpen(true);
      }),
    return: async () => {
      subscriber?.unsubscribe();
      buffer.clear();
      failure = undefined;
      end();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
