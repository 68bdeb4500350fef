import { consoleLogger, Module } from "grebe";
import { CitiesModule } from "../cities/cities.module.js";
import { API_KEYS } from "./api-key.guard.js";
import { AtlasController } from "./atlas.controller.js";
import { AUDIT_LOG } from "./audit.interceptor.js";
import { TripLog } from "./trip-log.js";

@Module({
  imports: [CitiesModule],
  controllers: [AtlasController],
  providers: [
    TripLog,
    { provide: AUDIT_LOG, useValue: consoleLogger },
    // A real service reads them from where it keeps its secrets.
    { provide: API_KEYS, useValue: new Map([["demo", "a guest"]]) },
  ],
})
export class AtlasModule {}
