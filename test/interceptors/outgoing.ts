/** Calls of clients without a client: what an interceptor sees, and what stands behind it. */
import type { Observable } from "rxjs";
import { toFlow } from "../../lib/flow/index.js";
import {
  type CallHandler,
  type CallKey,
  type ClientInterceptor,
  Metadata,
  type MethodDescriptor,
  NO_DEADLINE,
  type OutgoingCall,
} from "../../lib/rpc/index.js";
import { Probe } from "../generated/probe.js";

export class FakeOutgoingCall implements OutgoingCall {
  readonly method: MethodDescriptor;
  readonly metadata = new Metadata();
  readonly caller = undefined;
  readonly headers = undefined;
  readonly trailers = undefined;
  readonly abort = new AbortController();
  deadline = NO_DEADLINE;
  peer: string | undefined;
  readonly #values = new Map<symbol, unknown>();

  constructor(
    name = "one",
    readonly target = "static:///probe",
    changes: Partial<MethodDescriptor> = {},
  ) {
    const method = Probe.load().methods.find(({ localName }) => localName === name)!;
    this.method = { ...method, ...changes };
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  limitDeadline(deadline: number): void {
    this.deadline = Math.min(this.deadline, deadline);
  }

  get<T>(key: CallKey<T>): T | undefined {
    return this.#values.get(key.id) as T | undefined;
  }

  set<T>(key: CallKey<T>, value: T): void {
    this.#values.set(key.id, value);
  }
}

/** What came of a call: messages, and `OK` or what it failed with; undefined while it goes on. */
export interface Outcome {
  readonly messages: unknown[];
  end: unknown;
  leave(): void;
}

/** Runs a call through an interceptor; each try is answered by the next of the answers, the last again and again. */
export function send(
  interceptor: ClientInterceptor,
  call: FakeOutgoingCall,
  ...answers: (() => Observable<unknown>)[]
): Outcome {
  let tries = 0;
  const next = {
    requests: toFlow([{}]),
    handle: () => {
      const answer = answers[Math.min(tries, answers.length - 1)]!;
      tries += 1;
      return toFlow(answer());
    },
  } satisfies CallHandler;
  const outcome: Outcome = { messages: [], end: undefined, leave: () => subscription.unsubscribe() };
  const subscription = toFlow(interceptor.intercept(call, next) as Observable<unknown>).subscribe({
    next: (message) => outcome.messages.push(message),
    error: (error: unknown) => {
      outcome.end = error;
    },
    complete: () => {
      outcome.end = "OK";
    },
  });
  return outcome;
}
