/**
 * The order around a handler, the same for the four modes:
 * guards → interceptors in → validation → handler → interceptors out → filters.
 * It is put together once per method; what a method does not use costs nothing per call.
 */
import {
  catchError,
  firstValueFrom,
  from,
  isObservable,
  type Observable,
  type Subscriber,
  throwIfEmpty,
} from "rxjs";
import { concatMap, type Demand, Flow, swapDemand, toFlow, unbounded, withDemand } from "../flow/index.js";
import {
  type CallContext,
  type CallHandler,
  type ExceptionFilter,
  type Guard,
  hasRequestStream,
  hasResponseStream,
  type Interceptor,
  type MethodDescriptor,
  StatusError,
} from "../rpc/index.js";
import type { ReadRequest, ServedMethod } from "../server/index.js";
import { caughtTypes } from "./enhancers.js";

/** The same object for every call, or one for each. */
export type Supply<T> = (call: CallContext) => T;

/** Refuses a message by throwing or rejecting with the {@link StatusError} to end the call with. */
export type MessageCheck = (message: unknown) => void | Promise<void>;

export interface PipelineParts {
  readonly method: MethodDescriptor;
  readonly guards: readonly Supply<Guard>[];
  readonly interceptors: readonly Supply<Interceptor>[];
  /** From the application's to the method's. */
  readonly filters: readonly Supply<ExceptionFilter>[];
  readonly check: MessageCheck | undefined;
  readonly handle: (call: CallContext, request: unknown) => unknown;
}

type Invoke = ServedMethod["invoke"];

/** Puts the parts together, from the inside out. */
export function createPipeline(parts: PipelineParts): Invoke {
  let invoke: Invoke = createHandlerStep(parts);
  if (parts.interceptors.length > 0) invoke = createInterceptorStep(parts, invoke);
  if (parts.guards.length > 0) invoke = createGuardStep(parts, invoke);
  if (parts.filters.length > 0) invoke = createFilterStep(parts, invoke);
  return invoke;
}

function createHandlerStep({ method, check, handle }: PipelineParts): Invoke {
  if (check === undefined) {
    return (call, read) => {
      const request = read();
      return isPromise(request) ? request.then((message) => handle(call, message)) : handle(call, request);
    };
  }
  if (hasRequestStream(method.kind)) {
    const checked = (requests: Flow<unknown>): Flow<unknown> => requests.pipe(checkEach(check));
    return (call, read) => handle(call, checked(read() as Flow<unknown>));
  }
  const checkAndHandle = (call: CallContext, message: unknown): unknown => {
    const pending = check(message);
    return pending === undefined ? handle(call, message) : pending.then(() => handle(call, message));
  };
  return (call, read) => {
    const request = read();
    return isPromise(request)
      ? request.then((message) => checkAndHandle(call, message))
      : checkAndHandle(call, request);
  };
}

/** Checks each message as it is taken; while an asynchronous check is under way, none is. */
function checkEach(check: MessageCheck) {
  return concatMap((message: unknown) => {
    const pending = check(message);
    return pending === undefined ? message : pending.then(() => message);
  });
}

function createGuardStep({ method, guards }: PipelineParts, inner: Invoke): Invoke {
  const judge = (verdict: unknown): void => {
    if (verdict !== true)
      throw StatusError.permissionDenied("a guard refused the call", { path: method.path });
  };
  /** Undefined if all guards agreed at once. */
  const runFrom = (index: number, call: CallContext): Promise<void> | undefined => {
    for (let i = index; i < guards.length; i++) {
      const verdict = guards[i]!(call).canActivate(call);
      const answer = isObservable(verdict) ? firstValueFrom(verdict, { defaultValue: false }) : verdict;
      if (isPromise(answer)) {
        return answer.then((value) => {
          judge(value);
          return runFrom(i + 1, call);
        });
      }
      judge(answer);
    }
    return undefined;
  };
  return (call, read) => {
    const pending = runFrom(0, call);
    return pending === undefined ? inner(call, read) : pending.then(() => inner(call, read));
  };
}

function createInterceptorStep({ method, interceptors }: PipelineParts, handler: Invoke): Invoke {
  return interceptors.reduceRight<Invoke>(
    (inner, supply) => (call, read) => supply(call).intercept(call, new InnerCall(method, call, read, inner)),
    handler,
  );
}

/** What an interceptor sees of everything inside it. */
class InnerCall implements CallHandler {
  readonly #method: MethodDescriptor;
  readonly #call: CallContext;
  readonly #read: ReadRequest;
  readonly #inner: Invoke;

  constructor(method: MethodDescriptor, call: CallContext, read: ReadRequest, inner: Invoke) {
    this.#method = method;
    this.#call = call;
    this.#read = read;
    this.#inner = inner;
  }

  get requests(): Flow<unknown> {
    if (hasRequestStream(this.#method.kind)) return this.#read() as Flow<unknown>;
    return new ResultFlow(false, this.#call, this.#read, (_call, read) => read());
  }

  handle(requests?: Observable<unknown>): Flow<unknown> {
    let read = this.#read;
    if (requests !== undefined) {
      const replaced = toFlow(requests);
      read = hasRequestStream(this.#method.kind)
        ? () => replaced
        : () => firstValueFrom(replaced.pipe(throwIfEmpty<unknown>(noRequest)));
    }
    return new ResultFlow(hasResponseStream(this.#method.kind), this.#call, read, this.#inner);
  }
}

function noRequest(): StatusError {
  return StatusError.internal("an interceptor has replaced the request by none");
}

/** The result of a part of the pipeline as a Flow; the work starts when it is subscribed. */
class ResultFlow extends Flow<unknown> {
  readonly #many: boolean;
  readonly #call: CallContext;
  readonly #read: ReadRequest;
  readonly #work: Invoke;

  constructor(many: boolean, call: CallContext, read: ReadRequest, work: Invoke) {
    super();
    this.#many = many;
    this.#call = call;
    this.#read = read;
    this.#work = work;
  }

  protected override _subscribe(subscriber: Subscriber<unknown>): void {
    // The demand is that of the response; what the handler itself subscribes has its own.
    const demand = swapDemand(unbounded);
    let result: unknown;
    try {
      result = this.#work(this.#call, this.#read);
    } finally {
      swapDemand(demand);
    }
    emitResult(result, this.#many, subscriber, demand);
  }
}

function emitResult(result: unknown, many: boolean, subscriber: Subscriber<unknown>, demand: Demand): void {
  if (subscriber.closed) return;
  if (isPromise(result)) {
    result.then(
      (value) => emitResult(value, many, subscriber, demand),
      // What stands in for a failed result (a filter's, an interceptor's) waits for the same reader.
      (error) => withDemand(demand, () => subscriber.error(error)),
    );
    return;
  }
  const stream = typeof result === "object" && result !== null ? toStream(result, many) : undefined;
  if (stream !== undefined) {
    withDemand(demand, () => stream.subscribe(subscriber));
  } else if (many) {
    subscriber.error(
      StatusError.internal(`a handler of a response stream returned ${describe(result)}, no stream`),
    );
  } else {
    subscriber.next(result);
    subscriber.complete();
  }
}

function toStream(result: object, many: boolean): Observable<unknown> | undefined {
  if (isObservable(result)) return result;
  if (Symbol.asyncIterator in result) return toFlow(result as AsyncIterable<unknown>);
  // A unary message may well be iterable; a stream of messages is no message.
  return many && Symbol.iterator in result ? toFlow(result as Iterable<unknown>) : undefined;
}

function createFilterStep({ method, filters }: PipelineParts, inner: Invoke): Invoke {
  const outwards = [...filters].reverse();
  const recover = async (thrown: unknown, call: CallContext): Promise<Observable<unknown>> => {
    let error = thrown;
    for (const supply of outwards) {
      const filter = supply(call);
      const types = caughtTypes(filter);
      if (types.length > 0 && !types.some((type) => error instanceof type)) continue;
      let outcome: StatusError | Observable<unknown>;
      try {
        outcome = await filter.catch(error, call);
      } catch (rethrown) {
        error = rethrown;
        continue;
      }
      if (outcome instanceof StatusError) throw outcome;
      return outcome;
    }
    throw error;
  };
  return (call, read) =>
    new ResultFlow(hasResponseStream(method.kind), call, read, inner).pipe(
      catchError((error: unknown) => {
        const recovery = recover(error, call);
        return toFlow<Observable<unknown>>(from(recovery)).pipe(concatMap((stream) => toFlow(stream)));
      }),
    );
}

function isPromise(value: unknown): value is Promise<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as Promise<unknown>).then === "function"
  );
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return typeof value === "object" ? `a ${value.constructor?.name ?? "plain object"}` : `a ${typeof value}`;
}
