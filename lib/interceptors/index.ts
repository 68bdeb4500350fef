/**
 * Ready-made interceptors. They use only what users have too: the words of `rpc/` and the streams of `flow/`. Each is
 * a class that is used as an instance, `@UseInterceptors(new TimeoutInterceptor({ timeoutMs: 500 }))`.
 */
export { ConcurrencyLimitInterceptor, type ConcurrencyLimitOptions } from "./concurrency-limit.js";
export { LoggingInterceptor, type LoggingOptions } from "./logging.js";
export { TimeoutInterceptor, type TimeoutOptions } from "./timeout.js";
