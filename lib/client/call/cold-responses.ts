import type { Subscriber } from "rxjs";
import { type Demand, Flow, swapDemand, unbounded, withDemand } from "../../flow/index.js";
import type { ResponseStreamCall } from "./response-stream-call.js";

/** A response stream that makes its call when it is subscribed or iterated; once for each. */
export class ColdResponses extends Flow<unknown> {
  readonly #create: (onOver: () => void) => ResponseStreamCall;

  constructor(create: (onOver: () => void) => ResponseStreamCall) {
    super();
    this.#create = create;
  }

  protected override _subscribe(subscriber: Subscriber<unknown>): void {
    // The demand is that of the responses; what sends the requests has its own.
    const demand: Demand = swapDemand(unbounded);
    try {
      let over = false;
      const call = this.#create(() => {
        over = true;
      });
      subscriber.add(() => {
        if (!over) call.abandon();
      });
      call.start();
      withDemand(demand, () => call.responses.subscribe(subscriber));
    } finally {
      swapDemand(demand);
    }
  }

  /** Without the way through a subscription. */
  override [Symbol.asyncIterator](): AsyncIterableIterator<unknown> {
    let over = false;
    let call: ResponseStreamCall | undefined;
    let iterator: AsyncIterator<unknown> | undefined;
    return {
      next: () => {
        if (iterator === undefined) {
          call = this.#create(() => {
            over = true;
          });
          call.start();
          iterator = call.responses[Symbol.asyncIterator]();
        }
        return iterator.next();
      },
      return: async () => {
        if (!over) call?.abandon();
        await iterator?.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}
