import { Max, Min } from "class-validator";
import type * as atlas from "../../generated/atlas/v1/atlas.js";

export class Position implements atlas.Position {
  @Min(-90)
  @Max(90)
  latitude!: number;

  @Min(-180)
  @Max(180)
  longitude!: number;
}
