import { ValidateBy, type ValidationArguments } from "class-validator";

/** A rule of our own: a number that is at least as large as another field of the same message. */
export function IsNotBelow(other: string): PropertyDecorator {
  return ValidateBy({
    name: "isNotBelow",
    constraints: [other],
    validator: {
      validate: (value: number, args?: ValidationArguments) => value >= otherValue(args!),
      defaultMessage: (args?: ValidationArguments) =>
        `$property must not be less than ${other} (${otherValue(args!)})`,
    },
  });
}

function otherValue({ object, constraints }: ValidationArguments): number {
  return (object as Record<string, number>)[constraints[0] as string]!;
}
