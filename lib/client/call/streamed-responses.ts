import type { Subscriber } from "rxjs";
import { FinalSubscriber, Flow, swapDemand, unbounded, withDemand } from "../../flow/index.js";
import { type ClientInterceptor, StatusError } from "../../rpc/index.js";
import { interceptedResponses } from "./interceptor-chain.js";
import type { Cancellable, OutgoingContext } from "./outgoing-context.js";
import { foreignError, reportTeardown } from "./promised-response.js";

/** What the user gets of a response stream: cold; each subscription, or loop, is a call of its own. */
export class StreamedResponses extends Flow<unknown> {
  readonly #open: () => OutgoingContext;
  readonly #interceptors: readonly ClientInterceptor[];
  readonly #request: unknown;

  constructor(open: () => OutgoingContext, interceptors: readonly ClientInterceptor[], request: unknown) {
    super();
    this.#open = open;
    this.#interceptors = interceptors;
    this.#request = request;
  }

  protected override _subscribe(subscriber: Subscriber<unknown>): void {
    const demand = swapDemand(unbounded);
    let context: OutgoingContext | undefined;
    try {
      context = this.#open();
      if (context.cancelled !== undefined) subscriber.error(context.cancelled);
      else withDemand(demand, () => this.#run(context!, subscriber));
    } catch (error) {
      subscriber.error(error);
    } finally {
      swapDemand(demand);
      // Behind the teardown of what goes on inside: to that, an unsubscription is no failure.
      if (context !== undefined) subscriber.add(() => context!.end());
    }
  }

  #run(context: OutgoingContext, subscriber: Subscriber<unknown>): void {
    const responses = interceptedResponses(context, this.#interceptors, this.#request);
    if (this.#interceptors.length === 0) {
      responses.subscribe(subscriber);
      return;
    }
    // Behind what was started further in: when the call is cancelled, interceptors hear of it first.
    const outermost: Cancellable = { cancel: (reason) => subscriber.error(reason) };
    context.addWork(outermost);
    const inner = new FinalSubscriber<unknown>({
      next: (message) => subscriber.next(message),
      error: (error: unknown) => subscriber.error(error instanceof StatusError ? error : foreignError(error)),
      complete: () => subscriber.complete(),
      report: reportTeardown,
    });
    subscriber.add(inner);
    responses.subscribe(inner);
  }

  /** Without interceptors, straight from the window. */
  override [Symbol.asyncIterator](): AsyncIterableIterator<unknown> {
    if (this.#interceptors.length > 0) return super[Symbol.asyncIterator]();
    let context: OutgoingContext | undefined;
    let iterator: AsyncIterator<unknown> | undefined;
    let returned = false;
    const ended = <T>(result: IteratorResult<T>): IteratorResult<T> => {
      if (result.done) context?.end();
      return result;
    };
    return {
      next: async () => {
        if (iterator === undefined) {
          if (returned) return { done: true, value: undefined };
          context = this.#open();
          iterator = interceptedResponses(context, [], this.#request)[Symbol.asyncIterator]();
        }
        try {
          return ended(await iterator.next());
        } catch (error) {
          context?.end();
          throw error;
        }
      },
      return: async () => {
        returned = true;
        await iterator?.return?.();
        context?.end();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}
