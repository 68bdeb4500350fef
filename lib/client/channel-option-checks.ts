import { suggest } from "../rpc/index.js";
import type { ChannelOptions, KeepaliveOptions, RetryOptions } from "./channel-options.js";
import type { BackoffOptions } from "./connection/backoff.js";

const MAX_INT32 = 2 ** 31 - 1;
const MIN_KEEPALIVE_MS = 1000;

export const optionNames: readonly (keyof ChannelOptions)[] = [
  ...(["policy", "serviceConfig", "ignoreResolvedConfig", "healthCheck", "connections", "tls"] as const),
  ...(["callCredentials"] as const),
  ...(["keepalive", "connectTimeoutMs", "backoff", "idleTimeoutMs", "maxReceiveBytes"] as const),
  ...(["maxSendBytes", "flowControlWindow", "authority", "userAgent", "retry", "ringSizeCap"] as const),
  ...(["resolvers", "policies", "logger", "clock", "random"] as const),
];

/** Throws an Error for a name that is not known, which is a slip of the pen. */
export function checkOptions(what: string, options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw new Error(`${what} has no option "${name}".${suggest(name, names)}`);
  }
}

export function integer<Name extends string>(
  options: { readonly [name in Name]?: number },
  name: Name,
  fallback: number,
  min: number,
  max = MAX_INT32,
): number {
  const value = options[name] ?? fallback;
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new Error(`${name} must be a whole number from ${min} to ${max}, got ${value}`);
  }
  return value;
}

export function readKeepalive(keepalive: KeepaliveOptions): Required<KeepaliveOptions> {
  checkOptions("keepalive", keepalive, ["timeMs", "timeoutMs", "withoutCalls"]);
  return {
    timeMs: integer(keepalive, "timeMs", 0, MIN_KEEPALIVE_MS),
    timeoutMs: integer(keepalive, "timeoutMs", 20_000, 1),
    withoutCalls: keepalive.withoutCalls ?? false,
  };
}

export function readBackoff(backoff: BackoffOptions): BackoffOptions {
  checkOptions("backoff", backoff, ["initialMs", "multiplier", "maxMs", "jitter"]);
  const limits = {
    initialMs: [1, MAX_INT32],
    multiplier: [1, 1000],
    // A wait is up to twice as long, and still one that a timer of Node can make.
    maxMs: [1, MAX_INT32 / 2],
    jitter: [0, 1],
  } as const;
  for (const name of ["initialMs", "multiplier", "maxMs", "jitter"] as const) {
    const value = backoff[name];
    const [min, max] = limits[name];
    if (value === undefined || (value >= min && value <= max)) continue;
    throw new Error(`backoff.${name} must be a number from ${min} to ${max}, got ${value}`);
  }
  return backoff;
}

export function readRetry(retry: RetryOptions): Required<RetryOptions> {
  checkOptions("retry", retry, ["enabled", "maxAttempts", "maxBytesPerCall", "maxBytes"]);
  return {
    enabled: retry.enabled ?? true,
    maxAttempts: integer(retry, "maxAttempts", 5, 1),
    maxBytesPerCall: integer(retry, "maxBytesPerCall", 1024 * 1024, 0),
    maxBytes: integer(retry, "maxBytes", 16 * 1024 * 1024, 0),
  };
}
