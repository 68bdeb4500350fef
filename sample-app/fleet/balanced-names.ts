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

/** The scheme `balanced`: a balancer to ask, and to fall back to, what the registry says of another target. */
export function balancedResolver(address: string, fallback: string): new (app: ApplicationView) => Resolver {
  const attributes = { [GRPCLB_BALANCERS]: [{ addresses: [parseAddress(address)] }] };

  @Injectable()
  @NameResolver("balanced")
  class BalancedResolver implements Resolver {
    constructor(@Inject(APPLICATION) private readonly app: ApplicationView) {}

    resolve(): Observable<Resolution> {
      return this.app.watchName(fallback).pipe(map((resolution) => ({ ...resolution, attributes })));
    }
  }
  return BalancedResolver;
}
