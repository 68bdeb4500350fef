import {
  APPLICATION,
  type ApplicationView,
  type AsyncOptions,
  asyncModule,
  type ConcreteClass,
  type DynamicModule,
  type InjectionToken,
  injectionToken,
  Module,
  type ModuleImport,
  type Provider,
} from "../../app/index.js";
import { type Clock, systemRandom } from "../../rpc/index.js";
import { isClass } from "../is-class.js";
import type { BackendLists } from "./backend-list.js";
import { ClientStatsLog } from "./client-stats-log.js";
import { BACKEND_LISTS, BALANCER_OPTIONS, LoadBalancerController } from "./load-balancer-controller.js";
import { checkClassOptions, checkSource, completeOptions } from "./load-balancer-options.js";
import { type BalancedServices, NamedServices } from "./named-services.js";

export interface BalancerOptions {
  /** How often clients tell how their calls go, in milliseconds; 0 for never. Default: 10,000. */
  readonly reportIntervalMs?: number;
  readonly clock?: Clock;
}

/** Lists of names that are known from the start, by resolvers. */
export interface NamedServicesOptions extends BalancerOptions {
  readonly services: BalancedServices;
}

/** Lists from code. */
export interface BackendListsOptions extends BalancerOptions {
  readonly lists: BackendLists["watch"] | BackendLists;
}

/** Lists from a class that is built with injection. */
export interface BackendListsClassOptions extends BalancerOptions {
  readonly lists: ConcreteClass<BackendLists>;
  /** Modules that export what it asks for. */
  readonly imports?: readonly ModuleImport[];
}

/** Where lists come from, when that is known only at the start. */
export type BalancerSource = NamedServicesOptions | BackendListsOptions;

const BALANCER_SOURCE: InjectionToken<BalancerSource> = injectionToken<BalancerSource>("BALANCER_SOURCE");
const CHECKED_SOURCE: InjectionToken<BalancerSource> = injectionToken<BalancerSource>("CHECKED_SOURCE");

/**
 * Serves `grpc.lb.v1.LoadBalancer`: tells clients with the policy `grpclb` which backends there are, and hears how their
 * calls go ({@link ClientStatsLog}).
 *
 * ```ts
 * imports: [
 *   LoadBalancerModule.forRoot({
 *     services: {
 *       orders: "etcd:///svc/orders",
 *       search: { target: "file:///etc/search.json", weights: "reported", drops: { overload: 0.05 } },
 *     },
 *   }),
 * ]
 * ```
 */
@Module({ controllers: [LoadBalancerController], providers: [ClientStatsLog], exports: [ClientStatsLog] })
export class LoadBalancerModule {
  static forRoot(options: BalancerSource | BackendListsClassOptions): DynamicModule {
    if (!takesClass(options)) return withSource({ useFactory: () => options });
    const { lists, imports = [] } = options;
    return {
      module: LoadBalancerModule,
      imports,
      providers: [
        lists,
        { provide: BACKEND_LISTS, useExisting: lists },
        { provide: BALANCER_OPTIONS, useFactory: () => completeOptions(checkClassOptions(options)) },
      ],
      exports: [lists],
    };
  }

  /** With a source that is not known while modules are written. */
  static forRootAsync(options: AsyncOptions<BalancerSource>): DynamicModule {
    return withSource(options);
  }
}

function takesClass(options: BalancerSource | BackendListsClassOptions): options is BackendListsClassOptions {
  const lists: unknown = (options as Partial<BackendListsClassOptions> | undefined)?.lists;
  return typeof lists === "function" && isClass(lists);
}

function withSource(options: AsyncOptions<BalancerSource>): DynamicModule {
  const { providers = [], ...module } = asyncModule(LoadBalancerModule, BALANCER_SOURCE, options);
  const create = (source: BalancerSource, app: ApplicationView): BackendLists => {
    if ("lists" in source) return typeof source.lists === "function" ? { watch: source.lists } : source.lists;
    const { clock } = completeOptions(source);
    return new NamedServices(source.services, app, { clock, random: systemRandom, logger: app.logger });
  };
  const own: Provider[] = [
    { provide: CHECKED_SOURCE, useFactory: checkSource, inject: [BALANCER_SOURCE] },
    { provide: BACKEND_LISTS, useFactory: create, inject: [CHECKED_SOURCE, APPLICATION] },
    { provide: BALANCER_OPTIONS, useFactory: completeOptions, inject: [CHECKED_SOURCE] },
  ];
  return { ...module, providers: [...providers, ...own] };
}
