import { bearingDegrees, distanceKm, type Position } from "../cities/geography.js";
import { Direction } from "../generated/atlas/v1/atlas.js";

/** Clockwise. */
const directions = [
  Direction.DIRECTION_NORTH,
  Direction.DIRECTION_NORTH_EAST,
  Direction.DIRECTION_EAST,
  Direction.DIRECTION_SOUTH_EAST,
  Direction.DIRECTION_SOUTH,
  Direction.DIRECTION_SOUTH_WEST,
  Direction.DIRECTION_WEST,
  Direction.DIRECTION_NORTH_WEST,
] as const;

/** Where something lies; unspecified if one stands in it. */
export function directionOf(from: Position, to: Position): Direction {
  if (distanceKm(from, to) < 1) return Direction.DIRECTION_UNSPECIFIED;
  const eighths = Math.round(bearingDegrees(from, to) / 45);
  return directions[(eighths + directions.length) % directions.length]!;
}
