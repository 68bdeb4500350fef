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
} from "../../app/index.js";
import { isClass } from "../is-class.js";
import type { RouteLookup } from "./route-lookup.js";
import { ROUTE_LOOKUP, RouteLookupController } from "./route-lookup-controller.js";
import { type RouteFileOptions, WatchedRoutes } from "./watched-routes.js";

export interface RouteLookupOptions {
  /** A function, an instance, or a class that is built with injection, and exported by the module. */
  readonly lookup: RouteLookup["lookup"] | RouteLookup | ConcreteClass<RouteLookup>;
  /** Modules that export what the class asks for. */
  readonly imports?: readonly ModuleImport[];
}

/** Where routes come from, when that is known only at the start. */
export type RouteSource = RouteFileOptions | { readonly lookup: RouteLookup["lookup"] | RouteLookup };

const ROUTE_SOURCE: InjectionToken<RouteSource> = injectionToken<RouteSource>("ROUTE_SOURCE");

/**
 * Serves `grpc.lookup.v1.RouteLookupService`, which clients with the policy `rls` ask where their requests go. It is
 * told by a file, or by whatever code there is:
 *
 * ```ts
 * imports: [RouteLookupModule.forRoot({ file: "/etc/routes.json" })]
 * imports: [RouteLookupModule.forRoot({ lookup: ({ user }) => ({ targets: [poolOf(user)] }) })]
 * imports: [RouteLookupModule.forRoot({ imports: [UsersModule], lookup: RoutesOfUsers })]
 * ```
 */
@Module({ controllers: [RouteLookupController] })
export class RouteLookupModule {
  static forRoot(options: RouteLookupOptions | RouteFileOptions): DynamicModule {
    if ("file" in options) return withSource({ useFactory: () => options });
    const { lookup, imports = [] } = options;
    if (!isClass(lookup)) return withSource({ useFactory: () => ({ lookup }), imports });
    const provider = { provide: ROUTE_LOOKUP, useExisting: lookup };
    return { module: RouteLookupModule, imports, providers: [lookup, provider], exports: [lookup] };
  }

  /** With a source that is not known while modules are written. */
  static forRootAsync(options: AsyncOptions<RouteSource>): DynamicModule {
    return withSource(options);
  }
}

function withSource(options: AsyncOptions<RouteSource>): DynamicModule {
  const { providers = [], ...module } = asyncModule(RouteLookupModule, ROUTE_SOURCE, options);
  const create = (source: RouteSource, app: ApplicationView): RouteLookup => {
    if ("file" in source) return new WatchedRoutes(source, app);
    return typeof source.lookup === "function" ? { lookup: source.lookup } : source.lookup;
  };
  const routes = { provide: ROUTE_LOOKUP, useFactory: create, inject: [ROUTE_SOURCE, APPLICATION] };
  return { ...module, providers: [...providers, routes] };
}
