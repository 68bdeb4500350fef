import { StatusError } from "../../../rpc/index.js";
import type { CompletePick, PickArgs, PickResult } from "../picker.js";
import type { BalancingContext } from "../policy.js";
import { AgeTimer } from "./age-timer.js";
import type { LookupServer } from "./lookup-server.js";
import type { RlsConfig } from "./rls-config.js";
import { answerBytes, Route } from "./route.js";
import type { RouteAnswer } from "./route-answer.js";
import { RouteCache } from "./route-cache.js";
import { RouteIndex } from "./route-index.js";
import { RouteLookups } from "./route-lookups.js";
import type { PickCounts, RouteTarget, RouteTargets } from "./route-targets.js";

/** Who wants to know that picks may end in another way from now on. */
export interface RouteTableListener {
  onChange(): void;
  /** Does some work, and is told of changes afterwards, once. */
  hold(work: () => void): void;
}

/** After an answer a route stays at least so long, however full the cache is. */
const MIN_CACHED_MS = 5_000;
const PURGE_INTERVAL_MS = 60_000;
/** Calls that wait for ready are picked for anew so long after one was held back. */
const THROTTLE_WAIT_MS = 1_000;

const queued: PickResult = { kind: "queue" };
const throttled: PickResult = {
  kind: "fail",
  status: StatusError.unavailable("RLS call throttled at client side"),
};

/** The routes that are known, and the lookups of those that are not: decides on each call. */
export class RouteTable {
  readonly #context: BalancingContext;
  readonly #targets: RouteTargets;
  readonly #listener: RouteTableListener;
  readonly #index: RouteIndex;
  readonly #cache: RouteCache;
  readonly #lookups: RouteLookups;
  readonly #expiry: AgeTimer<Route>;
  readonly #staleness: AgeTimer<Route>;
  #config: RlsConfig | undefined;
  #default: RouteTarget | undefined;
  #failedPicks = 0;
  /** Why the last lookup has failed, if it has. */
  #lastFailure: string | undefined;
  #changesSoon: NodeJS.Immediate | undefined;
  #purgeTimer: unknown;
  #throttleTimer: unknown;
  /** Calls whose lookup was held back since the last time that all of them were picked for anew. */
  #heldBack = new WeakSet<PickArgs>();
  #closed = false;

  constructor(context: BalancingContext, targets: RouteTargets, listener: RouteTableListener) {
    this.#context = context;
    this.#targets = targets;
    this.#listener = listener;
    this.#index = new RouteIndex(context.authority);
    this.#cache = new RouteCache(0, context.clock, (route) => this.#drop(route));
    this.#expiry = new AgeTimer(context.clock, (route) => {
      route.holds = false;
    });
    this.#staleness = new AgeTimer(context.clock, (route) => {
      route.isStale = true;
    });
    this.#lookups = new RouteLookups({ onEnd: (route, outcome) => this.#onEnd(route, outcome) });
    this.#schedulePurge();
  }

  /** What is known stays, as far as it is of use. Another server is asked anew for what the one before has not answered. */
  configure(config: RlsConfig, server: LookupServer): void {
    const before = this.#config;
    for (const route of this.#lookups.setServer(server)) if (!route.cached) this.#index.remove(route);
    this.#config = config;
    if (config.keyBuilders !== before?.keyBuilders) {
      for (const route of this.#index.rebuild(config.keyBuilders)) {
        this.#lookups.abandon(route);
        if (route.cached) this.#cache.evict(route);
      }
    }
    const unwanted = this.#default;
    this.#default =
      config.defaultTarget === undefined ? undefined : this.#targets.acquire(config.defaultTarget);
    if (unwanted !== undefined) this.#targets.release(unwanted);
    this.#cache.resize(config.cacheBytes);
  }

  pick(args: PickArgs): PickResult {
    const route = this.#index.find(args);
    if (route === undefined) return this.#pickUnknown(args);
    this.#cache.touch(route);
    if (!route.holds) return this.#pickExpired(route, args);
    if (route.isStale) this.#refresh(route);
    return pickRoute(route, args);
  }

  #refresh(route: Route): void {
    if (route.lookup !== undefined || this.#backsOff(route)) return;
    // If that is held back, nothing is lost yet.
    this.#lookups.start(route, "REASON_STALE");
  }

  #pickExpired(route: Route, args: PickArgs): PickResult {
    if (route.lookup !== undefined) return queued;
    if (this.#backsOff(route)) return this.#pickDefault(args) ?? this.#fail(route.failure!);
    return this.#lookUp(route, args) ? queued : this.#pickThrottled(args);
  }

  #backsOff({ retryAt }: Route): boolean {
    return this.#context.clock.now() < retryAt;
  }

  #pickUnknown(args: PickArgs): PickResult {
    const plan = this.#index.plan(args.path);
    if (plan === undefined) {
      const text = `malformed method name ${JSON.stringify(args.path)}: it must be /service/method`;
      return this.#fail({ kind: "fail", status: StatusError.internal(text) });
    }
    const route = new Route(args.path, plan.keysOf(args.metadata));
    // Its route could not be kept, and the call would have it looked up again and again.
    if (route.keyBytes > this.#cache.maxBytes) {
      const status = StatusError.unavailable("the keys of the request are larger than the RLS cache");
      return this.#pickDefault(args) ?? this.#fail({ kind: "fail", status });
    }
    if (!this.#lookUp(route, args)) return this.#pickThrottled(args);
    this.#index.insert(route);
    return queued;
  }

  /** False if the lookup is held back. A call counts once, however often it is picked for until the wait is over. */
  #lookUp(route: Route, args: PickArgs): boolean {
    if (this.#heldBack.has(args)) return false;
    if (this.#lookups.start(route, "REASON_MISS")) return true;
    this.#heldBack.add(args);
    return false;
  }

  #pickThrottled(args: PickArgs): PickResult {
    if (this.#closed) return queued;
    // No lookup ends that would have waiting calls picked for anew.
    this.#throttleTimer ??= this.#context.clock.setTimeout(() => {
      this.#throttleTimer = undefined;
      this.#heldBack = new WeakSet();
      this.#listener.onChange();
    }, THROTTLE_WAIT_MS);
    return this.#pickDefault(args) ?? this.#fail(throttled);
  }

  #pickDefault(args: PickArgs): PickResult | undefined {
    const target = this.#default;
    if (target === undefined) return undefined;
    const result = target.picker.pick(args);
    count(target.defaultPicks, result);
    return result;
  }

  #fail(result: PickResult): PickResult {
    this.#failedPicks += 1;
    return result;
  }

  #onEnd(route: Route, outcome: RouteAnswer | string): void {
    this.#listener.hold(() => {
      if (typeof outcome === "string") this.#onFailure(route, outcome);
      else this.#onAnswer(route, outcome);
    });
    this.#changeSoon();
  }

  /** What comes in one turn lets waiting calls be picked for once, not once for each. */
  #changeSoon(): void {
    this.#changesSoon ??= setImmediate(() => {
      this.#changesSoon = undefined;
      this.#listener.onChange();
    });
  }

  #onAnswer(route: Route, { targets: names, headerData }: RouteAnswer): void {
    const bytes = route.keyBytes + answerBytes(names, headerData);
    if (bytes > this.#cache.maxBytes) {
      this.#onFailure(route, "RLS response is larger than the cache");
      return;
    }
    this.#lastFailure = undefined;
    const { maxAgeMs, staleAgeMs } = this.#config!;
    const before = route.targets;
    // First the new ones: those that stay must not be closed in between.
    const targets = names.map((name) => this.#targets.acquire(name));
    route.succeed(targets, headerData);
    for (const target of before) this.#targets.release(target);
    this.#expiry.start(route, maxAgeMs);
    if (staleAgeMs < maxAgeMs) this.#staleness.start(route, staleAgeMs);
    else this.#staleness.stop(route);
    route.keptUntil = this.#context.clock.now() + MIN_CACHED_MS;
    this.#cache.put(route, bytes);
  }

  /** What was known still holds for its time. */
  #onFailure(route: Route, problem: string): void {
    const { clock, random, logger, target } = this.#context;
    const fields = { target, path: route.path, keys: route.keys, problem };
    const text = "the lookup of a route has failed";
    // Of an outage one line is enough.
    if (this.#lastFailure === undefined) logger.warn(fields, text);
    else logger.debug(fields, text);
    this.#lastFailure = problem;
    route.fail(problem, clock, random, () => this.#changeSoon());
    if (this.#cache.put(route, route.cached ? route.bytes : route.keyBytes)) return;
    route.clearBackoff();
    this.#drop(route);
  }

  /** Forgets what is known of a route; it stays in the index while it is looked up. */
  #drop(route: Route): void {
    const { targets } = route;
    this.#expiry.stop(route);
    this.#staleness.stop(route);
    route.clear();
    for (const target of targets) this.#targets.release(target);
    if (route.lookup === undefined) this.#index.remove(route);
  }

  /** The server can be reached again: what has failed may be tried at once. */
  resetBackoff(): void {
    if (this.#cache.resetBackoff()) this.#listener.onChange();
  }

  #schedulePurge(): void {
    this.#purgeTimer = this.#context.clock.setTimeout(() => {
      this.#schedulePurge();
      this.#listener.hold(() => {
        if (this.#cache.purge()) this.#listener.onChange();
      });
    }, PURGE_INTERVAL_MS);
  }

  close(): void {
    this.#closed = true;
    const { clock } = this.#context;
    clock.clearTimeout(this.#purgeTimer);
    clock.clearTimeout(this.#throttleTimer);
    this.#expiry.close();
    this.#staleness.close();
    clearImmediate(this.#changesSoon);
    this.#lookups.close();
    for (const route of this.#cache.routes()) route.clearBackoff();
  }

  /** For a {@link PolicyDescription}. */
  describe(): Readonly<Record<string, unknown>> {
    return {
      lookupService: this.#config?.lookupServer.target,
      lookupState: this.#lookups.server?.state,
      defaultTarget: this.#config?.defaultTarget,
      cacheEntries: this.#cache.size,
      cacheBytes: this.#cache.bytes,
      lookups: this.#lookups.size,
      failedPicks: this.#failedPicks,
      lastFailure: this.#lastFailure,
    };
  }
}

/** The first target that has not failed; the last one if all have. */
function pickRoute(route: Route, args: PickArgs): PickResult {
  const { targets, headers } = route;
  let target = targets[0]!;
  for (let i = 1; i < targets.length && target.state === "TRANSIENT_FAILURE"; i++) target = targets[i]!;
  const result = target.picker.pick(args);
  count(target.picks, result);
  return headers === undefined || result.kind !== "complete" ? result : withHeaders(result, headers);
}

function withHeaders(pick: CompletePick, headers: Readonly<Record<string, string>>): CompletePick {
  if (pick.headers === undefined && pick.authority === undefined && pick.onEnd === undefined) {
    return { kind: "complete", subchannel: pick.subchannel, headers };
  }
  return { ...pick, headers: pick.headers === undefined ? headers : { ...pick.headers, ...headers } };
}

function count(counts: PickCounts, { kind }: PickResult): void {
  if (kind === "complete") counts.complete += 1;
  else if (kind === "fail") counts.fail += 1;
  else if (kind === "drop") counts.drop += 1;
}
