/**
 * A client of another service, as a module lists it. It is a provider like others: private to its module unless that
 * exports it (`exports: [Weather]`), injected by `@InjectClient`, replaced in tests by its token.
 *
 * ```ts
 * @Module({
 *   clients: [
 *     client(Weather, "etcd:///weather", { policy: roundRobin(), deadlineMs: 500 }),
 *     client(Maps, { inject: [Settings], useFactory: (settings: Settings) => ({ target: settings.maps }) }),
 *   ],
 *   providers: [Forecast],
 * })
 * export class ForecastModule {}
 *
 * @Injectable()
 * export class Forecast {
 *   constructor(@InjectClient(Weather) private readonly weather: Client<typeof Weather>) {}
 * }
 * ```
 *
 * Clients whose targets and channel options are equal share one channel. What is wrong with a client is told at start;
 * it connects with its first call, or when the application listens (`connect: "eager"`), and its channel is closed
 * when the application has drained.
 */
import type { ChannelOptions, Client, ClientOptions } from "../../client/index.js";
import type { ClientInterceptor } from "../../rpc/index.js";
import type { ServiceMethods, ServiceType } from "../../schema/index.js";
import type { Class } from "../decorator-metadata.js";
import type { InjectedArgument, InjectionToken, Token } from "../provider.js";

/** A class, built with injection, or an instance. */
export type ClientInterceptorEntry = Class<ClientInterceptor> | ClientInterceptor;

/** Resolvers, policies and the logger are those of the application. */
type OwnChannelOptions = Omit<ChannelOptions, "resolvers" | "policies" | "logger">;

/** Of the channel, and of all calls over it. */
export interface ClientConnectionOptions extends OwnChannelOptions, Omit<ClientOptions, "interceptors"> {
  /** When to connect: with the first call (`lazy`), or when the application listens (`eager`). Default: `lazy`. */
  readonly connect?: "lazy" | "eager";
}

/** What tells a client apart, and stands around its calls. */
export interface ClientPlace {
  /** For `@InjectClient(Service, name)`, where a module has several clients of one service. */
  readonly name?: string;
  /** Around each call, inside those of the application, the module and the class. */
  readonly interceptors?: readonly ClientInterceptorEntry[];
}

export interface ModuleClientOptions extends ClientConnectionOptions, ClientPlace {}

/** What the factory of a client makes. */
export interface ClientSettings extends ClientConnectionOptions {
  /** Where the channel points: `etcd:///weather`. */
  readonly target: string;
}

/** A client whose target and options are not known while modules are written. */
export interface ClientFactoryOptions extends ClientPlace {
  readonly useFactory: (...args: never[]) => ClientSettings | Promise<ClientSettings>;
  readonly inject?: readonly (Token | InjectedArgument)[];
}

/** What {@link client} makes. */
export interface ClientDeclaration {
  readonly provide: ClientToken<unknown>;
  readonly service: ServiceType;
  readonly interceptors: readonly ClientInterceptorEntry[];
  /** Known now, or made by a factory at start. */
  readonly settings: ClientSettings | Pick<ClientFactoryOptions, "useFactory" | "inject">;
}

/** What a client is asked by. */
export interface ClientToken<T> extends InjectionToken<T> {
  /** Full name of the service. */
  readonly service: string;
  readonly clientName: string | undefined;
}

/** Tokens of one service, by the name of the client. They carry no state: all applications may share them. */
const tokens = new WeakMap<ServiceType, Map<string | undefined, ClientToken<unknown>>>();

/** Stands for the client of a service, for `exports`, factories and tests. */
export function clientToken<M extends ServiceMethods>(
  service: ServiceType<M>,
  name?: string,
): ClientToken<Client<ServiceType<M>>> {
  const ofService = tokens.get(service) ?? new Map<string | undefined, ClientToken<unknown>>();
  tokens.set(service, ofService);
  let token = ofService.get(name);
  if (token === undefined) {
    const description = `client ${name === undefined ? "" : `"${name}" `}of ${service.name}`;
    token = { description, id: Symbol(description), service: service.name, clientName: name };
    ofService.set(name, token);
  }
  return token as ClientToken<Client<ServiceType<M>>>;
}

export function isClientToken(token: unknown): token is ClientToken<unknown> {
  return typeof token === "object" && token !== null && "clientName" in token;
}

/** Whether a value is the constant of a generated service. */
export function isServiceType(value: unknown): value is ServiceType {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as ServiceType).load === "function" &&
    typeof (value as ServiceType).name === "string"
  );
}

/** Declares a client, for the `clients` of a module: of a target, or of what a factory makes at start. */
export function client<M extends ServiceMethods>(
  service: ServiceType<M>,
  target: string,
  options?: ModuleClientOptions,
): ClientDeclaration;
export function client<M extends ServiceMethods>(
  service: ServiceType<M>,
  options: ClientFactoryOptions,
): ClientDeclaration;
export function client(
  service: ServiceType,
  where: string | ClientFactoryOptions,
  options: ModuleClientOptions = {},
): ClientDeclaration {
  // A circle of file imports leaves it undefined, which is told at start.
  const tokenOf = (name: string | undefined) =>
    isServiceType(service) ? clientToken(service, name) : (undefined as never);
  if (typeof where !== "object") {
    const { name, interceptors = [], ...settings } = options;
    return { provide: tokenOf(name), service, interceptors, settings: { ...settings, target: where } };
  }
  const { name, interceptors = [], ...settings } = where;
  return { provide: tokenOf(name), service, interceptors, settings };
}
