/** A look inside a running application: plain data, for people and tools. */
import type { Observable } from "rxjs";
import type { ChannelInspection, Resolution, WatchNameOptions } from "../client/index.js";
import type { Logger } from "../rpc/index.js";
import type { BoundListener } from "../server/index.js";
import { type InjectionToken, injectionToken } from "./provider.js";
import type { RouteDescription } from "./served-methods.js";

/** A channel, and which clients share it. */
export interface ApplicationChannel extends ChannelInspection {
  /** `weather.v1.Weather`, with the name of the client behind it if it has one. */
  readonly clients: readonly string[];
}

/** What an application serves, where it listens, and whom it calls. Can be written as JSON. */
export interface ApplicationInspection {
  readonly routes: readonly RouteDescription[];
  readonly listeners: readonly { readonly address: string; readonly tls: boolean }[];
  readonly channels: readonly ApplicationChannel[];
}

/** The application as its own providers see it. */
export interface ApplicationView {
  /** What is served; known before the first provider is built. */
  readonly routes: readonly RouteDescription[];
  /** The listeners that accept calls. */
  readonly listeners: readonly BoundListener[];
  /** Where the application's log lines go. */
  readonly logger: Logger;
  inspect(): ApplicationInspection;
  /**
   * What a name stands for, through the resolvers of all modules, once all providers are built; see `watchName`
   * of the client. Throws an Error for a target that cannot be resolved.
   */
  watchName(target: string, options?: Pick<WatchNameOptions, "refreshes">): Observable<Resolution>;
}

/** The application that a provider is part of: `constructor(@Inject(APPLICATION) app: ApplicationView)`. */
export const APPLICATION: InjectionToken<ApplicationView> = injectionToken<ApplicationView>("APPLICATION");

/** The application as its providers see it, while it is being built. */
export class EarlyView implements ApplicationView {
  routes: readonly RouteDescription[] = [];
  readonly logger: Logger;
  application: ApplicationView | undefined;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  get listeners(): readonly BoundListener[] {
    return this.application?.listeners ?? [];
  }

  inspect(): ApplicationInspection {
    return this.application?.inspect() ?? { routes: this.routes, listeners: [], channels: [] };
  }

  watchName(target: string, options?: Pick<WatchNameOptions, "refreshes">): Observable<Resolution> {
    if (this.application === undefined) {
      throw new Error(`"${target}" cannot be resolved while providers are built: ask for it in onModuleInit`);
    }
    return this.application.watchName(target, options);
  }
}
