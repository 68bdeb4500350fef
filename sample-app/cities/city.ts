import type { Position } from "./geography.js";

export interface City {
  readonly cityId: number;
  readonly name: string;
  readonly otherName?: string;
  readonly countryCode: string;
  readonly adminCode: string;
  readonly population: number;
  readonly position: Position;
}
