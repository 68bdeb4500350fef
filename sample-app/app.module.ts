import { type DynamicModule, Module, tcp, unix } from "grebe";
import { AtlasModule } from "./atlas/atlas.module.js";
import type { Settings } from "./settings.js";

/** The whole app. Tests take the class as it is, which listens nowhere; `main.ts` says where to listen. */
@Module({ imports: [AtlasModule] })
export class AppModule {
  static forRoot({ port, socketPath }: Settings): DynamicModule {
    return { module: AppModule, listeners: [tcp({ port }), unix(socketPath)] };
  }
}
