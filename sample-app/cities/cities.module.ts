import { Module } from "grebe";
import { CityIndex } from "./city-index.js";
import { loadCities } from "./city-source.js";

/** Knows the cities; nothing of gRPC. The application starts when they are loaded. */
@Module({
  providers: [{ provide: CityIndex, useFactory: async () => new CityIndex(await loadCities()) }],
  exports: [CityIndex],
})
export class CitiesModule {}
