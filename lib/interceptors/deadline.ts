import {
  type CallHandler,
  type ClientInterceptor,
  type Clock,
  type InterceptorResult,
  type OutgoingCall,
  systemClock,
} from "../rpc/index.js";

export interface DeadlineOptions {
  /** For methods that are not listed, in milliseconds. Default: what the client says. */
  readonly defaultMs?: number;
  /** By full name, `weather.v1.Weather/GetForecast`, or by service, `weather.v1.Weather`, in milliseconds. */
  readonly methods?: Readonly<Record<string, number>>;
  readonly clock?: Clock;
}

/** Limits the time of outgoing calls, by method. An earlier deadline, of the call itself or of its caller, stays. */
export class DeadlineInterceptor implements ClientInterceptor {
  readonly #defaultMs: number;
  readonly #methods: ReadonlyMap<string, number>;
  readonly #clock: Clock;

  constructor({ defaultMs = Number.POSITIVE_INFINITY, methods = {}, clock = systemClock }: DeadlineOptions) {
    for (const [name, limitMs] of Object.entries({ ...methods, defaultMs })) {
      if (!(limitMs > 0))
        throw new RangeError(`${name} must have a positive number of milliseconds, got ${limitMs}`);
    }
    this.#defaultMs = defaultMs;
    this.#methods = new Map(Object.entries(methods));
    this.#clock = clock;
  }

  intercept(call: OutgoingCall, next: CallHandler): InterceptorResult {
    const { path, service } = call.method;
    const limitMs = this.#methods.get(path.slice(1)) ?? this.#methods.get(service) ?? this.#defaultMs;
    call.limitDeadline(this.#clock.now() + limitMs);
    return next.handle();
  }
}
