/** Serves `grebe.test.Probe` in a process of its own until it is told to stop: `backend.js <settings as JSON>`. */
import { setTimeout as pause } from "node:timers/promises";
import { GrpcApplication, GrpcMethod, GrpcService, Module } from "../../lib/app/index.js";
import { EtcdModule, FileRegistryModule } from "../../lib/discovery/index.js";
import { type CallContext, silentLogger } from "../../lib/rpc/index.js";
import { tcp } from "../../lib/server/index.js";
import { type Item, type ItemInit, Probe } from "../generated/probe.js";
import { type BackendSettings, SERVICE } from "./settings.js";

const { registry, ttlS, port, serviceMs } = JSON.parse(process.argv[2]!) as BackendSettings;
const register = { name: SERVICE, ttlS };
let address = "";

@GrpcService(Probe, { unimplemented: ["many", "collect", "chat", "nothing"] })
class NamedController {
  @GrpcMethod()
  async one(_: Item, { metadata }: CallContext): Promise<ItemInit> {
    await pause(serviceMs);
    // What policies add to requests.
    const added = [...metadata.get("x-google-rls-data"), ...metadata.get("lb-token")];
    return { text: address, tags: added.map(String) };
  }
}

@Module({
  imports: [
    "folder" in registry
      ? FileRegistryModule.forRoot({ folder: registry.folder, register })
      : EtcdModule.forRoot({ endpoints: [registry.etcd], register }),
  ],
  controllers: [NamedController],
  // Its clients look for dead peers every two seconds.
  listeners: [tcp({ port, minPingIntervalMs: 1000 })],
})
class BackendModule {}

process.on("disconnect", () => process.exit());
const app = await GrpcApplication.create(BackendModule, { logger: silentLogger, signals: ["SIGTERM"] });
const [listener] = await app.listen();
address = listener!.address;
process.send?.(address);
