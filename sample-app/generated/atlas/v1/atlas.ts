// Made by "grebe types" from atlas/v1/atlas.proto. Do not edit.
import { defineFile, defineService, type ServiceType } from "grebe/schema";

export const Direction = {
  DIRECTION_UNSPECIFIED: "DIRECTION_UNSPECIFIED",
  DIRECTION_NORTH: "DIRECTION_NORTH",
  DIRECTION_NORTH_EAST: "DIRECTION_NORTH_EAST",
  DIRECTION_EAST: "DIRECTION_EAST",
  DIRECTION_SOUTH_EAST: "DIRECTION_SOUTH_EAST",
  DIRECTION_SOUTH: "DIRECTION_SOUTH",
  DIRECTION_SOUTH_WEST: "DIRECTION_SOUTH_WEST",
  DIRECTION_WEST: "DIRECTION_WEST",
  DIRECTION_NORTH_WEST: "DIRECTION_NORTH_WEST",
} as const;
/** A value that the schema does not name is its number. */
export type Direction = "DIRECTION_UNSPECIFIED" | "DIRECTION_NORTH" | "DIRECTION_NORTH_EAST" | "DIRECTION_EAST" | "DIRECTION_SOUTH_EAST" | "DIRECTION_SOUTH" | "DIRECTION_SOUTH_WEST" | "DIRECTION_WEST" | "DIRECTION_NORTH_WEST" | number;

export interface GetCityRequest {
  cityId: number;
}
/** What may be sent as {@link GetCityRequest}. */
export interface GetCityRequestInit {
  readonly cityId?: number | undefined;
}

export interface ListCitiesRequest {
  /** The whole world if it is left out. */
  area?: Area;
  /** Only cities with at least so many inhabitants. */
  minPopulation: number;
  /** Only cities of these countries (ISO 3166-1, two capital letters); of all countries if there are none. */
  countryCodes: string[];
}
/** What may be sent as {@link ListCitiesRequest}. */
export interface ListCitiesRequestInit {
  readonly area?: AreaInit | undefined;
  readonly minPopulation?: number | undefined;
  readonly countryCodes?: readonly string[] | undefined;
}

/** A rectangle on the map, in degrees, its borders included. With west > east it lies across the date line. */
export interface Area {
  south: number;
  west: number;
  north: number;
  east: number;
}
/** What may be sent as {@link Area}. */
export interface AreaInit {
  readonly south?: number | undefined;
  readonly west?: number | undefined;
  readonly north?: number | undefined;
  readonly east?: number | undefined;
}

/** A point on the earth, in degrees (WGS 84). */
export interface Position {
  /** From -90 (south) to 90 (north). */
  latitude: number;
  /** From -180 (west) to 180 (east). */
  longitude: number;
}
/** What may be sent as {@link Position}. */
export interface PositionInit {
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
}

export interface City {
  /** The id of GeoNames: https://www.geonames.org/2657896 */
  cityId: number;
  name: string;
  /** A second name, where one is known. */
  otherName?: string;
  /** ISO 3166-1, two capital letters. */
  countryCode: string;
  /** The first administrative division below the country (state, canton, province), as GeoNames codes it. */
  adminCode: string;
  /** 0 where it is not known. */
  population: string;
  position?: Position;
}
/** What may be sent as {@link City}. */
export interface CityInit {
  readonly cityId?: number | undefined;
  readonly name?: string | undefined;
  readonly otherName?: string | undefined;
  readonly countryCode?: string | undefined;
  readonly adminCode?: string | undefined;
  readonly population?: string | number | bigint | undefined;
  readonly position?: PositionInit | undefined;
}

export interface TripSummary {
  /** Whom the API key belongs to. */
  traveller: string;
  /** How many positions were recorded. */
  positionCount: number;
  /** Along great circles, from position to position. */
  distanceKm: number;
  /** How many different cities were passed, at 5 km or less. */
  cityCount: number;
  /** The first 100 of them, in the order they were passed. */
  cities: City[];
}
/** What may be sent as {@link TripSummary}. */
export interface TripSummaryInit {
  readonly traveller?: string | undefined;
  readonly positionCount?: number | undefined;
  readonly distanceKm?: number | undefined;
  readonly cityCount?: number | undefined;
  readonly cities?: readonly CityInit[] | undefined;
}

export interface Sighting {
  city?: City;
  distanceKm: number;
  /** Where the city lies, seen from the position; unspecified for one that stands in it. */
  direction: Direction;
}
/** What may be sent as {@link Sighting}. */
export interface SightingInit {
  readonly city?: CityInit | undefined;
  readonly distanceKm?: number | undefined;
  readonly direction?: Direction | undefined;
}

/** The descriptor of atlas/v1/atlas.proto. */
export const file = defineFile(
  "ChRhdGxhcy92MS9hdGxhcy5wcm90bxIIYXRsYXMudjEiKQoOR2V0Q2l0eVJlcXVlc3QSFwoHY2l0eV9pZBgBIAEoBVIGY2l0eUlkIoMBChFMaXN0Q2l0aWVzUmVxdWVzdBIiCgRhcmVhGAEgASgLMg4uYXRsYXMudjEuQXJlYVIEYXJlYRIlCg5taW5fcG9wdWxhdGlvbhgCIAEoDVINbWluUG9wdWxhdGlvbhIjCg1jb3VudHJ5X2NvZGVzGAMgAygJUgxjb3VudHJ5Q29kZXMiWgoEQXJlYRIUCgVzb3V0aBgBIAEoAVIFc291dGgSEgoEd2VzdBgCIAEoAVIEd2VzdBIUCgVub3J0aBgDIAEoAVIFbm9ydGgSEgoEZWFzdBgEIAEoAVIEZWFzdCJECghQb3NpdGlvbhIaCghsYXRpdHVkZRgBIAEoAVIIbGF0aXR1ZGUSHAoJbG9uZ2l0dWRlGAIgASgBUglsb25naXR1ZGUi+AEKBENpdHkSFwoHY2l0eV9pZBgBIAEoBVIGY2l0eUlkEhIKBG5hbWUYAiABKAlSBG5hbWUSIgoKb3RoZXJfbmFtZRgDIAEoCUgAUglvdGhlck5hbWWIAQESIQoMY291bnRyeV9jb2RlGAQgASgJUgtjb3VudHJ5Q29kZRIdCgphZG1pbl9jb2RlGAUgASgJUglhZG1pbkNvZGUSHgoKcG9wdWxhdGlvbhgGIAEoA1IKcG9wdWxhdGlvbhIuCghwb3NpdGlvbhgHIAEoCzISLmF0bGFzLnYxLlBvc2l0aW9uUghwb3NpdGlvbkINCgtfb3RoZXJfbmFtZSK6AQoLVHJpcFN1bW1hcnkSHAoJdHJhdmVsbGVyGAEgASgJUgl0cmF2ZWxsZXISJQoOcG9zaXRpb25fY291bnQYAiABKA1SDXBvc2l0aW9uQ291bnQSHwoLZGlzdGFuY2Vfa20YAyABKAFSCmRpc3RhbmNlS20SHQoKY2l0eV9jb3VudBgEIAEoDVIJY2l0eUNvdW50EiYKBmNpdGllcxgFIAMoCzIOLmF0bGFzLnYxLkNpdHlSBmNpdGllcyKCAQoIU2lnaHRpbmcSIgoEY2l0eRgBIAEoCzIOLmF0bGFzLnYxLkNpdHlSBGNpdHkSHwoLZGlzdGFuY2Vfa20YAiABKAFSCmRpc3RhbmNlS20SMQoJZGlyZWN0aW9uGAMgASgOMhMuYXRsYXMudjEuRGlyZWN0aW9uUglkaXJlY3Rpb24q4AEKCURpcmVjdGlvbhIZChVESVJFQ1RJT05fVU5TUEVDSUZJRUQQABITCg9ESVJFQ1RJT05fTk9SVEgQARIYChRESVJFQ1RJT05fTk9SVEhfRUFTVBACEhIKDkRJUkVDVElPTl9FQVNUEAMSGAoURElSRUNUSU9OX1NPVVRIX0VBU1QQBBITCg9ESVJFQ1RJT05fU09VVEgQBRIYChRESVJFQ1RJT05fU09VVEhfV0VTVBAGEhIKDkRJUkVDVElPTl9XRVNUEAcSGAoURElSRUNUSU9OX05PUlRIX1dFU1QQCDLzAQoFQXRsYXMSOAoHR2V0Q2l0eRIYLmF0bGFzLnYxLkdldENpdHlSZXF1ZXN0Gg4uYXRsYXMudjEuQ2l0eSIDkAIBEkAKCkxpc3RDaXRpZXMSGy5hdGxhcy52MS5MaXN0Q2l0aWVzUmVxdWVzdBoOLmF0bGFzLnYxLkNpdHkiA5ACATABEjkKClJlY29yZFRyaXASEi5hdGxhcy52MS5Qb3NpdGlvbhoVLmF0bGFzLnYxLlRyaXBTdW1tYXJ5KAESMwoFR3VpZGUSEi5hdGxhcy52MS5Qb3NpdGlvbhoSLmF0bGFzLnYxLlNpZ2h0aW5nKAEwAWIGcHJvdG8z",
  [],
  {},
);

/** The rpcs of atlas.v1.Atlas. */
export type AtlasMethods = {
  /** One city by its GeoNames id. NOT_FOUND if there is none with this id. */
  getCity: {
    kind: "unary";
    request: GetCityRequest;
    requestInit: GetCityRequestInit;
    response: City;
    responseInit: CityInit;
  };
  /** The cities in a rectangle, the largest first. The response header "city-count" says how many there will be. */
  listCities: {
    kind: "serverStreaming";
    request: ListCitiesRequest;
    requestInit: ListCitiesRequestInit;
    response: City;
    responseInit: CityInit;
  };
  /**
   * A trip, position by position; at its end, how far it was and which cities it passed. Wants the header
   * "x-api-key": UNAUTHENTICATED without, PERMISSION_DENIED with an unknown one.
   */
  recordTrip: {
    kind: "clientStreaming";
    request: Position;
    requestInit: PositionInit;
    response: TripSummary;
    responseInit: TripSummaryInit;
  };
  /** The nearest city of each position, at once. */
  guide: {
    kind: "bidiStreaming";
    request: Position;
    requestInit: PositionInit;
    response: Sighting;
    responseInit: SightingInit;
  };
};

/** The cities of the world: one of them, all in a rectangle, those along a trip, the nearest one at every step. */
export const Atlas: ServiceType<AtlasMethods> = defineService("atlas.v1.Atlas", file);
