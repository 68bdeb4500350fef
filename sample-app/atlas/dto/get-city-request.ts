import { IsInt, Min } from "class-validator";
import type * as atlas from "../../generated/atlas/v1/atlas.js";

export class GetCityRequest implements atlas.GetCityRequest {
  @IsInt()
  @Min(1)
  cityId!: number;
}
