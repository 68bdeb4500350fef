import { Max, Min } from "class-validator";
import type * as atlas from "../../generated/atlas/v1/atlas.js";
import { IsNotBelow } from "./is-not-below.js";

export class Area implements atlas.Area {
  @Min(-90)
  @Max(90)
  south!: number;

  @Min(-180)
  @Max(180)
  west!: number;

  @Min(-90)
  @Max(90)
  @IsNotBelow("south")
  north!: number;

  @Min(-180)
  @Max(180)
  east!: number;
}
