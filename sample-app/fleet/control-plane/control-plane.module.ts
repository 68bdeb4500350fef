import { type DynamicModule, Global, Module, tcp } from "grebe";
import { LoadBalancerModule, RouteLookupModule } from "grebe/services";
import { type Registry, registryModule, targetOf } from "../registry.js";
import { BACKENDS_TARGET, Backends } from "./backends.js";
import { FleetLists } from "./fleet-lists.js";
import { FleetRoutes } from "./fleet-routes.js";

const REPORT_INTERVAL_MS = 1000;

@Global()
@Module({ providers: [Backends], exports: [Backends] })
class BackendsModule {
  static forRoot(registry: Registry): DynamicModule {
    return {
      module: BackendsModule,
      imports: [registryModule(registry)],
      providers: [{ provide: BACKENDS_TARGET, useValue: targetOf(registry) }],
    };
  }
}

/** What `rls` and `grpclb` ask where calls go. It knows the backends from the registry, as everybody does. */
@Module({
  imports: [
    RouteLookupModule.forRoot({ lookup: FleetRoutes }),
    LoadBalancerModule.forRoot({ lists: FleetLists, reportIntervalMs: REPORT_INTERVAL_MS }),
  ],
})
export class ControlPlaneModule {
  static forRoot(registry: Registry, port: number): DynamicModule {
    return {
      module: ControlPlaneModule,
      imports: [BackendsModule.forRoot(registry)],
      listeners: [tcp({ port })],
    };
  }
}
