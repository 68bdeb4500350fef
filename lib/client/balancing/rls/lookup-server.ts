import type { Subscription } from "rxjs";
import {
  type RouteLookupRequestInit,
  type RouteLookupResponse,
  RouteLookupService,
} from "../../../schema/index.js";
import type { ConnectivityState } from "../../connectivity.js";
import type { BalancingContext, ControlChannel } from "../policy.js";
import { AdaptiveThrottler } from "./adaptive-throttler.js";
import type { LookupServerConfig } from "./rls-config.js";

/** The server that knows the routes: a channel of its own, which connects at once, and a throttle on what it is asked. */
export class LookupServer {
  readonly config: LookupServerConfig;
  readonly #channel: ControlChannel;
  readonly #ask: (request: RouteLookupRequestInit) => Promise<RouteLookupResponse>;
  readonly #throttler: AdaptiveThrottler;
  readonly #watch: Subscription;
  #state: ConnectivityState = "IDLE";

  /**
   * Throws an Error for a config that cannot be used. `onRecovery` is called when the server can be reached again after
   * it could not.
   */
  constructor(context: BalancingContext, config: LookupServerConfig, onRecovery: () => void) {
    const { target, timeoutMs, serviceConfig } = config;
    this.config = config;
    this.#throttler = new AdaptiveThrottler(context.clock, context.random);
    this.#channel = context.createControlChannel(target, {
      ...(serviceConfig === undefined ? { ignoreResolvedConfig: false } : { serviceConfig }),
      // Its certificate is that of the service which it routes for.
      authority: context.authority,
      callCredentials: true,
      eager: true,
    });
    const client = this.#channel.client(RouteLookupService);
    this.#ask = async (request) => client.routeLookup(request, { deadlineMs: timeoutMs });
    let wasReady = false;
    let hasFailed = false;
    this.#watch = this.#channel.connectivity.subscribe((state) => {
      this.#state = state;
      if (state === "TRANSIENT_FAILURE") hasFailed = wasReady;
      if (state !== "READY") return;
      const recovers = hasFailed;
      wasReady = true;
      hasFailed = false;
      if (recovers) onRecovery();
    });
  }

  /** Undefined if the server is to be spared. */
  ask(request: RouteLookupRequestInit): Promise<RouteLookupResponse> | undefined {
    if (this.#throttler.shouldThrottle()) return undefined;
    const response = this.#ask(request);
    response.then(
      () => this.#throttler.registerResponse(false),
      () => this.#throttler.registerResponse(true),
    );
    return response;
  }

  get state(): ConnectivityState {
    return this.#state;
  }

  /** Lookups that are under way fail. */
  close(): void {
    this.#watch.unsubscribe();
    this.#channel.close();
  }
}
