/**
 * From names to addresses. A {@link Resolver} turns a {@link Target} into an Observable of {@link Resolution}s, each
 * of them the full list. There are two kinds, and the Observable tells which:
 *
 * - one that **completes** was a look-up. It is subscribed again when the balancer asks for it (a connection was lost),
 *   not more often than `minIntervalMs`, and every `refreshIntervalMs` if that is set;
 * - one that stays **open** is a watch. It emits whenever its source changes, and may take `context.refreshes` as a hint.
 *
 * An **error** means "nothing usable now": the channel keeps the last good list and subscribes again with back-off,
 * unasked. Unsubscribing stops everything. So a resolver neither counts, nor waits, nor remembers.
 *
 * ```ts
 * @NameResolver("consul")
 * class ConsulResolver implements Resolver {
 *   resolve(target: Target) {
 *     return from(this.consul.healthy(target.endpoint)).pipe(map((nodes) => ({ endpoints: nodes.map(toEndpoint) })));
 *   }
 * }
 * ```
 */
import type { Observable } from "rxjs";
import type { Clock, Logger, Random } from "../../rpc/index.js";
import type { BackoffOptions } from "../connection/backoff.js";
import type { Endpoint } from "./endpoint.js";
import type { Target } from "./target.js";

/** Everything known of a name at one moment; it replaces what was known before. */
export interface Resolution {
  /** In order of preference, for policies that have one. */
  readonly endpoints: readonly Endpoint[];
  /**
   * A service config, as JSON text or its value. Without one the channel's own applies. An Error says that there is
   * one which cannot be had, and counts as a wrong one.
   */
  readonly serviceConfig?: unknown;
  /** For policies that know them. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/**
 * The resolution attribute that holds the balancers of `grpclb`, as a list of {@link Endpoint}s. An Error in its place
 * says that they cannot be had now: those that are known stay, and the name is resolved again, with back-off.
 */
export const GRPCLB_BALANCERS = "grpclbBalancers";

export interface ResolverContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Emits when the balancer would like a fresh list: a hint, at any time and often. */
  readonly refreshes: Observable<void>;
}

export interface Resolver {
  /** Nothing happens before the result is subscribed. Throwing is an error like any other. */
  resolve(target: Target, context: ResolverContext): Observable<Resolution>;
  /** `:authority` and TLS name of a channel to this target. Default: the target's endpoint. */
  authority?(target: Target): string;
  /** Throws an Error, in words, for a target that it can never resolve; it is told at start. */
  check?(target: Target): void;
}

/** When to ask again, and what an empty list means. */
export interface ResolverOptions {
  /** Least time between look-ups that the balancer asked for, in milliseconds. Default: 30,000, as in grpc-go. */
  readonly minIntervalMs?: number;
  /** Looks up again after this time, plus or minus a tenth, in milliseconds. Default: only when asked. */
  readonly refreshIntervalMs?: number;
  /**
   * What an empty list does: `keep` the last good one, with a warning (for registries, which lose their memory at
   * times), or `fail` all calls. Default: `fail`.
   */
  readonly emptyList?: "keep" | "fail";
  /** Waits before it is subscribed again after errors. Default: from 1 s on, × 1.6, up to 120 s. */
  readonly backoff?: BackoffOptions;
}

/** A resolver under the scheme that it serves. */
export interface ResolverDefinition {
  /** What stands before the colon: `etcd`. */
  readonly scheme: string;
  readonly resolver: Resolver;
  readonly options?: ResolverOptions;
}
