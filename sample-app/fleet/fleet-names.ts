import {
  APPLICATION,
  type ApplicationView,
  Inject,
  Injectable,
  NameResolver,
  parseAddress,
  type Resolution,
  type Resolver,
  type ResolverDefinition,
} from "grebe";
import { GRPCLB_BALANCERS } from "grebe/balancing";
import { map, type Observable, of } from "rxjs";

/** The control plane by a name of its own, so that policies can have it in their config before it has a port. */
export const CONTROL_PLANE = "control-plane:///fleet";

export function controlPlaneResolver(address: string): ResolverDefinition {
  const endpoints = [{ addresses: [parseAddress(address)] }];
  return { scheme: "control-plane", resolver: { resolve: () => of({ endpoints }) } };
}

/** What the front service calls. */
export const FLEET = "fleet:///atlas";

/**
 * The scheme `fleet`: what the registry says, and what policies need besides: the zone of a backend as its target of
 * `weighted_target`, and for `grpclb` the balancer to ask.
 */
export function fleetResolver(
  registered: string,
  balancer: string | undefined,
): new (
  app: ApplicationView,
) => Resolver {
  const attributes = balancer && { [GRPCLB_BALANCERS]: [{ addresses: [parseAddress(balancer)] }] };

  @Injectable()
  @NameResolver("fleet")
  class FleetResolver implements Resolver {
    constructor(@Inject(APPLICATION) private readonly app: ApplicationView) {}

    resolve(): Observable<Resolution> {
      return this.app.watchName(registered).pipe(
        map(({ endpoints }) => ({
          endpoints: endpoints.map((endpoint) => ({ ...endpoint, path: [endpoint.zone ?? ""] })),
          ...(attributes && { attributes }),
        })),
      );
    }
  }
  return FleetResolver;
}
