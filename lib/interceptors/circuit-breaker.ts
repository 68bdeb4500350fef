/** The one door to cockatiel, whose breakers do the counting. */
import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  type IBreaker,
  SamplingBreaker,
} from "cockatiel";
import { tap } from "rxjs";
import { Flow, withDemand } from "../flow/index.js";
import {
  type CallHandler,
  type ClientInterceptor,
  hasResponseStream,
  type InterceptorResult,
  type Logger,
  type OutgoingCall,
  StatusCode,
  StatusError,
  silentLogger,
  toStatusError,
} from "../rpc/index.js";

export interface CircuitBreakerOptions {
  /** Opens after so many failures in a row. Default: 5. */
  readonly consecutiveFailures?: number;
  /** Opens instead when more than this share of calls fails. */
  readonly failureRate?: {
    /** Between 0 and 1. */
    readonly share: number;
    /** Over this time, in milliseconds. */
    readonly windowMs: number;
    /** With fewer calls in it, it stays closed. */
    readonly minCalls: number;
  };
  /** How long it stays open before a call may try again, in milliseconds. Default: 10,000. */
  readonly openMs?: number;
  /** Codes that are failures of the server. Default: UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL and UNKNOWN. */
  readonly codes?: readonly StatusCode[];
  /** Told when one opens and closes. Default: nobody. */
  readonly logger?: Logger;
}

const DEFAULT_CODES: readonly StatusCode[] = [
  ...[StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.INTERNAL, StatusCode.UNKNOWN],
];

/** A failure of the server, for the breaker only. */
const FAILED = Symbol("failed");
/** Says nothing of the server: the caller has left. */
const LEFT = Symbol("left");

interface Circuit {
  readonly policy: ReturnType<typeof circuitBreaker>;
  openedAt: number;
}

/**
 * Spares a server that fails: after too many failures, calls to that method of that target fail at once with
 * UNAVAILABLE, until one that is let through succeeds. What the server answers on purpose (NOT_FOUND, …) is no failure;
 * calls that their makers cancel do not count. Of a response stream its end counts.
 */
export class CircuitBreakerInterceptor implements ClientInterceptor {
  readonly #circuits = new Map<string, Circuit>();
  readonly #openMs: number;
  readonly #codes: readonly StatusCode[];
  readonly #logger: Logger;
  readonly #options: CircuitBreakerOptions;

  constructor(options: CircuitBreakerOptions = {}) {
    this.#options = options;
    this.#openMs = options.openMs ?? 10_000;
    this.#codes = options.codes ?? DEFAULT_CODES;
    this.#logger = options.logger ?? silentLogger;
    if (!(this.#openMs > 0)) throw new RangeError(`openMs must be a positive number, got ${this.#openMs}`);
    this.#createBreaker();
  }

  intercept(call: OutgoingCall, next: CallHandler): InterceptorResult {
    const circuit = this.#circuitOf(call);
    return new Flow((subscriber, demand) => {
      const { policy } = circuit;
      // One is let through, and the others do not wait for it: it may take as long as it likes.
      if (policy.state === CircuitState.HalfOpen) {
        subscriber.error(this.#refusal(call, circuit));
        return;
      }
      const probing = policy.state === CircuitState.Open;
      let started = false;
      const outcome = (): Promise<void> => {
        started = true;
        return new Promise((resolve, reject) => {
          const watched = next.handle().pipe(
            tap({
              next: () => {
                if (probing && hasResponseStream(call.method.kind)) resolve();
              },
              complete: () => resolve(),
              error: (error: unknown) => {
                if (this.#codes.includes(toStatusError(error).code)) reject(FAILED);
                else resolve();
              },
              unsubscribe: () => reject(probing ? FAILED : LEFT),
            }),
          );
          withDemand(demand, () => watched.subscribe(subscriber));
        });
      };
      policy.execute(outcome).catch(() => {
        // What has gone wrong further in has reached the subscriber by itself.
        if (!started) subscriber.error(this.#refusal(call, circuit));
      });
    });
  }

  #circuitOf({ target, method }: OutgoingCall): Circuit {
    const key = `${target} ${method.path}`;
    let circuit = this.#circuits.get(key);
    if (circuit === undefined) {
      circuit = this.#createCircuit(target, method.path);
      this.#circuits.set(key, circuit);
    }
    return circuit;
  }

  #createCircuit(target: string, path: string): Circuit {
    const policy = circuitBreaker(
      handleWhen((reason: unknown) => reason === FAILED),
      { halfOpenAfter: this.#openMs, breaker: this.#createBreaker() },
    );
    const circuit: Circuit = { policy, openedAt: 0 };
    policy.onBreak(() => {
      circuit.openedAt = Date.now();
      this.#logger.warn({ target, method: path, openMs: this.#openMs }, `circuit of ${path} open`);
    });
    policy.onReset(() => this.#logger.info({ target, method: path }, `circuit of ${path} closed`));
    return circuit;
  }

  #createBreaker(): IBreaker {
    const { consecutiveFailures = 5, failureRate } = this.#options;
    if (failureRate === undefined) {
      if (!(Number.isSafeInteger(consecutiveFailures) && consecutiveFailures > 0)) {
        throw new RangeError(
          `consecutiveFailures must be a positive whole number, got ${consecutiveFailures}`,
        );
      }
      return new ConsecutiveBreaker(consecutiveFailures);
    }
    const { share, windowMs, minCalls } = failureRate;
    return new SamplingBreaker({
      threshold: share,
      duration: windowMs,
      minimumRps: (minCalls * 1000) / windowMs,
    });
  }

  #refusal({ target, method: { path } }: OutgoingCall, { openedAt }: Circuit): StatusError {
    const waitMs = Math.max(0, openedAt + this.#openMs - Date.now());
    return StatusError.unavailable(`the circuit of ${path} at ${target} is open`, {
      path,
      details: [
        {
          type: "google.rpc.ErrorInfo",
          value: { reason: "CIRCUIT_OPEN", domain: "grebe", metadata: { target, method: path } },
        },
        {
          type: "google.rpc.RetryInfo",
          value: { retryDelay: { seconds: Math.floor(waitMs / 1000), nanos: (waitMs % 1000) * 1e6 } },
        },
      ],
    });
  }
}
