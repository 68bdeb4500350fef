/** The control plane of the fleet, in a process of its own: the lookup server of `rls`, and the balancer of `grpclb`. */
import { GrpcApplication } from "grebe";
import type { Registry } from "../registry.js";
import { complaints, serve } from "../serve.js";
import { Backends } from "./backends.js";
import { ControlPlaneModule } from "./control-plane.module.js";

/** The address of a backend that is to have more of the calls than the others. It may change at any time. */
export interface Wish {
  readonly favourite?: string;
}

/** What the control plane is told, as JSON. */
export interface ControlPlaneSettings extends Wish {
  readonly registry: Registry;
  /** 0 takes any free port. */
  readonly port: number;
}

await serve(async ({ registry, port, favourite }: ControlPlaneSettings) => {
  const app = await GrpcApplication.create(ControlPlaneModule.forRoot(registry, port), {
    logger: complaints,
    signals: ["SIGTERM"],
    drainLimitMs: 0,
  });
  const backends = app.get(Backends);
  backends.favourite.next(favourite);
  process.on("message", (wish: Wish) => backends.favourite.next(wish.favourite));
  return app;
});
