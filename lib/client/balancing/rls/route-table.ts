import { formatStatusCode, StatusError, toStatusError } from "../../../rpc/index.js";
import type { RouteLookupResponse } from "../../../schema/index.js";
import type { CompletePick, PickArgs, PickResult } from "../picker.js";
import type { BalancingContext } from "../policy.js";
import { AgeTimer } from "./age-timer.js";
import { formatKeys } from "./key-plan.js";
import type { LookupServer } from "./lookup-server.js";
import type { RlsConfig } from "./rls-config.js";
import { answerBytes, Route } from "./route.js";
import { RouteCache } from "./route-cache.js";
import { RouteIndex } from "./route-index.js";
import type { PickCounts, RouteTarget, RouteTargets } from "./route-targets.js";

/** Who wants to know that picks may end in another way from now on. */
export interface RouteTableListener {
  onChange(): void;
  /** Does some work, and is told of changes afterwards, once. */
  hold(work: () => void): void;
}

/** No answer is worth more children than this, whoever gives it. */
const MAX_TARGETS = 100;
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
  readonly #pending = new Set<Route>();
  readonly #expiry: AgeTimer<Route>;
  readonly #staleness: AgeTimer<Route>;
  #config: RlsConfig | undefined;
  #server: LookupServer | undefined;
  #default: RouteTarget | undefined;
  #failedPicks = 0;
  #changesSoon = false;
  #purgeTimer: unknown;
  #throttleTimer: unknown;

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
    this.#schedulePurge();
  }

  /** What is known stays, as far as it is of use. Another server is asked anew for what the one before has not answered. */
  configure(config: RlsConfig, server: LookupServer): void {
    const before = this.#config;
    if (server !== this.#server) for (const route of [...this.#pending]) this.#abandon(route);
    this.#config = config;
    this.#server = server;
    if (config.keyBuilders !== before?.keyBuilders) {
      for (const route of this.#index.rebuild(config.keyBuilders)) {
        this.#abandon(route);
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
    this.#lookUp(route, "REASON_STALE");
  }

  #pickExpired(route: Route, args: PickArgs): PickResult {
    if (route.lookup !== undefined) return queued;
    if (this.#backsOff(route)) return this.#pickDefault(args) ?? this.#fail(route.failure!);
    if (this.#lookUp(route, "REASON_MISS")) return queued;
    return this.#pickThrottled(args);
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
    if (!this.#lookUp(route, "REASON_MISS")) return this.#pickThrottled(args);
    this.#index.insert(route);
    return queued;
  }

  #pickThrottled(args: PickArgs): PickResult {
    // No lookup ends that would have waiting calls picked for anew.
    this.#throttleTimer ??= this.#context.clock.setTimeout(() => {
      this.#throttleTimer = undefined;
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

  /** False if the lookup is held back. */
  #lookUp(route: Route, reason: "REASON_MISS" | "REASON_STALE"): boolean {
    const response = this.#server!.ask({
      targetType: "grpc",
      keyMap: route.keys,
      reason,
      staleHeaderData: reason === "REASON_STALE" ? route.headerData : "",
    });
    if (response === undefined) return false;
    const lookup = {};
    route.lookup = lookup;
    this.#pending.add(route);
    response.then(
      (answer) => this.#onEnd(route, lookup, answer),
      (error: unknown) => this.#onEnd(route, lookup, toStatusError(error)),
    );
    return true;
  }

  #onEnd(route: Route, lookup: object, outcome: RouteLookupResponse | StatusError): void {
    if (route.lookup !== lookup) return;
    route.lookup = undefined;
    this.#pending.delete(route);
    this.#listener.hold(() => {
      if (outcome instanceof StatusError) {
        this.#onFailure(route, formatStatus(outcome));
      } else {
        const names = [...new Set(outcome.targets)].filter((name) => name !== "").slice(0, MAX_TARGETS);
        const bytes = route.keyBytes + answerBytes(names, outcome.headerData);
        const problem = this.#problemOf(route, names, outcome.headerData, bytes);
        if (problem === undefined) this.#onAnswer(route, names, outcome.headerData, bytes);
        else this.#onFailure(route, problem);
      }
    });
    this.#changeSoon();
  }

  /** Answers that come together let waiting calls be picked for once, not once for each. */
  #changeSoon(): void {
    if (this.#changesSoon) return;
    this.#changesSoon = true;
    queueMicrotask(() => {
      this.#changesSoon = false;
      this.#listener.onChange();
    });
  }

  /** Why an answer is as bad as none. */
  #problemOf(route: Route, names: readonly string[], headerData: string, bytes: number): string | undefined {
    if (names.length === 0) {
      return `RLS response's target list does not contain any entries for key ${formatKeys(route.keys)}`;
    }
    if (!/^[\x20-\x7e]*$/.test(headerData))
      return "RLS response's header_data is no text that a header can have";
    if (bytes > this.#cache.maxBytes) return "RLS response is larger than the cache";
    return undefined;
  }

  #onAnswer(route: Route, names: readonly string[], headerData: string, bytes: number): void {
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
    logger.debug({ target, path: route.path, keys: route.keys, problem }, "the lookup of a route has failed");
    route.fail(problem, clock, random, () => this.#listener.onChange());
    if (this.#cache.put(route, route.cached ? route.bytes : route.keyBytes)) return;
    route.clearBackoff();
    this.#drop(route);
  }

  /** Whatever its lookup brings is not wanted any more. */
  #abandon(route: Route): void {
    route.lookup = undefined;
    this.#pending.delete(route);
    if (!route.cached) this.#index.remove(route);
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
    const { clock } = this.#context;
    clock.clearTimeout(this.#purgeTimer);
    clock.clearTimeout(this.#throttleTimer);
    this.#expiry.close();
    this.#staleness.close();
    for (const route of this.#pending) route.lookup = undefined;
    this.#pending.clear();
    for (const route of this.#cache.routes()) route.clearBackoff();
  }

  /** For a {@link PolicyDescription}. */
  describe(): Readonly<Record<string, unknown>> {
    return {
      lookupService: this.#config?.lookupServer.target,
      lookupState: this.#server?.state,
      defaultTarget: this.#config?.defaultTarget,
      cacheEntries: this.#cache.size,
      cacheBytes: this.#cache.bytes,
      lookups: this.#pending.size,
      failedPicks: this.#failedPicks,
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

function formatStatus({ code, text }: StatusError): string {
  return `${formatStatusCode(code)}: ${text}`;
}
