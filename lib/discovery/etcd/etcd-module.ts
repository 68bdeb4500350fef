/**
 * Finds and registers services in etcd. All channels of the application then know the scheme `etcd`; with `register`,
 * the application is in etcd from the moment its listeners accept calls until it starts to drain.
 *
 * ```ts
 * @Module({
 *   imports: [EtcdModule.forRoot({ endpoints: ["127.0.0.1:2379"], register: { name: "svc/orders" } })],
 *   clients: [client(Stock, "etcd:///svc/stock")],
 * })
 * class OrdersModule {}
 * ```
 */
import {
  APPLICATION,
  type ApplicationView,
  type AsyncOptions,
  asyncProviders,
  type DynamicModule,
  Inject,
  Injectable,
  type InjectionToken,
  injectionToken,
  Module,
  NameResolver,
  type OnApplicationShutdown,
  type Provider,
} from "../../app/index.js";
import type { ResolverOptions } from "../../client/index.js";
import { EtcdClient } from "./etcd-client.js";
import type { EtcdModuleOptions } from "./etcd-options.js";
import { EtcdRegistrar } from "./etcd-registrar.js";
import { EtcdResolver } from "./etcd-resolver.js";

export const ETCD_OPTIONS: InjectionToken<EtcdModuleOptions> =
  injectionToken<EtcdModuleOptions>("ETCD_OPTIONS");

/** The client of one application, closed when all that uses it has ended. */
@Injectable()
class ModuleClient extends EtcdClient implements OnApplicationShutdown {
  constructor(@Inject(ETCD_OPTIONS) options: EtcdModuleOptions) {
    super(options);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}

@Injectable()
class ModuleRegistrar extends EtcdRegistrar {
  constructor(
    @Inject(EtcdClient) client: EtcdClient,
    @Inject(ETCD_OPTIONS) options: EtcdModuleOptions,
    @Inject(APPLICATION) { logger }: ApplicationView,
  ) {
    super(client, { logger, ...options });
  }
}

/** etcd forgets what was registered when it loses its data, until all have registered again. */
const resolverOptions: ResolverOptions = { emptyList: "keep" };

/** A class of its own for each scheme, for the scheme is written on the class. */
function resolverClass(scheme: string) {
  @NameResolver(scheme, resolverOptions)
  @Injectable()
  class ModuleResolver extends EtcdResolver {
    constructor(@Inject(EtcdClient) client: EtcdClient) {
      super(client);
    }
  }
  return ModuleResolver;
}

/** What must be known while modules are written. */
export interface EtcdSchemeOptions {
  /** The scheme of targets, for applications with several clusters. Default: `etcd`. */
  readonly scheme?: string;
}

@Module()
export class EtcdModule {
  static forRoot({ scheme, ...options }: EtcdModuleOptions & EtcdSchemeOptions): DynamicModule {
    return etcdModule([{ provide: ETCD_OPTIONS, useValue: options }], scheme);
  }

  static forRootAsync({
    scheme,
    ...options
  }: AsyncOptions<EtcdModuleOptions> & EtcdSchemeOptions): DynamicModule {
    return {
      ...etcdModule(asyncProviders(ETCD_OPTIONS, options as AsyncOptions<EtcdModuleOptions>), scheme),
      imports: options.imports ?? [],
      global: options.global ?? false,
    };
  }
}

function etcdModule(providers: readonly Provider[], scheme = "etcd"): DynamicModule {
  return {
    module: EtcdModule,
    providers: [...providers, { provide: EtcdClient, useClass: ModuleClient }],
    exports: [EtcdClient],
    resolvers: [resolverClass(scheme)],
    registrars: [ModuleRegistrar],
  };
}
