/** The rules of `Create`, for the contenders that validate with class-validator. */
import "reflect-metadata";
import { Type } from "class-transformer";
import {
  ArrayMaxSize,
  IsArray,
  IsEmail,
  IsIn,
  IsInt,
  IsNumber,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from "class-validator";

export class AddressForm {
  @IsString()
  @Length(1, 100)
  street!: string;

  @IsString()
  @Length(1, 60)
  city!: string;

  @Matches(/^[0-9A-Z][0-9A-Z -]{1,8}[0-9A-Z]$/)
  zipCode!: string;
}

export class CreateForm {
  @IsEmail()
  email!: string;

  @IsString()
  @Length(1, 80)
  name!: string;

  @IsInt()
  @Min(0)
  @Max(150)
  age!: number;

  @Matches(/^[A-Z]{2}$/)
  country!: string;

  @IsArray()
  @ArrayMaxSize(8)
  @IsString({ each: true })
  @Length(1, 32, { each: true })
  tags!: string[];

  @ValidateNested()
  @Type(() => AddressForm)
  address!: AddressForm;

  @IsIn(["PLAN_FREE", "PLAN_PAID"])
  plan!: string;

  @IsNumber()
  @Min(0)
  credit!: number;
}
