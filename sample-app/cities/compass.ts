import { distance } from "geokdbush";
import type { Direction, Position } from "../atlas/messages.js";

/** Along the great circle. */
export function distanceKm(from: Position, to: Position): number {
  return distance(from.longitude, from.latitude, to.longitude, to.latitude);
}

const directions: readonly Direction[] = [
  "DIRECTION_NORTH",
  "DIRECTION_NORTH_EAST",
  "DIRECTION_EAST",
  "DIRECTION_SOUTH_EAST",
  "DIRECTION_SOUTH",
  "DIRECTION_SOUTH_WEST",
  "DIRECTION_WEST",
  "DIRECTION_NORTH_WEST",
];

/** Where one must set out for, to get there the shortest way. */
export function directionOf(from: Position, to: Position): Direction {
  if (distanceKm(from, to) < 1) return "DIRECTION_UNSPECIFIED";
  const fromLatitude = toRadians(from.latitude);
  const toLatitude = toRadians(to.latitude);
  const turn = toRadians(to.longitude - from.longitude);
  const east = Math.sin(turn) * Math.cos(toLatitude);
  const north =
    Math.cos(fromLatitude) * Math.sin(toLatitude) -
    Math.sin(fromLatitude) * Math.cos(toLatitude) * Math.cos(turn);
  const eighths = Math.round((Math.atan2(east, north) / (2 * Math.PI)) * 8);
  return directions[(eighths + 8) % 8]!;
}

function toRadians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
