import { type Observer, Subscriber } from "rxjs";

export interface FinalObserver<T> extends Observer<T> {
  /** Told what a teardown has thrown. */
  report(error: unknown): void;
}

/**
 * The end of a chain of operators. What a teardown throws there (`finalize`, a generator's `finally`) would reach
 * whoever happens to end the subscription: a timer, a socket, the source itself. It is reported instead.
 */
export class FinalSubscriber<T> extends Subscriber<T> {
  readonly #observer: FinalObserver<T>;

  constructor(observer: FinalObserver<T>) {
    super(observer);
    this.#observer = observer;
  }

  override unsubscribe(): void {
    try {
      super.unsubscribe();
    } catch (error) {
      this.#observer.report(error);
    }
  }
}
