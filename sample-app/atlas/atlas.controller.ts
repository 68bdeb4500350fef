import {
  type CallContext,
  Flow,
  GrpcMethod,
  GrpcService,
  InjectPerCall,
  StatusError,
  UseGuards,
  UseInterceptors,
  Validate,
} from "grebe";
import { resourceInfo } from "grebe/schema";
import { defer, fromEvent, map, type Observable, of, takeUntil } from "rxjs";
import type { City } from "../cities/city.js";
import { CityIndex } from "../cities/city-index.js";
import { distanceKm } from "../cities/geography.js";
import { Atlas, type SightingInit, type TripSummaryInit } from "../generated/atlas/v1/atlas.js";
import { ApiKeyGuard } from "./api-key.guard.js";
import { AuditInterceptor } from "./audit.interceptor.js";
import { directionOf } from "./compass.js";
import { GetCityRequest } from "./dto/get-city-request.js";
import { ListCitiesRequest } from "./dto/list-cities-request.js";
import { Position } from "./dto/position.js";
import { TripLog } from "./trip-log.js";

@GrpcService(Atlas)
@UseInterceptors(AuditInterceptor)
export class AtlasController {
  constructor(
    private readonly cities: CityIndex,
    @InjectPerCall(TripLog) private readonly currentTrip: () => TripLog,
  ) {}

  @GrpcMethod()
  getCity({ cityId }: GetCityRequest): City {
    const city = this.cities.find(cityId);
    if (city !== undefined) return city;
    throw StatusError.notFound(`there is no city with the id ${cityId}`, {
      details: [resourceInfo({ resourceType: "atlas.v1.City", resourceName: `cities/${cityId}` })],
    });
  }

  /** Cities are encoded one by one, as fast as the caller reads them. */
  @GrpcMethod()
  listCities(request: ListCitiesRequest, call: CallContext): Iterable<City> {
    const cities = this.cities.list(request);
    call.headers.set("city-count", String(cities.length));
    return cities;
  }

  /** A trip may last for days: a server that must stop ends it, and sums up what it has seen. */
  @GrpcMethod()
  @Validate(Position)
  @UseGuards(ApiKeyGuard)
  async recordTrip(positions: Flow<Position>, call: CallContext): Promise<TripSummaryInit> {
    const trip = this.currentTrip();
    for await (const position of positions.pipe(takeUntil(aborted(call.draining)))) trip.add(position);
    return trip.summary();
  }

  @GrpcMethod()
  @Validate(Position)
  guide(positions: Flow<Position>, call: CallContext): Observable<SightingInit> {
    return positions.pipe(
      takeUntil(aborted(call.draining)),
      map((position) => this.#look(position)),
    );
  }

  #look(position: Position): SightingInit {
    const city = this.cities.nearest(position);
    if (city === undefined) throw StatusError.unavailable("the atlas is empty");
    return {
      city,
      distanceKm: distanceKm(position, city.position),
      direction: directionOf(position, city.position),
    };
  }
}

/** Emits once the signal is aborted. */
function aborted(signal: AbortSignal): Observable<unknown> {
  return defer(() => (signal.aborted ? of(undefined) : fromEvent(signal, "abort")));
}
