/**
 * What a channel is told about its calls (https://github.com/grpc/grpc/blob/master/doc/service_config.md):
 * {@link ServiceConfigJson} as users write and resolvers send it, {@link ServiceConfig} as it is used.
 */
import type { StatusCode } from "../../rpc/index.js";
import type { PolicyChoice } from "../balancing/policy-registry.js";

/** Decimal seconds with an `s`: `"1.5s"`. */
export type DurationText = `${number}s`;
type StatusName = keyof typeof StatusCode | number;

/** One policy and its config: `{ round_robin: {} }`. Made by builders such as `roundRobin()`, or by hand. */
export type PolicyConfig = Readonly<Record<string, object>>;

export interface RetryPolicyJson {
  /** With the first one; above 1, and at most 5 count. */
  readonly maxAttempts: number;
  readonly initialBackoff: DurationText;
  readonly maxBackoff: DurationText;
  readonly backoffMultiplier: number;
  readonly retryableStatusCodes: readonly StatusName[];
  /** Gives an attempt up that has no answer by then. */
  readonly perAttemptRecvTimeout?: DurationText;
}

export interface HedgingPolicyJson {
  readonly maxAttempts: number;
  /** Between attempts. Default: none, all at once. */
  readonly hedgingDelay?: DurationText;
  readonly nonFatalStatusCodes?: readonly StatusName[];
}

export interface MethodConfigJson {
  /** `[{}]` is every method, `[{ service }]` every method of a service. */
  readonly name: readonly { readonly service?: string; readonly method?: string }[];
  readonly waitForReady?: boolean;
  readonly timeout?: DurationText;
  readonly maxRequestMessageBytes?: number;
  readonly maxResponseMessageBytes?: number;
  readonly retryPolicy?: RetryPolicyJson;
  readonly hedgingPolicy?: HedgingPolicyJson;
}

export interface ServiceConfigJson {
  /** The first whose name is known. */
  readonly loadBalancingConfig?: readonly PolicyConfig[];
  /** Old form; used only without `loadBalancingConfig`. */
  readonly loadBalancingPolicy?: string;
  readonly methodConfig?: readonly MethodConfigJson[];
  readonly retryThrottling?: { readonly maxTokens: number; readonly tokenRatio: number };
  readonly healthCheckConfig?: { readonly serviceName?: string };
}

export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly backoffMultiplier: number;
  readonly retryableCodes: ReadonlySet<StatusCode>;
  readonly perAttemptRecvTimeoutMs: number | undefined;
}

export interface HedgingPolicy {
  readonly maxAttempts: number;
  readonly hedgingDelayMs: number;
  readonly nonFatalCodes: ReadonlySet<StatusCode>;
}

export interface MethodConfig {
  readonly waitForReady: boolean | undefined;
  readonly timeoutMs: number | undefined;
  readonly maxRequestBytes: number | undefined;
  readonly maxResponseBytes: number | undefined;
  readonly retry: RetryPolicy | undefined;
  readonly hedging: HedgingPolicy | undefined;
}

export interface ThrottleConfig {
  readonly maxTokens: number;
  readonly tokenRatio: number;
}

/** A service config that was read, and is right. */
export interface ServiceConfig {
  readonly policy: PolicyChoice;
  /** The config of a method: exact, else of its service, else the default. */
  method(path: string): MethodConfig | undefined;
  readonly retryThrottling: ThrottleConfig | undefined;
  /** The service whose health is watched; `""` is the whole server, undefined none. */
  readonly healthServiceName: string | undefined;
}
