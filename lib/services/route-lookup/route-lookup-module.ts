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
import { checkClassOptions, checkSource } from "./route-lookup-options.js";
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
const CLASS_OPTIONS: InjectionToken<object> = injectionToken<object>("CLASS_OPTIONS");

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
    if (takesClass(options)) {
      const { lookup, imports = [] } = options;
      const providers = [
        lookup,
        { provide: ROUTE_LOOKUP, useExisting: lookup },
        { provide: CLASS_OPTIONS, useFactory: () => checkClassOptions(options) },
      ];
      return { module: RouteLookupModule, imports, providers, exports: [lookup] };
    }
    const imports = (options as Partial<RouteLookupOptions> | undefined)?.imports ?? [];
    return withSource({ useFactory: () => options as RouteSource, imports }, ["imports"]);
  }

  /** With a source that is not known while modules are written. */
  static forRootAsync(options: AsyncOptions<RouteSource>): DynamicModule {
    return withSource(options);
  }
}

function takesClass(
  options: RouteLookupOptions | RouteFileOptions,
): options is RouteLookupOptions & { readonly lookup: ConcreteClass<RouteLookup> } {
  const lookup: unknown = (options as Partial<RouteLookupOptions> | undefined)?.lookup;
  return typeof lookup === "function" && isClass(lookup);
}

/** `more` are options that go with `lookup` and say nothing of routes. */
function withSource(options: AsyncOptions<RouteSource>, more: readonly string[] = []): DynamicModule {
  const { providers = [], ...module } = asyncModule(RouteLookupModule, ROUTE_SOURCE, options);
  const create = (given: RouteSource, app: ApplicationView): RouteLookup => {
    const source = checkSource(given, more);
    if ("file" in source) return new WatchedRoutes(source, app);
    return typeof source.lookup === "function" ? { lookup: source.lookup } : source.lookup;
  };
  const routes = { provide: ROUTE_LOOKUP, useFactory: create, inject: [ROUTE_SOURCE, APPLICATION] };
  return { ...module, providers: [...providers, routes] };
}
