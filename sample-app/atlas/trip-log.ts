import { CALL_CONTEXT, type CallContext, Inject, Injectable } from "grebe";
import type { City } from "../cities/city.js";
import { CityIndex } from "../cities/city-index.js";
import { distanceKm, type Position } from "../cities/geography.js";
import type { TripSummaryInit } from "../generated/atlas/v1/atlas.js";
import { TRAVELLER } from "./api-key.guard.js";

const PASSING_DISTANCE_KM = 5;
const MAX_LISTED_CITIES = 100;

/** One trip: an instance per call. */
@Injectable({ lifetime: "call" })
export class TripLog {
  readonly #passed = new Set<City>();
  #positionCount = 0;
  #distanceKm = 0;
  #last: Position | undefined;

  constructor(
    private readonly cities: CityIndex,
    @Inject(CALL_CONTEXT) private readonly call: CallContext,
  ) {}

  add(position: Position): void {
    if (this.#last !== undefined) this.#distanceKm += distanceKm(this.#last, position);
    this.#last = position;
    this.#positionCount += 1;
    const city = this.cities.nearest(position, PASSING_DISTANCE_KM);
    if (city !== undefined) this.#passed.add(city);
  }

  summary(): TripSummaryInit {
    return {
      traveller: this.call.get(TRAVELLER) ?? "",
      positionCount: this.#positionCount,
      distanceKm: this.#distanceKm,
      cityCount: this.#passed.size,
      cities: [...this.#passed].slice(0, MAX_LISTED_CITIES),
    };
  }
}
