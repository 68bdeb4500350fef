import { distance } from "geokdbush";

/** In degrees. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

/** A rectangle on the map, across the date line if west > east. */
export interface Area {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

/** Along the great circle. */
export function distanceKm(from: Position, to: Position): number {
  return distance(from.longitude, from.latitude, to.longitude, to.latitude);
}

/** Where one must set out for to get there the shortest way: degrees from north, clockwise, from -180 to 180. */
export function bearingDegrees(from: Position, to: Position): number {
  const fromLatitude = toRadians(from.latitude);
  const toLatitude = toRadians(to.latitude);
  const turn = toRadians(to.longitude - from.longitude);
  const east = Math.sin(turn) * Math.cos(toLatitude);
  const north =
    Math.cos(fromLatitude) * Math.sin(toLatitude) -
    Math.sin(fromLatitude) * Math.cos(toLatitude) * Math.cos(turn);
  return (Math.atan2(east, north) * 180) / Math.PI;
}

function toRadians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
