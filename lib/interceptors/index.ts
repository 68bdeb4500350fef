/**
 * Ready-made interceptors. They use only what users have too: the words of `rpc/` and the streams of `flow/`. Each is
 * a class that is used as an instance, `@UseInterceptors(new TimeoutInterceptor({ timeoutMs: 500 }))` around handlers,
 * `client(Weather, target, { interceptors: [new RetryBudgetInterceptor()] })` around calls that are made.
 */
export { CircuitBreakerInterceptor, type CircuitBreakerOptions } from "./circuit-breaker.js";
export { ConcurrencyLimitInterceptor, type ConcurrencyLimitOptions } from "./concurrency-limit.js";
export { DeadlineInterceptor, type DeadlineOptions } from "./deadline.js";
export { LoggingInterceptor, type LoggingOptions } from "./logging.js";
export { RetryBudgetInterceptor, type RetryBudgetOptions } from "./retry-budget.js";
export { TimeoutInterceptor, type TimeoutOptions } from "./timeout.js";
