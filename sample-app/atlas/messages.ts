// Stands in for the generated types.
export interface Position {
  latitude: number;
  longitude: number;
}
export interface Area {
  south: number;
  west: number;
  north: number;
  east: number;
}
export interface City {
  cityId: number;
  name: string;
  otherName?: string;
  countryCode: string;
  adminCode: string;
  population: string;
  position: Position;
}
export interface TripSummary {
  traveller: string;
  positionCount: number;
  distanceKm: number;
  cityCount: number;
  cities: City[];
}
export interface Sighting {
  city: City;
  distanceKm: number;
  direction: Direction;
}
export type Direction =
  | "DIRECTION_UNSPECIFIED"
  | "DIRECTION_NORTH"
  | "DIRECTION_NORTH_EAST"
  | "DIRECTION_EAST"
  | "DIRECTION_SOUTH_EAST"
  | "DIRECTION_SOUTH"
  | "DIRECTION_SOUTH_WEST"
  | "DIRECTION_WEST"
  | "DIRECTION_NORTH_WEST";
