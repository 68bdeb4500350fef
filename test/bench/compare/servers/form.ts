/** The rules of `Register`, for the contenders that validate. */
import "reflect-metadata";
import { Type } from "class-transformer";
import { IsEmail, Matches, ValidateNested } from "class-validator";

export class Address {
  @Matches(/^[0-9A-Z][0-9A-Z -]{1,8}[0-9A-Z]$/)
  zipCode!: string;
}

export class Form {
  @IsEmail()
  email!: string;

  @ValidateNested()
  @Type(() => Address)
  address!: Address;
}
