import { Observable } from "rxjs";
import {
  type Clock,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
} from "../rpc/index.js";
import { findResolver } from "./channel-plan.js";
import { builtinResolvers } from "./naming/builtin-resolvers.js";
import { NameWatch } from "./naming/name-watch.js";
import type { Resolution, ResolverDefinition } from "./naming/resolver.js";

export interface WatchNameOptions {
  /** Beside the built-in ones. */
  readonly resolvers?: readonly ResolverDefinition[];
  /**
   * Emits when a fresh list would be welcome, as a channel asks for one that loses a connection. A look-up is done again
   * only then, and not more often than its resolver allows.
   */
  readonly refreshes?: Observable<unknown> | undefined;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/**
 * Everything that a channel to this target would hear of its name, each time in full, without a channel. As long as
 * nothing was found it fails with the resolver's status; afterwards the last list holds through outages, and it never
 * ends. Throws an Error for a target that cannot be resolved.
 */
export function watchName(
  target: string,
  {
    resolvers = [],
    refreshes,
    logger = silentLogger,
    clock = systemClock,
    random = systemRandom,
  }: WatchNameOptions = {},
): Observable<Resolution> {
  const definitions = [...builtinResolvers, ...resolvers];
  const found = findResolver(
    target,
    new Map(definitions.map((definition) => [definition.scheme, definition])),
  );
  return new Observable((subscriber) => {
    let known = false;
    const context = { logger, clock, random };
    const watch = new NameWatch(found.resolver, found.target, context, {
      onResolution: (resolution) => {
        known = true;
        subscriber.next(resolution);
        return true;
      },
      // The watch itself tells its logger.
      onError: (status) => {
        if (!known) subscriber.error(status);
      },
    });
    watch.start();
    if (refreshes !== undefined) subscriber.add(refreshes.subscribe(() => watch.refresh()));
    return () => watch.stop();
  });
}
