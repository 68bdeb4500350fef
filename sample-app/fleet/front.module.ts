import { client, type DynamicModule, Module, type PolicyConfig, type ServiceConfigJson, tcp } from "grebe";
import { InspectModule } from "grebe/services";
import { Atlas } from "../generated/atlas/v1/atlas.js";
import { CallMeter } from "./call-meter.js";
import { controlPlaneResolver, FLEET, fleetResolver } from "./fleet-names.js";
import { type Registry, registryModule, targetOf } from "./registry.js";
import { Tally } from "./tally.js";
import { Traffic } from "./traffic.js";

/** A backend that does not answer a ping within a second is given up; it is asked every two. */
const KEEPALIVE = { timeMs: 2000, timeoutMs: 1000 };
const DEADLINE_MS = 5000;

/** A call whose connection is lost goes to another backend. */
const RETRIES: ServiceConfigJson = {
  methodConfig: [
    {
      name: [{ service: Atlas.name }],
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: "0.02s",
        maxBackoff: "0.5s",
        backoffMultiplier: 2,
        retryableStatusCodes: ["UNAVAILABLE"],
      },
    },
  ],
};

/** The service in front of the fleet: it calls Atlas by a policy, and can be inspected. */
@Module({ imports: [InspectModule], providers: [Tally, Traffic], clientInterceptors: [CallMeter] })
export class FrontModule {
  /** `controlPlane` is the address of what the policy asks, if it asks anybody. */
  static forRoot(
    registry: Registry,
    { policy, retry }: { readonly policy: PolicyConfig; readonly retry: boolean },
    controlPlane?: string,
  ): DynamicModule {
    return {
      module: FrontModule,
      imports: [registryModule(registry)],
      clients: [
        client(Atlas, FLEET, {
          policy,
          keepalive: KEEPALIVE,
          deadlineMs: DEADLINE_MS,
          ...(retry && { serviceConfig: RETRIES }),
        }),
      ],
      resolvers: [
        fleetResolver(targetOf(registry), controlPlane),
        ...(controlPlane === undefined ? [] : [controlPlaneResolver(controlPlane)]),
      ],
      listeners: [tcp({ port: 0 })],
    };
  }
}
