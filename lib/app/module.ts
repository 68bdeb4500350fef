/**
 * The unit an application is put together from. A module lists what it provides, what it serves and which other
 * modules it needs; its providers are private to it unless it exports them.
 *
 * ```ts
 * @Module({
 *   imports: [StockModule],
 *   controllers: [OrdersController],
 *   providers: [OrderStore, { provide: CLOCK, useValue: systemClock }],
 *   exports: [OrderStore],
 * })
 * export class OrdersModule {}
 * ```
 *
 * A {@link DynamicModule} is a module that takes options: a static method, by custom `forRoot` or `forRootAsync`,
 * returns the class together with what the options add. A class that is imported as it is, by however many
 * modules, is one module. Every dynamic module object is one of its own: to share one, keep it in a constant.
 */
import type { ExceptionFilter, Guard, Interceptor } from "../rpc/index.js";
import type { ServiceType } from "../schema/index.js";
import type { BalancingPolicyEntry } from "./balancing-policy.js";
import type { ClientDeclaration, ClientInterceptorEntry } from "./clients/declaration.js";
import type { Class, ConcreteClass } from "./decorator-metadata.js";
import { getRecord, recordKey, setRecord } from "./decorator-metadata.js";
import type { ResolverEntry } from "./name-resolver.js";
import type { Provider, Token } from "./provider.js";
import type { RegistrarEntry } from "./registrar.js";

/** What `@Module` takes. All lists may be left out. */
export interface ModuleOptions {
  /** Modules whose exports are visible here. */
  readonly imports?: readonly ModuleImport[];
  readonly controllers?: readonly Class[];
  readonly providers?: readonly Provider[];
  /** What importing modules see: own providers and clients, imported tokens, or whole imported modules. */
  readonly exports?: readonly ModuleExport[];
  /** `.proto` files that declare the services of the controllers. */
  readonly protos?: readonly string[];
  /** Where the application accepts connections. */
  readonly listeners?: readonly object[];
  /** Methods that deliberately have no handler: `atlas.v1.Atlas/Guide`, or a whole service. */
  readonly unimplemented?: readonly string[];
  /** Interceptors around the calls to this module's controllers: classes, built with injection, or instances. */
  readonly interceptors?: readonly (Class<Interceptor> | Interceptor)[];
  readonly guards?: readonly (Class<Guard> | Guard)[];
  readonly filters?: readonly (Class<ExceptionFilter> | ExceptionFilter)[];
  /** How messages to this module's controllers are validated. */
  readonly validation?: object;
  /** Clients of other services, for `@InjectClient`: `client(Weather, "etcd:///weather")`. */
  readonly clients?: readonly ClientDeclaration[];
  /** Interceptors around all calls of this module's clients. */
  readonly clientInterceptors?: readonly ClientInterceptorEntry[];
  /** Resolvers of names; all channels of the application know them. */
  readonly resolvers?: readonly ResolverEntry[];
  /** Policies that spread calls; all channels of the application know them. */
  readonly balancingPolicies?: readonly BalancingPolicyEntry[];
  /** Tell registries where the application listens. */
  readonly registrars?: readonly RegistrarEntry[];
}

/** A module with options: what is listed here comes on top of what the class's own `@Module` lists. */
export interface DynamicModule extends ModuleOptions {
  readonly module: ConcreteClass;
  /** Visible everywhere without import, like `@Global`. */
  readonly global?: boolean;
}

export type ModuleImport = ConcreteClass | DynamicModule | Promise<DynamicModule>;

/** The constant of a service stands for the module's client of it. */
export type ModuleExport =
  | Token
  | Provider
  | ClientDeclaration
  | ServiceType
  | DynamicModule
  | Promise<DynamicModule>;

const moduleKey = recordKey<ModuleOptions>("module");
const globalKey = recordKey<boolean>("global");

/** Marks a class as a module. */
export function Module(options: ModuleOptions = {}): (target: ConcreteClass) => void {
  return (target) => setRecord(moduleKey, options, target);
}

/** Makes the exports of a module visible everywhere, without import. One import, anywhere, is needed. */
export function Global(): (target: ConcreteClass) => void {
  return (target) => setRecord(globalKey, true, target);
}

/** What `@Module` recorded; undefined if the class is no module. */
export function moduleOptions(target: Class<unknown>): ModuleOptions | undefined {
  return getRecord(moduleKey, target);
}

export function isGlobalModule(target: Class<unknown>): boolean {
  return getRecord(globalKey, target) ?? false;
}

/** Whether a value is a module with options, as `forRoot` returns it. */
export function isDynamicModule(value: unknown): value is DynamicModule {
  return typeof value === "object" && value !== null && typeof (value as DynamicModule).module === "function";
}
