import { IsInt, Min } from "class-validator";

export class GetCityRequest {
  @IsInt()
  @Min(1)
  cityId!: number;
}
