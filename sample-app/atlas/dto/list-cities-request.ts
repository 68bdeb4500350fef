import { ArrayMaxSize, IsOptional, Matches, ValidateNested } from "class-validator";
import type * as atlas from "../../generated/atlas/v1/atlas.js";
import { Area } from "./area.js";

export class ListCitiesRequest implements atlas.ListCitiesRequest {
  @IsOptional()
  @ValidateNested()
  area?: Area;

  minPopulation!: number;

  @ArrayMaxSize(300)
  @Matches(/^[A-Z]{2}$/, { each: true, message: "each country code must be two capital letters" })
  countryCodes!: string[];
}
