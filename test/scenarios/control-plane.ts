/**
 * Tells clients where to go, in a process of its own: `control-plane.js <settings as JSON>`. A balancer that is sent a
 * name answers with what its clients' reports of it add up to.
 */
import { GrpcApplication, Module } from "../../lib/app/index.js";
import { silentLogger } from "../../lib/rpc/index.js";
import { tcp } from "../../lib/server/index.js";
import { ClientStatsLog, LoadBalancerModule, RouteLookupModule } from "../../lib/services/index.js";
import type { ControlPlaneSettings } from "./settings.js";

const { port, ...settings } = JSON.parse(process.argv[2]!) as ControlPlaneSettings;

@Module({
  imports: [
    "routes" in settings
      ? RouteLookupModule.forRoot({ file: settings.routes })
      : LoadBalancerModule.forRoot(settings),
  ],
  listeners: [tcp({ port })],
})
class ControlPlaneModule {}

process.on("disconnect", () => process.exit());
const app = await GrpcApplication.create(ControlPlaneModule, { logger: silentLogger, signals: ["SIGTERM"] });
const [listener] = await app.listen();
process.on("message", (name: string) => {
  const { droppedByToken, ...total } = app.get(ClientStatsLog).total(name);
  process.send?.({ ...total, droppedByToken: Object.fromEntries(droppedByToken) });
});
process.send?.(listener!.address);
