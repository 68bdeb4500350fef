import type { Observable } from "rxjs";
import { FinalSubscriber, swapDemand, toFlow, unbounded } from "../flow/index.js";
import { type MethodDescriptor, type StatusError as Status, StatusError } from "../rpc/index.js";

/** What an answer needs of its call. */
export interface Responder {
  readonly method: MethodDescriptor;
  encode(message: unknown): Buffer;
  send(bytes: Buffer, written: () => void): void;
  finish(): void;
  fail(error: unknown): void;
  /** Notes a failure that changes nothing any more. */
  report(error: unknown): void;
}

const noop = (): void => undefined;

/** The half of unary and client streaming calls that answers: exactly one message. */
export class SingleResponse {
  readonly #call: Responder;
  #subscriber: FinalSubscriber<unknown> | undefined;
  #stopped = false;
  /** What an Observable has emitted so far. */
  #message: unknown;
  #count = 0;

  constructor(call: Responder) {
    this.#call = call;
  }

  answer(result: unknown): void {
    // The call may have ended while the handler's promise was pending.
    if (this.#stopped) return;
    if (typeof result === "object" && result !== null) {
      if (typeof (result as PromiseLike<unknown>).then === "function") {
        (result as PromiseLike<unknown>).then(
          (value) => this.answer(value),
          (error) => this.#call.fail(error),
        );
        return;
      }
      if (typeof (result as Observable<unknown>).subscribe === "function") {
        this.#collect(result as Observable<unknown>);
        return;
      }
      if (Symbol.asyncIterator in result) {
        this.#collect(toFlow(result as AsyncIterable<unknown>));
        return;
      }
    }
    this.#reply(result);
  }

  stop(): void {
    this.#stopped = true;
    this.#subscriber?.unsubscribe();
  }

  #reply(message: unknown): void {
    try {
      // An empty message needs no value: a handler may just return.
      const empty = message === undefined && this.#call.method.response.message.fields.length === 0;
      if (message === null || (message === undefined && !empty)) throw this.#wrongCount("gave no message");
      // The status follows at once; both leave in one go. A failed write ends the stream by itself.
      this.#call.send(this.#call.encode(empty ? {} : message), noop);
      this.#call.finish();
    } catch (error) {
      this.#call.fail(error);
    }
  }

  #collect(source: Observable<unknown>): void {
    const subscriber = new FinalSubscriber<unknown>(this);
    this.#subscriber = subscriber;
    const outer = swapDemand(unbounded);
    try {
      source.subscribe(subscriber);
    } finally {
      swapDemand(outer);
    }
  }

  /** @internal The methods of an observer: no closures per call. */
  next(message: unknown): void {
    this.#count += 1;
    this.#message = message;
    if (this.#count > 1) this.#call.fail(this.#wrongCount("gave more than one message"));
  }

  /** @internal */
  error(error: unknown): void {
    this.#call.fail(error);
  }

  /** @internal */
  complete(): void {
    if (this.#count === 0) this.#call.fail(this.#wrongCount("completed without a message"));
    else this.#reply(this.#message);
  }

  /** @internal */
  report(error: unknown): void {
    this.#call.report(error);
  }

  #wrongCount(what: string): Status {
    const { path, kind } = this.#call.method;
    return StatusError.internal(`the handler of ${path} ${what}; a ${kind} rpc answers with exactly one`, {
      path,
    });
  }
}
