import { around } from "geokdbush";
import KDBush from "kdbush";
import type { City } from "./city.js";
import type { Area, Position } from "./geography.js";

export interface CityFilter {
  readonly area?: Area | undefined;
  readonly minPopulation?: number;
  /** Empty for all countries. */
  readonly countryCodes?: readonly string[];
}

/** Finds cities by id, by rectangle and by nearness. */
export class CityIndex {
  /** The largest first; an entry's place is its number in the tree. */
  readonly #cities: readonly City[];
  readonly #byId: ReadonlyMap<number, City>;
  readonly #tree: KDBush;

  constructor(cities: readonly City[]) {
    this.#cities = cities.toSorted((a, b) => b.population - a.population);
    this.#byId = new Map(cities.map((city) => [city.cityId, city]));
    this.#tree = new KDBush(cities.length);
    for (const { position } of this.#cities) this.#tree.add(position.longitude, position.latitude);
    this.#tree.finish();
  }

  get size(): number {
    return this.#cities.length;
  }

  find(cityId: number): City | undefined {
    return this.#byId.get(cityId);
  }

  /** The largest first. */
  list({ area, minPopulation = 0, countryCodes = [] }: CityFilter = {}): readonly City[] {
    const countries = new Set(countryCodes);
    return this.#inside(area).filter(
      ({ population, countryCode }) =>
        population >= minPopulation && (countries.size === 0 || countries.has(countryCode)),
    );
  }

  /** The nearest city on the globe; undefined if there is none within the distance. */
  nearest({ longitude, latitude }: Position, maxDistanceKm = Number.POSITIVE_INFINITY): City | undefined {
    const [number] = around(this.#tree, longitude, latitude, 1, maxDistanceKm);
    return number === undefined ? undefined : this.#cities[number];
  }

  #inside(area: Area | undefined): readonly City[] {
    if (area === undefined) return this.#cities;
    const { south, west, north, east } = area;
    const numbers =
      west <= east
        ? this.#tree.range(west, south, east, north)
        : [...this.#tree.range(west, south, 180, north), ...this.#tree.range(-180, south, east, north)];
    return numbers.sort((a, b) => a - b).map((number) => this.#cities[number]!);
  }
}
