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
import { CityIndex } from "../cities/city-index.js";
import { directionOf, distanceKm } from "../cities/compass.js";
import { ApiKeyGuard } from "./api-key.guard.js";
import { AuditInterceptor } from "./audit.interceptor.js";
import { GetCityRequest } from "./dto/get-city-request.js";
import { ListCitiesRequest } from "./dto/list-cities-request.js";
import { Position } from "./dto/position.js";
import type { City, Sighting, TripSummary } from "./messages.js";
import { TripLog } from "./trip-log.js";

@GrpcService("atlas.v1.Atlas")
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
  async recordTrip(positions: Flow<Position>, call: CallContext): Promise<TripSummary> {
    const trip = this.currentTrip();
    for await (const position of positions.pipe(takeUntil(aborted(call.draining)))) trip.add(position);
    return trip.summary();
  }

  @GrpcMethod()
  @Validate(Position)
  guide(positions: Flow<Position>, call: CallContext): Observable<Sighting> {
    return positions.pipe(
      takeUntil(aborted(call.draining)),
      map((position) => this.#look(position)),
    );
  }

  #look(position: Position): Sighting {
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
