import { formatAddress, Injectable, type TcpAddress } from "grebe";
import type { Route, RouteKey, RouteLookup } from "grebe/services";
import { firstValueFrom, map } from "rxjs";
import { GOLD } from "../tiers.js";
import { Backends } from "./backends.js";

/** The lookup server of `rls`: requests of the gold tier go to the favourite, all others to the others. */
@Injectable()
export class FleetRoutes implements RouteLookup {
  constructor(private readonly backends: Backends) {}

  lookup({ tier }: RouteKey): Promise<Route | undefined> {
    const route = this.backends.division.pipe(
      map(({ favourite, others }): Route | undefined => {
        const pools = favourite === undefined ? [others] : [[favourite], others];
        // The other pool is there for when the first cannot be reached.
        const targets = (tier === GOLD ? pools : pools.reverse()).filter(({ length }) => length > 0);
        return targets.length === 0 ? undefined : { targets: targets.map(toTarget) };
      }),
    );
    return firstValueFrom(route);
  }
}

function toTarget(pool: readonly TcpAddress[]): string {
  return `static:///${pool.map(formatAddress).join(",")}`;
}
